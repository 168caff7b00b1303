"""Ground truth of incidents: kind, place, time and size."""

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
    """Ground truth of one incident of a batch.

    Attributes:
        number: position among the incidents of the batch, from 0.
        kind: kind of incident: `lice surge`, `oxygen crash`, ...
        batch_number: number of the batch.
        stage: order of the stage in which it began.
        site: name of the hall or area.
        containers: names of the affected containers.
        container_ids: primary keys of the affected containers.
        assignment_ids: primary keys of the batch's assignments to them.
        first_day: first day.
        last_day: last day of its direct effect, at most the end of the history.
        amount: size of the effect.
        unit: unit of the amount.
        parameter: parameter of the readings that show it directly; empty for none.
        fish_lost: fish lost at once in each affected container, without later deaths.
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
    """Return the ground truth of all incidents of a life, in the order of the request.

    Args:
        batch: batch number.
        life: life of the batch.
    """
    truth = [incident for stage in life.stages for incident in _stage_truth(batch, stage)]
    return tuple(sorted(truth, key=lambda incident: incident.number))


def _stage_truth(batch: str, stage: StageLife) -> Iterator[IncidentTruth]:
    for scheduled in stage.scheduled_incidents:
        impact = scheduled.impact
        affected = impact.containers.tolist()
        yield IncidentTruth(
            number=scheduled.number,
            kind=scheduled.incident.kind,
            batch_number=batch,
            stage=stage.rule.order,
            site=stage.site.name,
            containers=tuple(stage.containers[row].name for row in affected),
            container_ids=tuple(stage.containers[row].id for row in affected),
            assignment_ids=tuple(int(stage.assignment_ids[row]) for row in affected),
            first_day=to_date(stage.first_day + scheduled.day),
            last_day=to_date(stage.first_day + min(impact.last_day, stage.today)),
            amount=impact.amount,
            unit=impact.unit,
            parameter=impact.parameter,
            fish_lost=_fish_lost(stage, scheduled),
        )


def _fish_lost(stage: StageLife, scheduled: ScheduledIncident) -> tuple[int, ...]:
    losses = scheduled.impact.effects.losses
    lost = [counted for counted in stage.lost if any(counted.loss is loss for loss in losses)]
    return tuple(
        sum(counted.fish for counted in lost if counted.loss.container == row)
        for row in scheduled.impact.containers.tolist()
    )


def incident_columns(truth: Sequence[IncidentTruth]) -> Columns:
    """Return the ground truth as columns, one row for each incident and affected container."""
    rows = [
        (incident, position) for incident in truth for position in range(len(incident.containers))
    ]
    return table(
        len(rows),
        incident=integers([incident.number for incident, _ in rows]),
        kind=texts(incident.kind for incident, _ in rows),
        batch_number=texts(incident.batch_number for incident, _ in rows),
        stage=integers([incident.stage for incident, _ in rows]),
        site=texts(incident.site for incident, _ in rows),
        container=texts(incident.containers[position] for incident, position in rows),
        container_id=integers([incident.container_ids[position] for incident, position in rows]),
        assignment_id=integers([incident.assignment_ids[position] for incident, position in rows]),
        first_day=integers([day_number(incident.first_day) for incident, _ in rows]),
        last_day=integers([day_number(incident.last_day) for incident, _ in rows]),
        amount=floats(np.array([incident.amount for incident, _ in rows])),
        unit=texts(incident.unit for incident, _ in rows),
        parameter=texts(incident.parameter for incident, _ in rows),
        fish_lost=integers([incident.fish_lost[position] for incident, position in rows]),
    )
