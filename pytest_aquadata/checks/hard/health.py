"""Hard checks of health: samplings of 75 fish and their scores, lice counts, treatments."""

from __future__ import annotations

import sqlalchemy as sa

from ...schema import (
    FishParameterScore,
    HealthParameter,
    HealthSamplingEvent,
    IndividualFishObservation,
    JournalEntry,
    LiceCount,
    Treatment,
)
from ..context import Query
from ..dates import day_number
from .query import differ, hard, none_is_0, rounded
from .samples import deviates, fish_statistics

_SUBJECT = "health"
_FISH_PER_SAMPLING = 75
_STEP = 0.01
"""Smallest step of a stored weight, length or condition factor."""


def sampled_fish() -> Query:
    """Select samplings whose stated or observed number of fish is not 75."""
    fish = (
        sa.select(IndividualFishObservation.sampling_event_id, sa.func.count().label("fish"))
        .group_by(IndividualFishObservation.sampling_event_id)
        .subquery("observed")
    )
    event = HealthSamplingEvent
    return (
        sa.select(
            event.id.label("sampling"),
            event.number_of_fish_sampled,
            event.calculated_sample_size,
            fish.c.fish.label("observed"),
        )
        .outerjoin(fish, fish.c.sampling_event_id == event.id)
        .where(
            sa.or_(
                event.number_of_fish_sampled != _FISH_PER_SAMPLING,
                event.calculated_sample_size != event.number_of_fish_sampled,
                none_is_0(fish.c.fish) != event.number_of_fish_sampled,
            )
        )
    )


def scores_of_each_fish() -> Query:
    """Select sampled fish without scores, or with fewer than another fish of the sampling.

    A fish has at most one score for a parameter, which is unique. A database may have further
    parameters, which its samplings do not use.
    """
    scores = (
        sa.select(
            FishParameterScore.individual_fish_observation_id.label("fish_id"),
            sa.func.count().label("scores"),
        )
        .group_by(FishParameterScore.individual_fish_observation_id)
        .subquery("scored")
    )
    fish = IndividualFishObservation
    most = sa.func.max(scores.c.scores).over(partition_by=fish.sampling_event_id)
    counted = (
        sa.select(
            fish.sampling_event_id.label("sampling"),
            fish.fish_identifier,
            none_is_0(scores.c.scores).label("scores"),
            none_is_0(most).label("parameters"),
        )
        .outerjoin(scores, scores.c.fish_id == fish.id)
        .subquery("counted")
    )
    return sa.select(counted).where(
        sa.or_(counted.c.scores == 0, counted.c.scores != counted.c.parameters)
    )


def scores_in_range() -> Query:
    """Select scores outside the range of their parameter."""
    score, parameter = FishParameterScore, HealthParameter
    return (
        sa.select(
            score.id,
            parameter.name.label("parameter"),
            score.score,
            parameter.min_score,
            parameter.max_score,
        )
        .join(parameter, parameter.id == score.parameter_id)
        .where(sa.or_(score.score < parameter.min_score, score.score > parameter.max_score))
    )


def sampling_aggregates() -> Query:
    """Select samplings whose aggregates are not those of their fish."""
    fish = fish_statistics(IndividualFishObservation, IndividualFishObservation.sampling_event_id)
    event, half = HealthSamplingEvent, rounded(_STEP)
    return (
        sa.select(
            event.id.label("sampling"),
            event.avg_weight_g,
            fish.c.weight_g.label("weight_of_fish_g"),
            event.avg_length_cm,
            fish.c.length_cm.label("length_of_fish_cm"),
            event.avg_k_factor,
            fish.c.condition.label("condition_of_fish"),
        )
        .join(fish, fish.c.sample_id == event.id)
        .where(
            sa.or_(
                differ(event.avg_weight_g, fish.c.weight_g, half),
                differ(event.min_weight_g, fish.c.min_weight_g, 0.0),
                differ(event.max_weight_g, fish.c.max_weight_g, 0.0),
                deviates(event.std_dev_weight_g, fish.c.weight_variance),
                differ(event.avg_length_cm, fish.c.length_cm, half),
                differ(event.min_length_cm, fish.c.min_length_cm, 0.0),
                differ(event.max_length_cm, fish.c.max_length_cm, 0.0),
                deviates(event.std_dev_length_cm, fish.c.length_variance),
                differ(event.avg_k_factor, fish.c.condition, half),
            )
        )
    )


def lice_by_type() -> Query:
    """Select lice counts without type, number or fish, or with values in the legacy columns."""
    count = LiceCount
    return sa.select(
        count.id,
        count.count_date,
        count.lice_type_id,
        count.count_value,
        count.fish_sampled,
        (count.adult_female_count + count.adult_male_count + count.juvenile_count).label("old"),
    ).where(
        sa.or_(
            count.lice_type_id.is_(None),
            count.count_value.is_(None),
            count.fish_sampled == 0,
            count.adult_female_count != 0,
            count.adult_male_count != 0,
            count.juvenile_count != 0,
        )
    )


def lice_counted_once() -> Query:
    """Select counts of a container and day with a type twice or different numbers of fish."""
    count = LiceCount
    day = day_number(count.count_date)
    types = sa.func.count(sa.distinct(count.lice_type_id))
    fewest, most = sa.func.min(count.fish_sampled), sa.func.max(count.fish_sampled)
    return (
        sa.select(
            count.container_id,
            sa.func.min(count.count_date).label("counted"),
            sa.func.count().label("rows"),
            types.label("types"),
            fewest.label("fewest_fish"),
            most.label("most_fish"),
        )
        .where(count.lice_type_id.is_not(None))
        .group_by(count.container_id, day)
        .having(sa.or_(sa.func.count() != types, fewest != most))
    )


def weighings() -> Query:
    """Select treatments with weighing but no sampling of the same fish on the same day."""
    treatment, event = Treatment, HealthSamplingEvent
    return (
        sa.select(
            treatment.id.label("treatment"),
            treatment.treatment_date,
            treatment.batch_assignment_id,
            treatment.includes_weighing,
            event.sampling_date,
            event.assignment_id.label("sampled_assignment_id"),
        )
        .outerjoin(event, event.id == treatment.sampling_event_id)
        .where(
            sa.or_(
                sa.and_(treatment.includes_weighing, event.id.is_(None)),
                event.assignment_id != treatment.batch_assignment_id,
                day_number(event.sampling_date) != day_number(treatment.treatment_date),
            )
        )
    )


def vaccines() -> Query:
    """Select vaccinations without vaccine, and other treatments with one."""
    treatment = Treatment
    is_vaccination = treatment.treatment_type == "vaccination"
    return sa.select(
        treatment.id.label("treatment"), treatment.treatment_type, treatment.vaccination_type_id
    ).where(is_vaccination == treatment.vaccination_type_id.is_(None))


def journal_of_other_batches() -> Query:
    """Select treatments whose journal entry is about another batch."""
    treatment, entry = Treatment, JournalEntry
    return (
        sa.select(
            treatment.id.label("treatment"),
            treatment.batch_id,
            entry.id.label("journal_entry"),
            entry.batch_id.label("journal_batch_id"),
        )
        .join_from(treatment, entry, entry.id == treatment.journal_entry_id)
        .where(entry.batch_id != treatment.batch_id)
    )


CHECKS = (
    hard(
        _SUBJECT,
        "sampling-of-75-fish",
        "A health sampling states and contains 75 fish.",
        sampled_fish,
    ),
    hard(
        _SUBJECT,
        "scores-of-each-fish",
        "Every fish of a health sampling has one score for each parameter of the sampling.",
        scores_of_each_fish,
    ),
    hard(
        _SUBJECT,
        "scores-in-range",
        "A score is in the range of its parameter, 0 to 3.",
        scores_in_range,
    ),
    hard(
        _SUBJECT,
        "health-sampling-aggregates",
        "The aggregates of a health sampling (means, extremes, condition) are those of its fish.",
        sampling_aggregates,
    ),
    hard(
        _SUBJECT,
        "lice-counted-by-type",
        "A lice count has a type, a number and the examined fish; the legacy columns are 0.",
        lice_by_type,
    ),
    hard(
        _SUBJECT,
        "lice-counted-once",
        "A lice count has each lice type once, all on the same number of fish.",
        lice_counted_once,
    ),
    hard(
        _SUBJECT,
        "treatments-with-weighing",
        "A treatment with weighing has a sampling of the same fish on the same day.",
        weighings,
    ),
    hard(
        _SUBJECT,
        "vaccinations-name-their-vaccine",
        "A treatment has a vaccine exactly if it is a vaccination.",
        vaccines,
    ),
    hard(
        _SUBJECT,
        "treatments-in-their-journal",
        "The journal entry of a treatment is about its batch.",
        journal_of_other_batches,
    ),
)
