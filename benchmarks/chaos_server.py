"""Databases on PostgreSQL and MariaDB for the builds of `chaos.py`."""

from __future__ import annotations

from contextlib import suppress

import sqlalchemy as sa


class Server:
    """A database on a server, for one round."""

    def __init__(self, address: str, name: str) -> None:
        self.address = address
        url = sa.make_url(address)
        self.backend = url.get_backend_name()
        driver = {"postgresql": "psycopg2", "mysql": "pymysql"}[self.backend]
        driver_url = url.set(drivername=f"{self.backend}+{driver}")
        self._server = sa.create_engine(driver_url, isolation_level="AUTOCOMMIT")
        self._name = name
        self._url = driver_url.set(database=name)
        self.url = self._url.render_as_string(hide_password=False)

    def create(self) -> None:
        """Create the database."""
        self._execute(f"CREATE DATABASE {self._name}")

    def drop(self) -> None:
        """Drop the database and its template."""
        force = " WITH (FORCE)" if self.backend == "postgresql" else ""
        for name in self.databases():
            self._execute(f"DROP DATABASE IF EXISTS {name}{force}")

    def databases(self) -> list[str]:
        """Return the names of all databases of this round."""
        schemata, column = "information_schema.schemata", "schema_name"
        if self.backend == "postgresql":
            schemata, column = "pg_database", "datname"
        query = f"SELECT {column} FROM {schemata} WHERE {column} LIKE '{self._name}%%'"
        return self._execute(query).scalars().all()

    def is_built(self) -> bool:
        """Return whether the database has a finished build."""
        engine = sa.create_engine(self._url)
        try:
            with engine.connect() as connection:
                query = "SELECT 1 FROM aquadata_build WHERE name = 'manifest'"
                return connection.exec_driver_sql(query).first() is not None
        except (sa.exc.ProgrammingError, sa.exc.OperationalError):
            return False
        finally:
            engine.dispose()

    def connections(self) -> list[int]:
        """Return the connections of builds: ids of processes or threads of the server."""
        query = f"SELECT pid FROM pg_stat_activity WHERE datname = '{self._name}'"
        if self.backend == "mysql":
            query = f"SELECT id FROM information_schema.processlist WHERE db = '{self._name}'"
        return self._execute(query).scalars().all()

    def cut(self, pid: int) -> None:
        """End a connection; it may have ended by itself."""
        with suppress(sa.exc.OperationalError):
            cut = "SELECT pg_terminate_backend({})" if self.backend == "postgresql" else "KILL {}"
            self._execute(cut.format(pid))

    def _execute(self, statement: str) -> sa.CursorResult:
        with self._server.connect() as connection:
            result = connection.exec_driver_sql(statement)
            return result.freeze()() if result.returns_rows else result
