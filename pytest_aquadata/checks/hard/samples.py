"""Hard checks of growth samples: their aggregates are those of their fish."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ...schema import (
    BatchContainerAssignment,
    GrowthSample,
    IndividualFishObservation,
    IndividualGrowthObservation,
)
from ..context import Query
from .query import differ, hard, none_is_0, rounded

_SUBJECT = "samples"
_STEP = 0.01
"""Smallest step of a stored weight, length or condition factor."""


def fish_statistics(
    fish: type[IndividualGrowthObservation] | type[IndividualFishObservation],
    sample: sa.SQLColumnExpression[Any],
) -> sa.Subquery:
    """Select number, means, extremes, variances and mean condition of the fish of each sample.

    Variances have the divisor n - 1 and are null for a single fish.
    """
    weight, length = fish.weight_g, fish.length_cm
    number = sa.func.count()
    # a plain number: SQLAlchemy rounds a divisor to the decimals of its type, here of a length
    cube = sa.type_coerce(length * length * length, sa.Numeric())
    condition = 100.0 * weight / cube

    def variance(value: sa.SQLColumnExpression[Any]) -> sa.SQLColumnExpression[Any]:
        spread = number * sa.func.sum(value * value) - sa.func.sum(value) * sa.func.sum(value)
        return spread / sa.func.nullif(1.0 * number * (number - 1), 0)

    return (
        sa.select(
            sample.label("sample_id"),
            number.label("fish"),
            (sa.func.sum(weight) / (1.0 * number)).label("weight_g"),
            sa.func.min(weight).label("min_weight_g"),
            sa.func.max(weight).label("max_weight_g"),
            variance(weight).label("weight_variance"),
            (sa.func.sum(length) / (1.0 * number)).label("length_cm"),
            sa.func.min(length).label("min_length_cm"),
            sa.func.max(length).label("max_length_cm"),
            variance(length).label("length_variance"),
            (sa.func.sum(condition) / (1.0 * number)).label("condition"),
        )
        .group_by(sample)
        .subquery("fish")
    )


def deviates(
    sd: sa.SQLColumnExpression[Any], variance: sa.SQLColumnExpression[Any]
) -> sa.ColumnElement[bool]:
    """Return the condition that a stored standard deviation is not the root of a variance.

    Allows for rounding. Compares squares, because not every SQLite has a square root.
    """
    slack = rounded(_STEP) + 1e-6
    return sa.or_(
        variance > (sd + slack) * (sd + slack),
        sa.and_(sd > slack, variance < (sd - slack) * (sd - slack)),
    )


def aggregates() -> Query:
    """Select growth samples whose aggregates are not those of their fish."""
    fish = fish_statistics(
        IndividualGrowthObservation, IndividualGrowthObservation.growth_sample_id
    )
    sample, half = GrowthSample, rounded(_STEP)
    return (
        sa.select(
            sample.id.label("growth_sample"),
            sample.sample_size,
            fish.c.fish,
            sample.avg_weight_g,
            fish.c.weight_g.label("weight_of_fish_g"),
            sample.avg_length_cm,
            fish.c.length_cm.label("length_of_fish_cm"),
            sample.condition_factor,
            fish.c.condition.label("condition_of_fish"),
        )
        .outerjoin(fish, fish.c.sample_id == sample.id)
        .where(
            sa.or_(
                sample.sample_size != none_is_0(fish.c.fish),
                differ(sample.avg_weight_g, fish.c.weight_g, half),
                differ(sample.avg_length_cm, fish.c.length_cm, half),
                differ(sample.min_weight_g, fish.c.min_weight_g, 0.0),
                differ(sample.max_weight_g, fish.c.max_weight_g, 0.0),
                differ(sample.condition_factor, fish.c.condition, half),
                deviates(sample.std_deviation_weight, fish.c.weight_variance),
                deviates(sample.std_deviation_length, fish.c.length_variance),
            )
        )
    )


def last_weighing() -> Query:
    """Select assignments whose last weighing is missing or before their latest growth sample."""
    latest = (
        sa.select(GrowthSample.assignment_id, sa.func.max(GrowthSample.sample_date).label("day"))
        .group_by(GrowthSample.assignment_id)
        .subquery("latest")
    )
    assignment = BatchContainerAssignment
    return (
        sa.select(
            assignment.id.label("assignment"),
            assignment.last_weighing_date,
            latest.c.day.label("latest_sample"),
        )
        .join(latest, latest.c.assignment_id == assignment.id)
        .where(
            sa.or_(
                assignment.last_weighing_date.is_(None),
                assignment.last_weighing_date < latest.c.day,
            )
        )
    )


CHECKS = (
    hard(
        _SUBJECT,
        "growth-sample-aggregates",
        "The aggregates of a growth sample (number, means, extremes) are those of its fish.",
        aggregates,
    ),
    hard(
        _SUBJECT,
        "last-weighing-is-known",
        "The last weighing of an assignment is not before its latest growth sample.",
        last_weighing,
    ),
)
