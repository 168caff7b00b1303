"""A change of one feeding summary, or of a row that it sums: exactly one hard check fails."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.checks import run_checks
from pytest_aquadata.checks.hard import HARD
from pytest_aquadata.schema import (
    BatchContainerAssignment,
    BatchFeedingSummary,
    ContainerFeedingSummary,
)

CENT = Decimal("0.01")
container, batch = ContainerFeedingSummary, BatchFeedingSummary
LEVELS = ("VERY_HIGH", "HIGH", "MEDIUM", "LOW")


def largest_week(farm: Any, *where: Any) -> Any:
    """A week in which much is fed; one more centigram does not show in its FCR."""
    return farm.first(
        sa.select(container.__table__).where(*where).order_by(container.total_feed_kg.desc())
    )


def sum_up(farm: Any, week: Any) -> None:
    """Make the batch's summary of a week the sum of its containers' again."""
    same_week = (container.batch_id == week.batch_id, container.period_start == week.period_start)
    rows = farm.connection.execute(sa.select(container.__table__).where(*same_week)).all()
    feed = sum(row.total_feed_kg for row in rows)
    fcr = sum(row.total_feed_kg * row.fcr for row in rows) / feed
    starting = sum(row.starting_biomass_kg for row in rows)
    ending = sum(row.ending_biomass_kg for row in rows)
    growth = sum(row.growth_kg for row in rows)
    measured = sum(row.estimation_method == "MEASURED" for row in rows)
    farm.update(
        batch,
        batch.batch_id == week.batch_id,
        batch.period_start == week.period_start,
        total_starting_biomass_kg=starting,
        total_ending_biomass_kg=ending,
        average_biomass_kg=(starting + ending) / 2,
        total_growth_kg=growth,
        total_biomass_gain_kg=growth,
        fcr=round(fcr, 3),
        weighted_avg_fcr=round(fcr, 3),
        overall_confidence_level=max((row.confidence_level for row in rows), key=LEVELS.index),
        estimation_method={0: "INTERPOLATED", len(rows): "MEASURED"}.get(measured, "MIXED"),
    )


def change_container(farm: Any, week: Any, **values: Any) -> None:
    farm.change(container, week.id, **values)
    sum_up(farm, week)


def a_meal_counted_in_another_week(farm: Any) -> None:
    week = largest_week(farm)
    other = farm.first(
        sa.select(container.id).where(
            container.container_assignment_id == week.container_assignment_id,
            container.id != week.id,
        )
    )
    farm.change(container, week.id, data_points=week.data_points - 1)
    farm.update(container, container.id == other, data_points=container.data_points + 1)


def a_week_without_summaries(farm: Any) -> None:
    week = largest_week(farm)
    for model in (container, batch):
        farm.connection.execute(
            sa.delete(model).where(
                model.batch_id == week.batch_id, model.period_start == week.period_start
            )
        )


def another_biomass_on_arrival(farm: Any) -> None:
    """The first week of an assignment, which follows no other."""
    arrived = sa.exists().where(
        BatchContainerAssignment.id == container.container_assignment_id,
        BatchContainerAssignment.assignment_date.between(
            container.period_start, container.period_end
        ),
    )
    week = largest_week(farm, arrived)
    change_container(
        farm,
        week,
        starting_biomass_kg=week.starting_biomass_kg + CENT,
        growth_kg=week.growth_kg - CENT,
    )


def an_ending_that_is_not_the_next_start(farm: Any) -> None:
    week = largest_week(farm)
    change_container(
        farm,
        week,
        ending_biomass_kg=week.ending_biomass_kg + CENT,
        growth_kg=week.growth_kg + CENT,
    )


def growth_from_nowhere(farm: Any) -> None:
    week = largest_week(farm)
    change_container(farm, week, growth_kg=week.growth_kg + CENT)


def another_fcr(farm: Any) -> None:
    week = largest_week(farm)
    change_container(farm, week, fcr=week.fcr + CENT)


def fcr_left_out(farm: Any) -> None:
    two = sa.exists().where(
        batch.batch_id == container.batch_id,
        batch.period_start == container.period_start,
        batch.container_count == 2,
    )
    week = largest_week(farm, two)
    farm.change(container, week.id, fcr=None)
    others = (container.batch_id == week.batch_id, container.period_start == week.period_start)
    fcr = farm.first(sa.select(container.fcr).where(*others, container.id != week.id))
    farm.update(
        batch,
        batch.batch_id == week.batch_id,
        batch.period_start == week.period_start,
        fcr=fcr,
        weighted_avg_fcr=fcr,
    )


def too_much_confidence(farm: Any) -> None:
    week = largest_week(farm, container.confidence_level == "MEDIUM")
    change_container(farm, week, confidence_level="HIGH")


def measured_without_a_weighing(farm: Any) -> None:
    week = largest_week(farm, container.estimation_method == "INTERPOLATED")
    change_container(farm, week, estimation_method="MEASURED")


def a_summary_of_another_batch(farm: Any) -> None:
    """Give a summary no data points, so that it is not checked as a sum of meals."""
    week = largest_week(farm)
    other = farm.first(
        sa.select(BatchContainerAssignment.id).where(
            BatchContainerAssignment.batch_id != week.batch_id,
            BatchContainerAssignment.assignment_date <= week.period_start,
            BatchContainerAssignment.departure_date.is_(None),
        )
    )
    farm.copy(
        container,
        week.id,
        container_assignment_id=other,
        period_end=week.period_start,
        data_points=0,
    )


def of_largest_batch(**values: Any) -> Callable[[Any], None]:
    def change(farm: Any) -> None:
        key = farm.first(sa.select(batch.id).order_by(batch.total_feed_kg.desc()))
        farm.update(batch, batch.id == key, **values)

    return change


def a_batch_without_its_week(farm: Any) -> None:
    farm.delete(batch, farm.first(sa.select(batch.id)))


VIOLATIONS = [
    ("container-summaries-sum-meals", a_meal_counted_in_another_week),
    ("container-summaries-without-gaps", a_week_without_summaries),
    ("container-summaries-start-with-fed-biomass", another_biomass_on_arrival),
    ("container-summaries-follow-one-another", an_ending_that_is_not_the_next_start),
    ("container-summary-growth", growth_from_nowhere),
    ("container-summary-fcr", another_fcr),
    ("container-summary-fcr", fcr_left_out),
    ("container-summary-confidence", too_much_confidence),
    ("container-summary-confidence", measured_without_a_weighing),
    ("container-summaries-agree-with-assignments", a_summary_of_another_batch),
    (
        "batch-summaries-sum-containers",
        of_largest_batch(total_growth_kg=batch.total_growth_kg + CENT),
    ),
    ("batch-summaries-sum-containers", of_largest_batch(average_biomass_kg=None)),
    ("batch-summaries-sum-containers", of_largest_batch(container_count=batch.container_count + 1)),
    ("batch-summary-fcr", of_largest_batch(weighted_avg_fcr=batch.weighted_avg_fcr + CENT)),
    ("batch-summary-confidence", of_largest_batch(overall_confidence_level="LOW")),
    ("batch-summary-confidence", of_largest_batch(estimation_method="MEASURED")),
    (
        "batch-summary-feeding-percentage",
        of_largest_batch(average_feeding_percentage=batch.average_feeding_percentage + CENT),
    ),
    ("batch-summaries-of-every-week", a_batch_without_its_week),
]


@pytest.mark.parametrize(("check", "change"), VIOLATIONS)
def test_exactly_one_check_fails(check: str, change: Callable[[Any], None], farm: Any) -> None:
    change(farm)
    report = run_checks(farm.connection, only=["hard"])
    assert {result.check.name for result in report.hard_failures} == {check}


def test_every_check_of_feeding_summaries_has_a_violation() -> None:
    checks = {check.name for check in HARD if check.subject == "feeding summaries"}
    assert checks == {check for check, _ in VIOLATIONS}
