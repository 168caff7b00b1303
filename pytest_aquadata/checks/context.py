"""The input of a check: queries over one connection, shared data, and the farm.

Several contexts can read one database at the same time, each in its own thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from threading import Lock
from typing import Any, TypeAlias, TypeVar, cast

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..presets.farm import Farm

Query: TypeAlias = "sa.Select[*tuple[Any, ...]]"
"""A query with any columns."""

_Loaded = TypeVar("_Loaded")
_FETCHED_ROWS = 2_000
"""Rows fetched from the driver in one call."""


class CheckContext:
    """One connection to the database under check, and the farm whose rules apply.

    Attributes:
        farm: the farm; soft checks compare the data with its climate, lice limits and weights.
    """

    def __init__(
        self, connection: sa.Connection, farm: Farm, share_with: CheckContext | None = None
    ) -> None:
        """Read through a connection.

        Args:
            connection: connection to a database with AquaMind's schema.
            farm: farm whose rules apply.
            share_with: context of the same database; data that one of the two loads serves both.
        """
        self.farm = farm
        self._connection = connection
        self._loaded: dict[Callable[..., Any], Future[Any]] = (
            share_with._loaded if share_with else {}
        )
        self._lock: Lock = share_with._lock if share_with else Lock()
        self._columns: dict[str, frozenset[str]] = {}

    def has_column(self, column: sa.Column[Any]) -> bool:
        """Return whether the database has a column of the models."""
        table = column.table.name
        if table not in self._columns:
            columns = sa.inspect(self._connection).get_columns(table)
            self._columns[table] = frozenset(column["name"] for column in columns)
        return column.name in self._columns[table]

    def rows(self, query: Query) -> list[Mapping[str, Any]]:
        """Return the rows of a query, each by column name."""
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def count(self, query: Query) -> int:
        """Return the number of rows of a query."""
        counted = sa.select(sa.func.count()).select_from(query.subquery())
        return int(self._connection.execute(counted).scalar_one())

    def columns(self, query: Query) -> Mapping[str, NDArray[Any]]:
        """Return the columns of a query as arrays of int64, of texts, or of float64 with NaN.

        Rows come straight from the driver's cursor: SQLAlchemy's row objects would take seconds
        for a million rows.
        """
        with self._connection.execute(query) as result:
            names, cursor = tuple(result.keys()), result.cursor
            parts: list[list[NDArray[Any]]] = [[] for _ in names]
            while rows := cursor.fetchmany(_FETCHED_ROWS) if cursor is not None else []:
                for position, column_parts in enumerate(parts):
                    column_parts.append(_array([row[position] for row in rows]))
        return {name: _joined(part) for name, part in zip(names, parts, strict=True)}

    def get(self, load: Callable[[CheckContext], _Loaded]) -> _Loaded:
        """Return what a function loads from the database; it is called once for all checks."""
        with self._lock:
            is_first = load not in self._loaded
            future = self._loaded.setdefault(load, Future())
        if is_first:
            try:
                future.set_result(load(self))
            except BaseException as error:
                future.set_exception(error)
        return cast(_Loaded, future.result())


def _array(values: list[Any]) -> NDArray[Any]:
    first = next((value for value in values if value is not None), None)
    if isinstance(first, str):
        return np.array(values, dtype=object)
    if isinstance(first, int):
        with suppress(TypeError, OverflowError):
            integers = np.array(values)
            if integers.dtype == np.int64:
                return integers
    return np.array(values, dtype=np.float64)


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
