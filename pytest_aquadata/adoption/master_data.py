"""Putting a build onto what a database holds."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import BatchTables, Columns
from ..presets.farm import Farm
from ..presets.master_data.tables import master_tables
from ..presets.schedule import Schedule
from ..schema import TABLES
from .analysis_models import growth_models
from .key_mapping import KeyMapping
from .matching import match_rows
from .natural_keys import INFRASTRUCTURE_TABLES, MASTER_DATA_KEYS, SHARED_KEYS
from .survey import Survey

_STORES = "infrastructure_feedcontainer"
_BESIDE_PLACES = ("infrastructure_geography", _STORES)
"""What may be added to places that are there."""
_NAMED = 3
_SCORES = (0, 3)


def refuse_collisions(schedule: Schedule, found: Survey, name: str) -> None:
    """A schedule must not take numbers or containers that are taken.

    Raises:
        StoreError: naming the first of them.
    """
    numbers = [batch.number for batch in schedule.batches]
    if taken := [number for number in numbers if number in found.occupancy.numbers]:
        raise StoreError(
            f"{name} already holds batch {', '.join(taken[:_NAMED])}"
            f"{' and more' if len(taken) > _NAMED else ''}: give the schedule's batches other "
            "numbers, or seed another database"
        )
    for batch in schedule.batches:
        for stay in batch.stays:
            until = found.occupancy.until.get(stay.site)
            if until is not None and stay.arrives < until:
                raise StoreError(
                    f"{name} has fish in {stay.site}, where {batch.number} is to be from "
                    f"{stay.arrives}: plan it elsewhere, or seed another database"
                )


def map_master_data(
    connection: sa.Connection, farm: Farm, schedule: Schedule, as_of: date
) -> KeyMapping:
    """Find the master data of a farm in a database, and what of it is to be added.

    Args:
        connection: to the database.
        farm: the farm that is planned for.
        schedule: what is planned.
        as_of: the farm's today.

    Raises:
        StoreError: when what is there cannot be used.
    """
    wanted = dict(master_tables(farm, as_of, min(one.starts for one in schedule.batches)))
    if farm.document.places:
        for name in INFRASTRUCTURE_TABLES:
            if name not in _BESIDE_PLACES:
                del wanted[name]
        wanted[_STORES] = _new_stores(wanted[_STORES])
    _refuse_other_scores(connection, wanted)
    matched = match_rows(connection, wanted, MASTER_DATA_KEYS)
    return KeyMapping(
        keys=matched.keys,
        added=matched.added,
        used=matched.used,
        above=_above(connection, matched.added),
        models=growth_models(connection, matched, only_ours=not farm.document.models),
    )


def new_shared_rows(connection: sa.Connection, tables: BatchTables) -> BatchTables:
    """The rows of daylight and weather that no other build has written yet."""
    return match_rows(connection, tables, SHARED_KEYS).added


def _new_stores(stores: Columns) -> Columns:
    """The feed containers that are not there yet: their keys are below zero."""
    return stores.take(stores.values("id") < 0)


def _above(connection: sa.Connection, added: BatchTables) -> Mapping[str, int]:
    """The highest primary key of every table, with what is to be added."""
    highest = {}
    for table in TABLES.values():
        key = table.columns[0]
        held = connection.execute(sa.select(sa.func.max(key))).scalar() or 0
        ours = int(added[table.name].values(key.name).max()) if table.name in added else 0
        highest[table.name] = max(int(held), ours)
    return highest


def _refuse_other_scores(connection: sa.Connection, wanted: BatchTables) -> None:
    """Health parameters of ours that are there must take scores 0 to 3."""
    ours = {word.casefold() for word in wanted["health_healthparameter"]["name"].vocabulary or ()}
    parameter = TABLES["health_healthparameter"].c
    query = sa.select(parameter.name, parameter.min_score, parameter.max_score)
    for name, low, high in connection.execute(query):
        if name.casefold() in ours and (low > _SCORES[0] or high < _SCORES[1]):
            raise StoreError(
                f"health parameter {name} takes scores {low} to {high}, and fish are scored "
                f"{_SCORES[0]} to {_SCORES[1]}: rename it, or widen its scores"
            )
