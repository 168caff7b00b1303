"""Bookings of halls and areas: interval packing of batches into the sites of a farm."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from ..lifecycle.places import Site
from .farm import Farm, FarmGeography, Station
from .requirements import BatchRequirements, StageRequirement

_ROUNDING = 1e-9
"""Tolerance for products such as 100 * 0.29, which is slightly less than 29."""


@dataclass(frozen=True)
class Shortage:
    """A stage of a batch for which no site was free.

    Attributes:
        site_kind: kind of site, for messages.
        geography: name of the geography.
        arrives: day on which the fish would arrive.
        sites: number of sites of the kind that may be used.
        free_on: first day on which one of them is free.
    """

    site_kind: str
    geography: str
    arrives: date
    sites: int
    free_on: date


@dataclass(frozen=True)
class Occupancy:
    """Sites and batch numbers that an existing database already uses.

    Attributes:
        until: day until which a site is occupied, by site name; other sites were never used.
        serials: highest serial number in batch numbers, by code of the geography.
        numbers: all batch numbers.
    """

    until: Mapping[str, date] = field(default_factory=dict)
    serials: Mapping[str, int] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()


OPEN_ENDED = date(9000, 1, 1)
"""`Occupancy.until` of a site whose fish have not left yet."""


class SiteBookings:
    """Intervals in which each site is taken; batches are placed one after another."""

    def __init__(self, farm: Farm, saturation: float, occupancy: Occupancy | None = None) -> None:
        """Start without bookings, except for existing batches.

        Args:
            farm: the farm.
            saturation: share of the halls and areas of a geography that may be used.
            occupancy: sites that existing batches occupy; none if None.
        """
        self._farm = farm
        self._saturation = saturation
        until = occupancy.until if occupancy is not None else {}
        self._taken: dict[str, list[tuple[date, date]]] = {
            name: [(date.min, until[name])] if name in until else [] for name in farm.sites
        }

    def copy(self) -> SiteBookings:
        """Return an independent copy, to try further bookings."""
        copied = SiteBookings(self._farm, self._saturation)
        copied._taken = {name: list(taken) for name, taken in self._taken.items()}
        return copied

    def place(
        self,
        geography: FarmGeography,
        requirements: BatchRequirements,
        pinned: Mapping[int, str] | None = None,
    ) -> tuple[Site, ...] | Shortage:
        """Book a site for every stage; halls of one station if possible.

        Nothing is booked if a stage finds no free site.

        Args:
            geography: geography of the batch.
            requirements: requirements of the batch.
            pinned: names of sites to use, by stage; any free site for the other stages.

        Returns:
            The site of every stage in order, or the first shortage.
        """
        pinned_sites = {stage: self._farm.sites[name] for stage, name in (pinned or {}).items()}
        station = self._station_for(
            geography,
            [
                need
                for need in requirements.stages
                if self._is_in_hall(need) and need.stage not in pinned_sites
            ],
        )
        chosen: list[Site] = []
        for need in requirements.stages:
            if need.stage in pinned_sites:
                candidates: Sequence[Site] = [pinned_sites[need.stage]]
            else:
                candidates = self._candidates(geography, station, need)
            site = self._longest_idle(candidates, need)
            if site is None:
                return self._shortage(geography, candidates, need)
            chosen.append(site)
        for site, need in zip(chosen, requirements.stages, strict=True):
            insort(self._taken[site.name], (need.arrives, need.leaves))
        return tuple(chosen)

    def in_use(self, sites: Sequence[Site], day: date) -> int:
        """Return how many of the sites hold fish on a day."""
        return sum(
            any(arrives <= day < leaves for arrives, leaves in self._taken[site.name])
            for site in sites
        )

    def _is_in_hall(self, need: StageRequirement) -> bool:
        return self._farm.stage(need.stage).site == "hall"

    def _candidates(
        self, geography: FarmGeography, station: Station | None, need: StageRequirement
    ) -> Sequence[Site]:
        if not self._is_in_hall(need):
            return self._usable([area.site for area in geography.areas])
        if station is not None:
            return _halls_for(station.halls, need)
        return self._usable(_halls_for(geography.halls, need))

    def _usable(self, sites: Sequence[Site]) -> Sequence[Site]:
        return sites[: usable_number(len(sites), self._saturation)]

    def _station_for(
        self, geography: FarmGeography, halls: Sequence[StageRequirement]
    ) -> Station | None:
        """Return the station, longest idle first, with a free hall for every stage; or None."""
        suitable = [
            station
            for station in self._usable_stations(geography)
            if all(
                any(
                    self._is_free(hall, need) for hall in station.halls if need.stage in hall.stages
                )
                for need in halls
            )
        ]
        return min(suitable, key=lambda station: self._last_use(station.halls[0]), default=None)

    def _usable_stations(self, geography: FarmGeography) -> Sequence[Station]:
        return geography.stations[: usable_number(len(geography.stations), self._saturation)]

    def _longest_idle(self, sites: Sequence[Site], need: StageRequirement) -> Site | None:
        free = [site for site in sites if self._is_free(site, need)]
        return min(free, key=self._last_use, default=None)

    def _last_use(self, site: Site) -> date:
        taken = self._taken[site.name]
        return taken[-1][1] if taken else date.min

    def _pause(self, site: Site) -> timedelta:
        farm = self._farm
        days = farm.hall_turnaround_days if site.kind == "hall" else farm.area_fallow_days
        return timedelta(days=days)

    def _is_free(self, site: Site, need: StageRequirement) -> bool:
        return self._is_idle(site, need) and need.fits(self._farm.stage(need.stage), site)

    def _is_idle(self, site: Site, need: StageRequirement) -> bool:
        """Return whether no batch is in a site from before the need to after it, with pauses."""
        pause = self._pause(site)
        taken = self._taken[site.name]
        position = bisect_right(taken, (need.arrives, date.max))
        return (position == 0 or taken[position - 1][1] + pause <= need.arrives) and (
            position == len(taken) or need.leaves + pause <= taken[position][0]
        )

    def _shortage(
        self, geography: FarmGeography, sites: Sequence[Site], need: StageRequirement
    ) -> Shortage:
        free_on = min(self._last_use(site) + self._pause(site) for site in sites)
        kind = f"hall for stage {need.stage}" if self._is_in_hall(need) else "sea area"
        return Shortage(kind, geography.name, need.arrives, len(sites), free_on)


def usable_number(sites: int, saturation: float) -> int:
    """Return how many of a number of sites may be used."""
    return int(sites * saturation + _ROUNDING)


def sites_for_stages(farm: Farm, geography: FarmGeography) -> dict[str, int]:
    """Return the number of halls for each stage and of sea areas, by their name in messages."""
    halls = {
        f"halls for stage {rule.order}": sum(rule.order in hall.stages for hall in geography.halls)
        for rule in farm.stages
        if rule.site == "hall"
    }
    return {**halls, "sea areas": len(geography.areas)}


def _halls_for(halls: Sequence[Site], need: StageRequirement) -> Sequence[Site]:
    return [hall for hall in halls if need.stage in hall.stages]
