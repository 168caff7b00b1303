"""Utilisation of a farm by a schedule: halls, areas and rings in use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.days import day_number, to_date
from .farm import Farm, FarmGeography
from .schedule import Schedule


@dataclass(frozen=True)
class Utilisation:
    """Utilisation of one kind of place.

    Attributes:
        geography: name of the geography.
        what: kind of place, such as `halls`, `halls of stage 2`, `sea areas` or `rings`.
        places: number of places.
        peak: largest number in use on one day.
        peak_day: first day with that number.
        mean: mean number in use.
    """

    geography: str
    what: str
    places: int
    peak: int
    peak_day: date
    mean: float

    @property
    def peak_share(self) -> float:
        """Peak as a share of the places."""
        return self.peak / self.places

    @property
    def mean_share(self) -> float:
        """Mean as a share of the places."""
        return self.mean / self.places


def utilisation(schedule: Schedule, farm: Farm) -> tuple[Utilisation, ...]:
    """Measure halls and rings of each geography, from the first delivery to the farm's today."""
    return tuple(
        _measure(schedule, geography, what, places, containers, None)
        for geography in farm.geographies
        for what, places, containers in (
            ("halls", len(geography.halls), False),
            ("rings", sum(len(area.site.containers) for area in geography.areas), True),
        )
    )


def tightest(schedule: Schedule, farm: Farm) -> Utilisation:
    """Return the kind of site with the largest peak share."""
    measured = []
    for geography in farm.geographies:
        for rule in farm.stages:
            if rule.site == "hall":
                places = sum(rule.order in hall.stages for hall in geography.halls)
                what = f"halls of stage {rule.order}"
            else:
                places, what = len(geography.areas), "sea areas"
            measured.append(_measure(schedule, geography, what, places, False, rule.order))
    return max(measured, key=lambda utilised: utilised.peak_share)


def _measure(
    schedule: Schedule,
    geography: FarmGeography,
    what: str,
    places: int,
    containers: bool,
    stage: int | None,
) -> Utilisation:
    first_day = min(day_number(batch.starts) for batch in schedule.batches)
    change: NDArray[np.int64] = np.zeros(
        max(day_number(schedule.as_of) - first_day, 0) + 2, np.int64
    )
    kind = "area" if what in ("rings", "sea areas") else "hall"
    hall_stages = {order for hall in geography.halls for order in hall.stages}
    for batch in schedule.batches:
        if batch.geography != geography.name:
            continue
        for stay in batch.stays:
            in_hall = stay.stage in hall_stages
            if in_hall != (kind == "hall") or stage not in (None, stay.stage):
                continue
            taken = len(stay.places) if containers else 1
            start = min(day_number(stay.arrives) - first_day, len(change) - 1)
            end = min(day_number(stay.leaves) - first_day, len(change) - 1)
            change[start] += taken
            change[end] -= taken
    in_use = np.cumsum(change)[:-1]
    peak_day = int(np.argmax(in_use))
    return Utilisation(
        geography=geography.name,
        what=what,
        places=places,
        peak=int(in_use[peak_day]),
        peak_day=to_date(first_day + peak_day),
        mean=float(in_use.mean()),
    )
