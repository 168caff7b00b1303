"""Arrival of fish in containers: eggs are delivered, then moved from stage to stage.

An assignment of a later stage is made with a past assignment in each earlier stage, the delivery
of its eggs and the transfers between the stages. Further assignments of the same batch join the
same workflows, whose totals grow.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ..lifecycle.biology import DEAD_ON_ARRIVAL, HANDLING_DEATHS
from ..lifecycle.events.transfers import FARMING, FRESHWATER
from ..schema import (
    BatchContainerAssignment,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    Container,
    CreationAction,
    EggSupplier,
    TransferAction,
)
from .column_values import biomass_kg, decimal
from .context import FactoryContext
from .expected_life import ExpectedStage
from .fish_groups import BatchTimeline, FishGroup, register_group, stage_row, user_named
from .intercompany import book_smolt_sale
from .sites import add_site, container_values, geography_row
from .standard_farm import is_sea

EGGS = 200_000
"""Eggs delivered for one container, unless its fish are pinned; all standard containers have room
for the fish that grow from them."""


def add_container(context: FactoryContext, timeline: BatchTimeline, order: int) -> Any:
    """Add a container at the site of a batch in a stage."""
    if order not in timeline.sites:
        geography = geography_row(context, timeline.geography)
        timeline.sites[order], timeline.station = add_site(
            context, geography, order, timeline.station
        )
    return context.add(Container, **container_values(context, timeline.sites[order], order))


def expected_fish(order: int) -> int:
    """Return the number of fish that arrive in a stage from the eggs for one container."""
    fish = EGGS - round(EGGS * DEAD_ON_ARRIVAL)
    for _ in range(order - 1):
        fish -= round(fish * HANDLING_DEATHS)
    return fish


def assignment_values(
    context: FactoryContext, timeline: BatchTimeline, fish: int, weight_g: Any = None
) -> dict[str, Any]:
    """Return the columns of an assignment in the stage that a batch has reached.

    Args:
        context: context of the rows.
        timeline: timeline of the batch.
        fish: number of fish.
        weight_g: mean weight today; the expected weight if None. In stage 1 it is the expected
            weight on delivery.
    """
    stage = timeline.stage
    day = 0 if timeline.order == 1 else stage.day(timeline.today)
    weight = decimal(float(stage.weight_g[day] if weight_g is None else weight_g))
    return {
        "population_count": fish,
        "avg_weight_g": weight,
        "biomass_kg": biomass_kg(fish, weight),
        "assignment_date": stage.arrives,
        "is_active": True,
        "batch_id": timeline.batch.id,
        "lifecycle_stage_id": stage_row(context, timeline.order).id,
    }


def place_fish(
    context: FactoryContext, timeline: BatchTimeline, assignment: Any, container: Any, source: Any
) -> FishGroup:
    """Record how the fish of a new assignment arrived, and return them as a group.

    Args:
        context: context of the rows.
        timeline: timeline of their batch.
        assignment: row of the new assignment.
        container: row of its container.
        source: past assignment that they left; None for eggs.
    """
    fish = assignment.population_count
    _record_arrival(context, timeline, timeline.stage, assignment, source)
    share = 1.0
    if timeline.order > 1:
        share = float(assignment.avg_weight_g) / timeline.expected_weight_g
    group = FishGroup(timeline, assignment, container, timeline.stage, fish, share, timeline.today)
    register_group(context, group)
    if timeline.batch.status == "COMPLETED":
        timeline.batch.status, timeline.batch.actual_end_date = "ACTIVE", None
    return group


def add_group(context: FactoryContext, timeline: BatchTimeline) -> FishGroup:
    """Add one more container of a batch, with the expected number of fish."""
    fish = expected_fish(timeline.order)
    source = add_past_assignments(context, timeline, fish)
    container = add_container(context, timeline, timeline.order)
    values = assignment_values(context, timeline, fish)
    assignment = context.add(BatchContainerAssignment, container_id=container.id, **values)
    return place_fish(context, timeline, assignment, container, source)


def add_past_assignments(context: FactoryContext, timeline: BatchTimeline, fish: int) -> Any:
    """Add the assignments through which fish reached the stage of their batch.

    Args:
        context: context of the rows.
        timeline: timeline of the batch.
        fish: number of fish that arrive in the stage.

    Returns:
        The assignment that they left last, or None in stage 1.
    """
    arrivals = [fish]
    for _ in range(timeline.order - 1):
        arrivals.append(arrivals[-1] + _handling_deaths(arrivals[-1]))
    source = None
    for stage, arrived in zip(timeline.life, reversed(arrivals[1:]), strict=False):
        source = _add_past_assignment(context, timeline, stage, arrived, source)
    return source


def _handling_deaths(survivors: int) -> int:
    """Return the number of fish that handling kills for a number that survive it."""
    return round(survivors * HANDLING_DEATHS / (1.0 - HANDLING_DEATHS))


def _add_past_assignment(
    context: FactoryContext, timeline: BatchTimeline, stage: ExpectedStage, fish: int, source: Any
) -> Any:
    order = stage.rule.order
    end = 0 if order == 1 else len(stage.temp_c)
    weight = decimal(float(stage.weight_g[end]))
    assignment = context.add(
        BatchContainerAssignment,
        population_count=fish,
        avg_weight_g=weight,
        biomass_kg=biomass_kg(fish, weight),
        assignment_date=stage.arrives,
        departure_date=stage.leaves,
        is_active=False,
        batch_id=timeline.batch.id,
        container_id=add_container(context, timeline, order).id,
        lifecycle_stage_id=stage_row(context, order).id,
    )
    _record_arrival(context, timeline, stage, assignment, source)
    return assignment


def _record_arrival(
    context: FactoryContext,
    timeline: BatchTimeline,
    stage: ExpectedStage,
    assignment: Any,
    source: Any,
) -> None:
    """Add the action by which fish arrived: a delivery of eggs, or a transfer from a source."""
    if source is None:
        _add_delivery(context, timeline, assignment)
    else:
        _add_transfer(context, timeline, stage, assignment, source)


def _add_delivery(context: FactoryContext, timeline: BatchTimeline, assignment: Any) -> None:
    fish = assignment.population_count
    dead = round(fish * DEAD_ON_ARRIVAL / (1.0 - DEAD_ON_ARRIVAL))
    workflow = timeline.creation
    if workflow is None:
        workflow = timeline.creation = _add_creation_workflow(context, timeline)
    workflow.total_eggs_planned += fish + dead
    workflow.total_eggs_received += fish + dead
    workflow.total_mortality_on_arrival += dead
    workflow.total_actions += 1
    workflow.actions_completed += 1
    starts = timeline.batch.start_date
    action = context.add(
        CreationAction,
        action_number=workflow.actions_completed,
        status="COMPLETED",
        egg_count_planned=fish + dead,
        egg_count_actual=fish + dead,
        mortality_on_arrival=dead,
        expected_delivery_date=starts,
        actual_delivery_date=starts,
        delivery_method="TRANSPORT",
        water_temp_on_arrival=decimal(float(timeline.life[0].temp_c[0])),
        egg_quality_score=4,
        execution_duration_minutes=30,
        dest_assignment_id=assignment.id,
        executed_by_id=user_named(context, "operator").id,
        workflow_id=workflow.id,
    )
    timeline.deliveries.append(action)


def _add_creation_workflow(
    context: FactoryContext, timeline: BatchTimeline
) -> BatchCreationWorkflow:
    starts = timeline.batch.start_date
    return context.add(
        BatchCreationWorkflow,
        workflow_number=f"CRT-{timeline.batch.batch_number}",
        status="COMPLETED",
        egg_source_type="EXTERNAL",
        external_supplier_id=context.catalogue.row(EggSupplier).id,
        external_supplier_batch_number=f"EGG-{timeline.batch.batch_number}",
        external_cost_per_thousand=Decimal("220.00"),
        total_eggs_planned=0,
        total_eggs_received=0,
        total_mortality_on_arrival=0,
        planned_start_date=starts,
        planned_completion_date=starts,
        actual_start_date=starts,
        actual_completion_date=starts,
        total_actions=0,
        actions_completed=0,
        progress_percentage=Decimal("100.00"),
        batch_id=timeline.batch.id,
        created_by_id=user_named(context, "manager").id,
    )


def _add_transfer(
    context: FactoryContext,
    timeline: BatchTimeline,
    stage: ExpectedStage,
    assignment: Any,
    source: Any,
) -> None:
    fish = assignment.population_count
    order = stage.rule.order - 1
    before = timeline.life[order - 1]
    dead = source.population_count - fish
    weight = source.avg_weight_g if order > 1 else decimal(float(before.weight_g[-1]))
    biomass = biomass_kg(fish, weight)
    workflow = timeline.transfers.get(order)
    if workflow is None:
        workflow = timeline.transfers[order] = _add_transfer_workflow(
            context, timeline, order, stage.arrives
        )
    workflow.total_source_count += fish + dead
    workflow.total_transferred_count += fish
    workflow.total_mortality_count += dead
    workflow.total_biomass_kg += biomass
    workflow.total_actions_planned += 1
    workflow.actions_completed += 1
    action = context.add(
        TransferAction,
        action_number=workflow.actions_completed,
        source_population_before=fish + dead,
        transferred_count=fish,
        mortality_during_transfer=dead,
        transferred_biomass_kg=biomass,
        status="COMPLETED",
        planned_date=stage.arrives,
        actual_execution_date=stage.arrives,
        transfer_method="GRAVITY" if order == 1 else "PUMP",
        water_temp_c=decimal(float(before.temp_c[-1])),
        execution_duration_minutes=15 + fish // 2500,
        dest_assignment_id=assignment.id,
        source_assignment_id=source.id,
        executed_by_id=user_named(context, "operator").id,
        workflow_id=workflow.id,
    )
    timeline.moves.setdefault(order, []).append(action)
    if workflow.is_intercompany:
        book_smolt_sale(context, timeline.geography, workflow)


def _add_transfer_workflow(
    context: FactoryContext, timeline: BatchTimeline, order: int, day: date
) -> BatchTransferWorkflow:
    to_sea = is_sea(order + 1)
    age_days = (day - timeline.batch.start_date).days
    return context.add(
        BatchTransferWorkflow,
        workflow_number=f"TRF-{timeline.batch.batch_number}-D{age_days:03d}",
        status="COMPLETED",
        planned_start_date=day,
        planned_completion_date=day,
        actual_start_date=day,
        actual_completion_date=day,
        total_source_count=0,
        total_transferred_count=0,
        total_mortality_count=0,
        total_biomass_kg=Decimal("0.00"),
        total_actions_planned=0,
        actions_completed=0,
        completion_percentage=Decimal("100.00"),
        is_intercompany=to_sea,
        source_subsidiary=FRESHWATER if to_sea else None,
        dest_subsidiary=FARMING if to_sea else None,
        batch_id=timeline.batch.id,
        completed_by_id=user_named(context, "operator").id,
        initiated_by_id=user_named(context, "manager").id,
        source_lifecycle_stage_id=stage_row(context, order).id,
        dest_lifecycle_stage_id=stage_row(context, order + 1).id,
    )
