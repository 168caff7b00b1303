"""Rows read from any database as the columns that were written."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import sqlalchemy as sa

from ..lifecycle.columns import Column, Columns, texts
from ..lifecycle.days import day_number
from ..schema.types import EPOCH, MICROSECOND
from .column_types import Form, Kind, form_of, json_text

_ROWS_PER_FETCH = 20_000


def read_columns(
    connection: sa.Connection, table: sa.Table, where: sa.ColumnElement[bool] | None = None
) -> Columns:
    """Return the rows of a table as columns, in the order of the primary key.

    Args:
        connection: to any database with the schema.
        table: the table, its primary key first.
        where: condition on the rows; all if None.
    """
    query = sa.select(table).order_by(table.columns[0])
    if where is not None:
        query = query.where(where)
    fetched: list[list[Any]] = [[] for _ in table.columns]
    result = connection.execute(query, execution_options={"yield_per": _ROWS_PER_FETCH})
    for rows in result.partitions(_ROWS_PER_FETCH):
        for values, column_values in zip(zip(*rows, strict=True), fetched, strict=True):
            column_values.extend(values)
    columns = {
        column.name: _column(values, form_of(column))
        for column, values in zip(table.columns, fetched, strict=True)
    }
    return Columns(columns, len(fetched[0]))


def _column(values: list[Any], form: Form) -> Column:
    if form.kind is Kind.TEXT:
        return texts(values)
    if form.kind is Kind.JSON:
        return texts(None if value is None else json_text(value) for value in values)
    null = np.array([value is None for value in values], dtype=np.bool_)
    numbers = [0 if value is None else _number(value, form) for value in values]
    dtype: type[Any] = np.int64
    if form.kind is Kind.DOUBLE:
        dtype = np.float64
    elif form.kind is Kind.BOOLEAN:
        dtype = np.bool_
    return Column(np.array(numbers, dtype=dtype), null if null.any() else None)


def _number(value: Any, form: Form) -> Any:
    match form.kind:
        case Kind.DECIMAL:
            exact: Decimal = value
            return int(exact.scaleb(form.scale))
        case Kind.DATE:
            return day_number(value)
        case Kind.INSTANT:
            return (value - EPOCH) // MICROSECOND
        case Kind.TIME:
            clock: dt.time = value
            since_midnight = dt.timedelta(
                hours=clock.hour,
                minutes=clock.minute,
                seconds=clock.second,
                microseconds=clock.microsecond,
            )
            return since_midnight // MICROSECOND
        case _:
            return value
