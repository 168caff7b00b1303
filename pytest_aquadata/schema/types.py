"""Column types with the same Python values in PostgreSQL, MariaDB and SQLite."""

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Identity, Integer, Numeric, Time
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.mysql import DATETIME, TIME
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import mapped_column
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)

NO_FRACTION = ".000000"
"""The end of an instant or a time in SQLAlchemy's text that Django's text leaves out."""
_django_text: WeakKeyDictionary[Dialect, bool] = WeakKeyDictionary()
"""Whether the tables of SQLite databases were made by Django, by the dialect of an engine."""


def set_django_text(dialect: Dialect, is_django: bool) -> None:
    """Set whether an engine writes instants and times to SQLite as Django does.

    Args:
        dialect: dialect of the engine.
        is_django: True to leave out a fraction of zero, as in `2024-01-01 06:00:00`; False for
            SQLAlchemy's text, which always has six digits.
    """
    _django_text[dialect] = is_django


def has_django_text(dialect: Dialect) -> bool | None:
    """Return what `set_django_text` was told; None if it was not called for the engine."""
    return _django_text.get(dialect)


class _TextOfDjango:
    """Mixin of SQLite's types: text without a fraction of zero in tables that Django made."""

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        with_fraction = super().bind_processor(dialect)  # type: ignore[misc]

        def process(value: Any) -> str | None:
            text: str | None = with_fraction(value)
            if text is None or not has_django_text(dialect):
                return text
            return text.removesuffix(NO_FRACTION)

        return process


class _SqliteInstant(_TextOfDjango, sqlite.DATETIME):
    """An instant as text in SQLite."""


class _SqliteClock(_TextOfDjango, sqlite.TIME):
    """A time of day as text in SQLite."""


class Instant(TypeDecorator[dt.datetime]):
    """An instant, in Python an aware datetime in UTC.

    Stored as TIMESTAMP WITH TIME ZONE in PostgreSQL, as DATETIME(6) in MariaDB and as text
    `YYYY-MM-DD HH:MM:SS.ffffff` in SQLite, the last two in UTC. In tables that Django made, the
    text ends at the seconds if the fraction is zero.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(_SqliteInstant())  # type: ignore[no-untyped-call]
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if not isinstance(value, dt.datetime) or value.utcoffset() is None:
            raise ValueError(
                f"{value!r} is not an instant: give a datetime with a time zone, such as tzinfo=UTC"
            )
        utc = value.astimezone(dt.UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        moment: dt.datetime = value
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


class Clock(TypeDecorator[dt.time]):
    """A time of day with microseconds, without a time zone.

    Stored as TIME in PostgreSQL, as TIME(6) in MariaDB and as text `HH:MM:SS.ffffff` in SQLite; in
    tables that Django made, the text ends at the seconds if the fraction is zero.
    """

    impl = Time
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(_SqliteClock())  # type: ignore[no-untyped-call]
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(TIME(fsp=6))
        return dialect.type_descriptor(Time())

    def process_bind_param(self, value: dt.time | None, dialect: Dialect) -> dt.time | None:
        if value is not None and (not isinstance(value, dt.time) or value.tzinfo is not None):
            raise ValueError(f"{value!r} is not a time of day: give a time without a time zone")
        return value


class ExactDecimal(TypeDecorator[Decimal]):
    """A Decimal with a fixed number of decimal places, in every database.

    Stored values are rounded to the scale, half away from zero, as in PostgreSQL and MariaDB;
    values in comparisons are not rounded. SQLite has no decimals: it stores an integer or a float,
    which is rounded to the scale when read. This is exact up to 15 digits.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Numeric(self.precision, self.scale, asdecimal=False))
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> TypeEngine[Any]:
        return Numeric(asdecimal=False)

    def process_bind_param(self, value: Decimal | float | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        exact = self._rounded(value)
        if dialect.name != "sqlite":
            return exact
        return int(exact) if exact == exact.to_integral_value() else float(exact)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else self._rounded(value)

    def _rounded(self, value: Decimal | float) -> Decimal:
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
        return exact.quantize(Decimal((0, (1,), -self.scale)), rounding=ROUND_HALF_UP)


Json = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")

BigId = Annotated[
    int,
    mapped_column(BigInteger().with_variant(Integer(), "sqlite"), Identity(), primary_key=True),
]
"""A primary key assigned by the database; on SQLite an INTEGER, which is the rowid."""

IntId = Annotated[int, mapped_column(Integer, Identity(), primary_key=True)]
"""A 32-bit primary key assigned by the database, for Django's own tables."""

Stamp = Annotated[dt.datetime, mapped_column(Instant(), info={"stamp": True})]
"""An instant that Django fills from the clock; here its value must be given."""
