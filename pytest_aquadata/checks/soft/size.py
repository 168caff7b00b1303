"""Soft checks of the size and condition of sampled fish."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import sqlalchemy as sa

from ...schema import (
    GrowthSample,
    HealthSamplingEvent,
    IndividualGrowthObservation,
    Treatment,
)
from ..context import CheckContext
from ..dates import day_number
from ..model import Bound, Check, Population
from .arrays import Floats, Integers, index_of, sort_key
from .assignments import ADULT, FRY, PARR, SMOLT, load_assignments
from .populations import batches_of_stage
from .soft_check import UNSOURCED, require, soft
from .weekly_weights import WEEK, load_weights

_SUBJECT = "size"
_CONDITION = (
    ("parr", PARR, 1.0, 1.35),
    ("smolt", SMOLT, 0.95, 1.15),
    ("adults", ADULT, 1.1, 1.5),
)


@dataclass(frozen=True)
class GrowthSamples:
    """Statistics of the fish of each growth sample.

    Attributes:
        assignment: index of the assignment.
        day: day number.
        fish: fish sampled.
        weight_g: their mean weight.
        sd_g: standard deviation of their weights.
        condition: their mean condition factor (Fulton's K).
        condition_sd: standard deviation of the condition factor.
        covariance: covariance of weight and length.
        weight_variance: variance of weight.
        length_variance: variance of length.
    """

    assignment: Integers
    day: Integers
    fish: Floats
    weight_g: Floats
    sd_g: Floats
    condition: Floats
    condition_sd: Floats
    covariance: Floats
    weight_variance: Floats
    length_variance: Floats


def load_samples(context: CheckContext) -> GrowthSamples:
    """Load all growth samples."""
    assignments = context.get(load_assignments)
    fish, sample = IndividualGrowthObservation, GrowthSample
    weight, length = fish.weight_g, fish.length_cm
    # a plain number: SQLAlchemy rounds a divisor to the decimals of its type, here of a length
    cube = sa.type_coerce(length * length * length, sa.Numeric())
    condition = 100.0 * weight / cube
    summed = {
        "w": weight, "l": length, "ww": weight * weight, "ll": length * length,
        "wl": weight * length, "k": condition, "kk": condition * condition,
    }  # fmt: skip
    per_sample = (
        sa.select(
            fish.growth_sample_id.label("sample_id"),
            sa.func.count().label("fish"),
            *(sa.func.sum(value).label(name) for name, value in summed.items()),
        )
        .group_by(fish.growth_sample_id)
        .subquery("per_sample")
    )
    columns = context.columns(
        sa.select(
            sample.assignment_id,
            day_number(sample.sample_date).label("day"),
            *(column for column in per_sample.c if column.name != "sample_id"),
        ).join_from(sample, per_sample, per_sample.c.sample_id == sample.id)
    )
    assignment = index_of(columns["assignment_id"].astype(np.int64), assignments.id)
    count = columns["fish"].astype(np.float64)
    means = {name: columns[name].astype(np.float64) / np.maximum(count, 1.0) for name in summed}
    weight_variance = means["ww"] - means["w"] ** 2
    return GrowthSamples(
        assignment=assignment,
        day=columns["day"].astype(np.int64),
        fish=count,
        weight_g=means["w"],
        sd_g=_root(weight_variance * count / np.maximum(count - 1.0, 1.0)),
        condition=means["k"],
        condition_sd=_root(means["kk"] - means["k"] ** 2),
        covariance=means["wl"] - means["w"] * means["l"],
        weight_variance=weight_variance,
        length_variance=means["ll"] - means["l"] ** 2,
    )


def _root(variance: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)), np.float64)


def _samples(context: CheckContext) -> GrowthSamples:
    samples = context.get(load_samples)
    require(len(samples.assignment) > 0, "growth samples")
    return samples


def _samples_of(least: int) -> tuple[Population, ...]:
    def count(context: CheckContext) -> int:
        return len(context.get(load_samples).day)

    return (Population(least, "growth samples", count),)


def condition(stage: int, context: CheckContext) -> float:
    """Return the mean condition factor of a stage."""
    samples = _samples(context)
    rows = context.get(load_assignments).stage[samples.assignment] == stage
    require(rows.any(), "growth samples of this stage")
    return float(samples.condition[rows].mean())


def weight_variation(context: CheckContext) -> float:
    """Return the coefficient of variation of weight in the median sample."""
    samples = _samples(context)
    return float(np.median(samples.sd_g / samples.weight_g))


def condition_variation(context: CheckContext) -> float:
    """Return the coefficient of variation of the condition factor in the median sample.

    Only fish over 50 g: the rounding of length changes the factor of smaller fish too much.
    """
    samples = _samples(context)
    large = samples.weight_g >= 50.0
    require(large.any(), "samples of fish over 50 g")
    return float(np.median(samples.condition_sd[large] / samples.condition[large]))


def weight_with_length(context: CheckContext) -> float:
    """Return the correlation of weight and length of the fish in the median sample."""
    samples = _samples(context)
    spread = _root(samples.weight_variance * samples.length_variance)
    varied = spread > 0
    require(varied.any(), "samples of fish that differ")
    return float(np.median(samples.covariance[varied] / spread[varied]))


def scatter_around_the_book(context: CheckContext) -> float:
    """Return the root mean square difference of a sample's mean weight and the book weight.

    The book weight is interpolated between the weekly weights before and after the sample.
    """
    samples, weights, assignments = (
        _samples(context), context.get(load_weights), context.get(load_assignments),
    )  # fmt: skip
    age = samples.day - assignments.arrives[samples.assignment]
    weeks = sort_key(weights.assignment, weights.week)
    before = index_of(sort_key(samples.assignment, age // WEEK), weeks)
    after = index_of(sort_key(samples.assignment, age // WEEK + 1), weeks)
    between = (before >= 0) & (after >= 0)
    require(between.sum() >= 20, "samples between two weekly weights")
    share = (age % WEEK)[between] / WEEK
    roots = np.cbrt(weights.weight_g)
    book = (roots[before[between]] * (1 - share) + roots[after[between]] * share) ** 3
    off = samples.weight_g[between] / book - 1.0
    return float(np.sqrt((off**2).mean()))


def weight_at_vaccination(context: CheckContext) -> float:
    """Return the share of vaccinations with weighing at a mean weight of 30 to 120 g."""
    treatment, event = Treatment, HealthSamplingEvent
    columns = context.columns(
        sa.select(event.avg_weight_g.label("weight_g"))
        .join_from(treatment, event, event.id == treatment.sampling_event_id)
        .where(treatment.treatment_type == "vaccination", event.avg_weight_g.is_not(None))
    )
    weight = columns["weight_g"].astype(np.float64)
    require(len(weight) > 0, "vaccinations with weighing")
    return float(((weight >= 30.0) & (weight <= 120.0)).mean())


def weight_at_first_feeding(context: CheckContext) -> float:
    """Return the mean weight of fry when they enter their first fed stage, in g."""
    assignments = context.get(load_assignments)
    fry = (assignments.stage == FRY) & (assignments.placed_kg > 0)
    require(fry.any(), "fry transferred from incubation")
    return float(1000.0 * assignments.placed_kg[fry].sum() / assignments.placed[fry].sum())


def _condition_checks() -> tuple[Check, ...]:
    return tuple(
        soft(
            _SUBJECT,
            f"condition-of-{name}",
            f"The mean condition factor of {name} is as on real farms.",
            partial(condition, stage),
            Bound(low, high, "(Fulton's K)"),
            f"Fulton's K of {name} {low} to {high}; " + UNSOURCED,
            needs=batches_of_stage(stage, 3),
        )
        for name, stage, low, high in _CONDITION
    )


CHECKS = (
    *_condition_checks(),
    soft(
        _SUBJECT,
        "weight-varies-within-a-container",
        "The weights of fish in one container vary.",
        weight_variation,
        Bound(0.15, 0.30, "CV"),
        "15 to 30 % [U]",
        needs=_samples_of(20),
    ),
    soft(
        _SUBJECT,
        "condition-varies-between-fish",
        "The condition factors of fish in one container vary.",
        condition_variation,
        Bound(0.06, 0.09, "CV"),
        "6 to 9 %; " + UNSOURCED,
        needs=_samples_of(20),
    ),
    soft(
        _SUBJECT,
        "length-follows-weight",
        "The lengths and weights of fish in one sample are closely correlated.",
        weight_with_length,
        Bound(low=0.85, unit="correlation"),
        "follows from weight CV 15 to 30 % and condition CV 6 to 9 %",
        needs=_samples_of(20),
    ),
    soft(
        _SUBJECT,
        "samples-scatter-around-the-book",
        "A sample's mean differs from the book weight as the mean of thirty fish does.",
        scatter_around_the_book,
        Bound(0.01, 0.08, "of the weight"),
        "weight CV 15 to 30 % over the root of the fish sampled, and a little handling bias",
        needs=_samples_of(20),
    ),
    soft(
        _SUBJECT,
        "weight-at-first-feeding",
        "Fry weigh as much at first feeding as measured.",
        weight_at_first_feeding,
        Bound(0.15, 0.20, "g"),
        "Solberg [M]: 0.15 to 0.20 g",
        needs=batches_of_stage(FRY, 3),
    ),
    soft(
        _SUBJECT,
        "weight-at-vaccination",
        "Fish are vaccinated at a weight between parr and smolt.",
        weight_at_vaccination,
        Bound(low=0.95, unit="of vaccinations"),
        "30 to 120 g; " + UNSOURCED,
        needs=batches_of_stage(SMOLT, 3),
    ),
)
