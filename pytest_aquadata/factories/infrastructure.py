"""Factories for places: stations, halls, sea areas, containers, feed containers, sensors."""

from __future__ import annotations

from typing import Any, ClassVar

from ..presets.reference_data import PARAMETERS
from ..schema import (
    Area,
    Container,
    FeedContainer,
    FreshwaterStation,
    Geography,
    Hall,
    Sensor,
)
from .base import AquadataFactory, Chosen, Parent, PinnedValues, Same
from .company import Company
from .master import GeographyFactory
from .places import (
    Ground,
    area_values,
    container_values,
    feed_container_values,
    ground_of,
    hall_values,
    is_sea,
    sensor_values,
    stage_rule,
    station_values,
)

_SEA = 6
_PARR = 3


def _first_geography(at: Company, pins: PinnedValues) -> Any:
    return at.entry(Geography)


class FreshwaterStationFactory(AquadataFactory[FreshwaterStation]):
    """A station on land; `geography` says where."""

    class Meta:
        model = FreshwaterStation

    class Params:
        geography = Parent(GeographyFactory, key="geography_id", found=_first_geography)

    _shares = ("geography",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return station_values(at, pins["geography"])


class HallFactory(AquadataFactory[Hall]):
    """A hall of a station, built for a `stage` on land (1 to 5)."""

    class Meta:
        model = Hall

    class Params:
        stage = _PARR
        freshwater_station = Parent(FreshwaterStationFactory, key="freshwater_station_id")

    _shares = ("freshwater_station",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        station, order = pins["freshwater_station"], _on_land(pins["stage"])
        return {**hall_values(station, order), "order": order, "station": station}

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        geography = at.get(Geography, plan["station"].geography_id)
        at.memory["ground", Hall, row.id] = Ground(geography.name, plan["order"], row.name)


def _on_land(order: int | None) -> int:
    return _PARR if order is None or is_sea(order) else stage_rule(order).order


class AreaFactory(AquadataFactory[Area]):
    """A sea area; `geography` says where."""

    class Meta:
        model = Area

    class Params:
        geography = Parent(GeographyFactory, key="geography_id", found=_first_geography)

    _shares = ("geography",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {**area_values(at, pins["geography"]), "geography": pins["geography"].name}

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        at.memory["ground", Area, row.id] = Ground(plan["geography"], _SEA, row.name)


def _stands_at_sea(at: Company, pins: PinnedValues) -> bool:
    if pins.get("area_id") is not None or pins.given("area"):
        return True
    if pins.get("hall_id") is not None or pins.given("hall"):
        return False
    return pins["stage"] is not None and is_sea(pins["stage"])


def _stands_on_land(at: Company, pins: PinnedValues) -> bool:
    return not _stands_at_sea(at, pins)


def _site(pins: PinnedValues) -> tuple[Any, Any]:
    hall, area = pins["hall"], pins["area"]
    return (Hall, hall.id) if area is None else (Area, area.id)


class ContainerFactory(AquadataFactory[Container]):
    """A tank, or a ring of a sea area with `ring=True`; `stage` picks the kind.

    Parameters: `hall` or `area` to put it into. Traits: `ring`, `tray`.
    """

    class Meta:
        model = Container

    class Params:
        ring = False
        tray = False
        stage = Chosen(_PARR, ring=_SEA, tray=1)
        hall = Parent(HallFactory, key="hall_id", when=_stands_on_land, stage=Same("stage"))
        area = Parent(AreaFactory, key="area_id", when=_stands_at_sea)

    _shares = ("hall", "area")

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        site = _site(pins)
        return container_values(at, site, ground_of(at, site).order)


class FeedContainerFactory(AquadataFactory[FeedContainer]):
    """A silo, or a barge of a sea area with `barge=True`; `hall` or `area` say where."""

    class Meta:
        model = FeedContainer

    class Params:
        barge = False
        stage = Chosen(_PARR, barge=_SEA)
        hall = Parent(HallFactory, key="hall_id", when=_stands_on_land, stage=Same("stage"))
        area = Parent(AreaFactory, key="area_id", when=_stands_at_sea)

    _shares = ("hall", "area")

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return feed_container_values(at, _site(pins))


class SensorFactory(AquadataFactory[Sensor]):
    """A sensor in a container; `parameter` by key says what it measures, temperature first."""

    class Meta:
        model = Sensor

    class Params:
        parameter = None
        container = Parent(ContainerFactory, key="container_id")

    _shares: ClassVar[tuple[str, ...]] = ("container",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        container = pins["container"]
        measured = PARAMETERS if container.hall_id is None else PARAMETERS[:-1]
        number = at.number(f"sensor in {container.id}") - 1
        key = pins["parameter"] or measured[number % len(measured)].key
        return {**sensor_values(at, container, key), "parameter": key}

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        at.memory.setdefault(("sensor", row.container_id, plan["parameter"]), row)
