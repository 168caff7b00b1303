"""What a database already holds, and whether a history can stand beside it."""

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

_AT_ONCE = 500


def has_farm(connection: sa.Connection, farm: BatchTables) -> bool:
    """Whether the database holds this farm's master data.

    Args:
        connection: to the database.
        farm: the master data.

    Raises:
        StoreError: when it holds another farm's, or a part.
    """
    there = {name: _named(connection, TABLES[name]) for name in farm}
    if not any(there.values()):
        return False
    for name, rows in farm.items():
        for key, called in _named_here(rows, TABLES[name]).items():
            if there[name].get(key) != called:
                held = f"is {there[name][key]}" if key in there[name] else "is not there"
                raise StoreError(
                    f"the database holds other master data than this farm: {name} {key} {held}, "
                    f"and should be {called}; save into an empty database, or one that aquadata "
                    "filled for the same farm"
                )
    return True


def _name_column(table: sa.Table) -> str | None:
    return next((name for name in ("name", "username", "code") if name in table.columns), None)


def _named(connection: sa.Connection, table: sa.Table) -> dict[int, str]:
    """Names of the rows of a table by primary key; the keys themselves where rows have none."""
    key, name = table.columns[0], _name_column(table)
    called = table.columns[name] if name else key
    return {row[0]: str(row[1]) for row in connection.execute(sa.select(key, called))}


def _named_here(rows: Columns, table: sa.Table) -> dict[int, str]:
    keys = rows.values(table.columns[0].name).tolist()
    name = _name_column(table)
    if name is None:
        return {key: str(key) for key in keys}
    column = rows[name]
    vocabulary = column.vocabulary or ()
    names = [vocabulary[code] for code in column.values.tolist()]
    return dict(zip(keys, names, strict=True))


def check_numbers(connection: sa.Connection, numbers: Sequence[str]) -> None:
    """Refuse batch numbers that are taken.

    Raises:
        StoreError: naming one that is.
    """
    taken = connection.execute(
        sa.select(Batch.batch_number).where(Batch.batch_number.in_(numbers))
    ).scalar()
    if taken is not None:
        raise StoreError(
            f"the database has a batch {taken} already; give this one number=..., or build both "
            "together"
        )


def check_containers(
    connection: sa.Connection, number: str, stays: Mapping[int, tuple[int, int]]
) -> None:
    """Refuse containers that hold other fish at the same time.

    Args:
        connection: to the database.
        number: batch number.
        stays: the days it is in each container, by primary key, as day numbers.

    Raises:
        StoreError: naming a container, its batch and its days.
    """
    one = BatchContainerAssignment
    keys = sorted(stays)
    for start in range(0, len(keys), _AT_ONCE):
        query = (
            sa.select(
                one.container_id,
                Container.name,
                one.assignment_date,
                one.departure_date,
                Batch.batch_number,
            )
            .join(Batch, Batch.id == one.batch_id)
            .join(Container, Container.id == one.container_id)
            .where(one.container_id.in_(keys[start : start + _AT_ONCE]))
        )
        for container, name, came, left, other in connection.execute(query):
            arrives, leaves = stays[container]
            until = leaves + 1 if left is None else day_number(left)
            if day_number(came) < leaves and arrives < until:
                raise StoreError(
                    f"{name} is taken by {other} from {came}"
                    f"{f' to {left}' if left else ''}, and {number} is in it from "
                    f"{to_date(arrives)} to {to_date(leaves)}; build both together, or pin "
                    "another place with at(...)"
                )


def check_feed(connection: sa.Connection, feed_containers: Sequence[int]) -> None:
    """Refuse feed containers in which others left feed: it would have to be eaten first.

    Raises:
        StoreError: naming one.
    """
    for start in range(0, len(feed_containers), _AT_ONCE):
        left = connection.execute(
            sa.select(FeedContainer.name)
            .join(FeedContainerStock, FeedContainerStock.feed_container_id == FeedContainer.id)
            .where(
                FeedContainer.id.in_(feed_containers[start : start + _AT_ONCE]),
                FeedContainerStock.quantity_kg > 0,
            )
        ).scalar()
        if left is not None:
            raise StoreError(
                f"{left} holds feed that others left, which these fish would have to eat first; "
                "build both together, or pin another place with at(...)"
            )
