"""Hard checks of harvests: lots, booked facts, waste, and withdrawal periods."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ...schema import (
    BatchContainerAssignment,
    FactHarvest,
    HarvestEvent,
    HarvestLot,
    HarvestWaste,
    LifeCycleStage,
    Treatment,
)
from ..context import Query
from ..dates import day_number
from .query import differ, hard, none_is_0

_SUBJECT = "harvest"


def events_without_lots() -> Query:
    """Select harvest events without fish, or with two lots of one grade."""
    lots = (
        sa.select(
            HarvestLot.event_id,
            none_is_0(sa.func.sum(HarvestLot.unit_count)).label("fish"),
            sa.func.count().label("lots"),
            sa.func.count(sa.distinct(HarvestLot.product_grade_id)).label("grades"),
        )
        .group_by(HarvestLot.event_id)
        .subquery("lots")
    )
    return (
        sa.select(
            HarvestEvent.id.label("harvest"),
            HarvestEvent.document_ref,
            lots.c.fish,
            lots.c.lots,
            lots.c.grades,
        )
        .outerjoin(lots, lots.c.event_id == HarvestEvent.id)
        .where(sa.or_(none_is_0(lots.c.fish) == 0, lots.c.lots != lots.c.grades))
    )


def lot_weights() -> Query:
    """Select lots that weigh more gutted than live, more as fillet than gutted, or nothing."""
    lot = HarvestLot
    return sa.select(
        lot.id.label("lot"),
        lot.unit_count,
        lot.live_weight_kg,
        lot.gutted_weight_kg,
        lot.fillet_weight_kg,
    ).where(
        sa.or_(
            lot.gutted_weight_kg > lot.live_weight_kg,
            lot.fillet_weight_kg > lot.gutted_weight_kg,
            sa.and_(lot.unit_count > 0, lot.live_weight_kg <= 0),
        )
    )


def facts() -> Query:
    """Select lots whose fact differs from the lot or, if there are any facts, is missing."""
    fact, lot, event = FactHarvest, HarvestLot, HarvestEvent
    any_fact = sa.select(sa.func.count(FactHarvest.fact_id)).scalar_subquery()
    return (
        sa.select(
            lot.id.label("lot"),
            lot.unit_count,
            fact.unit_count.label("booked_count"),
            lot.live_weight_kg,
            fact.quantity_kg.label("booked_kg"),
        )
        .join_from(lot, event, event.id == lot.event_id)
        .outerjoin(fact, fact.lot_id == lot.id)
        .where(
            any_fact > 0,
            sa.or_(
                fact.fact_id.is_(None),
                fact.unit_count != lot.unit_count,
                differ(fact.quantity_kg, lot.live_weight_kg, 0.0),
                fact.product_grade_id != lot.product_grade_id,
                fact.event_id != lot.event_id,
                day_number(fact.event_date) != day_number(event.event_date),
            ),
        )
    )


def waste() -> Query:
    """Select harvests with more waste than live weight."""
    lots = _kg_per_event(HarvestLot.event_id, HarvestLot.live_weight_kg, "lots")
    wasted = _kg_per_event(HarvestWaste.event_id, HarvestWaste.weight_kg, "waste")
    return (
        sa.select(
            HarvestEvent.document_ref,
            lots.c.kg.label("live_kg"),
            wasted.c.kg.label("waste_kg"),
        )
        .join_from(HarvestEvent, wasted, wasted.c.event_id == HarvestEvent.id)
        .outerjoin(lots, lots.c.event_id == HarvestEvent.id)
        .where(wasted.c.kg > none_is_0(lots.c.kg))
    )


def _kg_per_event(
    event: sa.SQLColumnExpression[Any], weight: sa.SQLColumnExpression[Any], name: str
) -> sa.Subquery:
    total = sa.func.sum(weight)
    return sa.select(event.label("event_id"), total.label("kg")).group_by(event).subquery(name)


def withdrawal() -> Query:
    """Select harvests within the withdrawal period of a treatment.

    The period begins on the last day of treatment. It applies to the treated assignment and, since
    its fish move on, to all assignments of the batch in later stages.
    """
    treated, emptied = aliased(BatchContainerAssignment), aliased(BatchContainerAssignment)
    earlier, later = aliased(LifeCycleStage), aliased(LifeCycleStage)
    treatment = Treatment
    more_days = sa.case((treatment.duration_days > 1, treatment.duration_days - 1), else_=0)
    free = day_number(treatment.treatment_date) + more_days + treatment.withholding_period_days
    day = day_number(HarvestEvent.event_date)
    return (
        sa.select(
            HarvestEvent.document_ref,
            HarvestEvent.event_date,
            treatment.id.label("treatment"),
            treatment.treatment_date,
            treatment.duration_days,
            treatment.withholding_period_days,
        )
        .join_from(treatment, HarvestEvent, HarvestEvent.batch_id == treatment.batch_id)
        .join(treated, treated.id == treatment.batch_assignment_id)
        .join(earlier, earlier.id == treated.lifecycle_stage_id)
        .join(emptied, emptied.id == HarvestEvent.assignment_id)
        .join(later, later.id == emptied.lifecycle_stage_id)
        .where(
            treatment.withholding_period_days > 0,
            sa.or_(treated.id == emptied.id, earlier.order < later.order),
            day >= day_number(treatment.treatment_date),
            day < free,
        )
    )


CHECKS = (
    hard(
        _SUBJECT,
        "harvests-have-lots",
        "A harvest event has fish, and at most one lot of each grade.",
        events_without_lots,
    ),
    hard(
        _SUBJECT,
        "lot-weights-in-order",
        "A lot weighs no more gutted than live, and no more as fillet than gutted.",
        lot_weights,
    ),
    hard(
        _SUBJECT,
        "facts-equal-lots",
        "The booked facts of a harvest equal its lots.",
        facts,
    ),
    hard(
        _SUBJECT,
        "waste-within-harvest",
        "The waste of a harvest is at most its live weight.",
        waste,
    ),
    hard(
        _SUBJECT,
        "withdrawal-before-harvest",
        "No fish is harvested within the withdrawal period of a medicine.",
        withdrawal,
    ),
)
