"""Factories agree with the lifecycle: growth, feed, water, deaths and condition of fish."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.checks.dates import day_number
from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.factories import (
    BatchContainerAssignmentFactory,
    EnvironmentalReadingFactory,
    FeedingEventFactory,
    GrowthSampleFactory,
    MortalityEventFactory,
)
from pytest_aquadata.factories.arrivals import expected_fish
from pytest_aquadata.factories.expected_life import ExpectedStage, expected_life
from pytest_aquadata.factories.health_samplings import FISH_PER_SAMPLING, SCORE_THRESHOLDS
from pytest_aquadata.factories.standard_farm import standard_farm
from pytest_aquadata.lifecycle import health
from pytest_aquadata.lifecycle.biology import CONDITION_BY_STAGE, HANDLING_DEATHS
from pytest_aquadata.lifecycle.days import day_number as to_day_number
from pytest_aquadata.lifecycle.feeding import pellet
from pytest_aquadata.lifecycle.mortality import daily_rate
from pytest_aquadata.lifecycle.water import season_c
from pytest_aquadata.presets.requirements import UnplacedBatch, batch_requirements
from pytest_aquadata.schema import (
    Batch,
    BatchContainerAssignment,
    Container,
    EnvironmentalParameter,
    EnvironmentalReading,
    Feed,
    FeedingEvent,
    LifeCycleStage,
)

GEOGRAPHIES = ("Faroe Islands", "Scotland")


@pytest.mark.parametrize("geography", GEOGRAPHIES)
@pytest.mark.parametrize("month", [2, 6, 10])
def test_growth_is_that_of_the_planner(geography: str, month: int) -> None:
    farm, starts = standard_farm(), date(2023, month, 1)
    place = farm.geography_by_name[geography]
    wish = UnplacedBatch("FAR-2023-001", starts, 3_000_000, 5_000)
    needs = batch_requirements(farm, place, wish, seed=1)
    for stage, need in zip(expected_life(geography, starts), needs.stages, strict=True):
        assert stage.arrives == need.arrives
        if need.stage < 6:
            assert stage.leaves == need.leaves
            assert stage.weight_g[-1] == pytest.approx(need.end_weight_g, rel=0.08)
        else:
            reached = stage.arrives + timedelta(days=stage.first_day_at(5_000))
            assert abs((reached - need.leaves).days) < 45


def test_fish_weigh_as_much_as_simulated_fish(aquadata_small: Dataset) -> None:
    assignment = BatchContainerAssignment
    query = (
        sa.select(assignment, Batch.start_date, Batch.batch_number, LifeCycleStage.order)
        .join(Batch, Batch.id == assignment.batch_id)
        .join(LifeCycleStage, LifeCycleStage.id == assignment.lifecycle_stage_id)
        .where(LifeCycleStage.order > 1, assignment.departure_date.is_not(None))
    )
    ratios: list[float] = []
    with aquadata_small.session() as session:
        for row, starts, number, order in session.execute(query):
            stage = life_of(number, starts)[order - 1]
            expected = stage.weight_g[stage.day(row.departure_date)]
            ratios.append(float(row.avg_weight_g) / expected)
    assert len(ratios) > 50
    assert np.median(ratios) == pytest.approx(1.0, abs=0.05)
    assert np.abs(np.array(ratios) - 1.0).max() < 0.35


def life_of(number: str, starts: date) -> tuple[ExpectedStage, ...]:
    return expected_life("Faroe Islands" if number.startswith("FAR") else "Scotland", starts)


def test_meals_are_as_large_as_simulated_meals_at_the_same_age(
    aquadata_small: Dataset, aquadata_session: Session
) -> None:
    age = day_number(FeedingEvent.feeding_date) - day_number(
        BatchContainerAssignment.assignment_date
    )
    query = (
        sa.select(LifeCycleStage.order, age, sa.func.avg(FeedingEvent.feeding_percentage))
        .join_from(
            FeedingEvent,
            BatchContainerAssignment,
            BatchContainerAssignment.id == FeedingEvent.batch_assignment_id,
        )
        .join(LifeCycleStage, LifeCycleStage.id == BatchContainerAssignment.lifecycle_stage_id)
        .group_by(LifeCycleStage.order, age)
    )
    with aquadata_small.session() as session:
        simulated = {
            (stage, days): float(percent) for stage, days, percent in session.execute(query)
        }
    for stage in range(2, 6):
        fish = BatchContainerAssignmentFactory(stage=stage, day=88)
        meals = FeedingEventFactory.create_batch(120, assignment=fish)
        ages = [(meal.feeding_date - fish.assignment_date).days for meal in meals]
        pairs = [
            (float(meal.feeding_percentage), simulated[stage, days])
            for meal, days in zip(meals, ages, strict=True)
            if (stage, days) in simulated
        ]
        percentages, expected = np.array(pairs).T
        assert len(pairs) > 100
        assert percentages.mean() == pytest.approx(expected.mean(), rel=0.03)


@pytest.mark.parametrize("stage", range(2, 7))
def test_feed_and_deaths_follow_the_rules_of_the_stage(
    stage: int, aquadata_session: Session
) -> None:
    fish = BatchContainerAssignmentFactory(stage=stage)
    rule = standard_farm().stages[stage - 1]
    dead = MortalityEventFactory(assignment=fish)
    meal = FeedingEventFactory(assignment=fish)
    expected = expected_fish(stage) * daily_rate(rule.monthly_mortality_pct)
    assert abs(dead.count - expected) <= 1
    assert meal.feeding_time.strftime("%H:%M") in rule.meals
    suited = standard_farm().feeds[
        int(pellet(np.array([float(fish.avg_weight_g)]), standard_farm().feeds)[0])
    ]
    assert float(aquadata_session.get_one(Feed, meal.feed_id).pellet_size_mm) == suited.pellet_mm


@pytest.mark.parametrize("stage", range(2, 7))
def test_condition_factor_is_that_of_the_stage(stage: int, aquadata_session: Session) -> None:
    sample = GrowthSampleFactory(stage=stage, sample_size=400)
    assert float(sample.condition_factor) == pytest.approx(CONDITION_BY_STAGE[stage], rel=0.05)
    spread = float(sample.std_deviation_weight / sample.avg_weight_g)
    assert 0.15 < spread < 0.25


def test_sea_is_as_warm_as_the_simulated_sea(
    aquadata_small: Dataset, aquadata_session: Session, aquadata_as_of: date
) -> None:
    reading = EnvironmentalReadingFactory(stage=6)
    climate = standard_farm().geography_by_name["Faroe Islands"].climate
    (season,) = season_c(climate, np.array([to_day_number(aquadata_as_of)]))
    assert float(reading.value) == pytest.approx(season, abs=0.5)
    with aquadata_small.session() as session:
        month = sa.func.strftime("%m", EnvironmentalReading.reading_time)
        mean = session.scalar(
            sa.select(sa.func.avg(EnvironmentalReading.value))
            .join(EnvironmentalParameter)
            .join(Batch, Batch.id == EnvironmentalReading.batch_id)
            .join(Container, Container.id == EnvironmentalReading.container_id)
            .where(
                EnvironmentalParameter.name == "temperature",
                Container.area_id.is_not(None),
                Batch.batch_number.like("FAR%"),
                month == f"{aquadata_as_of.month:02d}",
            )
        )
    assert mean is not None
    assert float(reading.value) == pytest.approx(float(mean), abs=0.6)


def test_constants_equal_those_of_the_lifecycle() -> None:
    assert SCORE_THRESHOLDS == health._THRESHOLDS
    assert FISH_PER_SAMPLING == health.FISH
    assert expected_fish(2) == pytest.approx(expected_fish(1) * (1 - HANDLING_DEATHS), abs=1)
