"""Fish in containers: how they came there, stage by stage, and how many there are on a day.

Fish cannot be at sea without having been eggs. An assignment therefore brings its own line of
containers behind it, one a stage, with the delivery and the transfers that carried its fish
along. A second assignment of a batch joins the same workflows, whose totals follow.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

import sqlalchemy as sa

from ..lifecycle.biology import DEAD_ON_ARRIVAL, HANDLING_DEATHS
from ..schema import (
    Batch,
    BatchContainerAssignment,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    Container,
    CreationAction,
    EggSupplier,
    FeedingEvent,
    LifeCycleStage,
    MortalityEvent,
    TransferAction,
    User,
)
from .company import Company, FactoryError
from .places import (
    container_values,
    decimal,
    geography_row,
    ground_of,
    is_sea,
    new_site,
    site_of,
    stage_rule,
)
from .trade import book_smolt_sale
from .usual import UsualStage, standard_farm, usual_life

EGGS = 200_000
"""Eggs behind one container, unless its fish are pinned: room for them in each of the farm's."""
_CENTI = Decimal("0.01")


def mass_kg(fish: int, weight_g: Decimal) -> Decimal:
    """Biomass of so many fish, as closely as it is stored."""
    return (fish * weight_g / 1000).quantize(_CENTI, ROUND_HALF_UP)


@dataclass(eq=False, repr=False)
class Track:
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
    def life(self) -> tuple[UsualStage, ...]:
        """The usual life of its fish."""
        return usual_life(self.geography, self.batch.start_date)

    @property
    def stage(self) -> UsualStage:
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

    track: Track
    assignment: Any
    container: Any
    stage: UsualStage
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


def track_of(at: Company, batch: Any) -> Track:
    """What is known of a batch; for one that others made, what its rows tell."""
    known: Track | None = at.memory.get(("track", batch.id))
    if known is None:
        known = at.memory["track", batch.id] = _told_by_rows(at, batch)
    return known


def _told_by_rows(at: Company, batch: Any) -> Track:
    order = at.get(LifeCycleStage, batch.lifecycle_stage_id).order
    geography = _geography_of_number(batch.batch_number)
    track = Track(batch, geography, order, at.today)
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


def _clipped(life: tuple[UsualStage, ...], order: int, today: date) -> date:
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
    track = track_of(at, batch)
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
    track = track_of(at, batch)
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


def container_for(at: Company, track: Track, order: int) -> Any:
    """A new container where a batch is kept in a stage."""
    if order not in track.sites:
        geography = geography_row(at, track.geography)
        track.sites[order], track.station = new_site(at, geography, order, track.station)
    return at.add(Container, **container_values(at, track.sites[order], order))


def usual_fish(order: int) -> int:
    """Fish that arrive in a stage of the eggs behind one container."""
    fish = EGGS - round(EGGS * DEAD_ON_ARRIVAL)
    for _ in range(order - 1):
        fish -= round(fish * HANDLING_DEATHS)
    return fish


def assignment_values(at: Company, track: Track, fish: int, weight_g: Any = None) -> dict[str, Any]:
    """An assignment of fish in the stage their batch has reached, of the usual weight or another.

    The book of the first stage shows the weight as delivered.
    """
    stage = track.stage
    day = 0 if track.order == 1 else stage.day(track.today)
    weight = decimal(float(stage.weight_g[day] if weight_g is None else weight_g))
    return {
        "population_count": fish,
        "avg_weight_g": weight,
        "biomass_kg": mass_kg(fish, weight),
        "assignment_date": stage.arrives,
        "is_active": True,
        "batch_id": track.batch.id,
        "lifecycle_stage_id": stage_row(at, track.order).id,
    }


def settle(at: Company, track: Track, row: Any, container: Any, left: Any) -> Stay:
    """Record how fish came into a new assignment, and that they are there."""
    stage, fish = track.stage, row.population_count
    bring(at, track, stage, row, fish, left)
    usual = float(stage.weight_g[stage.day(track.today)])
    share = float(row.avg_weight_g) / usual if track.order > 1 else 1.0
    stay = Stay(track, row, container, stage, fish, share, track.today)
    track.stays.append(stay)
    at.memory["stay", row.id] = stay
    if track.batch.status == "COMPLETED":
        track.batch.status, track.batch.actual_end_date = "ACTIVE", None
    return stay


def more_fish(at: Company, track: Track) -> Stay:
    """Fish of a batch in one more container, as many as are usual."""
    fish = usual_fish(track.order)
    left, container = lay_history(at, track, fish), container_for(at, track, track.order)
    values = assignment_values(at, track, fish)
    row = at.add(BatchContainerAssignment, container_id=container.id, **values)
    return settle(at, track, row, container, left)


def lay_history(at: Company, track: Track, fish: int) -> Any:
    """The containers through which fish came into the stage their batch has reached.

    Returns:
        The assignment they left last, emptied; None in the first stage.
    """
    arrivals = [fish]
    for _ in range(track.order - 1):
        arrivals.append(arrivals[-1] + _dead_of(arrivals[-1]))
    left = None
    for stage, arrived in zip(track.life, reversed(arrivals[1:]), strict=False):
        left = _passed(at, track, stage, arrived, left)
    return left


def _dead_of(survivors: int) -> int:
    """Fish that handling kills for so many that survive it."""
    return round(survivors * HANDLING_DEATHS / (1.0 - HANDLING_DEATHS))


def _passed(at: Company, track: Track, stage: UsualStage, fish: int, left: Any) -> Any:
    """An assignment that lies behind the fish."""
    order = stage.rule.order
    end = 0 if order == 1 else len(stage.temp_c)
    weight = decimal(float(stage.weight_g[end]))
    row = at.add(
        BatchContainerAssignment,
        population_count=fish,
        avg_weight_g=weight,
        biomass_kg=mass_kg(fish, weight),
        assignment_date=stage.arrives,
        departure_date=stage.leaves,
        is_active=False,
        batch_id=track.batch.id,
        container_id=container_for(at, track, order).id,
        lifecycle_stage_id=stage_row(at, order).id,
    )
    bring(at, track, stage, row, fish, left)
    return row


def stage_row(at: Company, order: int) -> LifeCycleStage:
    """The row of a stage. All are there if one is: the last in the table is the one at sea."""
    rows = at.memory.get("stages")
    if rows is None:
        places = range(len(standard_farm().stages))
        rows = at.memory["stages"] = [at.entry(LifeCycleStage, place) for place in places]
    return cast(LifeCycleStage, rows[stage_rule(order).order - 1])


def bring(at: Company, track: Track, stage: UsualStage, row: Any, fish: int, left: Any) -> None:
    """Record how fish came into an assignment: as eggs, or out of the one they left."""
    if left is None:
        _deliver(at, track, row, fish)
    else:
        _transfer(at, track, stage, row, fish, left)


def _deliver(at: Company, track: Track, row: Any, fish: int) -> None:
    dead = round(fish * DEAD_ON_ARRIVAL / (1.0 - DEAD_ON_ARRIVAL))
    workflow = track.creation
    if workflow is None:
        workflow = track.creation = _creation(at, track)
    workflow.total_eggs_planned += fish + dead
    workflow.total_eggs_received += fish + dead
    workflow.total_mortality_on_arrival += dead
    workflow.total_actions += 1
    workflow.actions_completed += 1
    starts = track.batch.start_date
    action = at.add(
        CreationAction,
        action_number=workflow.actions_completed,
        status="COMPLETED",
        egg_count_planned=fish + dead,
        egg_count_actual=fish + dead,
        mortality_on_arrival=dead,
        expected_delivery_date=starts,
        actual_delivery_date=starts,
        delivery_method="TRANSPORT",
        water_temp_on_arrival=decimal(float(track.life[0].temp_c[0])),
        egg_quality_score=4,
        execution_duration_minutes=30,
        dest_assignment_id=row.id,
        executed_by_id=person(at, "operator").id,
        workflow_id=workflow.id,
    )
    track.deliveries.append(action)


def _creation(at: Company, track: Track) -> BatchCreationWorkflow:
    starts = track.batch.start_date
    return at.add(
        BatchCreationWorkflow,
        workflow_number=f"CRT-{track.batch.batch_number}",
        status="COMPLETED",
        egg_source_type="EXTERNAL",
        external_supplier_id=at.entry(EggSupplier).id,
        external_supplier_batch_number=f"EGG-{track.batch.batch_number}",
        external_cost_per_thousand=Decimal("220.00"),
        total_eggs_planned=0,
        total_eggs_received=0,
        total_mortality_on_arrival=0,
        planned_start_date=starts,
        planned_completion_date=starts,
        actual_start_date=starts,
        actual_completion_date=starts,
        total_actions=0,
        actions_completed=0,
        progress_percentage=Decimal("100.00"),
        batch_id=track.batch.id,
        created_by_id=person(at, "manager").id,
    )


def _transfer(at: Company, track: Track, stage: UsualStage, row: Any, fish: int, left: Any) -> None:
    order = stage.rule.order - 1
    before = track.life[order - 1]
    dead = left.population_count - fish
    weight = left.avg_weight_g if order > 1 else decimal(float(before.weight_g[-1]))
    mass = mass_kg(fish, weight)
    workflow = track.transfers.get(order)
    if workflow is None:
        workflow = track.transfers[order] = _workflow(at, track, order, stage.arrives)
    workflow.total_source_count += fish + dead
    workflow.total_transferred_count += fish
    workflow.total_mortality_count += dead
    workflow.total_biomass_kg += mass
    workflow.total_actions_planned += 1
    workflow.actions_completed += 1
    action = at.add(
        TransferAction,
        action_number=workflow.actions_completed,
        source_population_before=fish + dead,
        transferred_count=fish,
        mortality_during_transfer=dead,
        transferred_biomass_kg=mass,
        status="COMPLETED",
        planned_date=stage.arrives,
        actual_execution_date=stage.arrives,
        transfer_method="GRAVITY" if order == 1 else "PUMP",
        water_temp_c=decimal(float(before.temp_c[-1])),
        execution_duration_minutes=15 + fish // 2500,
        dest_assignment_id=row.id,
        source_assignment_id=left.id,
        executed_by_id=person(at, "operator").id,
        workflow_id=workflow.id,
    )
    track.moves.setdefault(order, []).append(action)
    if workflow.is_intercompany:
        book_smolt_sale(at, track.geography, workflow)


def _workflow(at: Company, track: Track, order: int, day: date) -> BatchTransferWorkflow:
    to_sea = is_sea(order + 1)
    age = (day - track.batch.start_date).days
    return at.add(
        BatchTransferWorkflow,
        workflow_number=f"TRF-{track.batch.batch_number}-D{age:03d}",
        status="COMPLETED",
        planned_start_date=day,
        planned_completion_date=day,
        actual_start_date=day,
        actual_completion_date=day,
        total_source_count=0,
        total_transferred_count=0,
        total_mortality_count=0,
        total_biomass_kg=Decimal("0.00"),
        total_actions_planned=0,
        actions_completed=0,
        completion_percentage=Decimal("100.00"),
        is_intercompany=to_sea,
        source_subsidiary="FW" if to_sea else None,
        dest_subsidiary="FM" if to_sea else None,
        batch_id=track.batch.id,
        completed_by_id=person(at, "operator").id,
        initiated_by_id=person(at, "manager").id,
        source_lifecycle_stage_id=stage_row(at, order).id,
        dest_lifecycle_stage_id=stage_row(at, order + 1).id,
    )


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
