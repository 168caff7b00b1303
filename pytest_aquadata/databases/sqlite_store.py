"""The SQLite store: shards written side by side, merged by one, indexed at the end.

A shard is a small database that one process fills with one part of a build. Merging copies its
rows as they are, page after page, which is far quicker than inserting them. The database is built
in a file of its own beside its place and renamed when it is whole. A rollback journal keeps that
file sound when the process is killed; it costs little, since new pages are not journalled.
"""

from __future__ import annotations

import hashlib
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
from ..files import atomic_path
from ..lifecycle.columns import BatchTables
from ..schema import TABLES, Base
from .metadata_table import METADATA_TABLE, PART_TABLE, UNFINISHED
from .sqlite_rows import insert_rows
from .store import UnfinishedBuild

_FAST = ("synchronous=OFF", "locking_mode=EXCLUSIVE", "page_size=8192")
_CACHE_KIB = 160_000
_SHARD_CACHE_KIB = 16_000
_PLACE = "place"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_MAKE_NOTES = (
    f"CREATE TABLE IF NOT EXISTS {METADATA_TABLE} (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    f"CREATE TABLE IF NOT EXISTS {PART_TABLE} (name TEXT PRIMARY KEY, note TEXT NOT NULL)",
)


class SqliteStore:
    """A SQLite database file under construction; see `store.Store` for what the methods do."""

    resumable = True

    def __init__(self, path: Path, keep: bool = True) -> None:
        """Name the file; nothing is opened yet.

        Args:
            path: where the finished database shall be.
            keep: whether to keep what a file there already holds.
        """
        self.path = path
        self.where = str(path)
        self.workspace = path.with_name(f".{path.name}.building")
        self._keep = keep
        self._building = self.workspace / "database"
        self._lock = FileLock(self.workspace / "lock", blocking=False)
        self._connection: sqlite3.Connection | None = None

    def begin(self) -> UnfinishedBuild | None:
        """Lock the place; what an interrupted build has left, if it can be trusted."""
        with _as_store_errors(self.path):
            self.workspace.mkdir(exist_ok=True, mode=0o700)
            try:
                self._lock.acquire()
            except Timeout:
                raise StoreError(
                    f"another process is building {self.path} right now; wait for it to finish"
                ) from None
            left = self._left() if self._building.exists() else None
            if left is None:
                self.discard()
            else:
                self._clear(spared=self._building.name)
            return left

    def discard(self) -> None:
        """Remove what this build, or one that was killed, has left."""
        self._close()
        self._clear()

    def _clear(self, spared: str | None = None) -> None:
        """Empty the workspace, but for a database and its journal."""
        for file in self.workspace.iterdir():
            if file.name not in ("lock", spared, f"{spared}-journal"):
                file.unlink()

    def create_schema(self, identity: str) -> None:
        """Begin with all tables, no indexes, and what the file already held."""
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
            for statement in _MAKE_NOTES:
                self._connection.execute(statement)
            self._note({UNFINISHED: identity, _PLACE: self._place()})

    def load(self, name: str, note: str, tables: BatchTables) -> None:
        """Write a part, whole or not at all."""
        with _as_store_errors(self.path), _transaction(self._open):
            _write_part(self._open, name, note, tables)

    def writer(self) -> ShardWriter:
        """Writes shards into the workspace."""
        return ShardWriter(self.workspace)

    def absorb(self, name: str) -> None:
        """Take over all rows of a shard, and remove its file."""
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
        """Copies a shard's rows: as they are, unless a table made by others has another order."""
        here, there = (
            [row[1] for row in self._open.execute(f'PRAGMA {schema}.table_info("{table}")')]
            for schema in ("main", "shard")
        )
        if here == there:
            return f'INSERT INTO main."{table}" SELECT * FROM shard."{table}"'
        names = ", ".join(f'"{name}"' for name in there)
        return f'INSERT INTO main."{table}" ({names}) SELECT {names} FROM shard."{table}"'

    def finish(self) -> None:
        """Build indexes and statistics."""
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
        """Reads the database before it is put in its place."""
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

    def seal(self, notes: Mapping[str, str]) -> None:
        """Keep notes with the data and put the file in its place."""
        with _as_store_errors(self.path):
            if self._noted(_PLACE) != self._place():
                raise StoreError(
                    f"{self.path} was changed by others while it was being built, and is left as "
                    "it is now; seed again"
                )
            with _transaction(self._open):
                self._note(notes)
                self._open.execute(
                    f"DELETE FROM {METADATA_TABLE} WHERE name IN (?, ?)", (UNFINISHED, _PLACE)
                )
                self._open.execute(f"DROP TABLE {PART_TABLE}")
            self._close()
            _sync(self._building)
            self._building.replace(self.path)

    def close(self, keep: bool) -> None:
        """Let go; the file in its place is left as it is."""
        self._close()
        if not self._lock.is_locked:
            return
        if not (keep and self._building.exists()):
            shutil.rmtree(self.workspace, ignore_errors=True)
        self._lock.release()

    def _left(self) -> UnfinishedBuild | None:
        """What an interrupted build has left; None when it is of no use.

        It is of none when the machine has been started anew, since what was not yet on the disk
        is lost, or when the file that it began with has changed.
        """
        try:
            self._connection = _open_fast(self._building, "TRUNCATE", _CACHE_KIB)
            if {METADATA_TABLE, PART_TABLE} <= set(table_names(self._connection)):
                identity = self._noted(UNFINISHED)
                if identity is not None and self._noted(_PLACE) == self._place():
                    parts = self._open.execute(f"SELECT name, note FROM {PART_TABLE}").fetchall()
                    return UnfinishedBuild(identity, dict(parts))
        except sqlite3.DatabaseError:
            self._close()
        return None

    def _note(self, notes: Mapping[str, str]) -> None:
        self._open.executemany(
            f"INSERT OR REPLACE INTO {METADATA_TABLE} VALUES (?, ?)", notes.items()
        )

    def _noted(self, name: str) -> str | None:
        row = self._open.execute(
            f"SELECT value FROM {METADATA_TABLE} WHERE name = ?", (name,)
        ).fetchone()
        return row and str(row[0])

    def _place(self) -> str:
        """What must still be so when an interrupted build goes on, or a build is put in place."""
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
    """Writes each part into a shard of its own.

    Attributes:
        folder: where the shards go.
    """

    folder: Path

    def shard(self, name: str) -> Path:
        """The file of a part; names may hold what a file's name may not."""
        return self.folder / f"part-{hashlib.sha256(name.encode()).hexdigest()[:32]}"

    def write(self, name: str, note: str, tables: BatchTables) -> None:
        """Write a part; its file appears when it is whole."""
        shard = self.shard(name)
        with _as_store_errors(shard), atomic_path(shard) as unfinished:
            connection = _open_fast(unfinished, "OFF", _SHARD_CACHE_KIB)
            try:
                statements, _ = _ddl()
                for statement in (*map(statements.__getitem__, tables), _MAKE_NOTES[1]):
                    connection.execute(statement)
                with _transaction(connection):
                    _write_part(connection, name, note, tables)
            finally:
                connection.close()


def _write_part(connection: sqlite3.Connection, name: str, note: str, tables: BatchTables) -> None:
    for table, columns in tables.items():
        insert_rows(connection, TABLES[table], columns)
    connection.execute(f"INSERT INTO {PART_TABLE} VALUES (?, ?)", (name, note))


def table_names(connection: sqlite3.Connection, schema: str = "main") -> Sequence[str]:
    """Names of the tables in a database."""
    return _names(connection, "table", schema)


def _names(connection: sqlite3.Connection, kind: str, schema: str = "main") -> Sequence[str]:
    rows = connection.execute(
        f"SELECT name FROM {schema}.sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%'",
        (kind,),
    )
    return [name for (name,) in rows]


def _open_fast(path: Path, journal: str, cache_kib: int) -> sqlite3.Connection:
    """A connection for a file that nobody else uses and that can be made again."""
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
    """Say in one line what the operating system or SQLite objects to."""
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
    """The statements that make each table, and each index, by name."""
    tables: dict[str, str] = {}
    indexes: dict[str, str] = {}

    def note(statement: Any, *_: Any, **__: Any) -> None:
        text = str(statement.compile(dialect=engine.dialect)).strip()
        if isinstance(statement, sa.schema.CreateTable):
            tables[statement.element.name] = text
        elif isinstance(statement, sa.schema.CreateIndex):
            indexes[str(statement.element.name)] = text

    engine = sa.create_mock_engine("sqlite://", note)
    Base.metadata.create_all(engine, checkfirst=False)
    return tables, indexes
