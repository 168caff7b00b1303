"""The journal: what really happened to a batch, month by month and event by event."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from ..columns import BatchTables, booleans, coded, integers, table, texts
from ..days import instant
from ..delousing import METHODS
from ..feeding import DECAGRAMS_PER_KG
from ..inputs import BatchInputs
from ..state import Life, StageLife
from ..vaccination import vaccinations_in
from .common import stamps
from .event import (
    MOST_OUTBREAKS,
    MOST_VACCINATIONS,
    CapacityContext,
    Event,
    EventContext,
    EventTable,
)

MONTH_DAYS = 30
DIAGNOSED_AFTER_DAYS = 7
_DAYS_A_WEEK = 7
_OVER_AFTER_DAYS = 60
_HEAVY_OUTBREAK = 8.0
"""Times the normal death rate at its peak in the worst container."""
_MANY_DIE = 1.0
_VERY_MANY_DIE = 2.5
"""Percent of the fish a month that make an entry medium and high."""


@dataclass(frozen=True)
class JournalItem:
    """One journal entry.

    Attributes:
        day: day number.
        hour: hour of the day.
        category: as the database has them.
        severity: `low`, `medium` or `high`.
        text: what is told.
        resolved: whether the matter is closed.
        about: what other rows refer to it by: what it is and when it was decided.
    """

    day: int
    hour: float
    category: str
    severity: str
    text: str
    resolved: bool
    about: tuple[str, int, int] | None = None


def journal_entries(inputs: BatchInputs, life: Life) -> tuple[JournalItem, ...]:
    """Return all entries so far in order of time; use with `EventContext.shared`."""
    entries: list[JournalItem] = []
    for stage in life.stages:
        entries.extend(_months(stage))
        entries.extend(_vaccinations(inputs, stage))
        entries.extend(_delousings(stage))
        entries.extend(_outbreaks(stage))
        entries.extend(_incidents(stage))
    return tuple(sorted(entries, key=lambda one: (one.day, one.hour, one.category, one.text)))


def journal_keys(context: EventContext) -> dict[tuple[str, int, int], int]:
    """Return the primary keys of the entries that other rows refer to."""
    first_id = context.inputs.first_ids["health_journalentry"]
    return {
        entry.about: first_id + row
        for row, entry in enumerate(context.shared(journal_entries))
        if entry.about is not None
    }


def _rows(context: EventContext) -> BatchTables:
    inputs, entries = context.inputs, context.shared(journal_entries)
    if not entries:
        return {}
    rows = len(entries)
    when = instant(np.array([one.day for one in entries])) + np.array(
        [instant(0, one.hour) for one in entries]
    )
    resolved = np.array([one.resolved for one in entries])
    users = inputs.keys.users
    return {
        "health_journalentry": table(
            rows,
            id=integers(inputs.first_ids["health_journalentry"] + np.arange(rows)),
            entry_date=integers(when),
            category=texts(one.category for one in entries),
            severity=texts(one.severity for one in entries),
            description=texts(one.text for one in entries),
            resolution_status=booleans(resolved),
            resolution_notes=coded(resolved, ("", "Closed")),
            batch_id=inputs.first_ids["batch_batch"],
            container_id=None,
            user_id=integers(
                [
                    users["vet" if one.category in ("diagnosis", "vaccination") else "manager"]
                    for one in entries
                ]
            ),
            **stamps(when),
        )
    }


def _months(stage: StageLife) -> Iterator[JournalItem]:
    """What every thirty days brought, once they are over."""
    lived, deaths = stage.lived, stage.all_deaths
    for start in range(0, stage.days - MONTH_DAYS + 1, MONTH_DAYS):
        end = start + MONTH_DAYS
        if end > stage.today + 1 or not lived[:, end - 1].any():
            return
        here = lived[:, start:end]
        dead = int((deaths[:, start:end] * here).sum())
        fish = int((stage.population[:, start] * lived[:, start]).sum())
        fed_kg = int((stage.feed[:, start:end] * here).sum()) // DECAGRAMS_PER_KG
        still = lived[:, end - 1]
        left = stage.population[still, end]
        mean_g = float((stage.weight_g[still, end] * left).sum() / max(int(left.sum()), 1))
        percent = 100.0 * dead / max(fish, 1)
        severity = (
            "high" if percent > _VERY_MANY_DIE else "medium" if percent > _MANY_DIE else "low"
        )
        fed = f", {fed_kg:,} kg fed" if stage.rule.is_fed else ""
        yield JournalItem(
            day=stage.first_day + end - 1,
            hour=17.0,
            category="observation" if severity == "low" else "issue",
            severity=severity,
            text=f"{stage.site.name}, the last {MONTH_DAYS} days: {dead:,} of {fish:,} fish died "
            f"({percent:.2f} %), mean weight {mean_g:,.2f} g, "
            f"{float(stage.temp_c[:, start:end].mean()):.1f} °C{fed}",
            resolved=severity == "low",
        )


def _vaccinations(inputs: BatchInputs, stage: StageLife) -> Iterator[JournalItem]:
    for number, one in enumerate(vaccinations_in(inputs.vaccinations, stage.rule.order)):
        if one.day <= stage.today:
            yield JournalItem(
                day=stage.first_day + one.day,
                hour=16.0,
                category="vaccination",
                severity="low",
                text=f"{one.vaccine} injected in {len(stage.containers)} containers of "
                f"{stage.site.name} at {float(stage.weight_g[:, one.day].mean()):.0f} g",
                resolved=True,
                about=("vaccination", stage.rule.order, number),
            )


def _delousings(stage: StageLife) -> Iterator[JournalItem]:
    if stage.lice is None:
        return
    for counted, operation in groupby(stage.lice.treatments, key=lambda one: one.counted):
        treated = [one for one in operation if stage.lived[one.ring, one.day]]
        if not treated:
            continue
        worst = max(one.found for one in treated)
        yield JournalItem(
            day=stage.first_day + min(one.day for one in treated),
            hour=8.0,
            category="treatment",
            severity="medium",
            text=f"{METHODS[treated[0].method].description} of {len(treated)} rings of "
            f"{stage.site.name} begins, after up to {worst:.2f} adult female lice a fish",
            resolved=max(one.day for one in treated) <= stage.today,
            about=("delousing", stage.rule.order, counted),
        )


def _outbreaks(stage: StageLife) -> Iterator[JournalItem]:
    for one in stage.outbreaks:
        if one.day + DIAGNOSED_AFTER_DAYS <= min(stage.today, stage.days - 1):
            worst = stage.containers[int(np.argmax(one.peak))].name
            yield JournalItem(
                day=stage.first_day + one.day + DIAGNOSED_AFTER_DAYS,
                hour=11.0,
                category="diagnosis",
                severity="high" if float(one.peak.max()) > _HEAVY_OUTBREAK else "medium",
                text=f"{one.diagnosis} in {stage.site.name}, worst in {worst}; appetite is down",
                resolved=stage.today - one.day > _OVER_AFTER_DAYS,
            )


def _incidents(stage: StageLife) -> Iterator[JournalItem]:
    """What people at the site notice of incidents on the first day."""
    for one in stage.scheduled_incidents:
        if one.impact.journal and one.day <= stage.today:
            yield JournalItem(
                day=stage.first_day + one.day,
                hour=18.0,
                category="issue",
                severity="high",
                text=f"{stage.site.name}: {one.impact.journal}",
                resolved=stage.today > one.impact.last_day,
            )


def _capacity(context: CapacityContext) -> int:
    """Return the most entries: months, vaccinations, outbreaks and a delousing a week."""
    delousings = context.sea_days // _DAYS_A_WEEK + 1
    return context.months + MOST_VACCINATIONS + MOST_OUTBREAKS + delousings


EVENT = Event(
    tables=(EventTable("health_journalentry", _capacity, share_written=0.26),),
    rows=_rows,
)
