"""New places of the standard farm's kind: stations with halls, areas, containers, feed stores."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from ..lifecycle.stages import StageRule
from ..presets.reference_data import PARAMETERS, ParameterDefinition
from ..schema import (
    Area,
    Container,
    ContainerType,
    FeedContainer,
    FreshwaterStation,
    Hall,
    Sensor,
)
from ..schema import Geography as GeographyRow
from .company import Company, FactoryError
from .expected_life import geography_named, standard_farm

Site = Hall | Area


def decimal(value: float, places: int = 2) -> Decimal:
    """A number as a column with so many places holds it."""
    return Decimal(str(round(value, places))).quantize(Decimal((0, (1,), -places)))


@dataclass
class Ground:
    """What is known of a site: its geography and stage, and how many containers it has got."""

    geography: str
    order: int
    name: str
    containers: int = 0
    feed_containers: int = 0
    by_stage: dict[int, Any] = field(default_factory=dict)


def stage_rule(order: int) -> StageRule:
    """The rule of a stage.

    Raises:
        FactoryError: when there is no such stage.
    """
    stages = standard_farm().stages
    if not isinstance(order, int) or not 1 <= order <= len(stages):
        raise FactoryError(
            f"there is no stage {order!r}: give 1 (egg and alevin) to {len(stages)} (adult)"
        )
    return stages[order - 1]


def is_sea(order: int) -> bool:
    """Whether fish of a stage are at sea."""
    return stage_rule(order).site == "area"


def geography_row(at: Company, name: str | None = None) -> GeographyRow:
    """A geography of the farm by its name.

    Raises:
        FactoryError: when the standard farm has none of that name.
    """
    names = [one.name for one in standard_farm().geographies]
    for place, known in enumerate(names):
        if (name or names[0]).startswith(known):
            return at.entry(GeographyRow, place)
    raise FactoryError(f"there is no geography {name!r}: choose one of {', '.join(names)}")


def station_values(at: Company, geography: Any) -> dict[str, Any]:
    """The next station of a geography, in the farm's pattern and order."""
    known = geography_named(geography.name)
    number = at.number(f"station {known.name}")
    station = known.stations[(number - 1) % len(known.stations)]
    return {
        "name": _again(station.name, number, len(known.stations)),
        "station_type": "FRESHWATER",
        "latitude": decimal(station.latitude, 6),
        "longitude": decimal(station.longitude, 6),
        "description": f"Hatchery and smolt station, {known.name}.",
        "geography_id": geography.id,
    }


def area_values(at: Company, geography: Any) -> dict[str, Any]:
    """The next sea area of a geography, in the farm's pattern and order."""
    known = geography_named(geography.name)
    number = at.number(f"area {known.name}")
    area = known.areas[(number - 1) % len(known.areas)]
    room = sum(ring.max_biomass_kg for ring in area.site.containers)
    return {
        "name": _again(area.name, number, len(known.areas)),
        "latitude": decimal(area.latitude, 6),
        "longitude": decimal(area.longitude, 6),
        "max_biomass": decimal(room),
        "geography_id": geography.id,
    }


def _again(name: str, number: int, count: int) -> str:
    turn = (number - 1) // count
    return f"{name}-{turn + 1}" if turn else name


def hall_values(station: Any, order: int) -> dict[str, Any]:
    """The hall of a station that is built for a stage."""
    hall = standard_farm().document.halls[order - 1]
    return {
        "name": f"{station.name}-Hall-{hall.letter}",
        "description": f"{hall.containers} containers for {stage_rule(order).name}.",
        "freshwater_station_id": station.id,
    }


def site_of(container: Any) -> tuple[type[Site], int]:
    """The table and key of the hall or area a container stands in."""
    return (Area, container.area_id) if container.hall_id is None else (Hall, container.hall_id)


def ground_of(at: Company, site: tuple[type[Site], int]) -> Ground:
    """What is known of a site; for one that others made, what its rows tell."""
    known = at.memory.get(("ground", *site))
    if known is None:
        row: Any = at.get(*site)
        if site[0] is Area:
            geography, order = at.get(GeographyRow, row.geography_id), len(standard_farm().stages)
        else:
            station = at.get(FreshwaterStation, row.freshwater_station_id)
            geography, order = at.get(GeographyRow, station.geography_id), _order_of_hall(row.name)
        known = Ground(geography.name, order, row.name, _there_are(at, Container, site))
        known.feed_containers = _there_are(at, FeedContainer, site)
        at.memory["ground", *site] = known
    return known


def _there_are(at: Company, model: Any, site: tuple[type[Site], int]) -> int:
    if at.session is None:
        return 0
    where = model.area_id if site[0] is Area else model.hall_id
    return at.session.scalar(sa.select(sa.func.count(model.id)).where(where == site[1])) or 0


def _order_of_hall(name: str) -> int:
    """A hall's stage, by its letter in the standard farm's pattern; parr where it has none."""
    for hall in standard_farm().document.halls:
        if name.endswith(f"-{hall.letter}"):
            return hall.stage
    return 3


def container_values(at: Company, site: tuple[type[Site], int], order: int) -> dict[str, Any]:
    """The next tray, tank or ring of a site."""
    ground = ground_of(at, site)
    ground.containers += 1
    document, sea = standard_farm().document, site[0] is Area
    kind = document.area.ring_type if sea else document.halls[order - 1].container_type
    place = len(document.halls) if sea else order - 1
    name = f"{ground.name}-Ring-{ground.containers:02d}"
    if not sea:
        name = f"{ground.name.replace('-Hall-', '-')}-C{ground.containers:02d}"
    return {
        "name": name,
        "volume_m3": decimal(kind.volume_m3),
        "max_biomass_kg": decimal(kind.volume_m3 * stage_rule(order).max_density_kg_m3),
        "container_type_id": at.entry(ContainerType, place).id,
        "hall_id": None if sea else site[1],
        "area_id": site[1] if sea else None,
    }


def feed_container_values(at: Company, site: tuple[type[Site], int]) -> dict[str, Any]:
    """The next silo of a hall or barge of an area."""
    ground = ground_of(at, site)
    ground.feed_containers += 1
    document, sea = standard_farm().document, site[0] is Area
    number = ground.feed_containers
    silo = f"{ground.name}-Silo" if number == 1 else f"{ground.name}-Silo-{number}"
    return {
        "name": f"{ground.name}-Barge-{number}" if sea else silo,
        "container_type": "BARGE" if sea else "SILO",
        "capacity_kg": decimal(
            document.area.barge_capacity_kg
            if sea
            else document.halls[ground.order - 1].silo_capacity_kg
        ),
        "hall_id": None if sea else site[1],
        "area_id": site[1] if sea else None,
    }


def new_site(at: Company, geography: Any, order: int, station: Any = None) -> tuple[Any, Any]:
    """A new place for a stage: an area, or a hall of a station that is made if none is given.

    Returns:
        The site's table and key, and the station (None at sea).
    """
    if is_sea(order):
        row: Any = at.add(Area, **area_values(at, geography))
    else:
        if station is None:
            station = at.add(FreshwaterStation, **station_values(at, geography))
        row = at.add(Hall, **hall_values(station, order))
    site = (type(row), row.id)
    at.memory["ground", *site] = Ground(geography.name, order, row.name)
    return site, station


def sensor_of(at: Company, container: Any, parameter: str) -> Sensor:
    """The sensor of a container that measures a parameter, found or put in."""
    known = at.memory.get(("sensor", container.id, parameter))
    if known is None:
        known = at.add(Sensor, **sensor_values(at, container, parameter))
        at.memory["sensor", container.id, parameter] = known
    return known


def sensor_values(at: Company, container: Any, parameter: str) -> dict[str, Any]:
    """A sensor for a parameter, put in long ago and calibrated this month."""
    kind = parameter_named(parameter)
    number = at.number("sensor")
    return {
        "name": f"{container.name}-{kind.suffix}",
        "sensor_type": kind.sensor_type,
        "serial_number": f"{kind.sensor_type[:2]}-{number:06d}",
        "manufacturer": "Fjord Instruments" if container.area_id is None else "Sund Oceanic",
        "installation_date": at.today.replace(year=at.today.year - 5, day=1),
        "last_calibration_date": at.today.replace(day=1),
        "container_id": container.id,
    }


def parameter_named(key: str) -> ParameterDefinition:
    """An environmental parameter by its key.

    Raises:
        FactoryError: when none has that key.
    """
    for parameter in PARAMETERS:
        if parameter.key == key:
            return parameter
    keys = ", ".join(one.key for one in PARAMETERS)
    raise FactoryError(f"there is no parameter {key!r}: choose one of {keys}")
