"""Standing stock: fish and biomass by geography and lifecycle stage."""

from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

ASSIGNMENTS = sa.table(
    "batch_batchcontainerassignment",
    sa.column("container_id"),
    sa.column("lifecycle_stage_id"),
    sa.column("population_count", sa.Integer),
    sa.column("biomass_kg", sa.Numeric(10, 2)),
    sa.column("is_active", sa.Boolean),
)
STAGES = sa.table("batch_lifecyclestage", sa.column("id"), sa.column("name"), sa.column("order"))
CONTAINERS = sa.table(
    "infrastructure_container", sa.column("id"), sa.column("hall_id"), sa.column("area_id")
)
HALLS = sa.table("infrastructure_hall", sa.column("id"), sa.column("freshwater_station_id"))
STATIONS = sa.table("infrastructure_freshwaterstation", sa.column("id"), sa.column("geography_id"))
AREAS = sa.table("infrastructure_area", sa.column("id"), sa.column("geography_id"))
GEOGRAPHIES = sa.table("infrastructure_geography", sa.column("id"), sa.column("name"))


@dataclass(frozen=True)
class Line:
    """One line of the report."""

    geography: str
    stage: str
    fish: int
    biomass_kg: Decimal


def standing_stock(session: Session) -> list[Line]:
    """Return a line for each geography and stage that has fish."""
    geography_id = sa.func.coalesce(STATIONS.c.geography_id, AREAS.c.geography_id)
    query = (
        sa.select(
            GEOGRAPHIES.c.name,
            STAGES.c.name,
            sa.func.sum(ASSIGNMENTS.c.population_count),
            sa.func.sum(ASSIGNMENTS.c.biomass_kg),
        )
        .select_from(ASSIGNMENTS)
        .join(STAGES, STAGES.c.id == ASSIGNMENTS.c.lifecycle_stage_id)
        .join(CONTAINERS, CONTAINERS.c.id == ASSIGNMENTS.c.container_id)
        .outerjoin(HALLS, HALLS.c.id == CONTAINERS.c.hall_id)
        .outerjoin(STATIONS, STATIONS.c.id == HALLS.c.freshwater_station_id)
        .outerjoin(AREAS, AREAS.c.id == CONTAINERS.c.area_id)
        .join(GEOGRAPHIES, GEOGRAPHIES.c.id == geography_id)
        .where(ASSIGNMENTS.c.is_active)
        .group_by(GEOGRAPHIES.c.name, STAGES.c.name, STAGES.c.order)
        .order_by(GEOGRAPHIES.c.name, STAGES.c.order)
    )
    return [Line(*row) for row in session.execute(query)]
