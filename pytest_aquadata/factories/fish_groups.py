"""Timelines of batches, and fish groups: fish of a batch in one container.

Both are recorded when factories make a batch or an assignment. For rows made elsewhere they are
read from the database when first needed.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from ..schema import (
    Batch,
    BatchContainerAssignment,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    Container,
    LifeCycleStage,
    MortalityEvent,
    User,
)
from .column_values import decimal
from .context import FactoryContext
from .errors import FactoryError
from .expected_life import ExpectedStage, expected_life
from .sites import SiteKey, site_of, site_state_of
from .standard_farm import stage_rule, standard_farm


@dataclass(eq=False, repr=False)
class BatchTimeline:
    """A batch, its sites, and the workflows that moved its fish.

    Attributes:
        batch: row of the batch.
        geography: name of its geography.
        order: stage that its fish have reached.
        today: last day of its history.
        station: row of its station, once it has one.
        sites: its hall or area, by stage.
        creation: row of the workflow that received its eggs, once made.
        transfers: rows of its transfer workflows, by the stage that the fish leave.
        groups: its fish groups in the stage it has reached.
        deliveries: rows of the creation actions that brought its eggs, in order of making.
        moves: rows of the transfer actions that moved its fish, by the stage that they left.
    """

    batch: Any
    geography: str
    order: int
    today: date
    station: Any = None
    sites: dict[int, SiteKey] = field(default_factory=dict)
    creation: Any = None
    transfers: dict[int, Any] = field(default_factory=dict)
    groups: list[FishGroup] = field(default_factory=list)
    deliveries: list[Any] = field(default_factory=list)
    moves: dict[int, list[Any]] = field(default_factory=dict)

    @property
    def life(self) -> tuple[ExpectedStage, ...]:
        """The stages of its expected life."""
        return expected_life(self.geography, self.batch.start_date)

    @property
    def stage(self) -> ExpectedStage:
        """The stage that its fish have reached."""
        return self.life[self.order - 1]

    @property
    def expected_weight_g(self) -> float:
        """The expected mean weight of its fish today, in g."""
        return float(self.stage.weight_g[self.stage.day(self.today)])


@dataclass(eq=False, repr=False)
class FishGroup:
    """Fish of a batch in one container.

    Attributes:
        timeline: timeline of their batch.
        assignment: row of the assignment.
        container: row of the container.
        stage: expected stage.
        arrived: number of fish that arrived.
        weight_share: their weight as a share of the expected weight.
        today: last day of their history.
        deaths: number of fish that died, by day.
        harvestable_from: first day after the withdrawal period of a medicine.
        meals: number of meals made so far.
        is_ours: True if made in this context; otherwise the database may hold meals of theirs.
    """

    timeline: BatchTimeline
    assignment: Any
    container: Any
    stage: ExpectedStage
    arrived: int
    weight_share: float
    today: date
    deaths: Counter[date] = field(default_factory=Counter)
    harvestable_from: date | None = None
    meals: int = 0
    is_ours: bool = True

    @property
    def order(self) -> int:
        """Order of the stage, 1 to 6."""
        return self.stage.rule.order

    @property
    def batch(self) -> Any:
        """Row of the batch."""
        return self.timeline.batch

    def alive(self, when: date) -> int:
        """Return the number of fish alive on the morning of a day."""
        return self.arrived - sum(fish for day, fish in self.deaths.items() if day < when)

    def weight_g(self, when: date) -> Decimal:
        """Return the mean weight on a day, in g."""
        return decimal(float(self.stage.weight_g[self.stage.day(when)]) * self.weight_share)

    def temp_c(self, when: date) -> float:
        """Return the water temperature on a day, in °C."""
        return float(self.stage.temp_c[self.stage.day(when)])


@dataclass
class Timelines:
    """Registry of the timelines of batches, by batch id."""

    by_batch: dict[int, BatchTimeline] = field(default_factory=dict)


@dataclass
class FishGroups:
    """Registry of fish groups, by assignment id."""

    by_assignment: dict[int, FishGroup] = field(default_factory=dict)


@dataclass
class StageRows:
    """Registry of the rows of all stages, in order."""

    rows: list[LifeCycleStage] = field(default_factory=list)


def timeline_of(context: FactoryContext, batch: Any) -> BatchTimeline:
    """Return the timeline of a batch; that of a batch made elsewhere is read from its rows."""
    timelines = context.registry(Timelines).by_batch
    timeline = timelines.get(batch.id)
    if timeline is None:
        timeline = timelines[batch.id] = _timeline_from_rows(context, batch)
    return timeline


def register_timeline(context: FactoryContext, timeline: BatchTimeline) -> None:
    """Record the timeline of a new batch."""
    context.registry(Timelines).by_batch[timeline.batch.id] = timeline


def _timeline_from_rows(context: FactoryContext, batch: Any) -> BatchTimeline:
    order = context.rows.get(LifeCycleStage, batch.lifecycle_stage_id).order
    geography = _geography_of_number(batch.batch_number)
    timeline = BatchTimeline(batch, geography, order, context.today)
    if context.session is None:
        return timeline
    assignments = context.session.execute(
        sa.select(BatchContainerAssignment.container_id, LifeCycleStage.order)
        .join(LifeCycleStage, LifeCycleStage.id == BatchContainerAssignment.lifecycle_stage_id)
        .where(BatchContainerAssignment.batch_id == batch.id)
        .order_by(BatchContainerAssignment.id)
    )
    for container_id, stage in assignments:
        site = site_of(context.rows.get(Container, container_id))
        timeline.sites.setdefault(stage, site)
        timeline.geography = site_state_of(context, site).geography
    timeline.creation = context.rows.find(BatchCreationWorkflow, batch_id=batch.id)
    transfers = context.session.execute(
        sa.select(BatchTransferWorkflow, LifeCycleStage.order)
        .join(LifeCycleStage, LifeCycleStage.id == BatchTransferWorkflow.source_lifecycle_stage_id)
        .where(BatchTransferWorkflow.batch_id == batch.id)
    )
    timeline.transfers = {stage: workflow for workflow, stage in transfers}
    timeline.today = clipped_to_stage(timeline.stage, context.today)
    return timeline


def _geography_of_number(number: str) -> str:
    """Return the geography by the code that a batch number begins with, or the first one."""
    geographies = standard_farm().geographies
    by_code = {geography.code: geography.name for geography in geographies}
    return by_code.get(number.partition("-")[0], geographies[0].name)


def clipped_to_stage(stage: ExpectedStage, day: date) -> date:
    """Return the day of a stage that is nearest to a day."""
    return min(max(day, stage.arrives), stage.leaves - timedelta(days=1))


def fish_group_of(context: FactoryContext, assignment: Any) -> FishGroup:
    """Return the fish group of an assignment; one made elsewhere is read from its rows.

    Raises:
        FactoryError: if there is no assignment.
    """
    if assignment is None:
        raise FactoryError(
            "this row needs an assignment, fish of a batch in a container: give one, or leave it "
            "out to have one made"
        )
    groups = context.registry(FishGroups).by_assignment
    group = groups.get(assignment.id)
    if group is None:
        group = groups[assignment.id] = _group_from_rows(context, assignment)
    return group


def register_group(context: FactoryContext, group: FishGroup) -> None:
    """Record the fish group of a new assignment."""
    group.timeline.groups.append(group)
    context.registry(FishGroups).by_assignment[group.assignment.id] = group


def _group_from_rows(context: FactoryContext, assignment: Any) -> FishGroup:
    timeline = timeline_of(context, context.rows.get(Batch, assignment.batch_id))
    order = context.rows.get(LifeCycleStage, assignment.lifecycle_stage_id).order
    stage = timeline.life[order - 1]
    last_day = assignment.departure_date or clipped_to_stage(stage, context.today)
    expected_g = float(stage.weight_g[stage.day(last_day)])
    deaths = _deaths_by_day(context, assignment)
    return FishGroup(
        timeline=timeline,
        assignment=assignment,
        container=context.rows.get(Container, assignment.container_id),
        stage=stage,
        arrived=assignment.population_count + (deaths.total() if order > 1 else 0),
        weight_share=(
            1.0 if order == 1 else float(assignment.avg_weight_g or expected_g) / expected_g
        ),
        today=last_day,
        deaths=deaths,
        is_ours=False,
    )


def _deaths_by_day(context: FactoryContext, assignment: Any) -> Counter[date]:
    deaths: Counter[date] = Counter()
    for event in context.rows.all(MortalityEvent, assignment_id=assignment.id):
        deaths[event.event_date] += event.count
    return deaths


def fed_group_of(context: FactoryContext, assignment: Any) -> FishGroup:
    """Return the fish group of an assignment whose fish are fed.

    Raises:
        FactoryError: if they live on their yolk.
    """
    group = fish_group_of(context, assignment)
    if not group.stage.rule.is_fed:
        raise FactoryError(
            f"fish of stage {group.order} live on their yolk and are not fed: ask for stage "
            "2 or later"
        )
    return group


def active_assignment(context: FactoryContext, batch: Any, order: int | None = None) -> Any:
    """Return an assignment in which a batch has fish today, or None.

    Args:
        context: context of the rows.
        batch: row of the batch.
        order: stage of the assignment; any if None.
    """
    timeline = timeline_of(context, batch)
    for group in timeline.groups:
        if group.assignment.is_active and order in (None, group.order):
            return group.assignment
    if context.session is None or timeline.groups:
        return None
    query = (
        sa.select(BatchContainerAssignment)
        .where(BatchContainerAssignment.batch_id == batch.id, BatchContainerAssignment.is_active)
        .order_by(BatchContainerAssignment.id)
    )
    if order is not None:
        query = query.join(LifeCycleStage).where(LifeCycleStage.order == order)
    return context.session.scalar(query.limit(1))


def stage_row(context: FactoryContext, order: int) -> LifeCycleStage:
    """Return the row of a stage; the rows of all stages are added with the first one."""
    registry = context.registry(StageRows)
    if not registry.rows:
        positions = range(len(standard_farm().stages))
        registry.rows = [context.catalogue.row(LifeCycleStage, index) for index in positions]
    return registry.rows[stage_rule(order).order - 1]


def user_named(context: FactoryContext, username: str) -> User:
    """Return a user of the farm, such as `vet` or `operator`."""
    return context.catalogue.row_where(User, username=username)
