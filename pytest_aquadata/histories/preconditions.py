"""Checks of a database's content before histories are saved into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import BatchTables, Columns
from ..lifecycle.days import day_number, to_date
from ..schema import (
    TABLES,
    Batch,
    BatchContainerAssignment,
    Container,
    FeedContainer,
    FeedContainerStock,
)

_KEYS_PER_QUERY = 500


def has_farm(connection: sa.Connection, farm: BatchTables) -> bool:
    """Return True if the database has this farm's master data, False if it has none at all.

    Args:
        connection: connection to the database.
        farm: master data of the farm.

    Raises:
        StoreError: if it has the master data of another farm, or only a part.
    """
    existing_names = {name: _names_in_database(connection, TABLES[name]) for name in farm}
    if not any(existing_names.values()):
        return False
    for table, rows in farm.items():
        existing = existing_names[table]
        for key, name in _names_of_rows(rows, TABLES[table]).items():
            if existing.get(key) != name:
                state = f"is {existing[key]}" if key in existing else "is missing"
                raise StoreError(
                    f"the database has other master data than this farm: {table} {key} {state}, "
                    f"and should be {name}; save into an empty database, or one that aquadata "
                    "filled for the same farm"
                )
    return True


def _name_column(table: sa.Table) -> str | None:
    return next((name for name in ("name", "username", "code") if name in table.columns), None)


def _names_in_database(connection: sa.Connection, table: sa.Table) -> dict[int, str]:
    """Return the names of a table's rows by primary key; the key itself for rows without one."""
    key, name_column = table.columns[0], _name_column(table)
    name = table.columns[name_column] if name_column else key
    return {row[0]: str(row[1]) for row in connection.execute(sa.select(key, name))}


def _names_of_rows(rows: Columns, table: sa.Table) -> dict[int, str]:
    """Return the names of rows by primary key; the key itself for rows without one."""
    keys = rows.values(table.columns[0].name).tolist()
    name_column = _name_column(table)
    if name_column is None:
        return {key: str(key) for key in keys}
    column = rows[name_column]
    vocabulary = column.vocabulary or ()
    names = [vocabulary[code] for code in column.values.tolist()]
    return dict(zip(keys, names, strict=True))


def check_batch_numbers(connection: sa.Connection, numbers: Sequence[str]) -> None:
    """Raise StoreError if the database has a batch of one of these numbers."""
    existing = connection.execute(
        sa.select(Batch.batch_number).where(Batch.batch_number.in_(numbers))
    ).scalar()
    if existing is not None:
        raise StoreError(
            f"the database already has a batch {existing}; give this one number=..., or build both "
            "with build_together"
        )


def check_containers_free(
    connection: sa.Connection, number: str, stays: Mapping[int, tuple[int, int]]
) -> None:
    """Raise an error if a container has another batch at the same time.

    Args:
        connection: connection to the database.
        number: batch number.
        stays: first and last day in each container, by its primary key, as day numbers.

    Raises:
        StoreError: naming the container, the other batch and the dates.
    """
    assignment = BatchContainerAssignment
    keys = sorted(stays)
    for start in range(0, len(keys), _KEYS_PER_QUERY):
        query = (
            sa.select(
                assignment.container_id,
                Container.name,
                assignment.assignment_date,
                assignment.departure_date,
                Batch.batch_number,
            )
            .join(Batch, Batch.id == assignment.batch_id)
            .join(Container, Container.id == assignment.container_id)
            .where(assignment.container_id.in_(keys[start : start + _KEYS_PER_QUERY]))
        )
        for container, name, arrival, departure, other in connection.execute(query):
            arrives, leaves = stays[container]
            occupied_until = leaves + 1 if departure is None else day_number(departure)
            if day_number(arrival) < leaves and arrives < occupied_until:
                raise StoreError(
                    f"{name} is occupied by {other} from {arrival}"
                    f"{f' to {departure}' if departure else ''}, and {number} is in it from "
                    f"{to_date(arrives)} to {to_date(leaves)}; build both with build_together, or "
                    "pin another site with at(...)"
                )


def check_feed_containers_empty(connection: sa.Connection, feed_containers: Sequence[int]) -> None:
    """Raise an error if a feed container has stock of other batches: it would be eaten first.

    Raises:
        StoreError: naming the feed container.
    """
    for start in range(0, len(feed_containers), _KEYS_PER_QUERY):
        keys = feed_containers[start : start + _KEYS_PER_QUERY]
        stocked = connection.execute(
            sa.select(FeedContainer.name)
            .join(FeedContainerStock, FeedContainerStock.feed_container_id == FeedContainer.id)
            .where(FeedContainer.id.in_(keys), FeedContainerStock.quantity_kg > 0)
        ).scalar()
        if stocked is not None:
            raise StoreError(
                f"{stocked} still has feed of other batches, which these fish would have to eat "
                "first; build all with build_together, or pin another site with at(...)"
            )
