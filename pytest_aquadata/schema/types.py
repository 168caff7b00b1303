"""Column types with the same Python values in PostgreSQL, MariaDB and SQLite."""

import datetime as dt
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, Identity, Integer, Numeric, Time
from sqlalchemy.dialects.mysql import DATETIME, TIME
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import mapped_column
from sqlalchemy.sql.operators import OperatorType
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


class Instant(TypeDecorator[dt.datetime]):
    """An instant, in Python an aware datetime in UTC.

    Stored as TIMESTAMP WITH TIME ZONE in PostgreSQL, as DATETIME(6) in MariaDB and as text
    `YYYY-MM-DD HH:MM:SS.ffffff` in SQLite, the last two in UTC.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
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


class UnixSeconds(Integer):
    """An INTEGER column in SQLite that also accepts fractions of a second."""

    def literal_processor(self, dialect: Dialect) -> Callable[[Any], str]:
        return repr


class CompactInstant(Instant):
    """An `Instant` that SQLite stores as Unix seconds: INTEGER, or REAL with a fraction.

    Used for sensor readings only. They have two instants in each row and one in each of three
    indexes; as text of 26 bytes these would double the file. Text, as Django stores it, can be
    read as well.
    """

    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "sqlite":
            return UnixSeconds()
        return super().load_dialect_impl(dialect)

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> Any:
        moment = super().process_bind_param(value, dialect)
        if moment is None or dialect.name != "sqlite":
            return moment
        microseconds = (moment.replace(tzinfo=dt.UTC) - EPOCH) // MICROSECOND
        seconds, fraction = divmod(microseconds, 1_000_000)
        return microseconds / 1_000_000 if fraction else seconds

    def process_result_value(self, value: Any, dialect: Dialect) -> dt.datetime | None:
        if value is None or dialect.name != "sqlite":
            return super().process_result_value(value, dialect)
        if isinstance(value, str):
            return dt.datetime.fromisoformat(value).replace(tzinfo=dt.UTC)
        microseconds: int = round(value * 1_000_000)
        return EPOCH + microseconds * MICROSECOND


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


Clock = Time().with_variant(TIME(fsp=6), "mysql", "mariadb")
"""A time of day with microseconds."""

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
