"""The database as the checks see it: queries, and what several checks share, loaded once.

Several connections may look at once, each from a thread of its own.
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

Query: TypeAlias = "sa.Select[*tuple[Any, ...]]"
"""A query, whatever columns it returns."""

_Loaded = TypeVar("_Loaded")
_ROWS_AT_ONCE = 2_000


class CheckContext:
    """Answers queries on one connection."""

    def __init__(self, connection: sa.Connection, beside: CheckContext | None = None) -> None:
        """Look through a connection to any database with the schema.

        Args:
            connection: to the database.
            beside: one that looks at the same database, and shares what it loads.
        """
        self._connection = connection
        self._loaded: dict[Callable[..., Any], Future[Any]] = beside._loaded if beside else {}
        self._lock: Lock = beside._lock if beside else Lock()
        self._columns: dict[str, frozenset[str]] = {}

    def has_column(self, column: sa.Column[Any]) -> bool:
        """Whether the database has a column of ours."""
        if column.table.name not in self._columns:
            found = sa.inspect(self._connection).get_columns(column.table.name)
            self._columns[column.table.name] = frozenset(one["name"] for one in found)
        return column.name in self._columns[column.table.name]

    def rows(self, query: Query) -> list[Mapping[str, Any]]:
        """The rows a query returns, by column name."""
        return [dict(row) for row in self._connection.execute(query).mappings()]

    def count(self, query: Query) -> int:
        """How many rows a query returns."""
        counted = sa.select(sa.func.count()).select_from(query.subquery())
        return int(self._connection.execute(counted).scalar_one())

    def columns(self, query: Query) -> Mapping[str, NDArray[Any]]:
        """What a query returns, as arrays: integers, texts, and numbers with NaN for null.

        Taken from the driver as it comes: a million rows made into objects would take seconds.
        """
        with self._connection.execute(query) as result:
            names, cursor = tuple(result.keys()), result.cursor
            parts: list[list[NDArray[Any]]] = [[] for _ in names]
            while rows := cursor.fetchmany(_ROWS_AT_ONCE) if cursor is not None else []:
                for position, of_column in enumerate(parts):
                    of_column.append(_array([row[position] for row in rows]))
        return {name: _joined(part) for name, part in zip(names, parts, strict=True)}

    def get(self, load: Callable[[CheckContext], _Loaded]) -> _Loaded:
        """What a function loads, loaded only once."""
        with self._lock:
            is_first = load not in self._loaded
            loaded = self._loaded.setdefault(load, Future())
        if is_first:
            try:
                loaded.set_result(load(self))
            except BaseException as error:
                loaded.set_exception(error)
        return cast(_Loaded, loaded.result())


def _array(values: list[Any]) -> NDArray[Any]:
    first = next((value for value in values if value is not None), None)
    if isinstance(first, str):
        return np.array(values, dtype=object)
    if isinstance(first, int):
        with suppress(TypeError, OverflowError):
            whole = np.array(values)
            if whole.dtype == np.int64:
                return whole
    return np.array(values, dtype=np.float64)


def _joined(parts: list[NDArray[Any]]) -> NDArray[Any]:
    return np.concatenate(parts) if parts else np.zeros(0, np.int64)
