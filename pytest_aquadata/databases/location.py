"""The contract of a location: where a dataset is built, opened and copied."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from .store import Store


class DatabaseLocation(Protocol):
    """The file, or the database on a server, that has or will have a dataset."""

    @property
    def url(self) -> str:
        """URL for SQLAlchemy, with the password."""

    @property
    def read_only_url(self) -> str:
        """URL for SQLAlchemy, with the password; the database refuses changes by its sessions."""

    @property
    def display_name(self) -> str:
        """Name of the database in messages, without a password."""

    @property
    def lock_path(self) -> Path:
        """Path on this machine beside which builds keep their lock; the file may not exist."""

    def is_built(self) -> bool:
        """Return whether there may be a finished build."""

    def prepare(self, *, replace: bool, needed_bytes: int) -> None:
        """Check that a build can be written.

        Args:
            replace: True if a database that aquadata built may be replaced.
            needed_bytes: estimated size of the database.

        Raises:
            StoreError: if not; the message says what to do instead.
        """

    def store(self, *, replace: bool) -> Store:
        """Return the store that builds the database.

        Args:
            replace: True to replace an earlier build.
        """

    def build_metadata(self) -> Mapping[str, str]:
        """Return the metadata of finished builds by name.

        Raises:
            StoreError: if there is no finished build.
        """

    def engine(self, *, writable: bool) -> sa.Engine:
        """Return an engine; unless writable, the database itself refuses changes."""

    def size_bytes(self) -> int:
        """Return the size of the database."""

    def remove_abandoned_copies(self) -> None:
        """Remove the copies that killed processes have left on this machine or server."""

    def copy(self) -> AbstractContextManager[DatabaseLocation]:
        """Copy the database; the copy is removed at the end of the block."""
