"""The ground truth of incidents: what happened, where, when and how much, in the end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np

from .columns import Columns, floats, integers, table, texts
from .days import day_number, to_date
from .incidents.scheduled import ScheduledIncident
from .state import Life, StageLife


@dataclass(frozen=True)
class IncidentTruth:
    """What one incident did to a batch.

    Attributes:
        number: its position among the incidents of the batch, from 0.
        kind: what happened: `lice surge`, `oxygen crash`, ...
        batch_number: the batch.
        stage: order of the stage it began in.
        site: the hall or area.
        containers: names of the containers struck.
        container_ids: their primary keys.
        assignment_ids: primary keys of the batch's assignments to them.
        first_day: the day it began.
        last_day: the last day on which it was at work, no later than the history's end.
        amount: how much.
        unit: of what.
        parameter: which readings show it, directly; empty for none.
        fish_lost: fish that were lost at once, a container struck; deaths that followed in the
            days after are not counted.
    """

    number: int
    kind: str
    batch_number: str
    stage: int
    site: str
    containers: tuple[str, ...]
    container_ids: tuple[int, ...]
    assignment_ids: tuple[int, ...]
    first_day: date
    last_day: date
    amount: float
    unit: str
    parameter: str
    fish_lost: tuple[int, ...]


def incident_truth(batch: str, life: Life) -> tuple[IncidentTruth, ...]:
    """The ground truth of all incidents of a life, in the order they were asked for.

    Args:
        batch: batch number.
        life: its life.
    """
    told = [one for stage in life.stages for one in _of_stage(batch, stage)]
    return tuple(sorted(told, key=lambda one: one.number))


def _of_stage(batch: str, stage: StageLife) -> Iterator[IncidentTruth]:
    for one in stage.scheduled_incidents:
        struck = one.impact.containers.tolist()
        yield IncidentTruth(
            number=one.number,
            kind=one.incident.kind,
            batch_number=batch,
            stage=stage.rule.order,
            site=stage.site.name,
            containers=tuple(stage.containers[row].name for row in struck),
            container_ids=tuple(stage.containers[row].id for row in struck),
            assignment_ids=tuple(int(stage.assignment_ids[row]) for row in struck),
            first_day=to_date(stage.first_day + one.day),
            last_day=to_date(stage.first_day + min(one.impact.last_day, stage.today)),
            amount=one.impact.amount,
            unit=one.impact.unit,
            parameter=one.impact.parameter,
            fish_lost=_fish_lost(stage, one),
        )


def _fish_lost(stage: StageLife, happening: ScheduledIncident) -> tuple[int, ...]:
    mine = happening.impact.effects.losses
    lost = [one for one in stage.lost if any(one.loss is loss for loss in mine)]
    return tuple(
        sum(one.fish for one in lost if one.loss.container == row)
        for row in happening.impact.containers.tolist()
    )


def incident_columns(truth: Sequence[IncidentTruth]) -> Columns:
    """The ground truth as columns, a row an incident and container struck."""
    rows = [(one, position) for one in truth for position in range(len(one.containers))]
    return table(
        len(rows),
        incident=integers([one.number for one, _ in rows]),
        kind=texts(one.kind for one, _ in rows),
        batch_number=texts(one.batch_number for one, _ in rows),
        stage=integers([one.stage for one, _ in rows]),
        site=texts(one.site for one, _ in rows),
        container=texts(one.containers[at] for one, at in rows),
        container_id=integers([one.container_ids[at] for one, at in rows]),
        assignment_id=integers([one.assignment_ids[at] for one, at in rows]),
        first_day=integers([day_number(one.first_day) for one, _ in rows]),
        last_day=integers([day_number(one.last_day) for one, _ in rows]),
        amount=floats(np.array([one.amount for one, _ in rows])),
        unit=texts(one.unit for one, _ in rows),
        parameter=texts(one.parameter for one, _ in rows),
        fish_lost=integers([one.fish_lost[at] for one, at in rows]),
    )
