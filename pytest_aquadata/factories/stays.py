"""Fish in containers: which batch they are of, how many are alive on a day and what they weigh."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

import sqlalchemy as sa

from ..schema import (
    Batch,
    BatchContainerAssignment,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    Container,
    FeedingEvent,
    LifeCycleStage,
    MortalityEvent,
    User,
)
from .company import Company, FactoryError
from .expected_life import ExpectedStage, expected_life, standard_farm
from .places import (
    decimal,
    ground_of,
    site_of,
    stage_rule,
)

EGGS = 200_000
"""Eggs behind one container, unless its fish are pinned: room for them in each of the farm's."""
_CENTI = Decimal("0.01")


def mass_kg(fish: int, weight_g: Decimal) -> Decimal:
    """Biomass of so many fish, as closely as it is stored."""
    return (fish * weight_g / 1000).quantize(_CENTI, ROUND_HALF_UP)


@dataclass(eq=False, repr=False)
class BatchTimeline:
    """What is known of a batch: where it is and which workflows moved it.

    Attributes:
        batch: its row.
        geography: name of its geography.
        order: the stage its fish have reached.
        today: the last day of its history.
        station: the row of its station, once it has one.
        sites: table and key of its hall or area, by stage.
        creation: the workflow of its eggs, once there is one.
        transfers: its transfer workflows, by the stage that fish leave.
        stays: its stays in the stage reached.
        deliveries: the actions that brought its eggs, in the order they were made.
        moves: the actions that moved its fish, by the stage that they left.
    """

    batch: Any
    geography: str
    order: int
    today: date
    station: Any = None
    sites: dict[int, tuple[Any, Any]] = field(default_factory=dict)
    creation: Any = None
    transfers: dict[int, Any] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    deliveries: list[Any] = field(default_factory=list)
    moves: dict[int, list[Any]] = field(default_factory=dict)

    @property
    def life(self) -> tuple[ExpectedStage, ...]:
        """The usual life of its fish."""
        return expected_life(self.geography, self.batch.start_date)

    @property
    def stage(self) -> ExpectedStage:
        """The stage its fish have reached."""
        return self.life[self.order - 1]


@dataclass(eq=False, repr=False)
class Stay:
    """Fish of a batch in one container.

    Attributes:
        track: their batch.
        assignment: the row of the assignment.
        container: the row of the container.
        stage: their usual stage.
        arrived: fish that came.
        weight_share: their weight as a share of the usual.
        today: the last day of their history.
        deaths: fish that died, by day.
        bound_until: the day from which medicine lets them be harvested.
        meals: meals given so far.
        is_ours: whether all of it was made here; if not, there may be meals that are not known.
    """

    track: BatchTimeline
    assignment: Any
    container: Any
    stage: ExpectedStage
    arrived: int
    weight_share: float
    today: date
    deaths: Counter[date] = field(default_factory=Counter)
    bound_until: date | None = None
    meals: int = 0
    is_ours: bool = True

    @property
    def order(self) -> int:
        """Order of the stage."""
        return self.stage.rule.order

    @property
    def batch(self) -> Any:
        """The batch's row."""
        return self.track.batch

    def alive(self, when: date) -> int:
        """Fish alive on the morning of a day."""
        return self.arrived - sum(fish for day, fish in self.deaths.items() if day < when)

    def weight_g(self, when: date) -> Decimal:
        """Their mean weight on a day."""
        return decimal(float(self.stage.weight_g[self.stage.day(when)]) * self.weight_share)

    def temp_c(self, when: date) -> float:
        """Temperature of their water on a day."""
        return float(self.stage.temp_c[self.stage.day(when)])


def timeline_of(at: Company, batch: Any) -> BatchTimeline:
    """What is known of a batch; for one that others made, what its rows tell."""
    known: BatchTimeline | None = at.memory.get(("track", batch.id))
    if known is None:
        known = at.memory["track", batch.id] = _told_by_rows(at, batch)
    return known


def _told_by_rows(at: Company, batch: Any) -> BatchTimeline:
    order = at.get(LifeCycleStage, batch.lifecycle_stage_id).order
    geography = _geography_of_number(batch.batch_number)
    track = BatchTimeline(batch, geography, order, at.today)
    if at.session is None:
        return track
    one = BatchContainerAssignment
    stays = at.session.execute(
        sa.select(one.container_id, LifeCycleStage.order)
        .join(LifeCycleStage, LifeCycleStage.id == one.lifecycle_stage_id)
        .where(one.batch_id == batch.id)
        .order_by(one.id)
    )
    for container_id, stage in stays:
        site = site_of(at.get(Container, container_id))
        track.sites.setdefault(stage, site)
        track.geography = ground_of(at, site).geography
    track.creation = at.find(BatchCreationWorkflow, batch_id=batch.id)
    moved = at.session.execute(
        sa.select(BatchTransferWorkflow, LifeCycleStage.order)
        .join(LifeCycleStage, LifeCycleStage.id == BatchTransferWorkflow.source_lifecycle_stage_id)
        .where(BatchTransferWorkflow.batch_id == batch.id)
    )
    track.transfers = {stage: workflow for workflow, stage in moved}
    track.today = _clipped(track.life, order, at.today)
    return track


def _geography_of_number(number: str) -> str:
    geographies = standard_farm().geographies
    begins = {one.code: one.name for one in geographies}
    return begins.get(number.partition("-")[0], geographies[0].name)


def _clipped(life: tuple[ExpectedStage, ...], order: int, today: date) -> date:
    """A day within a stage, as near to today as can be."""
    stage = life[order - 1]
    return min(max(today, stage.arrives), stage.leaves - timedelta(days=1))


def stay_of(at: Company, assignment: Any) -> Stay:
    """What is known of an assignment; for one that others made, what its rows tell."""
    if assignment is None:
        raise FactoryError(
            "this row belongs to fish in a container: give an assignment, or leave it out and "
            "have one made"
        )
    known: Stay | None = at.memory.get(("stay", assignment.id))
    if known is not None:
        return known
    batch = at.get(Batch, assignment.batch_id)
    track = timeline_of(at, batch)
    order = at.get(LifeCycleStage, assignment.lifecycle_stage_id).order
    stage = track.life[order - 1]
    last = assignment.departure_date or _clipped(track.life, order, at.today)
    usual = float(stage.weight_g[stage.day(last)])
    share = float(assignment.avg_weight_g or usual) / usual
    deaths = _deaths_by_day(at, assignment)
    known = Stay(
        track=track,
        assignment=assignment,
        container=at.get(Container, assignment.container_id),
        stage=stage,
        arrived=assignment.population_count + (deaths.total() if order > 1 else 0),
        weight_share=1.0 if order == 1 else share,
        today=last,
        deaths=deaths,
        is_ours=False,
    )
    at.memory["stay", assignment.id] = known
    return known


def _deaths_by_day(at: Company, assignment: Any) -> Counter[date]:
    """Fish of an assignment that died, by day."""
    deaths: Counter[date] = Counter()
    for row in at.rows(MortalityEvent, assignment_id=assignment.id):
        deaths[row.event_date] += row.count
    return deaths


def fed_mass(at: Company, stay: Stay, when: date) -> Decimal:
    """The biomass that is fed on a day: as its other meals have it, or of the fish alive."""
    if not stay.is_ours and at.session is not None:
        recorded = at.session.scalar(
            sa.select(FeedingEvent.batch_biomass_kg)
            .where(
                FeedingEvent.batch_assignment_id == stay.assignment.id,
                FeedingEvent.feeding_date == when,
            )
            .limit(1)
        )
        if recorded is not None:
            return recorded
    return mass_kg(stay.alive(when), stay.weight_g(when))


def dead_mass(at: Company, stay: Stay, when: date, fish: int) -> Decimal:
    """Biomass of fish that died on a day: they weigh what the fish fed on it weigh."""
    if stay.is_ours:
        return mass_kg(fish, stay.weight_g(when))
    share = fed_mass(at, stay, when) * fish / max(stay.alive(when), 1)
    return share.quantize(_CENTI, ROUND_HALF_UP)


def current_stay(at: Company, batch: Any, order: int | None = None) -> Any:
    """An assignment in which a batch holds fish now; None if it has none in that stage."""
    track = timeline_of(at, batch)
    for stay in track.stays:
        if stay.assignment.is_active and order in (None, stay.order):
            return stay.assignment
    if at.session is None or track.stays:
        return None
    one = BatchContainerAssignment
    query = sa.select(one).where(one.batch_id == batch.id, one.is_active).order_by(one.id)
    if order is not None:
        query = query.join(LifeCycleStage).where(LifeCycleStage.order == order)
    return at.session.scalar(query.limit(1))


def stage_row(at: Company, order: int) -> LifeCycleStage:
    """The row of a stage. All are there if one is: the last in the table is the one at sea."""
    rows = at.memory.get("stages")
    if rows is None:
        places = range(len(standard_farm().stages))
        rows = at.memory["stages"] = [at.entry(LifeCycleStage, place) for place in places]
    return cast(LifeCycleStage, rows[stage_rule(order).order - 1])


def person(at: Company, username: str) -> User:
    """Somebody of the farm."""
    return at.entry_where(User, username=username)


def lose_fish(stay: Stay, when: date, fish: int) -> None:
    """Take fish that died off the book. The first stage's book stays as delivered."""
    stay.deaths[when] += fish
    row = stay.assignment
    if stay.order > 1:
        row.population_count -= fish
        row.biomass_kg = mass_kg(row.population_count, row.avg_weight_g)


def empty(at: Company, stay: Stay, when: date, gone: int) -> None:
    """Record that the last fish left a container, and end their batch if they were its last."""
    row = stay.assignment
    row.population_count = gone + stay.deaths[when]
    row.avg_weight_g = stay.weight_g(when)
    row.biomass_kg = mass_kg(row.population_count, row.avg_weight_g)
    row.departure_date, row.is_active = when, False
    stay.today = when
    if current_stay_elsewhere(at, stay):
        return
    stay.batch.status, stay.batch.actual_end_date = "COMPLETED", when


def current_stay_elsewhere(at: Company, stay: Stay) -> bool:
    """Whether the batch holds fish in another container."""
    if any(other.assignment.is_active for other in stay.track.stays):
        return True
    if at.session is None:
        return False
    one = BatchContainerAssignment
    others = sa.select(sa.func.count(one.id)).where(
        one.batch_id == stay.batch.id, one.is_active, one.id != stay.assignment.id
    )
    mine = [other.assignment.id for other in stay.track.stays]
    return bool(at.session.scalar(others.where(one.id.not_in(mine))))


def refuse_emptied(stay: Stay, what: str) -> None:
    """Say that fish have gone.

    Raises:
        FactoryError: when they have.
    """
    if not stay.assignment.is_active:
        raise FactoryError(
            f"assignment {stay.assignment.id} was emptied on {stay.assignment.departure_date} and "
            f"has no fish for {what}: give one that still holds fish"
        )


def fed_stay(at: Company, assignment: Any) -> Stay:
    """Fish that are given feed.

    Raises:
        FactoryError: when they live on their yolk.
    """
    stay = stay_of(at, assignment)
    if not stay.stage.rule.is_fed:
        raise FactoryError(
            f"fish of stage {stay.order} live on their yolk and are not fed: ask for stage "
            "2 or later"
        )
    return stay
