"""Factories for deaths: mortality events, and the reasons that the health team records."""

from __future__ import annotations

from datetime import date
from typing import Any

from ..lifecycle.mortality import CAUSES, daily_rate
from ..schema import MortalityEvent, MortalityReason, MortalityRecord
from .base import AquadataFactory
from .batch import assignment_parent
from .catalogue import entry_position
from .column_values import at_time
from .context import FactoryContext
from .declarations import Pins
from .errors import FactoryError
from .fish_counts import dead_biomass_kg, record_deaths, require_fish
from .fish_groups import FishGroup, fish_group_of


class MortalityEventFactory(AquadataFactory[MortalityEvent]):
    """Fish that died; they are subtracted from their assignment.

    Pin `count` or `event_date` and the biomass follows.

    Parameters:
        assignment (BatchContainerAssignment): their assignment; default one of `batch`, or new.
        batch (Batch): their batch.
        stage (int): stage of a new assignment, 1 to 6.

    Example:
        >>> fish = BatchContainerAssignmentFactory(population_count=1_000)
        >>> event = MortalityEventFactory(assignment=fish, count=10)
        >>> fish.population_count
        990
    """

    class Meta:
        model = MortalityEvent

    class Params:
        stage = None
        batch = None
        assignment = assignment_parent()

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["assignment"])
        require_fish(group, "a mortality event")
        when = pins.get("event_date", group.today)
        fish = pins.get("count", expected_deaths(group, when))
        alive = group.arrived - group.deaths.total()
        if fish > alive:
            raise FactoryError(
                f"{fish:,} fish cannot die where {alive:,} are left: give a smaller count, or an "
                "assignment of more fish"
            )
        cause = CAUSES[context.next_number(f"cause {group.assignment.id}") % len(CAUSES) - 1]
        return {
            "event_date": when,
            "count": fish,
            "biomass_kg": dead_biomass_kg(context, group, when, fish),
            "cause": cause.code,
            "description": cause.reason,
            "batch_id": group.batch.id,
            "assignment_id": group.assignment.id,
            "group": group,
        }

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        record_deaths(plan["group"], row.event_date, row.count)


class MortalityRecordFactory(AquadataFactory[MortalityRecord]):
    """The reason that the health team gives for deaths of a day; it subtracts no fish.

    Parameters:
        reason (MortalityReason): reason; by default each call takes the next one.
        assignment (BatchContainerAssignment): fish that it is about; default one of `batch`, or
            new.
        batch (Batch): batch that it is about.
        stage (int): stage of a new assignment, 1 to 6.

    Example:
        >>> MortalityRecordFactory(count=12).count
        12
    """

    class Meta:
        model = MortalityRecord

    class Params:
        stage = None
        batch = None
        reason = None
        assignment = assignment_parent()

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["assignment"])
        number = context.next_number(f"mortality record {group.assignment.id}") - 1
        reason = pins["reason"]
        if reason is None:
            name = CAUSES[number % len(CAUSES)].reason
            reason = context.catalogue.row(MortalityReason, _reason_position(name))
        return {
            "event_date": at_time(group.today, 9),
            "count": expected_deaths(group, group.today),
            "batch_id": group.batch.id,
            "container_id": group.container.id,
            "reason_id": reason.id,
            "assignment_id": group.assignment.id,
        }


def _reason_position(name: str) -> int:
    """Return the position of a mortality reason in the catalogue; 0 if it is not listed."""
    try:
        return entry_position(MortalityReason, name=name)
    except KeyError:
        return 0


def expected_deaths(group: FishGroup, when: date) -> int:
    """Return the number of fish that die on a normal day, at least one."""
    rate = daily_rate(group.stage.rule.monthly_mortality_pct)
    return max(round(group.alive(when) * rate), 1)
