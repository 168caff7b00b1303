"""How fish came into their containers: eggs delivered, and moved from stage to stage.

Fish cannot be at sea without having been eggs. An assignment therefore brings its own line of
containers behind it, one a stage, with the delivery and the transfers that carried its fish
along. A second assignment of a batch joins the same workflows, whose totals follow.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ..lifecycle.biology import DEAD_ON_ARRIVAL, HANDLING_DEATHS
from ..schema import (
    BatchContainerAssignment,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    Container,
    CreationAction,
    EggSupplier,
    TransferAction,
)
from .company import Company
from .expected_life import ExpectedStage
from .places import container_values, decimal, geography_row, is_sea, new_site
from .stays import EGGS, BatchTimeline, Stay, mass_kg, person, stage_row
from .trade import book_smolt_sale


def container_for(at: Company, track: BatchTimeline, order: int) -> Any:
    """A new container where a batch is kept in a stage."""
    if order not in track.sites:
        geography = geography_row(at, track.geography)
        track.sites[order], track.station = new_site(at, geography, order, track.station)
    return at.add(Container, **container_values(at, track.sites[order], order))


def usual_fish(order: int) -> int:
    """Fish that arrive in a stage of the eggs behind one container."""
    fish = EGGS - round(EGGS * DEAD_ON_ARRIVAL)
    for _ in range(order - 1):
        fish -= round(fish * HANDLING_DEATHS)
    return fish


def assignment_values(
    at: Company, track: BatchTimeline, fish: int, weight_g: Any = None
) -> dict[str, Any]:
    """An assignment of fish in the stage their batch has reached, of the usual weight or another.

    The book of the first stage shows the weight as delivered.
    """
    stage = track.stage
    day = 0 if track.order == 1 else stage.day(track.today)
    weight = decimal(float(stage.weight_g[day] if weight_g is None else weight_g))
    return {
        "population_count": fish,
        "avg_weight_g": weight,
        "biomass_kg": mass_kg(fish, weight),
        "assignment_date": stage.arrives,
        "is_active": True,
        "batch_id": track.batch.id,
        "lifecycle_stage_id": stage_row(at, track.order).id,
    }


def settle(at: Company, track: BatchTimeline, row: Any, container: Any, left: Any) -> Stay:
    """Record how fish came into a new assignment, and that they are there."""
    stage, fish = track.stage, row.population_count
    bring(at, track, stage, row, fish, left)
    usual = float(stage.weight_g[stage.day(track.today)])
    share = float(row.avg_weight_g) / usual if track.order > 1 else 1.0
    stay = Stay(track, row, container, stage, fish, share, track.today)
    track.stays.append(stay)
    at.memory["stay", row.id] = stay
    if track.batch.status == "COMPLETED":
        track.batch.status, track.batch.actual_end_date = "ACTIVE", None
    return stay


def more_fish(at: Company, track: BatchTimeline) -> Stay:
    """Fish of a batch in one more container, as many as are usual."""
    fish = usual_fish(track.order)
    left, container = lay_history(at, track, fish), container_for(at, track, track.order)
    values = assignment_values(at, track, fish)
    row = at.add(BatchContainerAssignment, container_id=container.id, **values)
    return settle(at, track, row, container, left)


def lay_history(at: Company, track: BatchTimeline, fish: int) -> Any:
    """The containers through which fish came into the stage their batch has reached.

    Returns:
        The assignment they left last, emptied; None in the first stage.
    """
    arrivals = [fish]
    for _ in range(track.order - 1):
        arrivals.append(arrivals[-1] + _dead_of(arrivals[-1]))
    left = None
    for stage, arrived in zip(track.life, reversed(arrivals[1:]), strict=False):
        left = _passed(at, track, stage, arrived, left)
    return left


def _dead_of(survivors: int) -> int:
    """Fish that handling kills for so many that survive it."""
    return round(survivors * HANDLING_DEATHS / (1.0 - HANDLING_DEATHS))


def _passed(at: Company, track: BatchTimeline, stage: ExpectedStage, fish: int, left: Any) -> Any:
    """An assignment that lies behind the fish."""
    order = stage.rule.order
    end = 0 if order == 1 else len(stage.temp_c)
    weight = decimal(float(stage.weight_g[end]))
    row = at.add(
        BatchContainerAssignment,
        population_count=fish,
        avg_weight_g=weight,
        biomass_kg=mass_kg(fish, weight),
        assignment_date=stage.arrives,
        departure_date=stage.leaves,
        is_active=False,
        batch_id=track.batch.id,
        container_id=container_for(at, track, order).id,
        lifecycle_stage_id=stage_row(at, order).id,
    )
    bring(at, track, stage, row, fish, left)
    return row


def bring(
    at: Company, track: BatchTimeline, stage: ExpectedStage, row: Any, fish: int, left: Any
) -> None:
    """Record how fish came into an assignment: as eggs, or out of the one they left."""
    if left is None:
        _deliver(at, track, row, fish)
    else:
        _transfer(at, track, stage, row, fish, left)


def _deliver(at: Company, track: BatchTimeline, row: Any, fish: int) -> None:
    dead = round(fish * DEAD_ON_ARRIVAL / (1.0 - DEAD_ON_ARRIVAL))
    workflow = track.creation
    if workflow is None:
        workflow = track.creation = _creation(at, track)
    workflow.total_eggs_planned += fish + dead
    workflow.total_eggs_received += fish + dead
    workflow.total_mortality_on_arrival += dead
    workflow.total_actions += 1
    workflow.actions_completed += 1
    starts = track.batch.start_date
    action = at.add(
        CreationAction,
        action_number=workflow.actions_completed,
        status="COMPLETED",
        egg_count_planned=fish + dead,
        egg_count_actual=fish + dead,
        mortality_on_arrival=dead,
        expected_delivery_date=starts,
        actual_delivery_date=starts,
        delivery_method="TRANSPORT",
        water_temp_on_arrival=decimal(float(track.life[0].temp_c[0])),
        egg_quality_score=4,
        execution_duration_minutes=30,
        dest_assignment_id=row.id,
        executed_by_id=person(at, "operator").id,
        workflow_id=workflow.id,
    )
    track.deliveries.append(action)


def _creation(at: Company, track: BatchTimeline) -> BatchCreationWorkflow:
    starts = track.batch.start_date
    return at.add(
        BatchCreationWorkflow,
        workflow_number=f"CRT-{track.batch.batch_number}",
        status="COMPLETED",
        egg_source_type="EXTERNAL",
        external_supplier_id=at.entry(EggSupplier).id,
        external_supplier_batch_number=f"EGG-{track.batch.batch_number}",
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
        batch_id=track.batch.id,
        created_by_id=person(at, "manager").id,
    )


def _transfer(
    at: Company, track: BatchTimeline, stage: ExpectedStage, row: Any, fish: int, left: Any
) -> None:
    order = stage.rule.order - 1
    before = track.life[order - 1]
    dead = left.population_count - fish
    weight = left.avg_weight_g if order > 1 else decimal(float(before.weight_g[-1]))
    mass = mass_kg(fish, weight)
    workflow = track.transfers.get(order)
    if workflow is None:
        workflow = track.transfers[order] = _workflow(at, track, order, stage.arrives)
    workflow.total_source_count += fish + dead
    workflow.total_transferred_count += fish
    workflow.total_mortality_count += dead
    workflow.total_biomass_kg += mass
    workflow.total_actions_planned += 1
    workflow.actions_completed += 1
    action = at.add(
        TransferAction,
        action_number=workflow.actions_completed,
        source_population_before=fish + dead,
        transferred_count=fish,
        mortality_during_transfer=dead,
        transferred_biomass_kg=mass,
        status="COMPLETED",
        planned_date=stage.arrives,
        actual_execution_date=stage.arrives,
        transfer_method="GRAVITY" if order == 1 else "PUMP",
        water_temp_c=decimal(float(before.temp_c[-1])),
        execution_duration_minutes=15 + fish // 2500,
        dest_assignment_id=row.id,
        source_assignment_id=left.id,
        executed_by_id=person(at, "operator").id,
        workflow_id=workflow.id,
    )
    track.moves.setdefault(order, []).append(action)
    if workflow.is_intercompany:
        book_smolt_sale(at, track.geography, workflow)


def _workflow(at: Company, track: BatchTimeline, order: int, day: date) -> BatchTransferWorkflow:
    to_sea = is_sea(order + 1)
    age = (day - track.batch.start_date).days
    return at.add(
        BatchTransferWorkflow,
        workflow_number=f"TRF-{track.batch.batch_number}-D{age:03d}",
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
        source_subsidiary="FW" if to_sea else None,
        dest_subsidiary="FM" if to_sea else None,
        batch_id=track.batch.id,
        completed_by_id=person(at, "operator").id,
        initiated_by_id=person(at, "manager").id,
        source_lifecycle_stage_id=stage_row(at, order).id,
        dest_lifecycle_stage_id=stage_row(at, order + 1).id,
    )
