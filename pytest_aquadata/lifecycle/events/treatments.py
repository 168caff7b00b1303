"""Treatments: vaccinations and delousings, one for each container."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..columns import BatchTables, Columns, booleans, concatenate, integers, table, texts
from ..days import instant
from ..delousing import METHODS
from ..inputs import BatchInputs
from ..state import StageLife
from ..vaccination import vaccinations_in
from .event import MOST_VACCINATIONS, CapacityContext, Event, EventContext, EventTable
from .health import SampledStage, sampled_stages
from .journal import journal_keys

_JUDGED_AFTER_DAYS = 7
_SUCCESS = 0.80
_DAYS_BETWEEN_DELOUSINGS = 12
"""A lower bound, for the capacity."""


def _rows(context: EventContext) -> BatchTables:
    inputs, life, journal = context.inputs, context.life, journal_keys(context)
    parts: list[Columns] = []
    first_id = inputs.first_ids["health_treatment"]
    for stage, sampled in zip(life.stages, context.shared(sampled_stages), strict=True):
        for part in (
            _vaccinations(inputs, stage, sampled, journal, first_id),
            _delousings(inputs, stage, journal, first_id),
        ):
            if part is not None:
                parts.append(part)
                first_id += len(part)
    return {"health_treatment": concatenate(parts)} if parts else {}


def _vaccinations(
    inputs: BatchInputs,
    stage: StageLife,
    sampled: SampledStage,
    journal: Mapping[tuple[str, int, int], int],
    first_id: int,
) -> Columns | None:
    vaccinations = [
        (number, vaccination)
        for number, vaccination in enumerate(vaccinations_in(inputs.vaccinations, stage.rule.order))
        if vaccination.day <= stage.today
    ]
    if not vaccinations:
        return None
    containers = len(stage.containers)
    number = np.repeat([order for order, _ in vaccinations], containers)
    day = np.repeat([vaccination.day for _, vaccination in vaccinations], containers)
    container = np.tile(np.arange(containers), len(vaccinations))
    sampling = np.zeros(len(day), np.int64)
    for event, of_vaccination in zip(
        sampled.event_ids, sampled.sample.vaccination.tolist(), strict=True
    ):
        sampling[(number == of_vaccination) & (container == 0)] = event
    entry = [journal["vaccination", stage.rule.order, position] for position in number.tolist()]
    rows = len(day)
    return table(
        rows,
        id=integers(first_id + np.arange(rows)),
        treatment_date=integers(instant(stage.first_day + day, 9.0)),
        treatment_type="vaccination",
        description=texts(
            f"Injection with {vaccination.vaccine}"
            for _, vaccination in vaccinations
            for _ in range(containers)
        ),
        dosage="0.05 ml a fish",
        duration_days=1,
        withholding_period_days=0,
        outcome="successful",
        batch_id=inputs.first_ids["batch_batch"],
        batch_assignment_id=integers(stage.assignment_ids[container]),
        container_id=integers(stage.container_ids[container]),
        user_id=inputs.keys.users["vet"],
        vaccination_type_id=integers(
            [
                inputs.keys.vaccines[vaccination.vaccine]
                for _, vaccination in vaccinations
                for _ in range(containers)
            ]
        ),
        includes_weighing=booleans(sampling > 0),
        sampling_event_id=integers(sampling, sampling == 0),
        journal_entry_id=integers(entry),
    )


def _delousings(
    inputs: BatchInputs,
    stage: StageLife,
    journal: Mapping[tuple[str, int, int], int],
    first_id: int,
) -> Columns | None:
    if stage.lice is None:
        return None
    delousings = [
        delousing
        for delousing in stage.lice.treatments
        if stage.lived[delousing.ring, delousing.day]
    ]
    if not delousings:
        return None
    rows = len(delousings)
    ring = np.array([delousing.ring for delousing in delousings])
    day = np.array([delousing.day for delousing in delousings])
    methods = [METHODS[delousing.method] for delousing in delousings]
    entry = [journal["delousing", stage.rule.order, delousing.counted] for delousing in delousings]
    return table(
        rows,
        id=integers(first_id + np.arange(rows)),
        treatment_date=integers(instant(stage.first_day + day, 9.0)),
        treatment_type=texts(method.treatment_type for method in methods),
        description=texts(
            f"{method.description} after {delousing.females_per_fish:.2f} adult female lice a fish"
            for method, delousing in zip(methods, delousings, strict=True)
        ),
        dosage=texts(method.dosage for method in methods),
        duration_days=integers([method.lasting_days for method in methods]),
        withholding_period_days=integers([method.withholding_days for method in methods]),
        outcome=texts(
            _outcome(delousing.efficacy, stage.today - delousing.day - method.lasting_days)
            for method, delousing in zip(methods, delousings, strict=True)
        ),
        batch_id=inputs.first_ids["batch_batch"],
        batch_assignment_id=integers(stage.assignment_ids[ring]),
        container_id=integers(stage.container_ids[ring]),
        user_id=inputs.keys.users["vet"],
        vaccination_type_id=None,
        includes_weighing=False,
        sampling_event_id=None,
        journal_entry_id=integers(entry),
    )


def _outcome(efficacy: float, days_since: int) -> str:
    if days_since < _JUDGED_AFTER_DAYS:
        return "pending"
    return "successful" if efficacy >= _SUCCESS else "partial"


def _capacity(context: CapacityContext) -> int:
    delousings = context.rings * (context.sea_days // _DAYS_BETWEEN_DELOUSINGS + 1)
    return delousings + MOST_VACCINATIONS * max(stay.containers for stay in context.stays)


EVENT = Event(
    tables=(EventTable("health_treatment", _capacity, share_written=0.1),),
    rows=_rows,
)
