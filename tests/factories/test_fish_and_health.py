"""Batches, their fish and their health: pinned columns, traits, and arguments refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.factories import (
    ActualDailyAssignmentStateFactory,
    BatchContainerAssignmentFactory,
    BatchCreationWorkflowFactory,
    BatchFactory,
    BatchTransferWorkflowFactory,
    ContainerFactory,
    CreationActionFactory,
    EnvironmentalReadingFactory,
    FactoryError,
    FeedFactory,
    FishParameterScoreFactory,
    GrowthSampleFactory,
    HarvestEventFactory,
    HarvestLotFactory,
    HealthLabSampleFactory,
    HealthSamplingEventFactory,
    IndividualFishObservationFactory,
    IndividualGrowthObservationFactory,
    IntercompanyTransactionFactory,
    LiceCountFactory,
    LifeCycleStageFactory,
    MortalityEventFactory,
    SpeciesFactory,
    TransferActionFactory,
    TreatmentFactory,
    UserFactory,
)
from pytest_aquadata.schema import (
    Batch,
    BatchContainerAssignment,
    BatchTransferWorkflow,
    Container,
    ContainerType,
    FactHarvest,
    HarvestLot,
    IndividualGrowthObservation,
    IntercompanyTransaction,
    LiceCount,
    LiceType,
    LifeCycleStage,
    Species,
)

pytestmark = pytest.mark.usefixtures("aquadata_session")


def stage_of(session: Session, row: Batch | BatchContainerAssignment) -> int:
    return session.get_one(LifeCycleStage, row.lifecycle_stage_id).order


@pytest.mark.parametrize("stage", range(1, 7))
def test_the_start_date_of_a_batch_fits_its_stage(
    stage: int, aquadata_session: Session, aquadata_as_of: date
) -> None:
    batch = BatchFactory(stage=stage)
    age = (aquadata_as_of - batch.start_date).days
    assert stage_of(aquadata_session, batch) == stage
    assert 90 * (stage - 1) <= age < 90 * stage or stage == 6
    assert batch.batch_number.startswith(f"FAR-{batch.start_date.year}-")


def test_fish_near_harvest_weigh_98_percent_of_the_harvest_weight(
    aquadata_session: Session, aquadata_as_of: date
) -> None:
    batch = BatchFactory(adult=True, near_harvest=True, containers=2)
    fish = aquadata_session.scalars(
        sa.select(BatchContainerAssignment).where(
            BatchContainerAssignment.batch_id == batch.id, BatchContainerAssignment.is_active
        )
    ).all()
    assert len(fish) == 2
    assert all(5_300 < assignment.avg_weight_g < 5_600 for assignment in fish)
    assert timedelta(0) < batch.expected_end_date - aquadata_as_of < timedelta(days=14)


def test_a_batch_follows_the_rules_of_its_geography() -> None:
    batch = BatchFactory(geography="Scotland", near_harvest=True)
    assert batch.batch_number.startswith("SCO-")
    with pytest.raises(FactoryError, match="no geography 'Norway': choose one of Faroe Islands"):
        BatchFactory(geography="Norway")


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(FactoryError, match="no stage 7"):
        BatchFactory(stage=7)


def test_biomass_and_stage_follow_pinned_count_and_weight(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    fish = BatchContainerAssignmentFactory(population_count=1_234, avg_weight_g=Decimal("812.50"))
    assert (fish.population_count, fish.avg_weight_g) == (1_234, Decimal("812.50"))
    assert fish.biomass_kg == Decimal("1002.63")
    assert stage_of(aquadata_session, fish) == 6
    assert_hard_checks()


def test_the_day_of_arrival_can_be_pinned(assert_hard_checks: Callable[[], None]) -> None:
    fish = BatchContainerAssignmentFactory(stage=4, assignment_date=date(2025, 9, 1))
    assert fish.assignment_date == date(2025, 9, 1)
    assert_hard_checks()


def test_further_assignments_of_a_batch_join_its_transfer_workflows(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    batch = BatchFactory(adult=True)
    rings = BatchContainerAssignmentFactory.create_batch(3, batch=batch)
    moves = aquadata_session.scalars(sa.select(BatchTransferWorkflow)).all()
    to_sea = next(move for move in moves if move.is_intercompany)
    assert len(moves) == 5
    assert to_sea.actions_completed == 3
    assert to_sea.total_transferred_count == sum(ring.population_count for ring in rings)
    assert_hard_checks()


def test_a_stage_other_than_that_of_the_batch_is_refused() -> None:
    batch = BatchFactory(stage=3)
    with pytest.raises(FactoryError, match="in stage 3 and has no fish to put into stage 5"):
        BatchContainerAssignmentFactory(batch=batch, stage=5)


def test_more_deaths_than_fish_are_refused() -> None:
    fish = BatchContainerAssignmentFactory(population_count=100)
    with pytest.raises(FactoryError, match="101 fish cannot die where 100 are left"):
        MortalityEventFactory(assignment=fish, count=101)
    MortalityEventFactory(assignment=fish, count=100)
    assert fish.population_count == 0


def test_harvested_fish_are_refused_for_a_harvest_or_deaths() -> None:
    fish = BatchContainerAssignmentFactory(near_harvest=True)
    HarvestEventFactory(assignment=fish)
    with pytest.raises(FactoryError, match="has no fish for a harvest"):
        HarvestEventFactory(assignment=fish)
    with pytest.raises(FactoryError, match="no fish for a mortality event"):
        MortalityEventFactory(assignment=fish)


def test_the_error_for_a_missing_parent_names_model_and_key() -> None:
    with pytest.raises(FactoryError, match="no BatchContainerAssignment with the key 99"):
        MortalityEventFactory(assignment_id=99)


def test_aggregates_of_a_growth_sample_follow_its_fish(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    sample = GrowthSampleFactory(stage=5, sample_size=40)
    fish = aquadata_session.scalars(sa.select(IndividualGrowthObservation)).all()
    assert len(fish) == sample.sample_size == 40
    added = IndividualGrowthObservationFactory(growth_sample=sample, weight_g=Decimal("2000.00"))
    assert added.weight_g == Decimal("2000.00")
    assert sample.sample_size == 41
    assert sample.max_weight_g == Decimal("2000.00")
    assert_hard_checks()


def test_an_empty_growth_sample_is_refused() -> None:
    with pytest.raises(FactoryError, match="sample of 0 fish has no mean"):
        GrowthSampleFactory(sample_size=0)


def test_calls_return_the_75_fish_of_a_sampling_one_by_one() -> None:
    sampling = HealthSamplingEventFactory()
    fish = IndividualFishObservationFactory.create_batch(75, sampling_event=sampling)
    assert len({observation.id for observation in fish}) == 75
    with pytest.raises(FactoryError, match="no more: make another sampling"):
        IndividualFishObservationFactory(sampling_event=sampling)
    scores = [FishParameterScoreFactory(individual_fish_observation=fish[0]) for _ in range(9)]
    assert {score.individual_fish_observation_id for score in scores} == {fish[0].id}


def test_the_trait_above_limit_counts_adult_females_above_it(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    count = LiceCountFactory(above_limit=True)
    kind = aquadata_session.get_one(LiceType, count.lice_type_id)
    assert (kind.gender, kind.development_stage) == ("female", "adult")
    assert count.count_value / count.fish_sampled > 0.5  # the Faroese limit since 2021
    below = LiceCountFactory.create_batch(12)
    assert len({count.assignment_id for count in below}) == 1
    assert len({(count.count_date, count.lice_type_id) for count in below}) == 12
    assert_hard_checks()


def test_lice_counts_in_halls_are_refused() -> None:
    with pytest.raises(FactoryError, match="no lice in a hall"):
        LiceCountFactory(stage=3)


@pytest.mark.parametrize(
    ("flag", "kind", "withdrawal"),
    [
        ("delousing", "physical", 0),
        ("medicated", "medication", 60),
        ("vaccination", "vaccination", 0),
        (None, "other", 0),
    ],
)
def test_traits_of_treatments_choose_type_and_withdrawal_period(
    flag: str | None, kind: str, withdrawal: int, assert_hard_checks: Callable[[], None]
) -> None:
    cure = TreatmentFactory(**({flag: True} if flag else {}))
    assert cure.treatment_type == kind
    assert cure.withholding_period_days == withdrawal
    assert (cure.vaccination_type_id is not None) == (kind == "vaccination")
    assert_hard_checks()


def test_a_weighed_treatment_has_a_health_sampling(assert_hard_checks: Callable[[], None]) -> None:
    cure = TreatmentFactory(vaccination=True, weighed=True)
    assert cure.includes_weighing
    assert cure.sampling_event_id is not None
    assert_hard_checks()


def test_a_harvest_waits_for_the_withdrawal_period(assert_hard_checks: Callable[[], None]) -> None:
    cure = TreatmentFactory(medicated=True, assignment__near_harvest=True)
    harvest = HarvestEventFactory(assignment_id=cure.batch_assignment_id)
    assert (harvest.event_date - cure.treatment_date).days >= cure.withholding_period_days
    assert_hard_checks()


def test_a_harvest_has_a_fact_and_a_sale_for_every_lot(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    fish = BatchContainerAssignmentFactory(near_harvest=True)
    harvest = HarvestEventFactory(with_lots=True, assignment=fish)
    lots = aquadata_session.scalars(sa.select(HarvestLot)).all()
    assert len(lots) == 5
    assert sum(lot.unit_count for lot in lots) == fish.population_count
    assert len(aquadata_session.scalars(sa.select(FactHarvest)).all()) == 5
    sales = sa.select(IntercompanyTransaction).where(IntercompanyTransaction.event_id == harvest.id)
    assert len(aquadata_session.scalars(sales).all()) == 5
    batch = aquadata_session.get_one(Batch, harvest.batch_id)
    assert (batch.status, batch.actual_end_date) == ("COMPLETED", harvest.event_date.date())
    assert_hard_checks()


def test_a_batch_is_completed_with_the_harvest_of_its_last_fish(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    batch = BatchFactory(near_harvest=True, containers=2)
    HarvestEventFactory(batch=batch)
    assert batch.status == "ACTIVE"
    assert_hard_checks()
    HarvestEventFactory(batch=batch)
    assert batch.status == "COMPLETED"
    assert_hard_checks()


def test_a_further_lot_takes_fish_from_the_largest(assert_hard_checks: Callable[[], None]) -> None:
    first = HarvestLotFactory()
    before = first.unit_count
    second = HarvestLotFactory(event_id=first.event_id)
    assert first.unit_count + second.unit_count == before
    assert first.product_grade_id != second.product_grade_id
    assert_hard_checks()


def test_a_smolt_sale_is_of_a_transfer_to_sea(aquadata_session: Session) -> None:
    sale = IntercompanyTransactionFactory(smolt_sale=True)
    workflow = aquadata_session.get_one(BatchTransferWorkflow, sale.object_id)
    assert workflow.finance_transaction_id == sale.tx_id
    assert workflow.is_intercompany


@pytest.mark.parametrize(
    ("flags", "category"), [({}, "TANK"), ({"ring": True}, "PEN"), ({"tray": True}, "TRAY")]
)
def test_traits_of_containers_choose_their_category(
    flags: dict[str, bool], category: str, aquadata_session: Session
) -> None:
    container: Container = ContainerFactory(**flags)
    kind = aquadata_session.get_one(ContainerType, container.container_type_id)
    assert kind.category == category
    assert (container.area_id is None) == (category != "PEN")


def test_planned_workflows_have_no_actions(assert_hard_checks: Callable[[], None]) -> None:
    eggs = BatchCreationWorkflowFactory(planned=True)
    move = BatchTransferWorkflowFactory(planned=True, stage=5)
    assert (eggs.status, eggs.total_actions) == ("PLANNED", 0)
    assert (move.status, move.actions_completed, move.is_intercompany) == ("PLANNED", 0, True)
    assert_hard_checks()


def test_further_actions_join_their_workflow(assert_hard_checks: Callable[[], None]) -> None:
    eggs = BatchCreationWorkflowFactory()
    action = CreationActionFactory(workflow=eggs)
    assert action.workflow_id == eggs.id
    assert eggs.actions_completed == 2
    move = TransferActionFactory(to_sea=True)
    assert TransferActionFactory(workflow_id=move.workflow_id).action_number == 2
    assert_hard_checks()


def test_a_transfer_of_a_batch_in_stage_1_is_refused() -> None:
    with pytest.raises(FactoryError, match="was never transferred"):
        TransferActionFactory(batch=BatchFactory(stage=1))


@pytest.mark.parametrize("key", ["temperature", "oxygen", "ph", "co2", "no2", "no3", "nh4"])
def test_readings_of_a_parameter_come_from_one_sensor(
    key: str, assert_hard_checks: Callable[[], None]
) -> None:
    readings = EnvironmentalReadingFactory.create_batch(30, parameter=key, stage=5)
    assert len({reading.reading_time for reading in readings}) == 30
    assert len({reading.sensor_id for reading in readings}) == 1
    assert_hard_checks()


def test_a_manual_reading_has_no_sensor(assert_hard_checks: Callable[[], None]) -> None:
    reading = EnvironmentalReadingFactory(manual=True)
    assert (reading.is_manual, reading.sensor_id) == (True, None)
    assert_hard_checks()


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(FactoryError, match="no parameter 'mood': choose one of temperature"):
        EnvironmentalReadingFactory(parameter="mood")


def test_a_positive_laboratory_sample_names_the_disease() -> None:
    assert "disease: 7 of 10" in HealthLabSampleFactory(positive=True).findings_summary


def test_growth_analysis_states_follow_day_by_day(assert_hard_checks: Callable[[], None]) -> None:
    states = ActualDailyAssignmentStateFactory.create_batch(20, stage=4)
    assert [(state.date - states[0].date).days for state in states] == list(range(20))
    assert_hard_checks()


def test_master_data_is_found_rather_than_added_twice(aquadata_session: Session) -> None:
    assert SpeciesFactory() is SpeciesFactory(scientific_name="Salmo salar")
    assert LifeCycleStageFactory(order=6).name == "Adult"
    assert FeedFactory(pellet_size_mm=Decimal("9.00")) is FeedFactory(weight_g=2_500)
    assert UserFactory(username="vet").first_name == "Fiona"


def test_pinned_columns_add_master_data_beside_the_catalogue(aquadata_session: Session) -> None:
    salmon, trout = SpeciesFactory(), SpeciesFactory(name="Rainbow trout")
    assert trout is not salmon
    assert trout.scientific_name != salmon.scientific_name
    assert len(aquadata_session.scalars(sa.select(Species)).all()) == 2
    users = UserFactory.create_batch(6)
    assert len({user.username for user in users}) == 6


def test_calls_count_the_lice_types_in_turn(aquadata_session: Session) -> None:
    LiceCountFactory.create_batch(6)
    kinds = aquadata_session.scalars(sa.select(LiceCount.lice_type_id).distinct()).all()
    assert len(kinds) == 6
