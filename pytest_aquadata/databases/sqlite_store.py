"""The SQLite store: shards written in parallel, merged by one process, indexed at the end.

A shard is a small database with one part of a build. Merging copies its rows page by page, which is
much faster than inserting them. The database is built in a workspace beside the target file and
renamed when it is finished. A rollback journal keeps it consistent if the process is killed; it
costs little, since new pages are not journalled.
"""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from filelock import FileLock, Timeout

from ..errors import NO_SPACE, StoreError, cannot_write
from ..files import atomic_path, digest_name
from ..lifecycle.columns import BatchTables
from ..schema import TABLES, Base
from .metadata_table import METADATA_TABLE, PART_TABLE, UNFINISHED
from .sqlite_rows import insert_rows
from .store import UnfinishedBuild

_FAST = ("synchronous=OFF", "locking_mode=EXCLUSIVE", "page_size=8192")
_CACHE_KIB = 160_000
_SHARD_CACHE_KIB = 16_000
_TARGET_STATE = "place"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CREATE_BUILD_TABLES = (
    f"CREATE TABLE IF NOT EXISTS {METADATA_TABLE} (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS {PART_TABLE} (name TEXT PRIMARY KEY, note TEXT NOT NULL)",
)


class SqliteStore:
    """A SQLite file while a build is written; see `store.Store` for the methods."""

    resumable = True

    def __init__(self, path: Path, keep: bool = True) -> None:
        """Set the file; nothing is opened.

        Args:
            path: target file.
            keep: True to keep the contents of an existing target file.
        """
        self.path = path
        self.display_name = str(path)
        self.workspace = path.with_name(f".{path.name}.building")
        self._keep = keep
        self._building = self.workspace / "database"
        self._lock = FileLock(self.workspace / "lock", blocking=False)
        self._connection: sqlite3.Connection | None = None

    def begin(self) -> UnfinishedBuild | None:
        """Lock the target; return what an interrupted build has left, if it is usable."""
        with _as_store_errors(self.path):
            self.workspace.mkdir(exist_ok=True, mode=0o700)
            if self.workspace.is_symlink():
                raise StoreError(
                    f"cannot write {self.path}: {self.workspace} is a symbolic link; remove it"
                )
            try:
                self._lock.acquire()
            except Timeout:
                raise StoreError(
                    f"another process is building {self.path} right now; wait for it to finish"
                ) from None
            unfinished = self._read_unfinished() if self._building.exists() else None
            if unfinished is None:
                self.discard()
            else:
                self._clear(kept=self._building.name)
            return unfinished

    def discard(self) -> None:
        """Remove what this or an interrupted build has left."""
        self._close()
        self._clear()

    def _clear(self, kept: str | None = None) -> None:
        """Empty the workspace, except for a database and its journal."""
        for file in self.workspace.iterdir():
            if file.name not in ("lock", kept, f"{kept}-journal"):
                file.unlink()

    def create_schema(self, identity: str) -> None:
        """Create missing tables without indexes, in a copy of the target file if it is kept."""
        with _as_store_errors(self.path):
            self._close()
            if self._keep and self.path.exists() and not self._building.exists():
                shutil.copyfile(self.path, self._building)
                self._building.chmod(0o600)
            self._connection = _open_fast(self._building, "TRUNCATE", _CACHE_KIB)
            tables, _ = _ddl()
            present = set(table_names(self._connection))
            for name, statement in tables.items():
                if name not in present:
                    self._connection.execute(statement)
            for statement in _CREATE_BUILD_TABLES:
                self._connection.execute(statement)
            self._write_metadata({UNFINISHED: identity, _TARGET_STATE: self._target_state()})

    def load(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part from this process, whole or not at all."""
        with _as_store_errors(self.path), _transaction(self._open):
            _write_part(self._open, name, entry, tables)

    def writer(self) -> ShardWriter:
        """Return the writer of shards for other processes."""
        return ShardWriter(self.workspace)

    def absorb(self, name: str) -> None:
        """Copy all rows of a shard, and remove its file."""
        shard = self.writer().shard(name)
        with _as_store_errors(self.path):
            self._open.execute("ATTACH ? AS shard", (str(shard),))
            try:
                with _transaction(self._open):
                    for table in table_names(self._open, "shard"):
                        self._open.execute(self._copy_statement(table))
            finally:
                self._open.execute("DETACH shard")
            shard.unlink()

    def _copy_statement(self, table: str) -> str:
        """Return the statement that copies a table; columns are named if their orders differ."""
        target_columns, shard_columns = (
            [row[1] for row in self._open.execute(f'PRAGMA {schema}.table_info("{table}")')]
            for schema in ("main", "shard")
        )
        if target_columns == shard_columns:
            return f'INSERT INTO main."{table}" SELECT * FROM shard."{table}"'
        names = ", ".join(f'"{name}"' for name in shard_columns)
        return f'INSERT INTO main."{table}" ({names}) SELECT {names} FROM shard."{table}"'

    def finish(self) -> None:
        """Create indexes and statistics."""
        with _as_store_errors(self.path):
            _, indexes = _ddl()
            present = set(_names(self._open, "index"))
            for name, statement in indexes.items():
                if name not in present:
                    self._open.execute(statement)
            self._open.execute("PRAGMA analysis_limit=400")
            self._open.execute("ANALYZE")

    @contextmanager
    def reading(self) -> Iterator[sa.Engine]:
        """Open the database for reading, before it is renamed."""
        self._close()
        file = self._building.absolute().as_uri()
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=file, query={"mode": "ro", "uri": "true"})
        )
        try:
            yield engine
        finally:
            engine.dispose()
            self._connection = _open_fast(self._building, "TRUNCATE", _CACHE_KIB)

    def seal(self, metadata: Mapping[str, str]) -> None:
        """Write the metadata of the build, and rename the file to its target."""
        with _as_store_errors(self.path):
            if self._read_entry(_TARGET_STATE) != self._target_state():
                raise StoreError(
                    f"{self.path} was changed by another process while it was being built, and is "
                    "left unchanged; seed again"
                )
            with _transaction(self._open):
                self._write_metadata(metadata)
                self._open.execute(
                    f"DELETE FROM {METADATA_TABLE} WHERE name IN (?, ?)",
                    (UNFINISHED, _TARGET_STATE),
                )
                self._open.execute(f"DROP TABLE {PART_TABLE}")
            self._close()
            _sync(self._building)
            self._building.replace(self.path)

    def close(self, keep: bool) -> None:
        """Close the file and release the lock; the target file is not touched."""
        self._close()
        if not self._lock.is_locked:
            return
        if not (keep and self._building.exists()):
            shutil.rmtree(self.workspace, ignore_errors=True)
        self._lock.release()

    def _read_unfinished(self) -> UnfinishedBuild | None:
        """Return what an interrupted build has left; None if it is not usable.

        It is not usable if the machine has been restarted, since data that was not yet on the
        disk is lost, or if the target file has changed.
        """
        try:
            self._connection = _open_fast(self._building, "TRUNCATE", _CACHE_KIB)
            if {METADATA_TABLE, PART_TABLE} <= set(table_names(self._connection)):
                identity = self._read_entry(UNFINISHED)
                if identity is not None and self._read_entry(_TARGET_STATE) == self._target_state():
                    parts = self._open.execute(f"SELECT name, note FROM {PART_TABLE}").fetchall()
                    return UnfinishedBuild(identity, dict(parts))
        except sqlite3.DatabaseError:
            self._close()
        return None

    def _write_metadata(self, entries: Mapping[str, str]) -> None:
        self._open.executemany(
            f"INSERT OR REPLACE INTO {METADATA_TABLE} VALUES (?, ?)", entries.items()
        )

    def _read_entry(self, name: str) -> str | None:
        row = self._open.execute(
            f"SELECT value FROM {METADATA_TABLE} WHERE name = ?", (name,)
        ).fetchone()
        return row and str(row[0])

    def _target_state(self) -> str:
        """Return what must not change during a build: the boot and the state of the target file."""
        boot = _BOOT_ID.read_text().strip() if _BOOT_ID.exists() else ""
        status = self.path.stat() if self.path.exists() else None
        changed = (status.st_size, status.st_mtime_ns) if status else None
        return json.dumps([boot, self._keep, changed])

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _open(self) -> sqlite3.Connection:
        assert self._connection is not None, "begin and create_schema come first"
        return self._connection


@dataclass(frozen=True)
class ShardWriter:
    """Writes each part to a shard.

    Attributes:
        folder: folder of the shards.
    """

    folder: Path

    def shard(self, name: str) -> Path:
        """Return the file of a part, named by a digest: names may have any characters."""
        return self.folder / digest_name(name)

    def write(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part; its file appears when it is complete."""
        shard = self.shard(name)
        with _as_store_errors(shard), atomic_path(shard) as unfinished:
            connection = _open_fast(unfinished, "OFF", _SHARD_CACHE_KIB)
            try:
                statements, _ = _ddl()
                for statement in (*map(statements.__getitem__, tables), _CREATE_BUILD_TABLES[1]):
                    connection.execute(statement)
                with _transaction(connection):
                    _write_part(connection, name, entry, tables)
            finally:
                connection.close()


def _write_part(connection: sqlite3.Connection, name: str, entry: str, tables: BatchTables) -> None:
    for table, columns in tables.items():
        insert_rows(connection, TABLES[table], columns)
    connection.execute(f"INSERT INTO {PART_TABLE} VALUES (?, ?)", (name, entry))


def table_names(connection: sqlite3.Connection, schema: str = "main") -> Sequence[str]:
    """Return the names of the tables in a database."""
    return _names(connection, "table", schema)


def _names(connection: sqlite3.Connection, kind: str, schema: str = "main") -> Sequence[str]:
    rows = connection.execute(
        f"SELECT name FROM {schema}.sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%'",
        (kind,),
    )
    return [name for (name,) in rows]


def _open_fast(path: Path, journal: str, cache_kib: int) -> sqlite3.Connection:
    """Connect to a private file that can be built again: without syncs and with one lock."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in (*_FAST, f"journal_mode={journal}", f"cache_size=-{cache_kib}"):
            connection.execute(f"PRAGMA {pragma}")
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


@contextmanager
def _as_store_errors(path: Path) -> Iterator[None]:
    """Raise errors of SQLite and the operating system as `StoreError`."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        reason = str(error)
        if "full" in reason:
            reason = NO_SPACE
        elif "not a database" in reason:
            reason = "the file is no SQLite database; give another --url"
        raise StoreError(f"cannot write {path}: {reason}") from error
    except OSError as error:
        raise cannot_write(path, error) from error


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


@lru_cache(maxsize=1)
def _ddl() -> tuple[Mapping[str, str], Mapping[str, str]]:
    """Return the statements that create each table and each index, by name."""
    tables: dict[str, str] = {}
    indexes: dict[str, str] = {}

    def collect(statement: Any, *_: Any, **__: Any) -> None:
        text = str(statement.compile(dialect=engine.dialect)).strip()
        if isinstance(statement, sa.schema.CreateTable):
            tables[statement.element.name] = text
        elif isinstance(statement, sa.schema.CreateIndex):
            indexes[str(statement.element.name)] = text

    engine = sa.create_mock_engine("sqlite://", collect)
    Base.metadata.create_all(engine, checkfirst=False)
    return tables, indexes
