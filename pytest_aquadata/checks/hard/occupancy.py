"""Who is where and when: containers, stages, and the days on which fish come and go."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from ...schema import (
    Area,
    Batch,
    BatchContainerAssignment,
    Container,
    CreationAction,
    FreshwaterStation,
    Hall,
    HarvestEvent,
    LifeCycleStage,
    TransferAction,
)
from ..dates import day_number
from ..evidence import Query
from .flows import DONE
from .query import hard

_SUBJECT = "occupancy"


def overlapping() -> Query:
    """Pairs of assignments that share a container on some day."""
    one, other = aliased(BatchContainerAssignment), aliased(BatchContainerAssignment)
    return (
        sa.select(
            one.container_id.label("container"),
            one.id.label("assignment"),
            one.assignment_date.label("comes"),
            one.departure_date.label("goes"),
            other.id.label("other_assignment"),
            other.assignment_date.label("other_comes"),
            other.departure_date.label("other_goes"),
        )
        .join(other, sa.and_(other.container_id == one.container_id, other.id > one.id))
        .where(
            sa.or_(other.departure_date.is_(None), one.assignment_date < other.departure_date),
            sa.or_(one.departure_date.is_(None), other.assignment_date < one.departure_date),
        )
    )


def active_without_departure() -> Query:
    """Assignments that are active and have a departure date, or neither."""
    one = BatchContainerAssignment
    return sa.select(
        one.id.label("assignment"), one.is_active, one.assignment_date, one.departure_date
    ).where(one.is_active == one.departure_date.is_not(None))


def container_in_one_place() -> Query:
    """Containers that stand in a hall and an area, or in neither."""
    return sa.select(Container.name, Container.hall_id, Container.area_id).where(
        Container.hall_id.is_(None) == Container.area_id.is_(None)
    )


def stage_in_its_water() -> Query:
    """Assignments of the last stage on land, or of an earlier one at sea."""
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
    """Stages of a batch without the one before, or not beginning while that one ends."""
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
    """First and last day of each stage of each batch, and in how many containers it goes on."""
    one = BatchContainerAssignment
    return (
        sa.select(
            one.batch_id,
            LifeCycleStage.order.label("stage"),
            sa.func.min(one.assignment_date).label("begins"),
            sa.func.max(one.departure_date).label("ends"),
            (sa.func.count() - sa.func.count(one.departure_date)).label("staying"),
        )
        .join_from(one, LifeCycleStage)
        .group_by(one.batch_id, LifeCycleStage.order)
        .cte("spans")
    )


def batch_stage_is_latest() -> Query:
    """Batches whose stage is not the latest one that any of their fish reached."""
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


def batch_starts_with_first_assignment() -> Query:
    """Batches that start on another day than their first assignment."""
    first = (
        sa.select(
            BatchContainerAssignment.batch_id,
            sa.func.min(BatchContainerAssignment.assignment_date).label("day"),
        )
        .group_by(BatchContainerAssignment.batch_id)
        .subquery("first")
    )
    return (
        sa.select(
            Batch.batch_number.label("batch"),
            Batch.start_date,
            first.c.day.label("first_assignment"),
        )
        .join_from(Batch, first, first.c.batch_id == Batch.id)
        .where(Batch.start_date != first.c.day)
    )


def completed_batches_have_ended() -> Query:
    """Batches completed with fish left, ended on another day than the last left, or too late."""
    one = BatchContainerAssignment
    stays = (
        sa.select(
            one.batch_id,
            sa.func.max(one.departure_date).label("last_departure"),
            (sa.func.count() - sa.func.count(one.departure_date)).label("staying"),
        )
        .group_by(one.batch_id)
        .subquery("stays")
    )
    unended = sa.or_(
        stays.c.staying > 0,
        Batch.actual_end_date.is_(None),
        Batch.actual_end_date != stays.c.last_departure,
    )
    done = Batch.status == DONE
    return (
        sa.select(
            Batch.batch_number.label("batch"),
            Batch.status,
            Batch.actual_end_date,
            stays.c.last_departure,
            stays.c.staying,
        )
        .join_from(Batch, stays, stays.c.batch_id == Batch.id)
        .where(
            sa.or_(
                sa.and_(done, unended),
                sa.and_(
                    Batch.status == "ACTIVE",
                    sa.or_(stays.c.staying == 0, Batch.actual_end_date.is_not(None)),
                ),
            )
        )
    )


def arrivals_are_recorded() -> Query:
    """Assignments into which the first fish came on another day than they began, or never."""
    arrivals = sa.union_all(
        sa.select(
            CreationAction.dest_assignment_id.label("assignment_id"),
            CreationAction.actual_delivery_date.label("day"),
        ).where(CreationAction.status == DONE),
        sa.select(TransferAction.dest_assignment_id, TransferAction.actual_execution_date).where(
            TransferAction.status == DONE
        ),
    ).subquery("arrivals")
    first = (
        sa.select(arrivals.c.assignment_id, sa.func.min(arrivals.c.day).label("day"))
        .group_by(arrivals.c.assignment_id)
        .subquery("first")
    )
    one = BatchContainerAssignment
    return (
        sa.select(
            one.id.label("assignment"), one.assignment_date, first.c.day.label("first_arrival")
        )
        .outerjoin(first, first.c.assignment_id == one.id)
        .where(
            sa.or_(
                first.c.day != one.assignment_date,
                sa.and_(first.c.day.is_(None), one.population_count > 0),
            )
        )
    )


def departures_are_recorded() -> Query:
    """Assignments from which the last fish went on another day than they ended, or never."""
    departures = sa.union_all(
        sa.select(
            TransferAction.source_assignment_id.label("assignment_id"),
            day_number(TransferAction.actual_execution_date).label("day"),
        ).where(TransferAction.status == DONE),
        sa.select(HarvestEvent.assignment_id, day_number(HarvestEvent.event_date)),
    ).subquery("departures")
    last = (
        sa.select(departures.c.assignment_id, sa.func.max(departures.c.day).label("day"))
        .group_by(departures.c.assignment_id)
        .subquery("last")
    )
    one = BatchContainerAssignment
    late = last.c.day - day_number(one.departure_date)
    return (
        sa.select(
            one.id.label("assignment"), one.departure_date, late.label("last_fish_went_days_later")
        )
        .outerjoin(last, last.c.assignment_id == one.id)
        .where(
            one.departure_date.is_not(None),
            sa.or_(late != 0, sa.and_(last.c.day.is_(None), one.population_count > 0)),
        )
    )


def one_geography() -> Query:
    """Batches with containers in more than one geography."""
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
        "A container holds one assignment at a time.",
        overlapping,
    ),
    hard(
        _SUBJECT,
        "active-until-departure",
        "An assignment is active until it has a departure date, and not after.",
        active_without_departure,
    ),
    hard(
        _SUBJECT,
        "container-in-one-place",
        "A container stands in a hall or in a sea area, never in both or neither.",
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
        "A batch goes through all stages in order, each beginning as the one before ends.",
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
        "batch-starts-with-its-fish",
        "A batch starts on the day of its first assignment.",
        batch_starts_with_first_assignment,
    ),
    hard(
        _SUBJECT,
        "completed-batches-have-ended",
        "A batch is completed when its last fish have gone, and ends on that day.",
        completed_batches_have_ended,
    ),
    hard(
        _SUBJECT,
        "arrivals-are-recorded",
        "An assignment begins on the day its first fish were delivered or transferred.",
        arrivals_are_recorded,
    ),
    hard(
        _SUBJECT,
        "departures-are-recorded",
        "An assignment ends on the day its last fish were transferred or harvested.",
        departures_are_recorded,
    ),
    hard(
        _SUBJECT,
        "batch-stays-in-its-geography",
        "All containers of a batch are in one geography.",
        one_geography,
    ),
)
