"""Samples sent to the laboratory: every other month, and when disease breaks out."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np

from ..columns import BatchTables, integers, table, texts
from ..days import instant
from ..inputs import BatchInputs
from ..randomness import stream
from ..state import Life, StageLife
from .common import stamps
from .event import MOST_OUTBREAKS, Event, EventContext, EventTable
from .health import SampledStage, sampled_stages, sampling_capacity
from .journal import DIAGNOSED_AFTER_DAYS

_ROUTINE_EVERY = 2
_SENT_AFTER_DAYS = 1
_RESULTS_AFTER_DAYS = 9
_TESTED = 10


@dataclass(frozen=True)
class _Sample:
    """One sample of one container: its type, and the suspected disease or None."""

    stage: StageLife
    container: int
    day: int
    kind: str
    diagnosis: str | None


def _rows(context: EventContext) -> BatchTables:
    inputs = context.inputs
    samples = _samples(inputs, context.life, context.shared(sampled_stages))
    if not samples:
        return {}
    rows = len(samples)
    day = np.array([sample.stage.first_day + sample.day for sample in samples])
    sent, received = day + _SENT_AFTER_DAYS, day + _RESULTS_AFTER_DAYS
    is_pending = received > inputs.as_of
    findings = [_findings(inputs, sample, number) for number, sample in enumerate(samples)]
    kinds = inputs.keys.sample_types
    return {
        "health_healthlabsample": table(
            rows,
            id=integers(inputs.first_ids["health_healthlabsample"] + np.arange(rows)),
            sample_date=integers(day),
            date_sent_to_lab=integers(sent, sent > inputs.as_of),
            date_results_received=integers(received, is_pending),
            lab_reference_id=texts(
                f"LAB-{inputs.plan.number}-{number:03d}" for number in range(1, rows + 1)
            ),
            findings_summary=texts(
                None if pending else summary
                for (summary, _), pending in zip(findings, is_pending.tolist(), strict=True)
            ),
            quantitative_results=texts(
                None if pending else results
                for (_, results), pending in zip(findings, is_pending.tolist(), strict=True)
            ),
            notes=texts(
                "Routine" if sample.diagnosis is None else "Suspicion" for sample in samples
            ),
            batch_container_assignment_id=integers(
                [int(sample.stage.assignment_ids[sample.container]) for sample in samples]
            ),
            recorded_by_id=inputs.keys.users["vet"],
            sample_type_id=integers([kinds[sample.kind] for sample in samples]),
            **stamps(instant(day, 14.0)),
        )
    }


def _samples(inputs: BatchInputs, life: Life, sampled: tuple[SampledStage, ...]) -> list[_Sample]:
    kinds = tuple(inputs.keys.sample_types)
    samples = []
    for stage, samplings in zip(life.stages, sampled, strict=True):
        health = samplings.sample
        for row in range(0, len(health), _ROUTINE_EVERY):
            kind = kinds[row // _ROUTINE_EVERY % len(kinds)]
            container, day = int(health.container[row]), int(health.day[row])
            samples.append(_Sample(stage, container, day, kind, None))
        for outbreak in stage.outbreaks:
            worst = int(np.argmax(outbreak.peak))
            day = outbreak.day + DIAGNOSED_AFTER_DAYS // 2
            if day < stage.days and stage.lived[worst, day]:
                samples.append(_Sample(stage, worst, day, "Tissue", outbreak.diagnosis))
    return sorted(samples, key=lambda sample: sample.stage.first_day + sample.day)


def _findings(inputs: BatchInputs, sample: _Sample, number: int) -> tuple[str, str]:
    """Return the results of the laboratory, as text and as JSON."""
    rng = stream(inputs.seed, inputs.plan.number, "laboratory", number)
    if sample.diagnosis is None:
        return (
            f"No sign of disease in {_TESTED} fish",
            json.dumps({"tested": _TESTED, "positive": 0}),
        )
    positive = int(rng.integers(5, _TESTED + 1))
    results = {
        "tested": _TESTED,
        "positive": positive,
        "mean_ct": round(float(rng.uniform(18.0, 29.0)), 1),
    }
    return f"{sample.diagnosis}: {positive} of {_TESTED} fish positive", json.dumps(results)


EVENT = Event(
    tables=(
        EventTable(
            "health_healthlabsample", lambda context: sampling_capacity(context) + MOST_OUTBREAKS
        ),
    ),
    rows=_rows,
)
