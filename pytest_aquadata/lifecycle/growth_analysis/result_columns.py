"""Growth analysis as rows: daily states, scenarios and projections."""

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
from .scenarios import Scenario
from .temperature import SOURCES

STATES = "batch_actualdailyassignmentstate"
SCENARIOS = "scenario"
PROJECTIONS = "scenario_scenarioprojection"

_COMPUTED_HOUR = 23.0


def state_columns(
    observations: Observations, states: States, first_id: int = 1, since: int | None = None
) -> Columns:
    """Rows of the daily states, assignment by assignment and day by day.

    Args:
        observations: what they were calculated from.
        states: the states.
        first_id: primary key of the first row.
        since: leave out the days before this one.
    """
    assignments = observations.assignments
    row, since_arrival = np.nonzero(states.has_state)
    day = assignments.first_day[row] + since_arrival
    if since is not None:
        row, since_arrival, day = (values[day >= since] for values in (row, since_arrival, day))
    at = (row, since_arrival)
    count = len(row)
    fish, weight = states.population[at], scaled(states.weight_g[at], 2)
    temp_c, fcr, kind = states.temperatures.temp_c[at], states.fcr[at], states.anchors.kind[at]
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
        mortality_count=integers(states.deaths[at]),
        feed_kg=decimals(states.feed_kg[at], 2),
        observed_fcr=decimals(np.where(no_fcr, 0.0, fcr), 3, no_fcr),
        anchor_type=coded(np.where(no_anchor, 0, kind), ANCHOR_TYPES, no_anchor),
        sources=_sources(states, at),
        confidence_scores=_confidence(states, at),
        last_computed_at=int(instant(observations.as_of, _COMPUTED_HOUR)),
        assignment_id=integers(assignments.ids[row]),
        batch_id=observations.batch.id,
        container_id=integers(assignments.containers[row]),
        lifecycle_stage_id=integers(assignments.stage_ids[row]),
    )


_At = tuple[NDArray[np.int64], NDArray[np.int64]]


def _sources(states: States, at: _At) -> Column:
    """Where each component comes from, as JSON."""
    return _json(
        {
            "fcr": (np.isnan(states.fcr[at]).astype(np.int64), FCR_SOURCES),
            "feed": ((states.feed_kg[at] <= 0).astype(np.int64), FEED_SOURCES),
            "mortality": (states.mortality_source[at], MORTALITY_SOURCES),
            "temp": (states.temperatures.source[at], SOURCES),
            "weight": (states.weight_source[at], WEIGHT_SOURCES),
        }
    )


def _confidence(states: States, at: _At) -> Column:
    """How far each component can be trusted, 0 to 1, as JSON.

    Feed conversion is as good as the worst of what it is made of.
    """
    feed = (states.feed_kg[at] > 0).astype(np.float64)
    mortality, weight = states.mortality_confidence[at], states.weight_confidence[at]
    observed = ~np.isnan(states.fcr[at])
    scores = {
        "fcr": np.where(observed, np.minimum(np.minimum(weight, mortality), feed), 0.0),
        "feed": feed,
        "mortality": mortality,
        "temp": states.temperatures.confidence[at],
        "weight": weight,
    }
    hundredths = [number / 100.0 for number in range(101)]
    return _json({name: (scaled(score, 2), hundredths) for name, score in scores.items()})


def _json(parts: dict[str, tuple[NDArray[np.int64], ArrayLike]]) -> Column:
    """Objects with a few values each, as canonical JSON written once for each distinct one.

    Args:
        parts: codes and what they stand for, by key.
    """
    choices = {name: list(values) for name, (_, values) in parts.items()}  # type: ignore[arg-type]
    code = np.zeros(len(next(iter(parts.values()))[0]), np.int64)
    for name, (codes, _) in parts.items():
        code = code * len(choices[name]) + codes
    distinct, position = np.unique(code, return_inverse=True)
    written = []
    for number in distinct.tolist():
        value, left = {}, number
        for name in reversed(parts):
            left, choice = divmod(left, len(choices[name]))
            value[name] = choices[name][choice]
        written.append(json.dumps(value, sort_keys=True))
    return coded(position.ravel(), written or ("{}",))


def scenario_columns(scenario: Scenario, supplier: str, as_of: int) -> Columns:
    """The row of a scenario, all of whose models but the constraints must be there.

    Args:
        scenario: the scenario.
        supplier: who delivered the eggs.
        as_of: today.
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
        created_by_id=None,
        fcr_model_id=choice.fcr,
        mortality_model_id=choice.mortality,
        tgc_model_id=choice.tgc,
        biological_constraints_id=choice.constraints,
        **stamps(instant([as_of], _COMPUTED_HOUR)),
    )


def projection_columns(
    projection: Projection, scenario_id: int, as_of: int, first_id: int = 1
) -> Columns:
    """Rows of a scenario's projection, one a day.

    Args:
        projection: what was projected.
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
