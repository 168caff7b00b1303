"""Rows of geographies, stations, halls, areas, containers, feed containers and sensors."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...lifecycle.columns import BatchTables, Column, Columns, decimals, integers, table, texts
from ...lifecycle.places import FishContainer, Site
from ..farm import Farm
from ..reference_data import PARAMETERS
from .common_columns import Stamps, row_keys

CALIBRATION_DAYS = 90
"""Interval between two calibrations of a sensor."""

_SENSOR_TYPE_OF = {parameter.key: parameter.sensor_type for parameter in PARAMETERS}
_HALL_MAKER = "Fjord Instruments"
_SEA_MAKER = "Sund Oceanic"


def infrastructure_tables(
    farm: Farm, installed_day: int, as_of_day: int, stamps: Stamps
) -> BatchTables:
    """Return the infrastructure of a farm, parents before children.

    Args:
        farm: the farm.
        installed_day: day number on which sensors were installed.
        as_of_day: day number of the farm's today.
        stamps: creation and update of the rows.
    """
    geographies = farm.geographies
    halls = [hall for geography in geographies for hall in geography.halls]
    areas = [area for geography in geographies for area in geography.areas]
    sites = list(farm.sites.values())
    return {
        "infrastructure_geography": table(
            len(geographies),
            id=row_keys(len(geographies)),
            name=texts(geography.name for geography in geographies),
            description=texts(geography.entry.description for geography in geographies),
            **stamps,
        ),
        "infrastructure_freshwaterstation": _stations(farm, stamps),
        "infrastructure_hall": _halls(farm, halls, stamps),
        "infrastructure_area": table(
            len(areas),
            id=integers([area.id for area in areas]),
            name=texts(area.name for area in areas),
            latitude=decimals([area.latitude for area in areas], 6),
            longitude=decimals([area.longitude for area in areas], 6),
            max_biomass=decimals(
                [sum(ring.max_biomass_kg for ring in area.site.containers) for area in areas], 2
            ),
            active=True,
            geography_id=integers(
                [farm.geography_by_name[area.site.geography].id for area in areas]
            ),
            **stamps,
        ),
        "infrastructure_containertype": _container_types(farm, stamps),
        "infrastructure_container": _containers(farm, sites, stamps),
        "infrastructure_feedcontainer": _feed_containers(sites, stamps),
        "infrastructure_sensor": _sensors(sites, installed_day, as_of_day, stamps),
    }


def _stations(farm: Farm, stamps: Stamps) -> Columns:
    stations = [
        (station, geography) for geography in farm.geographies for station in geography.stations
    ]
    return table(
        len(stations),
        id=integers([station.id for station, _ in stations]),
        name=texts(station.name for station, _ in stations),
        station_type="FRESHWATER",
        latitude=decimals([station.latitude for station, _ in stations], 6),
        longitude=decimals([station.longitude for station, _ in stations], 6),
        description=texts(
            f"Hatchery and smolt station with {len(station.halls)} halls, {geography.name}."
            for station, geography in stations
        ),
        active=True,
        geography_id=integers([geography.id for _, geography in stations]),
        **stamps,
    )


def _halls(farm: Farm, halls: Sequence[Site], stamps: Stamps) -> Columns:
    station_of = {
        hall.name: station.id
        for geography in farm.geographies
        for station in geography.stations
        for hall in station.halls
    }
    return table(
        len(halls),
        id=integers([hall.id for hall in halls]),
        name=texts(hall.name for hall in halls),
        description=texts(
            f"{len(hall.containers)} containers for {farm.stage(hall.stages[0]).name}."
            for hall in halls
        ),
        active=True,
        freshwater_station_id=integers([station_of[hall.name] for hall in halls]),
        **stamps,
    )


def _container_types(farm: Farm, stamps: Stamps) -> Columns:
    document = farm.document
    types = [(hall.container_type, farm.stage(hall.stage)) for hall in document.halls]
    types.append((document.area.ring_type, farm.stages[-1]))
    return table(
        len(types),
        id=row_keys(len(types)),
        name=texts(kind.name for kind, _ in types),
        category=texts(kind.category for kind, _ in types),
        max_volume_m3=decimals([kind.volume_m3 for kind, _ in types], 2),
        description=texts(
            f"Holds {rule.name} at up to {rule.max_density_kg_m3:g} kg/m³." for _, rule in types
        ),
        **stamps,
    )


def _type_keys(farm: Farm) -> dict[str, int]:
    """Return the key of the container type of each site, by site name."""
    keys: dict[str, int] = {}
    for geography in farm.geographies:
        for station in geography.stations:
            for key, hall in enumerate(station.halls, start=1):
                keys[hall.name] = key
        for area in geography.areas:
            keys[area.name] = len(farm.document.halls) + 1
    return keys


def _site_columns(sites: Sequence[Site]) -> dict[str, Column]:
    """Return `hall_id` and `area_id`, of which one is null in each row."""
    in_hall = np.array([site.kind == "hall" for site in sites])
    keys = [site.id for site in sites]
    return {"hall_id": integers(keys, ~in_hall), "area_id": integers(keys, in_hall)}


def _containers(farm: Farm, sites: Sequence[Site], stamps: Stamps) -> Columns:
    type_keys = _type_keys(farm)
    placed = [(container, site) for site in sites for container in site.containers]
    return table(
        len(placed),
        id=integers([container.id for container, _ in placed]),
        name=texts(container.name for container, _ in placed),
        volume_m3=decimals([container.volume_m3 for container, _ in placed], 2),
        max_biomass_kg=decimals([container.max_biomass_kg for container, _ in placed], 2),
        active=True,
        feed_recommendations_enabled=True,
        container_type_id=integers([type_keys[site.name] for _, site in placed]),
        **_site_columns([site for _, site in placed]),
        **stamps,
    )


def _feed_containers(sites: Sequence[Site], stamps: Stamps) -> Columns:
    placed = [(store, site) for site in sites for store in site.feed_containers]
    return table(
        len(placed),
        id=integers([store.id for store, _ in placed]),
        name=texts(store.name for store, _ in placed),
        container_type=texts("SILO" if site.kind == "hall" else "BARGE" for _, site in placed),
        capacity_kg=decimals([store.capacity_kg for store, _ in placed], 2),
        active=True,
        **_site_columns([site for _, site in placed]),
        **stamps,
    )


def _sensors(sites: Sequence[Site], installed_day: int, as_of_day: int, stamps: Stamps) -> Columns:
    placed = [
        (sensor, container, site)
        for site in sites
        for container in site.containers
        for sensor in container.sensors
    ]
    types = [_SENSOR_TYPE_OF[sensor.parameter] for sensor, _, _ in placed]
    return table(
        len(placed),
        id=integers([sensor.id for sensor, _, _ in placed]),
        name=texts(sensor.name for sensor, _, _ in placed),
        sensor_type=texts(types),
        serial_number=texts(
            f"{kind[:2]}-{sensor.id:06d}"
            for kind, (sensor, _, _) in zip(types, placed, strict=True)
        ),
        manufacturer=texts(
            _HALL_MAKER if site.kind == "hall" else _SEA_MAKER for _, _, site in placed
        ),
        installation_date=installed_day,
        last_calibration_date=integers(
            [
                max(installed_day, as_of_day - _days_since_calibration(container))
                for _, container, _ in placed
            ]
        ),
        active=True,
        container_id=integers([container.id for _, container, _ in placed]),
        **stamps,
    )


def _days_since_calibration(container: FishContainer) -> int:
    """Return the days since the sensors of a container were calibrated, all on one day."""
    return container.id * 7 % CALIBRATION_DAYS
