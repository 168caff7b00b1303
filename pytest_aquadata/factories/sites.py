"""Infrastructure on the standard farm's pattern: stations, halls, areas, containers, feed stores.

A site is a hall or a sea area. Its state counts the containers it has, so that the next one is
named after them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa

from ..schema import (
    Area,
    Container,
    ContainerType,
    FeedContainer,
    FreshwaterStation,
    Geography,
    Hall,
)
from ..text import did_you_mean
from .column_values import decimal
from .context import FactoryContext
from .errors import FactoryError
from .standard_farm import LAST_STAGE, geography_named, is_sea, stage_rule, standard_farm

_PARR = 3


class SiteKey(NamedTuple):
    """A hall or sea area by its model and primary key."""

    model: type[Hall] | type[Area]
    id: int

    @property
    def is_sea(self) -> bool:
        """True for a sea area."""
        return self.model is Area

    @property
    def columns(self) -> dict[str, int | None]:
        """The columns by which a container refers to its site."""
        return {
            "hall_id": None if self.is_sea else self.id,
            "area_id": self.id if self.is_sea else None,
        }


@dataclass
class SiteState:
    """A site and the number of its containers.

    Attributes:
        geography: name of its geography.
        order: stage that it is built for.
        name: its name.
        containers: number of containers.
        feed_containers: number of silos or barges.
    """

    geography: str
    order: int
    name: str
    containers: int = 0
    feed_containers: int = 0


@dataclass
class Sites:
    """Registry of the states of sites."""

    states: dict[SiteKey, SiteState] = field(default_factory=dict)


def geography_row(context: FactoryContext, name: str | None = None) -> Geography:
    """Return the row of the geography that a name begins with; the first one for None.

    Raises:
        FactoryError: if the standard farm has no geography of that name.
    """
    names = [geography.name for geography in standard_farm().geographies]
    for position, geography in enumerate(names):
        if (names[0] if name is None else name).startswith(geography):
            return context.catalogue.row(Geography, position)
    hint = did_you_mean(str(name), names)
    raise FactoryError(f"there is no geography {name!r}: {hint}choose one of {', '.join(names)}")


def station_values(context: FactoryContext, geography: Any) -> dict[str, Any]:
    """Return the columns of the next station of a geography."""
    pattern = geography_named(geography.name)
    number = context.next_number(f"station {pattern.name}")
    station = pattern.stations[(number - 1) % len(pattern.stations)]
    return {
        "name": _repeated_name(station.name, number, len(pattern.stations)),
        "station_type": "FRESHWATER",
        "latitude": decimal(station.latitude, 6),
        "longitude": decimal(station.longitude, 6),
        "description": f"Hatchery and smolt station, {pattern.name}.",
        "geography_id": geography.id,
    }


def area_values(context: FactoryContext, geography: Any) -> dict[str, Any]:
    """Return the columns of the next sea area of a geography."""
    pattern = geography_named(geography.name)
    number = context.next_number(f"area {pattern.name}")
    area = pattern.areas[(number - 1) % len(pattern.areas)]
    capacity_kg = sum(ring.max_biomass_kg for ring in area.site.containers)
    return {
        "name": _repeated_name(area.name, number, len(pattern.areas)),
        "latitude": decimal(area.latitude, 6),
        "longitude": decimal(area.longitude, 6),
        "max_biomass": decimal(capacity_kg),
        "geography_id": geography.id,
    }


def _repeated_name(name: str, number: int, count: int) -> str:
    """Return a name of the pattern, with a number from the pattern's second use on."""
    repetition = (number - 1) // count
    return f"{name}-{repetition + 1}" if repetition else name


def hall_values(station: Any, order: int) -> dict[str, Any]:
    """Return the columns of a station's hall that is built for a stage."""
    hall = standard_farm().document.halls[order - 1]
    return {
        "name": f"{station.name}-Hall-{hall.letter}",
        "description": f"{hall.containers} containers for {stage_rule(order).name}.",
        "freshwater_station_id": station.id,
    }


def site_of(container: Any) -> SiteKey:
    """Return the hall or area that a container is in."""
    if container.hall_id is None:
        return SiteKey(Area, container.area_id)
    return SiteKey(Hall, container.hall_id)


def site_state_of(context: FactoryContext, site: SiteKey) -> SiteState:
    """Return the state of a site; that of a site made elsewhere is read from its rows."""
    states = context.registry(Sites).states
    state = states.get(site)
    if state is None:
        state = states[site] = _state_from_rows(context, site)
    return state


def _state_from_rows(context: FactoryContext, site: SiteKey) -> SiteState:
    row: Any = context.rows.get(site.model, site.id)
    if site.is_sea:
        geography_id, order = row.geography_id, LAST_STAGE
    else:
        station = context.rows.get(FreshwaterStation, row.freshwater_station_id)
        geography_id, order = station.geography_id, _order_of_hall(row.name)
    return SiteState(
        geography=context.rows.get(Geography, geography_id).name,
        order=order,
        name=row.name,
        containers=_count_at(context, Container, site),
        feed_containers=_count_at(context, FeedContainer, site),
    )


def _count_at(context: FactoryContext, model: Any, site: SiteKey) -> int:
    """Return the number of a site's containers of a model in the database."""
    if context.session is None:
        return 0
    column = model.area_id if site.is_sea else model.hall_id
    query = sa.select(sa.func.count(model.id)).where(column == site.id)
    return context.session.scalar(query) or 0


def _order_of_hall(name: str) -> int:
    """Return a hall's stage by its letter in the standard farm's names; parr if it has none."""
    for hall in standard_farm().document.halls:
        if name.endswith(f"-{hall.letter}"):
            return hall.stage
    return _PARR


def register_site(
    context: FactoryContext, site: SiteKey, name: str, geography: str, order: int
) -> None:
    """Record the state of a new hall or area, which has no containers yet."""
    context.registry(Sites).states[site] = SiteState(geography, order, name)


def add_site(
    context: FactoryContext, geography: Any, order: int, station: Any = None
) -> tuple[SiteKey, Any]:
    """Add a site for a stage.

    Args:
        context: context of the rows.
        geography: row of the geography.
        order: stage that the site is for.
        station: row of the station for a hall; made if None.

    Returns:
        The site, and its station (None at sea).
    """
    if is_sea(order):
        row: Any = context.add(Area, **area_values(context, geography))
    else:
        if station is None:
            station = context.add(FreshwaterStation, **station_values(context, geography))
        row = context.add(Hall, **hall_values(station, order))
    site = SiteKey(type(row), row.id)
    register_site(context, site, row.name, geography.name, order)
    return site, station


def container_values(context: FactoryContext, site: SiteKey, order: int) -> dict[str, Any]:
    """Return the columns of the next container of a site.

    Args:
        context: context of the rows.
        site: hall or area.
        order: stage that the container is for.
    """
    state = site_state_of(context, site)
    state.containers += 1
    document = standard_farm().document
    if site.is_sea:
        kind, position = document.area.ring_type, len(document.halls)
        name = f"{state.name}-Ring-{state.containers:02d}"
    else:
        kind, position = document.halls[order - 1].container_type, order - 1
        name = f"{state.name.replace('-Hall-', '-')}-C{state.containers:02d}"
    return {
        "name": name,
        "volume_m3": decimal(kind.volume_m3),
        "max_biomass_kg": decimal(kind.volume_m3 * stage_rule(order).max_density_kg_m3),
        "container_type_id": context.catalogue.row(ContainerType, position).id,
        **site.columns,
    }


def feed_container_values(context: FactoryContext, site: SiteKey) -> dict[str, Any]:
    """Return the columns of the next silo of a hall or barge of an area."""
    state = site_state_of(context, site)
    state.feed_containers += 1
    document, number = standard_farm().document, state.feed_containers
    if site.is_sea:
        name, kind = f"{state.name}-Barge-{number}", "BARGE"
        capacity_kg = document.area.barge_capacity_kg
    else:
        name, kind = f"{state.name}-Silo" + (f"-{number}" if number > 1 else ""), "SILO"
        capacity_kg = document.halls[state.order - 1].silo_capacity_kg
    return {
        "name": name,
        "container_type": kind,
        "capacity_kg": decimal(capacity_kg),
        **site.columns,
    }
