"""Feeding summaries by week: each is the sum of the rows that it is made from.

Only rows that say how many feeding events or containers they sum are checked, and of those only
weeks from Monday to Sunday: AquaMind also writes summaries of other periods.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ...schema import (
    BatchContainerAssignment,
    BatchFeedingSummary,
    ContainerFeedingSummary,
    FeedingEvent,
    GrowthSample,
    MortalityEvent,
)
from ..context import Query
from ..dates import day_number
from .query import differ, hard, none_is_0, rounded

_SUBJECT = "feeding summaries"
_KG = 0.01
_FCR = 0.001
_PERCENT = 0.01
_HIGHEST_FCR = 99.9995
_LEVELS = ("VERY_HIGH", "HIGH", "MEDIUM", "LOW")
_CONFIDENT_DAYS = (10, 20, 40)

container = ContainerFeedingSummary
batch = BatchFeedingSummary
assignment = BatchContainerAssignment


def _week(day: Any) -> sa.ColumnElement[int]:
    """Number of the week that a date lies in; weeks begin on Monday."""
    return (day_number(day) + 3) // 7


def _is_week(summary: type[container] | type[batch]) -> sa.ColumnElement[bool]:
    first, last = day_number(summary.period_start), day_number(summary.period_end)
    return sa.and_((first + 3) % 7 == 0, last - first == 6)


_CONTAINER_WEEKS = sa.and_(container.data_points > 0, _is_week(container))
_BATCH_WEEKS = sa.and_(batch.container_count > 0, _is_week(batch))


def sums_of_meals() -> Query:
    """Return summaries whose feed or number of events is not that of the assignment's meals."""
    week = _week(FeedingEvent.feeding_date)
    meals = (
        sa.select(
            FeedingEvent.batch_assignment_id.label("assignment_id"),
            week.label("week"),
            sa.func.sum(FeedingEvent.amount_kg).label("kg"),
            sa.func.count().label("events"),
        )
        .group_by(FeedingEvent.batch_assignment_id, week)
        .subquery("meals")
    )
    return (
        sa.select(
            container.id,
            container.container_assignment_id,
            container.period_start,
            container.total_feed_kg,
            meals.c.kg.label("fed_kg"),
            container.data_points,
            meals.c.events,
        )
        .outerjoin(
            meals,
            sa.and_(
                meals.c.assignment_id == container.container_assignment_id,
                meals.c.week == _week(container.period_start),
            ),
        )
        .where(
            _CONTAINER_WEEKS,
            sa.or_(
                differ(container.total_feed_kg, none_is_0(meals.c.kg), rounded(_KG)),
                container.data_points != none_is_0(meals.c.events),
            ),
        )
    )


def gaps() -> Query:
    """Return assignments with more or fewer meals than their first to last summary count."""
    summed = (
        sa.select(
            container.container_assignment_id.label("assignment_id"),
            sa.func.min(container.period_start).label("first"),
            sa.func.max(container.period_end).label("last"),
            sa.func.sum(container.data_points).label("counted"),
        )
        .where(_CONTAINER_WEEKS)
        .group_by(container.container_assignment_id)
        .subquery("summed")
    )
    meals = sa.func.count()
    return (
        sa.select(
            summed.c.assignment_id, summed.c["first"], summed.c["last"], summed.c.counted, meals
        )
        .join_from(
            summed,
            FeedingEvent,
            sa.and_(
                FeedingEvent.batch_assignment_id == summed.c.assignment_id,
                FeedingEvent.feeding_date.between(summed.c["first"], summed.c["last"]),
            ),
        )
        .group_by(summed.c.assignment_id, summed.c["first"], summed.c["last"], summed.c.counted)
        .having(meals != summed.c.counted)
    )


def starting_biomass() -> Query:
    """Return summaries that start with another biomass than the meals of the first day."""
    meal, week = FeedingEvent, _week(FeedingEvent.feeding_date)
    is_first = sa.or_(
        (day_number(meal.feeding_date) + 3) % 7 == 0,
        meal.feeding_date == assignment.assignment_date,
    )
    mornings = (
        sa.select(
            meal.batch_assignment_id.label("assignment_id"),
            week.label("week"),
            sa.func.min(meal.batch_biomass_kg).label("kg"),
        )
        .join_from(meal, assignment, assignment.id == meal.batch_assignment_id)
        .where(is_first)
        .group_by(meal.batch_assignment_id, week)
        .subquery("mornings")
    )
    return (
        sa.select(
            container.id,
            container.period_start,
            container.starting_biomass_kg,
            mornings.c.kg.label("fed_biomass_kg"),
        )
        .join(
            mornings,
            sa.and_(
                mornings.c.assignment_id == container.container_assignment_id,
                mornings.c.week == _week(container.period_start),
            ),
        )
        .where(
            _CONTAINER_WEEKS,
            differ(none_is_0(container.starting_biomass_kg), mornings.c.kg, 0),
        )
    )


def breaks() -> Query:
    """Return summaries that start with another biomass than the week before ended with."""
    week = _week(container.period_start)

    def of_week_before(value: sa.SQLColumnExpression[Any]) -> sa.ColumnElement[Any]:
        return sa.func.lag(value).over(
            partition_by=container.container_assignment_id, order_by=container.period_start
        )

    weeks = (
        sa.select(
            container.id,
            container.period_start,
            container.starting_biomass_kg,
            week.label("week"),
            of_week_before(week).label("week_before"),
            of_week_before(container.ending_biomass_kg).label("ended_with_kg"),
        )
        .where(_CONTAINER_WEEKS)
        .subquery("weeks")
    )
    return sa.select(
        weeks.c.id, weeks.c.period_start, weeks.c.starting_biomass_kg, weeks.c.ended_with_kg
    ).where(
        weeks.c.week == weeks.c.week_before + 1,
        differ(none_is_0(weeks.c.starting_biomass_kg), none_is_0(weeks.c.ended_with_kg), 0),
    )


def growth() -> Query:
    """Return summaries whose growth is not the change of biomass and the fish that died."""
    week = _week(MortalityEvent.event_date)
    deaths = (
        sa.select(
            MortalityEvent.assignment_id,
            week.label("week"),
            sa.func.sum(MortalityEvent.biomass_kg).label("kg"),
        )
        .join(assignment, assignment.id == MortalityEvent.assignment_id)
        .where(
            sa.or_(
                assignment.departure_date.is_(None),
                MortalityEvent.event_date < assignment.departure_date,
            )
        )
        .group_by(MortalityEvent.assignment_id, week)
        .subquery("deaths")
    )
    change = container.ending_biomass_kg - container.starting_biomass_kg + none_is_0(deaths.c.kg)
    expected = sa.case((change > 0, change), else_=0)
    return (
        sa.select(
            container.id,
            container.period_start,
            container.starting_biomass_kg,
            container.ending_biomass_kg,
            deaths.c.kg.label("dead_kg"),
            container.growth_kg,
        )
        .outerjoin(
            deaths,
            sa.and_(
                deaths.c.assignment_id == container.container_assignment_id,
                deaths.c.week == _week(container.period_start),
            ),
        )
        .where(
            _CONTAINER_WEEKS,
            differ(none_is_0(container.growth_kg), none_is_0(expected), rounded(_KG)),
        )
    )


def conversion_ratios() -> Query:
    """Return summaries whose FCR is not feed over growth."""
    ratio = container.total_feed_kg * 1.0 / sa.func.nullif(container.growth_kg, 0)
    expected = sa.case((ratio < _HIGHEST_FCR, ratio), else_=0)
    return sa.select(
        container.id, container.total_feed_kg, container.growth_kg, container.fcr
    ).where(_CONTAINER_WEEKS, differ(none_is_0(container.fcr), expected, rounded(_FCR)))


def weighings() -> Query:
    """Return summaries whose confidence or method does not follow from the last weighing."""
    last = (
        sa.select(sa.func.max(GrowthSample.sample_date))
        .where(
            GrowthSample.assignment_id == container.container_assignment_id,
            GrowthSample.sample_date <= container.period_end,
        )
        .scalar_subquery()
    )
    weeks = (
        sa.select(
            container.id,
            container.period_start,
            container.period_end,
            container.confidence_level,
            container.estimation_method,
            last.label("weighed"),
        )
        .where(_CONTAINER_WEEKS)
        .subquery("weeks")
    )
    weighed = sa.type_coerce(weeks.c.weighed, sa.Date)
    days = day_number(weeks.c.period_end) - day_number(weighed)
    level = sa.case(
        *((days < limit, level) for limit, level in zip(_CONFIDENT_DAYS, _LEVELS, strict=False)),
        else_=_LEVELS[-1],
    )
    method = sa.case((weeks.c.weighed >= weeks.c.period_start, "MEASURED"), else_="INTERPOLATED")
    return sa.select(weeks).where(
        sa.or_(
            weeks.c.confidence_level != level,
            sa.func.coalesce(weeks.c.estimation_method, "") != method,
        )
    )


def strangers() -> Query:
    """Return summaries of another batch than their assignment's, or outside it."""
    return (
        sa.select(
            container.id,
            container.period_start,
            container.period_end,
            container.batch_id,
            assignment.batch_id.label("assignment_batch_id"),
            assignment.assignment_date,
            assignment.departure_date,
        )
        .join(assignment, assignment.id == container.container_assignment_id)
        .where(
            sa.or_(
                container.batch_id != assignment.batch_id,
                container.period_end < assignment.assignment_date,
                container.period_start > assignment.departure_date,
            )
        )
    )


def _totals() -> sa.Subquery:
    """Sums of the container summaries of each batch and week."""
    weight = sa.case((container.fcr > 0, container.total_feed_kg), else_=0)
    rank = sa.case(
        *((container.confidence_level == level, rank) for rank, level in enumerate(_LEVELS))
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
        .where(_CONTAINER_WEEKS)
        .group_by(container.batch_id, container.period_start)
        .subquery("totals")
    )


def _of_the_week(totals: sa.Subquery) -> sa.ColumnElement[bool]:
    return sa.and_(totals.c.batch_id == batch.batch_id, totals.c.period_start == batch.period_start)


def sums_of_containers() -> Query:
    """Return batch summaries that are not the sum of their containers' of the week."""
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
        .outerjoin(totals, _of_the_week(totals))
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
    """Return batch summaries whose FCR is not their containers' weighted by feed."""
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
        .join(totals, _of_the_week(totals))
        .where(
            _BATCH_WEEKS,
            sa.or_(
                differ(none_is_0(batch.weighted_avg_fcr), expected, rounded(_FCR)),
                differ(none_is_0(batch.fcr), expected, rounded(_FCR)),
            ),
        )
    )


def batch_quality() -> Query:
    """Return batch summaries with another confidence or method than their containers have."""
    totals = _totals()
    worst = sa.case(*((totals.c.worst_rank == rank, level) for rank, level in enumerate(_LEVELS)))
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
        .join(totals, _of_the_week(totals))
        .where(
            _BATCH_WEEKS,
            sa.or_(
                batch.overall_confidence_level != worst,
                sa.func.coalesce(batch.estimation_method, "") != method,
            ),
        )
    )


def batch_percentages() -> Query:
    """Return batch summaries whose percentage is not the mean of the week's meals."""
    week = _week(FeedingEvent.feeding_date)
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
            sa.and_(meals.c.batch_id == batch.batch_id, meals.c.week == _week(batch.period_start)),
        )
        .where(
            _BATCH_WEEKS,
            differ(none_is_0(batch.average_feeding_percentage), expected, rounded(_PERCENT)),
        )
    )


def missing_batch_weeks() -> Query:
    """Return batches and weeks with summaries of containers and none of the batch."""
    totals = _totals()
    return (
        sa.select(totals.c.batch_id, totals.c.period_start, totals.c.containers)
        .outerjoin(batch, sa.and_(_of_the_week(totals), _BATCH_WEEKS))
        .where(batch.id.is_(None))
    )


CHECKS = (
    hard(
        _SUBJECT,
        "container-summaries-sum-meals",
        "The feed of a container's week is the sum of its feeding events.",
        sums_of_meals,
    ),
    hard(
        _SUBJECT,
        "container-summaries-without-gaps",
        "From its first week to its last, the summaries of a container count every meal once.",
        gaps,
    ),
    hard(
        _SUBJECT,
        "container-summaries-start-with-fed-biomass",
        "A week starts with the biomass that the meals of its first day were reckoned for.",
        starting_biomass,
    ),
    hard(
        _SUBJECT,
        "container-summaries-follow-one-another",
        "A week starts with the biomass that the week before ended with.",
        breaks,
    ),
    hard(
        _SUBJECT,
        "container-summary-growth",
        "The growth of a week is its change of biomass plus the fish that died, to 10 g.",
        growth,
    ),
    hard(
        _SUBJECT,
        "container-summary-fcr",
        "The FCR of a container's week is feed over growth.",
        conversion_ratios,
    ),
    hard(
        _SUBJECT,
        "container-summary-confidence",
        "Confidence and method of a container's week follow from its last weighing.",
        weighings,
    ),
    hard(
        _SUBJECT,
        "container-summaries-agree-with-assignments",
        "A container's summary names the batch of its assignment and overlaps it.",
        strangers,
    ),
    hard(
        _SUBJECT,
        "batch-summaries-sum-containers",
        "A batch's week is the sum of its containers' weeks.",
        sums_of_containers,
    ),
    hard(
        _SUBJECT,
        "batch-summary-fcr",
        "The FCR of a batch's week is that of its containers, weighted by feed.",
        batch_conversion_ratios,
    ),
    hard(
        _SUBJECT,
        "batch-summary-confidence",
        "A batch's week has the lowest confidence of its containers.",
        batch_quality,
    ),
    hard(
        _SUBJECT,
        "batch-summary-feeding-percentage",
        "The feeding percentage of a batch's week is the mean of its feeding events.",
        batch_percentages,
    ),
    hard(
        _SUBJECT,
        "batch-summaries-of-every-week",
        "A batch has a summary for every week in which one of its containers has.",
        missing_batch_weeks,
    ),
)
