"""Hard checks of batch feeding summaries: each is the sum of the week's container summaries.

AquaMind also writes summaries of other periods: only weeks from Monday to Sunday that state a
number of containers are checked.
"""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import BatchFeedingSummary, FeedingEvent
from ...schema.inventory import CONFIDENCE_LEVELS
from ..context import Query
from .container_summaries import (
    CONTAINER_WEEKS,
    SUBJECT,
    container,
    is_week,
    week_number,
)
from .query import differ, hard, none_is_0, rounded

_KG = 0.01
_FCR = 0.001
_PERCENT = 0.01

batch = BatchFeedingSummary
_BATCH_WEEKS = sa.and_(batch.container_count > 0, is_week(batch))


def _totals() -> sa.Subquery:
    """Select sums of the container summaries of each batch and week."""
    weight = sa.case((container.fcr > 0, container.total_feed_kg), else_=0)
    rank = sa.case(
        *(
            (container.confidence_level == level, rank)
            for rank, level in enumerate(CONFIDENCE_LEVELS)
        )
    )
    measured = sa.case((container.estimation_method == "MEASURED", 1), else_=0)
    return (
        sa.select(
            container.batch_id,
            container.period_start,
            sa.func.count().label("containers"),
            sa.func.sum(container.total_feed_kg).label("feed_kg"),
            sa.func.sum(container.starting_biomass_kg).label("starting_kg"),
            sa.func.sum(container.ending_biomass_kg).label("ending_kg"),
            sa.func.sum(container.growth_kg).label("growth_kg"),
            sa.func.sum(weight * none_is_0(container.fcr)).label("weighted_fcr"),
            sa.func.sum(weight).label("weight"),
            sa.func.max(rank).label("worst_rank"),
            sa.func.sum(measured).label("measured"),
        )
        .where(CONTAINER_WEEKS)
        .group_by(container.batch_id, container.period_start)
        .subquery("totals")
    )


def _same_batch_and_week(totals: sa.Subquery) -> sa.ColumnElement[bool]:
    return sa.and_(totals.c.batch_id == batch.batch_id, totals.c.period_start == batch.period_start)


def sums_of_containers() -> Query:
    """Select batch summaries that are not the sum of their containers' of the week."""
    totals = _totals()
    mean = (totals.c.starting_kg + totals.c.ending_kg) / 2.0
    compared = (
        (batch.container_count, totals.c.containers),
        (batch.total_feed_kg, totals.c.feed_kg),
        (batch.total_feed_consumed_kg, totals.c.feed_kg),
        (batch.total_starting_biomass_kg, totals.c.starting_kg),
        (batch.total_ending_biomass_kg, totals.c.ending_kg),
        (batch.total_growth_kg, totals.c.growth_kg),
        (batch.total_biomass_gain_kg, totals.c.growth_kg),
        (batch.average_biomass_kg, mean),
    )
    return (
        sa.select(batch.id, batch.batch_id, batch.period_start, *(pair[1] for pair in compared[:6]))
        .outerjoin(totals, _same_batch_and_week(totals))
        .where(
            _BATCH_WEEKS,
            sa.or_(
                *(
                    differ(none_is_0(stored), none_is_0(total), rounded(_KG))
                    for stored, total in compared
                )
            ),
        )
    )


def batch_conversion_ratios() -> Query:
    """Select batch summaries whose FCR is not their containers' weighted by feed."""
    totals = _totals()
    expected = none_is_0(totals.c.weighted_fcr * 1.0 / sa.func.nullif(totals.c.weight, 0))
    return (
        sa.select(
            batch.id,
            batch.period_start,
            batch.weighted_avg_fcr,
            batch.fcr,
            expected.label("expected"),
        )
        .join(totals, _same_batch_and_week(totals))
        .where(
            _BATCH_WEEKS,
            sa.or_(
                differ(none_is_0(batch.weighted_avg_fcr), expected, rounded(_FCR)),
                differ(none_is_0(batch.fcr), expected, rounded(_FCR)),
            ),
        )
    )


def batch_quality() -> Query:
    """Select batch summaries with another confidence or method than their containers have."""
    totals = _totals()
    worst = sa.case(
        *((totals.c.worst_rank == rank, level) for rank, level in enumerate(CONFIDENCE_LEVELS))
    )
    method = sa.case(
        (totals.c.measured == 0, "INTERPOLATED"),
        (totals.c.measured == totals.c.containers, "MEASURED"),
        else_="MIXED",
    )
    return (
        sa.select(
            batch.id,
            batch.period_start,
            batch.overall_confidence_level,
            batch.estimation_method,
            worst.label("worst_level"),
            method.label("method"),
        )
        .join(totals, _same_batch_and_week(totals))
        .where(
            _BATCH_WEEKS,
            sa.or_(
                batch.overall_confidence_level != worst,
                sa.func.coalesce(batch.estimation_method, "") != method,
            ),
        )
    )


def batch_percentages() -> Query:
    """Select batch summaries whose percentage is not the mean of the week's meals."""
    week = week_number(FeedingEvent.feeding_date)
    meals = (
        sa.select(
            FeedingEvent.batch_id,
            week.label("week"),
            sa.func.avg(FeedingEvent.feeding_percentage).label("percentage"),
        )
        .group_by(FeedingEvent.batch_id, week)
        .subquery("meals")
    )
    expected = sa.case((meals.c.percentage < 100, meals.c.percentage), else_=100)
    return (
        sa.select(
            batch.id,
            batch.period_start,
            batch.average_feeding_percentage,
            meals.c.percentage.label("expected"),
        )
        .join(
            meals,
            sa.and_(
                meals.c.batch_id == batch.batch_id, meals.c.week == week_number(batch.period_start)
            ),
        )
        .where(
            _BATCH_WEEKS,
            differ(none_is_0(batch.average_feeding_percentage), expected, rounded(_PERCENT)),
        )
    )


def missing_batch_weeks() -> Query:
    """Select batches and weeks with summaries of containers and none of the batch."""
    totals = _totals()
    return (
        sa.select(totals.c.batch_id, totals.c.period_start, totals.c.containers)
        .outerjoin(batch, sa.and_(_same_batch_and_week(totals), _BATCH_WEEKS))
        .where(batch.id.is_(None))
    )


CHECKS = (
    hard(
        SUBJECT,
        "batch-summaries-sum-containers",
        "A batch's week is the sum of its containers' weeks.",
        sums_of_containers,
    ),
    hard(
        SUBJECT,
        "batch-summary-fcr",
        "The FCR of a batch's week is that of its containers, weighted by feed.",
        batch_conversion_ratios,
    ),
    hard(
        SUBJECT,
        "batch-summary-confidence",
        "A batch's week has the lowest confidence of its containers.",
        batch_quality,
    ),
    hard(
        SUBJECT,
        "batch-summary-feeding-percentage",
        "The feeding percentage of a batch's week is the mean of its feeding events.",
        batch_percentages,
    ),
    hard(
        SUBJECT,
        "batch-summaries-of-every-week",
        "A batch has a summary for every week in which one of its containers has.",
        missing_batch_weeks,
    ),
)
