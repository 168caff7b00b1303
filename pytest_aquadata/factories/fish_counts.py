"""Changes of a fish group: deaths, emptied containers, and the biomass behind rows about them."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import sqlalchemy as sa

from ..schema import BatchContainerAssignment, FeedingEvent
from .column_values import biomass_kg
from .context import FactoryContext
from .errors import FactoryError
from .fish_groups import FishGroup

_TEN_GRAMS = Decimal("0.01")


def require_fish(group: FishGroup, purpose: str) -> None:
    """Require that a fish group is still in its container.

    Args:
        group: fish group.
        purpose: row that is asked for, such as "a harvest".

    Raises:
        FactoryError: if the container was emptied.
    """
    if not group.assignment.is_active:
        raise FactoryError(
            f"assignment {group.assignment.id} was emptied on {group.assignment.departure_date} "
            f"and has no fish for {purpose}: give one that still holds fish"
        )


def fed_biomass_kg(context: FactoryContext, group: FishGroup, when: date) -> Decimal:
    """Return the biomass that is fed on a day.

    Recorded meals of that day decide; without any, it is the biomass of the fish alive.
    """
    if not group.is_ours and context.session is not None:
        recorded = context.session.scalar(
            sa.select(FeedingEvent.batch_biomass_kg)
            .where(
                FeedingEvent.batch_assignment_id == group.assignment.id,
                FeedingEvent.feeding_date == when,
            )
            .limit(1)
        )
        if recorded is not None:
            return recorded
    return biomass_kg(group.alive(when), group.weight_g(when))


def dead_biomass_kg(context: FactoryContext, group: FishGroup, when: date, fish: int) -> Decimal:
    """Return the biomass of fish that died on a day, of the mean weight of the fish fed then."""
    if group.is_ours:
        return biomass_kg(fish, group.weight_g(when))
    share = fed_biomass_kg(context, group, when) * fish / max(group.alive(when), 1)
    return share.quantize(_TEN_GRAMS, ROUND_HALF_UP)


def record_deaths(group: FishGroup, when: date, fish: int) -> None:
    """Subtract dead fish from their assignment; in stage 1 it keeps the number delivered."""
    group.deaths[when] += fish
    assignment = group.assignment
    if group.order > 1:
        assignment.population_count -= fish
        assignment.biomass_kg = biomass_kg(assignment.population_count, assignment.avg_weight_g)


def empty_container(context: FactoryContext, group: FishGroup, when: date, fish: int) -> None:
    """Record that the last fish left a container, and complete a batch that has no others.

    Args:
        context: context of the rows.
        group: fish group that leaves.
        when: day on which it leaves.
        fish: number of fish that leave.
    """
    assignment = group.assignment
    assignment.population_count = fish + group.deaths[when]
    assignment.avg_weight_g = group.weight_g(when)
    assignment.biomass_kg = biomass_kg(assignment.population_count, assignment.avg_weight_g)
    assignment.departure_date, assignment.is_active = when, False
    group.today = when
    if not _has_fish_elsewhere(context, group):
        group.batch.status, group.batch.actual_end_date = "COMPLETED", when


def _has_fish_elsewhere(context: FactoryContext, group: FishGroup) -> bool:
    """Return whether the group's batch has fish in another container."""
    groups = group.timeline.groups
    if any(other.assignment.is_active for other in groups):
        return True
    if context.session is None:
        return False
    query = sa.select(sa.func.count(BatchContainerAssignment.id)).where(
        BatchContainerAssignment.batch_id == group.batch.id,
        BatchContainerAssignment.is_active,
        BatchContainerAssignment.id != group.assignment.id,
        BatchContainerAssignment.id.not_in([other.assignment.id for other in groups]),
    )
    return bool(context.session.scalar(query))
