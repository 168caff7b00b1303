"""What the stores on database servers share: lock, metadata, parts, and parallel statements.

A build is written in place, one part after another. Each part is one transaction, which also
enters the part into `aquadata_part`. Until the build is sealed, `aquadata_build` has its identity
as the entry `unfinished`, so a later build recognises what a killed one has left.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from queue import SimpleQueue
from typing import ClassVar, Self

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import BatchTables
from ..schema import TABLES
from ..text import mask_password
from .bulk_insert import insert_columns
from .connections import as_store_errors
from .ddl import TableDdl, ddl_of
from .metadata_table import (
    PART_TABLE,
    UNFINISHED,
    build_tables,
    metadata_table,
    part_table,
    read_metadata,
)
from .server_dialect import server_engine
from .store import UnfinishedBuild

CREATED, EMPTY = "created", "found_empty"
"""Entries with the tables that a build created, and those that were there without rows."""

_AT_ONCE = 2
"""Statements at once that make keys and indexes."""

Job = Sequence[str]
"""Statements to be executed one after another."""


class ServerWriter(ABC):
    """Writes parts from any process, each over a connection of its own.

    Between two parts there is none: whoever helped may live on, and a server copies a database
    only when nobody is connected to it.
    """

    def __init__(self, url: sa.URL) -> None:
        """Name the database; nothing is opened yet."""
        self._url = url
        self._engine = server_engine(url, poolclass=sa.pool.NullPool)

    def __reduce__(self) -> tuple[type[Self], tuple[sa.URL]]:
        return type(self), (self._url,)

    def write(self, name: str, note: str, tables: BatchTables) -> None:
        """Write one part, whole or not at all; nothing if it is there already.

        A part is there already when the process that wrote it died before it could say so.

        Args:
            name: of the part; there can be but one of it.
            note: what to keep about it.
            tables: complete rows by table.

        Raises:
            StoreError: when the server does not take it.
        """
        doing = f"cannot write {mask_password(str(self._url))}"
        with as_store_errors(doing), self._engine.begin() as connection:
            self.prepare(connection)
            # first, so that of two who write the same part one waits for the other
            try:
                connection.execute(sa.insert(part_table), {"name": name, "note": note})
            except sa.exc.IntegrityError:
                connection.rollback()
                return
            for table, columns in tables.items():
                if len(columns):
                    insert_columns(connection, TABLES[table], columns)

    @abstractmethod
    def prepare(self, connection: sa.Connection) -> None:
        """Settings of the transaction."""


class ServerStore(ABC):
    """A database on a server under construction."""

    resumable = True
    writer_type: ClassVar[type[ServerWriter]]

    def __init__(self, url: sa.URL, *, replace: bool = False) -> None:
        """Name the database; nothing is opened yet.

        Args:
            url: as `server_url` gives it.
            replace: whether to remove the build that it holds.
        """
        self.where = mask_password(str(url))
        self._url = url
        self._replace = replace
        self._engine = server_engine(url, isolation_level="AUTOCOMMIT")
        self._held: sa.Connection | None = None
        self._writer = self.writer_type(url)
        self._dirty = False

    def begin(self) -> UnfinishedBuild | None:
        """Take the lock of the database.

        Returns:
            What an interrupted build has left: its identity and the parts that landed whole.

        Raises:
            StoreError: when another process is building there, or it cannot be opened.
        """
        with self._as_store_errors():
            if self._held is None:
                self._held = self._engine.connect()
            if not self._lock(self._held):
                raise StoreError(
                    f"another process is building into {self.where} right now; wait for it to "
                    "finish"
                )
            identity = read_metadata(self._connection).get(UNFINISHED)
            if identity is None:
                return None
            parts = {}
            if sa.inspect(self._held).has_table(PART_TABLE):
                rows = self._held.execute(sa.select(part_table.c.name, part_table.c.note))
                parts = dict(rows.all())
            return UnfinishedBuild(identity, parts)

    def discard(self) -> None:
        """Remove what an interrupted build has left, and nothing else."""
        with self._as_store_errors():
            if UNFINISHED in read_metadata(self._connection):
                self._remove_build()

    def create_schema(self, identity: str) -> None:
        """Make the tables that are missing, without keys or indexes, and note the build.

        Args:
            identity: of the build, noted until it is finished.
        """
        with self._as_store_errors():
            notes = read_metadata(self._connection)
            if self._replace and notes and UNFINISHED not in notes:
                self._remove_build()
            there = self._table_names()
            missing = [name for name in TABLES if name not in there]
            self._dirty = True
            for table in build_tables.sorted_tables:
                table.create(self._connection, checkfirst=True)
            if UNFINISHED not in notes:
                empty = [name for name in TABLES if name in there and self._is_empty(name)]
                self._note(
                    {
                        EMPTY: json.dumps(empty),
                        CREATED: json.dumps(missing),
                        UNFINISHED: identity,
                    }
                )
            for name in missing:
                self._connection.exec_driver_sql(self._create_statement(name, self._ddl[name]))

    def load(self, name: str, note: str, tables: BatchTables) -> None:
        """Write one part from this process, whole or not at all."""
        self._writer.write(name, note, tables)

    def writer(self) -> ServerWriter:
        """What writes parts in processes of its own."""
        return self._writer

    def absorb(self, name: str) -> None:  # noqa: B027
        """Nothing is left to do: what a writer wrote is in its place."""

    def finish(self) -> None:
        """Make keys, constraints, indexes and statistics; number on above the highest id."""
        with self._as_store_errors():
            self._finish(json.loads(read_metadata(self._connection)[CREATED]))

    @contextmanager
    def reading(self) -> Iterator[sa.Engine]:
        """Reads the database as it is."""
        engine = server_engine(self._url, read_only=True)
        try:
            with self._as_store_errors():
                yield engine
        finally:
            engine.dispose()

    def seal(self, notes: Mapping[str, str]) -> None:
        """Keep notes with the data: the build is finished.

        Args:
            notes: texts by name, kept in the table `aquadata_build`.
        """
        with self._as_store_errors():
            done = metadata_table.c.name.in_([*notes, UNFINISHED])
            rows = [{"name": name, "value": value} for name, value in notes.items()]
            with self._transaction() as connection:
                connection.execute(sa.delete(metadata_table).where(done))
                if rows:
                    connection.execute(sa.insert(metadata_table), rows)
            self._dirty = False
            part_table.drop(self._connection)

    def close(self, keep: bool) -> None:
        """Let go of the database.

        Args:
            keep: leave what landed of an unfinished build; else remove it.
        """
        try:
            if self._dirty and not keep:
                # a server that is gone keeps what it has: the next build finds it
                with suppress(StoreError):
                    self._take_up_again()
                    self.discard()
        finally:
            if self._held is not None:
                with suppress(Exception):
                    self._held.close()
                self._held = None
            self._engine.dispose()

    def _take_up_again(self) -> None:
        """Connect anew if the connection has been lost."""
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except sa.exc.SQLAlchemyError:
            self._connection.invalidate()
            self._connection.close()
            self._held = None
            self.begin()

    @property
    def _connection(self) -> sa.Connection:
        assert self._held is not None, "begin comes first"
        return self._held

    @property
    def _ddl(self) -> Mapping[str, TableDdl]:
        return ddl_of(self._engine.dialect)

    def _table_names(self) -> set[str]:
        return set(sa.inspect(self._connection).get_table_names())

    def _is_empty(self, name: str) -> bool:
        query = sa.select(sa.literal(1)).select_from(TABLES[name]).limit(1)
        return self._connection.execute(query).first() is None

    def _note(self, notes: Mapping[str, str]) -> None:
        for name, value in notes.items():
            self._connection.execute(sa.delete(metadata_table).where(metadata_table.c.name == name))
            self._connection.execute(sa.insert(metadata_table), {"name": name, "value": value})

    def _remove_build(self) -> None:
        """Drop the tables that the build made, and empty those that it found empty."""
        notes = read_metadata(self._connection)
        created, empty = (json.loads(notes.get(name, "[]")) for name in (CREATED, EMPTY))
        self._drop([name for name in created if name in TABLES])
        there = self._table_names()
        self._empty([name for name in empty if name in TABLES and name in there])
        for table in (part_table, metadata_table):
            table.drop(self._connection, checkfirst=True)

    def _at_once(self, jobs: Iterable[Job]) -> None:
        """Execute jobs over a few connections, in their order; stop all if one fails."""
        waiting: SimpleQueue[Job] = SimpleQueue()
        for job in jobs:
            waiting.put(job)
        with self._several(_AT_ONCE) as connections, ThreadPoolExecutor(_AT_ONCE) as threads:
            try:
                for future in [
                    threads.submit(_execute_all, connection, waiting) for connection in connections
                ]:
                    future.result()
            except BaseException:
                while not waiting.empty():
                    waiting.get()
                for connection in connections:
                    self._cancel(connection)
                raise

    @contextmanager
    def _several(self, count: int) -> Iterator[list[sa.Connection]]:
        connections: list[sa.Connection] = []
        try:
            for _ in range(count):
                connections.append(self._engine.connect())
                for statement in self._settings():
                    connections[-1].exec_driver_sql(statement)
            yield connections
        finally:
            for connection in connections:
                connection.invalidate()
                connection.close()

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        with as_store_errors(f"cannot write {self.where}"):
            yield

    def _transaction(self) -> AbstractContextManager[sa.Connection]:
        """A connection that commits when the block ends well."""
        return self._engine.execution_options(isolation_level="READ COMMITTED").begin()

    @abstractmethod
    def _lock(self, connection: sa.Connection) -> bool:
        """Take the lock that dies with the connection; whether it was free."""

    @abstractmethod
    def _create_statement(self, name: str, parts: TableDdl) -> str:
        """The statement that makes a bare table."""

    @abstractmethod
    def _drop(self, names: Sequence[str]) -> None:
        """Drop tables."""

    @abstractmethod
    def _empty(self, names: Sequence[str]) -> None:
        """Delete all rows of tables."""

    @abstractmethod
    def _settings(self) -> Sequence[str]:
        """Settings of a session that makes keys and indexes."""

    @abstractmethod
    def _finish(self, created: Sequence[str]) -> None:
        """Make what `finish` promises."""

    @abstractmethod
    def _cancel(self, connection: sa.Connection) -> None:
        """Stop what a connection is executing."""


def _execute_all(connection: sa.Connection, waiting: SimpleQueue[Job]) -> None:
    while not waiting.empty():
        for statement in waiting.get():
            connection.exec_driver_sql(statement)
