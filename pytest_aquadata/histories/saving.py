"""Writing histories into a database that may hold others: in the caller's transaction, all or none.

Everything that could be refused is looked at before the first row is written. Keys are moved above
those that are taken, and the rows that refer to them with them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.bulk_insert import insert_columns
from ..databases.column_types import complete
from ..errors import StoreError
from ..lifecycle.columns import BatchTables, Columns
from ..lifecycle.events.purchases import purchase_tables
from ..presets.master_data.tables import master_tables
from ..schema import TABLES, Base
from .area_days import area_rows
from .key_shift import moved
from .preconditions import check_containers, check_feed, check_numbers, has_farm
from .shared_build import SharedBuild

_FEED_TABLES = ("inventory_feedpurchase", "inventory_feedcontainerstock")


@dataclass(frozen=True)
class UnsavedBatch:
    """One batch to be saved.

    Attributes:
        number: batch number.
        tables: its rows.
        stays: the days it is in each container, by primary key, as day numbers.
    """

    number: str
    tables: BatchTables
    stays: Mapping[int, tuple[int, int]]


def save_batches(
    into: Session | sa.Connection, shared: SharedBuild, batches: Sequence[UnsavedBatch]
) -> list[Mapping[str, int]]:
    """Write batches, the feed bought for them, the weather around them and, once, the farm.

    Args:
        into: a session or connection to a database with the schema.
        shared: what they have in common.
        batches: the batches, built together.

    Returns:
        How far the primary keys of each batch's tables were moved.

    Raises:
        StoreError: when the database holds something that they contradict; nothing is written.
    """
    connection = _connection(into)
    _check_schema(connection)
    build = shared.build
    farm = master_tables(build.farm, build.as_of, min(one.starts for one in build.batches))
    farm_is_there = has_farm(connection, farm)
    check_numbers(connection, [one.number for one in batches])
    for one in batches:
        check_containers(connection, one.number, one.stays)
    mine = _feed_containers(shared, {one.number for one in batches})
    check_feed(connection, mine)
    parts: list[BatchTables] = [] if farm_is_there else [farm]
    parts.append(area_rows(connection, build, {one.number for one in batches}))
    written = {name for one in batches for name in one.tables}
    highest = _highest_keys(connection, written.union(_FEED_TABLES))
    distances = _distances(batches, highest)
    parts.extend(
        moved(one.tables, by, build.keys.content_types)
        for one, by in zip(batches, distances, strict=True)
    )
    parts.append(_feed(shared, mine, highest))
    _insert(connection, parts)
    return distances


def _distances(
    batches: Sequence[UnsavedBatch], highest: Mapping[str, int]
) -> list[Mapping[str, int]]:
    """How far each batch's keys move: all that were built together by the same, so none meet."""
    return [{name: highest[name] for name in one.tables} for one in batches]


def _connection(into: Session | sa.Connection) -> sa.Connection:
    if isinstance(into, Session):
        into.flush()
        return into.connection()
    return into


def _check_schema(connection: sa.Connection) -> None:
    missing = sorted(TABLES.keys() - set(sa.inspect(connection).get_table_names()))
    if missing:
        raise StoreError(
            f"the database has no table {missing[0]}"
            + (f" and lacks {len(missing) - 1} more" if len(missing) > 1 else "")
            + "; make them first: pytest_aquadata.schema.Base.metadata.create_all(engine)"
        )


def _feed_containers(shared: SharedBuild, saved: set[str]) -> list[int]:
    """The feed containers that the batches eat from, alone."""
    mine = sorted(key for key, eaters in shared.eaters.items() if eaters & saved)
    for key in mine:
        others = sorted(shared.eaters[key] - saved)
        if others:
            name = next(one.name for one in shared.build.feed_containers if one.id == key)
            raise StoreError(
                f"{sorted(shared.eaters[key] & saved)[0]} and {others[0]} eat from {name}; save "
                "them together, with save() of what build_together gave"
            )
    return mine


def _feed(shared: SharedBuild, mine: Sequence[int], highest: Mapping[str, int]) -> BatchTables:
    """The purchases and stock of the feed containers."""
    lots = shared.lots.of(np.isin(shared.lots.feed_container, mine))
    first_ids = {name: highest[name] + 1 for name in _FEED_TABLES}
    return purchase_tables(lots, shared.build.farm.feeds, first_ids)


def _highest_keys(connection: sa.Connection, names: set[str]) -> dict[str, int]:
    """The highest primary key of each table; 0 of an empty one."""
    return {
        name: connection.execute(sa.select(sa.func.max(_key(TABLES[name])))).scalar() or 0
        for name in sorted(names)
    }


def _key(table: sa.Table) -> sa.Column[int]:
    return table.columns[0]


def _insert(connection: sa.Connection, parts: Sequence[BatchTables]) -> None:
    """Insert all rows, parents first, and set sequences above the keys used."""
    for table in Base.metadata.sorted_tables:
        rows: list[Columns] = [part[table.name] for part in parts if table.name in part]
        for columns in rows:
            insert_columns(connection, table, complete(table, columns))
        if rows and connection.dialect.name == "postgresql":
            _raise_sequence(connection, table)


def _raise_sequence(connection: sa.Connection, table: sa.Table) -> None:
    """A user's next insert gets a key above all there are."""
    key = _key(table)
    quoted = connection.dialect.identifier_preparer.quote(table.name)
    sequence = connection.execute(
        sa.select(sa.func.pg_get_serial_sequence(quoted, key.name))
    ).scalar()
    if sequence is not None:
        highest = sa.select(sa.func.max(key)).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(sequence, highest)))
