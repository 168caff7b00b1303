"""Interval packing: which halls and which area a batch can have, and how full the farm gets."""

from __future__ import annotations

from bisect import insort
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from ..lifecycle.places import Site
from .farm import Farm, FarmGeography, Station
from .requirements import BatchRequirements, StageRequirement

_ROUNDING = 1e-9
"""0.29 of 100 sites are 29 of them, though 100 * 0.29 is a little less."""


@dataclass(frozen=True)
class Shortage:
    """A stage for which no site was free.

    Attributes:
        site_kind: what was wanted, in words.
        geography: name of the geography.
        arrives: the day it was wanted.
        sites: how many sites of the kind may be used.
        free_on: the first day one of them is free.
    """

    site_kind: str
    geography: str
    arrives: date
    sites: int
    free_on: date


@dataclass(frozen=True)
class Occupancy:
    """What is there before a plan is made.

    Attributes:
        until: day up to which a site is taken, by its name; sites not named were never used.
        serials: highest serial number of a batch so far, by the code of its geography.
        numbers: all batch numbers so far.
    """

    until: Mapping[str, date] = field(default_factory=dict)
    serials: Mapping[str, int] = field(default_factory=dict)
    numbers: frozenset[str] = frozenset()


OPEN_ENDED = date(9000, 1, 1)
"""Until when a site is taken whose fish have not left."""


class SiteBookings:
    """Which site is taken from which day to which; one batch at a time."""

    def __init__(self, farm: Farm, saturation: float, occupancy: Occupancy | None = None) -> None:
        """Start with a farm as it stands.

        Args:
            farm: the farm to fill.
            saturation: share of the halls and areas of a geography that may be used.
            occupancy: what is taken already; nothing if None.
        """
        self._farm = farm
        self._saturation = saturation
        until = occupancy.until if occupancy is not None else {}
        self._taken: dict[str, list[tuple[date, date]]] = {
            name: [(date.min, until[name])] if name in until else [] for name in farm.sites
        }

    def copy(self) -> SiteBookings:
        """The same bookings, to try others on."""
        tried = SiteBookings(self._farm, self._saturation)
        tried._taken = {name: list(taken) for name, taken in self._taken.items()}
        return tried

    def place(
        self,
        geography: FarmGeography,
        needs: BatchRequirements,
        at: Mapping[int, str] | None = None,
    ) -> tuple[Site, ...] | Shortage:
        """Book a site for every stage, in one station if possible, or say what is missing.

        Args:
            geography: where.
            needs: what the batch needs.
            at: names of sites that it must have, by stage; any that is free if None.
        """
        wanted = {stage: self._farm.sites[name] for stage, name in (at or {}).items()}
        halls = [need for need in needs.stages if self._farm.stage(need.stage).site == "hall"]
        at_sea = [need for need in needs.stages if self._farm.stage(need.stage).site == "area"]
        chosen: list[Site] = []
        station = self._station(geography, [need for need in halls if need.stage not in wanted])
        for need in halls:
            if need.stage in wanted:
                of_stage: Sequence[Site] = [wanted[need.stage]]
            elif station is None:
                of_stage = self._usable(_kept_in(geography.halls, need))
            else:
                of_stage = _kept_in(station.halls, need)
            site = self._longest_idle(of_stage, need)
            if site is None:
                return self._shortage(geography, of_stage, need)
            chosen.append(site)
        for need in at_sea:
            areas = self._usable([area.site for area in geography.areas])
            if need.stage in wanted:
                areas = [wanted[need.stage]]
            site = self._longest_idle(areas, need)
            if site is None:
                return self._shortage(geography, areas, need)
            chosen.append(site)
        for site, need in zip(chosen, needs.stages, strict=True):
            insort(self._taken[site.name], (need.arrives, need.leaves))
        return tuple(chosen)

    def in_use(self, sites: Sequence[Site], day: date) -> int:
        """How many of the sites hold fish on a day."""
        return sum(
            any(arrives <= day < leaves for arrives, leaves in self._taken[site.name])
            for site in sites
        )

    def _usable(self, sites: Sequence[Site]) -> Sequence[Site]:
        return sites[: usable_number(len(sites), self._saturation)]

    def _station(
        self, geography: FarmGeography, halls: Sequence[StageRequirement]
    ) -> Station | None:
        """The station whose halls can take the batch one after another, longest idle first."""
        able = [
            station
            for station in self._usable_stations(geography)
            if all(
                any(
                    self._is_free(hall, need) for hall in station.halls if need.stage in hall.stages
                )
                for need in halls
            )
        ]
        return min(able, key=lambda station: self._last_use(station.halls[0]), default=None)

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
        pause = self._pause(site)
        return need.fits(self._farm.stage(need.stage), site) and all(
            leaves + pause <= need.arrives or need.leaves + pause <= arrives
            for arrives, leaves in self._taken[site.name]
        )

    def _shortage(
        self, geography: FarmGeography, sites: Sequence[Site], need: StageRequirement
    ) -> Shortage:
        free_on = min(self._last_use(site) + self._pause(site) for site in sites)
        at_sea = self._farm.stage(need.stage).site == "area"
        kind = "sea area" if at_sea else f"hall for stage {need.stage}"
        return Shortage(kind, geography.name, need.arrives, len(sites), free_on)


def usable_number(sites: int, saturation: float) -> int:
    """How many of so many sites may be used."""
    return int(sites * saturation + _ROUNDING)


def sites_for_stages(farm: Farm, geography: FarmGeography) -> dict[str, int]:
    """How many sites of a geography can take each kind of stay: hall stage by stage, and areas."""
    halls = {
        f"halls for stage {rule.order}": sum(rule.order in hall.stages for hall in geography.halls)
        for rule in farm.stages
        if rule.site == "hall"
    }
    return {**halls, "sea areas": len(geography.areas)}


def _kept_in(halls: Sequence[Site], need: StageRequirement) -> Sequence[Site]:
    return [hall for hall in halls if need.stage in hall.stages]
