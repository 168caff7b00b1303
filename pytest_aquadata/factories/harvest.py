"""Factories for harvests: events, graded lots, what is booked of them, and waste."""

from __future__ import annotations

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
from .base import AquadataFactory, Parent, PinnedValues
from .batch import fish_in_a_container
from .company import Company, FactoryError
from .places import geography_row
from .stays import Stay, empty, refuse_emptied, stay_of, timeline_of
from .times import at_time
from .trade import book_harvest_sale, company_row, site_row

_SEA = 6
_GRAM = Decimal("0.001")
_REGRADED = 10
"""One fish in so many goes into a lot that is added to a harvest."""


class HarvestEventFactory(AquadataFactory[HarvestEvent]):
    """The harvest of a ring: emptied, its fish graded, weighed, booked and sold.

    All fish are of the best grade, or of every grade with `with_lots=True`. The batch is completed
    when this was its last ring.
    """

    class Meta:
        model = HarvestEvent

    class Params:
        stage = _SEA
        batch = None
        with_lots = False
        assignment = fish_in_a_container(harvest_share=1.0)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["assignment"])
        refuse_emptied(stay, "a harvest")
        if stay.order != _SEA:
            raise FactoryError(
                f"fish of stage {stay.order} are not harvested: give an assignment of stage {_SEA}"
            )
        when = max(stay.today, stay.bound_until or stay.today)
        moment = pins.get("event_date", at_time(when, 7))
        return {
            "event_date": moment,
            "dest_subsidiary": "LG",
            "document_ref": f"HRV-{stay.batch.batch_number}-{stay.container.name}",
            "assignment_id": stay.assignment.id,
            "batch_id": stay.batch.id,
            "dest_geography_id": geography_row(at, stay.track.geography).id,
            "stay": stay,
            "grades": len(GRADES) if pins["with_lots"] else 1,
        }

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        stay: Stay = plan["stay"]
        when, fish = row.event_date.date(), stay.assignment.population_count
        empty(at, stay, when, fish)
        at.memory["lots", row.id] = []
        usual = [grade.share for grade in GRADES[: plan["grades"]]]
        counts = split(fish, np.array(usual)).tolist()
        relative = [
            number * grade.relative_weight for number, grade in zip(counts, GRADES, strict=False)
        ]
        mass_g = float(fish) * float(stay.assignment.avg_weight_g)
        for place, number in enumerate(counts):
            if number:
                live_g = round(mass_g * relative[place] / sum(relative))
                _lot(at, row, at.entry(ProductGrade, place), number, live_g)


def _lot(at: Company, event: Any, grade: Any, fish: int, live_g: int) -> Any:
    """A lot, what is booked of it, and its sale."""
    lot = at.add(
        HarvestLot,
        unit_count=fish,
        event_id=event.id,
        product_grade_id=grade.id,
        **_weights(live_g),
    )
    at.memory["lots", event.id].append(lot)
    track = timeline_of(at, at.get(Batch, event.batch_id))
    area = at.get(Area, _stay(at, event).container.area_id)
    fact = at.add(
        FactHarvest,
        event_date=event.event_date,
        quantity_kg=lot.live_weight_kg,
        unit_count=fish,
        dim_batch_id=event.batch_id,
        dim_company_id=company_row(at, track.geography).company_id,
        dim_site_id=site_row(at, track.geography, "area", area).site_id,
        event_id=event.id,
        lot_id=lot.id,
        product_grade_id=grade.id,
    )
    at.memory["fact", lot.id] = fact
    book_harvest_sale(at, track.geography, event, grade, lot.gutted_weight_kg or Decimal(0))
    return lot


def _stay(at: Company, event: Any) -> Stay:
    return stay_of(at, at.get(BatchContainerAssignment, event.assignment_id))


def _weights(live_g: int) -> dict[str, Decimal]:
    live = Decimal(live_g).scaleb(-3)
    gutted, fillet = (
        (live * Decimal(str(float(share)))).quantize(_GRAM, ROUND_HALF_EVEN)
        for share in (GUTTED_YIELD, FILLET_YIELD)
    )
    return {"live_weight_kg": live, "gutted_weight_kg": gutted, "fillet_weight_kg": fillet}


def lots_of(at: Company, event: Any) -> list[Any]:
    """The lots of a harvest."""
    known = at.memory.get(("lots", event.id))
    if known is None:
        known = at.memory["lots", event.id] = at.rows(HarvestLot, event_id=event.id)
    return list(known)


class HarvestLotFactory(AquadataFactory[HarvestLot]):
    """A lot of a harvest: the only one of a new harvest, or one more of a given `event`.

    Fish of one more lot are taken from the largest, into a grade that the harvest does not have.
    """

    class Meta:
        model = HarvestLot

    class Params:
        event = Parent(HarvestEventFactory, key="event_id")
        product_grade = None

    _adds_rows: ClassVar[bool] = False
    _shares = ("event",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        is_new = not pins.given("event") and not pins.given("event_id")
        grade = pins["product_grade"]
        if grade is None and pins.get("product_grade_id") is not None:
            grade = at.get(ProductGrade, pins.get("product_grade_id"))
        return {"of": pins["event"], "is new": is_new, "grade": grade}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        lots = lots_of(at, plan["of"])
        if plan["is new"] and plan["grade"] is None:
            return lots[0]
        lot = _regrade(at, plan["of"], lots, plan["grade"])
        return lot


def _regrade(at: Company, event: Any, lots: list[Any], grade: Any) -> Any:
    """Move some fish of the largest lot into a lot of another grade."""
    taken = {lot.product_grade_id for lot in lots}
    grade = grade or _free_grade(at, event, taken)
    if grade.id in taken:
        return next(lot for lot in lots if lot.product_grade_id == grade.id)
    largest = max(lots, key=lambda lot: lot.unit_count)
    fish = max(largest.unit_count // _REGRADED, 1)
    live_g = round(float(largest.live_weight_kg) * 1000 * fish / largest.unit_count)
    _shrink(at, event, largest, fish, live_g)
    at.memory.setdefault(("lots", event.id), lots)
    return _lot(at, event, grade, fish, live_g)


def _free_grade(at: Company, event: Any, taken: set[int]) -> Any:
    for place in range(len(GRADES)):
        grade = at.entry(ProductGrade, place)
        if grade.id not in taken:
            return grade
    raise FactoryError(
        f"harvest {event.id} has a lot of every grade: give a product_grade, or another event"
    )


def _shrink(at: Company, event: Any, lot: Any, fish: int, live_g: int) -> None:
    lot.unit_count -= fish
    for name, value in _weights(round(float(lot.live_weight_kg) * 1000) - live_g).items():
        setattr(lot, name, value)
    fact = _fact(at, lot)
    if fact is not None:
        fact.unit_count, fact.quantity_kg = lot.unit_count, lot.live_weight_kg
    track = timeline_of(at, at.get(Batch, event.batch_id))
    grade = at.get(ProductGrade, lot.product_grade_id)
    book_harvest_sale(at, track.geography, event, grade, lot.gutted_weight_kg)


def _fact(at: Company, lot: Any) -> Any:
    return at.memory.get(("fact", lot.id)) or at.find(FactHarvest, lot_id=lot.id)


class FactHarvestFactory(AquadataFactory[FactHarvest]):
    """What is booked of a lot: of a new one, or of a given `lot`."""

    class Meta:
        model = FactHarvest

    class Params:
        lot = Parent(HarvestLotFactory, key="lot_id")

    _adds_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {"of": pins["lot"]}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        return _fact(at, plan["of"])


class HarvestWasteFactory(AquadataFactory[HarvestWaste]):
    """Viscera and blood of a harvest: what its fish weigh less when they are gutted."""

    class Meta:
        model = HarvestWaste

    class Params:
        event = Parent(HarvestEventFactory, key="event_id")

    _shares = ("event",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        event = pins["event"]
        lots = lots_of(at, event)
        thrown = sum((lot.live_weight_kg - lot.gutted_weight_kg for lot in lots), Decimal(0))
        number = at.number(f"waste {event.id}")
        return {
            "category": "Viscera and blood" if number == 1 else f"Viscera and blood {number}",
            "weight_kg": (thrown / 2**number).quantize(_GRAM) if number > 1 else thrown,
            "event_id": event.id,
        }
