"""Base class of the stores on servers: lock, metadata, parts, and parallel statements.

A build is written in place, one part after another. Each part is one transaction, which also
enters the part into `aquadata_part`. Until the build is sealed, `aquadata_build` has its identity
as the entry `unfinished`, so a later build recognises what a killed one has left.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager, suppress
from queue import SimpleQueue
from typing import ClassVar

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import BatchTables
from ..schema import TABLES
from ..text import mask_password
from .connections import as_store_errors
from .ddl import TableDdl, ddl_of
from .dialect import dialect_of
from .metadata_table import (
    CREATED,
    EMPTY,
    OBJECTS,
    PART_TABLE,
    UNFINISHED,
    metadata_table,
    names_entry,
    part_table,
    read_metadata,
)
from .own_objects import own_objects
from .server_dialect import server_engine
from .server_writer import ServerWriter
from .store import UnfinishedBuild

SESSION = "aquadata_session"
"""Key in `Connection.info` of the number by which the server cancels a session's statement."""

_CONNECTIONS = 2
"""Connections that create keys and indexes side by side."""

Job = Sequence[str]
"""Statements that are executed one after another."""


class ServerStore(ABC):
    """A database on a server while a build is written; see `store.Store` for the methods."""

    resumable = True
    in_place = True
    writer_type: ClassVar[type[ServerWriter]]
    session_query: ClassVar[str]

    def __init__(self, url: sa.URL, *, replace: bool = False) -> None:
        """Set the database; no connection is opened.

        Args:
            url: as `server_url` returns it.
            replace: True to remove an earlier build.
        """
        self.display_name = mask_password(str(url))
        self._url = url
        self._replace = replace
        self._engine = server_engine(url, isolation_level="AUTOCOMMIT")
        self._opened: sa.Connection | None = None
        self._writer = self.writer_type(url)
        self._dirty = False

    def begin(self) -> UnfinishedBuild | None:
        """Lock the database against other builds; return what an interrupted build has left.

        Raises:
            StoreError: if another process builds there, or the database cannot be opened.
        """
        with self._as_store_errors():
            if self._opened is None:
                self._opened = self._engine.connect()
            if not self._lock(self._opened):
                raise StoreError(
                    f"another process is building into {self.display_name} right now; wait for it "
                    "to finish"
                )
            metadata = read_metadata(self._connection)
            identity = metadata.get(UNFINISHED)
            if identity is None:
                return None
            if OBJECTS in metadata:
                self._end_build()
                raise StoreError(
                    f"{self.display_name} holds a build that was finished but for its last step, "
                    "which is done now; use --reuse to open it, or --replace to build it again"
                )
            parts = {}
            if sa.inspect(self._opened).has_table(PART_TABLE):
                rows = self._opened.execute(sa.select(part_table.c.name, part_table.c.note))
                parts = dict(rows.all())
            return UnfinishedBuild(identity, parts)

    def discard(self) -> None:
        """Remove what an interrupted build has left, and nothing else."""
        with self._as_store_errors():
            if UNFINISHED in read_metadata(self._connection):
                self._remove_build()

    def create_schema(self, identity: str) -> None:
        """Create missing tables without keys or indexes, and enter the build as unfinished."""
        with self._as_store_errors():
            metadata = read_metadata(self._connection)
            if self._replace and metadata and UNFINISHED not in metadata:
                self._remove_build()
            existing = self._table_names()
            missing = [name for name in TABLES if name not in existing]
            self._dirty = True
            metadata_table.create(self._connection, checkfirst=True)
            if UNFINISHED not in metadata:
                empty = [name for name in TABLES if name in existing and self._is_empty(name)]
                self._write_metadata(
                    {
                        EMPTY: json.dumps(empty),
                        CREATED: json.dumps(missing),
                        UNFINISHED: identity,
                    }
                )
            # after the entry: without it, a table of this name is of others
            part_table.create(self._connection, checkfirst=True)
            for name in missing:
                self._connection.exec_driver_sql(self._create_statement(name, self._ddl[name]))

    def load(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part from this process, whole or not at all."""
        self._writer.write(name, entry, tables)

    def writer(self) -> ServerWriter:
        """Return the writer for other processes."""
        return self._writer

    def absorb(self, name: str) -> None:  # noqa: B027
        """Do nothing: writers write to the database itself."""

    def finish(self) -> None:
        """Create keys, constraints, indexes and statistics; set sequences above every key."""
        with self._as_store_errors():
            metadata = read_metadata(self._connection)
            self._finish(names_entry(metadata, CREATED, self.display_name))

    @contextmanager
    def reading(self) -> Iterator[sa.Engine]:
        """Open the database for reading."""
        engine = server_engine(self._url, read_only=True)
        try:
            with self._as_store_errors():
                yield engine
        finally:
            engine.dispose()

    def seal(self, metadata: Mapping[str, str]) -> None:
        """Write the metadata of the build, which is then finished."""
        with self._as_store_errors():
            objects = dialect_of(self._connection).objects(self._connection)
            entries = {**metadata, OBJECTS: own_objects(objects)}
            rows = [{"name": name, "value": value} for name, value in entries.items()]
            with self._transaction() as connection:
                connection.execute(
                    sa.delete(metadata_table).where(metadata_table.c.name.in_(entries))
                )
                connection.execute(sa.insert(metadata_table), rows)
            self._dirty = False
            self._end_build()

    def _end_build(self) -> None:
        """Drop the table of parts, then the entry that shows that it is of a build."""
        part_table.drop(self._connection, checkfirst=True)
        unfinished = metadata_table.c.name == UNFINISHED
        self._connection.execute(sa.delete(metadata_table).where(unfinished))

    def close(self, keep: bool) -> None:
        """Release the lock and all connections.

        Args:
            keep: True to keep the parts of an unfinished build.
        """
        try:
            if self._dirty and not keep:
                # if the server cannot be reached, the next build removes the parts
                with suppress(StoreError):
                    self._reconnect()
                    self.discard()
        finally:
            if self._opened is not None:
                with suppress(Exception):
                    self._opened.close()
                self._opened = None
            self._engine.dispose()

    def _reconnect(self) -> None:
        """Connect and lock again if the connection was lost."""
        try:
            self._connection.exec_driver_sql("SELECT 1")
        except sa.exc.SQLAlchemyError:
            self._connection.invalidate()
            self._connection.close()
            self._opened = None
            self.begin()

    @property
    def _connection(self) -> sa.Connection:
        assert self._opened is not None, "begin comes first"
        return self._opened

    @property
    def _ddl(self) -> Mapping[str, TableDdl]:
        return ddl_of(self._engine.dialect)

    def _table_names(self) -> set[str]:
        return set(sa.inspect(self._connection).get_table_names())

    def _is_empty(self, name: str) -> bool:
        query = sa.select(sa.literal(1)).select_from(TABLES[name]).limit(1)
        return self._connection.execute(query).first() is None

    def _write_metadata(self, entries: Mapping[str, str]) -> None:
        for name, value in entries.items():
            self._connection.execute(sa.delete(metadata_table).where(metadata_table.c.name == name))
            self._connection.execute(sa.insert(metadata_table), {"name": name, "value": value})

    def _remove_build(self) -> None:
        """Drop the tables that the build created, and empty those that it found empty."""
        metadata = read_metadata(self._connection)
        created, empty = (
            [name for name in names_entry(metadata, entry, self.display_name) if name in TABLES]
            for entry in (CREATED, EMPTY)
        )
        self._refuse_dependents({*created, *empty})
        self._drop(created)
        existing = self._table_names()
        self._empty([name for name in empty if name in existing])
        # the table of parts first: it is known by the entries of the other
        for table in (part_table, metadata_table):
            table.drop(self._connection, checkfirst=True)

    def _refuse_dependents(self, own: Set[str]) -> None:
        """Raise if removing the tables would change tables or run triggers of others."""
        dialect = dialect_of(self._connection)
        dependents = [
            f"{key.shown_table} refers to {key.target}"
            for key in dialect.references(self._connection, own)
            if key.schema is not None or key.table not in own
        ]
        dependents += [
            f"{found.shown_name} is on {found.table}"
            for found in dialect.objects(self._connection)
            if found.kind in ("trigger", "rule") and found.table in own
        ]
        if dependents:
            raise StoreError(
                f"cannot remove the build in {self.display_name}: {dependents[0]}, and aquadata "
                "did not make it; remove it first, or give another --url"
            )

    def _execute_jobs(self, jobs: Iterable[Job]) -> None:
        """Execute jobs in their order over a few connections; cancel all if one fails."""
        waiting: SimpleQueue[Job] = SimpleQueue()
        for job in jobs:
            waiting.put(job)
        with (
            self._open_several(_CONNECTIONS) as connections,
            ThreadPoolExecutor(_CONNECTIONS) as threads,
        ):
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
    def _open_several(self, count: int) -> Iterator[list[sa.Connection]]:
        connections: list[sa.Connection] = []
        try:
            for _ in range(count):
                connections.append(self._engine.connect())
                session = connections[-1].exec_driver_sql(self.session_query).scalar_one()
                connections[-1].info[SESSION] = int(session)
                for statement in self._settings():
                    connections[-1].exec_driver_sql(statement)
            yield connections
        finally:
            for connection in connections:
                connection.invalidate()
                connection.close()

    @contextmanager
    def _as_store_errors(self) -> Iterator[None]:
        with as_store_errors(f"cannot write {self.display_name}"):
            yield

    def _transaction(self) -> AbstractContextManager[sa.Connection]:
        """Return a connection that commits unless the block fails."""
        return self._engine.execution_options(isolation_level="READ COMMITTED").begin()

    @abstractmethod
    def _lock(self, connection: sa.Connection) -> bool:
        """Take the lock that ends with the connection; return whether it was free."""

    @abstractmethod
    def _create_statement(self, name: str, parts: TableDdl) -> str:
        """Return the statement that creates a table without keys."""

    @abstractmethod
    def _drop(self, names: Sequence[str]) -> None:
        """Drop tables."""

    @abstractmethod
    def _empty(self, names: Sequence[str]) -> None:
        """Delete all rows of tables."""

    @abstractmethod
    def _settings(self) -> Sequence[str]:
        """Return the settings of a session that creates keys and indexes."""

    @abstractmethod
    def _finish(self, created: Sequence[str]) -> None:
        """Create keys, constraints, indexes and statistics of the tables created."""

    @abstractmethod
    def _cancel(self, connection: sa.Connection) -> None:
        """Cancel the statement that a connection executes."""


def _execute_all(connection: sa.Connection, waiting: SimpleQueue[Job]) -> None:
    while not waiting.empty():
        for statement in waiting.get():
            connection.exec_driver_sql(statement)
