"""Factories for batches and their fish in containers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ..lifecycle.stages import StageRule
from ..schema import Batch, BatchComposition, BatchContainerAssignment, LifeCycleStage, Species
from .arrivals import (
    add_container,
    add_past_assignments,
    assignment_values,
    expected_fish,
    place_fish,
)
from .base import AquadataFactory
from .binding import current_context
from .column_values import biomass_kg, decimal
from .context import FactoryContext
from .declarations import (
    ChildAttribute,
    EarliestPinnedDay,
    FlagChoice,
    Parent,
    PinnedColumn,
    Pins,
)
from .errors import FactoryError
from .expected_life import ExpectedStage, expected_life, start_date_at_weight
from .fish_groups import (
    BatchTimeline,
    active_assignment,
    clipped_to_stage,
    register_timeline,
    stage_row,
    timeline_of,
)
from .infrastructure import ContainerFactory
from .row_checks import DURING_STAY
from .sites import geography_row, site_of, site_state_of
from .standard_farm import (
    LAST_STAGE,
    geography_named,
    harvest_weight_g,
    is_sea,
    stage_rule,
    standard_farm,
)
from .value_checks import refusal

DEFAULT_STAGE = 2
"""Fry: the first stage that is fed, so the one with the fewest rows behind it."""
_POSSIBLE_SHARE = 2.0
"""Fish may be lighter or heavier than expected in a stage by up to this factor."""
_NEAR_HARVEST = 0.98
"""Share of the harvest weight that fish near harvest have."""


class BatchFactory(AquadataFactory[Batch]):
    """A batch at any stage of its life.

    At most one of `day`, `arrives`, `weight_g` and `harvest_share` says how far it is in its
    stage; by default it is in the middle.

    Parameters:
        stage (int): stage that it has reached, 1 to 6; by default 2, or the one that fits
            `weight_g` or a pinned `start_date`.
        geography (str or row): geography, by name; default "Faroe Islands".
        day (int): day of the stage today, from 0.
        arrives (date): first day of the stage.
        weight_g (float): mean weight today, in g.
        harvest_share (float): mean weight today, as a share of the harvest weight.
        present_on (date): a day on which the fish are in their stage already; a batch that would
            be too young by default is older.
        containers (int): number of containers that its fish are put into; default 0.

    Traits:
        adult: in stage 6.
        near_harvest: in stage 6, at 98 % of the harvest weight.
        mixed: of type MIXED rather than STANDARD.

    Example:
        >>> BatchFactory(near_harvest=True, containers=2).status
        'ACTIVE'
    """

    class Meta:
        model = Batch

    class Params:
        adult = False
        near_harvest = False
        mixed = False
        stage = FlagChoice(None, adult=LAST_STAGE, near_harvest=LAST_STAGE)
        day = None
        arrives = None
        weight_g = None
        harvest_share = FlagChoice(None, near_harvest=_NEAR_HARVEST)
        present_on = None
        geography = "Faroe Islands"
        containers = 0

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        geography = geography_row(context, _geography_name(pins["geography"])).name
        order = _stage_order(context, pins)
        starts = pins.get("start_date") or _start_date(context, pins, geography, order)
        _require_possible_age(context, pins, expected_life(geography, starts)[order - 1])
        pattern = geography_named(geography)
        at_sea = expected_life(geography, starts)[-1]
        ends = at_sea.arrives + timedelta(days=at_sea.first_day_at(harvest_weight_g(pattern)))
        return {
            "batch_number": _batch_number(context, pattern.code, starts),
            "status": "ACTIVE",
            "batch_type": "MIXED" if pins["mixed"] else "STANDARD",
            "start_date": starts,
            "expected_end_date": ends,
            "lifecycle_stage_id": stage_row(context, order).id,
            "species_id": context.catalogue.row(Species).id,
            "order": order,
            "geography": geography,
            "containers": pins["containers"],
        }

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        geography, order = plan["geography"], plan["order"]
        stage = expected_life(geography, row.start_date)[order - 1]
        today = clipped_to_stage(stage, context.today)
        register_timeline(context, BatchTimeline(row, geography, order, today))
        if plan["containers"]:
            BatchContainerAssignmentFactory.create_batch(plan["containers"], batch=row)


def _geography_name(geography: Any) -> str | None:
    """Return the name of a geography given by name or row; None for the first one."""
    return geography if geography is None or isinstance(geography, str) else str(geography.name)


def _stage_order(context: FactoryContext, pins: Pins) -> int:
    """Return the stage that a batch has reached: the pinned one, or by weight or age today."""
    order, stage_id = pins["stage"], pins.get("lifecycle_stage_id")
    if order is not None:
        return stage_rule(order).order
    if stage_id is not None:
        return int(context.rows.get(LifeCycleStage, stage_id).order)
    if pins["weight_g"] is not None:
        return _stage_at_weight(float(pins["weight_g"]))
    if pins.get("start_date") is not None:
        return _stage_at_age((context.today - pins.get("start_date")).days)
    return DEFAULT_STAGE


def _stage_at_weight(weight_g: float) -> int:
    return max(
        (rule.order for rule in standard_farm().stages if rule.weight_min_g <= weight_g), default=1
    )


def _stage_at_age(days: int) -> int:
    stages = standard_farm().stages
    for rule in stages[:-1]:
        if days < rule.days:
            return rule.order
        days -= rule.days
    return stages[-1].order


def _start_date(context: FactoryContext, pins: Pins, geography: str, order: int) -> date:
    """Return the start date of a batch that is as far in a stage today as asked for.

    If its fish would arrive after `present_on`, they are as far on that day.
    """
    days_before = sum(earlier.days for earlier in _earlier_stages(order))
    if pins["arrives"] is not None:
        return date.fromordinal(pins["arrives"].toordinal() - days_before)
    starts = _start_date_by_age(pins, geography, order, context.today)
    needed = pins["present_on"]
    is_asked_for = pins["day"] is not None or pins["weight_g"] is not None
    if needed is None or is_asked_for or starts + timedelta(days=days_before) <= needed:
        return starts
    return _start_date_by_age(pins, geography, order, needed)


def _start_date_by_age(pins: Pins, geography: str, order: int, today: date) -> date:
    """Return the start date of a batch that is as far in a stage on a day as asked for."""
    rule, weight_g = stage_rule(order), pins["weight_g"]
    if pins["harvest_share"] is not None:
        weight_g = pins["harvest_share"] * harvest_weight_g(geography_named(geography))
    if weight_g is not None:
        return start_date_at_weight(geography, order, today, float(weight_g))
    day = rule.days // 2 if pins["day"] is None else pins["day"]
    return today - timedelta(days=sum(earlier.days for earlier in _earlier_stages(order)) + day)


def _require_possible_age(context: FactoryContext, pins: Pins, stage: ExpectedStage) -> None:
    """Require that fish can be as far in a stage today as asked for.

    Raises:
        FactoryError: if they are too light, too heavy, too young or too old for it.
    """
    order, day, weight_g = stage.rule.order, pins["day"], pins["weight_g"]
    if day is not None and day >= len(stage.temp_c):
        raise refusal(
            f"{pins.factory}: day",
            day,
            f"is after stage {order}, which lasts {len(stage.temp_c)} days",
            "give an earlier day, or another stage",
        )
    lightest, heaviest = float(stage.weight_g[0]), float(stage.weight_g[-1])
    share = _POSSIBLE_SHARE
    if weight_g is not None and not lightest / share <= float(weight_g) <= heaviest * share:
        raise refusal(
            f"{pins.factory}: weight_g",
            weight_g,
            f"is not a weight of stage {order}, whose fish have {lightest:.4g} to {heaviest:.4g} g",
            "give another weight, or another stage",
        )
    starts = pins.given("start_date")
    if starts is not None and pins.given("stage") is not None and stage.arrives > context.today:
        raise refusal(
            f"{pins.factory}: start_date",
            starts,
            f"is too late for stage {order}, which these fish reach on {stage.arrives}",
            "give an earlier date, or another stage",
        )


def _earlier_stages(order: int) -> Sequence[StageRule]:
    return standard_farm().stages[: order - 1]


def _batch_number(context: FactoryContext, code: str, starts: date) -> str:
    form = f"{code}-{starts.year}-{context.names.prefix}"
    return context.next_name(Batch, "batch_number", form)


class BatchCompositionFactory(AquadataFactory[BatchComposition]):
    """The share of a source batch in a mixed batch.

    Pin `percentage` or `population_count`; biomass follows.

    Parameters:
        mixed_batch (Batch): batch that is mixed; default a new one.
        source_batch (Batch): batch that is mixed into it; default a new one.

    Example:
        >>> BatchCompositionFactory(percentage=25).population_count
        49860
    """

    class Meta:
        model = BatchComposition

    class Params:
        mixed_batch = Parent(BatchFactory, key="mixed_batch_id", mixed=True)
        source_batch = Parent(BatchFactory, key="source_batch_id")

    _shared_parents = ("mixed_batch",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        source = timeline_of(context, pins["source_batch"])
        percentage = Decimal(pins.get("percentage", Decimal("50.00")))
        fish = pins.get("population_count", int(expected_fish(source.order) * percentage / 100))
        _require_two_batches(pins)
        _require_fish_of(pins, source, fish)
        return {
            "percentage": percentage,
            "population_count": fish,
            "biomass_kg": biomass_kg(fish, decimal(source.expected_weight_g)),
            "mixed_batch_id": pins["mixed_batch"].id,
            "source_batch_id": pins["source_batch"].id,
        }


def _require_two_batches(pins: Pins) -> None:
    mixed, source = pins["mixed_batch"], pins["source_batch"]
    if mixed.id == source.id:
        raise FactoryError(
            f"{pins.factory}: batch {source.batch_number} cannot be mixed into itself; give "
            "another source_batch"
        )


def _require_fish_of(pins: Pins, source: BatchTimeline, fish: int) -> None:
    """Require that a batch, if it has fish in containers, has as many as are mixed."""
    alive = sum(group.alive(source.today) for group in source.groups)
    if source.groups and fish > alive:
        raise refusal(
            f"{pins.factory}: population_count",
            fish,
            f"is more than the {alive:,} fish of batch {source.batch.batch_number}",
            "give a smaller number",
        )


def _container_of_batch(context: FactoryContext, pins: Pins) -> Any:
    """Return a new container at the batch's site."""
    timeline = timeline_of(context, pins["batch"])
    return add_container(context, timeline, timeline.order)


class BatchContainerAssignmentFactory(AquadataFactory[BatchContainerAssignment]):
    """Fish of a batch in one container, with the assignments and transfers before it.

    Pin `population_count` or `avg_weight_g` and the biomass follows.

    Parameters:
        batch (Batch): batch of the fish; default a new one.
        container (Container): container that they are in; default a new one at the batch's site.
        stage (int): stage of a new batch, 1 to 6.
        geography (str): geography of a new batch; default "Faroe Islands".
        day (int): day of the stage today, from 0.
        weight_g (float): mean weight today, in g; default the pinned `avg_weight_g`.
        arrives (date): day of arrival; default the pinned `assignment_date`.
        harvest_share (float): mean weight today, as a share of the harvest weight.
        present_on (date): a day on which the fish are there already; see `BatchFactory`.

    Traits:
        adult: in stage 6.
        near_harvest: in stage 6, at 98 % of the harvest weight.

    Example:
        >>> BatchContainerAssignmentFactory(population_count=10_000, avg_weight_g=4_200).biomass_kg
        Decimal('42000.00')
    """

    class Meta:
        model = BatchContainerAssignment

    class Params:
        adult = False
        near_harvest = False
        stage = FlagChoice(None, adult=LAST_STAGE, near_harvest=LAST_STAGE)
        day = None
        weight_g = PinnedColumn("avg_weight_g")
        arrives = PinnedColumn("assignment_date")
        harvest_share = FlagChoice(None, near_harvest=_NEAR_HARVEST)
        present_on = None
        geography = "Faroe Islands"
        batch = Parent(
            BatchFactory,
            key="batch_id",
            stage=ChildAttribute("stage"),
            day=ChildAttribute("day"),
            weight_g=ChildAttribute("weight_g"),
            arrives=ChildAttribute("arrives"),
            harvest_share=ChildAttribute("harvest_share"),
            present_on=ChildAttribute("present_on"),
            geography=ChildAttribute("geography"),
        )
        container = Parent(ContainerFactory, key="container_id", lookup=_container_of_batch)

    _shared_parents = ("batch",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        if pins["batch"] is None:
            raise FactoryError("an assignment needs a batch: give one, or leave batch out")
        timeline = timeline_of(context, pins["batch"])
        _require_stage(timeline, pins["stage"])
        _move_to_pinned_container(context, timeline, pins)
        fish = pins.get("population_count", expected_fish(timeline.order))
        container, weight = pins["container"], pins.get("avg_weight_g")
        values = assignment_values(context, timeline, fish, weight)
        _require_suited(pins, timeline, container)
        _require_room(pins, container, values)
        return {
            **values,
            "container_id": container.id,
            "timeline": timeline,
            "container": container,
            "source": add_past_assignments(context, timeline, fish),
        }

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        place_fish(context, plan["timeline"], row, plan["container"], plan["source"])


def _require_stage(timeline: BatchTimeline, order: int | None) -> None:
    """Require that a batch is in a stage.

    Raises:
        FactoryError: if it is in another one.
    """
    if order is not None and order != timeline.order:
        raise FactoryError(
            f"batch {timeline.batch.batch_number} is in stage {timeline.order} and has no fish to "
            f"put into stage {order}: make the batch with stage={order}, or leave stage out"
        )


def _require_suited(pins: Pins, timeline: BatchTimeline, container: Any) -> None:
    """Require that a container is at sea if the fish are, else in a hall."""
    is_at_sea = container.hall_id is None
    if is_at_sea != is_sea(timeline.order):
        place, other = ("at sea", LAST_STAGE) if is_at_sea else ("in a hall", DEFAULT_STAGE)
        raise FactoryError(
            f"{pins.factory}: container={container.name} is {place}, where fish of stage "
            f"{timeline.order} do not live; give another container, or a stage such as {other}"
        )


def _require_room(pins: Pins, container: Any, values: dict[str, Any]) -> None:
    """Require that pinned fish do not weigh more than their container can hold."""
    most, biomass = container.max_biomass_kg, values["biomass_kg"]
    pinned = [name for name in ("population_count", "avg_weight_g") if pins.is_pinned(name)]
    if pinned and most and biomass > most:
        raise refusal(
            f"{pins.factory}: {pinned[0]}",
            pins.get(pinned[0]),
            f"is {biomass:,} kg of fish, and {container.name} holds at most {most:,} kg",
            "give fewer or lighter fish, or a larger container",
        )


def _move_to_pinned_container(context: FactoryContext, timeline: BatchTimeline, pins: Pins) -> None:
    """Make the hall or area of a pinned container the site of a batch that has none yet."""
    if pins.is_pinned("container") or pins.is_pinned("container_id"):
        site = site_of(pins["container"])
        if timeline.order not in timeline.sites:
            timeline.sites[timeline.order] = site
            site_state_of(context, site)


def _pinned_batch(context: FactoryContext, pins: Pins) -> Any:
    """Return the batch that a row about fish must be of, or None if any will do."""
    if pins["batch"] is not None:
        return pins["batch"]
    batch_id = pins.get("batch_id")
    return None if batch_id is None else context.rows.get(Batch, batch_id)


def _assignment_of_batch(context: FactoryContext, pins: Pins) -> Any:
    """Return the assignment in which the pinned batch has fish, or None."""
    batch = _pinned_batch(context, pins)
    return None if batch is None else active_assignment(context, batch, pins["stage"])


class AssignmentParent(Parent):
    """The assignment of a row about fish in a container, of the pinned batch, if any."""

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        """Make an assignment, of the pinned batch, if any."""
        batch = _pinned_batch(current_context(), Pins(instance, step))
        return super().evaluate(
            instance, step, extra if batch is None else {"batch": batch, **extra}
        )


def assignment_parent(key: str = "assignment_id", **defaults: Any) -> AssignmentParent:
    """Declare the assignment of a row about fish; its factory needs `batch` and `stage`, too.

    Args:
        key: column that refers to the assignment.
        defaults: arguments for a new assignment.
    """
    return AssignmentParent(
        BatchContainerAssignmentFactory,
        key=key,
        lookup=_assignment_of_batch,
        stage=ChildAttribute("stage"),
        present_on=EarliestPinnedDay(DURING_STAY),
        **defaults,
    )
