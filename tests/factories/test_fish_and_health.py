"""Batches, their fish and their health: pins, flags, and what must be refused."""

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
def test_a_batch_of_a_stage_started_long_enough_ago(
    stage: int, aquadata_session: Session, aquadata_as_of: date
) -> None:
    batch = BatchFactory(stage=stage)
    age = (aquadata_as_of - batch.start_date).days
    assert stage_of(aquadata_session, batch) == stage
    assert 90 * (stage - 1) <= age < 90 * stage or stage == 6
    assert batch.batch_number.startswith(f"FAR-{batch.start_date.year}-")


def test_a_batch_near_harvest_is_nearly_heavy_enough(
    aquadata_session: Session, aquadata_as_of: date
) -> None:
    batch = BatchFactory(adult=True, near_harvest=True, containers=2)
    fish = aquadata_session.scalars(
        sa.select(BatchContainerAssignment).where(
            BatchContainerAssignment.batch_id == batch.id, BatchContainerAssignment.is_active
        )
    ).all()
    assert len(fish) == 2
    assert all(5_300 < one.avg_weight_g < 5_600 for one in fish)
    assert timedelta(0) < batch.expected_end_date - aquadata_as_of < timedelta(days=14)


def test_a_batch_follows_the_rules_of_its_geography() -> None:
    batch = BatchFactory(geography="Scotland", near_harvest=True)
    assert batch.batch_number.startswith("SCO-")
    with pytest.raises(FactoryError, match="no geography 'Norway': choose one of Faroe Islands"):
        BatchFactory(geography="Norway")


def test_an_unknown_stage_is_refused() -> None:
    with pytest.raises(FactoryError, match="no stage 7"):
        BatchFactory(stage=7)


def test_fish_may_be_counted_and_weighed(
    aquadata_session: Session, all_hold: Callable[[], None]
) -> None:
    fish = BatchContainerAssignmentFactory(population_count=1_234, avg_weight_g=Decimal("812.50"))
    assert (fish.population_count, fish.avg_weight_g) == (1_234, Decimal("812.50"))
    assert fish.biomass_kg == Decimal("1002.63")
    assert stage_of(aquadata_session, fish) == 6
    all_hold()


def test_fish_may_have_come_on_a_day(all_hold: Callable[[], None]) -> None:
    fish = BatchContainerAssignmentFactory(stage=4, assignment_date=date(2025, 9, 1))
    assert fish.assignment_date == date(2025, 9, 1)
    all_hold()


def test_more_fish_of_a_batch_join_its_transfers(
    aquadata_session: Session, all_hold: Callable[[], None]
) -> None:
    batch = BatchFactory(adult=True)
    rings = BatchContainerAssignmentFactory.create_batch(3, batch=batch)
    moves = aquadata_session.scalars(sa.select(BatchTransferWorkflow)).all()
    to_sea = next(move for move in moves if move.is_intercompany)
    assert len(moves) == 5
    assert to_sea.actions_completed == 3
    assert to_sea.total_transferred_count == sum(ring.population_count for ring in rings)
    all_hold()


def test_fish_of_another_stage_than_their_batch_are_refused() -> None:
    batch = BatchFactory(stage=3)
    with pytest.raises(FactoryError, match="in stage 3 and has no fish to put into stage 5"):
        BatchContainerAssignmentFactory(batch=batch, stage=5)


def test_more_fish_than_there_are_cannot_die() -> None:
    fish = BatchContainerAssignmentFactory(population_count=100)
    with pytest.raises(FactoryError, match="101 fish cannot die where 100 are left"):
        MortalityEventFactory(assignment=fish, count=101)
    MortalityEventFactory(assignment=fish, count=100)
    assert fish.population_count == 0


def test_what_is_gone_is_neither_harvested_nor_dies_again() -> None:
    fish = BatchContainerAssignmentFactory(near_harvest=True)
    HarvestEventFactory(assignment=fish)
    with pytest.raises(FactoryError, match="has no fish for a harvest"):
        HarvestEventFactory(assignment=fish)
    with pytest.raises(FactoryError, match="no fish for a mortality event"):
        MortalityEventFactory(assignment=fish)


def test_a_key_that_is_not_there_is_named() -> None:
    with pytest.raises(FactoryError, match="no BatchContainerAssignment with the key 99"):
        MortalityEventFactory(assignment_id=99)


def test_a_growth_sample_is_the_sum_of_its_fish(
    aquadata_session: Session, all_hold: Callable[[], None]
) -> None:
    sample = GrowthSampleFactory(stage=5, sample_size=40)
    fish = aquadata_session.scalars(sa.select(IndividualGrowthObservation)).all()
    assert len(fish) == sample.sample_size == 40
    one = IndividualGrowthObservationFactory(growth_sample=sample, weight_g=Decimal("2000.00"))
    assert one.weight_g == Decimal("2000.00")
    assert sample.sample_size == 41
    assert sample.max_weight_g == Decimal("2000.00")
    all_hold()


def test_an_empty_growth_sample_is_refused() -> None:
    with pytest.raises(FactoryError, match="sample of 0 fish has no mean"):
        GrowthSampleFactory(sample_size=0)


def test_a_sampling_gives_its_75_fish_one_by_one() -> None:
    sampling = HealthSamplingEventFactory()
    fish = IndividualFishObservationFactory.create_batch(75, sampling_event=sampling)
    assert len({one.id for one in fish}) == 75
    with pytest.raises(FactoryError, match="no more: make another sampling"):
        IndividualFishObservationFactory(sampling_event=sampling)
    scores = [FishParameterScoreFactory(individual_fish_observation=fish[0]) for _ in range(9)]
    assert {score.individual_fish_observation_id for score in scores} == {fish[0].id}


def test_lice_above_the_limit(aquadata_session: Session, all_hold: Callable[[], None]) -> None:
    count = LiceCountFactory(above_limit=True)
    kind = aquadata_session.get_one(LiceType, count.lice_type_id)
    assert (kind.gender, kind.development_stage) == ("female", "adult")
    assert count.count_value / count.fish_sampled > 0.5  # the Faroese limit since 2021
    below = LiceCountFactory.create_batch(12)
    assert len({one.assignment_id for one in below}) == 1
    assert len({(one.count_date, one.lice_type_id) for one in below}) == 12
    all_hold()


def test_lice_are_not_counted_in_halls() -> None:
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
def test_treatments_of_every_kind(
    flag: str | None, kind: str, withdrawal: int, all_hold: Callable[[], None]
) -> None:
    cure = TreatmentFactory(**({flag: True} if flag else {}))
    assert cure.treatment_type == kind
    assert cure.withholding_period_days == withdrawal
    assert (cure.vaccination_type_id is not None) == (kind == "vaccination")
    all_hold()


def test_a_treatment_with_weighing_has_its_sampling(all_hold: Callable[[], None]) -> None:
    cure = TreatmentFactory(vaccination=True, weighed=True)
    assert cure.includes_weighing
    assert cure.sampling_event_id is not None
    all_hold()


def test_medicated_fish_wait_for_their_harvest(all_hold: Callable[[], None]) -> None:
    cure = TreatmentFactory(medicated=True, assignment__near_harvest=True)
    harvest = HarvestEventFactory(assignment_id=cure.batch_assignment_id)
    assert (harvest.event_date - cure.treatment_date).days >= cure.withholding_period_days
    all_hold()


def test_a_harvest_has_lots_facts_and_sales(
    aquadata_session: Session, all_hold: Callable[[], None]
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
    all_hold()


def test_a_batch_goes_on_while_it_has_fish(
    aquadata_session: Session, all_hold: Callable[[], None]
) -> None:
    batch = BatchFactory(near_harvest=True, containers=2)
    HarvestEventFactory(batch=batch)
    assert batch.status == "ACTIVE"
    all_hold()
    HarvestEventFactory(batch=batch)
    assert batch.status == "COMPLETED"
    all_hold()


def test_lots_are_taken_from_the_largest(all_hold: Callable[[], None]) -> None:
    first = HarvestLotFactory()
    before = first.unit_count
    second = HarvestLotFactory(event_id=first.event_id)
    assert first.unit_count + second.unit_count == before
    assert first.product_grade_id != second.product_grade_id
    all_hold()


def test_a_smolt_sale_is_of_a_move_to_sea(aquadata_session: Session) -> None:
    sale = IntercompanyTransactionFactory(smolt_sale=True)
    flow = aquadata_session.get_one(BatchTransferWorkflow, sale.object_id)
    assert flow.finance_transaction_id == sale.tx_id
    assert flow.is_intercompany


@pytest.mark.parametrize(
    ("flags", "category"), [({}, "TANK"), ({"ring": True}, "PEN"), ({"tray": True}, "TRAY")]
)
def test_containers_of_every_kind(
    flags: dict[str, bool], category: str, aquadata_session: Session
) -> None:
    container: Container = ContainerFactory(**flags)
    kind = aquadata_session.get_one(ContainerType, container.container_type_id)
    assert kind.category == category
    assert (container.area_id is None) == (category != "PEN")


def test_workflows_that_lie_ahead_have_no_actions(all_hold: Callable[[], None]) -> None:
    eggs = BatchCreationWorkflowFactory(planned=True)
    move = BatchTransferWorkflowFactory(planned=True, stage=5)
    assert (eggs.status, eggs.total_actions) == ("PLANNED", 0)
    assert (move.status, move.actions_completed, move.is_intercompany) == ("PLANNED", 0, True)
    all_hold()


def test_one_more_delivery_joins_its_workflow(all_hold: Callable[[], None]) -> None:
    eggs = BatchCreationWorkflowFactory()
    action = CreationActionFactory(workflow=eggs)
    assert action.workflow_id == eggs.id
    assert eggs.actions_completed == 2
    move = TransferActionFactory(to_sea=True)
    assert TransferActionFactory(workflow_id=move.workflow_id).action_number == 2
    all_hold()


def test_the_first_stage_was_never_transferred() -> None:
    with pytest.raises(FactoryError, match="was never transferred"):
        TransferActionFactory(batch=BatchFactory(stage=1))


@pytest.mark.parametrize("key", ["temperature", "oxygen", "ph", "co2", "no2", "no3", "nh4"])
def test_readings_of_every_parameter(key: str, all_hold: Callable[[], None]) -> None:
    readings = EnvironmentalReadingFactory.create_batch(30, parameter=key, stage=5)
    assert len({reading.reading_time for reading in readings}) == 30
    assert len({reading.sensor_id for reading in readings}) == 1
    all_hold()


def test_a_reading_by_hand_has_no_sensor(all_hold: Callable[[], None]) -> None:
    reading = EnvironmentalReadingFactory(manual=True)
    assert (reading.is_manual, reading.sensor_id) == (True, None)
    all_hold()


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(FactoryError, match="no parameter 'mood': choose one of temperature"):
        EnvironmentalReadingFactory(parameter="mood")


def test_a_positive_sample_has_a_diagnosis() -> None:
    assert "disease: 7 of 10" in HealthLabSampleFactory(positive=True).findings_summary


def test_the_growth_analysis_leaves_no_day_out(all_hold: Callable[[], None]) -> None:
    states = ActualDailyAssignmentStateFactory.create_batch(20, stage=4)
    assert [(state.date - states[0].date).days for state in states] == list(range(20))
    all_hold()


def test_master_data_is_found_not_made_twice(aquadata_session: Session) -> None:
    assert SpeciesFactory() is SpeciesFactory(scientific_name="Salmo salar")
    assert LifeCycleStageFactory(order=6).name == "Adult"
    assert FeedFactory(pellet_size_mm=Decimal("9.00")) is FeedFactory(weight_g=2_500)
    assert UserFactory(username="vet").first_name == "Fiona"


def test_master_data_of_ones_own_stands_beside_it(aquadata_session: Session) -> None:
    salmon, trout = SpeciesFactory(), SpeciesFactory(name="Rainbow trout")
    assert trout is not salmon
    assert trout.scientific_name != salmon.scientific_name
    assert len(aquadata_session.scalars(sa.select(Species)).all()) == 2
    users = UserFactory.create_batch(6)
    assert len({user.username for user in users}) == 6


def test_lice_counts_are_told_by_type(aquadata_session: Session) -> None:
    LiceCountFactory.create_batch(6)
    kinds = aquadata_session.scalars(sa.select(LiceCount.lice_type_id).distinct()).all()
    assert len(kinds) == 6
