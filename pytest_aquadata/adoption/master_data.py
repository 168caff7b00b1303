"""Master data of an append build: matched with existing rows, or added to them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import BatchTables, Columns
from ..lifecycle.growth_analysis.model_library import CONSTRAINTS
from ..presets.farm import Farm
from ..presets.health_parameters import MAX_SCORE, MIN_SCORE
from ..presets.master_data.tables import master_tables
from ..presets.schedule import Schedule
from ..schema import TABLES
from .analysis_models import analysis_models, only_models, without_models
from .key_mapping import KeyMapping
from .matching import match_rows
from .natural_keys import EXACT_NAMES, INFRASTRUCTURE_TABLES, MASTER_DATA_KEYS, SHARED_KEYS

_FEED_CONTAINERS = "infrastructure_feedcontainer"
_EXTENSIBLE_INFRASTRUCTURE = ("infrastructure_geography", _FEED_CONTAINERS)
"""Infrastructure tables to which rows may be added if the database's own sites are used."""


def map_master_data(
    connection: sa.Connection,
    farm: Farm,
    schedule: Schedule,
    as_of: date,
    added_models: Mapping[str, Collection[int]],
) -> KeyMapping:
    """Match a farm's master data with the rows of a database.

    Args:
        connection: connection to the database.
        farm: farm of the build.
        schedule: schedule of the build.
        as_of: the farm's today.
        added_models: primary keys of models that earlier builds added, by table; a build with the
            models of the database does not use them.

    Raises:
        StoreError: if existing rows conflict with the farm's.
    """
    first_start = min(batch.starts for batch in schedule.batches)
    tables = dict(master_tables(farm, as_of, first_start))
    if farm.document.places:
        for name in INFRASTRUCTURE_TABLES:
            if name not in _EXTENSIBLE_INFRASTRUCTURE:
                del tables[name]
        tables[_FEED_CONTAINERS] = _new_feed_containers(tables[_FEED_CONTAINERS])
    if farm.document.models:
        tables = _without_models(connection, tables)
    _refuse_narrower_scores(connection, tables)
    matched = match_rows(connection, tables, MASTER_DATA_KEYS)
    existing = highest_keys(connection, TABLES)
    models = analysis_models(connection, matched)
    if farm.document.models:
        models = without_models(models, added_models)
    else:
        models = only_models(models, {name: keys.values() for name, keys in matched.keys.items()})
    return KeyMapping(
        keys=matched.keys,
        added=matched.added,
        used=matched.used,
        highest_keys=_with_added(existing, matched.added),
        models=models,
        planned_on={
            name: key
            for name, key in existing.items()
            if name in matched.added or name not in MASTER_DATA_KEYS
        },
        notes=tuple(_notes(connection, matched.added)),
    )


def _notes(connection: sa.Connection, added: BatchTables) -> Iterator[str]:
    """Yield remarks on names of the database that AquaMind's growth engine does not find."""
    for table, names in EXACT_NAMES.items():
        if table not in added:
            continue
        for (name,) in connection.execute(sa.select(TABLES[table].c.name)):
            if name.casefold() in names - {name}:
                yield (
                    f"this database has a parameter {name!r}, but AquaMind's growth engine reads "
                    f"only {name.casefold()!r}: the readings of this build are of a new parameter "
                    "of that name"
                )


def new_shared_rows(connection: sa.Connection, tables: BatchTables) -> BatchTables:
    """Return the rows of daylight and weather that the database does not have yet."""
    return match_rows(connection, tables, SHARED_KEYS).added


def _without_models(connection: sa.Connection, tables: BatchTables) -> dict[str, Columns]:
    """Return the master data without models, for a build that uses those of the database.

    The farm's constraint sets stay if the database has none at all, active or not: AquaMind reads
    the harvest weight from them.
    """
    key = TABLES[CONSTRAINTS].columns[0]
    has_constraints = connection.execute(sa.select(key).limit(1)).first() is not None
    kept = () if has_constraints else (CONSTRAINTS, "scenario_stage_constraint")
    return {
        name: rows
        for name, rows in tables.items()
        if not name.startswith("scenario_") or name in kept
    }


def _new_feed_containers(feed_containers: Columns) -> Columns:
    """Return the feed containers that the database lacks; their provisional keys are negative."""
    return feed_containers.take(feed_containers.values("id") < 0)


def highest_keys(connection: sa.Connection, names: Iterable[str]) -> Mapping[str, int]:
    """Return the highest primary key of tables, 0 for an empty one, by table."""
    keys = {name: sa.func.max(TABLES[name].columns[0]) for name in names}
    return {
        name: int(connection.execute(sa.select(key)).scalar() or 0) for name, key in keys.items()
    }


def _with_added(existing: Mapping[str, int], added: BatchTables) -> Mapping[str, int]:
    """Return the highest primary key of every table, including the added rows."""
    return {
        name: max(key, int(added[name].values(TABLES[name].columns[0].name).max()))
        if name in added
        else key
        for name, key in existing.items()
    }


def _refuse_narrower_scores(connection: sa.Connection, tables: BatchTables) -> None:
    """Refuse existing health parameters that do not allow all scores of the simulation."""
    vocabulary = tables["health_healthparameter"]["name"].vocabulary or ()
    own_names = {name.casefold() for name in vocabulary}
    parameter = TABLES["health_healthparameter"].c
    query = sa.select(parameter.name, parameter.min_score, parameter.max_score)
    for name, low, high in connection.execute(query):
        if name.casefold() in own_names and (low > MIN_SCORE or high < MAX_SCORE):
            raise StoreError(
                f"health parameter {name} allows scores {low} to {high}, but fish are scored "
                f"{MIN_SCORE} to {MAX_SCORE}: rename it, or widen its range"
            )
