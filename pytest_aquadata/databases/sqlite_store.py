"""The SQLite store: shards written in parallel, merged by one process, indexed at the end.

A shard is a small database with one part of a build. Merging copies its rows page by page, which is
much faster than inserting them. The database is built in a workspace beside the target file. When
it is finished, it is moved there, or SQLite replaces the content of a file that exists. A rollback
journal keeps it consistent if the process is killed; it costs little, since new pages are not
journalled.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from ..errors import NO_SPACE, StoreError, cannot_write
from ..files import atomic_path, digest_name
from ..held_folders import HeldFolder
from ..lifecycle.columns import BatchTables
from ..schema import TABLES, Base
from ..workspaces import Workspace, WorkspaceInUse
from .metadata_table import METADATA_TABLE, OBJECTS, PART_TABLE, UNFINISHED
from .own_objects import own_objects
from .sqlite_catalog import sqlite_objects
from .sqlite_files import (
    changed_meanwhile,
    copy_database,
    create_from,
    real_file,
    refuse_unsafe_target,
    replace_content,
    settle,
)
from .sqlite_interrupts import interruptible
from .sqlite_rows import insert_rows
from .store import UnfinishedBuild
from .value_checks import check_values

_FAST = ("synchronous=OFF", "locking_mode=EXCLUSIVE", "page_size=8192")
_CACHE_KIB = 160_000
_SHARD_CACHE_KIB = 16_000
_TARGET_STATE = "place"
_DATABASE = "database"
_DATABASE_FILES = (_DATABASE, f"{_DATABASE}-journal")
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CREATE_BUILD_TABLES = (
    f"CREATE TABLE IF NOT EXISTS {METADATA_TABLE} (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS {PART_TABLE} (name TEXT PRIMARY KEY, note TEXT NOT NULL)",
)


class SqliteStore:
    """A SQLite file while a build is written; see `store.Store` for the methods."""

    resumable = True
    in_place = False

    def __init__(self, path: Path, keep: bool = True) -> None:
        """Set the file; nothing is opened.

        Args:
            path: target file, or a symbolic link to it.
            keep: True to keep the contents of an existing target file.
        """
        self.path = path
        self.display_name = str(path)
        self.workspace = workspace_of(Path(os.path.realpath(path)))
        self._keep = keep
        self._target = path
        self._held: Workspace | None = None
        self._connection: sqlite3.Connection | None = None

    def begin(self) -> UnfinishedBuild | None:
        """Lock the target; return what an interrupted build has left, if it is usable."""
        with _as_store_errors(self.path):
            self._target = real_file(self.path)
            refuse_unsafe_target(self._target)
            try:
                self._held = Workspace.acquire(self.workspace)
            except WorkspaceInUse:
                raise StoreError(
                    f"another process is building {self.path} right now; wait for it to finish"
                ) from None
            if self._target.exists():
                settle(self._target)
            unfinished = self._read_unfinished() if self._has_database() else None
            if unfinished is None:
                self.discard()
            else:
                self._workspace.clear(kept=_DATABASE_FILES)
            return unfinished

    def discard(self) -> None:
        """Remove what this or an interrupted build has left."""
        self._close()
        self._workspace.clear()

    def create_schema(self, identity: str) -> None:
        """Create missing tables without indexes, in a copy of the target file if it is kept."""
        with _as_store_errors(self.path):
            self._close()
            if self._keep and self._target.exists() and not self._has_database():
                copy_database(self._target, self._building)
            self._connect()
            tables, _ = ddl()
            present = set(table_names(self._open))
            for name, statement in tables.items():
                if name not in present:
                    self._open.execute(statement)
            for statement in _CREATE_BUILD_TABLES:
                self._open.execute(statement)
            self._write_metadata({UNFINISHED: identity, _TARGET_STATE: self._target_state()})

    def load(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part from this process, whole or not at all."""
        with _as_store_errors(self.path), _transaction(self._open):
            _write_part(self._open, name, entry, tables)

    def writer(self) -> ShardWriter:
        """Return the writer of shards for other processes."""
        return ShardWriter(self.workspace, self._workspace.folder.identity)

    def absorb(self, name: str) -> None:
        """Copy all rows of a shard, and remove its file."""
        shard = self.writer().shard(name)
        with _as_store_errors(self.path):
            self._workspace.check_in_place()
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
        with _as_store_errors(self.path), interruptible([self._open]):
            _, indexes = ddl()
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
        self._workspace.check_in_place()
        file = self._building.absolute().as_uri()
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=file, query={"mode": "ro", "uri": "true"})
        )
        try:
            yield engine
        finally:
            engine.dispose()
            self._connect()

    def seal(self, metadata: Mapping[str, str]) -> None:
        """Write the metadata of the build, and put the database in its place."""
        with _as_store_errors(self.path):
            if self._read_entry(_TARGET_STATE) != self._target_state():
                raise changed_meanwhile(self.path)
            status = self._target.lstat() if self._target.exists() else None
            with _transaction(self._open):
                self._open.execute(f"DROP TABLE {PART_TABLE}")
                objects = own_objects(sqlite_objects(self._open))
                self._write_metadata({**metadata, OBJECTS: objects})
                self._open.execute(
                    f"DELETE FROM {METADATA_TABLE} WHERE name IN (?, ?)",
                    (UNFINISHED, _TARGET_STATE),
                )
            self._close()
            self._workspace.check_in_place()
            if status is None:
                _sync(self._building)
                create_from(self._building, self._target)
            else:
                replace_content(self._target, self._building, status)

    def close(self, keep: bool) -> None:
        """Close the file and release the lock; the target file is not touched."""
        self._close()
        if self._held is None:
            return
        if keep and self._has_database():
            self._held.release()
        else:
            with suppress(OSError):
                self._held.remove()
            self._held.release()
        self._held = None

    @property
    def _workspace(self) -> Workspace:
        assert self._held is not None, "begin comes first"
        return self._held

    @property
    def _building(self) -> Path:
        return self.workspace / _DATABASE

    def _has_database(self) -> bool:
        return self._workspace.folder.status(_DATABASE) is not None

    def _connect(self) -> None:
        """Open the database in the workspace, which is created if there is none."""
        self._workspace.check_in_place()
        if not self._has_database():
            os.close(self._workspace.folder.create(_DATABASE, 0o666))
        os.close(self._workspace.folder.open(_DATABASE))
        self._connection = _open_fast(self._building, "TRUNCATE", _CACHE_KIB)

    def _read_unfinished(self) -> UnfinishedBuild | None:
        """Return what an interrupted build has left; None if it is not usable.

        It is not usable if the machine has been restarted, since data that was not yet on the
        disk is lost, if the target file has changed, or if another version began the build.
        """
        try:
            self._connect()
            tables, _ = ddl()
            made = dict(self._open.execute("SELECT name, sql FROM sqlite_master"))
            if tables.items() <= made.items() and {METADATA_TABLE, PART_TABLE} <= made.keys():
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
        status = self._target.lstat() if self._target.exists() else None
        changed = (
            (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns) if status else None
        )
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
        identity: device and inode of the folder; others may have put another one in its place.
    """

    folder: Path
    identity: tuple[int, int]

    def shard(self, name: str) -> Path:
        """Return the file of a part, named by a digest: names may have any characters."""
        return self.folder / digest_name(name)

    def write(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part; its file appears when it is complete."""
        shard = self.shard(name)
        with _as_store_errors(shard), self._folder_in_place(), atomic_path(shard) as unfinished:
            connection = _open_fast(unfinished, "OFF", _SHARD_CACHE_KIB)
            try:
                statements, _ = ddl()
                for statement in (*map(statements.__getitem__, tables), _CREATE_BUILD_TABLES[1]):
                    connection.execute(statement)
                with _transaction(connection):
                    _write_part(connection, name, entry, tables)
            finally:
                connection.close()

    @contextmanager
    def _folder_in_place(self) -> Iterator[None]:
        with HeldFolder(self.folder) as folder:
            if folder.identity != self.identity:
                raise StoreError(f"{self.folder} was replaced by another program")
            yield


def workspace_of(path: Path) -> Path:
    """Return the folder in which the database of a file is built."""
    return path.with_name(f".{path.name}.building")


def _write_part(connection: sqlite3.Connection, name: str, entry: str, tables: BatchTables) -> None:
    for table, columns in tables.items():
        check_values(TABLES[table], columns)
        insert_rows(connection, TABLES[table], columns)
    connection.execute(f"INSERT INTO {PART_TABLE} VALUES (?, ?)", (name, entry))


def table_names(connection: sqlite3.Connection, schema: str = "main") -> Sequence[str]:
    """Return the names of the tables in a database."""
    return _names(connection, "table", schema)


def _names(connection: sqlite3.Connection, kind: str, schema: str = "main") -> Sequence[str]:
    rows = connection.execute(
        f"SELECT name FROM {schema}.sqlite_master "
        "WHERE type = ? AND lower(substr(name, 1, 7)) <> 'sqlite_'",
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
def ddl() -> tuple[Mapping[str, str], Mapping[str, str]]:
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
