"""Soft checks measure something, or say what they lack; a farm unlike real ones fails them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa

from pytest_aquadata.checks import Check, Report, run_checks
from pytest_aquadata.checks.soft import SOFT
from pytest_aquadata.checks.soft.chemistry import oxygen_solubility
from pytest_aquadata.schema import (
    Area,
    Base,
    BatchContainerAssignment,
    Container,
    EnvironmentalParameter,
    EnvironmentalReading,
    Feed,
    FeedingEvent,
    FishParameterScore,
    Geography,
    HarvestLot,
    IndividualGrowthObservation,
    LiceCount,
    LiceType,
    LifeCycleStage,
    MortalityEvent,
    PhotoperiodData,
    ProductGrade,
    TransferAction,
)

every_soft_check = pytest.mark.parametrize("check", SOFT, ids=lambda check: check.name)


@pytest.fixture(scope="module")
def report(small: sa.Engine) -> Report:
    return run_checks(small, only=["soft"])


@pytest.fixture(scope="module")
def nothing() -> Iterator[Report]:
    engine = sa.create_engine("sqlite://", poolclass=sa.StaticPool)
    Base.metadata.create_all(engine)
    yield run_checks(engine)
    engine.dispose()


@every_soft_check
def test_small_gives_it_a_value_or_lacks_something(check: Check, report: Report) -> None:
    result = report[check.name]
    assert (result.value is None) == (result.passed is None) == bool(result.reason)
    assert result.value is None or math.isfinite(result.value)


def test_most_apply_to_small(report: Report) -> None:
    applying = [result for result in report.results if result.passed is not None]
    assert len(applying) > 0.9 * len(SOFT)


@every_soft_check
def test_without_data_it_does_not_apply(check: Check, nothing: Report) -> None:
    assert nothing[check.name].passed is None
    assert nothing[check.name].reason


def test_without_data_no_hard_check_fails(nothing: Report) -> None:
    assert nothing.ok
    assert nothing.soft_share is None


def of_stage(order: int) -> Any:
    return (
        sa.select(BatchContainerAssignment.id)
        .join(LifeCycleStage, LifeCycleStage.id == BatchContainerAssignment.lifecycle_stage_id)
        .where(LifeCycleStage.order == order)
    )


def readings(parameter: str, value: Any, geography: str | None = None) -> sa.Update:
    """All readings of a parameter, or those at sea in a geography, made another value."""
    named = sa.select(EnvironmentalParameter.id).where(EnvironmentalParameter.name == parameter)
    change = sa.update(EnvironmentalReading).where(EnvironmentalReading.parameter_id.in_(named))
    if geography is not None:
        here = (
            sa.select(Container.id)
            .join(Area, Area.id == Container.area_id)
            .join(Geography, Geography.id == Area.geography_id)
            .where(Geography.name.contains(geography))
        )
        change = change.where(EnvironmentalReading.container_id.in_(here))
    return change.values(value=value)


def grade(code: str) -> Any:
    return sa.select(ProductGrade.id).where(ProductGrade.code == code).scalar_subquery()


adult_females = sa.select(LiceType.id).where(
    LiceType.gender == "female", LiceType.development_stage == "adult"
)
value = EnvironmentalReading.value
meal, death, lot, louse = FeedingEvent, MortalityEvent, HarvestLot, LiceCount
fish = IndividualGrowthObservation

VIOLATIONS = {
    "growth-at-sea": readings("temperature", value * 2),
    "no-growth-plateaus": sa.update(meal)
    .where(meal.batch_assignment_id.in_(of_stage(6)))
    .values(batch_biomass_kg=100_000),
    "feed-conversion-of-adults": sa.update(meal).values(amount_kg=meal.amount_kg * 1.5),
    "feed-conversion-of-the-farm": sa.update(meal).values(amount_kg=meal.amount_kg * 0.8),
    "pellets-fit-the-fish": sa.update(Feed).values(pellet_size_mm=3),
    "loss-of-eggs": sa.update(death)
    .where(death.assignment_id.in_(of_stage(1)))
    .values(count=death.count * 4),
    "early-loss-at-sea": sa.update(death).values(count=death.count * 4),
    "over-dispersed-deaths": sa.update(death).values(count=100),
    "skewed-losses": sa.update(death).values(count=100),
    "sea-temperature-of-scotland": readings("temperature", value + 2, "Scotland"),
    "sea-temperature-of-the-faroes": readings("temperature", 12, "Faroe"),
    "sea-temperature-has-memory": readings("temperature", EnvironmentalReading.id * 7919 % 13),
    "temperature-of-incubation": readings("temperature", 12),
    "salinity-of-scotland": readings("salinity", 20),
    "oxygen-near-saturation": readings("dissolved oxygen", value * 2),
    "carbon-dioxide-within-limits": readings("CO2", 16),
    "ph-within-limits": readings("pH", 8),
    "most-lice-counts-low": sa.update(louse)
    .where(louse.lice_type_id.in_(adult_females))
    .values(count_value=40),
    "lice-in-season": sa.update(louse).values(count_value=10),
    "delousing-works": sa.update(louse).values(count_value=20),
    "delousing-answers-a-count": sa.update(louse).values(count_value=0),
    "condition-of-adults": sa.update(fish).values(length_cm=fish.length_cm * 1.3),
    "length-follows-weight": sa.update(fish).values(length_cm=30 + fish.id % 7),
    "samples-scatter-around-the-book": sa.update(fish).values(weight_g=fish.weight_g * 1.2),
    "harvest-weight-in-scotland": sa.update(lot).values(live_weight_kg=lot.live_weight_kg * 1.3),
    "gutted-yield": sa.update(lot).values(gutted_weight_kg=lot.live_weight_kg * 0.9),
    "superior-share": sa.update(lot).values(product_grade_id=grade("GRADE_A")),
    "worst-harvest-count-shortfall": sa.update(death)
    .where(death.description.contains("Counting"))
    .values(count=death.count * 10),
    "fish-in-a-ring": sa.update(TransferAction).values(
        transferred_count=TransferAction.transferred_count * 2
    ),
    "density-of-rings": sa.update(Container).values(volume_m3=Container.volume_m3 / 4),
    "container-limits": sa.update(Container).values(max_biomass_kg=Container.max_biomass_kg / 4),
    "most-scores-good": sa.update(FishParameterScore).values(score=1),
    "daylight-by-latitude": sa.update(PhotoperiodData).values(day_length_hours=12),
}
"""What makes the small farm unlike real ones."""


@pytest.fixture(scope="module")
def spoilable(small: sa.Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A copy of the small preset."""
    path = tmp_path_factory.mktemp("spoilable") / "small.db"
    with small.connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(path),))
    engine = sa.create_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


@pytest.mark.parametrize("check", VIOLATIONS)
def test_a_farm_unlike_real_ones_fails(check: str, spoilable: sa.Engine) -> None:
    with spoilable.connect() as connection:
        assert connection.execute(VIOLATIONS[check]).rowcount > 0
        result = run_checks(connection, only=[check])[check]
        connection.rollback()
    assert result.passed is False, "\n".join(result.lines())


def test_oxygen_solubility_is_the_published_one() -> None:
    assert oxygen_solubility(np.array([10.0]), np.array([0.0]))[0] == pytest.approx(11.29, abs=0.01)
    assert oxygen_solubility(np.array([10.0]), np.array([35.0]))[0] == pytest.approx(9.02, abs=0.01)
