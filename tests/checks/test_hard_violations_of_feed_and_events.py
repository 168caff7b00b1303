"""A gram of feed, an event a day off, a reading of another container: exactly one check fails."""

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
    Batch,
    BatchContainerAssignment,
    Container,
    EnvironmentalReading,
    FactHarvest,
    FeedContainer,
    FeedContainerStock,
    FeedingEvent,
    FeedPurchase,
    GrowthSample,
    HarvestEvent,
    HealthLabSample,
    HealthSamplingEvent,
    JournalEntry,
    LiceCount,
    LifeCycleStage,
    MortalityEvent,
    MortalityRecord,
    Sensor,
    Treatment,
)

DAY = timedelta(days=1)
assignment = BatchContainerAssignment
stock = FeedContainerStock


def meal_in_a_hall(farm: Any) -> Any:
    return farm.first(
        sa.select(FeedingEvent)
        .with_only_columns(FeedingEvent.id, FeedingEvent.amount_kg, FeedingEvent.batch_biomass_kg)
        .join(Container, Container.id == FeedingEvent.container_id)
        .where(Container.hall_id.is_not(None), FeedingEvent.amount_kg > 1)
    )


def ten_grams_more_in_a_meal(farm: Any) -> None:
    meal = meal_in_a_hall(farm)
    amount = meal.amount_kg + Decimal("0.01")
    percent = 100 * amount / meal.batch_biomass_kg
    farm.change(FeedingEvent, meal.id, amount_kg=amount, feeding_percentage=percent)


def two_cents_more_for_a_meal(farm: Any) -> None:
    meal = meal_in_a_hall(farm).id
    more = FeedingEvent.feed_cost + Decimal("0.02")
    farm.update(FeedingEvent, FeedingEvent.id == meal, feed_cost=more)


def a_purchase_that_no_silo_holds(farm: Any) -> None:
    farm.copy(FeedPurchase, farm.first(sa.select(FeedPurchase.id)))


def feed_left_in_an_older_lot(farm: Any) -> None:
    older, purchase, bought = sa.orm.aliased(stock), sa.orm.aliased(FeedPurchase), FeedPurchase
    pair = farm.first(
        sa.select(stock.id, older.id.label("older_id"))
        .join(bought, bought.id == stock.feed_purchase_id)
        .join(older, older.feed_container_id == stock.feed_container_id)
        .join(purchase, purchase.id == older.feed_purchase_id)
        .where(
            purchase.feed_id == bought.feed_id,
            purchase.cost_per_kg == bought.cost_per_kg,
            older.entry_date < stock.entry_date,
            older.quantity_kg == 0,
            stock.quantity_kg.between(1, bought.quantity_kg - 1),
        )
    )
    little = Decimal("0.02")
    farm.update(stock, stock.id == pair.id, quantity_kg=stock.quantity_kg - little)
    farm.change(stock, pair.older_id, quantity_kg=little)


def feed_that_comes_a_day_too_late(farm: Any) -> None:
    """Move the first delivery of a feed in a hall to the day after its first meal."""
    first_meal = (
        sa.select(sa.func.min(FeedingEvent.feeding_date))
        .join(Container, Container.id == FeedingEvent.container_id)
        .where(
            Container.hall_id == FeedContainer.hall_id,
            FeedingEvent.feed_id == FeedPurchase.feed_id,
        )
        .correlate(FeedContainer, FeedPurchase)
        .scalar_subquery()
    )
    lots = (
        sa.select(stock.id, stock.entry_date, first_meal.label("meal"))
        .join(FeedPurchase, FeedPurchase.id == stock.feed_purchase_id)
        .join(FeedContainer, FeedContainer.id == stock.feed_container_id)
        .where(FeedContainer.hall_id.is_not(None), first_meal.is_not(None))
        .order_by(FeedContainer.id, FeedPurchase.feed_id, stock.entry_date)
    )
    lot = farm.first(lots)
    late = lot.entry_date.replace(year=lot.meal.year, month=lot.meal.month, day=lot.meal.day) + DAY
    farm.change(stock, lot.id, entry_date=late)


def a_purchase_after_its_delivery(farm: Any) -> None:
    lot = farm.first(sa.select(stock.feed_purchase_id, stock.entry_date))
    farm.change(FeedPurchase, lot.feed_purchase_id, purchase_date=lot.entry_date.date() + DAY)


def a_silo_too_small_for_its_stock(farm: Any) -> None:
    container = farm.first(sa.select(stock.feed_container_id).where(stock.quantity_kg > 1))
    farm.change(FeedContainer, container, capacity_kg=1)


def a_wrong_percentage(farm: Any) -> None:
    meal = farm.first(sa.select(FeedingEvent.id))
    more = FeedingEvent.feeding_percentage + Decimal("0.0001")
    farm.update(FeedingEvent, FeedingEvent.id == meal, feeding_percentage=more)


def a_meal_for_eggs(farm: Any) -> None:
    tray = farm.first(
        sa.select(
            assignment.id, assignment.batch_id, assignment.container_id, assignment.departure_date
        )
        .join(LifeCycleStage, LifeCycleStage.id == assignment.lifecycle_stage_id)
        .where(LifeCycleStage.order == 1, assignment.departure_date.is_not(None))
    )
    farm.copy(
        FeedingEvent,
        farm.first(sa.select(FeedingEvent.id)),
        batch_id=tray.batch_id,
        batch_assignment_id=tray.id,
        container_id=tray.container_id,
        feeding_date=tray.departure_date,
        amount_kg=Decimal("0.0001"),
        batch_biomass_kg=1,
        feeding_percentage=Decimal("0.01"),
        feed_cost=0,
    )


def early(
    model: Any, column: Any, reference: str = "assignment_id", *where: Any
) -> Callable[[Any], None]:
    """Return a change that moves an event to the day before its assignment begins."""

    def change(farm: Any) -> None:
        event = farm.first(
            sa.select(model)
            .with_only_columns(key(model), column.label("when"), assignment.assignment_date)
            .join(assignment, assignment.id == getattr(model, reference))
            .where(*where)
            .order_by(column)
        )
        before = event.assignment_date - DAY
        when = event.when
        if hasattr(when, "hour"):
            before = when.replace(year=before.year, month=before.month, day=before.day)
        farm.change(model, event[0], **{column.key: before})

    return change


def key(model: Any) -> Any:
    return sa.inspect(model).primary_key[0]


def other_batch(model: Any, *where: Any) -> Callable[[Any], None]:
    """Return a change that gives an event another batch."""

    def change(farm: Any) -> None:
        event = farm.first(sa.select(key(model), model.batch_id).where(*where))
        other = farm.first(sa.select(Batch.id).where(Batch.id != event.batch_id))
        farm.change(model, event[0], batch_id=other)

    return change


def other_container(model: Any, *where: Any) -> Callable[[Any], None]:
    """Return a change that gives an event another container."""

    def change(farm: Any) -> None:
        event = farm.first(sa.select(key(model), model.container_id).where(*where))
        other = farm.first(sa.select(Container.id).where(Container.id != event.container_id))
        farm.change(model, event[0], container_id=other)

    return change


def no_death_of_another_batch(farm: Any) -> None:
    event = farm.first(sa.select(MortalityEvent.id, MortalityEvent.batch_id))
    other = farm.first(sa.select(Batch.id).where(Batch.id != event.batch_id))
    farm.copy(MortalityEvent, event.id, count=0, biomass_kg=0, batch_id=other)


def a_harvest_a_day_late(farm: Any) -> None:
    event, when = farm.first(sa.select(HarvestEvent.id, HarvestEvent.event_date))
    farm.change(HarvestEvent, event, event_date=when + DAY)
    farm.update(FactHarvest, FactHarvest.event_id == event, event_date=when + DAY)


def a_harvest_of_another_batch(farm: Any) -> None:
    event = farm.first(
        sa.select(HarvestEvent).with_only_columns(
            HarvestEvent.id, HarvestEvent.batch_id, HarvestEvent.document_ref
        )
    )
    number = farm.first(sa.select(Batch.batch_number).where(Batch.id == event.batch_id))
    other = farm.first(sa.select(Batch.id, Batch.batch_number).where(Batch.id != event.batch_id))
    renamed = event.document_ref.replace(number, other.batch_number)
    farm.change(HarvestEvent, event.id, batch_id=other.id, document_ref=renamed)
    farm.update(FactHarvest, FactHarvest.event_id == event.id, dim_batch_id=other.id)


def an_entry_before_its_batch(farm: Any) -> None:
    entry = farm.first(
        sa.select(JournalEntry.id, JournalEntry.entry_date, Batch.start_date).join(Batch)
    )
    before = entry.start_date - DAY
    when = entry.entry_date.replace(year=before.year, month=before.month, day=before.day)
    farm.change(JournalEntry, entry.id, entry_date=when)


def a_reading_before_its_assignment(farm: Any) -> None:
    early(EnvironmentalReading, EnvironmentalReading.reading_time, "batch_container_assignment_id")(
        farm
    )


def a_reading_of_another_sensor(farm: Any) -> None:
    """Give a reading another sensor of its container, which measures another parameter."""
    reading = EnvironmentalReading
    event = farm.first(sa.select(reading.id, reading.container_id, reading.sensor_id))
    other = farm.first(
        sa.select(Sensor.id).where(
            Sensor.container_id == event.container_id, Sensor.id != event.sensor_id
        )
    )
    farm.change(reading, event.id, sensor_id=other)


def the_same_reading_again(farm: Any) -> None:
    farm.copy(EnvironmentalReading, farm.first(sa.select(EnvironmentalReading.id)))


delousing = Treatment.treatment_type != "vaccination"
sampled_alone = ~sa.exists().where(Treatment.sampling_event_id == HealthSamplingEvent.id)
later_sample = sa.orm.aliased(GrowthSample)
not_the_last_sample = sa.exists().where(
    later_sample.assignment_id == GrowthSample.assignment_id,
    later_sample.sample_date > GrowthSample.sample_date,
)
state = ActualDailyAssignmentState

VIOLATIONS = {
    "feed-mass-balance": (ten_grams_more_in_a_meal, set()),
    "feed-cost-balance": (two_cents_more_for_a_meal, set()),
    "feed-stock-within-purchase": (a_purchase_that_no_silo_holds, set()),
    "feed-first-in-first-out": (feed_left_in_an_older_lot, set()),
    "feed-eaten-after-delivery": (feed_that_comes_a_day_too_late, set()),
    "feed-ordered-before-delivery": (a_purchase_after_its_delivery, set()),
    "feed-stock-fits": (a_silo_too_small_for_its_stock, set()),
    "feeding-percentage": (a_wrong_percentage, set()),
    "yolk-feeders-unfed": (a_meal_for_eggs, set()),
    "mortality-inside-assignments": (early(MortalityEvent, MortalityEvent.event_date), set()),
    "feeding-inside-assignments": (
        early(FeedingEvent, FeedingEvent.feeding_date, "batch_assignment_id"),
        set(),
    ),
    "growth-samples-inside-assignments": (
        early(GrowthSample, GrowthSample.sample_date, "assignment_id", not_the_last_sample),
        set(),
    ),
    "growth-analysis-inside-assignments": (
        early(state, state.date),
        {"day-numbers-of-the-growth-analysis"},
    ),
    "lice-counts-inside-assignments": (early(LiceCount, LiceCount.count_date), set()),
    "treatments-inside-assignments": (
        early(Treatment, Treatment.treatment_date, "batch_assignment_id", delousing),
        set(),
    ),
    "health-samplings-inside-assignments": (
        early(
            HealthSamplingEvent,
            HealthSamplingEvent.sampling_date,
            "assignment_id",
            sampled_alone,
        ),
        set(),
    ),
    "lab-samples-inside-assignments": (
        early(HealthLabSample, HealthLabSample.sample_date, "batch_container_assignment_id"),
        set(),
    ),
    "mortality-records-inside-assignments": (
        early(MortalityRecord, MortalityRecord.event_date),
        set(),
    ),
    "harvests-inside-assignments": (a_harvest_a_day_late, {"departures-are-recorded"}),
    "mortality-agree-with-assignments": (no_death_of_another_batch, set()),
    "feeding-agree-with-assignments": (other_batch(FeedingEvent), set()),
    "growth-analysis-agree-with-assignments": (other_container(state), set()),
    "lice-counts-agree-with-assignments": (other_batch(LiceCount), set()),
    "treatments-agree-with-assignments": (other_container(Treatment), set()),
    "mortality-records-agree-with-assignments": (other_batch(MortalityRecord), set()),
    "harvests-agree-with-assignments": (
        a_harvest_of_another_batch,
        {"fish-balance-of-a-batch"},
    ),
    "journal-entries-inside-batches": (an_entry_before_its_batch, set()),
    "readings-inside-assignments": (a_reading_before_its_assignment, set()),
    "readings-agree-with-assignments": (other_batch(EnvironmentalReading), set()),
    "readings-come-from-their-sensor": (a_reading_of_another_sensor, set()),
    "one-reading-a-sensor-and-instant": (the_same_reading_again, set()),
}
"""Changes by the check that they violate, with other checks that then fail, too.

A harvest on another day is not on the day of departure; a harvest of another batch leaves that
batch short of fish.
"""


@pytest.mark.parametrize("check", VIOLATIONS)
def test_exactly_one_check_fails(check: str, failing_after: Callable[..., set[str]]) -> None:
    change, also_failing = VIOLATIONS[check]
    assert failing_after(change) == {check} | also_failing


def test_every_check_of_feed_events_and_readings_has_a_violation() -> None:
    subjects = {"feed", "events", "readings"}
    assert {check.name for check in HARD if check.subject in subjects} == VIOLATIONS.keys()
