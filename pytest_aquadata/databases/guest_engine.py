"""An engine over a connection of other code, which begins, commits and closes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import NullPool

from ..errors import StoreError

_DRIVERS: Mapping[str, str] = {
    "sqlite3": "sqlite+pysqlite",
    "psycopg2": "postgresql+psycopg2",
    "psycopg": "postgresql+psycopg",
    "MySQLdb": "mysql+mysqldb",
    "pymysql": "mysql+pymysql",
}
"""SQLAlchemy's name of each driver, by the top-level module of its connections."""
_LEFT_TO_OTHERS = ("do_begin", "do_commit", "do_rollback", "do_close", "do_terminate")
_TEMPORAL = (sa.Date, sa.DateTime, sa.Time)


def guest_engine(connection_of: Callable[[], Any]) -> sa.Engine:
    """Return an engine that uses a driver's connection and leaves its transactions alone.

    Args:
        connection_of: returns the connection that is open at the moment.

    Raises:
        StoreError: if the driver is not supported.
    """
    module = type(connection_of()).__module__.partition(".")[0]
    if module not in _DRIVERS:
        raise StoreError(
            f"connections of the driver {module} cannot be shared: use one of {', '.join(_DRIVERS)}"
        )
    engine = sa.create_engine(f"{_DRIVERS[module]}://", creator=connection_of, poolclass=NullPool)
    _accept_converted_values(engine)
    for name in _LEFT_TO_OTHERS:
        setattr(engine.dialect, name, _leave_alone)
    return engine


def _accept_converted_values(engine: sa.Engine) -> None:
    """Accept dates and times that the driver has converted already."""
    dialect = engine.dialect
    converting: dict[type[sa.types.TypeEngine[Any]], type[sa.types.TypeEngine[Any]]] = {
        generic: type(specific.__name__, (_Converted, specific), {"cache_ok": True})
        for generic, specific in dialect.colspecs.items()
        if generic in _TEMPORAL
    }
    dialect.colspecs = {**dialect.colspecs, **converting}


class _Converted:
    """A type whose values may have been converted by the driver."""

    def result_processor(self, dialect: sa.Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return a function that converts texts and leaves other values alone."""
        convert = super().result_processor(dialect, coltype)  # type: ignore[misc]

        def process(value: Any) -> Any:
            if isinstance(value, dt.date | dt.time) or convert is None:
                return value
            return convert(value)

        return process


def _leave_alone(*_: Any) -> None:
    """Do nothing: the owner of the connection begins and ends its transactions."""
