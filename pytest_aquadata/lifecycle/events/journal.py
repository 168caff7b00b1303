"""Journal entries: a monthly report, vaccinations, delousings, diagnoses and incidents."""

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
_OF_THE_VET = ("diagnosis", "vaccination")
"""Categories of entries that the vet writes; the others are the manager's."""
_OVER_AFTER_DAYS = 60
_HEAVY_OUTBREAK = 8.0
"""Peak death rate of a severe outbreak in the worst container, in times the normal one."""
_MANY_DIE = 1.0
_VERY_MANY_DIE = 2.5
"""Deaths in percent of the fish a month from which an entry is medium and high."""


@dataclass(frozen=True)
class JournalItem:
    """One journal entry before it is written.

    Attributes:
        day: day number.
        hour: hour of the day.
        category: value of the column.
        severity: `low`, `medium` or `high`.
        text: description.
        resolved: True if the matter is closed.
        subject: key by which other rows find it: kind, stage order, and day or number; or None.
    """

    day: int
    hour: float
    category: str
    severity: str
    text: str
    resolved: bool
    subject: tuple[str, int, int] | None = None


def journal_entries(inputs: BatchInputs, life: Life) -> tuple[JournalItem, ...]:
    """Return all entries so far in order of time; use with `EventContext.shared`."""
    entries: list[JournalItem] = []
    for stage in life.stages:
        entries.extend(_months(stage))
        entries.extend(_vaccinations(inputs, stage))
        entries.extend(_delousings(stage))
        entries.extend(_outbreaks(stage))
        entries.extend(_incidents(stage))
    return tuple(
        sorted(entries, key=lambda entry: (entry.day, entry.hour, entry.category, entry.text))
    )


def journal_keys(context: EventContext) -> dict[tuple[str, int, int], int]:
    """Return the primary keys of the entries that other rows refer to."""
    first_id = context.inputs.first_ids["health_journalentry"]
    return {
        entry.subject: first_id + row
        for row, entry in enumerate(context.shared(journal_entries))
        if entry.subject is not None
    }


def _rows(context: EventContext) -> BatchTables:
    inputs, entries = context.inputs, context.shared(journal_entries)
    if not entries:
        return {}
    rows = len(entries)
    moments = instant(np.array([entry.day for entry in entries])) + np.array(
        [instant(0, entry.hour) for entry in entries]
    )
    resolved = np.array([entry.resolved for entry in entries])
    users = inputs.keys.users
    return {
        "health_journalentry": table(
            rows,
            id=integers(inputs.first_ids["health_journalentry"] + np.arange(rows)),
            entry_date=integers(moments),
            category=texts(entry.category for entry in entries),
            severity=texts(entry.severity for entry in entries),
            description=texts(entry.text for entry in entries),
            resolution_status=booleans(resolved),
            resolution_notes=coded(resolved, ("", "Closed")),
            batch_id=inputs.first_ids["batch_batch"],
            container_id=None,
            user_id=integers(
                [users["vet" if entry.category in _OF_THE_VET else "manager"] for entry in entries]
            ),
            **stamps(moments),
        )
    }


def _months(stage: StageLife) -> Iterator[JournalItem]:
    """Yield a report of every 30 days of a stage that are over."""
    lived, deaths = stage.lived, stage.all_deaths
    for start in range(0, stage.days - MONTH_DAYS + 1, MONTH_DAYS):
        end = start + MONTH_DAYS
        if end > stage.today + 1 or not lived[:, end - 1].any():
            return
        present = lived[:, start:end]
        dead = int((deaths[:, start:end] * present).sum())
        fish = int((stage.population[:, start] * lived[:, start]).sum())
        fed_kg = int((stage.feed[:, start:end] * present).sum()) // DECAGRAMS_PER_KG
        last = lived[:, end - 1]
        survivors = stage.population[last, end]
        biomass_g = (stage.weight_g[last, end] * survivors).sum()
        mean_g = float(biomass_g / max(int(survivors.sum()), 1))
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
    for number, vaccination in enumerate(vaccinations_in(inputs.vaccinations, stage.rule.order)):
        if vaccination.day <= stage.today:
            yield JournalItem(
                day=stage.first_day + vaccination.day,
                hour=16.0,
                category="vaccination",
                severity="low",
                text=f"{vaccination.vaccine} injected in {len(stage.containers)} containers of "
                f"{stage.site.name} at {float(stage.weight_g[:, vaccination.day].mean()):.0f} g",
                resolved=True,
                subject=("vaccination", stage.rule.order, number),
            )


def _delousings(stage: StageLife) -> Iterator[JournalItem]:
    if stage.lice is None:
        return
    for counted, operation in groupby(stage.lice.treatments, key=lambda item: item.counted):
        treated = [item for item in operation if stage.lived[item.ring, item.day]]
        if not treated:
            continue
        most_lice = max(item.females_per_fish for item in treated)
        yield JournalItem(
            day=stage.first_day + min(item.day for item in treated),
            hour=8.0,
            category="treatment",
            severity="medium",
            text=f"{METHODS[treated[0].method].description} of {len(treated)} rings of "
            f"{stage.site.name} begins, after up to {most_lice:.2f} adult female lice a fish",
            resolved=max(item.day for item in treated) <= stage.today,
            subject=("delousing", stage.rule.order, counted),
        )


def _outbreaks(stage: StageLife) -> Iterator[JournalItem]:
    for outbreak in stage.outbreaks:
        if outbreak.day + DIAGNOSED_AFTER_DAYS <= min(stage.today, stage.days - 1):
            worst = stage.containers[int(np.argmax(outbreak.peak))].name
            yield JournalItem(
                day=stage.first_day + outbreak.day + DIAGNOSED_AFTER_DAYS,
                hour=11.0,
                category="diagnosis",
                severity="high" if float(outbreak.peak.max()) > _HEAVY_OUTBREAK else "medium",
                text=f"{outbreak.diagnosis} in {stage.site.name}, worst in {worst}; "
                "appetite is down",
                resolved=stage.today - outbreak.day > _OVER_AFTER_DAYS,
            )


def _incidents(stage: StageLife) -> Iterator[JournalItem]:
    """Yield an entry for the visible signs of each incident on its first day."""
    for scheduled in stage.scheduled_incidents:
        impact = scheduled.impact
        if impact.journal and scheduled.day <= stage.today:
            yield JournalItem(
                day=stage.first_day + scheduled.day,
                hour=18.0,
                category="issue",
                severity="high",
                text=f"{stage.site.name}: {impact.journal}",
                resolved=stage.today > impact.last_day,
            )


def _capacity(context: CapacityContext) -> int:
    """Return the most entries: months, vaccinations, outbreaks and a delousing a week."""
    delousings = context.sea_days // _DAYS_A_WEEK + 1
    return context.months + MOST_VACCINATIONS + MOST_OUTBREAKS + delousings


EVENT = Event(
    tables=(EventTable("health_journalentry", _capacity, share_written=0.26),),
    rows=_rows,
)
