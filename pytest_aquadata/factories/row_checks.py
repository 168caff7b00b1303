"""Checks of a whole row: values in order, and fish, container and batch that belong together."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from itertools import combinations
from typing import Any

from .context import FactoryContext
from .declarations import Pins
from .errors import FactoryError
from .fish_groups import fish_group_of
from .model_info import Model, parent_models, table_of
from .value_checks import refusal, shown

_ORDERED: tuple[tuple[str, ...], ...] = (
    ("start_date", "expected_end_date"),
    ("start_date", "actual_end_date"),
    ("assignment_date", "departure_date"),
    ("assignment_date", "last_weighing_date"),
    ("planned_start_date", "planned_completion_date"),
    ("actual_start_date", "actual_completion_date"),
    ("period_start", "period_end"),
    ("date_from", "date_to"),
    ("purchase_date", "expiry_date"),
    ("installation_date", "last_calibration_date"),
    ("sample_date", "date_sent_to_lab", "date_results_received"),
    ("fillet_weight_kg", "gutted_weight_kg", "live_weight_kg"),
    ("min_weight_g", "avg_weight_g", "max_weight_g"),
    ("min_length_cm", "avg_length_cm", "max_length_cm"),
    ("expected_weight_min_g", "expected_weight_max_g"),
    ("expected_length_min_cm", "expected_length_max_cm"),
    ("optimal_temperature_min", "optimal_temperature_max"),
    ("optimal_ph_min", "optimal_ph_max"),
    ("min_temperature_c", "max_temperature_c"),
    ("min_value", "max_value"),
    ("optimal_min", "optimal_max"),
    ("min_score", "max_score"),
    ("transferred_count", "source_population_before"),
    ("mortality_during_transfer", "source_population_before"),
    ("mortality_on_arrival", "egg_count_actual"),
    ("actions_completed", "total_actions"),
    ("actions_completed", "total_actions_planned"),
    ("total_transferred_count", "total_source_count"),
    ("total_mortality_on_arrival", "total_eggs_received"),
)
"""Columns whose values do not decrease from one to the next, where a table has them."""
DURING_STAY = (
    "feeding_date",
    "event_date",
    "sample_date",
    "sampling_date",
    "count_date",
    "treatment_date",
    "reading_time",
    "date",
    "period_start",
    "period_end",
)
"""Columns of rows about fish in a container that say when."""
_FISH_OF_GROUP = ("sample_size", "number_of_fish_sampled", "fish_sampled", "count", "population")
"""Columns of rows about fish in a container that count some of them."""
_OF_ASSIGNMENT = ("batch_id", "container_id", "lifecycle_stage_id")
"""Columns of a row about fish in a container whose values are those of the assignment."""


@cache
def _ordered_columns(model: Model) -> tuple[tuple[str, str], ...]:
    """Return the pairs of a model's columns of which the first is never above the second."""
    columns = table_of(model).columns.keys()
    return tuple(
        pair
        for names in _ORDERED
        for pair in combinations([name for name in names if name in columns], 2)
    )


def require_order(factory: str, model: Model, values: Mapping[str, Any]) -> None:
    """Require that the columns of a row are in order, such as a start before its end.

    Args:
        factory: name of the factory.
        model: model of the row.
        values: columns of the row; those that are missing are not compared.

    Raises:
        FactoryError: naming the two columns.
    """
    for low, high in _ordered_columns(model):
        first, second = values.get(low), values.get(high)
        if first is not None and second is not None and first > second:
            relation = "is after" if isinstance(first, date) else "is more than"
            raise FactoryError(
                f"{factory}: {low}={shown(first)} {relation} {high}={shown(second)}; give values "
                "in order, or leave out one of the two"
            )


def require_own_fish(
    context: FactoryContext, pins: Pins, assignment: Any, values: Mapping[str, Any]
) -> None:
    """Require that a row about fish in a container names their batch, container and stage.

    Pinned dates must lie in their stay, and pinned numbers of fish must not exceed them.

    Args:
        context: context of the rows.
        pins: pinned columns and parameters of the row.
        assignment: fish that the row is about.
        values: columns of the row.

    Raises:
        FactoryError: if the row names others.
    """
    for name in _OF_ASSIGNMENT:
        given, own = values.get(name), getattr(assignment, name)
        if given is not None and given != own:
            raise FactoryError(
                f"{pins.factory}: {name}={given} is not that of assignment {assignment.id}, which "
                f"is {own}; leave out one of the two"
            )
    batch = pins.given("batch")
    if batch is not None and batch.id != assignment.batch_id:
        raise FactoryError(
            f"{pins.factory}: assignment {assignment.id} has fish of batch {assignment.batch_id}, "
            f"not of batch={batch.batch_number}; leave out one of the two"
        )
    group = fish_group_of(context, assignment)
    stage = pins.given("stage")
    if stage is not None and stage != group.order:
        raise FactoryError(
            f"{pins.factory}: assignment {assignment.id} has fish of stage {group.order}, not of "
            f"stage={stage}; leave out one of the two"
        )
    for name in DURING_STAY:
        if name in values and pins.is_pinned(name) and values[name] is not None:
            _require_in_stay(f"{pins.factory}: {name}", values[name], assignment)
    for name in _FISH_OF_GROUP:
        if name in values and pins.is_pinned(name) and (values[name] or 0) > group.arrived:
            raise refusal(
                f"{pins.factory}: {name}",
                values[name],
                f"is more than the {group.arrived:,} fish of assignment {assignment.id}",
                "give a smaller number, or an assignment of more fish",
            )


def _require_in_stay(place: str, value: Any, assignment: Any) -> None:
    day = value.date() if isinstance(value, datetime) else value
    first, last = assignment.assignment_date, assignment.departure_date
    if day < first:
        raise refusal(
            place, value, f"is before the fish arrived, on {first}", "give that day or a later one"
        )
    if last is not None and day > last:
        raise refusal(
            place, value, f"is after the fish left, on {last}", "give that day or an earlier one"
        )


def require_parents(
    context: FactoryContext, pins: Pins, model: Model, values: Mapping[str, Any]
) -> None:
    """Require that the rows exist to which pinned columns refer.

    Args:
        context: context of the rows; without a session, all keys are accepted.
        pins: pinned columns of the row.
        model: model of the row.
        values: columns of the row.

    Raises:
        FactoryError: if one does not exist.
    """
    if context.session is None:
        return
    for name, parent in parent_models(model).items():
        if pins.given(name) is not None and values.get(name) is not None:
            context.rows.get(parent, values[name])
