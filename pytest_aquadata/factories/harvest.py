"""Factories for harvests: events, graded lots, harvest facts and waste."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_EVEN, Decimal
from typing import Any, ClassVar

import numpy as np

from ..lifecycle.biology import FILLET_YIELD, GUTTED_YIELD
from ..lifecycle.harvest import GRADES
from ..lifecycle.transfer import split
from ..schema import (
    Area,
    Batch,
    BatchContainerAssignment,
    FactHarvest,
    HarvestEvent,
    HarvestLot,
    HarvestWaste,
    ProductGrade,
)
from .base import AquadataFactory
from .batch import assignment_parent
from .column_values import at_time
from .context import FactoryContext
from .declarations import Parent, Pins
from .errors import FactoryError
from .fish_counts import empty_container, require_fish
from .fish_groups import FishGroup, fish_group_of, timeline_of
from .intercompany import book_harvest_sale, company_row, site_row
from .sites import geography_row
from .standard_farm import LAST_STAGE
from .value_checks import refusal

_GRAM = Decimal("0.001")
_FISH_PER_REGRADED = 10
"""A lot that is added to a harvest gets one fish out of this number from the largest lot."""


@dataclass
class HarvestLots:
    """Registry of the lots of harvests and of the facts about them.

    Attributes:
        by_event: lots by event id.
        facts: harvest facts by lot id.
    """

    by_event: dict[int, list[HarvestLot]] = field(default_factory=dict)
    facts: dict[int, FactHarvest] = field(default_factory=dict)


class HarvestEventFactory(AquadataFactory[HarvestEvent]):
    """The harvest of a sea cage: its fish are graded, weighed, recorded as facts and sold.

    The cage is emptied, and the batch completed if it has no other fish. A withdrawal period of
    medicine delays the harvest.

    Parameters:
        assignment (BatchContainerAssignment): fish that are harvested; default one of `batch`, or
            new ones at harvest weight.
        batch (Batch): batch that is harvested.
        stage (int): stage of the fish, which must be 6.

    Traits:
        with_lots: fish of every grade, each in its own lot; otherwise all are of the best grade.

    Example:
        >>> batch = BatchFactory(near_harvest=True, containers=1)
        >>> harvest = HarvestEventFactory(batch=batch, with_lots=True)
        >>> batch.status
        'COMPLETED'
    """

    class Meta:
        model = HarvestEvent

    class Params:
        stage = LAST_STAGE
        batch = None
        with_lots = False
        assignment = assignment_parent(harvest_share=1.0)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["assignment"])
        require_fish(group, "a harvest")
        if group.order != LAST_STAGE:
            raise FactoryError(
                f"fish of stage {group.order} are not harvested: give an assignment of stage "
                f"{LAST_STAGE}"
            )
        when = max(group.today, group.harvestable_from or group.today)
        _require_withdrawn(pins, group)
        return {
            "event_date": pins.get("event_date", at_time(when, 7)),
            "dest_subsidiary": "LG",
            "document_ref": f"HRV-{group.batch.batch_number}-{group.container.name}",
            "assignment_id": group.assignment.id,
            "batch_id": group.batch.id,
            "dest_geography_id": geography_row(context, group.timeline.geography).id,
            "group": group,
            "grades": len(GRADES) if pins["with_lots"] else 1,
        }

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        group: FishGroup = plan["group"]
        assignment = group.assignment
        fish = assignment.population_count
        empty_container(context, group, row.event_date.date(), fish)
        context.registry(HarvestLots).by_event[row.id] = []
        total_g = float(fish) * float(assignment.avg_weight_g)
        for position, (number, live_g) in enumerate(_graded(fish, total_g, plan["grades"])):
            if number:
                grade = context.catalogue.row(ProductGrade, position)
                _add_lot(context, row, grade, number, live_g)


def _require_withdrawn(pins: Pins, group: FishGroup) -> None:
    """Require that a pinned harvest is after the withdrawal period of a medicine."""
    pinned, first = pins.get("event_date"), group.harvestable_from
    if pinned is not None and first is not None and pinned.date() < first:
        raise refusal(
            f"{pins.factory}: event_date",
            pinned,
            "is within the withdrawal period of a medicine",
            f"give a day from {first}",
        )


def _graded(fish: int, total_g: float, grades: int) -> list[tuple[int, int]]:
    """Return the number of fish and the live weight in g of each of the best grades."""
    shares = np.array([grade.share for grade in GRADES[:grades]])
    counts = split(fish, shares).tolist()
    weights = [
        number * grade.relative_weight for number, grade in zip(counts, GRADES, strict=False)
    ]
    return [
        (number, round(total_g * weight / sum(weights)))
        for number, weight in zip(counts, weights, strict=True)
    ]


def _add_lot(context: FactoryContext, event: Any, grade: Any, fish: int, live_g: int) -> HarvestLot:
    """Add a lot to a harvest, with its fact and its sale.

    Args:
        context: context of the rows.
        event: row of the harvest.
        grade: row of the lot's grade.
        fish: number of fish.
        live_g: live weight of all fish, in g.
    """
    lot = context.add(
        HarvestLot,
        unit_count=fish,
        event_id=event.id,
        product_grade_id=grade.id,
        **_weights(live_g),
    )
    lots = context.registry(HarvestLots)
    lots.by_event[event.id].append(lot)
    geography = _geography(context, event)
    container = _group(context, event).container
    area = context.rows.get(Area, container.area_id)
    lots.facts[lot.id] = context.add(
        FactHarvest,
        event_date=event.event_date,
        quantity_kg=lot.live_weight_kg,
        unit_count=fish,
        dim_batch_id=event.batch_id,
        dim_company_id=company_row(context, geography).company_id,
        dim_site_id=site_row(context, geography, "area", area).site_id,
        event_id=event.id,
        lot_id=lot.id,
        product_grade_id=grade.id,
    )
    book_harvest_sale(context, geography, event, grade, lot.gutted_weight_kg or Decimal(0))
    return lot


def _geography(context: FactoryContext, event: Any) -> str:
    return timeline_of(context, context.rows.get(Batch, event.batch_id)).geography


def _group(context: FactoryContext, event: Any) -> FishGroup:
    assignment = context.rows.get(BatchContainerAssignment, event.assignment_id)
    return fish_group_of(context, assignment)


def _weights(live_g: int) -> dict[str, Decimal]:
    """Return the weight columns of a lot, in kg, from its live weight in g."""
    live = Decimal(live_g).scaleb(-3)
    gutted, fillet = (
        (live * Decimal(str(float(share)))).quantize(_GRAM, ROUND_HALF_EVEN)
        for share in (GUTTED_YIELD, FILLET_YIELD)
    )
    return {"live_weight_kg": live, "gutted_weight_kg": gutted, "fillet_weight_kg": fillet}


def lots_of(context: FactoryContext, event: Any) -> list[HarvestLot]:
    """Return the lots of a harvest."""
    lots = context.registry(HarvestLots).by_event
    if event.id not in lots:
        lots[event.id] = context.rows.all(HarvestLot, event_id=event.id)
    return list(lots[event.id])


class HarvestLotFactory(AquadataFactory[HarvestLot]):
    """A lot of a harvest: the only one of a new harvest, or a further one of a given `event`.

    A further lot takes a tenth of the fish of the largest lot.

    Parameters:
        event (HarvestEvent): harvest that the lot is added to; default a new one.
        product_grade (ProductGrade): grade of the lot; default the best grade without a lot. A lot
            that already has the grade is returned.

    Example:
        >>> first = HarvestLotFactory()
        >>> second = HarvestLotFactory(event_id=first.event_id)
        >>> first.product_grade_id != second.product_grade_id
        True
    """

    class Meta:
        model = HarvestLot

    class Params:
        event = Parent(HarvestEventFactory, key="event_id")
        product_grade = None

    _creates_rows: ClassVar[bool] = False
    _shared_parents = ("event",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        is_new = not pins.is_pinned("event") and not pins.is_pinned("event_id")
        grade, grade_id = pins["product_grade"], pins.get("product_grade_id")
        if grade is None and grade_id is not None:
            grade = context.rows.get(ProductGrade, grade_id)
        event = pins["event"]
        _require_fish_of(context, pins, event)
        return {"event": event, "is_new": is_new, "grade": grade}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        event, grade = plan["event"], plan["grade"]
        lots = lots_of(context, event)
        if plan["is_new"] and grade is None:
            return lots[0]
        return _lot_of_grade(context, event, lots, grade)


def _require_fish_of(context: FactoryContext, pins: Pins, event: Any) -> None:
    """Require that a lot has no more fish than its harvest."""
    fish = sum(lot.unit_count for lot in lots_of(context, event))
    if (pinned := pins.get("unit_count", 0)) > fish:
        raise refusal(
            f"{pins.factory}: unit_count",
            pinned,
            f"is more than the {fish:,} fish of harvest {event.id}",
            "give a smaller number",
        )


def _lot_of_grade(
    context: FactoryContext, event: Any, lots: list[HarvestLot], grade: Any
) -> HarvestLot:
    """Return the lot of a grade; if missing, it is made of some fish of the largest lot."""
    used = {lot.product_grade_id for lot in lots}
    grade = grade or _free_grade(context, event, used)
    if grade.id in used:
        return next(lot for lot in lots if lot.product_grade_id == grade.id)
    largest = max(lots, key=lambda lot: lot.unit_count)
    fish = max(largest.unit_count // _FISH_PER_REGRADED, 1)
    live_g = round(float(largest.live_weight_kg) * 1000 * fish / largest.unit_count)
    _take_from_lot(context, event, largest, fish, live_g)
    return _add_lot(context, event, grade, fish, live_g)


def _free_grade(context: FactoryContext, event: Any, used: set[int]) -> ProductGrade:
    for position in range(len(GRADES)):
        grade = context.catalogue.row(ProductGrade, position)
        if grade.id not in used:
            return grade
    raise FactoryError(
        f"harvest {event.id} has a lot of every grade: give a product_grade, or another event"
    )


def _take_from_lot(context: FactoryContext, event: Any, lot: Any, fish: int, live_g: int) -> None:
    """Take fish out of a lot, and update its fact and sale."""
    lot.unit_count -= fish
    for name, value in _weights(round(float(lot.live_weight_kg) * 1000) - live_g).items():
        setattr(lot, name, value)
    fact = _fact_of(context, lot)
    if fact is not None:
        fact.unit_count, fact.quantity_kg = lot.unit_count, lot.live_weight_kg
    grade = context.rows.get(ProductGrade, lot.product_grade_id)
    book_harvest_sale(context, _geography(context, event), event, grade, lot.gutted_weight_kg)


def _fact_of(context: FactoryContext, lot: Any) -> FactHarvest | None:
    fact = context.registry(HarvestLots).facts.get(lot.id)
    return fact or context.rows.find(FactHarvest, lot_id=lot.id)


class FactHarvestFactory(AquadataFactory[FactHarvest]):
    """The fact about a harvest lot, for reports.

    Parameters:
        lot (HarvestLot): lot that it is about; default a new one.

    Example:
        >>> lot = HarvestLotFactory()
        >>> FactHarvestFactory(lot=lot).quantity_kg == lot.live_weight_kg
        True
    """

    class Meta:
        model = FactHarvest

    class Params:
        lot = Parent(HarvestLotFactory, key="lot_id")

    _creates_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {"lot": pins["lot"]}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        return _fact_of(context, plan["lot"])


class HarvestWasteFactory(AquadataFactory[HarvestWaste]):
    """Viscera and blood of a harvest: the difference of its live and gutted weight.

    Further rows of the same harvest are each half as heavy as the one before.

    Parameters:
        event (HarvestEvent): harvest; default a new one.

    Example:
        >>> HarvestWasteFactory().category
        'Viscera and blood'
    """

    class Meta:
        model = HarvestWaste

    class Params:
        event = Parent(HarvestEventFactory, key="event_id")

    _shared_parents = ("event",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        event = pins["event"]
        lots: list[Any] = list(lots_of(context, event))
        waste_kg = sum((lot.live_weight_kg - lot.gutted_weight_kg for lot in lots), Decimal(0))
        number = context.next_number(f"waste {event.id}")
        return {
            "category": "Viscera and blood" if number == 1 else f"Viscera and blood {number}",
            "weight_kg": (waste_kg / 2**number).quantize(_GRAM) if number > 1 else waste_kg,
            "event_id": event.id,
        }
