"""Values that AquaMind's models allow and its database does not check, and dates in their order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from ...schema import TABLES
from ..context import Query
from .query import hard

_SUBJECT = "values"


def not_chosen() -> Query:
    """Words in columns that hold one of a few, and not this one."""
    return _all_of(
        [
            sa.select(
                sa.literal(column.table.name).label("in_table"),
                sa.literal(column.name).label("in_column"),
                column.label("found"),
                sa.func.count().label("times"),
            )
            .where(column.not_in(column.info["choices"]))
            .group_by(column)
            for column in _columns()
            if "choices" in column.info
        ]
    )


def out_of_bounds() -> Query:
    """Numbers below the least or above the greatest that their column allows."""
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
    """Least and greatest value of a column, by its model or by a check of its table."""
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
    """Two dates or instants of a row, of which the first is never the later one."""

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
    """Rows whose dates are in the wrong order."""
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
    """Rows last changed before they were made."""
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
        "A column that AquaMind restricts to a few words holds one of them.",
        not_chosen,
    ),
    hard(
        _SUBJECT,
        "numbers-within-bounds",
        "No count is negative and no number outside what AquaMind allows.",
        out_of_bounds,
    ),
    hard(
        _SUBJECT,
        "dates-in-order",
        "What begins before it ends, is sent after it is taken, expires after it is bought.",
        out_of_order,
    ),
    hard(
        _SUBJECT,
        "rows-made-before-changed",
        "No row was changed before it was made.",
        changed_before_made,
    ),
)
