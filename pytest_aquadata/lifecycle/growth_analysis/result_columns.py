"""Rows of the growth analysis: daily states, scenarios and projections."""

from __future__ import annotations

import json

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..columns import Column, Columns, coded, decimals, floats, integers, scaled, table
from ..days import instant
from ..events.common import biomass_kg, stamps
from .anchors import ANCHOR_TYPES, NO_ANCHOR
from .assimilate import FCR_SOURCES, FEED_SOURCES, MORTALITY_SOURCES, WEIGHT_SOURCES, States
from .observations import Observations
from .projection import Projection
from .scenarios import GrowthScenario
from .temperature import SOURCES

STATES = "batch_actualdailyassignmentstate"
SCENARIOS = "scenario"
PROJECTIONS = "scenario_scenarioprojection"

_FCR_CONFIDENCE = 0.9
"""Highest confidence in a feed conversion ratio."""
_COMPUTED_HOUR = 23.0
"""Hour of the day (UTC) of `last_computed_at` and similar columns."""


def state_columns(
    observations: Observations, states: States, first_id: int = 1, since: int | None = None
) -> Columns:
    """Return the rows of the daily states, ordered by assignment and day.

    Args:
        observations: recorded data of the batch.
        states: states of the batch.
        first_id: primary key of the first row.
        since: first day to return; all if None.
    """
    assignments = observations.assignments
    row, since_arrival = np.nonzero(states.has_state)
    day = assignments.first_day[row] + since_arrival
    if since is not None:
        row, since_arrival, day = (values[day >= since] for values in (row, since_arrival, day))
    cells = (row, since_arrival)
    count = len(row)
    fish, weight = states.population[cells], scaled(states.weight_g[cells], 2)
    temp_c, fcr, kind = (
        states.temperatures.temp_c[cells],
        states.fcr[cells],
        states.anchors.kind[cells],
    )
    no_temp, no_fcr, no_anchor = np.isnan(temp_c), np.isnan(fcr), kind == NO_ANCHOR
    return table(
        count,
        id=integers(first_id + np.arange(count)),
        date=integers(day),
        day_number=integers(day - observations.batch.start_day + 1),
        avg_weight_g=integers(weight),
        population=integers(fish),
        biomass_kg=biomass_kg(fish, weight),
        temp_c=decimals(np.where(no_temp, 0.0, temp_c), 2, no_temp),
        mortality_count=integers(states.deaths[cells]),
        feed_kg=decimals(states.feed_kg[cells], 2),
        observed_fcr=decimals(np.where(no_fcr, 0.0, fcr), 3, no_fcr),
        anchor_type=coded(np.where(no_anchor, 0, kind), ANCHOR_TYPES, no_anchor),
        sources=_sources(states, cells),
        confidence_scores=_confidence(states, cells),
        last_computed_at=int(instant(observations.as_of, _COMPUTED_HOUR)),
        assignment_id=integers(assignments.ids[row]),
        batch_id=observations.batch.id,
        container_id=integers(assignments.containers[row]),
        lifecycle_stage_id=integers(assignments.stage_ids[row]),
    )


_Cells = tuple[NDArray[np.int64], NDArray[np.int64]]
"""Indices of states: rows of assignments and days since arrival."""


def _sources(states: States, cells: _Cells) -> Column:
    """Return the source of each component, as JSON."""
    return _json_objects(
        {
            "fcr": (np.isnan(states.fcr[cells]).astype(np.int64), FCR_SOURCES),
            "feed": ((states.feed_kg[cells] <= 0).astype(np.int64), FEED_SOURCES),
            "mortality": (states.mortality_source[cells], MORTALITY_SOURCES),
            "temp": (states.temperatures.source[cells], SOURCES),
            "weight": (states.weight_source[cells], WEIGHT_SOURCES),
        }
    )


def _confidence(states: States, cells: _Cells) -> Column:
    """Return the confidence in each component, 0 to 1, as JSON."""
    feed = (states.feed_kg[cells] > 0).astype(np.float64)
    mortality, weight = states.mortality_confidence[cells], states.weight_confidence[cells]
    has_fcr = ~np.isnan(states.fcr[cells])
    scores = {
        "fcr": np.where(has_fcr, np.minimum(feed, _FCR_CONFIDENCE), 0.0),
        "feed": feed,
        "mortality": mortality,
        "temp": states.temperatures.confidence[cells],
        "weight": weight,
    }
    hundredths = [number / 100.0 for number in range(101)]
    return _json_objects({name: (scaled(score, 2), hundredths) for name, score in scores.items()})


def _json_objects(parts: dict[str, tuple[NDArray[np.int64], ArrayLike]]) -> Column:
    """Return a column of canonical JSON objects; each distinct object is serialised once.

    Args:
        parts: for each key of the objects, codes of its values and the values.
    """
    choices = {name: list(values) for name, (_, values) in parts.items()}  # type: ignore[arg-type]
    code = np.zeros(len(next(iter(parts.values()))[0]), np.int64)
    for name, (codes, _) in parts.items():
        code = code * len(choices[name]) + codes
    distinct, position = np.unique(code, return_inverse=True)
    objects = []
    for combined in distinct.tolist():
        value, remaining = {}, combined
        for name in reversed(parts):
            remaining, choice = divmod(remaining, len(choices[name]))
            value[name] = choices[name][choice]
        objects.append(json.dumps(value, sort_keys=True))
    return coded(position.ravel(), objects or ("{}",))


def scenario_columns(
    scenario: GrowthScenario, supplier: str, as_of: int, owner: int | None
) -> Columns:
    """Return the row of a scenario; its choice of models must be complete.

    Args:
        scenario: the scenario.
        supplier: name of the egg supplier.
        as_of: today.
        owner: primary key of the user to whom it belongs; AquaMind lists a user's own ones.
    """
    plan, choice = scenario.plan, scenario.choice
    return table(
        1,
        scenario_id=scenario.id,
        name=scenario.name,
        start_date=plan.first_day,
        duration_days=plan.days,
        initial_count=plan.fish,
        genotype="Standard",
        supplier=supplier,
        initial_weight=plan.weight_g,
        batch_id=plan.batch,
        created_by_id=owner,
        fcr_model_id=choice.fcr,
        mortality_model_id=choice.mortality,
        tgc_model_id=choice.tgc,
        biological_constraints_id=choice.constraints,
        **stamps(instant([as_of], _COMPUTED_HOUR)),
    )


def projection_columns(
    projection: Projection, scenario_id: int, as_of: int, first_id: int = 1
) -> Columns:
    """Return the rows of a scenario's projection, one per day.

    Args:
        projection: the projection.
        scenario_id: primary key of the scenario.
        as_of: today.
        first_id: primary key of the first row.
    """
    count = len(projection)
    computed = int(instant(as_of, _COMPUTED_HOUR))
    return table(
        count,
        projection_id=integers(first_id + np.arange(count)),
        projection_date=integers(projection.day),
        day_number=integers(np.arange(1, count + 1)),
        average_weight=floats(np.round(projection.weight_g, 4)),
        population=floats(np.round(projection.population, 2)),
        biomass=floats(np.round(projection.biomass_kg, 2)),
        daily_feed=floats(np.round(projection.feed_kg, 3)),
        cumulative_feed=floats(np.round(projection.cumulative_feed_kg, 3)),
        temperature=floats(np.round(projection.temp_c, 2)),
        created_at=computed,
        updated_at=computed,
        current_stage_id=integers(projection.stage_ids),
        scenario_id=scenario_id,
    )
