"""The schedule: everything that batches share, settled before anything is simulated.

It says who sits in which container from which day to which, and who eats from which feed
container. It is read from and written to YAML, and may be edited in between.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from ..lifecycle.places import Site
from ..lifecycle.plan import BatchPlan, Stay
from ..lifecycle.vaccination import vaccinations_in
from ..settings import EARLIEST_AS_OF, LATEST_AS_OF
from .documents import document_digest, document_error, read_document
from .farm import STANDARD, Farm, load_farm

MAX_EGGS = 20_000_000
SHORTEST_STAY_DAYS = 7
LONGEST_STAY_DAYS = 3_000
EARLIEST_DAY, LATEST_DAY = date(1940, 1, 1), date(2110, 12, 31)
"""Between these days fish may arrive somewhere."""


@dataclass(frozen=True)
class Schedule:
    """The plan of a whole company.

    Attributes:
        name: name of the preset, or of what the schedule is for.
        farm: `standard`, or the path of a farm file.
        as_of: the farm's today that the schedule was planned for.
        readings_per_day: readings of each sensor a day.
        batches: in the order of their start.
    """

    name: str
    farm: str
    as_of: date
    readings_per_day: int
    batches: tuple[BatchPlan, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the schedule's content, however it was laid out."""
        return document_digest(self)


def read_schedule(path: Path, farm: str | None = None) -> tuple[Schedule, Farm]:
    """A schedule and the farm it is for.

    Args:
        path: the YAML file.
        farm: path of a farm file to use instead of the schedule's own. The schedule's own is
            looked for beside the schedule.

    Raises:
        DocumentError: in one line, when the file cannot be read or the farm cannot hold it.
    """
    schedule = read_document(path, Schedule, "schedule")
    loaded = load_farm(farm or farm_path(schedule, path))
    check_schedule(schedule, loaded, f"schedule file {path}")
    return schedule, loaded


def with_readings(schedule: Schedule, readings_per_day: int) -> Schedule:
    """The same schedule with other readings a day."""
    return replace(schedule, readings_per_day=readings_per_day)


def farm_path(schedule: Schedule, path: Path) -> str:
    """Where the farm of a schedule read from `path` is."""
    if schedule.farm == STANDARD:
        return STANDARD
    return str(path.parent / schedule.farm)


def check_schedule(schedule: Schedule, farm: Farm, name: str) -> None:
    """Refuse a schedule that the farm cannot hold.

    Raises:
        DocumentError: naming the key and the reason.
    """
    if not schedule.batches:
        raise document_error(name, "batches", "at least one batch is needed")
    if not EARLIEST_AS_OF <= schedule.as_of <= LATEST_AS_OF:
        raise document_error(name, "as_of", f"must be from {EARLIEST_AS_OF} to {LATEST_AS_OF}")
    if not 0 <= schedule.readings_per_day <= 24:
        raise document_error(name, "readings_per_day", "must be between 0 and 24")
    numbers: set[str] = set()
    for position, batch in enumerate(schedule.batches):
        key = f"batches[{position}]"
        if batch.number in numbers:
            raise document_error(name, f"{key}.number", f"{batch.number} is used twice")
        numbers.add(batch.number)
        _check_batch(batch, farm, name, key)
    _check_occupancy(schedule, name)


def _check_batch(batch: BatchPlan, farm: Farm, name: str, key: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,37}", batch.number):
        raise document_error(
            name, f"{key}.number", "must be 1 to 38 letters, digits, hyphens and underscores"
        )
    if batch.geography not in farm.geography_by_name:
        known = ", ".join(farm.geography_by_name)
        raise document_error(
            name, f"{key}.geography", f"{batch.geography} is not in the farm, which has {known}"
        )
    if not 1 <= batch.eggs <= MAX_EGGS:
        raise document_error(name, f"{key}.eggs", f"must be between 1 and {MAX_EGGS:,}")
    if not 500 <= batch.harvest_weight_g <= 12_000:
        raise document_error(name, f"{key}.harvest_weight_g", "must be between 500 and 12,000 g")
    orders = [stay.stage for stay in batch.stays]
    if orders != [rule.order for rule in farm.stages]:
        raise document_error(
            name,
            f"{key}.stays",
            f"must be one a stage, 1 to {len(farm.stages)} in order, not {orders}",
        )
    for position, stay in enumerate(batch.stays):
        _check_stay(batch, stay, farm, name, f"{key}.stays[{position}]")
        if position and stay.arrives != batch.stays[position - 1].leaves:
            raise document_error(
                name,
                f"{key}.stays[{position}].arrives",
                f"must be the day the stay before it ends, {batch.stays[position - 1].leaves}",
            )
    last = batch.stays[-1]
    if not last.arrives < batch.harvest_starts <= last.leaves:
        raise document_error(
            name, f"{key}.harvest_starts", f"must be after {last.arrives}, by {last.leaves}"
        )


def _check_stay(batch: BatchPlan, stay: Stay, farm: Farm, name: str, key: str) -> None:
    site = farm.sites.get(stay.site)
    if site is None:
        raise document_error(name, f"{key}.site", f"{stay.site} is not a hall or area of the farm")
    if site.geography != batch.geography:
        raise document_error(name, f"{key}.site", f"{stay.site} is not in {batch.geography}")
    if site.kind != farm.stage(stay.stage).site:
        kind = "an area" if site.kind == "area" else "a hall"
        raise document_error(
            name, f"{key}.site", f"stage {stay.stage} is not kept in {kind} such as {stay.site}"
        )
    if stay.stage not in site.stages:
        raise document_error(name, f"{key}.site", f"{stay.site} does not keep stage {stay.stage}")
    days = (stay.leaves - stay.arrives).days
    if days < SHORTEST_STAY_DAYS:
        raise document_error(
            name, f"{key}.leaves", f"a stay lasts at least {SHORTEST_STAY_DAYS} days"
        )
    if days > LONGEST_STAY_DAYS:
        raise document_error(
            name, f"{key}.leaves", f"a stay lasts at most {LONGEST_STAY_DAYS} days"
        )
    if not EARLIEST_DAY <= stay.arrives <= LATEST_DAY:
        raise document_error(name, f"{key}.arrives", f"must be from {EARLIEST_DAY} to {LATEST_DAY}")
    for given in vaccinations_in(farm.document.vaccinations, stay.stage):
        if given.day >= days:
            raise document_error(
                name, f"{key}.leaves", f"the fish are vaccinated on day {given.day} of the stay"
            )
    _check_places(stay, site, name, key)


def _check_places(stay: Stay, site: Site, name: str, key: str) -> None:
    if not stay.places:
        raise document_error(name, f"{key}.places", "at least one container is needed")
    for container, feed_container in stay.places.items():
        if container not in site.container_by_name:
            raise document_error(
                name, f"{key}.places", f"{container} is not a container of {site.name}"
            )
        if feed_container not in site.feed_container_by_name:
            raise document_error(
                name,
                f"{key}.places.{container}",
                f"{feed_container} is not a feed container of {site.name}",
            )


def _check_occupancy(schedule: Schedule, name: str) -> None:
    """No container holds two batches at once."""
    bookings: dict[tuple[str, str], list[tuple[date, date, str]]] = defaultdict(list)
    for position, batch in enumerate(schedule.batches):
        for order, stay in enumerate(batch.stays):
            key = f"batches[{position}].stays[{order}]"
            for container in stay.places:
                bookings[stay.site, container].append((stay.arrives, stay.leaves, key))
    for (_, container), booked in bookings.items():
        booked.sort()
        for (_, leaves, first), (arrives, _, second) in pairwise(booked):
            if arrives <= leaves:
                raise document_error(
                    name,
                    f"{second}.places.{container}",
                    f"taken by {first} until {leaves}, wanted from {arrives}",
                )
