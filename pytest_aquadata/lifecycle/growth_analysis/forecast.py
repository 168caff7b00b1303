"""The live projection of an active batch as a scenario next to its plan.

AquaMind v6.1 has no table for live projections; as a scenario its users can see it. It starts
tomorrow with today's fish and ends on the day on which the harvest weight is expected.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .column_access import NO_KEY
from .harvest_weight import harvest_weight_g
from .live_projection import LiveProjection
from .observations import Observations
from .projection import Projection, ProjectionPlan
from .scenarios import GrowthScenario, forecast_name


@dataclass(frozen=True)
class Forecast:
    """A live projection as a scenario.

    Attributes:
        scenario: the scenario, without a primary key.
        projection: projection from tomorrow to the expected harvest.
    """

    scenario: GrowthScenario
    projection: Projection


def forecast(observations: Observations, pinned: GrowthScenario, live: LiveProjection) -> Forecast:
    """Return the live projection of a batch, up to harvest.

    Args:
        observations: recorded data of the batch.
        pinned: the batch's pinned scenario, whose models are used.
        live: the live projection; used completely if it does not reach the harvest weight.
    """
    reached = live.reaches(harvest_weight_g(observations.batch, live)).day
    days = len(live.day) if reached is None else reached - int(live.day[0]) + 1
    scenario = GrowthScenario(
        id=NO_KEY,
        name=forecast_name(observations),
        plan=ProjectionPlan(
            first_day=int(live.day[0]),
            days=days,
            fish=live.fish,
            weight_g=round(live.today_g, 2),
            batch=observations.batch.id,
            species=None,
        ),
        choices=((1, pinned.choice),),
    )
    return Forecast(
        scenario,
        Projection(
            day=live.day[:days],
            stage_ids=live.stage_ids[:days],
            weight_g=live.weight_g[:days],
            population=live.population[:days],
            feed_kg=live.feed_kg[:days],
            temp_c=np.nan_to_num(live.temp_c[:days]),
        ),
    )
