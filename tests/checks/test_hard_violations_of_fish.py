"""One fish, gram or day too many: exactly one hard check of fish, biomass or occupancy fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.checks.hard import HARD
from pytest_aquadata.schema import (
    ActualDailyAssignmentState,
    Area,
    Batch,
    BatchContainerAssignment,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    Container,
    CreationAction,
    FeedingEvent,
    FreshwaterStation,
    Geography,
    Hall,
    LifeCycleStage,
    MortalityEvent,
    TransferAction,
)

DAY = timedelta(days=1)
assignment = BatchContainerAssignment
state = ActualDailyAssignmentState
stage = (
    sa.select(LifeCycleStage.order).where(LifeCycleStage.id == assignment.lifecycle_stage_id)
).scalar_subquery()
is_open, has_ended = assignment.departure_date.is_(None), assignment.departure_date.is_not(None)


def death_recorded_in_another_tank(farm: Any) -> None:
    tank, other_tank = farm.connection.scalars(
        sa.select(assignment.id).where(is_open, stage == 2)
    ).all()
    for place, more in ((tank, -1), (other_tank, 1)):
        event = farm.first(
            sa.select(MortalityEvent)
            .with_only_columns(MortalityEvent.id, MortalityEvent.count)
            .where(MortalityEvent.assignment_id == place, MortalityEvent.count > 1)
            .order_by(MortalityEvent.event_date)
        )
        farm.change(MortalityEvent, event.id, count=event.count + more)


def one_fish_too_many_before_a_transfer(farm: Any) -> None:
    farm.update(
        TransferAction,
        TransferAction.id == 1,
        source_population_before=TransferAction.source_population_before + 1,
    )


def one_death_in_no_container(farm: Any) -> None:
    event = farm.first(sa.select(MortalityEvent.id))
    farm.copy(MortalityEvent, event, count=1, assignment_id=None)


def one_fish_too_many_in_a_workflow(farm: Any) -> None:
    flow = BatchTransferWorkflow
    farm.update(
        flow,
        flow.id == farm.first(sa.select(flow.id)),
        total_source_count=flow.total_source_count + 1,
        total_transferred_count=flow.total_transferred_count + 1,
    )


def one_egg_too_many_in_a_workflow(farm: Any) -> None:
    flow = BatchCreationWorkflow
    farm.update(flow, flow.id == 1, total_eggs_received=flow.total_eggs_received + 1)


def one_egg_too_many_on_the_book(farm: Any) -> None:
    tray = farm.first(sa.select(assignment.id).where(has_ended, stage == 1))
    farm.update(assignment, assignment.id == tray, population_count=assignment.population_count + 1)


def twenty_grams_in_an_assignment(farm: Any) -> None:
    key = farm.first(sa.select(assignment.id).where(has_ended))
    farm.update(
        assignment, assignment.id == key, biomass_kg=assignment.biomass_kg + Decimal("0.02")
    )


def twenty_grams_in_a_transfer(farm: Any) -> None:
    action = farm.first(
        sa.select(TransferAction.id, TransferAction.workflow_id)
        .join(assignment, assignment.id == TransferAction.source_assignment_id)
        .where(stage == 2)
    )
    more = Decimal("0.02")
    farm.update(
        TransferAction,
        TransferAction.id == action.id,
        transferred_biomass_kg=TransferAction.transferred_biomass_kg + more,
    )
    flow = BatchTransferWorkflow
    farm.update(flow, flow.id == action.workflow_id, total_biomass_kg=flow.total_biomass_kg + more)


def a_meal_for_half_a_kilo_more(farm: Any) -> None:
    died = (
        sa.select(MortalityEvent.id)
        .where(
            MortalityEvent.assignment_id == FeedingEvent.batch_assignment_id,
            MortalityEvent.event_date == FeedingEvent.feeding_date,
        )
        .exists()
    )
    meal = farm.first(
        sa.select(FeedingEvent)
        .with_only_columns(FeedingEvent.id, FeedingEvent.amount_kg, FeedingEvent.batch_biomass_kg)
        .where(~died)
    )
    biomass = meal.batch_biomass_kg + Decimal("0.5")
    farm.change(
        FeedingEvent,
        meal.id,
        batch_biomass_kg=biomass,
        feeding_percentage=100 * meal.amount_kg / biomass,
    )


def dead_fish_that_weigh_fifty_grams_more(farm: Any) -> None:
    event = farm.first(
        sa.select(MortalityEvent.id).join(
            FeedingEvent,
            sa.and_(
                FeedingEvent.batch_assignment_id == MortalityEvent.assignment_id,
                FeedingEvent.feeding_date == MortalityEvent.event_date,
            ),
        )
    )
    farm.update(
        MortalityEvent,
        MortalityEvent.id == event,
        biomass_kg=MortalityEvent.biomass_kg + Decimal("0.05"),
    )


def add_empty_assignment(farm: Any, key: int, **values: Any) -> None:
    """Add a copy of an assignment, without fish."""
    none = {"population_count": 0, "biomass_kg": 0, "avg_weight_g": None}
    farm.copy(assignment, key, **{**none, "last_weighing_date": None, **values})


def free_hall_container(farm: Any, geography: int) -> Any:
    """Return the last container in a geography's halls that was never used."""
    used = sa.select(assignment.container_id)
    return farm.first(
        sa.select(Container.id)
        .join(Hall, Hall.id == Container.hall_id)
        .join(FreshwaterStation, FreshwaterStation.id == Hall.freshwater_station_id)
        .where(FreshwaterStation.geography_id == geography, Container.id.not_in(used))
        .order_by(Container.id.desc())
    )


def two_assignments_at_once(farm: Any) -> None:
    add_empty_assignment(farm, farm.first(sa.select(assignment.id).where(has_ended, stage == 2)))


def inactive_without_departure(farm: Any) -> None:
    farm.change(assignment, farm.first(sa.select(assignment.id).where(is_open)), is_active=False)


def a_container_in_two_places(farm: Any) -> None:
    container = free_hall_container(farm, 1)
    farm.change(Container, container, area_id=farm.first(sa.select(Area.id)))


def fish_at_sea_in_a_hall(farm: Any) -> None:
    key, geography = farm.first(
        sa.select(assignment.id, Area.geography_id)
        .join(Container, Container.id == assignment.container_id)
        .join(Area, Area.id == Container.area_id)
        .where(has_ended)
    )
    add_empty_assignment(farm, key, container_id=free_hall_container(farm, geography))


def fry_with_a_geography(farm: Any) -> Any:
    return farm.first(
        sa.select(assignment.id, assignment.batch_id, FreshwaterStation.geography_id)
        .join(Container, Container.id == assignment.container_id)
        .join(Hall, Hall.id == Container.hall_id)
        .join(FreshwaterStation, FreshwaterStation.id == Hall.freshwater_station_id)
        .where(is_open, stage == 2)
    )


def fry_that_skip_two_stages(farm: Any) -> None:
    key, batch, geography = fry_with_a_geography(farm)
    smolts = farm.first(sa.select(LifeCycleStage.id).where(LifeCycleStage.order == 5))
    container = free_hall_container(farm, geography)
    add_empty_assignment(farm, key, lifecycle_stage_id=smolts, container_id=container)
    farm.change(Batch, batch, lifecycle_stage_id=smolts)


def batch_with_an_earlier_stage(farm: Any) -> None:
    _, batch, _ = fry_with_a_geography(farm)
    farm.change(Batch, batch, lifecycle_stage_id=1)


def fry_in_two_geographies(farm: Any) -> None:
    key, batch, geography = fry_with_a_geography(farm)
    other = farm.first(sa.select(Geography.id).where(Geography.id != geography))
    highest = farm.first(
        sa.select(sa.func.max(assignment.container_id)).where(assignment.batch_id == batch)
    )
    container = free_hall_container(farm, other)
    assert container > highest, "a batch number has the geography of the first container"
    add_empty_assignment(farm, key, container_id=container)


def eggs_that_start_a_day_early(farm: Any) -> None:
    batch, start = farm.first(
        sa.select(Batch.id, Batch.start_date)
        .join(LifeCycleStage, LifeCycleStage.id == Batch.lifecycle_stage_id)
        .where(LifeCycleStage.order == 1)
    )
    farm.change(Batch, batch, start_date=start - DAY)
    farm.update(state, state.batch_id == batch, day_number=state.day_number + 1)


def a_batch_that_ends_a_day_late(farm: Any) -> None:
    batch, end = farm.first(
        sa.select(Batch.id, Batch.actual_end_date).where(Batch.status == "COMPLETED")
    )
    farm.change(Batch, batch, actual_end_date=end + DAY)


def eggs_delivered_a_day_early(farm: Any) -> None:
    key, day = farm.first(sa.select(CreationAction.id, CreationAction.actual_delivery_date))
    farm.change(CreationAction, key, actual_delivery_date=day - DAY)


def fish_moved_a_day_late(farm: Any) -> None:
    """Delay the last action of a source whose destination has other sources, too."""
    later, other = sa.orm.aliased(TransferAction), sa.orm.aliased(TransferAction)
    is_last = ~sa.exists().where(
        later.source_assignment_id == TransferAction.source_assignment_id,
        later.action_number > TransferAction.action_number,
    )
    shared = sa.exists().where(
        other.dest_assignment_id == TransferAction.dest_assignment_id,
        other.id != TransferAction.id,
    )
    action, day = farm.first(
        sa.select(TransferAction.id, TransferAction.actual_execution_date).where(is_last, shared)
    )
    farm.change(TransferAction, action, actual_execution_date=day + DAY)


VIOLATIONS = {
    "fish-balance-of-a-container": death_recorded_in_another_tank,
    "fish-balance-of-a-transfer": one_fish_too_many_before_a_transfer,
    "fish-balance-of-a-batch": one_death_in_no_container,
    "totals-of-a-transfer": one_fish_too_many_in_a_workflow,
    "totals-of-a-creation": one_egg_too_many_in_a_workflow,
    "book-count-of-an-assignment": one_egg_too_many_on_the_book,
    "biomass-of-an-assignment": twenty_grams_in_an_assignment,
    "biomass-of-a-transfer": twenty_grams_in_a_transfer,
    "biomass-of-a-meal": a_meal_for_half_a_kilo_more,
    "biomass-of-a-death": dead_fish_that_weigh_fifty_grams_more,
    "one-batch-a-container": two_assignments_at_once,
    "active-until-departure": inactive_without_departure,
    "container-in-one-place": a_container_in_two_places,
    "stage-in-its-water": fish_at_sea_in_a_hall,
    "stages-follow-each-other": fry_that_skip_two_stages,
    "batch-stage-is-the-latest": batch_with_an_earlier_stage,
    "batch-stays-in-its-geography": fry_in_two_geographies,
    "batch-starts-with-its-fish": eggs_that_start_a_day_early,
    "completed-batches-have-ended": a_batch_that_ends_a_day_late,
    "arrivals-are-recorded": eggs_delivered_a_day_early,
    "departures-are-recorded": fish_moved_a_day_late,
}


@pytest.mark.parametrize("check", VIOLATIONS)
def test_exactly_one_check_fails(check: str, failing_after: Callable[..., set[str]]) -> None:
    assert failing_after(VIOLATIONS[check]) == {check}


def test_every_check_of_fish_biomass_and_occupancy_has_a_violation() -> None:
    subjects = {"fish", "biomass", "occupancy"}
    assert {check.name for check in HARD if check.subject in subjects} == VIOLATIONS.keys()
