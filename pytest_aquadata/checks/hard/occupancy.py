"""Hard checks of occupancy: one batch in a container, stages in their water and in order."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ...schema import (
    Area,
    Batch,
    BatchContainerAssignment,
    Container,
    FeedContainer,
    FreshwaterStation,
    Hall,
    LifeCycleStage,
)
from ..context import Query
from .query import hard

_SUBJECT = "occupancy"


def overlapping() -> Query:
    """Select pairs of assignments that share a container on some day."""
    first, second = aliased(BatchContainerAssignment), aliased(BatchContainerAssignment)
    return (
        sa.select(
            first.container_id.label("container"),
            first.id.label("assignment"),
            first.assignment_date.label("comes"),
            first.departure_date.label("goes"),
            second.id.label("other_assignment"),
            second.assignment_date.label("other_comes"),
            second.departure_date.label("other_goes"),
        )
        .join(second, sa.and_(second.container_id == first.container_id, second.id > first.id))
        .where(
            sa.or_(second.departure_date.is_(None), first.assignment_date < second.departure_date),
            sa.or_(first.departure_date.is_(None), second.assignment_date < first.departure_date),
        )
    )


def active_without_departure() -> Query:
    """Select assignments that are active with a departure date or inactive without one."""
    assignment = BatchContainerAssignment
    return sa.select(
        assignment.id.label("assignment"),
        assignment.is_active,
        assignment.assignment_date,
        assignment.departure_date,
    ).where(assignment.is_active == assignment.departure_date.is_not(None))


def container_in_one_place() -> Query:
    """Select containers of fish or feed that are in a hall and an area, or in neither."""
    misplaced = [
        sa.select(
            sa.literal(kind.__tablename__).label("in_table"), kind.name, kind.hall_id, kind.area_id
        ).where(kind.hall_id.is_(None) == kind.area_id.is_(None))
        for kind in (Container, FeedContainer)
    ]
    return sa.select(sa.union_all(*misplaced).subquery())


def stage_in_its_water() -> Query:
    """Select assignments of the last stage on land, or of an earlier one at sea."""
    last = (
        sa.select(LifeCycleStage.species_id, sa.func.max(LifeCycleStage.order).label("order"))
        .group_by(LifeCycleStage.species_id)
        .subquery("last_stage")
    )
    is_last = LifeCycleStage.order == last.c.order
    return (
        sa.select(
            BatchContainerAssignment.id.label("assignment"),
            LifeCycleStage.order.label("stage"),
            Container.name.label("container"),
        )
        .join(LifeCycleStage, LifeCycleStage.id == BatchContainerAssignment.lifecycle_stage_id)
        .join(last, last.c.species_id == LifeCycleStage.species_id)
        .join(Container, Container.id == BatchContainerAssignment.container_id)
        .where(
            sa.or_(
                sa.and_(is_last, Container.area_id.is_(None)),
                sa.and_(~is_last, Container.hall_id.is_(None)),
            )
        )
    )


def stages_follow() -> Query:
    """Select stages of a batch without the previous one, or that begin too early or too late."""
    spans = _stage_spans()
    before = spans.alias("before")
    return (
        sa.select(
            spans.c.batch_id.label("batch"),
            spans.c.stage,
            spans.c.begins,
            before.c.begins.label("one_before_begins"),
            before.c.ends.label("one_before_ends"),
        )
        .select_from(
            spans.outerjoin(
                before,
                sa.and_(before.c.batch_id == spans.c.batch_id, before.c.stage == spans.c.stage - 1),
            )
        )
        .where(
            spans.c.stage > 1,
            sa.or_(
                before.c.stage.is_(None),
                spans.c.begins <= before.c.begins,
                sa.and_(before.c.staying == 0, spans.c.begins > before.c.ends),
            ),
        )
    )


def _stage_spans() -> sa.CTE:
    """Select first and last day of each batch's stages, and the number of open assignments."""
    assignment = BatchContainerAssignment
    return (
        sa.select(
            assignment.batch_id,
            LifeCycleStage.order.label("stage"),
            sa.func.min(assignment.assignment_date).label("begins"),
            sa.func.max(assignment.departure_date).label("ends"),
            (sa.func.count() - sa.func.count(assignment.departure_date)).label("staying"),
        )
        .join_from(assignment, LifeCycleStage)
        .group_by(assignment.batch_id, LifeCycleStage.order)
        .cte("spans")
    )


def batch_stage_is_latest() -> Query:
    """Select batches whose stage is not the latest that any of their fish reached."""
    spans = _stage_spans()
    latest = (
        sa.select(spans.c.batch_id, sa.func.max(spans.c.stage).label("stage"))
        .group_by(spans.c.batch_id)
        .subquery("latest")
    )
    return (
        sa.select(
            Batch.batch_number.label("batch"),
            LifeCycleStage.order.label("stage"),
            latest.c.stage.label("latest_stage"),
        )
        .join_from(Batch, LifeCycleStage)
        .join(latest, latest.c.batch_id == Batch.id)
        .where(LifeCycleStage.order != latest.c.stage)
    )


def one_geography() -> Query:
    """Select batches with containers in more than one geography."""
    geography = sa.func.coalesce(FreshwaterStation.geography_id, Area.geography_id)
    places = sa.func.count(sa.distinct(geography))
    return (
        sa.select(Batch.batch_number.label("batch"), places.label("geographies"))
        .join_from(Batch, BatchContainerAssignment)
        .join(Container, Container.id == BatchContainerAssignment.container_id)
        .outerjoin(Hall, Hall.id == Container.hall_id)
        .outerjoin(FreshwaterStation, FreshwaterStation.id == Hall.freshwater_station_id)
        .outerjoin(Area, Area.id == Container.area_id)
        .group_by(Batch.batch_number)
        .having(places > 1)
    )


CHECKS = (
    hard(
        _SUBJECT,
        "one-batch-a-container",
        "A container has one assignment at a time.",
        overlapping,
    ),
    hard(
        _SUBJECT,
        "active-until-departure",
        "An assignment is active exactly if it has no departure date.",
        active_without_departure,
    ),
    hard(
        _SUBJECT,
        "container-in-one-place",
        "A container of fish or feed is either in a hall or in a sea area.",
        container_in_one_place,
    ),
    hard(
        _SUBJECT,
        "stage-in-its-water",
        "Fish of the last stage are at sea and all others in halls.",
        stage_in_its_water,
    ),
    hard(
        _SUBJECT,
        "stages-follow-each-other",
        "A batch passes all stages in order; each begins while the previous one ends.",
        stages_follow,
    ),
    hard(
        _SUBJECT,
        "batch-stage-is-the-latest",
        "A batch has the stage that its fish have reached.",
        batch_stage_is_latest,
    ),
    hard(
        _SUBJECT,
        "batch-stays-in-its-geography",
        "All containers of a batch are in one geography.",
        one_geography,
    ),
)
