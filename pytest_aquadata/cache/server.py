"""The cache on a database server: one database a dataset.

PostgreSQL copies a database only while it has no connections, and tests are connected to theirs. So
a finished database is copied once to a template without connections, and clones are copies of the
template. A comment on the database has the time of its last use.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import sqlalchemy as sa

from ..databases.connections import as_store_errors
from ..databases.location import DatabaseLocation
from ..databases.metadata_table import CHANGE_MARK, metadata_table, read_metadata
from ..databases.server_dialect import server_dialect_of, server_engine
from ..databases.urls import parse_url
from ..errors import StoreError
from ..text import mask_password
from .backend import CacheEntry, EntryState, most_recent_first

_ENTRY = re.compile(r"aquadata_(?P<preset>[a-z0-9_]{1,16})_(?P<key>[0-9a-f]{20})")
_LONGEST_PRESET = 16
_LAST_USED = "aquadata: last used "


class ServerCache:
    """Datasets as databases on a server; see `backend.CacheBackend` for the methods."""

    def __init__(self, url: str) -> None:
        """Set the server; no connection is opened.

        Args:
            url: of any database on the server.

        Raises:
            StoreError: if the URL names no database server.
        """
        parsed = parse_url(url)
        self._dialect = server_dialect_of(parsed)
        self._url = self._dialect.checked_url(parsed)
        self.display_name = mask_password(str(self._url))

    def location(self, preset: str, key: str) -> DatabaseLocation:
        """Return the database of a dataset."""
        return self._dialect.location(self._url.set(database=_database_name(preset, key)))

    def state(self, preset: str, key: str) -> EntryState:
        """Return whether the database exists, its build is finished, and its tables unchanged."""
        with self._connected() as connection:
            names = self._dialect.database_names(connection)
        name = _database_name(preset, key)
        if name not in names or not self.location(preset, key).is_built():
            return EntryState.MISSING
        with self._connected(name) as connection:
            mark = read_metadata(connection).get(CHANGE_MARK)
            # without it, the process that built the dataset was killed before the end of `seal`
            if mark is not None and self._dialect.is_changed(connection, mark):
                return EntryState.CHANGED
        return EntryState.COMPLETE

    def prepare(self) -> None:
        """Do nothing: the server exists."""

    def prepare_build(self, preset: str, key: str) -> None:
        """Create the database, unless an interrupted build has created it.

        Raises:
            StoreError: if there is one that was changed, and it is in use.
        """
        name = _database_name(preset, key)
        is_changed = self.state(preset, key) is EntryState.CHANGED
        if is_changed and not self.remove(CacheEntry(preset, key, 0, 0.0)):
            raise StoreError(
                f"the cached dataset {self.location(preset, key).display_name} was changed after "
                "it was built, and is in use by another process, so it cannot be built again now; "
                "end that process"
            )
        with self._connected() as connection:
            if name not in self._dialect.database_names(connection):
                connection.exec_driver_sql(self._dialect.create_database(name))
                comment = self._dialect.comment_on_database(name, f"{_LAST_USED}{int(time.time())}")
                connection.exec_driver_sql(comment)
                self._dialect.prepare_new_database(self._url.set(database=name))

    def seal(self, preset: str, key: str) -> None:
        """Prepare the database for fast clones, and note how far its tables are written."""
        name = _database_name(preset, key)
        with self._connected() as connection:
            self._dialect.prepare_clones(connection, name)
        with self._connected(name) as connection:
            mark = {"name": CHANGE_MARK, "value": self._dialect.change_mark(connection)}
            connection.execute(sa.insert(metadata_table), mark)

    @contextmanager
    def in_use(self, preset: str, key: str) -> Iterator[None]:
        """Note the time of use; open connections show that the database is in use."""
        name, comment = _database_name(preset, key), f"{_LAST_USED}{int(time.time())}"
        with suppress(StoreError), self._connected() as connection:
            connection.exec_driver_sql(self._dialect.comment_on_database(name, comment))
        yield

    def entries(self) -> list[CacheEntry]:
        """Return the datasets on the server, the most recently used first."""
        with self._connected() as connection:
            databases = self._dialect.cached_databases(connection)
        # databases of others may have such names, but not the comment
        return most_recent_first(
            CacheEntry(
                match["preset"], match["key"], database.size_bytes, _used_at(database.comment)
            )
            for database in databases
            if (match := _ENTRY.fullmatch(database.name)) and _is_ours(database.comment)
        )

    def remove(self, entry: CacheEntry) -> bool:
        """Drop a database unless it has connections; return whether it is gone."""
        name = _database_name(entry.preset, entry.key)
        with self._connected() as connection:
            databases = self._dialect.cached_databases(connection)
            comments = [each.comment for each in databases if each.name == name]
            if not comments:
                return True
            if not _is_ours(comments[0]) or self._dialect.connection_count(connection, name):
                return False
            for statement in self._dialect.drop_database(name):
                connection.exec_driver_sql(statement)
        return True

    def remove_interrupted(self, age_s: float) -> None:
        """Drop abandoned copies; the database of an interrupted build is an entry itself."""
        self._dialect.location(self._url).remove_abandoned_copies()

    @contextmanager
    def _connected(self, database: str | None = None) -> Iterator[sa.Connection]:
        """Connect to a dataset, or to the database of the URL."""
        url = self._url.set(database=database or self._url.database)
        engine = server_engine(url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with (
            as_store_errors(f"cannot keep datasets at {self.display_name}"),
            engine.connect() as connection,
        ):
            yield connection


def _database_name(preset: str, key: str) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", preset.lower()).strip("_")[:_LONGEST_PRESET]
    return f"aquadata_{plain or 'schedule'}_{key}"


def _is_ours(comment: str | None) -> bool:
    return (comment or "").startswith(_LAST_USED)


def _used_at(comment: str | None) -> float:
    """Return the seconds since 1970 that a comment has, or 0."""
    seconds = (comment or "").removeprefix(_LAST_USED)
    return float(seconds) if seconds.isdigit() else 0.0
