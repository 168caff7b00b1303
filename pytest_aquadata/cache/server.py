"""The cache on a database server: one database a dataset, and on PostgreSQL a template of it.

PostgreSQL copies a database only while nobody is connected to it, and those that tests read from
are. So each is built as a template that nobody can connect to afterwards; what is read from is the
first copy of it, and clones are further ones. A comment on the database says when it was last used.
"""

from __future__ import annotations

import re
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import sqlalchemy as sa

from ..databases.connections import as_store_errors, masked, server_engine, server_url
from ..databases.preflight import parse_url
from ..databases.server_location import (
    TEMPLATE_SUFFIX,
    MariadbLocation,
    PostgresqlLocation,
    ServerLocation,
    copy_database,
)
from ..databases.server_preflight import holds_build
from ..errors import StoreError
from .backend import CacheEntry

_ENTRY = re.compile(r"aquadata_(?P<preset>[a-z0-9_]{1,16})_(?P<key>[0-9a-f]{20})")
_LONGEST_PRESET = 16
_USED = "aquadata: last used "


class ServerCache(ABC):
    """Datasets as databases on a server; see `shelf.CacheBackend` for what the methods do."""

    home_type: type[ServerLocation]

    def __init__(self, url: sa.URL) -> None:
        """Name the server by one of its databases; nothing is opened yet."""
        self.where = masked(url)
        self._url = url

    def home(self, preset: str, key: str) -> ServerLocation:
        """The database of a dataset."""
        return self.home_type(self._url.set(database=self._name(preset, key)))

    def holds(self, preset: str, key: str) -> bool:
        """Whether the database is there and its build finished."""
        name = self._name(preset, key)
        with self._connected() as connection:
            there = name in self._names(connection)
        return there and holds_build(self._url.set(database=name))

    def prepare(self) -> None:  # noqa: B027
        """Nothing: the server is there."""

    def make_ready(self, preset: str, key: str) -> None:
        """Make the database, unless an interrupted build has left it."""
        name = self._name(preset, key)
        with self._connected() as connection:
            if name not in self._names(connection):
                connection.exec_driver_sql(self._create(name))

    def put(self, preset: str, key: str) -> None:
        """Make what clones are made from."""
        name = self._name(preset, key)
        with self._connected() as connection:
            self._seal(connection, name)

    @contextmanager
    def in_use(self, preset: str, key: str) -> Iterator[None]:
        """Mark the database as used now; its connections say that it is in use."""
        comment = f"{_USED}{int(time.time())}"
        with suppress(StoreError), self._connected() as connection:
            connection.exec_driver_sql(self._comment(self._name(preset, key), comment))
        yield

    def entries(self) -> list[CacheEntry]:
        """What is on the server, the most recently used first."""
        with self._connected() as connection:
            rows = self._listed(connection)
        found = [
            CacheEntry(named["preset"], named["key"], int(row[1]), _used_at(row[2]))
            for row in rows
            if (named := _ENTRY.fullmatch(row[0]))
        ]
        return sorted(found, key=lambda entry: (-entry.used_at, entry.preset, entry.key))

    def remove(self, entry: CacheEntry) -> bool:
        """Drop a database, unless somebody is connected to it; whether it is gone."""
        name = self._name(entry.preset, entry.key)
        with self._connected() as connection:
            if self._connections(connection, name):
                return False
            for statement in self._dropped(name):
                connection.exec_driver_sql(statement)
        return True

    def forget_interrupted(self, age_s: float) -> None:  # noqa: B027
        """Nothing: what an interrupted build has left is an entry like any other."""

    def _name(self, preset: str, key: str) -> str:
        plain = re.sub(r"[^a-z0-9]+", "_", preset.lower()).strip("_")[:_LONGEST_PRESET]
        return f"aquadata_{plain or 'schedule'}_{key}"

    @contextmanager
    def _connected(self) -> Iterator[sa.Connection]:
        engine = server_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=sa.pool.NullPool)
        with (
            as_store_errors(f"cannot keep datasets at {self.where}"),
            engine.connect() as connection,
        ):
            yield connection

    @abstractmethod
    def _names(self, connection: sa.Connection) -> set[str]:
        """Names of all databases."""

    @abstractmethod
    def _listed(self, connection: sa.Connection) -> Sequence[tuple[Any, ...]]:
        """Name, size and comment of all databases."""

    @abstractmethod
    def _connections(self, connection: sa.Connection, name: str) -> int:
        """How many are connected to a database."""

    @abstractmethod
    def _create(self, name: str) -> str:
        """The statement that makes a database."""

    @abstractmethod
    def _seal(self, connection: sa.Connection, name: str) -> None:
        """Make what clones are made from."""

    @abstractmethod
    def _dropped(self, name: str) -> Sequence[str]:
        """The statements that drop a database and what clones are made from."""

    @abstractmethod
    def _comment(self, name: str, text: str) -> str:
        """The statement that puts a comment on a database."""


class PostgresqlCache(ServerCache):
    """Databases of PostgreSQL, each with a template."""

    home_type = PostgresqlLocation

    def _names(self, connection: sa.Connection) -> set[str]:
        return set(connection.exec_driver_sql("SELECT datname FROM pg_database").scalars())

    def _listed(self, connection: sa.Connection) -> Sequence[tuple[Any, ...]]:
        query = (
            "SELECT datname, pg_database_size(oid), shobj_description(oid, 'pg_database') "
            "FROM pg_database WHERE datname LIKE 'aquadata\\_%%'"
        )
        return [tuple(row) for row in connection.exec_driver_sql(query)]

    def _connections(self, connection: sa.Connection, name: str) -> int:
        query = sa.text("SELECT count(*) FROM pg_stat_activity WHERE datname = :name")
        return int(connection.execute(query, {"name": name}).scalar_one())

    def _create(self, name: str) -> str:
        return f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'UTF8'"

    def _seal(self, connection: sa.Connection, name: str) -> None:
        template = f"{name}{TEMPLATE_SUFFIX}"
        connection.exec_driver_sql(f"DROP DATABASE IF EXISTS {template}")
        copy_database(connection, name, template)
        connection.exec_driver_sql(f"ALTER DATABASE {template} ALLOW_CONNECTIONS false")

    def _dropped(self, name: str) -> Sequence[str]:
        return (
            f"DROP DATABASE IF EXISTS {name}{TEMPLATE_SUFFIX}",
            f"DROP DATABASE IF EXISTS {name}",
        )

    def _comment(self, name: str, text: str) -> str:
        return f"COMMENT ON DATABASE {name} IS '{text}'"


class MariadbCache(ServerCache):
    """Databases of MariaDB, which cannot copy one."""

    home_type = MariadbLocation

    def _names(self, connection: sa.Connection) -> set[str]:
        query = "SELECT schema_name FROM information_schema.schemata"
        return set(connection.exec_driver_sql(query).scalars())

    def _listed(self, connection: sa.Connection) -> Sequence[tuple[Any, ...]]:
        query = (
            "SELECT schema_name, coalesce(sum(data_length + index_length), 0), schema_comment "
            "FROM information_schema.schemata LEFT JOIN information_schema.tables "
            "ON table_schema = schema_name WHERE schema_name LIKE 'aquadata\\_%%' "
            "GROUP BY schema_name, schema_comment"
        )
        return [tuple(row) for row in connection.exec_driver_sql(query)]

    def _connections(self, connection: sa.Connection, name: str) -> int:
        query = sa.text("SELECT count(*) FROM information_schema.processlist WHERE db = :name")
        return int(connection.execute(query, {"name": name}).scalar_one())

    def _create(self, name: str) -> str:
        return f"CREATE DATABASE {name} CHARACTER SET utf8mb4"

    def _seal(self, connection: sa.Connection, name: str) -> None:
        """Nothing: clones are loaded from the database itself."""

    def _dropped(self, name: str) -> Sequence[str]:
        return (f"DROP DATABASE IF EXISTS {name}",)

    def _comment(self, name: str, text: str) -> str:
        return f"ALTER DATABASE {name} COMMENT = '{text}'"


def server_cache(url: str) -> ServerCache:
    """The cache on the server that a URL names.

    Raises:
        StoreError: when the URL names no database server.
    """
    parsed = parse_url(url)
    if parsed.get_backend_name() == "sqlite":
        raise StoreError(
            f"{url} names no server; give a folder with --cache-dir to keep datasets as files"
        )
    server = server_url(parsed)
    kind = PostgresqlCache if server.get_backend_name() == "postgresql" else MariadbCache
    return kind(server)


def _used_at(comment: str | None) -> float:
    told = (comment or "").removeprefix(_USED)
    return float(told) if told.isdigit() else 0.0
