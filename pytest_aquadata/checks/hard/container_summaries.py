"""Hard checks of container feeding summaries: each is the sum of the week's rows.

AquaMind also writes summaries of other periods: only weeks from Monday to Sunday that state a
number of feeding events are checked.
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
from ...schema.inventory import CONFIDENCE_LEVELS
from ..context import Query
from ..dates import day_number
from .query import differ, hard, none_is_0, rounded

SUBJECT = "feeding summaries"
_CONFIDENT_DAYS = (10, 20, 40)
"""Days since the last weighing below which each of the first three levels applies."""
_KG = 0.01
_FCR = 0.001
_HIGHEST_FCR = 99.9995

container = ContainerFeedingSummary
assignment = BatchContainerAssignment


def week_number(day: Any) -> sa.ColumnElement[int]:
    """Return the number of a date's week; weeks begin on Monday."""
    return (day_number(day) + 3) // 7


def is_week(summary: type[ContainerFeedingSummary | BatchFeedingSummary]) -> sa.ColumnElement[bool]:
    """Return the condition that a summary is of a week from Monday to Sunday.

    It is a comparison of a CASE, because PostgreSQL would estimate two equations of expressions
    to hold for almost no row, and join by nested loops.
    """
    first, last = day_number(summary.period_start), day_number(summary.period_end)
    monday_to_sunday = sa.and_((first + 3) % 7 == 0, last - first == 6)
    return sa.case((monday_to_sunday, 1), else_=0) > 0


CONTAINER_WEEKS = sa.and_(container.data_points > 0, is_week(container))


def sums_of_meals() -> Query:
    """Select summaries whose feed or number of events is not that of the assignment's meals."""
    week = week_number(FeedingEvent.feeding_date)
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
                meals.c.week == week_number(container.period_start),
            ),
        )
        .where(
            CONTAINER_WEEKS,
            sa.or_(
                differ(container.total_feed_kg, none_is_0(meals.c.kg), rounded(_KG)),
                container.data_points != none_is_0(meals.c.events),
            ),
        )
    )


def gaps() -> Query:
    """Select assignments with more or fewer meals than their first to last summary count."""
    summed = (
        sa.select(
            container.container_assignment_id.label("assignment_id"),
            sa.func.min(container.period_start).label("first"),
            sa.func.max(container.period_end).label("last"),
            sa.func.sum(container.data_points).label("counted"),
        )
        .where(CONTAINER_WEEKS)
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
    """Select summaries that start with another biomass than the meals of the first day."""
    meal, week = FeedingEvent, week_number(FeedingEvent.feeding_date)
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
                mornings.c.week == week_number(container.period_start),
            ),
        )
        .where(
            CONTAINER_WEEKS,
            differ(none_is_0(container.starting_biomass_kg), mornings.c.kg, 0),
        )
    )


def breaks() -> Query:
    """Select summaries that start with another biomass than the week before ended with."""
    week = week_number(container.period_start)

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
        .where(CONTAINER_WEEKS)
        .subquery("weeks")
    )
    return sa.select(
        weeks.c.id, weeks.c.period_start, weeks.c.starting_biomass_kg, weeks.c.ended_with_kg
    ).where(
        weeks.c.week == weeks.c.week_before + 1,
        differ(none_is_0(weeks.c.starting_biomass_kg), none_is_0(weeks.c.ended_with_kg), 0),
    )


def growth() -> Query:
    """Select summaries whose growth is not the change of biomass and the fish that died."""
    week = week_number(MortalityEvent.event_date)
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
                deaths.c.week == week_number(container.period_start),
            ),
        )
        .where(
            CONTAINER_WEEKS,
            differ(none_is_0(container.growth_kg), none_is_0(expected), rounded(_KG)),
        )
    )


def conversion_ratios() -> Query:
    """Select summaries whose FCR is not feed over growth."""
    ratio = container.total_feed_kg * 1.0 / sa.func.nullif(container.growth_kg, 0)
    expected = sa.case((ratio < _HIGHEST_FCR, ratio), else_=0)
    return sa.select(
        container.id, container.total_feed_kg, container.growth_kg, container.fcr
    ).where(CONTAINER_WEEKS, differ(none_is_0(container.fcr), expected, rounded(_FCR)))


def weighings() -> Query:
    """Select summaries whose confidence or method does not follow from the last weighing."""
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
        .where(CONTAINER_WEEKS)
        .subquery("weeks")
    )
    weighed = sa.type_coerce(weeks.c.weighed, sa.Date)
    days = day_number(weeks.c.period_end) - day_number(weighed)
    level = sa.case(
        *(
            (days < limit, level)
            for limit, level in zip(_CONFIDENT_DAYS, CONFIDENCE_LEVELS, strict=False)
        ),
        else_=CONFIDENCE_LEVELS[-1],
    )
    method = sa.case((weeks.c.weighed >= weeks.c.period_start, "MEASURED"), else_="INTERPOLATED")
    return sa.select(weeks).where(
        sa.or_(
            weeks.c.confidence_level != level,
            sa.func.coalesce(weeks.c.estimation_method, "") != method,
        )
    )


def of_other_batches() -> Query:
    """Select summaries with another batch than their assignment, or outside its days."""
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


CHECKS = (
    hard(
        SUBJECT,
        "container-summaries-sum-meals",
        "The feed of a container's week is the sum of its feeding events.",
        sums_of_meals,
    ),
    hard(
        SUBJECT,
        "container-summaries-without-gaps",
        "From its first week to its last, the summaries of a container count every meal once.",
        gaps,
    ),
    hard(
        SUBJECT,
        "container-summaries-start-with-fed-biomass",
        "A week starts with the biomass that the meals of its first day state.",
        starting_biomass,
    ),
    hard(
        SUBJECT,
        "container-summaries-follow-one-another",
        "A week starts with the biomass that the week before ended with.",
        breaks,
    ),
    hard(
        SUBJECT,
        "container-summary-growth",
        "The growth of a week is its change of biomass plus the fish that died, to 10 g.",
        growth,
    ),
    hard(
        SUBJECT,
        "container-summary-fcr",
        "The FCR of a container's week is feed over growth.",
        conversion_ratios,
    ),
    hard(
        SUBJECT,
        "container-summary-confidence",
        "Confidence and method of a container's week follow from its last weighing.",
        weighings,
    ),
    hard(
        SUBJECT,
        "container-summaries-agree-with-assignments",
        "A container's summary has the batch of its assignment and overlaps its days.",
        of_other_batches,
    ),
)
