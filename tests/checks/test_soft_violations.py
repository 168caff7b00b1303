"""Every soft check fails on data that are unlike those of real farms."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.checks import run_checks
from pytest_aquadata.checks.dates import day_number, month_of
from pytest_aquadata.checks.soft import SOFT
from pytest_aquadata.schema import (
    Area,
    BatchContainerAssignment,
    Container,
    EnvironmentalParameter,
    EnvironmentalReading,
    Feed,
    FeedingEvent,
    FishParameterScore,
    Geography,
    HarvestEvent,
    HarvestLot,
    HealthSamplingEvent,
    IndividualFishObservation,
    IndividualGrowthObservation,
    LiceCount,
    LiceType,
    LifeCycleStage,
    MortalityEvent,
    PhotoperiodData,
    ProductGrade,
    TransferAction,
    Treatment,
)

EGGS, FRY, PARR, SMOLT, POST_SMOLT, ADULT = range(1, 7)


def of_stages(*orders: int) -> Any:
    """Return the assignments of some stages, by the order of the stage."""
    return (
        sa.select(BatchContainerAssignment.id)
        .join(LifeCycleStage, LifeCycleStage.id == BatchContainerAssignment.lifecycle_stage_id)
        .where(LifeCycleStage.order.in_(orders))
    )


def readings(parameter: str, value: Any, geography: str | None = None) -> sa.Update:
    """Set all readings of a parameter, or those at sea in one geography."""
    named = sa.select(EnvironmentalParameter.id).where(EnvironmentalParameter.name == parameter)
    change = sa.update(EnvironmentalReading).where(EnvironmentalReading.parameter_id.in_(named))
    if geography is not None:
        at_sea = (
            sa.select(Container.id)
            .join(Area, Area.id == Container.area_id)
            .join(Geography, Geography.id == Area.geography_id)
            .where(Geography.name == geography)
        )
        change = change.where(EnvironmentalReading.container_id.in_(at_sea))
    return change.values(value=value)


def grade(code: str) -> Any:
    return sa.select(ProductGrade.id).where(ProductGrade.code == code).scalar_subquery()


def age(model: Any, day: Any, assignment_id: Any) -> Any:
    """Return the days from the start of a row's assignment to the row."""
    start = (
        sa.select(day_number(BatchContainerAssignment.assignment_date))
        .where(BatchContainerAssignment.id == assignment_id)
        .correlate(model)
        .scalar_subquery()
    )
    return day_number(day) - start


value = EnvironmentalReading.value
meal, death, lot, louse = FeedingEvent, MortalityEvent, HarvestLot, LiceCount
assignment, fish, score = BatchContainerAssignment, IndividualGrowthObservation, FishParameterScore

adult_females = louse.lice_type_id.in_(
    sa.select(LiceType.id).where(LiceType.gender == "female", LiceType.development_stage == "adult")
)
more_feed = sa.update(meal).values(amount_kg=meal.amount_kg * 1.5)
more_deaths = sa.update(death).values(count=death.count * 8)
even_deaths = sa.update(death).values(count=100)
deaths_every_other_day = sa.update(death).values(
    count=sa.case((day_number(death.event_date) % 2 == 0, 200), else_=1)
)
deaths_late_at_sea = sa.update(death).where(
    death.assignment_id.in_(of_stages(ADULT)),
    age(death, death.event_date, death.assignment_id) >= 90,
)
counting_deaths = (
    sa.update(death).where(death.description.contains("Counting")).values(count=death.count * 10)
)
random_temperature = readings("temperature", EnvironmentalReading.id * 7919 % 13)
twice_as_warm = readings("temperature", value * 2)
warm_4 = readings("temperature", value + 4)
low_oxygen = readings("dissolved oxygen", value / 2)
heavy_harvest = sa.update(lot).values(live_weight_kg=lot.live_weight_kg * 1.3)
longer_fish = sa.update(fish).values(length_cm=fish.length_cm * 1.3)
one_louse = sa.update(louse).values(count_value=1)
small_containers = sa.update(Container).values(volume_m3=Container.volume_m3 / 4)
harvested_at_once = (
    sa.update(assignment)
    .where(assignment.id.in_(of_stages(ADULT)), assignment.departure_date.is_not(None))
    .values(departure_date=assignment.assignment_date)
)
rows_at_sea = assignment.id.in_(of_stages(ADULT))
ten_batches_at_sea = sa.update(assignment).where(rows_at_sea).values(batch_id=assignment.id)
a_delousing = (
    sa.select(Treatment.batch_assignment_id, Treatment.treatment_date)
    .where(
        Treatment.treatment_type != "vaccination",
        Treatment.batch_assignment_id.in_(of_stages(ADULT)),
    )
    .order_by(Treatment.id)
    .limit(1)
)
summer_samplings = sa.select(HealthSamplingEvent.id).where(
    month_of(HealthSamplingEvent.sampling_date).in_([6, 7, 8, 9])
)
scores_of_summer = score.individual_fish_observation_id.in_(
    sa.select(IndividualFishObservation.id).where(
        IndividualFishObservation.sampling_event_id.in_(summer_samplings)
    )
)
JANUARY, JULY = dt.date(2025, 1, 15), dt.date(2025, 7, 15)


def no_worse_grades_in_winter(connection: sa.Connection) -> None:
    """Spread the harvests over two seasons and give all lots the same grade."""
    for (event_id,) in connection.execute(sa.select(HarvestEvent.id)).all():
        day = JANUARY if event_id % 2 else JULY
        moment = dt.datetime.combine(day, dt.time(12), dt.UTC)
        change = sa.update(HarvestEvent).where(HarvestEvent.id == event_id)
        connection.execute(change.values(event_date=moment))
    connection.execute(sa.update(lot).values(product_grade_id=grade("SUPERIOR")))


def no_worse_scores_after_delousing(connection: sa.Connection) -> None:
    """Put half of the samplings right after a delousing and give all fish the same scores."""
    key, moment = connection.execute(a_delousing).one()
    samplings = sa.update(HealthSamplingEvent).where(HealthSamplingEvent.id % 2 == 0)
    connection.execute(samplings.values(assignment_id=key, sampling_date=moment.date()))
    connection.execute(sa.update(score).values(score=1))


VIOLATIONS: dict[str, Any] = {
    "growth-of-fry": twice_as_warm,
    "growth-of-parr": twice_as_warm,
    "growth-of-smolt": twice_as_warm,
    "growth-of-post-smolt": twice_as_warm,
    "growth-at-sea": twice_as_warm,
    "best-temperature-for-growth": readings("temperature", value + 6),
    "weaker-growth-in-warm-water": warm_4,
    "no-growth-plateaus": sa.update(meal)
    .where(meal.batch_assignment_id.in_(of_stages(ADULT)))
    .values(batch_biomass_kg=100_000),
    "slow-start-at-sea": sa.update(meal)
    .where(
        meal.batch_assignment_id.in_(of_stages(ADULT)),
        age(meal, meal.feeding_date, meal.batch_assignment_id) < 14,
    )
    .values(batch_biomass_kg=meal.batch_biomass_kg * 0.8),
    "spread-between-rings": sa.update(meal).values(
        batch_biomass_kg=meal.batch_biomass_kg * (1 + meal.batch_assignment_id % 2)
    ),
    "feed-conversion-of-fry": more_feed,
    "feed-conversion-of-parr": more_feed,
    "feed-conversion-of-smolt": more_feed,
    "feed-conversion-of-post-smolt": more_feed,
    "feed-conversion-of-adults": more_feed,
    "economic-above-biological-conversion": heavy_harvest,
    "feed-conversion-of-the-farm": sa.update(meal).values(amount_kg=meal.amount_kg * 0.8),
    "pellets-fit-the-fish": sa.update(Feed).values(pellet_size_mm=3),
    "ration-falls-with-size": sa.update(meal)
    .where(meal.feed_id.in_(sa.select(Feed.id).where(Feed.pellet_size_mm == 11)))
    .values(amount_kg=meal.amount_kg * 2),
    "loss-of-eggs": more_deaths,
    "loss-in-fresh-water": more_deaths,
    "loss-of-fry": more_deaths,
    "loss-of-parr": more_deaths,
    "loss-of-smolt": more_deaths,
    "loss-of-post-smolt": more_deaths,
    "early-loss-at-sea": more_deaths,
    "lower-loss-later": deaths_late_at_sea.values(count=death.count * 3),
    "loss-of-a-sea-cycle": more_deaths,
    "usual-sea-cycles": more_deaths,
    "skewed-losses": even_deaths,
    "over-dispersed-deaths": even_deaths,
    "autocorrelated-deaths": deaths_every_other_day,
    "causes-of-death-at-sea": (ten_batches_at_sea, sa.update(death).values(cause="PREDATION")),
    "deaths-after-delousing": even_deaths,
    "sea-temperature-of-scotland": readings("temperature", value + 2, "Scotland"),
    "sea-temperature-of-the-faroes": readings("temperature", 12, "Faroe Islands"),
    "sea-temperature-follows-the-calendar": random_temperature,
    "sea-temperature-has-memory": random_temperature,
    "sea-temperature-varies-from-day-to-day": readings("temperature", 9),
    "temperature-of-incubation": readings("temperature", 12),
    "temperature-of-halls": readings("temperature", 9),
    "steady-temperature-of-halls": random_temperature,
    "salinity-of-the-faroes": readings("salinity", 20),
    "salinity-of-scotland": readings("salinity", 20),
    "oxygen-near-saturation": readings("dissolved oxygen", value * 2),
    "oxygen-at-sea": low_oxygen,
    "oxygen-in-halls": low_oxygen,
    "carbon-dioxide-within-limits": readings("CO2", 16),
    "nitrite-within-limits": readings("NO2", 0.2),
    "total-ammonia-within-limits": readings("NH4", 3),
    "ph-within-limits": readings("pH", 8),
    "toxic-ammonia-within-limits": readings("pH", 9),
    "carbon-dioxide-of-smolt-halls": readings("CO2", 18),
    "ammonia-of-smolt-halls": readings("NH4", 3),
    "most-lice-counts-low": sa.update(louse).where(adult_females).values(count_value=40),
    "lice-in-season": sa.update(louse).values(count_value=10),
    "lice-counts-without-lice": one_louse,
    "long-tail-of-lice": one_louse,
    "delousing-works": sa.update(louse).values(count_value=20),
    "delousings-a-sea-cycle": sa.update(Treatment)
    .where(Treatment.id % 2 == 0)
    .values(treatment_type="vaccination"),
    "lice-over-the-limit-are-answered": sa.update(louse)
    .where(adult_females)
    .values(count_value=40),
    "delousing-answers-a-count": sa.update(louse).values(count_value=0),
    "lice-counted-often": sa.delete(louse).where(day_number(louse.count_date) % 42 >= 14),
    "condition-of-parr": longer_fish,
    "condition-of-smolt": longer_fish,
    "condition-of-adults": longer_fish,
    "weight-varies-within-a-container": sa.update(fish).values(weight_g=100),
    "condition-varies-between-fish": sa.update(fish).values(
        length_cm=fish.length_cm * (1 + 0.1 * (fish.id % 2))
    ),
    "length-follows-weight": sa.update(fish).values(length_cm=30 + fish.id % 7),
    "samples-scatter-around-the-book": sa.update(fish).values(weight_g=fish.weight_g * 1.2),
    "weight-at-first-feeding": sa.update(TransferAction).values(
        transferred_biomass_kg=TransferAction.transferred_biomass_kg * 2
    ),
    "weight-at-vaccination": sa.update(HealthSamplingEvent).values(avg_weight_g=500),
    "harvest-weight-in-scotland": heavy_harvest,
    "harvest-weight-in-the-faroes": heavy_harvest,
    "usual-harvest-weights": heavy_harvest,
    "days-at-sea": harvested_at_once,
    "gutted-yield": sa.update(lot).values(gutted_weight_kg=lot.live_weight_kg * 0.9),
    "fillet-yield": sa.update(lot).values(fillet_weight_kg=lot.live_weight_kg * 0.7),
    "superior-share": sa.update(lot).values(product_grade_id=grade("GRADE_A")),
    "worse-grades-in-winter": no_worse_grades_in_winter,
    "harvest-count-shortfall": counting_deaths,
    "worst-harvest-count-shortfall": counting_deaths,
    "harvest-weighed-against-book": heavy_harvest,
    "days-of-harvest": harvested_at_once,
    "fasting-before-harvest": harvested_at_once,
    "density-of-rings": small_containers,
    "crowded-rings": small_containers,
    "fish-in-a-ring": sa.update(TransferAction).values(
        transferred_count=TransferAction.transferred_count * 2
    ),
    "density-of-halls": small_containers,
    "container-limits": sa.update(Container).values(max_biomass_kg=Container.max_biomass_kg / 4),
    "most-scores-good": sa.update(score).values(score=1),
    "scores-of-a-fish-belong-together": sa.update(score).values(score=score.id % 3),
    "worse-scores-after-delousing": no_worse_scores_after_delousing,
    "worse-scores-in-winter": sa.update(score).where(scores_of_summer).values(score=3),
    "daylight-by-latitude": sa.update(PhotoperiodData).values(day_length_hours=12),
    "sea-temperature-of-the-farm": readings("temperature", value + 2),
    "salinity-of-the-farm": readings("salinity", 20),
    "harvest-weight-of-the-farm": heavy_harvest,
}
"""Changes of the data by the check that they violate: statements, or a function."""


@pytest.fixture(scope="module")
def spoilable(many: sa.Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[sa.Engine]:
    """A copy of the many batches."""
    path = tmp_path_factory.mktemp("spoilable") / "many.db"
    with many.connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(path),))
    engine = sa.create_engine(f"sqlite:///{path}")
    yield engine
    engine.dispose()


def spoil(connection: sa.Connection, violation: Any) -> None:
    if callable(violation):
        violation(connection)
        return
    statements: Sequence[Any] = violation if isinstance(violation, tuple) else (violation,)
    for statement in statements:
        assert connection.execute(statement).rowcount > 0


@pytest.mark.parametrize("check", VIOLATIONS)
def test_a_soft_check_fails_on_spoilt_data(check: str, spoilable: sa.Engine) -> None:
    with spoilable.connect() as connection:
        spoil(connection, VIOLATIONS[check])
        result = run_checks(connection, only=[check])[check]
        connection.rollback()
    assert result.passed is False, "\n".join(result.lines())


def test_every_soft_check_has_a_violation() -> None:
    assert VIOLATIONS.keys() == {check.name for check in SOFT}


def test_checks_do_not_apply_without_any_deaths(spoilable: sa.Engine) -> None:
    with spoilable.connect() as connection:
        connection.execute(sa.delete(death))
        report = run_checks(connection, only=["mortality", "lice"])
        connection.rollback()
    assert report["lice-over-the-limit-are-answered"].passed is True
    outcomes = {result.passed for result in report.results if result.check.subject == "mortality"}
    assert outcomes == {None}


def test_later_losses_are_not_compared_with_early_losses_of_zero(spoilable: sa.Engine) -> None:
    with spoilable.connect() as connection:
        early = age(death, death.event_date, death.assignment_id) < 90
        connection.execute(sa.delete(death).where(early))
        result = run_checks(connection, only=["lower-loss-later"])["lower-loss-later"]
        connection.rollback()
    assert result.reason == "not enough data (too few deaths in the first three months at sea)"
