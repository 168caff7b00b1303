"""Rows as pandas DataFrames: decimals as floats, dates and instants as Timestamps, nulls as NA."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from ..databases.column_types import Form, Kind, complete, form_of
from ..errors import HistoryError
from ..lifecycle.columns import BatchTables, Column, Columns
from ..schema import TABLES
from ..text import nearest
from .optional_packages import import_optional

if TYPE_CHECKING:
    from pandas import DataFrame

_PLAIN = Form(Kind.INTEGER)
_DAY = Form(Kind.DATE)


def table_frame(name: str, tables: BatchTables, truth: Mapping[str, Columns]) -> DataFrame:
    """Return the rows of a table, or of the ground truth, as a DataFrame.

    Args:
        name: table of the schema, or of the ground truth.
        tables: rows by table.
        truth: tables of the ground truth, by name.

    Raises:
        HistoryError: if pandas is not installed, or there is no such table.
    """
    pandas = import_optional("pandas", "frames", "History.frame()")
    if name in truth:
        return _plain_frame(pandas, truth[name])
    if name not in TABLES:
        suggestion = nearest(name, (*TABLES, *truth))
        raise HistoryError(f"there is no table {name!r}; did you mean {suggestion!r}?")
    schema = TABLES[name]
    if name not in tables:
        return pandas.DataFrame(columns=list(schema.columns.keys()))
    rows = complete(schema, tables[name])
    return pandas.DataFrame(
        {column.name: _series(pandas, rows[column.name], form_of(column)) for column in schema.c}
    )


def _plain_frame(pandas: Any, rows: Columns) -> DataFrame:
    """Return columns that have no schema; names ending in `_day` are day numbers."""
    return pandas.DataFrame(
        {
            name: _series(pandas, column, _DAY if name.endswith("_day") else _PLAIN)
            for name, column in rows.columns.items()
        }
    )


def _series(pandas: Any, column: Column, form: Form) -> Any:
    values = _values(pandas, column, form)
    if column.null is None or not column.null.any():
        return pandas.Series(values)
    if column.vocabulary is None and form.kind in (Kind.INTEGER, Kind.BOOLEAN):
        dtype = "Int64" if form.kind is Kind.INTEGER else "boolean"
        return pandas.Series(values, dtype=dtype).mask(column.null)
    return pandas.Series(values).mask(column.null)


def _values(pandas: Any, column: Column, form: Form) -> Any:
    values = np.ascontiguousarray(column.values)
    if column.vocabulary is not None:
        return np.array(column.vocabulary, dtype=object)[values]
    match form.kind:
        case Kind.DECIMAL:
            return values / 10.0**form.scale
        case Kind.DATE:
            return pandas.to_datetime(values, unit="D")
        case Kind.INSTANT:
            return pandas.to_datetime(values, unit="us", utc=True)
        case Kind.TIME:
            return pandas.to_timedelta(values, unit="us")
        case _:
            return values
