"""Size and condition of sampled fish."""

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
from ..model import Bound, Check
from .assignments import ADULT, PARR, SMOLT, load_assignments
from .measure import UNSOURCED, Floats, Integers, key, need, positions, soft
from .weekly_weights import WEEK, load_weights

_SUBJECT = "size"
_CONDITION = (
    ("parr", PARR, 1.0, 1.35),
    ("smolt", SMOLT, 0.95, 1.15),
    ("adults", ADULT, 1.1, 1.5),
)


@dataclass(frozen=True)
class GrowthSamples:
    """Growth samples, with sums over their fish.

    Attributes:
        stay: position among the stays.
        day: day number.
        fish: fish sampled.
        weight_g: their mean weight.
        sd_g: its standard deviation.
        condition: their mean condition factor.
        condition_sd: its standard deviation.
        covariance: of weight and length.
        weight_variance: of weight.
        length_variance: of length.
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
    """All growth samples."""
    assignments = context.get(load_assignments)
    fish, sample = IndividualGrowthObservation, GrowthSample
    weight, length = fish.weight_g, fish.length_cm
    # as a plain number: a divisor is rounded to the places of its type, those of a length
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
    found = context.columns(
        sa.select(
            sample.assignment_id,
            day_number(sample.sample_date).label("day"),
            *(column for column in per_sample.c if column.name != "sample_id"),
        ).join_from(sample, per_sample, per_sample.c.sample_id == sample.id)
    )
    assignment = positions(found["assignment_id"].astype(np.int64), assignments.id)
    count = found["fish"].astype(np.float64)
    means = {name: found[name].astype(np.float64) / np.maximum(count, 1.0) for name in summed}
    weight_variance = means["ww"] - means["w"] ** 2
    return GrowthSamples(
        assignment=assignment,
        day=found["day"].astype(np.int64),
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
    need(len(samples.assignment) > 0, "growth samples")
    return samples


def condition(stage: int, context: CheckContext) -> float:
    """Mean condition factor of a stage."""
    samples = _samples(context)
    here = context.get(load_assignments).stage[samples.assignment] == stage
    need(here.any(), "growth samples of this stage")
    return float(samples.condition[here].mean())


def weight_variation(context: CheckContext) -> float:
    """Coefficient of variation of weight in the median sample."""
    samples = _samples(context)
    return float(np.median(samples.sd_g / samples.weight_g))


def condition_variation(context: CheckContext) -> float:
    """Coefficient of variation of the condition factor in the median sample of larger fish.

    Lengths of small fish are rounded too much to tell.
    """
    samples = _samples(context)
    large = samples.weight_g >= 50.0
    need(large.any(), "samples of fish over 50 g")
    return float(np.median(samples.condition_sd[large] / samples.condition[large]))


def weight_with_length(context: CheckContext) -> float:
    """Correlation of weight and length of the fish of one sample, in the median sample."""
    samples = _samples(context)
    spread = _root(samples.weight_variance * samples.length_variance)
    known = spread > 0
    need(known.any(), "samples of fish that differ")
    return float(np.median(samples.covariance[known] / spread[known]))


def scatter_around_the_book(context: CheckContext) -> float:
    """Root mean square of a sample's mean against the weight on the book that day.

    The book weight is read between the weekly weights before and after the sample.
    """
    samples, weights, assignments = (
        _samples(context), context.get(load_weights), context.get(load_assignments),
    )  # fmt: skip
    age = samples.day - assignments.arrives[samples.assignment]
    weeks = key(weights.assignment, weights.week)
    place = positions(key(samples.assignment, age // WEEK), weeks)
    after = positions(key(samples.assignment, age // WEEK + 1), weeks)
    known = (place >= 0) & (after >= 0)
    need(known.sum() >= 20, "samples between two weekly weights")
    share = (age % WEEK)[known] / WEEK
    roots = np.cbrt(weights.weight_g)
    book = (roots[place[known]] * (1 - share) + roots[after[known]] * share) ** 3
    off = samples.weight_g[known] / book - 1.0
    return float(np.sqrt((off**2).mean()))


def weight_at_vaccination(context: CheckContext) -> float:
    """Share of vaccinations with weighing at which fish weigh 30 to 120 g on average."""
    treatment, event = Treatment, HealthSamplingEvent
    found = context.columns(
        sa.select(event.avg_weight_g.label("weight_g"))
        .join_from(treatment, event, event.id == treatment.sampling_event_id)
        .where(treatment.treatment_type == "vaccination", event.avg_weight_g.is_not(None))
    )
    weight = found["weight_g"].astype(np.float64)
    need(len(weight) > 0, "vaccinations with weighing")
    return float(((weight >= 30.0) & (weight <= 120.0)).mean())


def _condition_checks() -> tuple[Check, ...]:
    return tuple(
        soft(
            _SUBJECT,
            f"condition-of-{name}",
            f"{name.capitalize()} are as stout for their length as real ones.",
            partial(condition, stage),
            Bound(low, high, "(Fulton's K)"),
            f"Fulton's K of {name} {low} to {high}; " + UNSOURCED,
        )
        for name, stage, low, high in _CONDITION
    )


CHECKS = (
    *_condition_checks(),
    soft(
        _SUBJECT,
        "weight-varies-within-a-container",
        "The fish of one container differ in weight.",
        weight_variation,
        Bound(0.15, 0.30, "CV"),
        "15 to 30 % [U]",
    ),
    soft(
        _SUBJECT,
        "condition-varies-between-fish",
        "The fish of one container differ in condition.",
        condition_variation,
        Bound(0.06, 0.09, "CV"),
        "6 to 9 %; " + UNSOURCED,
    ),
    soft(
        _SUBJECT,
        "length-follows-weight",
        "A fish's length comes from its own weight: the two are tightly correlated.",
        weight_with_length,
        Bound(low=0.85, unit="correlation"),
        "follows from weight CV 15 to 30 % and condition CV 6 to 9 %",
    ),
    soft(
        _SUBJECT,
        "samples-scatter-around-the-book",
        "A sample's mean scatters around the book weight as thirty fish do.",
        scatter_around_the_book,
        Bound(0.01, 0.08, "of the weight"),
        "weight CV 15 to 30 % over the root of the fish sampled, and a little handling bias",
    ),
    soft(
        _SUBJECT,
        "weight-at-vaccination",
        "Fish are vaccinated when they are large enough and not yet smolts.",
        weight_at_vaccination,
        Bound(low=0.95, unit="of vaccinations"),
        "30 to 120 g; " + UNSOURCED,
    ),
)
