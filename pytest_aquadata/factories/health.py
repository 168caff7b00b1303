"""Factories for the health journal and lice counts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from ..lifecycle.biology import FISH_COUNTED
from ..lifecycle.events.lice import TYPES
from ..schema import JournalEntry, LiceCount, LiceType
from .base import AquadataFactory
from .batch import BatchFactory, assignment_parent
from .column_values import at_time, decimal
from .context import FactoryContext
from .declarations import ChildAttribute, EarliestPinnedDay, Parent, Pins
from .errors import FactoryError
from .fish_groups import FishGroup, fish_group_of, timeline_of, user_named
from .lice import count_date, counted_lice, females_above_limit, lice_limit
from .standard_farm import LAST_STAGE
from .value_checks import refusal


class JournalEntryFactory(AquadataFactory[JournalEntry]):
    """An entry in the health journal of a batch. Each call goes back by one day, from today.

    Parameters:
        batch (Batch): batch that it is about; default a new one.
        container (Container): container that it is about; default none.
        stage (int): stage of a new batch, 1 to 6.

    Example:
        >>> JournalEntryFactory(category="issue").severity
        'low'
    """

    class Meta:
        model = JournalEntry

    class Params:
        stage = None
        batch = Parent(
            BatchFactory,
            key="batch_id",
            stage=ChildAttribute("stage"),
            present_on=EarliestPinnedDay(["entry_date"]),
        )
        container = None

    _shared_parents = ("batch",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        timeline = timeline_of(context, pins["batch"])
        container, pinned = pins["container"], pins.get("entry_date")
        if pinned is not None and pinned.date() < timeline.batch.start_date:
            raise refusal(
                f"{pins.factory}: entry_date",
                pinned,
                f"is before the batch started, on {timeline.batch.start_date}",
                "give that day or a later one",
            )
        number = context.next_number(f"journal {timeline.batch.id}") - 1
        when = max(timeline.today - timedelta(days=number), timeline.batch.start_date)
        return {
            "entry_date": at_time(when, 14),
            "category": "observation",
            "severity": "low",
            "description": "Fish feed calmly and swim evenly; nothing to remark.",
            "batch_id": timeline.batch.id,
            "container_id": None if container is None else container.id,
            "user_id": user_named(context, "vet").id,
        }


class LiceCountFactory(AquadataFactory[LiceCount]):
    """Lice of one type on twenty fish of a sea cage.

    Each call gives the next type of the latest count, adult females first; after the last type it
    goes on with the count before. Counts are within the limit.

    Parameters:
        lice_type (LiceType): type that is counted.
        assignment (BatchContainerAssignment): fish that are counted; default one of `batch`, or
            new.
        batch (Batch): batch that is counted.
        stage (int): stage of the fish, which must be 6.

    Traits:
        above_limit: adult females above the limit of that day.

    Example:
        >>> count = LiceCountFactory(above_limit=True)
        >>> count.count_value / count.fish_sampled > 0.5
        True
    """

    class Meta:
        model = LiceCount

    class Params:
        stage = LAST_STAGE
        batch = None
        above_limit = False
        lice_type = None
        assignment = assignment_parent()

    _shared_parents = ("assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["assignment"])
        _require_sea(group)
        above_limit = pins["above_limit"]
        position = _type_position(context, pins, group)
        number = context.next_number(f"lice {group.assignment.id} {position}") - 1
        moment = pins.get("count_date", at_time(count_date(group, number), 10))
        day = moment.date()
        count = counted_lice(context, group, day)[position] if position is not None else 0
        if position == 0 or above_limit:
            limit = int(lice_limit(group, day) * float(FISH_COUNTED))
            count = females_above_limit(group, day) if above_limit else min(count, limit)
        type_id = pins.get("lice_type_id") or (pins["lice_type"] and pins["lice_type"].id)
        return {
            "count_date": moment,
            "fish_sampled": int(FISH_COUNTED),
            "batch_id": group.batch.id,
            "container_id": group.container.id,
            "user_id": user_named(context, "operator").id,
            "confidence_level": decimal(0.95),
            "count_value": count,
            "detection_method": "manual",
            "lice_type_id": type_id or _lice_type_row(context, position or 0).id,
            "assignment_id": group.assignment.id,
        }


def _lice_type_row(context: FactoryContext, position: int) -> LiceType:
    """Return the lice type at a position of a count."""
    species, gender, stage = TYPES[position]
    return context.catalogue.row_where(
        LiceType, species=species, gender=gender, development_stage=stage
    )


def _type_position(context: FactoryContext, pins: Pins, group: FishGroup) -> int | None:
    """Return the position, in a count, of the type to count; None for a type of the user's own."""
    lice_type, type_id = pins["lice_type"], pins.get("lice_type_id")
    if lice_type is None and type_id is not None:
        lice_type = context.rows.get(LiceType, type_id)
    if lice_type is not None:
        return _position_in_count(lice_type)
    if pins["above_limit"]:
        return 0
    return (context.next_number(f"lice of a count {group.assignment.id}") - 1) % len(TYPES)


def _position_in_count(lice_type: Any) -> int | None:
    for position, (species, gender, stage) in enumerate(TYPES):
        is_same = (lice_type.gender, lice_type.development_stage) == (gender, stage)
        if is_same and lice_type.species.startswith(species):
            return position
    return None


def _require_sea(group: FishGroup) -> None:
    if group.stage.rule.site != "area":
        raise FactoryError(
            f"there are no lice in a hall, where the fish of stage {group.order} are: give an "
            "assignment of stage 6, or leave it out"
        )
