"""The contract of a store: a database while a build is written to it.

A build is loaded in parts: the rows that all batches share, and each batch. A part is written
whole or not at all, together with an entry about it. So the entries name the parts that exist
whenever a build is killed, and a later build can resume after them.
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
    """State of a store after an interrupted build.

    Attributes:
        identity: of the build, as it was given to `Store.create_schema`.
        parts: the entry of every part that was written, by name.
    """

    identity: str
    parts: Mapping[str, str] = field(repr=False)


class PartWriter(Protocol):
    """Writes parts from another process; can be pickled."""

    def write(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part, whole or not at all.

        Args:
            name: of the part.
            entry: description of the part, kept until the build is finished.
            tables: rows by table, completed by `column_types.complete`.
        """


class Store(Protocol):
    """A database while a build is written. Methods are called in the order below.

    All raise `StoreError` with one line if the database refuses.
    """

    @property
    def display_name(self) -> str:
        """Name of the database in messages, without a password."""

    @property
    def resumable(self) -> bool:
        """True if the parts of an interrupted build are kept."""

    @property
    def in_place(self) -> bool:
        """True if an unfinished build is in the database itself, where others may write."""

    def begin(self) -> UnfinishedBuild | None:
        """Lock the database against other builds; return what an interrupted build has left."""

    def discard(self) -> None:
        """Remove what an interrupted build has left, and nothing else."""

    def create_schema(self, identity: str) -> None:
        """Create missing tables without indexes, and enter the build as unfinished."""

    def load(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part from this process; see `PartWriter.write`."""

    def writer(self) -> PartWriter:
        """Return the writer for other processes."""

    def absorb(self, name: str) -> None:
        """Take over a part that a writer has written."""

    def finish(self) -> None:
        """Create keys, constraints, indexes and statistics; set sequences above every key."""

    def reading(self) -> AbstractContextManager[sa.Engine | sa.Connection]:
        """Open the database for reading; a connection if its rows are not committed yet."""

    def seal(self, metadata: Mapping[str, str]) -> None:
        """Write the metadata of the build, which is then finished."""

    def close(self, keep: bool) -> None:
        """Release the lock and all connections, whatever has happened.

        Args:
            keep: True to keep the parts of an unfinished build.
        """
