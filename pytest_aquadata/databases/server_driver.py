"""Drivers of database servers: Python packages that connect to them, some of them asynchronous."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any, ClassVar

import sqlalchemy as sa

SECONDS_TO_CONNECT = 10


class ServerDriver(ABC):
    """A driver, as SQLAlchemy uses it.

    Attributes:
        name: as in the URL, such as `psycopg` in `postgresql+psycopg://`.
        module: its top-level module.
        package: what `pip install` installs it with.
        is_async: True if it serves asynchronous engines only.
    """

    name: ClassVar[str]
    module: ClassVar[str]
    package: ClassVar[str]
    is_async: ClassVar[bool] = False

    @property
    def is_installed(self) -> bool:
        """True if its module can be imported."""
        return find_spec(self.module) is not None

    @abstractmethod
    def arguments(self, query: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the arguments of `connect` that a build needs, beside those in a URL's query."""

    def credentials(self, password: str) -> Mapping[str, Any]:
        """Return the arguments of `connect` that replace the password as SQLAlchemy gives it."""
        return {}

    def end_connecting(self, connection: Any) -> None:  # noqa: B027
        """Change a new connection: take back a limit of the time to connect, for example."""

    @abstractmethod
    def takes_bulk(self, connection: sa.Connection) -> bool:
        """Return whether rows in bulk keep their values under a connection's settings."""


def driver_connection(connection: sa.Connection) -> Any:
    """Return the connection of the driver behind one of SQLAlchemy."""
    return connection.connection.driver_connection
