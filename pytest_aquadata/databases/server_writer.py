"""Writers of parts into a database on a server, from any process."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self

import sqlalchemy as sa

from ..lifecycle.columns import BatchTables
from ..schema import TABLES
from ..text import mask_password
from .bulk_insert import insert_columns
from .connections import as_store_errors
from .metadata_table import part_table
from .server_dialect import server_engine


class ServerWriter(ABC):
    """Writes each part over a connection of its own.

    Between two parts there is no connection: a server copies a database only while it has none,
    and worker processes may outlive the build.
    """

    def __init__(self, url: sa.URL) -> None:
        """Set the database; no connection is opened."""
        self._url = url
        self._engine = server_engine(url, poolclass=sa.pool.NullPool)

    def __reduce__(self) -> tuple[type[Self], tuple[sa.URL]]:
        return type(self), (self._url,)

    def write(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part, whole or not at all; do nothing if it has been written.

        It has been written if the process that wrote it died before it could report that.

        Args:
            name: of the part, unique in a build.
            entry: description of the part.
            tables: complete rows by table.

        Raises:
            StoreError: if the server refuses.
        """
        doing = f"cannot write {mask_password(str(self._url))}"
        with as_store_errors(doing), self._engine.begin() as connection:
            self.prepare(connection)
            # first, so that a process that writes the same part waits here for the other
            try:
                connection.execute(sa.insert(part_table), {"name": name, "note": entry})
            except sa.exc.IntegrityError:
                connection.rollback()
                return
            for table, columns in tables.items():
                if len(columns):
                    insert_columns(connection, TABLES[table], columns)

    @abstractmethod
    def prepare(self, connection: sa.Connection) -> None:
        """Execute the settings of the transaction."""
