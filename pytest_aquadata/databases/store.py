"""What a build asks of a database, whichever it is.

A build is loaded in parts: what all batches share, and each batch. A part lands whole, together
with a note of it, or not at all; so whatever kills a build, the parts noted are those that are
there, and a later build can go on from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Protocol

import sqlalchemy as sa

from ..lifecycle.columns import BatchTables


@dataclass(frozen=True)
class UnfinishedBuild:
    """What an interrupted build has left.

    Attributes:
        identity: what it was of, as it was given to `Store.create_schema`.
        parts: the note of every part that landed, by name.
    """

    identity: str
    parts: Mapping[str, str] = field(repr=False)


class PartWriter(Protocol):
    """Writes parts from another process; can be sent there."""

    def write(self, name: str, note: str, tables: BatchTables) -> None:
        """Write a part, whole or not at all.

        Args:
            name: of the part.
            note: kept with the part until the build is finished.
            tables: complete rows by table (see `kinds.complete`).
        """


class Store(Protocol):
    """A database under construction. The calls come in the order in which they stand here.

    All raise `StoreError` in one line when the database will not have it.
    """

    @property
    def where(self) -> str:
        """The database as messages name it, without a password."""

    @property
    def resumable(self) -> bool:
        """Whether parts that have landed stay when a build is interrupted."""

    def begin(self) -> UnfinishedBuild | None:
        """Lock the place against other builds; what an interrupted one has left, if anything."""

    def discard(self) -> None:
        """Remove what an interrupted build has left, and nothing else."""

    def create_schema(self, identity: str) -> None:
        """Make the tables that are missing, without indexes, for a build of this identity."""

    def load(self, name: str, note: str, tables: BatchTables) -> None:
        """Write a part from this process, as `PartWriter.write` does from another."""

    def writer(self) -> PartWriter:
        """What other processes write with."""

    def absorb(self, name: str) -> None:
        """Take over a part that a writer has written."""

    def finish(self) -> None:
        """Make keys, constraints, indexes and statistics; sequences stand above every key."""

    def reading(self) -> AbstractContextManager[sa.Engine | sa.Connection]:
        """What reads the database as it will be; a connection if others do not see it yet."""

    def seal(self, notes: Mapping[str, str]) -> None:
        """Keep these notes with the data; the build is finished."""

    def close(self, keep: bool) -> None:
        """Let go, whatever has happened.

        Args:
            keep: whether what has landed of an unfinished build stays, for one that goes on.
        """
