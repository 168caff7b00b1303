"""Hard checks of values: choices, limits, and the order of dates."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from ...schema import TABLES, LifeCycleStage
from ..context import Query
from .query import hard

_SUBJECT = "values"
_STAGE = "lifecycle_stage"


def not_chosen() -> Query:
    """Select values of choice columns that are not among the choices.

    Rows of models may also have the name of a stage, by which AquaMind's engines look them up.
    """
    is_stage_name = sa.select(LifeCycleStage.name)
    return _all_of(
        [
            sa.select(
                sa.literal(column.table.name).label("in_table"),
                sa.literal(column.name).label("in_column"),
                column.label("found"),
                sa.func.count().label("times"),
            )
            .where(column.not_in(column.info["choices"]))
            .where(column.not_in(is_stage_name) if column.name == _STAGE else sa.true())
            .group_by(column)
            for column in _columns()
            if "choices" in column.info
        ]
    )


def out_of_bounds() -> Query:
    """Select numbers below the minimum or above the maximum of their column."""
    queries = []
    for column in _columns():
        low, high = _bounds(column)
        limits = []
        if low is not None:
            limits.append(column < float(low))
        if high is not None:
            limits.append(column > float(high))
        if limits:
            queries.append(_where_found(column).where(sa.or_(*limits)))
    return _all_of(queries)


def _bounds(column: sa.Column[Any]) -> tuple[Decimal | None, Decimal | None]:
    """Return minimum and maximum of a column, from its model or a check constraint."""
    checked = [
        constraint.sqltext
        for constraint in column.table.constraints
        if isinstance(constraint, sa.CheckConstraint)
    ]
    not_negative = any(
        isinstance(condition, sa.BinaryExpression)
        and getattr(condition.left, "name", None) == column.name
        for condition in checked
    )
    low = column.info.get("minimum", Decimal(0) if not_negative else None)
    return low, column.info.get("maximum")


def _where_found(column: sa.Column[Any]) -> Query:
    (key, *_) = column.table.primary_key.columns
    return sa.select(
        sa.literal(column.table.name).label("in_table"),
        sa.literal(column.name).label("in_column"),
        sa.cast(key, sa.BigInteger).label("row"),
        sa.type_coerce(column, sa.Double).label("found"),
    )


def _columns() -> Iterator[sa.Column[Any]]:
    for table in TABLES.values():
        yield from table.columns


def _all_of(queries: list[Query]) -> Query:
    return sa.select(sa.union_all(*queries).subquery())


@dataclass(frozen=True)
class _Order:
    """Two columns with dates or instants; the first is never after the second."""

    table: str
    first: str
    then: str


_ORDERS = (
    _Order("batch_batch", "start_date", "expected_end_date"),
    _Order("batch_batch", "start_date", "actual_end_date"),
    _Order("batch_batchcontainerassignment", "assignment_date", "departure_date"),
    _Order("batch_batchcontainerassignment", "assignment_date", "last_weighing_date"),
    _Order("batch_creationworkflow", "planned_start_date", "planned_completion_date"),
    _Order("batch_creationworkflow", "actual_start_date", "actual_completion_date"),
    _Order("batch_batchtransferworkflow", "planned_start_date", "planned_completion_date"),
    _Order("batch_batchtransferworkflow", "actual_start_date", "actual_completion_date"),
    _Order("inventory_feedpurchase", "purchase_date", "expiry_date"),
    _Order("inventory_batchfeedingsummary", "period_start", "period_end"),
    _Order("inventory_containerfeedingsummary", "period_start", "period_end"),
    _Order("health_healthlabsample", "sample_date", "date_sent_to_lab"),
    _Order("health_healthlabsample", "date_sent_to_lab", "date_results_received"),
    _Order("infrastructure_sensor", "installation_date", "last_calibration_date"),
    _Order("finance_navexportbatch", "date_from", "date_to"),
)


def out_of_order() -> Query:
    """Select rows whose dates are in the wrong order."""
    queries = []
    for order in _ORDERS:
        table = TABLES[order.table]
        first, then = table.c[order.first], table.c[order.then]
        (key,) = table.primary_key.columns
        queries.append(
            sa.select(
                sa.literal(order.table).label("in_table"),
                sa.cast(key, sa.BigInteger).label("row"),
                sa.literal(order.first).label("first"),
                first.label("first_date"),
                sa.literal(order.then).label("then"),
                then.label("then_date"),
            ).where(first > then)
        )
    return _all_of(queries)


def changed_before_made() -> Query:
    """Select rows that were last changed before they were created."""
    return _all_of(
        [
            sa.select(
                sa.literal(table.name).label("in_table"),
                sa.cast(next(iter(table.primary_key.columns)), sa.BigInteger).label("row"),
                table.c.created_at,
                table.c.updated_at,
            ).where(table.c.updated_at < table.c.created_at)
            for table in TABLES.values()
            if "created_at" in table.c and "updated_at" in table.c
        ]
    )


CHECKS = (
    hard(
        _SUBJECT,
        "choices-respected",
        "A column with choices in AquaMind has one of them.",
        not_chosen,
    ),
    hard(
        _SUBJECT,
        "numbers-within-bounds",
        "No count is negative and no number outside the limits of AquaMind.",
        out_of_bounds,
    ),
    hard(
        _SUBJECT,
        "dates-in-order",
        "Dates are in order: start before end, sampling before sending, purchase before expiry.",
        out_of_order,
    ),
    hard(
        _SUBJECT,
        "rows-made-before-changed",
        "No row was changed before it was created.",
        changed_before_made,
    ),
)
