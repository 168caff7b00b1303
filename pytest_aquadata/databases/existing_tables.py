"""The store for tables that somebody else made: rows are added, and nothing else is changed.

A build goes in as one transaction, whatever the database: until it is sealed, nobody sees a row
of it, and if it comes to grief none stays. Other processes leave what they write in files, for
the one that holds the transaction to load.
"""

from __future__ import annotations

import pickle
import shutil
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
from ..text import mask_password
from .bulk_insert import insert_columns
from .connections import as_store_errors
from .dialect import dialect_of
from .layout import Layout
from .metadata_table import entry_name, has_metadata, metadata_table, next_build_number
from .orphan_checks import KeyRanges
from .projection_runs import Runs, runs_beside
from .store import UnfinishedBuild


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
        self.where = mask_password(str(url))
        self._layout = layout
        self._dialect = dialect_of(url)
        self._engine = self._dialect.open_engine(url)
        self._held: sa.Connection | None = None
        self._made_table = False
        self._folder = Path(tempfile.mkdtemp(prefix="aquadata-"))
        self._files = PartFiles(self._folder)
        self._runs: Runs | None = None
        self._written = KeyRanges()

    def begin(self) -> UnfinishedBuild | None:
        """Begin the transaction, if no other build is under way there."""
        with self._as_store_errors():
            self._held = self._engine.connect()
            if self._dialect.commits_ddl:
                self._made_table = not has_metadata(self._held)
                metadata_table.create(self._held, checkfirst=True)
                self._held.commit()
            if not self._dialect.try_lock(self._held):
                raise StoreError(
                    f"another process is building into {self.where} right now; wait for it to "
                    "finish"
                )
            metadata_table.create(self._held, checkfirst=True)
        return None

    def discard(self) -> None:
        """Remove what an interrupted build has left: it never leaves anything."""

    def create_schema(self, identity: str) -> None:
        """Make no tables: they are there."""
        with self._as_store_errors():
            if self._layout.has_runs:
                self._runs = runs_beside(self._connection)
            # parts refer to each other; `finish` checks all keys
            self._dialect.suspend_foreign_keys(self._connection)

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
            self._dialect.check_foreign_keys(self._connection, self._written, self.where)
            runs = [PROJECTION_RUNS] if self._layout.has_runs else []
            self._dialect.advance_sequences(self._connection, [*TABLES.values(), *runs])

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """The transaction itself: it alone sees the rows."""
        with self._as_store_errors():
            yield self._connection

    def seal(self, notes: Mapping[str, str]) -> None:
        """Keep notes with the data and commit."""
        with self._as_store_errors():
            names = self._connection.execute(sa.select(metadata_table.c.name)).scalars()
            number = next_build_number(names)
            rows = [
                {"name": entry_name(number, name), "value": value} for name, value in notes.items()
            ]
            self._connection.execute(sa.insert(metadata_table), rows)
            self._connection.commit()
            self._made_table = False

    def close(self, keep: bool) -> None:
        """Let go; what is not sealed is as if it had never been."""
        if self._held is not None:
            with suppress(sa.exc.SQLAlchemyError):
                self._held.rollback()
                if self._made_table:
                    metadata_table.drop(self._held)
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
