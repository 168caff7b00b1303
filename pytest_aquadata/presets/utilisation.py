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


@dataclass(frozen=True)
class _PlaceKind:
    """A kind of place: its number of places, the stages kept in it, and the unit of counting."""

    what: str
    places: int
    stages: frozenset[int]
    counts_containers: bool = False


def utilisation(schedule: Schedule, farm: Farm) -> tuple[Utilisation, ...]:
    """Measure halls and rings of each geography, from the first delivery to the farm's today."""
    hall_stages = frozenset(rule.order for rule in farm.stages if rule.site == "hall")
    sea_stages = frozenset(rule.order for rule in farm.stages if rule.site == "area")
    measured = []
    for geography in farm.geographies:
        rings = sum(len(area.site.containers) for area in geography.areas)
        for kind in (
            _PlaceKind("halls", len(geography.halls), hall_stages),
            _PlaceKind("rings", rings, sea_stages, counts_containers=True),
        ):
            measured.append(_measure(schedule, geography, kind))
    return tuple(measured)


def tightest(schedule: Schedule, farm: Farm) -> Utilisation:
    """Return the kind of site with the largest peak share."""
    measured = []
    for geography in farm.geographies:
        for rule in farm.stages:
            if rule.site == "hall":
                halls = sum(rule.order in hall.stages for hall in geography.halls)
                kind = _PlaceKind(f"halls of stage {rule.order}", halls, frozenset({rule.order}))
            else:
                kind = _PlaceKind("sea areas", len(geography.areas), frozenset({rule.order}))
            measured.append(_measure(schedule, geography, kind))
    return max(measured, key=lambda utilised: utilised.peak_share)


def _measure(schedule: Schedule, geography: FarmGeography, kind: _PlaceKind) -> Utilisation:
    first_day = min(day_number(batch.starts) for batch in schedule.batches)
    last = max(day_number(schedule.as_of) - first_day, 0) + 1
    change: NDArray[np.int64] = np.zeros(last + 1, np.int64)
    for batch in schedule.batches:
        if batch.geography != geography.name:
            continue
        for stay in batch.stays:
            if stay.stage not in kind.stages:
                continue
            taken = len(stay.places) if kind.counts_containers else 1
            change[min(day_number(stay.arrives) - first_day, last)] += taken
            change[min(day_number(stay.leaves) - first_day, last)] -= taken
    in_use = np.cumsum(change)[:-1]
    peak_day = int(np.argmax(in_use))
    return Utilisation(
        geography=geography.name,
        what=kind.what,
        places=kind.places,
        peak=int(in_use[peak_day]),
        peak_day=to_date(first_day + peak_day),
        mean=float(in_use.mean()),
    )
