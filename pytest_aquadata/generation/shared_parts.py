"""The parts of a build that all batches share: master data, environment of the areas, feed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from ..adoption.master_data import new_shared_rows
from ..databases.connections import connected
from ..databases.store import Store
from ..lifecycle.columns import BatchTables
from ..lifecycle.events.areas import area_tables
from ..lifecycle.events.purchases import purchase_tables
from ..lifecycle.feed import Ledger
from ..presets.master_data.tables import master_tables
from .build_spec import BuildSpec

SHARED_PARTS = ("farm", "areas", "feed")
"""Names of the shared parts, in the order in which they are loaded."""

_FEED_TABLES = ("inventory_feedpurchase", "inventory_feedcontainerstock")


def shared_parts(
    build: BuildSpec, store: Store, ledger: Ledger
) -> Mapping[str, Callable[[], BatchTables]]:
    """Return a function for each shared part, by name, that makes its tables."""
    makers = (
        partial(_farm_tables, build),
        partial(_area_tables, build, store),
        partial(_feed_tables, build, ledger),
    )
    return dict(zip(SHARED_PARTS, makers, strict=True))


def _farm_tables(build: BuildSpec) -> BatchTables:
    """Return the master data, or what an existing database lacks of it."""
    if not build.key_mapping.is_new_database:
        return build.key_mapping.added
    first_start = min(batch.starts for batch in build.batches)
    return master_tables(build.farm, build.as_of, first_start)


def _area_tables(build: BuildSpec, store: Store) -> BatchTables:
    """Return the environment of the sea areas, without rows that an existing database has."""
    tables = area_tables(build.seed, build.areas_in_use)
    if build.key_mapping.is_new_database:
        return tables
    with store.reading() as database, connected(database) as connection:
        return new_shared_rows(connection, tables)


def _feed_tables(build: BuildSpec, ledger: Ledger) -> BatchTables:
    """Return the feed purchases and the stock of the feed containers."""
    first_ids = {name: build.key_mapping.highest_keys.get(name, 0) + 1 for name in _FEED_TABLES}
    return purchase_tables(ledger.lots, build.feeds, first_ids)
