"""Rows by model and primary key: those made here from memory, all others from the database."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..schema import Base
from .errors import FactoryError
from .keys import Keys
from .model_info import Model, key_name, table_of

Row = TypeVar("Row", bound=Base)


class IdentityMap:
    """Finds rows without a query if they were made or loaded here, else by a query.

    Without a session, only rows made here exist.

    Attributes:
        newest: model and primary key of the row that was registered last.
    """

    def __init__(self, session: Session | None, keys: Keys) -> None:
        """Begin empty.

        Args:
            session: session that is queried; None if rows are only built.
            keys: tells which tables are empty, so that they are not queried.
        """
        self._session = session
        self._keys = keys
        self._rows: dict[tuple[Model, int], Base] = {}
        self.newest: tuple[Model, int] | None = None

    def register(self, model: Model, row: Any) -> None:
        """Remember a new row under its primary key."""
        self.newest = model, getattr(row, key_name(model))
        self._rows[self.newest] = row

    def clear(self) -> None:
        """Forget all rows."""
        self._rows.clear()
        self.newest = None

    def get(self, model: type[Row], key: Any) -> Row:
        """Return the row with a primary key.

        Raises:
            FactoryError: if no row has it.
        """
        row = self._rows.get((model, key))
        if row is None and self._session is not None:
            row = self._session.scalar(
                sa.select(model).where(getattr(model, key_name(model)) == key)
            )
        if row is None:
            raise FactoryError(
                f"there is no {model.__name__} with the key {key}: make it first, or leave it out "
                "to have one made"
            )
        self._rows[model, key] = row
        return cast(Row, row)

    def find(self, model: type[Row], /, **values: Any) -> Row | None:
        """Return the row of lowest key that has these values, or None."""
        if self._session is None:
            return next(iter(self._built(model, values)), None)
        if self._keys.is_empty(table_of(model)):
            return None
        return self._session.scalar(_query(model, values).limit(1))

    def all(self, model: type[Row], /, **values: Any) -> list[Row]:
        """Return all rows that have these values, by key."""
        if self._session is None:
            return self._built(model, values)
        return list(self._session.scalars(_query(model, values)))

    def values(
        self, model: Model, column: sa.ColumnElement[Any], condition: sa.ColumnElement[bool]
    ) -> list[Any]:
        """Return a column's values in the rows of the database that meet a condition."""
        if self._session is None or self._keys.is_empty(table_of(model)):
            return []
        return list(self._session.scalars(sa.select(column).where(condition)))

    def are_stored(self, keys: Collection[tuple[Model, int]]) -> bool:
        """Return whether the database has all rows of these models and primary keys."""
        if self._session is None or not keys:
            return True
        connection = self._session.connection()
        quote = connection.dialect.identifier_preparer.quote
        by_model: dict[Model, set[int]] = {}
        for model, key in keys:
            by_model.setdefault(model, set()).add(key)
        counts = (
            f"(SELECT count(*) FROM {quote(table_of(model).name)} WHERE {quote(key_name(model))} "
            f"IN ({', '.join(map(str, values))}))"
            for model, values in by_model.items()
        )
        stored = connection.exec_driver_sql(f"SELECT {' + '.join(counts)}").scalar_one()
        return int(stored) == sum(map(len, by_model.values()))

    def _built(self, model: type[Row], values: dict[str, Any]) -> list[Row]:
        return [
            cast(Row, row)
            for (row_model, _), row in self._rows.items()
            if row_model is model and all(getattr(row, name) == values[name] for name in values)
        ]


def _query(model: type[Row], values: dict[str, Any]) -> sa.Select[Row]:
    conditions = [getattr(model, name) == value for name, value in values.items()]
    return sa.select(model).where(*conditions).order_by(getattr(model, key_name(model)))
