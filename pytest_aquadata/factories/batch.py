"""Factories for batches, their fish in containers, deaths and growth samples."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ..lifecycle.mortality import CAUSES, daily_rate
from ..schema import (
    Batch,
    BatchComposition,
    BatchContainerAssignment,
    LifeCycleStage,
    MortalityEvent,
    Species,
)
from .base import AquadataFactory, Chosen, Parent, Pinned, PinnedValues, Same
from .binding import working
from .company import Company, FactoryError
from .expected_life import (
    days_before,
    expected_life,
    geography_named,
    harvest_weight_g,
    standard_farm,
)
from .history import assignment_values, container_for, lay_history, settle, usual_fish
from .infrastructure import ContainerFactory
from .places import decimal, geography_row, ground_of, site_of, stage_rule
from .stays import (
    BatchTimeline,
    Stay,
    current_stay,
    dead_mass,
    lose_fish,
    mass_kg,
    refuse_emptied,
    stage_row,
    stay_of,
    timeline_of,
)

USUAL_ORDER = 2
"""Fry: the first fish that are fed, with the shortest history behind them."""
_LAST = 6
_NEAR_HARVEST = 0.98


class BatchFactory(AquadataFactory[Batch]):
    """A batch at any stage of its life.

    Parameters: `stage` 1 to 6 and `geography` by name; `day` of the stage, `arrives` (first day of
    the stage), `weight_g` or `harvest_share` of the usual harvest weight say where it stands today;
    `containers=n` puts its fish into so many. Traits: `adult`, `near_harvest`, `mixed`.
    """

    class Meta:
        model = Batch

    class Params:
        adult = False
        near_harvest = False
        mixed = False
        stage = Chosen(None, adult=_LAST, near_harvest=_LAST)
        day = None
        arrives = None
        weight_g = None
        harvest_share = Chosen(None, near_harvest=_NEAR_HARVEST)
        geography = "Faroe Islands"
        containers = 0

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        geography = geography_row(at, _name(pins["geography"])).name
        order = _order(at, pins)
        starts = pins.get("start_date") or _start(at, pins, geography, order)
        entry = geography_named(geography)
        life = expected_life(geography, starts)
        ends = life[-1].arrives + timedelta(days=life[-1].first_day_at(harvest_weight_g(entry)))
        return {
            "batch_number": _number(at, entry.code, starts),
            "status": "ACTIVE",
            "batch_type": "MIXED" if pins["mixed"] else "STANDARD",
            "start_date": starts,
            "expected_end_date": ends,
            "lifecycle_stage_id": stage_row(at, order).id,
            "species_id": at.entry(Species).id,
            "order": order,
            "geography": geography,
            "containers": pins["containers"],
        }

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        life, order = expected_life(plan["geography"], row.start_date), plan["order"]
        stage = life[order - 1]
        today = min(max(at.today, stage.arrives), stage.leaves - timedelta(days=1))
        at.memory["track", row.id] = BatchTimeline(row, plan["geography"], order, today)
        if plan["containers"]:
            BatchContainerAssignmentFactory.create_batch(plan["containers"], batch=row)


def _name(geography: Any) -> str:
    return geography if isinstance(geography, str) else str(geography.name)


def _order(at: Company, pins: PinnedValues) -> int:
    """The stage a batch has reached: as pinned, or by its weight or its age today."""
    order, stage_id = pins["stage"], pins.get("lifecycle_stage_id")
    if order is not None:
        return stage_rule(order).order
    if stage_id is not None:
        return int(at.get(LifeCycleStage, stage_id).order)
    if pins["weight_g"] is not None:
        return _order_by_weight(float(pins["weight_g"]))
    if pins.get("start_date") is not None:
        return _order_by_age((at.today - pins.get("start_date")).days)
    return USUAL_ORDER


def _order_by_weight(weight_g: float) -> int:
    return max(
        (rule.order for rule in standard_farm().stages if rule.weight_min_g <= weight_g), default=1
    )


def _order_by_age(days: int) -> int:
    stages = standard_farm().stages
    for rule in stages[:-1]:
        if days < rule.days:
            return rule.order
        days -= rule.days
    return stages[-1].order


def _start(at: Company, pins: PinnedValues, geography: str, order: int) -> date:
    """The start of a batch that is where it is today."""
    rule, arrives, weight_g = stage_rule(order), pins["arrives"], pins["weight_g"]
    before = sum(one.days for one in _before(order))
    if arrives is not None:
        return date.fromordinal(arrives.toordinal() - before)
    if pins["harvest_share"] is not None:
        entry = geography_named(geography)
        weight_g = pins["harvest_share"] * harvest_weight_g(entry)
    if weight_g is not None:
        return days_before(geography, order, at.today, float(weight_g))
    day = rule.days // 2 if pins["day"] is None else pins["day"]
    return at.today - timedelta(days=before + day)


def _before(order: int) -> Any:
    return standard_farm().stages[: order - 1]


def _number(at: Company, code: str, starts: date) -> str:
    number = at.number(f"batch {code} {starts.year}")
    middle = "" if at.is_alone else f"{at.token}-"
    return f"{code}-{starts.year}-{middle}{number:03d}"


class BatchCompositionFactory(AquadataFactory[BatchComposition]):
    """The share of a source batch in a mixed one."""

    class Meta:
        model = BatchComposition

    class Params:
        mixed_batch = Parent(BatchFactory, key="mixed_batch_id", mixed=True)
        source_batch = Parent(BatchFactory, key="source_batch_id")

    _shares = ("mixed_batch",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        source = timeline_of(at, pins["source_batch"])
        percentage = Decimal(pins.get("percentage", Decimal("50.00")))
        fish = pins.get("population_count", int(usual_fish(source.order) * percentage / 100))
        weight = decimal(float(source.stage.weight_g[source.stage.day(source.today)]))
        return {
            "percentage": percentage,
            "population_count": fish,
            "biomass_kg": mass_kg(fish, weight),
            "mixed_batch_id": pins["mixed_batch"].id,
            "source_batch_id": pins["source_batch"].id,
        }


def _own_container(at: Company, pins: PinnedValues) -> Any:
    """A new container where the batch is kept."""
    track = timeline_of(at, pins["batch"])
    return container_for(at, track, track.order)


class BatchContainerAssignmentFactory(AquadataFactory[BatchContainerAssignment]):
    """Fish of a batch in one container, with the containers and moves that brought them there.

    Pin `population_count` or `avg_weight_g` and the rest follows. Parameters: `stage`, `batch`,
    `container`. Traits: `adult`, `near_harvest`.
    """

    class Meta:
        model = BatchContainerAssignment

    class Params:
        adult = False
        near_harvest = False
        stage = Chosen(None, adult=_LAST, near_harvest=_LAST)
        day = None
        weight_g = Pinned("avg_weight_g")
        arrives = Pinned("assignment_date")
        harvest_share = Chosen(None, near_harvest=_NEAR_HARVEST)
        geography = "Faroe Islands"
        batch = Parent(
            BatchFactory,
            key="batch_id",
            stage=Same("stage"),
            day=Same("day"),
            weight_g=Same("weight_g"),
            arrives=Same("arrives"),
            harvest_share=Same("harvest_share"),
            geography=Same("geography"),
        )
        container = Parent(ContainerFactory, key="container_id", found=_own_container)

    _shares = ("batch",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        if pins["batch"] is None:
            raise FactoryError("an assignment is of a batch: give one, or leave batch out")
        track = timeline_of(at, pins["batch"])
        _refuse_other_stage(track, pins["stage"])
        _stand_where_given(at, track, pins)
        fish = pins.get("population_count", usual_fish(track.order))
        container, weight = pins["container"], pins.get("avg_weight_g")
        return {
            **assignment_values(at, track, fish, weight),
            "container_id": container.id,
            "track": track,
            "container": container,
            "left": lay_history(at, track, fish),
        }

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        settle(at, plan["track"], row, plan["container"], plan["left"])


def _refuse_other_stage(track: BatchTimeline, order: int | None) -> None:
    if order is not None and order != track.order:
        raise FactoryError(
            f"batch {track.batch.batch_number} is in stage {track.order} and has no fish to put "
            f"into stage {order}: make the batch with stage={order}, or leave stage out"
        )


def _stand_where_given(at: Company, track: BatchTimeline, pins: PinnedValues) -> None:
    """Keep a batch in the hall or area of a container that is given."""
    if pins.given("container") or pins.given("container_id"):
        site = site_of(pins["container"])
        if track.order not in track.sites:
            track.sites[track.order] = site
            ground_of(at, site)


def _given_batch(at: Company, pins: PinnedValues) -> Any:
    """The batch that a row about fish is asked to be of; None if it may be of any."""
    if pins["batch"] is not None:
        return pins["batch"]
    batch_id = pins.get("batch_id")
    return None if batch_id is None else at.get(Batch, batch_id)


def of_batch(at: Company, pins: PinnedValues) -> Any:
    """The assignment that fish of a given batch are in now, if they are in one."""
    batch = _given_batch(at, pins)
    return None if batch is None else current_stay(at, batch, pins["stage"])


class Fish(Parent):
    """The parent of rows about fish in a container: an assignment, of the batch that is given."""

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        """Make it, of the batch that is given."""
        batch = _given_batch(working(), PinnedValues(instance, step))
        return super().evaluate(
            instance, step, extra if batch is None else {"batch": batch, **extra}
        )


def fish_in_a_container(key: str = "assignment_id", **defaults: Any) -> Fish:
    """The parent of rows about fish in a container."""
    return Fish(
        BatchContainerAssignmentFactory,
        key=key,
        found=of_batch,
        stage=Same("stage"),
        **defaults,
    )


class MortalityEventFactory(AquadataFactory[MortalityEvent]):
    """Fish that died, taken off the book of their assignment."""

    class Meta:
        model = MortalityEvent

    class Params:
        stage = None
        batch = None
        assignment = fish_in_a_container()

    _shares = ("assignment",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        stay = stay_of(at, pins["assignment"])
        refuse_emptied(stay, "a mortality event")
        when = pins.get("event_date", stay.today)
        fish = pins.get("count", usual_deaths(stay, when))
        left = stay.arrived - stay.deaths.total()
        if fish > left:
            raise FactoryError(
                f"{fish:,} fish cannot die where {left:,} are left: give a smaller count, or an "
                "assignment of more fish"
            )
        cause = CAUSES[at.number(f"cause {stay.assignment.id}") % len(CAUSES) - 1]
        return {
            "event_date": when,
            "count": fish,
            "biomass_kg": dead_mass(at, stay, when, fish),
            "cause": cause.code,
            "description": cause.reason,
            "batch_id": stay.batch.id,
            "assignment_id": stay.assignment.id,
            "stay": stay,
        }

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        lose_fish(plan["stay"], row.event_date, row.count)


def usual_deaths(stay: Stay, when: date) -> int:
    """Fish of an assignment that die on a usual day, at least one."""
    rate = daily_rate(stay.stage.rule.monthly_mortality_pct)
    return max(round(stay.alive(when) * rate), 1)
