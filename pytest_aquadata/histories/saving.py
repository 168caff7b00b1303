"""Saving of histories into a database that may have other batches.

Everything happens in the caller's transaction. All conflicts are detected before the first row is
written. Primary keys are shifted above the existing ones, together with the keys that refer to
them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.bulk_insert import insert_columns
from ..databases.column_types import complete
from ..databases.dialect import dialect_of
from ..databases.session_blocks import atomic
from ..databases.text_case import distinct_without_case
from ..errors import StoreError
from ..lifecycle.columns import BatchTables, Columns
from ..lifecycle.events.purchases import purchase_tables
from ..presets.master_data.tables import master_tables
from ..schema import TABLES, Base, ContentType
from .area_days import area_rows
from .content_types import content_type_keys, missing_content_types, with_content_types
from .key_shift import shift_keys
from .preconditions import (
    check_batch_numbers,
    check_containers_free,
    check_feed_containers_empty,
    has_farm,
)
from .shared_build import SharedBuild

_FEED_TABLES = ("inventory_feedpurchase", "inventory_feedcontainerstock")


@dataclass(frozen=True)
class UnsavedBatch:
    """The part of a history that is saved.

    Attributes:
        number: batch number.
        tables: rows by table.
        stays: first and last day in each container, by its primary key, as day numbers.
    """

    number: str
    tables: BatchTables
    stays: Mapping[int, tuple[int, int]]


def save_batches(
    into: Session | sa.Connection, shared: SharedBuild, batches: Sequence[UnsavedBatch]
) -> list[Mapping[str, int]]:
    """Insert batches, their feed purchases, the weather of their areas and, if missing, the farm.

    Args:
        into: session or connection to a database with the schema.
        shared: data shared by the batches.
        batches: batches that are built together.

    Returns:
        For each batch, the numbers added to its primary keys, by table.

    Raises:
        StoreError: if the database's content conflicts with the batches; then nothing is written.
    """
    with _all_or_nothing(into) as connection:
        return _save(connection, shared, batches)


@contextmanager
def _all_or_nothing(into: Session | sa.Connection) -> Iterator[sa.Connection]:
    """Return a session's connection in a block that is undone if it fails; or the connection."""
    if not isinstance(into, Session):
        yield into
        return
    into.flush()
    with atomic(into):
        yield into.connection()


def _save(
    connection: sa.Connection, shared: SharedBuild, batches: Sequence[UnsavedBatch]
) -> list[Mapping[str, int]]:
    _check_schema(connection)
    dialect_of(connection).prepare_writing(connection)
    build = shared.build
    farm = master_tables(build.farm, build.as_of, min(batch.starts for batch in build.batches))
    types = farm[ContentType.__tablename__]
    type_keys = content_type_keys(connection, types)
    farm = {
        name: rows.take(distinct_without_case(connection, name, rows))
        for name, rows in farm.items()
        if rows is not types
    }
    farm_exists = has_farm(connection, farm)
    numbers = {batch.number for batch in batches}
    check_batch_numbers(connection, [batch.number for batch in batches])
    for batch in batches:
        check_containers_free(connection, batch.number, batch.stays)
    feed_containers = _feed_containers(shared, numbers)
    check_feed_containers_empty(connection, feed_containers)
    new_types = {ContentType.__tablename__: missing_content_types(connection, types, type_keys)}
    parts: list[BatchTables] = [new_types] if farm_exists else [new_types, farm]
    parts.append(area_rows(connection, build, numbers))
    tables = {name for batch in batches for name in batch.tables}
    highest = _highest_keys(connection, tables.union(_FEED_TABLES))
    # batches that are built together have distinct keys: the same offsets keep them distinct
    offsets = [{name: highest[name] for name in batch.tables} for batch in batches]
    parts.extend(
        with_content_types(shift_keys(batch.tables, by, build.keys.content_types), type_keys)
        for batch, by in zip(batches, offsets, strict=True)
    )
    parts.append(_feed_rows(shared, feed_containers, highest))
    _insert(connection, parts)
    return list(offsets)


def _check_schema(connection: sa.Connection) -> None:
    missing = sorted(TABLES.keys() - set(sa.inspect(connection).get_table_names()))
    if missing:
        raise StoreError(
            f"the database has no table {missing[0]}"
            + (f" and lacks {len(missing) - 1} more" if len(missing) > 1 else "")
            + "; create them first: pytest_aquadata.schema.Base.metadata.create_all(engine)"
        )


def _feed_containers(shared: SharedBuild, numbers: set[str]) -> list[int]:
    """Return the feed containers of the batches.

    Raises:
        StoreError: if a batch that is not saved now eats from one of them.
    """
    used = sorted(key for key, eaters in shared.eaters.items() if eaters & numbers)
    for key in used:
        others = sorted(shared.eaters[key] - numbers)
        if others:
            name = next(
                container.name for container in shared.build.feed_containers if container.id == key
            )
            raise StoreError(
                f"{sorted(shared.eaters[key] & numbers)[0]} and {others[0]} eat from {name}; save "
                "them together, with save() of the result of build_together"
            )
    return used


def _feed_rows(
    shared: SharedBuild, feed_containers: Sequence[int], highest: Mapping[str, int]
) -> BatchTables:
    """Return the purchases and the stock of feed containers."""
    lots = shared.lots.where(np.isin(shared.lots.feed_container, feed_containers))
    first_ids = {name: highest[name] + 1 for name in _FEED_TABLES}
    return purchase_tables(lots, shared.build.farm.feeds, first_ids)


def _highest_keys(connection: sa.Connection, names: set[str]) -> dict[str, int]:
    """Return the highest primary key of each table, or the number its sequence has reached."""
    dialect = dialect_of(connection)
    highest = {}
    for name in sorted(names):
        reserved = dialect.reserve_keys(connection, TABLES[name], 1) or [0]
        highest[name] = max(dialect.highest_key(connection, TABLES[name]), *reserved)
    return highest


def _insert(connection: sa.Connection, parts: Sequence[BatchTables]) -> None:
    """Insert all rows, parents first, and set sequences above the keys used."""
    dialect = dialect_of(connection)
    for table in Base.metadata.sorted_tables:
        rows: list[Columns] = [part[table.name] for part in parts if part.get(table.name)]
        for columns in rows:
            insert_columns(connection, table, complete(table, columns))
        if rows:
            dialect.advance_sequences(connection, [table])
