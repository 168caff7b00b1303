"""A gram of one fish, a score, a cent, a number: exactly one of the other hard checks fails."""

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
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    BiologicalConstraints,
    ContentType,
    DimSite,
    EggProduction,
    FactHarvest,
    Feed,
    FeedingEvent,
    FishParameterScore,
    GrowthSample,
    HarvestEvent,
    HarvestLot,
    HarvestWaste,
    HealthLabSample,
    HealthSamplingEvent,
    IndividualGrowthObservation,
    IntercompanyPolicy,
    IntercompanyTransaction,
    JournalEntry,
    LiceCount,
    LifeCycleStage,
    MortalityEvent,
    PhotoperiodData,
    Scenario,
    ScenarioProjection,
    Sensor,
    StageTransitionEnvironmental,
    Treatment,
    UserProfile,
    WeatherData,
)

DAY = timedelta(days=1)
NO_KEY = 999_999
assignment = BatchContainerAssignment
state = ActualDailyAssignmentState
flow = BatchTransferWorkflow
sale = IntercompanyTransaction


def of_first(model: Any, *where: Any, **values: Any) -> Callable[[Any], None]:
    """Return a change of the first row that meets the conditions."""

    def change(farm: Any) -> None:
        (key, *_) = sa.inspect(model).primary_key
        farm.update(model, key == farm.first(sa.select(key).where(*where)), **values)

    return change


def a_day_left_out_of_the_analysis(farm: Any) -> None:
    farm.delete(state, farm.first(sa.select(state.id).where(state.day_number == 7)))


def a_last_day_left_out_of_the_analysis(farm: Any) -> None:
    ended = farm.first(
        sa.select(assignment.id, assignment.departure_date).where(
            assignment.departure_date.is_not(None)
        )
    )
    last = (state.assignment_id == ended.id, state.date == ended.departure_date - DAY)
    farm.delete(state, farm.first(sa.select(state.id).where(*last)))


def a_day_left_out_of_a_projection(farm: Any) -> None:
    projected = ScenarioProjection
    middle = sa.select(projected.projection_id).where(projected.day_number == 7)
    farm.delete(projected, farm.first(middle))


def a_plan_of_another_batch(farm: Any) -> None:
    plan = farm.first(sa.select(Scenario.scenario_id, Scenario.batch_id))
    farm.update(Batch, Batch.id != plan.batch_id, pinned_scenario_id=plan.scenario_id)


def a_state_of_another_stage(farm: Any) -> None:
    row = farm.first(sa.select(state.id, state.lifecycle_stage_id))
    other = farm.first(
        sa.select(LifeCycleStage.id).where(LifeCycleStage.id != row.lifecycle_stage_id)
    )
    farm.change(state, row.id, lifecycle_stage_id=other)


def a_weighing_forgotten(farm: Any) -> None:
    ended = farm.first(sa.select(GrowthSample.assignment_id))
    farm.update(assignment, assignment.id == ended, last_weighing_date=assignment.assignment_date)


def a_fish_not_scored(farm: Any) -> None:
    farm.delete(FishParameterScore, farm.first(sa.select(FishParameterScore.id)))


def a_journal_entry_of_another_batch(farm: Any) -> None:
    treatment = farm.first(sa.select(Treatment.id, Treatment.batch_id))
    other = farm.first(
        sa.select(JournalEntry.id).where(JournalEntry.batch_id != treatment.batch_id)
    )
    farm.change(Treatment, treatment.id, journal_entry_id=other)


def a_harvest_of_nothing(farm: Any) -> None:
    farm.copy(HarvestEvent, farm.first(sa.select(HarvestEvent.id)))


def a_harvest_too_soon_after_a_treatment(farm: Any) -> None:
    treatment = farm.first(
        sa.select(Treatment.id)
        .join(HarvestEvent, HarvestEvent.assignment_id == Treatment.batch_assignment_id)
        .order_by(Treatment.treatment_date.desc())
    )
    farm.change(Treatment, treatment, withholding_period_days=900)


def a_day_of_unknown_light(farm: Any) -> None:
    light = PhotoperiodData
    area = farm.first(sa.select(light.area_id))
    days = sa.select(light.id).where(light.area_id == area).order_by(light.date).offset(1)
    farm.delete(light, farm.first(days))


def a_second_weather(farm: Any) -> None:
    farm.copy(WeatherData, farm.first(sa.select(WeatherData.id)))


def a_transfer_not_booked(farm: Any) -> None:
    sold = farm.first(sa.select(flow.id, flow.finance_transaction_id).where(flow.is_intercompany))
    farm.change(flow, sold.id, finance_transaction_id=None)
    farm.delete(sale, sold.finance_transaction_id)


def a_batch_of_another_geography(farm: Any) -> None:
    """Renumber a batch of eggs: only its creation workflow has its number."""
    eggs = farm.first(
        sa.select(Batch.id, Batch.batch_number)
        .join(LifeCycleStage, LifeCycleStage.id == Batch.lifecycle_stage_id)
        .where(LifeCycleStage.order == 1)
    )
    number = "XYZ" + eggs.batch_number[3:]
    farm.change(Batch, eggs.id, batch_number=number)
    farm.update(
        BatchCreationWorkflow,
        BatchCreationWorkflow.batch_id == eggs.id,
        workflow_number=f"CRT-{number}",
    )


def a_sample_sent_before_it_was_taken(farm: Any) -> None:
    sample = farm.first(sa.select(HealthLabSample.id, HealthLabSample.sample_date))
    farm.change(HealthLabSample, sample.id, date_sent_to_lab=sample.sample_date - DAY)


def a_sensor_without_container(farm: Any) -> None:
    used = sa.select(assignment.container_id)
    sensor = farm.first(sa.select(Sensor.id).where(Sensor.container_id.not_in(used)))
    farm.change(Sensor, sensor, container_id=NO_KEY)


def a_transaction_about_another_transfer(farm: Any) -> None:
    """Add a correct transaction of a workflow that refers to another workflow."""
    key, sold = farm.first(
        sa.select(sale.tx_id, flow.id).join(flow, flow.finance_transaction_id == sale.tx_id)
    )
    price = farm.first(
        sa.select(IntercompanyPolicy.price_per_kg)
        .join(sale, sale.policy_id == IntercompanyPolicy.policy_id)
        .where(sale.tx_id == key)
    )
    other = farm.first(
        sa.select(flow.id, flow.total_biomass_kg).where(
            flow.finance_transaction_id.is_(None), flow.id != sold
        )
    )
    about = farm.first(
        sa.select(flow.id).where(flow.finance_transaction_id.is_(None), flow.id != other.id)
    )
    booked = farm.copy(
        sale, key, object_id=about, amount=other.total_biomass_kg * price, event_id=None
    )
    farm.change(flow, other.id, finance_transaction_id=booked)


def a_fact_of_another_batch(farm: Any) -> None:
    fact = farm.first(sa.select(FactHarvest.fact_id, FactHarvest.dim_batch_id))
    other = farm.first(sa.select(Batch.id).where(Batch.id != fact.dim_batch_id))
    farm.change(FactHarvest, fact.fact_id, dim_batch_id=other)


def a_sale_of_another_harvest(farm: Any) -> None:
    key, event = farm.first(
        sa.select(sale.tx_id, sale.event_id)
        .join(ContentType, ContentType.id == sale.content_type_id)
        .where(ContentType.model == "harvestevent")
    )
    farm.change(sale, key, object_id=event + NO_KEY)


VIOLATIONS = {
    "growth-sample-aggregates": of_first(
        IndividualGrowthObservation, weight_g=IndividualGrowthObservation.weight_g + 1
    ),
    "last-weighing-is-known": a_weighing_forgotten,
    "day-numbers-of-the-growth-analysis": of_first(state, day_number=state.day_number + 1),
    "days-of-the-growth-analysis": a_day_left_out_of_the_analysis,
    "end-of-the-growth-analysis": a_last_day_left_out_of_the_analysis,
    "days-of-projections": a_day_left_out_of_a_projection,
    "pinned-scenario-of-the-batch": a_plan_of_another_batch,
    "stages-of-the-growth-analysis": a_state_of_another_stage,
    "biomass-of-the-growth-analysis": of_first(state, biomass_kg=state.biomass_kg + 1),
    "sampling-of-75-fish": of_first(HealthSamplingEvent, number_of_fish_sampled=74),
    "scores-of-each-fish": a_fish_not_scored,
    "scores-in-range": of_first(FishParameterScore, score=4),
    "health-sampling-aggregates": of_first(
        HealthSamplingEvent, avg_weight_g=HealthSamplingEvent.avg_weight_g + Decimal("0.02")
    ),
    "lice-counted-by-type": of_first(LiceCount, adult_female_count=1),
    "lice-counted-once": of_first(LiceCount, fish_sampled=19),
    "treatments-with-weighing": of_first(
        Treatment, Treatment.includes_weighing, sampling_event_id=None
    ),
    "vaccinations-name-their-vaccine": of_first(
        Treatment, Treatment.treatment_type == "vaccination", vaccination_type_id=None
    ),
    "treatments-in-their-journal": a_journal_entry_of_another_batch,
    "harvests-have-lots": a_harvest_of_nothing,
    "lot-weights-in-order": of_first(
        HarvestLot, fillet_weight_kg=HarvestLot.gutted_weight_kg + Decimal("0.001")
    ),
    "facts-equal-lots": of_first(FactHarvest, unit_count=FactHarvest.unit_count + 1),
    "waste-within-harvest": of_first(HarvestWaste, weight_kg=90_000_000),
    "withdrawal-before-harvest": a_harvest_too_soon_after_a_treatment,
    "intercompany-transfers": of_first(flow, flow.is_intercompany, dest_subsidiary="FRESHWATER"),
    "intercompany-transfers-are-booked": a_transfer_not_booked,
    "transactions-in-the-seller-s-currency": of_first(sale, currency="NOK"),
    "transactions-at-the-price-of-their-policy": of_first(
        sale, amount=sale.amount + Decimal("0.03")
    ),
    "daylight-of-every-day": a_day_of_unknown_light,
    "one-weather-an-area-and-instant": a_second_weather,
    "batch-numbers": a_batch_of_another_geography,
    "creation-numbers": of_first(BatchCreationWorkflow, workflow_number="CRT-1"),
    "transfer-numbers": of_first(flow, workflow_number="TRF-1"),
    "harvest-numbers": of_first(HarvestEvent, document_ref="HRV-1"),
    "choices-respected": of_first(MortalityEvent, cause="SHARKS"),
    "numbers-within-bounds": of_first(LiceCount, count_value=-1),
    "dates-in-order": a_sample_sent_before_it_was_taken,
    "rows-made-before-changed": of_first(Feed, created_at=sa.text("'2999-01-01 00:00:00.000000'")),
    "no-orphans-in-batch": of_first(BatchCreationWorkflow, created_by_id=NO_KEY),
    "no-orphans-in-broodstock": of_first(EggProduction, destination_station_id=NO_KEY),
    "no-orphans-in-environmental": of_first(
        StageTransitionEnvironmental, batch_transfer_workflow_id=NO_KEY
    ),
    "no-orphans-in-finance": of_first(sale, approved_by_id=NO_KEY),
    "no-orphans-in-harvest": of_first(HarvestEvent, dest_geography_id=NO_KEY),
    "no-orphans-in-health": of_first(HealthLabSample, recorded_by_id=NO_KEY),
    "no-orphans-in-infrastructure": a_sensor_without_container,
    "no-orphans-in-inventory": of_first(FeedingEvent, recorded_by_id=NO_KEY),
    "no-orphans-in-scenario": of_first(BiologicalConstraints, created_by_id=NO_KEY),
    "no-orphans-in-users": of_first(UserProfile, user_id=NO_KEY),
    "transactions-name-their-object": a_sale_of_another_harvest,
    "workflows-name-their-transaction": a_transaction_about_another_transfer,
    "sites-name-their-place": of_first(DimSite, source_pk=NO_KEY),
    "booked-harvests-name-their-batch": a_fact_of_another_batch,
}


@pytest.mark.parametrize("check", VIOLATIONS)
def test_exactly_one_check_fails(check: str, failing_after: Callable[..., set[str]]) -> None:
    assert failing_after(VIOLATIONS[check]) == {check}


def test_every_other_hard_check_has_a_violation() -> None:
    elsewhere = {"fish", "biomass", "occupancy", "feed", "feeding summaries", "events", "readings"}
    assert {check.name for check in HARD if check.subject not in elsewhere} == VIOLATIONS.keys()
