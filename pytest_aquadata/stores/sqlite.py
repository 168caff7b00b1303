"""The SQLite store: shards written side by side, merged by one, indexed at the end.

A shard is a small database that one process fills with one part of a build. Merging copies its
rows as they are, page after page, which is far quicker than inserting them. The database is built
in a temporary file beside its place and renamed when it is whole.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import sqlalchemy as sa
from filelock import FileLock, Timeout
from numpy.typing import NDArray

from ..errors import StoreError
from ..lifecycle.columns import BatchTables, Column, Columns
from ..lifecycle.days import MICROSECONDS_PER_SECOND
from ..schema import TABLES, Base
from .kinds import Form, Kind, form_of

NOTES = "aquadata_build"
"""The table that holds a build's manifest, schedule and farm."""

_FAST = ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "page_size=8192")
_CACHE_KIB = 160_000
_SHARD_CACHE_KIB = 16_000
_ROWS_A_RUN = 64
"""A column is written as a literal if it changes at most once in so many rows."""


class SqliteStore:
    """A SQLite database file under construction."""

    def __init__(self, path: Path, keep: bool = True) -> None:
        """Name the file; nothing is opened yet.

        Args:
            path: where the finished database shall be.
            keep: whether to keep what a file there already holds.
        """
        self.path = path
        self.workspace = path.with_name(f".{path.name}.building")
        self._keep = keep
        self._building = self.workspace / "database"
        self._lock = FileLock(self.workspace / "lock", blocking=False)
        self._connection: sqlite3.Connection | None = None

    def create_schema(self) -> None:
        """Begin: a database with all tables, no indexes, and what the file already held.

        Raises:
            StoreError: when another process is building the same file, or it cannot be written.
        """
        with _told_apart(self.path):
            self.workspace.mkdir(exist_ok=True)
            self._take_lock()
            self._clear()
            if self._keep and self.path.exists():
                shutil.copyfile(self.path, self._building)
            self._connection = _open_fast(self._building, _CACHE_KIB)
            tables, _ = _ddl()
            present = set(table_names(self._connection))
            for name, statement in tables.items():
                if name not in present:
                    self._connection.execute(statement)

    def _take_lock(self) -> None:
        try:
            self._lock.acquire()
        except Timeout:
            raise StoreError(
                f"another process is building {self.path} right now; wait for it to finish"
            ) from None

    def load(self, tables: BatchTables) -> None:
        """Write rows, all or nothing.

        Args:
            tables: complete rows by table (see `kinds.complete`).
        """
        with _told_apart(self.path), _transaction(self._open):
            for name, columns in tables.items():
                _insert(self._open, TABLES[name], columns)

    def absorb(self, shard: Path) -> None:
        """Take over all rows of a shard, all or nothing, and remove its file."""
        with _told_apart(self.path):
            self._open.execute("ATTACH ? AS shard", (str(shard),))
            try:
                with _transaction(self._open):
                    for name in table_names(self._open, "shard"):
                        self._open.execute(self._copy_statement(name))
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
        with _told_apart(self.path):
            _, indexes = _ddl()
            present = set(_names(self._open, "index"))
            for name, statement in indexes.items():
                if name not in present:
                    self._open.execute(statement)
            self._open.execute("PRAGMA analysis_limit=400")
            self._open.execute("ANALYZE")

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A connection that reads the database as it will be, before it is put in its place."""
        self._close()
        file = self._building.absolute().as_uri()
        engine = sa.create_engine(
            sa.URL.create("sqlite", database=file, query={"mode": "ro", "uri": "true"})
        )
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql(f"PRAGMA cache_size = -{_CACHE_KIB}")
                yield connection
        finally:
            engine.dispose()
            self._connection = _open_fast(self._building, _CACHE_KIB)

    def seal(self, notes: Mapping[str, str]) -> None:
        """Keep notes with the data and put the file in its place.

        Args:
            notes: texts by name, kept in the table `aquadata_build`.
        """
        with _told_apart(self.path):
            with _transaction(self._open):
                self._open.execute(
                    f"CREATE TABLE IF NOT EXISTS {NOTES} "
                    "(name TEXT PRIMARY KEY, value TEXT NOT NULL)"
                )
                self._open.executemany(
                    f"INSERT OR REPLACE INTO {NOTES} VALUES (?, ?)", notes.items()
                )
            self._close()
            _sync(self._building)
            self._building.replace(self.path)

    def drop(self) -> None:
        """Remove everything temporary; the file in its place is left as it is."""
        self._close()
        if self._lock.is_locked:
            self._clear()
            self._lock.release()
            shutil.rmtree(self.workspace, ignore_errors=True)

    def _clear(self) -> None:
        """Remove what this build, or one that was killed, has left."""
        for file in self.workspace.iterdir():
            if file.name != "lock":
                file.unlink()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @property
    def _open(self) -> sqlite3.Connection:
        assert self._connection is not None, "create_schema comes first"
        return self._connection


def write_shard(path: Path, tables: BatchTables) -> None:
    """Write one part of a build into a shard of its own.

    Args:
        path: the shard's file; it appears under this name when it is whole.
        tables: complete rows by table.
    """
    unfinished = path.with_suffix(".part")
    with _told_apart(path):
        connection = _open_fast(unfinished, _SHARD_CACHE_KIB)
        try:
            statements, _ = _ddl()
            for name in tables:
                connection.execute(statements[name])
            with _transaction(connection):
                for name, columns in tables.items():
                    _insert(connection, TABLES[name], columns)
        finally:
            connection.close()
        unfinished.replace(path)


def table_names(connection: sqlite3.Connection, schema: str = "main") -> Sequence[str]:
    """Names of the tables in a database."""
    return _names(connection, "table", schema)


def _names(connection: sqlite3.Connection, kind: str, schema: str = "main") -> Sequence[str]:
    rows = connection.execute(
        f"SELECT name FROM {schema}.sqlite_master WHERE type = ? AND name NOT LIKE 'sqlite_%'",
        (kind,),
    )
    return [name for (name,) in rows]


def _open_fast(path: Path, cache_kib: int) -> sqlite3.Connection:
    """A connection for a file that is thrown away if anything goes wrong."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        for pragma in (*_FAST, f"cache_size=-{cache_kib}"):
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
def _told_apart(path: Path) -> Iterator[None]:
    """Say in one line what the operating system or SQLite objects to."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        reason = str(error)
        if "full" in reason:
            reason = "there is no space left on the disk; free some, or give another --url"
        elif "not a database" in reason:
            reason = "the file is no SQLite database; give another --url"
        raise StoreError(f"cannot write {path}: {reason}") from error
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error


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


def _insert(connection: sqlite3.Connection, table: sa.Table, columns: Columns) -> None:
    """Insert rows, with values that hardly change written into the statement itself.

    Binding a value costs as much as storing it, so a sensor's readings bind only what differs
    from one to the next.
    """
    if not len(columns):
        return
    forms = {column.name: form_of(column) for column in table.columns}
    steady, edges = _steady_columns(columns)
    varying = [name for name in columns.columns if name not in steady]
    values = [sqlite_values(columns[name], forms[name]) for name in varying]
    names = ", ".join(f'"{name}"' for name in columns.columns)
    for start, end in pairwise(edges):
        row = np.array([start])
        terms = [
            _literal(sqlite_values(columns[name].take(row), forms[name])[0])
            if name in steady
            else "?"
            for name in columns.columns
        ]
        statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({", ".join(terms)})'
        if varying:
            rows = zip(*(of_column[start:end] for of_column in values), strict=True)
            connection.executemany(statement, rows)
        else:
            connection.executemany(statement, [()] * (end - start))


def _steady_columns(columns: Columns) -> tuple[set[str], list[int]]:
    """Columns that hardly change, and the rows at which one of them does."""
    count = len(columns)
    steady: set[str] = set()
    changes: list[NDArray[np.int64]] = []
    for name, column in columns.columns.items():
        if column.is_constant and (column.null is None or column.null.strides[0] == 0):
            steady.add(name)
        elif column.null is None:
            here = np.flatnonzero(column.values[1:] != column.values[:-1]) + 1
            if len(here) * _ROWS_A_RUN <= count:
                steady.add(name)
                changes.append(here)
    inner = np.unique(np.concatenate(changes)) if changes else np.zeros(0, np.int64)
    return steady, [0, *inner.tolist(), count]


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return repr(value)


def sqlite_values(column: Column, form: Form) -> list[Any]:
    """A column's values as SQLite stores them."""
    made = _values(column, form)
    if column.null is not None:
        for row in np.flatnonzero(column.null).tolist():
            made[row] = None
    return made


def _values(column: Column, form: Form) -> list[Any]:
    values = column.values
    if column.vocabulary is not None:
        return np.array(column.vocabulary, dtype=object)[values].tolist()
    match form.kind:
        case Kind.DECIMAL:
            return (values / 10.0**form.scale).tolist()
        case Kind.BOOLEAN:
            return values.astype(np.int64).tolist()
        case Kind.DATE:
            return _from_distinct(values, "D")
        case Kind.INSTANT:
            return [text.replace("T", " ") for text in _from_distinct(values, "us")]
        case Kind.COMPACT_INSTANT:
            return _unix_seconds(values)
        case Kind.TIME:
            return [text[11:] for text in _from_distinct(values, "us")]
        case _:
            return values.tolist()


def _from_distinct(values: NDArray[np.int64], unit: str) -> list[str]:
    """ISO text of dates or instants, written once for each distinct value."""
    distinct, code = np.unique(values, return_inverse=True)
    texts = np.datetime_as_string(distinct.astype(f"datetime64[{unit}]"))
    return texts.astype(object)[code].tolist()


def _unix_seconds(values: NDArray[np.int64]) -> list[Any]:
    whole = values // MICROSECONDS_PER_SECOND
    if (whole * MICROSECONDS_PER_SECOND == values).all():
        return whole.tolist()
    return (values / MICROSECONDS_PER_SECOND).tolist()
