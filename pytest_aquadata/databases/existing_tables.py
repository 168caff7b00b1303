"""The store for existing tables: rows are added, and nothing else is changed.

A build is one transaction in every database: no other connection sees its rows before it is
sealed, and if it fails, none stay. Other processes write their parts to files, which the process
with the transaction loads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import BatchTables, Columns
from ..schema import TABLES
from ..schema.later_versions import PROJECTION_RUNS
from ..text import mask_password
from ..workspaces import temporary_folder
from .allowed_places import PROFILES, allow_places
from .bulk_insert import insert_columns
from .connections import as_store_errors
from .dialect import dialect_of
from .layout import Layout
from .metadata_table import (
    entry_name,
    has_metadata,
    metadata_table,
    next_build_number,
    read_metadata,
)
from .orphan_checks import KeyRanges
from .part_files import PartFiles
from .projection_runs import RunBuilder, run_builder_for
from .store import UnfinishedBuild


class ExistingTablesStore:
    """A database with tables, while a build is added; see `store.Store` for the methods."""

    resumable = False
    in_place = False

    def __init__(self, url: sa.URL, layout: Layout) -> None:
        """Set the database; no connection is opened.

        Args:
            url: of the database.
            layout: its tables.
        """
        self.display_name = mask_password(str(url))
        self._layout = layout
        self._dialect = dialect_of(url)
        self._engine = self._dialect.open_engine(url)
        self._opened: sa.Connection | None = None
        self._made_table = False
        self._entries: list[str] = []
        self._files: PartFiles | None = None
        self._resources = ExitStack()
        self._runs: RunBuilder | None = None
        self._written = KeyRanges()

    def begin(self) -> UnfinishedBuild | None:
        """Begin the transaction, and lock the database against other builds."""
        with self._as_store_errors():
            self._opened = self._engine.connect()
            if not self._dialect.try_lock(self._opened):
                raise StoreError(
                    f"another process is building into {self.display_name} right now; wait for it "
                    "to finish"
                )
            self._entries = list(read_metadata(self._opened))
        return None

    def discard(self) -> None:
        """Do nothing: an interrupted build leaves nothing."""

    def create_schema(self, identity: str) -> None:
        """Prepare the transaction; no tables are created."""
        with self._as_store_errors():
            if self._layout.has_runs:
                self._runs = run_builder_for(self._connection)
            # parts refer to each other; `finish` checks all keys
            self._dialect.suspend_foreign_keys(self._connection)

    def load(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part in the transaction."""
        with self._as_store_errors():
            all_tables = self._runs.add_to(tables) if self._runs is not None else tables
            for table, columns in all_tables.items():
                if len(columns):
                    self._insert(table, columns)

    def writer(self) -> PartFiles:
        """Return the writer for other processes."""
        if self._files is None:
            self._files = PartFiles(self._resources.enter_context(temporary_folder()))
        return self._files

    def absorb(self, name: str) -> None:
        """Load a part that was written to a file."""
        self.load(name, "", self.writer().take(name))

    def finish(self) -> None:
        """Let new operators see places, check all foreign keys, and advance the sequences."""
        with self._as_store_errors():
            if PROFILES in self._written.keys:
                _, first, last = self._written.keys[PROFILES]
                allow_places(self._connection, (first, last))
            self._dialect.check_foreign_keys(self._connection, self._written, self.display_name)
            runs = [PROJECTION_RUNS] if self._layout.has_runs else []
            self._dialect.advance_sequences(self._connection, [*TABLES.values(), *runs])

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Return the connection: only its transaction sees the rows."""
        with self._as_store_errors():
            yield self._connection

    def seal(self, metadata: Mapping[str, str]) -> None:
        """Write the metadata of the build, and commit."""
        with self._as_store_errors():
            self._create_metadata_table()
            number = next_build_number(self._entries)
            rows = [
                {"name": entry_name(number, name), "value": value}
                for name, value in metadata.items()
            ]
            self._connection.execute(sa.insert(metadata_table), rows)
            self._connection.commit()
            self._made_table = False

    def close(self, keep: bool) -> None:
        """Roll back what is not sealed, and close the connection."""
        if self._opened is not None:
            with suppress(sa.exc.SQLAlchemyError):
                self._opened.rollback()
                if self._made_table:
                    metadata_table.drop(self._opened)
            self._opened.invalidate()
            self._opened.close()
            self._opened = None
        self._engine.dispose()
        self._resources.close()

    def _create_metadata_table(self) -> None:
        """Create the table of metadata if it is missing, last: a killed build leaves none."""
        if has_metadata(self._connection):
            return
        if not self._dialect.commits_ddl:
            metadata_table.create(self._connection)
            return
        with self._engine.connect() as connection:
            metadata_table.create(connection)
            connection.commit()
        self._made_table = True

    def _insert(self, name: str, columns: Columns) -> None:
        schema_table, table, rows = PROJECTION_RUNS, PROJECTION_RUNS, columns
        if name != PROJECTION_RUNS.name:
            schema_table, table = TABLES[name], self._layout.tables[name]
            rows = self._layout.complete(name, columns)
        self._written.add(name, schema_table.columns[0].name, rows)
        insert_columns(self._connection, table, rows)

    @property
    def _connection(self) -> sa.Connection:
        assert self._opened is not None, "begin comes first"
        return self._opened

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        doing = f"cannot write {self.display_name}"
        with as_store_errors(doing):
            try:
                yield
            except OSError as error:
                raise StoreError(f"{doing}: {error.strerror or error}") from error
