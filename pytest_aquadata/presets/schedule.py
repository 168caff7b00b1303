"""The schedule: which batch is in which container on which days and fed from where.

It settles everything that batches share before the simulation starts. It is read from and written
to YAML, so users can edit it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import date
from itertools import pairwise
from pathlib import Path

from ..lifecycle.places import Site
from ..lifecycle.plan import BatchPlan, PlannedStay
from ..lifecycle.vaccination import vaccinations_in
from ..settings import EARLIEST_AS_OF, LATEST_AS_OF
from .document_checker import DocumentChecker
from .documents import document_digest, document_error, read_document
from .farm import STANDARD, Farm, load_farm
from .yaml_parser import quoted

MAX_EGGS = 20_000_000
HARVEST_WEIGHTS_G = (500, 12_000)
"""Smallest and largest target weight at harvest."""
RESERVED_NUMBERS = frozenset({"farm", "areas", "feed", "run"})
"""Names of the parts of a build, and of its log, that are no batches."""
SHORTEST_STAY_DAYS = 7
LONGEST_STAY_DAYS = 3_000
EARLIEST_DAY, LATEST_DAY = date(1940, 1, 1), date(2110, 12, 31)
"""First and last day on which a stay may start."""


_ARTICLES = {"hall": "a hall", "area": "an area"}


@dataclass(frozen=True)
class Schedule:
    """Plan of all batches of a company.

    Attributes:
        name: name of the preset or of the schedule.
        farm: `standard`, or the path of a farm file.
        as_of: the farm's today.
        readings_per_day: readings of each sensor a day.
        batches: batches by start date.
    """

    name: str
    farm: str
    as_of: date
    readings_per_day: int
    batches: tuple[BatchPlan, ...]

    @property
    def digest(self) -> str:
        """SHA-256 of the schedule's content, independent of the layout of its file."""
        return document_digest(self)


def read_schedule(path: Path, farm: str | None = None) -> tuple[Schedule, Farm]:
    """Read a schedule file and load its farm.

    Args:
        path: YAML file.
        farm: path of a farm file to use instead of the one that the schedule names. The schedule's
            own path is relative to the schedule file.

    Raises:
        DocumentError: in one line, if a file cannot be read or the schedule does not fit the farm.
    """
    schedule = read_document(path, Schedule, "schedule")
    loaded = load_farm(farm or farm_path(schedule, path))
    check_schedule(schedule, loaded, f"schedule file {path}")
    return schedule, loaded


def with_readings(schedule: Schedule, readings_per_day: int) -> Schedule:
    """Return the schedule with another number of readings a day."""
    return replace(schedule, readings_per_day=readings_per_day)


def farm_path(schedule: Schedule, path: Path) -> str:
    """Return the path of the farm file of a schedule that was read from `path`."""
    if schedule.farm == STANDARD:
        return STANDARD
    return str(path.parent / schedule.farm)


def check_schedule(schedule: Schedule, farm: Farm, name: str) -> None:
    """Refuse a schedule that does not fit the farm.

    Raises:
        DocumentError: names the first wrong key.
    """
    _check_name(schedule.name, DocumentChecker(name))
    if not schedule.batches:
        raise document_error(name, "batches", "must have at least one entry")
    if not EARLIEST_AS_OF <= schedule.as_of <= LATEST_AS_OF:
        raise document_error(
            name, "as_of", f"must be from {EARLIEST_AS_OF} to {LATEST_AS_OF}, not {schedule.as_of}"
        )
    if not 0 <= schedule.readings_per_day <= 24:
        raise document_error(
            name, "readings_per_day", f"must be 0 to 24, not {schedule.readings_per_day}"
        )
    numbers: set[str] = set()
    for position, batch in enumerate(schedule.batches):
        key = f"batches[{position}]"
        # some databases and file systems do not tell A from a
        if batch.number.lower() in numbers:
            raise document_error(name, f"{key}.number", f"{batch.number} occurs twice")
        numbers.add(batch.number.lower())
        _check_batch(batch, farm, name, key)
    _check_occupancy(schedule, name)


def _check_name(schedule_name: str, checker: DocumentChecker) -> None:
    """Refuse a name that cannot be part of a file's name, or be printed."""
    checker.text("name", schedule_name)
    is_plain = schedule_name.isprintable() and not {"/", "\\"} & set(schedule_name)
    checker.require(
        is_plain and schedule_name[0] not in ".-",
        "name",
        "must be printable, without / and \\, and not begin with a dot or hyphen: files are named "
        f"after it; it is {quoted(schedule_name)}",
    )


def _check_batch(batch: BatchPlan, farm: Farm, name: str, key: str) -> None:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,37}", batch.number):
        raise document_error(
            name,
            f"{key}.number",
            "must be 1 to 38 letters, digits, - and _, beginning with a letter or digit",
        )
    if batch.number.lower() in RESERVED_NUMBERS:
        raise document_error(
            name, f"{key}.number", f"{batch.number} is a name that builds use themselves"
        )
    if batch.geography not in farm.geography_by_name:
        names = ", ".join(farm.geography_by_name)
        raise document_error(
            name, f"{key}.geography", f"must be one of {names}, not {quoted(batch.geography)}"
        )
    if not 1 <= batch.eggs <= MAX_EGGS:
        raise document_error(name, f"{key}.eggs", f"must be 1 to {MAX_EGGS:,}, not {batch.eggs:,}")
    low_g, high_g = HARVEST_WEIGHTS_G
    if not low_g <= batch.harvest_weight_g <= high_g:
        weight_g = f"{batch.harvest_weight_g:,}"
        raise document_error(
            name, f"{key}.harvest_weight_g", f"must be {low_g:,} to {high_g:,} g, not {weight_g}"
        )
    orders = [stay.stage for stay in batch.stays]
    if orders != [rule.order for rule in farm.stages]:
        raise document_error(
            name,
            f"{key}.stays",
            f"must have one entry a stage, 1 to {len(farm.stages)} in order, not {orders}",
        )
    for position, stay in enumerate(batch.stays):
        _check_stay(batch, stay, farm, name, f"{key}.stays[{position}]")
        if position and stay.arrives != batch.stays[position - 1].leaves:
            raise document_error(
                name,
                f"{key}.stays[{position}].arrives",
                f"must be the end of the stay before, {batch.stays[position - 1].leaves}",
            )
    last = batch.stays[-1]
    if not last.arrives < batch.harvest_starts <= last.leaves:
        raise document_error(
            name, f"{key}.harvest_starts", f"must be after {last.arrives} and at most {last.leaves}"
        )


def _check_stay(batch: BatchPlan, stay: PlannedStay, farm: Farm, name: str, key: str) -> None:
    site = farm.sites.get(stay.site)
    if site is None:
        raise document_error(
            name, f"{key}.site", f"{quoted(stay.site)} is not a hall or area of the farm"
        )
    if site.geography != batch.geography:
        raise document_error(
            name, f"{key}.site", f"{stay.site} is in {site.geography}, not in {batch.geography}"
        )
    if site.kind != farm.stage(stay.stage).site:
        required = farm.stage(stay.stage).site
        raise document_error(
            name,
            f"{key}.site",
            f"must be {_ARTICLES[required]} for stage {stay.stage}; {stay.site} is "
            f"{_ARTICLES[site.kind]}",
        )
    if stay.stage not in site.stages:
        stages = " and ".join(map(str, site.stages))
        raise document_error(
            name, f"{key}.site", f"{stay.site} is for stage {stages}, not for stage {stay.stage}"
        )
    days = (stay.leaves - stay.arrives).days
    if days < SHORTEST_STAY_DAYS:
        raise document_error(
            name,
            f"{key}.leaves",
            f"a stay must last at least {SHORTEST_STAY_DAYS} days, not {days}",
        )
    if days > LONGEST_STAY_DAYS:
        raise document_error(
            name, f"{key}.leaves", f"a stay may last at most {LONGEST_STAY_DAYS} days, not {days}"
        )
    if not EARLIEST_DAY <= stay.arrives <= LATEST_DAY:
        raise document_error(
            name,
            f"{key}.arrives",
            f"must be from {EARLIEST_DAY} to {LATEST_DAY}, not {stay.arrives}",
        )
    for vaccination in vaccinations_in(farm.document.vaccinations, stay.stage):
        if vaccination.day >= days:
            raise document_error(
                name,
                f"{key}.leaves",
                f"a stay must last longer than {vaccination.day} days: its fish are vaccinated on "
                f"day {vaccination.day}",
            )
    _check_places(stay, site, name, key)


def _check_places(stay: PlannedStay, site: Site, name: str, key: str) -> None:
    if not stay.places:
        raise document_error(name, f"{key}.places", "must have at least one container")
    for container, feed_container in stay.places.items():
        if container not in site.container_by_name:
            raise document_error(
                name, f"{key}.places", f"{quoted(container)} is not a container of {site.name}"
            )
        if feed_container not in site.feed_container_by_name:
            raise document_error(
                name,
                f"{key}.places.{container}",
                f"{quoted(feed_container)} is not a feed container of {site.name}",
            )


def _check_occupancy(schedule: Schedule, name: str) -> None:
    """Refuse a container that would hold two batches at once."""
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
                    f"is taken until {leaves} by {first}, so it cannot be used from {arrives}",
                )
