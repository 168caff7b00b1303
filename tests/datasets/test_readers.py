"""Programs that know nothing of aquadata find every value of a SQLite file."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from pytest_aquadata.databases.column_types import Kind, form_of
from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.schema import TABLES

pytestmark = pytest.mark.slow

DIGIT = "[0-9]"
FORMS = {
    Kind.DATE: "dddd-dd-dd",
    Kind.TIME: "dd:dd:dd.dddddd",
    Kind.INSTANT: "dddd-dd-dd dd:dd:dd.dddddd",
}
"""Texts as SQLAlchemy writes them: a `d` for each digit."""


class Plain(DeclarativeBase):
    """Models as a user writes them, with SQLAlchemy's own types."""


class Reading(Plain):
    __tablename__ = "environmental_environmentalreading"
    id: Mapped[int] = mapped_column(primary_key=True)
    reading_time: Mapped[dt.datetime]
    created_at: Mapped[dt.datetime]
    value: Mapped[Decimal] = mapped_column(sa.Numeric(10, 4))


class Meal(Plain):
    __tablename__ = "inventory_feedingevent"
    id: Mapped[int] = mapped_column(primary_key=True)
    feeding_date: Mapped[dt.date]
    feeding_time: Mapped[dt.time]
    amount_kg: Mapped[Decimal] = mapped_column(sa.Numeric(10, 4))


@pytest.fixture
def session(small: Dataset) -> Iterator[Session]:
    engine = sa.create_engine(small.url)
    with Session(engine) as session:
        yield session
    engine.dispose()


def path_of(dataset: Dataset) -> str:
    return str(sa.make_url(dataset.url).database)


@pytest.mark.parametrize("model", [Reading, Meal])
def test_a_plain_model_finds_each_value_by_equality_and_in_a_range(
    session: Session, model: type[Plain]
) -> None:
    table = model.__table__
    sample = session.execute(sa.select(table).where(table.c.id % 499 == 0)).mappings().all()
    assert len(sample) > 50
    for row in sample:
        for column in table.columns:
            value = row[column.name]
            same_row = sa.select(column).where(table.c.id == row["id"])
            assert session.scalars(same_row.where(column == value)).all() == [value]
            assert session.scalars(same_row.where(column >= value, column <= value)).all() == [
                value
            ]
            assert session.scalars(same_row.where(column > value)).all() == []


def test_a_plain_model_finds_the_readings_of_a_day(session: Session) -> None:
    last = session.scalar(sa.select(sa.func.max(Reading.reading_time)))
    assert isinstance(last, dt.datetime)
    midnight = dt.datetime.combine(last.date(), dt.time())
    count = sa.select(sa.func.count()).select_from(Reading)
    of_day = session.scalar(
        count.where(
            Reading.reading_time >= midnight, Reading.reading_time < midnight + dt.timedelta(days=1)
        )
    )
    after = session.scalar(count.where(Reading.reading_time >= midnight))
    assert of_day == after
    assert of_day == session.scalar(
        count.where(sa.func.date(Reading.reading_time) == last.date().isoformat())
    )
    assert of_day


def test_texts_have_sqlalchemys_form(small: Dataset) -> None:
    checked = set()
    with closing(sqlite3.connect(path_of(small))) as connection:
        for table in TABLES.values():
            for column in table.columns:
                kind = form_of(column).kind
                if kind not in FORMS:
                    continue
                pattern = FORMS[kind].replace("d", DIGIT)
                query = (
                    f'SELECT count("{column.name}"), sum("{column.name}" GLOB \'{pattern}\') '
                    f'FROM "{table.name}"'
                )
                rows, matching = connection.execute(query).fetchone()
                assert rows == (matching or 0), column
                checked |= {kind} if rows else set()
    assert checked == set(FORMS)


def test_the_sqlite_module_compares_instants_with_texts(small: Dataset) -> None:
    with closing(sqlite3.connect(path_of(small))) as connection:
        reading = "FROM environmental_environmentalreading WHERE reading_time"
        (last,) = connection.execute(f"SELECT max(reading_time) {reading} >= '2025'").fetchone()
        day = last[:10]
        in_day = connection.execute(f"SELECT count(*) {reading} >= ?", (day,)).fetchone()
        assert (
            connection.execute(
                f"SELECT count(*) {reading} BETWEEN ? AND ?", (f"{day} 00:00:00", last)
            ).fetchone()
            == in_day
            > (0,)
        )
        assert connection.execute(f"SELECT count(*) {reading} = ?", (last,)).fetchone() > (0,)


def test_pandas_reads_instants_as_dates(small: Dataset, session: Session) -> None:
    pandas = pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
    query = "SELECT id, reading_time, created_at FROM environmental_environmentalreading"
    with closing(sqlite3.connect(path_of(small))) as connection:
        frame = pandas.read_sql(
            query, connection, index_col="id", parse_dates=["reading_time", "created_at"]
        )
    rows = session.execute(sa.select(Reading).where(Reading.id % 499 == 0)).scalars().all()
    assert rows
    for row in rows:
        assert frame.loc[row.id, "reading_time"] == row.reading_time
        assert frame.loc[row.id, "created_at"] == row.created_at
    mapped = pandas.read_sql(sa.select(Reading.__table__), session.connection())
    assert str(mapped["reading_time"].dtype).startswith("datetime64")
    assert len(mapped) == len(frame)


@pytest.fixture
def duckdb_farm(small: Dataset) -> Iterator[Any]:
    """The file, attached by DuckDB's reader of SQLite files."""
    duckdb = pytest.importorskip("duckdb", reason="pip install 'pytest-aquadata[test]'")
    reader = pytest.importorskip("duckdb_extension_sqlite_scanner")
    (extension,) = Path(reader.__file__).parent.rglob("sqlite_scanner.duckdb_extension")
    file = sa.make_url(small.location_url).database
    with closing(duckdb.connect()) as connection:
        connection.execute(f"LOAD '{extension}'")
        connection.execute(f"ATTACH '{file}' AS farm (TYPE sqlite, READ_ONLY)")
        yield connection


def test_duckdb_finds_instants(duckdb_farm: Any, session: Session) -> None:
    found = "SELECT reading_time, created_at FROM farm.environmental_environmentalreading"
    for row in session.scalars(sa.select(Reading).where(Reading.id % 9999 == 0)).all():
        instant = row.reading_time
        at = duckdb_farm.execute(f"{found} WHERE id = ? AND reading_time = ?", (row.id, instant))
        by_value = at.fetchall()
        within = duckdb_farm.execute(
            f"{found} WHERE id = ? AND reading_time BETWEEN ? AND ?", (row.id, instant, instant)
        )
        assert by_value == within.fetchall() == [(instant, row.created_at)]


def test_duckdb_finds_dates_and_times_as_text(duckdb_farm: Any, session: Session) -> None:
    # it takes a column of times of day for one of instants
    duckdb_farm.execute("SET sqlite_all_varchar = true")
    found = (
        "SELECT CAST(feeding_date AS DATE), CAST(feeding_time AS TIME) "
        "FROM farm.inventory_feedingevent WHERE id = ? AND CAST(feeding_date AS DATE) = ? "
        "AND CAST(feeding_time AS TIME) = ?"
    )
    meals = session.scalars(sa.select(Meal).where(Meal.id % 9999 == 0)).all()
    assert meals
    for meal in meals:
        moment = (meal.feeding_date, meal.feeding_time)
        assert duckdb_farm.execute(found, (str(meal.id), *moment)).fetchall() == [moment]


DJANGO = """
import datetime as dt, json, sys
import django
from django.conf import settings

settings.configure(USE_TZ=True, DATABASES={"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": sys.argv[1]}})
django.setup()
from django.db import models

class Reading(models.Model):
    reading_time = models.DateTimeField()
    class Meta:
        managed, db_table, app_label = False, "environmental_environmentalreading", "farm"

class Meal(models.Model):
    feeding_date = models.DateField()
    feeding_time = models.TimeField()
    class Meta:
        managed, db_table, app_label = False, "inventory_feedingevent", "farm"

last = Reading.objects.latest("reading_time")
midnight = last.reading_time.replace(hour=0, minute=0, second=0, microsecond=0)
moment = last.reading_time
microsecond = dt.timedelta(microseconds=1)
meal = Meal.objects.latest("id")
print(json.dumps({
    "last": moment.isoformat(),
    "of_day": Reading.objects.filter(reading_time__gte=midnight).count(),
    "by_date": Reading.objects.filter(reading_time__date=midnight.date()).count(),
    "in_range": Reading.objects.filter(reading_time__gte=moment,
        reading_time__lt=moment + microsecond, pk=last.pk).count(),
    "meals": Meal.objects.filter(pk=meal.pk, feeding_date=meal.feeding_date,
        feeding_time__gte=meal.feeding_time).count(),
}))
"""


def test_django_reads_a_file_and_finds_values_in_a_range(small: Dataset, session: Session) -> None:
    pytest.importorskip("django", reason="pip install django")
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", DJANGO, path_of(small)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    last = session.scalar(sa.select(sa.func.max(Reading.reading_time)))
    assert isinstance(last, dt.datetime)
    midnight = dt.datetime.combine(last.date(), dt.time())
    of_day = session.scalar(
        sa.select(sa.func.count()).select_from(Reading).where(Reading.reading_time >= midnight)
    )
    assert found == {
        "last": last.replace(tzinfo=dt.UTC).isoformat(),
        "of_day": of_day,
        "by_date": of_day,
        "in_range": 1,
        "meals": 1,
    }
