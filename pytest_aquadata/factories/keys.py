"""Primary keys that are known before a row is inserted.

With them a whole graph of rows is written in one flush. They come from the database's own
numbering, so they collide neither with rows that the code under test inserts nor with those of
other xdist workers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.dialect import Dialect, Numbering, find_dialect

_PREFETCH = 16
"""Keys taken from a sequence in advance."""


class Keys(Protocol):
    """Gives primary keys to new rows."""

    def take(self, table: sa.Table, rows: int = 1) -> Sequence[int] | None:
        """Return keys for new rows, or None if only the database knows them, on insert."""

    def is_empty(self, table: sa.Table) -> bool:
        """Return whether a table certainly had no rows at the last refresh."""

    def refresh(self) -> None:
        """Discard what others may have changed."""

    def advance(self, tables: Iterable[sa.Table]) -> None:
        """Go on above the keys of tables that were given by others."""


class BuiltKeys:
    """Keys of rows that are built and stored nowhere: 1, 2, 3, … in each table."""

    def __init__(self) -> None:
        """Begin each table with 1."""
        self._next: dict[str, int] = defaultdict(lambda: 1)

    def take(self, table: sa.Table, rows: int = 1) -> range:
        """Return the next keys."""
        first = self._next[table.name]
        self._next[table.name] = first + rows
        return range(first, first + rows)

    def is_empty(self, table: sa.Table) -> bool:
        """Return False, because no database is queried."""
        return False

    def refresh(self) -> None:
        """Do nothing."""

    def advance(self, tables: Iterable[sa.Table]) -> None:
        """Do nothing."""


class MaximumKeys:
    """Keys above the highest key of a table, where only one connection writes at a time.

    No key is given twice, because the session may still have an object for a row that is gone.
    """

    def __init__(self, session: Session, dialect: Dialect) -> None:
        """Read the highest keys through a session."""
        self._session = session
        self._dialect = dialect
        self._highest: dict[str, int] = {}
        self._next: dict[str, int] = {}

    def take(self, table: sa.Table, rows: int = 1) -> range:
        """Return the next keys."""
        first = max(self._next.get(table.name, 1), self._highest_key(table) + 1)
        self._next[table.name] = first + rows
        return range(first, first + rows)

    def is_empty(self, table: sa.Table) -> bool:
        """Return whether the table had no rows at the last refresh."""
        return self._highest_key(table) == 0

    def refresh(self) -> None:
        """Read the highest keys again when next needed."""
        self._highest.clear()

    def advance(self, tables: Iterable[sa.Table]) -> None:
        """Do nothing: the highest keys are read again."""

    def _highest_key(self, table: sa.Table) -> int:
        highest = self._highest.get(table.name)
        if highest is None:
            highest = self._dialect.highest_key(self._session.connection(), table)
            self._highest[table.name] = highest
        return highest


class SequenceKeys:
    """Keys from the database's sequences, which give each key to one connection only."""

    def __init__(self, session: Session, dialect: Dialect) -> None:
        """Read sequences through a session."""
        self._session = session
        self._dialect = dialect
        self._prefetched: dict[str, list[int]] = {}

    def take(self, table: sa.Table, rows: int = 1) -> Sequence[int] | None:
        """Return the next keys, or None if the table has no sequence."""
        keys = self._prefetched.get(table.name, [])
        if len(keys) < rows:
            missing = rows - len(keys) + _PREFETCH
            fetched = self._reserve(table, missing)
            if fetched is None:
                return None
            keys = keys + fetched
        self._prefetched[table.name] = keys[rows:]
        return keys[:rows]

    def _reserve(self, table: sa.Table, count: int) -> list[int] | None:
        """Return the next numbers of a sequence, which may be behind the keys of others' rows."""
        connection = self._session.connection()
        keys = self._dialect.reserve_keys(connection, table, count)
        if keys and keys[0] <= self._dialect.highest_key(connection, table):
            self._dialect.advance_sequences(connection, [table])
            keys = self._dialect.reserve_keys(connection, table, count)
        return keys

    def is_empty(self, table: sa.Table) -> bool:
        """Return False, because a sequence does not tell whether its table has rows."""
        return False

    def refresh(self) -> None:
        """Do nothing: a sequence gives no key twice."""

    def advance(self, tables: Iterable[sa.Table]) -> None:
        """Set the sequences above the highest keys, and discard numbers that were taken before."""
        for table in tables:
            self._prefetched.pop(table.name, None)
            self._dialect.advance_sequences(self._session.connection(), [table])


class DatabaseKeys:
    """Keys that only the database knows: each row is inserted as soon as it is made."""

    def take(self, table: sa.Table, rows: int = 1) -> None:
        """Return None."""

    def is_empty(self, table: sa.Table) -> bool:
        """Return False, because no table is looked at."""
        return False

    def refresh(self) -> None:
        """Do nothing."""

    def advance(self, tables: Iterable[sa.Table]) -> None:
        """Do nothing."""


def keys_for(session: Session | None) -> Keys:
    """Return the keys for rows of a session, or for built rows if it is None."""
    if session is None:
        return BuiltKeys()
    dialect = find_dialect(session.get_bind())
    if dialect is None or dialect.numbering is Numbering.ON_INSERT:
        return DatabaseKeys()
    kind = MaximumKeys if dialect.numbering is Numbering.HIGHEST_KEY else SequenceKeys
    return kind(session, dialect)
