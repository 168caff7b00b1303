"""Column types of the package: values written to a database and read back."""

import datetime as dt
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Table,
    create_engine,
    func,
    select,
    text,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.types import TypeEngine

from pytest_aquadata.errors import StoreError
from pytest_aquadata.schema.types import Clock, ExactDecimal, Instant, Json, set_django_text

UTC = dt.UTC
FAROES_IN_SUMMER = dt.timezone(dt.timedelta(hours=1))
NOON = dt.datetime(2024, 6, 1, 12, tzinfo=UTC)
MOMENTS = [
    NOON,
    NOON.replace(microsecond=1),
    NOON.replace(microsecond=999_999),
    dt.datetime(1969, 12, 31, 23, 59, 58, 250_000, tzinfo=UTC),
    dt.datetime(1970, 1, 1, tzinfo=UTC),
    dt.datetime(2099, 12, 31, 23, 59, 59, 123_457, tzinfo=UTC),
]

values = Table(
    "values",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("instant", Instant()),
    Column("clock", Clock()),
    Column("money", ExactDecimal(14, 2)),
    Column("ratio", ExactDecimal(8, 6)),
    Column("document", Json),
)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with engine.begin() as connection:
            values.create(connection)
            yield connection
    engine.dispose()


def round_trip(connection: Connection, column: str, value: Any) -> Any:
    connection.execute(values.insert().values({column: value}))
    return connection.scalar(select(values.c[column]))


def stored(connection: Connection, column: str) -> Any:
    return connection.execute(text(f"SELECT typeof({column}), {column} FROM 'values'")).one()


@pytest.mark.parametrize("moment", MOMENTS, ids=str)
def test_an_instant_is_read_back_equal(connection: Connection, moment: dt.datetime) -> None:
    value_read = round_trip(connection, "instant", moment)
    assert value_read == moment
    assert value_read.tzinfo is UTC


def test_an_instant_in_another_time_zone_is_read_back_in_utc(connection: Connection) -> None:
    value_read = round_trip(connection, "instant", NOON.astimezone(FAROES_IN_SUMMER))
    assert (value_read, value_read.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize("column", values.columns.keys()[1:])
def test_none_is_stored_as_null(connection: Connection, column: str) -> None:
    assert round_trip(connection, column, None) is None
    assert tuple(stored(connection, column)) == ("null", None)


@pytest.mark.parametrize("value", [NOON.replace(tzinfo=None), NOON.date(), "2024-06-01"], ids=repr)
def test_an_instant_without_time_zone_is_refused(value: Any) -> None:
    for dialect in (create_engine("sqlite://").dialect, postgresql.dialect(), mysql.dialect()):
        with pytest.raises(ValueError, match="give a datetime with a time zone"):
            Instant().process_bind_param(value, dialect)


def test_a_statement_with_a_naive_datetime_fails(connection: Connection) -> None:
    with pytest.raises(StoreError, match="give a datetime with a time zone"):
        connection.execute(values.insert().values(instant=NOON.replace(tzinfo=None)))


@pytest.mark.parametrize(
    ("value", "expected"),
    [(dt.time(6), "06:00:00.000000"), (dt.time(23, 59, 59, 1), "23:59:59.000001")],
    ids=str,
)
def test_a_time_is_stored_with_microseconds(
    connection: Connection, value: dt.time, expected: str
) -> None:
    assert round_trip(connection, "clock", value) == value
    assert tuple(stored(connection, "clock")) == ("text", expected)


@pytest.mark.parametrize("value", [dt.time(6, tzinfo=UTC), "06:00", NOON], ids=repr)
def test_a_time_with_a_time_zone_is_refused(connection: Connection, value: Any) -> None:
    with pytest.raises(StoreError, match="give a time without a time zone"):
        round_trip(connection, "clock", value)


def test_sqlite_stores_instants_as_sqlalchemy_does(connection: Connection) -> None:
    connection.execute(values.insert().values(instant=NOON))
    assert tuple(stored(connection, "instant")) == ("text", "2024-06-01 12:00:00.000000")


def test_sqlite_stores_instants_as_django_does_in_tables_that_it_made(
    connection: Connection,
) -> None:
    set_django_text(connection.dialect, is_django=True)
    with_fraction = NOON.replace(microsecond=500_000)
    rows = [
        {"instant": NOON, "clock": dt.time(6)},
        {"instant": with_fraction, "clock": dt.time(6, 0, 0, 1)},
    ]
    connection.execute(values.insert(), rows)
    texts = connection.execute(text("SELECT instant, clock FROM 'values' ORDER BY id")).all()
    assert [tuple(row) for row in texts] == [
        ("2024-06-01 12:00:00", "06:00:00"),
        ("2024-06-01 12:00:00.500000", "06:00:00.000001"),
    ]
    assert connection.scalars(select(values.c.instant)).all() == [NOON, with_fraction]
    assert connection.scalars(select(values.c.clock)).all() == [row["clock"] for row in rows]
    equal = select(values.c.instant).where(values.c.instant == NOON)
    assert connection.scalars(equal).all() == [NOON]


def test_instants_can_be_compared_in_queries(connection: Connection) -> None:
    hours = [NOON + dt.timedelta(hours=hour, milliseconds=hour) for hour in range(-2, 3)]
    connection.execute(values.insert(), [{"instant": hour} for hour in hours])
    moment = values.c.instant
    for query, expected in (
        (select(moment).where(moment >= NOON.astimezone(FAROES_IN_SUMMER)), hours[2:]),
        (select(moment).where(moment < NOON), hours[:2]),
        (select(moment).where(moment.between(hours[1], hours[3])), hours[1:4]),
        (select(moment).where(moment.in_([hours[0], hours[4]])), [hours[0], hours[4]]),
    ):
        assert connection.scalars(query.order_by(moment)).all() == expected
        inline = str(query.compile(connection, compile_kwargs={"literal_binds": True}))
        assert len(connection.execute(text(inline)).all()) == len(expected)
    assert connection.scalar(select(func.max(moment))) == hours[-1]


@pytest.mark.parametrize(
    ("column", "value", "expected"),
    [
        ("money", "0.10", "0.10"),
        ("money", "0.1", "0.10"),
        ("money", "12345678.90", "12345678.90"),
        ("money", "-0.07", "-0.07"),
        ("money", "-12345678.90", "-12345678.90"),
        ("money", "999999999999.99", "999999999999.99"),
        ("money", "0", "0.00"),
        ("money", "40", "40.00"),
        ("ratio", "0.000001", "0.000001"),
        ("ratio", "99.999999", "99.999999"),
        ("ratio", "-0.333333", "-0.333333"),
    ],
)
def test_a_decimal_is_read_back_exactly(
    connection: Connection, column: str, value: str, expected: str
) -> None:
    value_read = round_trip(connection, column, Decimal(value))
    assert isinstance(value_read, Decimal)
    assert str(value_read) == expected


def test_every_cent_is_read_back_exactly(connection: Connection) -> None:
    cents = [Decimal(cent).scaleb(-2) for cent in range(-1000, 1000)]
    connection.execute(values.insert(), [{"money": cent} for cent in cents])
    value_read = connection.scalars(select(values.c.money).order_by(values.c.id)).all()
    assert [str(value) for value in value_read] == [str(cent) for cent in cents]


@pytest.mark.parametrize("value", ["2.675", "-2.675", "0.001", "1E12", "-1E12", "999999999999.995"])
def test_a_decimal_that_would_be_rounded_is_refused(connection: Connection, value: str) -> None:
    with pytest.raises(StoreError, match=r"^numeric\(14, 2\) cannot hold "):
        round_trip(connection, "money", Decimal(value))


@pytest.mark.parametrize("value", [7, 7.0])
def test_other_numbers_become_decimals(connection: Connection, value: float) -> None:
    assert str(round_trip(connection, "money", value)) == "7.00"


def test_sqlite_keeps_whole_decimals_as_integers(connection: Connection) -> None:
    round_trip(connection, "money", Decimal("40.00"))
    assert tuple(stored(connection, "money")) == ("integer", 40)


def test_decimals_in_comparisons_are_not_rounded(connection: Connection) -> None:
    connection.execute(values.insert(), [{"money": Decimal(cent)} for cent in ("0.01", "0.02")])
    money = values.c.money
    above = select(money).where(money > Decimal("0.015"))
    assert connection.scalars(above).all() == [Decimal("0.02")]
    assert connection.scalars(select(money).where(money == Decimal("0.012"))).all() == []
    assert connection.scalars(select(money).where(money == Decimal("0.01"))).all() == [
        Decimal("0.01")
    ]


def test_a_sum_is_a_decimal_and_arithmetic_gives_no_warning(connection: Connection) -> None:
    connection.execute(values.insert(), [{"money": Decimal("0.10")} for _ in range(3)])
    money = values.c.money
    assert str(connection.scalar(select(func.sum(money)))) == "0.30"
    assert connection.scalar(select(func.sum(money * 2))) == pytest.approx(0.6)
    assert connection.scalar(select(money - Decimal("0.05"))) == pytest.approx(0.05)


def test_a_json_document_is_read_back_equal(connection: Connection) -> None:
    assert round_trip(connection, "document", {"temp": "measured", "fcr": 1.1}) == {
        "temp": "measured",
        "fcr": 1.1,
    }


@pytest.mark.parametrize(
    ("kind", "on_postgresql", "on_mariadb"),
    [
        (Instant(), "TIMESTAMP WITH TIME ZONE", "DATETIME(6)"),
        (Clock(), "TIME WITHOUT TIME ZONE", "TIME(6)"),
        (ExactDecimal(10, 4), "NUMERIC(10, 4)", "NUMERIC(10, 4)"),
        (Json, "JSONB", "JSON"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_servers_have_their_own_column_types(
    kind: TypeEngine[Any], on_postgresql: str, on_mariadb: str
) -> None:
    assert kind.compile(postgresql.dialect()) == on_postgresql
    assert kind.compile(mysql.dialect()) == on_mariadb


def test_servers_get_utc_instants_and_exact_decimals() -> None:
    evening = NOON.astimezone(FAROES_IN_SUMMER)
    kind = Instant()
    assert kind.process_bind_param(evening, postgresql.dialect()) == NOON
    assert kind.process_bind_param(evening, mysql.dialect()) == NOON.replace(tzinfo=None)
    assert kind.process_result_value(NOON.replace(tzinfo=None), mysql.dialect()) == NOON
    assert kind.process_result_value(evening, postgresql.dialect()) == NOON
    bound = ExactDecimal(10, 2).process_bind_param(0.1 + 0.2, postgresql.dialect())
    assert str(bound) == "0.30"
