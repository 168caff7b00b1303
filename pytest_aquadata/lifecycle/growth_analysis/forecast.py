"""The live projection of an active batch as a scenario of its own, beside its plan.

AquaMind's schema has no table for it, and its users look at scenarios. It starts tomorrow from the
fish of today and ends on the day on which the batch is expected to have its harvest weight.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .column_access import NO_KEY
from .harvest_weight import harvest_weight_g
from .live_projection import LiveProjection
from .observations import Observations
from .projection import Projection, ProjectionPlan
from .scenarios import Scenario, forecast_name


@dataclass(frozen=True)
class Forecast:
    """A live projection.

    Attributes:
        scenario: what is entered for it; it has no key yet.
        projection: from tomorrow to the expected harvest.
    """

    scenario: Scenario
    projection: Projection


def forecast(observations: Observations, pinned: Scenario, forward: LiveProjection) -> Forecast:
    """The live projection of a batch, up to harvest.

    Args:
        observations: what is known of the batch.
        pinned: the scenario it is compared with, whose models are used.
        forward: from today on; all of it is told if the harvest weight is not in sight.
    """
    reached = forward.reaches(harvest_weight_g(observations.batch, forward)).day
    days = len(forward.day) if reached is None else reached - int(forward.day[0]) + 1
    scenario = Scenario(
        id=NO_KEY,
        name=forecast_name(observations),
        plan=ProjectionPlan(
            first_day=int(forward.day[0]),
            days=days,
            fish=forward.fish,
            weight_g=round(forward.today_g, 2),
            batch=observations.batch.id,
            species=None,
        ),
        choices=((1, pinned.choice),),
    )
    return Forecast(
        scenario,
        Projection(
            day=forward.day[:days],
            stage_ids=forward.stage_ids[:days],
            weight_g=forward.weight_g[:days],
            population=forward.population[:days],
            feed_kg=forward.feed_kg[:days],
            temp_c=np.nan_to_num(forward.temp_c[:days]),
        ),
    )
