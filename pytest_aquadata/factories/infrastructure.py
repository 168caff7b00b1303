"""Factories for infrastructure: stations, halls, areas, containers, feed containers, sensors."""

from __future__ import annotations

from typing import Any

from ..presets.reference_data import PARAMETERS
from ..schema import Area, Container, FeedContainer, FreshwaterStation, Geography, Hall, Sensor
from .base import AquadataFactory
from .context import FactoryContext
from .declarations import ChildAttribute, FlagChoice, Parent, Pins
from .errors import FactoryError
from .master import GeographyFactory
from .sensors import register_sensor, sensor_values
from .sites import (
    SiteKey,
    area_values,
    container_values,
    feed_container_values,
    hall_values,
    register_site,
    site_state_of,
    station_values,
)
from .standard_farm import LAST_STAGE, is_sea, stage_rule

_PARR = 3


def _first_geography(context: FactoryContext, pins: Pins) -> Any:
    return context.catalogue.row(Geography)


class FreshwaterStationFactory(AquadataFactory[FreshwaterStation]):
    """A station on land.

    Parameters:
        geography (Geography): its geography; default the Faroe Islands.

    Example:
        >>> FreshwaterStationFactory().station_type
        'FRESHWATER'
    """

    class Meta:
        model = FreshwaterStation

    class Params:
        geography = Parent(GeographyFactory, key="geography_id", lookup=_first_geography)

    _shared_parents = ("geography",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return station_values(context, pins["geography"])


class HallFactory(AquadataFactory[Hall]):
    """A hall of a station.

    Parameters:
        stage (int): stage that it is built for, 1 to 5; default 3 (parr).
        freshwater_station (FreshwaterStation): its station; default a new one.

    Example:
        >>> HallFactory(stage=2).name.endswith("Hall-B")
        True
    """

    class Meta:
        model = Hall

    class Params:
        stage = _PARR
        freshwater_station = Parent(FreshwaterStationFactory, key="freshwater_station_id")

    _shared_parents = ("freshwater_station",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        station, order = pins["freshwater_station"], _stage_on_land(pins["stage"])
        return {**hall_values(station, order), "order": order, "station": station}

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        geography = context.rows.get(Geography, plan["station"].geography_id)
        register_site(context, SiteKey(Hall, row.id), row.name, geography.name, plan["order"])


def _stage_on_land(order: int | None) -> int:
    """Return the stage that a hall is built for.

    Raises:
        FactoryError: for the stage at sea.
    """
    if order is not None and is_sea(order):
        raise FactoryError(
            f"a hall is not built for stage {order}, whose fish live at sea: give 1 to "
            f"{LAST_STAGE - 1}, or make an area"
        )
    return _PARR if order is None else stage_rule(order).order


class AreaFactory(AquadataFactory[Area]):
    """A sea area.

    Parameters:
        geography (Geography): its geography; default the Faroe Islands.

    Example:
        >>> AreaFactory().max_biomass > 0
        True
    """

    class Meta:
        model = Area

    class Params:
        geography = Parent(GeographyFactory, key="geography_id", lookup=_first_geography)

    _shared_parents = ("geography",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {**area_values(context, pins["geography"]), "geography": pins["geography"].name}

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        register_site(context, SiteKey(Area, row.id), row.name, plan["geography"], LAST_STAGE)


def _is_at_sea(context: FactoryContext, pins: Pins) -> bool:
    if pins.get("area_id") is not None or pins.is_pinned("area"):
        return True
    if pins.get("hall_id") is not None or pins.is_pinned("hall"):
        return False
    return pins["stage"] is not None and is_sea(pins["stage"])


def _is_on_land(context: FactoryContext, pins: Pins) -> bool:
    return not _is_at_sea(context, pins)


def _site(pins: Pins) -> SiteKey:
    """Return the hall or area of a container.

    Raises:
        FactoryError: if both or none are given, or the stage lives elsewhere.
    """
    hall, area = pins["hall"], pins["area"]
    if (hall is None) == (area is None):
        state = "neither a hall nor an area" if hall is None else "a hall and an area"
        raise FactoryError(f"{pins.factory}: it is in {state}; give one of the two")
    stage = pins.given("stage")
    if stage is not None and is_sea(stage) != (hall is None):
        place = "in a hall" if hall is not None else "at sea"
        raise FactoryError(
            f"{pins.factory}: stage={stage} does not live {place}; give another stage or place"
        )
    return SiteKey(Hall, hall.id) if area is None else SiteKey(Area, area.id)


class ContainerFactory(AquadataFactory[Container]):
    """A tray or tank in a hall, or a ring (sea cage) in an area.

    Parameters:
        stage (int): stage that it is for, 1 to 6; default 3 (parr).
        hall (Hall): its hall; default a new one, unless it is a ring.
        area (Area): its area; default a new one for a ring.

    Traits:
        ring: for stage 6, at sea.
        tray: for stage 1.

    Example:
        >>> ContainerFactory(ring=True).hall_id is None
        True
    """

    class Meta:
        model = Container

    class Params:
        ring = False
        tray = False
        stage = FlagChoice(_PARR, ring=LAST_STAGE, tray=1)
        hall = Parent(
            HallFactory, key="hall_id", condition=_is_on_land, stage=ChildAttribute("stage")
        )
        area = Parent(AreaFactory, key="area_id", condition=_is_at_sea)

    _shared_parents = ("hall", "area")

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        site = _site(pins)
        return container_values(context, site, site_state_of(context, site).order)


class FeedContainerFactory(AquadataFactory[FeedContainer]):
    """A silo of a hall, or a barge of an area.

    Parameters:
        stage (int): stage of a new hall, 1 to 5; default 3 (parr).
        hall (Hall): its hall; default a new one, unless it is a barge.
        area (Area): its area; default a new one for a barge.

    Traits:
        barge: at sea.

    Example:
        >>> FeedContainerFactory(barge=True).container_type
        'BARGE'
    """

    class Meta:
        model = FeedContainer

    class Params:
        barge = False
        stage = FlagChoice(_PARR, barge=LAST_STAGE)
        hall = Parent(
            HallFactory, key="hall_id", condition=_is_on_land, stage=ChildAttribute("stage")
        )
        area = Parent(AreaFactory, key="area_id", condition=_is_at_sea)

    _shared_parents = ("hall", "area")

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return feed_container_values(context, _site(pins))


class SensorFactory(AquadataFactory[Sensor]):
    """A sensor in a container.

    Parameters:
        parameter (str): key of the parameter that it measures, such as "oxygen"; by default each
            call takes the next one, temperature first.
        container (Container): its container; default a new tank.

    Example:
        >>> SensorFactory(parameter="oxygen").sensor_type
        'OXYGEN'
    """

    class Meta:
        model = Sensor

    class Params:
        parameter = None
        container = Parent(ContainerFactory, key="container_id")

    _shared_parents = ("container",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        container = pins["container"]
        measured = PARAMETERS if container.hall_id is None else PARAMETERS[:-1]
        number = context.next_number(f"sensor in {container.id}") - 1
        key = pins["parameter"] or measured[number % len(measured)].key
        return {**sensor_values(context, container, key), "parameter": key}

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        register_sensor(context, row, plan["parameter"])
