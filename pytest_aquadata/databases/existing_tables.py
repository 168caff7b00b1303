"""The store for tables that somebody else made: rows are added, and nothing else is changed.

A build goes in as one transaction, whatever the database: until it is sealed, nobody sees a row
of it, and if it comes to grief none stays. Other processes leave what they write in files, for
the one that holds the transaction to load.
"""

from __future__ import annotations

import pickle
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import sqlalchemy as sa

from ..errors import StoreError
from ..files import atomic_path
from ..lifecycle.columns import BatchTables, Columns
from ..schema import TABLES
from ..schema.later_versions import PROJECTION_RUNS
from .bulk_insert import insert_columns
from .connections import as_store_errors, masked, server_engine
from .layout import Layout
from .orphan_checks import KeyRanges, refuse_orphans
from .projection_runs import Runs, runs_beside
from .server_store import notes_table
from .store import NOTES, Unfinished, next_number, note_name

_LOCK = 0x61717561_64617461


class PartFiles:
    """Writes parts into files, from any process."""

    def __init__(self, folder: Path) -> None:
        """Name the folder."""
        self._folder = folder

    def write(self, name: str, note: str, tables: BatchTables) -> None:
        """Write a part; it appears under its name when it is whole."""
        with atomic_path(self._path(name)) as unfinished, unfinished.open("wb") as file:
            pickle.dump(dict(tables), file, pickle.HIGHEST_PROTOCOL)

    def take(self, name: str) -> BatchTables:
        """The tables of a part, whose file goes."""
        with self._path(name).open("rb") as file:
            tables: BatchTables = pickle.load(file)
        self._path(name).unlink()
        return tables

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.rows"


class ExistingTablesStore:
    """A database whose tables are there already, while a build is added to it."""

    resumable = False

    def __init__(self, url: sa.URL, layout: Layout) -> None:
        """Name the database; nothing is opened yet.

        Args:
            url: of the database.
            layout: its tables.
        """
        self.where = masked(url)
        self._layout = layout
        self._engine = open_engine(url)
        self._held: sa.Connection | None = None
        self._made_notes = False
        self._folder = Path(tempfile.mkdtemp(prefix="aquadata-"))
        self._files = PartFiles(self._folder)
        self._runs: Runs | None = None
        self._written = KeyRanges()

    def begin(self) -> Unfinished | None:
        """Begin the transaction, if no other build is under way there."""
        with self._as_store_errors():
            self._held = self._engine.connect()
            if self._engine.dialect.name in ("mysql", "mariadb"):
                # it commits what is under way before it makes a table
                self._made_notes = not sa.inspect(self._held).has_table(NOTES)
                notes_table.create(self._held, checkfirst=True)
                self._held.commit()
            self._lock(self._held)
            notes_table.create(self._held, checkfirst=True)
        return None

    def discard(self) -> None:
        """Remove what an interrupted build has left: it never leaves anything."""

    def create_schema(self, identity: str) -> None:
        """Make no tables: they are there."""
        with self._as_store_errors():
            if self._layout.has_runs:
                self._runs = runs_beside(self._connection)
            if self._engine.dialect.name in ("mysql", "mariadb"):
                # it checks row by row, and parts refer to each other: `finish` looks at all
                self._connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")

    def load(self, name: str, note: str, tables: BatchTables) -> None:
        """Write a part."""
        with self._as_store_errors():
            whole = self._runs.added(tables) if self._runs is not None else tables
            for table, columns in whole.items():
                if len(columns):
                    self._insert(table, columns)

    def writer(self) -> PartFiles:
        """What other processes write with."""
        return self._files

    def absorb(self, name: str) -> None:
        """Load a part that was written into a file."""
        self.load(name, "", self._files.take(name))

    def finish(self) -> None:
        """Look at all constraints, and let sequences go on above the highest key."""
        with self._as_store_errors():
            if self._engine.dialect.name == "postgresql":
                self._connection.exec_driver_sql("SET CONSTRAINTS ALL IMMEDIATE")
                _number_on(self._connection)
            else:
                refuse_orphans(self._connection, self._written, self.where)

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """The transaction itself: it alone sees the rows."""
        with self._as_store_errors():
            yield self._connection

    def seal(self, notes: Mapping[str, str]) -> None:
        """Keep notes with the data and commit."""
        with self._as_store_errors():
            there = self._connection.execute(sa.select(notes_table.c.name)).scalars()
            number = next_number(there)
            rows = [
                {"name": note_name(number, name), "value": value} for name, value in notes.items()
            ]
            self._connection.execute(sa.insert(notes_table), rows)
            self._connection.commit()
            self._made_notes = False

    def close(self, keep: bool) -> None:
        """Let go; what is not sealed is as if it had never been."""
        if self._held is not None:
            with suppress(sa.exc.SQLAlchemyError):
                self._held.rollback()
                if self._made_notes:
                    notes_table.drop(self._held)
            self._held.invalidate()
            self._held.close()
            self._held = None
        self._engine.dispose()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _insert(self, name: str, columns: Columns) -> None:
        ours, table, whole = PROJECTION_RUNS, PROJECTION_RUNS, columns
        if name != PROJECTION_RUNS.name:
            ours, table = TABLES[name], self._layout.tables[name]
            whole = self._layout.complete(name, columns)
        self._written.add(name, ours.columns[0].name, whole)
        insert_columns(self._connection, table, whole)

    def _lock(self, connection: sa.Connection) -> None:
        """Let no other build in until the transaction ends."""
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        free = sa.func.pg_try_advisory_xact_lock(_LOCK)
        if connection.dialect.name != "postgresql":
            free = sa.func.get_lock(sa.func.concat("aquadata:", sa.func.md5(sa.func.database())), 0)
        if not connection.execute(sa.select(free)).scalar():
            raise StoreError(
                f"another process is building into {self.where} right now; wait for it to finish"
            )

    @property
    def _connection(self) -> sa.Connection:
        assert self._held is not None, "begin comes first"
        return self._held

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        doing = f"cannot write {self.where}"
        with as_store_errors(doing):
            try:
                yield
            except OSError as error:
                raise StoreError(f"{doing}: {error.strerror or error}") from error
            except sqlite3.Error as error:
                raise StoreError(f"{doing}: {error}") from error


def open_engine(url: sa.URL, *, read_only: bool = False) -> sa.Engine:
    """An engine for a database that holds tables already; SQLite's transactions begin by hand.

    Args:
        url: of the database.
        read_only: whether it refuses changes.
    """
    if url.get_backend_name() != "sqlite":
        return server_engine(url, read_only=read_only)
    file = Path(str(url.database)).absolute().as_uri()
    mode = "ro" if read_only else "rw"
    return sa.create_engine(
        sa.URL.create("sqlite", database=file, query={"mode": mode, "uri": "true"}),
        connect_args={"isolation_level": None, "timeout": 10},
    )


def _number_on(connection: sa.Connection) -> None:
    """Let PostgreSQL's sequences go on above the highest key."""
    there = sa.inspect(connection).get_table_names()
    for name, table in {**TABLES, PROJECTION_RUNS.name: PROJECTION_RUNS}.items():
        if name not in there:
            continue
        key = table.columns[0].name
        sequence = sa.func.pg_get_serial_sequence(f'"{name}"', key)
        highest = connection.execute(sa.select(sa.func.max(table.c[key]), sequence)).one()
        if None not in highest:
            # a sequence is never set back: others may have been given its numbers
            reached = sa.func.greatest(sa.func.nextval(highest[1]) - 1, highest[0], 1)
            connection.execute(sa.select(sa.func.setval(highest[1], reached)))
