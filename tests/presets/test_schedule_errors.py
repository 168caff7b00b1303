"""Errors in schedule files: the message names the key and the reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from pytest_aquadata.errors import DocumentError
from pytest_aquadata.presets.documents import write_document
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.presets.schedule import Schedule, check_schedule, read_schedule

Values = dict[str, Any]


def set_name(name: str) -> Callable[[Values], object]:
    return lambda values: values.update(name=name)


def change_batch(number: int, /, **change: object) -> Callable[[Values], object]:
    return lambda values: values["batches"][number].update(change)


def change_stay(number: int, /, **change: object) -> Callable[[Values], object]:
    return lambda values: values["batches"][0]["stays"][number].update(change)


def one_hall_for_two(values: Values) -> None:
    first, second = values["batches"][0], values["batches"][2]
    for second_stay, first_stay in zip(second["stays"], first["stays"], strict=True):
        second_stay["arrives"], second_stay["leaves"] = first_stay["arrives"], first_stay["leaves"]
    second["harvest_starts"] = first["harvest_starts"]
    second["stays"][0]["site"] = first["stays"][0]["site"]
    second["stays"][0]["places"] = dict(first["stays"][0]["places"])


ERRORS: dict[str, tuple[Callable[[Values], object], str, str]] = {
    "no batches": (
        lambda values: values.update(batches=[]),
        "batches",
        "must have at least one entry",
    ),
    "too many readings": (
        lambda values: values.update(readings_per_day=25),
        "readings_per_day",
        "must be 0 to 24, not 25",
    ),
    "negative readings": (
        lambda values: values.update(readings_per_day=-1),
        "readings_per_day",
        "must be 0 to 24, not -1",
    ),
    "an unknown key": (lambda values: values.update(as_off=1), "as_off", "did you mean as_of?"),
    "a missing key": (
        lambda values: values["batches"][1].pop("eggs"),
        "batches[1].eggs",
        "missing",
    ),
    "a date in quotes": (
        change_stay(1, arrives="2023-05-01"),
        "batches[0].stays[1].arrives",
        "must be a date",
    ),
    "a number twice": (
        change_batch(2, number="FAR-2023-001"),
        "batches[2].number",
        "FAR-2023-001 occurs twice",
    ),
    "numbers that differ in case": (
        change_batch(2, number="far-2023-001"),
        "batches[2].number",
        "far-2023-001 occurs twice",
    ),
    "a number that names a part of a build": (
        change_batch(2, number="Feed"),
        "batches[2].number",
        "a name that builds use",
    ),
    "a number like a path": (
        change_batch(0, number="../../evil"),
        "batches[0].number",
        "1 to 38 letters",
    ),
    **{
        f"the name {name!r}": (set_name(name), "name", reason)
        for name, reason in {
            "": "must not be empty",
            " ": "must not be empty",
            "a" * 81: "81 characters",
            "../../../evil": "without /",
            "/etc/evil": "without /",
            "a\\b": "without /",
            "..": "not begin with a dot",
            ".hidden": "not begin with a dot",
            "-rf": "not begin with a dot or hyphen",
            "a\tb": "control characters",
            "a\u202eb": "control characters",
            "a\u00a0b": "printable",
        }.items()
    },
    "an empty number": (change_batch(0, number=""), "batches[0].number", "1 to 38 letters"),
    "a number of two lines": (
        change_batch(0, number="A\nB"),
        "batches[0].number",
        "control characters",
    ),
    "a long number": (change_batch(0, number="F" * 39), "batches[0].number", "1 to 38 letters"),
    "an unknown geography": (
        change_batch(0, geography="Norway"),
        "batches[0].geography",
        "must be one of Faroe Islands, Scotland, not 'Norway'",
    ),
    "no eggs": (change_batch(0, eggs=0), "batches[0].eggs", "must be 1 to 20,000,000, not 0"),
    "too many eggs": (
        change_batch(0, eggs=20_000_001),
        "batches[0].eggs",
        "must be 1 to 20,000,000, not 20,000,001",
    ),
    "half an egg": (change_batch(0, eggs=1.5), "batches[0].eggs", "must be a whole number"),
    "too heavy a harvest weight": (
        change_batch(0, harvest_weight_g=12_001),
        "batches[0].harvest_weight_g",
        "must be 500 to 12,000 g, not 12,001",
    ),
    "a stage left out": (
        lambda values: values["batches"][0]["stays"].pop(2),
        "batches[0].stays",
        "1 to 6 in order, not [1, 2, 4, 5, 6]",
    ),
    "stages out of order": (
        change_stay(2, stage=4),
        "batches[0].stays",
        "1 to 6 in order, not [1, 2, 4, 4, 5, 6]",
    ),
    "an unknown hall": (
        change_stay(0, site="FI-FW-99-Hall-A"),
        "batches[0].stays[0].site",
        "'FI-FW-99-Hall-A' is not a hall or area",
    ),
    "a hall of another geography": (
        change_stay(0, site="S-FW-01-Hall-A"),
        "batches[0].stays[0].site",
        "S-FW-01-Hall-A is in Scotland, not in Faroe Islands",
    ),
    "eggs at sea": (
        change_stay(0, site="FI-SEA-05"),
        "batches[0].stays[0].site",
        "must be a hall for stage 1; FI-SEA-05 is an area",
    ),
    "a gap between stays": (
        lambda values: values["batches"][0]["stays"][3].update(
            leaves=values["batches"][0]["stays"][3]["leaves"] - timedelta(days=1)
        ),
        "batches[0].stays[4].arrives",
        "must be the end of the stay before, 2024-02-19",
    ),
    "a stay of a day": (
        lambda values: values["batches"][0]["stays"][0].update(
            leaves=values["batches"][0]["stays"][0]["arrives"] + timedelta(days=1)
        ),
        "batches[0].stays[0].leaves",
        "must last at least 7 days, not 1",
    ),
    "a stay that is too long": (
        lambda values: values["batches"][0]["stays"][5].update(leaves=date(2109, 1, 1)),
        "batches[0].stays[5].leaves",
        "may last at most 3000 days, not",
    ),
    "an arrival before the earliest date": (
        change_stay(0, arrives=date(1313, 1, 1), leaves=date(1313, 4, 1)),
        "batches[0].stays[0].arrives",
        "must be from 1940-01-01",
    ),
    "an as_of before the earliest date": (
        lambda values: values.update(as_of=date(1313, 1, 1)),
        "as_of",
        "must be from 2000-01-01",
    ),
    "no containers": (
        change_stay(1, places={}),
        "batches[0].stays[1].places",
        "at least one container",
    ),
    "a container of another hall": (
        change_stay(1, places={"FI-FW-01-C-C01": "FI-FW-01-Hall-B-Silo"}),
        "batches[0].stays[1].places",
        "'FI-FW-01-C-C01' is not a container of FI-FW-01-Hall-B",
    ),
    "a silo of another hall": (
        change_stay(1, places={"FI-FW-01-B-C01": "FI-FW-01-Hall-C-Silo"}),
        "batches[0].stays[1].places.FI-FW-01-B-C01",
        "'FI-FW-01-Hall-C-Silo' is not a feed container of FI-FW-01-Hall-B",
    ),
    "harvest before the sea": (
        lambda values: values["batches"][0].update(
            harvest_starts=values["batches"][0]["stays"][5]["arrives"]
        ),
        "batches[0].harvest_starts",
        "must be after",
    ),
    "harvest after the end": (
        lambda values: values["batches"][0].update(
            harvest_starts=values["batches"][0]["stays"][5]["leaves"] + timedelta(days=1)
        ),
        "batches[0].harvest_starts",
        "must be after",
    ),
    "two batches in a container": (
        one_hall_for_two,
        "batches[2].stays[0].places.FI-FW-01-A-C01",
        "is taken until 2023-05-26 by batches[0].stays[0]",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_an_invalid_schedule_is_refused_at_the_wrong_key(
    read_changed_schedule: Any, case: str
) -> None:
    change, key, reason = ERRORS[case]
    with pytest.raises(DocumentError) as error:
        read_changed_schedule(change)
    message = str(error.value)
    assert "\n" not in message
    assert re.search(rf"mine\.yaml(, line \d+)?: {re.escape(key)}: ", message), message
    assert reason in message


def test_a_hall_for_another_stage_is_refused(read_changed_schedule: Any) -> None:
    """Smolts in a hatching tray."""

    def trays(values: Values) -> None:
        values["batches"][0]["stays"][3].update(
            site="FI-FW-12-Hall-A", places={"FI-FW-12-A-C01": "FI-FW-12-Hall-A-Silo"}
        )

    with pytest.raises(
        DocumentError, match=r"stays\[3\]\.site: FI-FW-12-Hall-A is for stage 1, not for stage 4"
    ):
        read_changed_schedule(trays)


@pytest.mark.parametrize("name", ["A/B", "../../escaped"])
def test_a_batch_number_that_is_not_a_file_name_is_refused(
    read_changed_schedule: Any, name: str
) -> None:
    """Log files are named after batch numbers."""
    with pytest.raises(DocumentError, match=r"batches\[0\]\.number: must be 1 to 38"):
        read_changed_schedule(change_batch(0, number=name))


def test_a_stay_too_short_for_its_vaccination_is_refused(read_changed_schedule: Any) -> None:
    def week(values: Values) -> None:
        stays = values["batches"][0]["stays"]
        stays[3]["leaves"] = stays[4]["arrives"] = stays[3]["arrives"] + timedelta(days=7)

    with pytest.raises(
        DocumentError, match=r"stays\[3\]\.leaves: a stay must last longer than 10 days"
    ):
        read_changed_schedule(week)


def test_a_missing_schedule_file_is_reported(tmp_path: Path) -> None:
    with pytest.raises(DocumentError, match="there is no such file"):
        read_schedule(tmp_path / "nowhere.yaml")


def test_a_schedule_with_a_missing_farm_file_names_it(schedule: Schedule, tmp_path: Path) -> None:
    path = tmp_path / "schedule.yaml"
    path.write_text(write_document(replace(schedule, farm="gone.yaml")), encoding="utf-8")
    with pytest.raises(DocumentError, match=r"gone\.yaml"):
        read_schedule(path)


@pytest.mark.parametrize("days", [0, -1])
def test_a_batch_that_arrives_before_another_has_left_is_refused(
    schedule: Schedule, farm: Farm, days: int
) -> None:
    with pytest.raises(DocumentError, match=r"batches\[1\]\.stays\[5\]\.places\.FI-SEA-01-Ring-01"):
        check_schedule(followed(schedule, days), farm, "schedule")


def followed(schedule: Schedule, days: int) -> Schedule:
    """Return the first batch, and an equal one that starts `days` after it has left the sea."""
    first = schedule.batches[0]
    shift = first.stays[5].leaves - first.stays[5].arrives + timedelta(days=days)
    moved = tuple(
        replace(stay, arrives=stay.arrives + shift, leaves=stay.leaves + shift)
        for stay in first.stays
    )
    second = replace(
        first, number="FAR-2099-001", harvest_starts=first.harvest_starts + shift, stays=moved
    )
    return replace(schedule, batches=(first, second))


def test_a_batch_may_arrive_the_day_after_another_has_left(schedule: Schedule, farm: Farm) -> None:
    """The planner keeps the fallow period; a user may shorten it to one day."""
    check_schedule(followed(schedule, 1), farm, "schedule")
