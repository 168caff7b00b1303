"""New rows: completed with keys and timestamps, and written in one flush per factory call."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.dialect import find_dialect
from ..databases.session_blocks import atomic
from ..lifecycle.columns import Columns
from ..schema import Base
from ..schema.value_limits import check_row
from .bulk import insert_rows, mark_persistent, objects_from_columns
from .identity_map import IdentityMap
from .keys import Keys
from .model_info import Model, key_name, table_of, timestamp_names

Row = TypeVar("Row", bound=Base)


class SessionWriter:
    """Adds new rows to a session and remembers them; without a session, only remembers them.

    Attributes:
        session: session that rows are added to; None if rows are only built.
    """

    def __init__(
        self, session: Session | None, keys: Keys, rows: IdentityMap, now: datetime
    ) -> None:
        """Begin with nothing to write.

        Args:
            session: session that rows are added to; None if rows are only built.
            keys: gives rows their primary keys.
            rows: where rows are remembered.
            now: value of timestamps that are not pinned.
        """
        self.session = session
        self._keys = keys
        self._rows = rows
        self._now = now
        self._pinned: set[sa.Table] = set()
        self._is_prepared = False

    def add(self, model: type[Row], /, **values: Any) -> Row:
        """Add a row of these values, completed with its primary key and timestamps."""
        self.complete(model, values)
        row = model(**values)
        self.register(model, row)
        return row

    def complete(self, model: Model, values: dict[str, Any]) -> None:
        """Set the primary key, if it is known before the insert, and the timestamps, if missing."""
        name = key_name(model)
        if values.get(name) is None:
            keys = self._keys.take(table_of(model))
            if keys is not None:
                values[name] = keys[0]
        else:
            self._pinned.add(table_of(model))
        for name in timestamp_names(model):
            if values.get(name) is None:
                values[name] = self._now

    def register(self, model: Model, row: Any) -> None:
        """Add a row object to the session and remember it.

        Raises:
            StoreError: if a column would change a value; the session is as it was.
        """
        if self.session is not None:
            check_row(row)
            self.session.add(row)
            if getattr(row, key_name(model)) is None:
                self.session.flush()
        self._rows.register(model, row)

    def add_columns(self, model: Model, columns: Columns) -> list[Any]:
        """Add many rows given as columns, which no other row refers to.

        Rows whose keys are known are inserted at once, without a flush of each object.
        """
        rows = objects_from_columns(model, columns)
        if self.session is None:
            return rows
        if key_name(model) in columns:
            self.insert(model, columns)
            mark_persistent(rows)
        self.session.add_all(rows)
        return rows

    def insert(self, model: Model, columns: Columns) -> None:
        """Insert many rows given as columns, without making objects; no effect without session."""
        if self.session is not None:
            self.session.flush()
            insert_rows(self.session, model, columns)

    def flush(self) -> None:
        """Write what was made so far."""
        if self.session is not None:
            self.session.flush()

    @contextmanager
    def call(self, commit: bool = False) -> Iterator[None]:
        """Run a factory call: write its rows in one flush at the end, or none if it fails.

        What the code under test has changed is flushed first. Queries of the call do not flush.

        Args:
            commit: commit at the end.
        """
        session = self.session
        if session is None:
            yield
            return
        with atomic(session):
            if not self._is_prepared:
                self._prepare(session)
            self._keys.refresh()
            with session.no_autoflush:
                yield
            session.flush()
            self._advance_sequences(session)
        if commit:
            session.commit()

    def _advance_sequences(self, session: Session) -> None:
        """Set the sequences of tables above keys that were pinned."""
        if self._pinned:
            tables, self._pinned = self._pinned, set()
            self._keys.advance(tables)

    def _prepare(self, session: Session) -> None:
        """Prepare the connection once, before the first row is written."""
        connection = session.connection()
        dialect = find_dialect(connection)
        if dialect is not None:
            dialect.prepare_writing(connection)
        self._is_prepared = True
