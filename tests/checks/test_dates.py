"""Days, months and years of dates and instants, the same in every database."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql

from pytest_aquadata.checks.dates import day_number, month_of, year_of
from pytest_aquadata.schema.types import Instant

MOMENTS = [
    dt.datetime(1970, 1, 1, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 23, 59, 59, 999_999, tzinfo=dt.UTC),
    dt.datetime(2024, 12, 31, 0, 0, 0, 1, tzinfo=dt.UTC),
    dt.datetime(2025, 1, 1, tzinfo=dt.timezone(dt.timedelta(hours=1))),
]
moments = sa.Table(
    "moments",
    sa.MetaData(),
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("date", sa.Date),
    sa.Column("instant", Instant()),
)
columns = pytest.mark.parametrize("name", ["date", "instant"])


@pytest.fixture(scope="module")
def connection() -> Iterator[sa.Connection]:
    engine = sa.create_engine("sqlite://")
    with engine.begin() as connection:
        moments.create(connection)
        for key, moment in enumerate(MOMENTS):
            utc = moment.astimezone(dt.UTC)
            row = {"id": key, "date": utc.date(), "instant": moment}
            connection.execute(moments.insert().values(row))
        yield connection
    engine.dispose()


@columns
def test_days_months_and_years_are_in_utc(connection: sa.Connection, name: str) -> None:
    column = moments.c[name]
    rows = connection.execute(
        sa.select(day_number(column), month_of(column), year_of(column)).order_by(moments.c.id)
    ).all()
    utc = [moment.astimezone(dt.UTC).date() for moment in MOMENTS]
    epoch = dt.date(1970, 1, 1).toordinal()
    assert [tuple(row) for row in rows] == [
        (day.toordinal() - epoch, day.month, day.year) for day in utc
    ]


@columns
def test_day_of_null_is_null(connection: sa.Connection, name: str) -> None:
    no_rows = sa.select(sa.func.max(moments.c[name]).label("last")).where(moments.c.id < 0)
    assert connection.scalar(sa.select(day_number(no_rows.subquery().c.last))) is None


def test_postgresql_converts_instants_to_utc() -> None:
    text = str(day_number(moments.c.instant).compile(dialect=postgresql.dialect()))
    assert text == "(CAST(moments.instant AT TIME ZONE 'UTC' AS DATE) - DATE '1970-01-01')"


def test_mariadb_uses_datediff() -> None:
    text = str(day_number(moments.c.date).compile(dialect=mysql.dialect()))
    assert text == "DATEDIFF(moments.date, '1970-01-01')"
