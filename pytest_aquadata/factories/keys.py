"""Primary keys known before a row is written, where the database can say which are free.

With them a whole graph of rows is written in one flush. They are the database's own numbers, so
they collide neither with rows that the code under test inserts nor with those of other workers.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.dialect import Dialect, Numbering, find_dialect

_AHEAD = 16
"""Keys taken from a sequence at once."""


class Keys(Protocol):
    """Gives keys to the rows of a table."""

    def take(self, table: sa.Table, rows: int = 1) -> Sequence[int] | None:
        """The keys of so many new rows; None if only the database can say, as it writes them."""

    def is_empty(self, table: sa.Table) -> bool:
        """Whether a table surely held no rows when this was last refreshed."""

    def refresh(self) -> None:
        """Forget what others may have changed since."""


class PaperKeys:
    """Keys of rows that are stored nowhere: 1, 2, 3, … a table."""

    def __init__(self) -> None:
        self._next: dict[str, int] = defaultdict(lambda: 1)

    def take(self, table: sa.Table, rows: int = 1) -> range:
        """The next keys."""
        first = self._next[table.name]
        self._next[table.name] = first + rows
        return range(first, first + rows)

    def is_empty(self, table: sa.Table) -> bool:
        """Rows on paper are looked for on paper."""
        return False

    def refresh(self) -> None:
        """Nobody else counts."""


class HighestKeys:
    """Keys above the highest in a table, where only one connection writes at a time."""

    def __init__(self, session: Session, dialect: Dialect) -> None:
        self._session = session
        self._dialect = dialect
        self._highest: dict[str, int] = {}
        self._next: dict[str, int] = {}

    def take(self, table: sa.Table, rows: int = 1) -> range:
        """The next keys."""
        first = self._next.get(table.name)
        if first is None:
            first = self._look(table) + 1
        self._next[table.name] = first + rows
        return range(first, first + rows)

    def _look(self, table: sa.Table) -> int:
        found = self._highest.get(table.name)
        if found is None:
            found = self._highest[table.name] = self._dialect.highest_key(
                self._session.connection(), table
            )
        return found

    def is_empty(self, table: sa.Table) -> bool:
        """Whether there was no row with a key."""
        return self._look(table) == 0

    def refresh(self) -> None:
        """Look again: the code under test may have inserted rows."""
        self._next.clear()
        self._highest.clear()


class SequenceKeys:
    """Keys from sequences, which give no number to two connections."""

    def __init__(self, session: Session, dialect: Dialect) -> None:
        self._session = session
        self._dialect = dialect
        self._taken: dict[str, list[int]] = {}

    def take(self, table: sa.Table, rows: int = 1) -> Sequence[int] | None:
        """The next keys; None when the table has no sequence."""
        ahead = self._taken.get(table.name, [])
        if len(ahead) < rows:
            fetched = self._dialect.reserve_keys(
                self._session.connection(), table, rows - len(ahead) + _AHEAD
            )
            if fetched is None:
                return None
            ahead = ahead + fetched
        self._taken[table.name] = ahead[rows:]
        return ahead[:rows]

    def is_empty(self, table: sa.Table) -> bool:
        """Sequences do not tell."""
        return False

    def refresh(self) -> None:
        """What a sequence has given stays given."""


class NoKeys:
    """Keys that only the database knows: every row is written as soon as it is made."""

    def take(self, table: sa.Table, rows: int = 1) -> None:
        """Nothing."""

    def is_empty(self, table: sa.Table) -> bool:
        """Nothing is known."""
        return False

    def refresh(self) -> None:
        """Nothing is kept."""


def keys_for(session: Session | None) -> Keys:
    """The keys for rows of a session; for rows on paper when there is none."""
    if session is None:
        return PaperKeys()
    dialect = find_dialect(session.get_bind())
    if dialect is None or dialect.numbering is Numbering.ON_INSERT:
        return NoKeys()
    kind = HighestKeys if dialect.numbering is Numbering.HIGHEST_KEY else SequenceKeys
    return kind(session, dialect)
