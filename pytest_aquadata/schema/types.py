"""Column types with the same Python values in PostgreSQL, MariaDB and SQLite."""

import datetime as dt
import math
from collections.abc import Callable
from copy import copy
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Self, TypeVar
from weakref import WeakKeyDictionary

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Identity, Integer, Numeric, Text, Time
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.mysql import DATETIME, LONGTEXT, TIME
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import DontWrapMixin
from sqlalchemy.orm import mapped_column
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

from ..errors import StoreError

Value = TypeVar("Value")

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)

_MOST_SHOWN = 60
"""Characters of a value in a message."""
_REL_TOLERANCE = 1e-12
"""Relative difference between a float and the decimal that it stands for."""
NO_FRACTION = ".000000"
"""The end of an instant or a time in SQLAlchemy's text that Django's text leaves out."""
_django_text: WeakKeyDictionary[Dialect, bool] = WeakKeyDictionary()
"""True for a SQLite database with tables made by Django, by the dialect of an engine."""


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


class UnfitValue(StoreError, ValueError, DontWrapMixin):
    """A column cannot hold a value unchanged; SQLAlchemy raises it as it is, in one line."""

    def __init__(self, column: str, value: object, reason: str) -> None:
        """Set the message.

        Args:
            column: table and column, such as `batch_batch.notes`.
            value: the value.
            reason: what the column holds.
        """
        text = str(value) if isinstance(value, Decimal) else repr(value)
        if len(text) > _MOST_SHOWN:
            text = f"{text[:_MOST_SHOWN]}…"
        super().__init__(f"{column} cannot hold {text}: {reason}")


class CheckedType(TypeDecorator[Value]):
    """A type that refuses values that its column would change.

    Attributes:
        column: table and column in messages; the name of the type if it belongs to none.
    """

    column: str

    def refuse(self, value: Any) -> str | None:
        """Return why the column cannot hold a value; None if it can."""
        raise NotImplementedError

    def of_column(self, column: str) -> Self:
        """Return a copy whose messages name a column."""
        copied = self.copy()
        copied.column = column
        return copied

    def check(self, value: Any) -> None:
        """Check a value that is to be stored.

        Raises:
            UnfitValue: if the column would change it.
        """
        if reason := self.refuse(value):
            raise UnfitValue(self.column, value, reason)


class _TextOfDjango:
    """Mixin of SQLite's types: text without a fraction of zero in tables that Django made."""

    def adapt(self, cls: type[Any], **kw: Any) -> Any:
        """Return a copy of the same type, also for an engine with types of its own."""
        return copy(self)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        with_fraction = super().bind_processor(dialect)  # type: ignore[misc]

        def process(value: Any) -> str | None:
            text: str | None = with_fraction(value)
            if text is None or not has_django_text(dialect):
                return text
            return text.removesuffix(NO_FRACTION)

        return process

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        """Return a function that leaves alone what the driver has converted, as Django's does."""
        convert = super().result_processor(dialect, coltype)  # type: ignore[misc]

        def process(value: Any) -> Any:
            return value if isinstance(value, dt.datetime | dt.time) else convert(value)

        return process


class _SqliteInstant(_TextOfDjango, sqlite.DATETIME):
    """An instant as text in SQLite."""


class _SqliteClock(_TextOfDjango, sqlite.TIME):
    """A time of day as text in SQLite."""


class Instant(CheckedType[dt.datetime]):
    """An instant, in Python an aware datetime in UTC.

    Stored as TIMESTAMP WITH TIME ZONE in PostgreSQL, as DATETIME(6) in MariaDB and as text
    `YYYY-MM-DD HH:MM:SS.ffffff` in SQLite, the last two in UTC. In tables that Django made, the
    text ends at the seconds if the fraction is zero.
    """

    impl = DateTime
    cache_ok = True
    column = "an instant"

    def refuse(self, value: Any) -> str | None:
        """Return the reason if it is no datetime with a time zone."""
        if isinstance(value, dt.datetime) and value.utcoffset() is not None:
            return None
        return "it holds instants; give a datetime with a time zone, such as tzinfo=UTC"

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return _SqliteInstant()  # type: ignore[no-untyped-call]
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        self.check(value)
        utc = value.astimezone(dt.UTC)
        return utc if dialect.name == "postgresql" else utc.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None:
            return None
        moment: dt.datetime = value
        return moment.replace(tzinfo=dt.UTC) if moment.tzinfo is None else moment.astimezone(dt.UTC)


class Clock(CheckedType[dt.time]):
    """A time of day with microseconds, without a time zone.

    Stored as TIME in PostgreSQL, as TIME(6) in MariaDB and as text `HH:MM:SS.ffffff` in SQLite; in
    tables that Django made, the text ends at the seconds if the fraction is zero.
    """

    impl = Time
    cache_ok = True
    column = "a time of day"

    def refuse(self, value: Any) -> str | None:
        """Return the reason if it is no time, or has a time zone."""
        if isinstance(value, dt.time) and value.tzinfo is None:
            return None
        return "it holds times of day; give a time without a time zone"

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return _SqliteClock()  # type: ignore[no-untyped-call]
        if dialect.name in ("mysql", "mariadb"):
            return dialect.type_descriptor(TIME(fsp=6))
        return dialect.type_descriptor(Time())

    def process_bind_param(self, value: dt.time | None, dialect: Dialect) -> dt.time | None:
        if value is not None:
            self.check(value)
        return value


class ExactDecimal(CheckedType[Decimal]):
    """A Decimal with a fixed number of decimal places, in every database.

    A value with more places or digits is refused, where PostgreSQL and MariaDB would round it; a
    float may differ from a decimal in its sixteenth digit. SQLite has no decimals: it stores an
    integer or a float, which is rounded to the scale when read. This is exact up to 15 digits.
    """

    impl = Numeric
    cache_ok = True

    def __init__(self, precision: int, scale: int) -> None:
        super().__init__(precision, scale)
        self.precision = precision
        self.scale = scale
        self.column = f"numeric({precision}, {scale})"

    def refuse(self, value: Any) -> str | None:
        """Return the reason if it has too many digits before or after the point."""
        if isinstance(value, bool) or not isinstance(value, Decimal | int | float):
            return "it holds decimals; give a Decimal"
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
        if not exact.is_finite():
            return "it holds finite numbers"
        whole_digits = self.precision - self.scale
        limit = Decimal(10) ** whole_digits
        rounded = exact if abs(exact) >= limit else self._rounded(exact)
        if abs(rounded) >= limit:
            return f"it has {whole_digits} digits before the point"
        if rounded == exact or (isinstance(value, float) and _is_same(value, float(rounded))):
            return None
        return f"it has {self.scale} decimal places; round the value"

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Numeric(self.precision, self.scale, asdecimal=False))
        return dialect.type_descriptor(Numeric(self.precision, self.scale))

    def coerce_compared_value(self, op: OperatorType | None, value: Any) -> TypeEngine[Any]:
        return Numeric(asdecimal=False)

    def process_bind_param(self, value: Decimal | float | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        self.check(value)
        exact = self._rounded(value)
        if dialect.name != "sqlite":
            return exact
        return int(exact) if exact == exact.to_integral_value() else float(exact)

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else self._rounded(value)

    def _rounded(self, value: Decimal | float) -> Decimal:
        exact = value if isinstance(value, Decimal) else Decimal(str(value))
        return exact.quantize(Decimal((0, (1,), -self.scale)), rounding=ROUND_HALF_UP)


def _is_same(value: float, rounded: float) -> bool:
    """Return whether a float stands for a decimal."""
    return math.isclose(value, rounded, rel_tol=_REL_TOLERANCE)


LongText = Text().with_variant(LONGTEXT(), "mysql", "mariadb")
"""A text of any length; MariaDB's TEXT ends at 64 KiB."""

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
