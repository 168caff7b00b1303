"""Every column keeps its extreme values in every database, and refuses all that it would change."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata import bound, schema
from pytest_aquadata.databases.bulk_insert import insert_columns
from pytest_aquadata.databases.column_reader import read_columns
from pytest_aquadata.databases.column_types import Kind, form_of, json_text
from pytest_aquadata.databases.value_checks import check_values
from pytest_aquadata.datasets.digests import table_digest
from pytest_aquadata.errors import StoreError
from pytest_aquadata.factories import BatchFactory, TGCModelStageFactory
from pytest_aquadata.lifecycle.columns import Column, Columns, booleans, floats, integers, texts
from pytest_aquadata.schema import TABLES, Base
from pytest_aquadata.schema.value_limits import check_row, integer_bounds

Values = list[Any]
MODELS: dict[str, Any] = {
    mapper.class_.__tablename__: mapper.class_ for mapper in Base.registry.mappers
}
LETTERS = "ø'鮭"
DAY = dt.timedelta(days=1)
INSTANTS = (
    dt.datetime(1000, 1, 1, tzinfo=dt.UTC),
    dt.datetime(2999, 12, 31, 23, 59, 59, 999_999, tzinfo=dt.UTC),
    dt.datetime(2024, 2, 29, 12, 0, 0, 1, tzinfo=dt.UTC),
)
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
ROWS = 3


def is_positive(column: sa.Column[Any]) -> bool:
    """Return whether the table has a check that the column is not negative."""
    return any(
        isinstance(check, sa.CheckConstraint)
        and str(check.sqltext).replace(chr(34), "").startswith(f"{column.name} >=")
        for check in column.table.constraints
    )


def extremes(column: sa.Column[Any]) -> Values:
    """Return the lowest, the highest and the most precise value of a column."""
    form, type_ = form_of(column), column.type
    number = list(column.table.columns).index(column)
    match form.kind:
        case Kind.INTEGER if column.primary_key:
            return [1, 10**9, 2]
        case Kind.INTEGER:
            lowest, highest = integer_bounds(type_)
            return [0 if is_positive(column) else lowest, highest, 7]
        case Kind.DECIMAL:
            largest = Decimal(10**type_.precision - 1).scaleb(-form.scale)
            smallest = Decimal(1).scaleb(-form.scale)
            return [0 * smallest if is_positive(column) else -largest, largest, smallest]
        case Kind.DOUBLE:
            return [-1 / 3, 1.7976931348623157e308, 2.2250738585072014e-308]
        case Kind.BOOLEAN:
            return [False, True, True]
        case Kind.DATE:
            return [moment.date() for moment in INSTANTS]
        case Kind.INSTANT:
            return list(INSTANTS)
        case Kind.TIME:
            return [dt.time(), dt.time(23, 59, 59, 999_999), dt.time(6, 0, 0, 1)]
        case Kind.JSON:
            return [{}, {"ø": [LETTERS, 1.5, None, True]}, [number]]
        case _:
            length = getattr(type_, "length", None) or 70_000
            return ["", (LETTERS * length)[:length], f" {number} "[:length]]


def rows_of(table: sa.Table) -> list[dict[str, Any]]:
    """Return rows of extreme values that satisfy the checks of the table."""
    values = {column.name: extremes(column) for column in table.columns}
    rows = [{name: each[row] for name, each in values.items()} for row in range(ROWS)]
    if {"hall_id", "area_id"} <= values.keys():
        for number, row in enumerate(rows):
            row["hall_id" if number % 2 else "area_id"] = None
    return rows


def as_columns(table: sa.Table, rows: list[dict[str, Any]]) -> Columns:
    return Columns(
        {column.name: as_column(column, [row[column.name] for row in rows]) for column in table.c},
        len(rows),
    )


def as_column(column: sa.Column[Any], values: Values) -> Column:
    form = form_of(column)
    null = np.array([value is None for value in values])
    present = [0 if value is None else value for value in values]
    match form.kind:
        case Kind.TEXT:
            return texts(values)
        case Kind.JSON:
            return texts(json_text(value) for value in values)
        case Kind.DOUBLE:
            return floats(present)
        case Kind.BOOLEAN:
            return booleans(present)
        case Kind.DECIMAL:
            return integers([int(value.scaleb(form.scale)) for value in present])
        case Kind.DATE:
            return integers([(value - EPOCH.date()) // DAY for value in present])
        case Kind.INSTANT:
            return integers([(value - EPOCH) // dt.timedelta(microseconds=1) for value in present])
        case Kind.TIME:
            moments = [dt.datetime.combine(EPOCH.date(), value, dt.UTC) for value in present]
            return integers([(each - EPOCH) // dt.timedelta(microseconds=1) for each in moments])
        case _:
            return integers(present, null if null.any() else None)


@pytest.fixture(
    scope="module",
    params=[
        "sqlite",
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ],
)
def engine(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[sa.Engine]:
    """A database with the tables of the schema, which stay empty."""
    if request.param == "sqlite":
        yield from opened(f"sqlite:///{tmp_path_factory.mktemp('limits') / 'limits.db'}")
        return
    with request.getfixturevalue(f"{request.param}_server").database() as url:
        yield from opened(url)


def opened(url: str) -> Iterator[sa.Engine]:
    engine = sa.create_engine(url)
    Base.metadata.create_all(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A connection whose rows are rolled back; rows may refer to missing ones."""
    with engine.connect() as connection:
        if engine.dialect.name in ("mysql", "mariadb"):
            connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
        yield connection
        connection.rollback()


@pytest.mark.parametrize("name", TABLES)
def test_extreme_values_of_columns_are_read_back(connection: sa.Connection, name: str) -> None:
    table = TABLES[name]
    columns = as_columns(table, rows_of(table))
    insert_columns(connection, table, columns)
    read = read_columns(connection, table)
    order = np.argsort(columns.values(table.columns[0].name))
    assert table_digest(read) == table_digest(columns.take(order))


@pytest.mark.parametrize("name", TABLES)
def test_extreme_values_of_objects_are_read_back(connection: sa.Connection, name: str) -> None:
    table, rows = TABLES[name], rows_of(TABLES[name])
    with Session(connection) as session:
        for row in rows:
            session.add(MODELS[name](**row))
        session.flush()
        session.expire_all()
        key = table.columns[0]
        for row in rows:
            found = session.scalars(sa.select(MODELS[name]).where(key == row[key.name])).one()
            for column in table.columns:
                value = getattr(found, column.name)
                assert (value, type(value)) == (row[column.name], type(row[column.name])), column


def unfit(column: sa.Column[Any]) -> Values:
    """Return values that a column would round, cut or convert."""
    form, type_ = form_of(column), column.type
    match form.kind:
        case Kind.INTEGER:
            lowest, highest = integer_bounds(type_)
            return [lowest - 1, highest + 1, 1.5, Decimal("1.5"), "7", np.int64(7)]
        case Kind.DECIMAL:
            unit = Decimal(1).scaleb(-form.scale)
            limit = Decimal(10) ** (type_.precision - form.scale)
            return [
                unit / 2,
                1 + unit / 10,
                float(1 + unit / 10),
                limit,
                -limit,
                limit - unit / 2,
                math.nan,
                math.inf,
                Decimal("NaN"),
                Decimal("-Infinity"),
                "1.0",
                True,
            ]
        case Kind.DOUBLE:
            return [math.nan, math.inf, -math.inf, "1.0"]
        case Kind.DATE:
            return [dt.datetime(2024, 1, 1, tzinfo=dt.UTC), dt.datetime(2024, 1, 1), "2024-01-01"]
        case Kind.INSTANT:
            return [dt.datetime(2024, 1, 1), dt.date(2024, 1, 1), "2024-01-01 06:00:00", 1.5]
        case Kind.TIME:
            return [dt.time(6, tzinfo=dt.UTC), "06:00", dt.timedelta(hours=6)]
        case Kind.JSON:
            return [{"a": math.nan}, {1: "a"}, {"a": (1, 2)}, {"a": "\0"}, {"a": object()}]
        case Kind.BOOLEAN:
            return []
        case _:
            too_long = [] if type_.length is None else ["x" * (type_.length + 1)]
            return [*too_long, 7, b"bytes", "a\0b", "\ud800"]


@pytest.mark.parametrize("name", TABLES)
def test_an_object_with_a_value_that_would_be_changed_is_refused(name: str) -> None:
    for column in TABLES[name].columns:
        for value in unfit(column):
            with pytest.raises(StoreError) as refused:
                check_row(MODELS[name](**{column.name: value}))
            message = str(refused.value)
            assert message.startswith(f"{name}.{column.name} cannot hold "), value
            assert "\n" not in message


def unfit_column(column: sa.Column[Any]) -> Column | None:
    form, type_ = form_of(column), column.type
    match form.kind:
        case Kind.INTEGER if integer_bounds(type_)[1] < 2**62:
            return integers([0, integer_bounds(type_)[1] + 1])
        case Kind.DECIMAL:
            return integers([0, -(10**type_.precision)])
        case Kind.DOUBLE:
            return floats([0, math.nan])
        case Kind.DATE | Kind.INSTANT:
            return integers([0, 2**60])
        case Kind.TIME:
            return integers([0, 86_400_000_000])
        case Kind.TEXT if type_.length is not None:
            return texts(["", "x" * (type_.length + 1)])
        case _:
            return None


@pytest.mark.parametrize("name", TABLES)
def test_columns_with_a_value_that_would_be_changed_are_refused(name: str) -> None:
    for column in TABLES[name].columns:
        values = unfit_column(column)
        if values is None:
            continue
        with pytest.raises(StoreError, match=rf"^{name}\.{column.name} cannot hold "):
            check_values(TABLES[name], Columns({column.name: values}, 2))
        null = np.array([False, True])
        masked = Column(values.values, null, values.vocabulary)
        check_values(TABLES[name], Columns({column.name: masked}, 2))


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    engine = sa.create_engine(f"sqlite:///{tmp_path / 'rows.db'}")
    Base.metadata.create_all(engine)
    with Session(engine) as session, bound(session):
        yield session
    engine.dispose()


def test_a_factory_refuses_a_value_and_the_session_goes_on(session: Session) -> None:
    kept = BatchFactory()
    with pytest.raises(StoreError) as refused:
        TGCModelStageFactory(weight_exponent=Decimal("0.333"))
    assert str(refused.value) == (
        "scenario_tgc_model_stage.weight_exponent cannot hold 0.333: it has 2 decimal places; "
        "round the value"
    )
    assert session.scalars(sa.select(schema.Batch.id)).all() == [kept.id]
    stage = TGCModelStageFactory(weight_exponent=Decimal("0.5"), lifecycle_stage="fry")
    assert stage.weight_exponent == Decimal("0.5")


def test_the_default_of_a_decimal_is_what_its_column_holds(session: Session) -> None:
    stage = TGCModelStageFactory()
    written = stage.weight_exponent
    session.flush()
    session.expire_all()
    assert stage.weight_exponent == written == Decimal("0.33")


@pytest.mark.parametrize("value", [Decimal("0.333"), 0.333, 100])
def test_a_statement_with_a_value_that_would_be_changed_is_refused(
    session: Session, value: Any
) -> None:
    stage = TGCModelStageFactory()
    for statement in (
        sa.update(schema.TGCModelStage).values(weight_exponent=value),
        sa.insert(schema.TGCModelStage).values(weight_exponent=value),
    ):
        with pytest.raises(StoreError, match=r"^scenario_tgc_model_stage\.weight_exponent cannot"):
            session.execute(statement)
    assert stage.weight_exponent == Decimal("0.33")


def test_a_changed_object_is_checked_before_it_is_written(session: Session) -> None:
    stage = TGCModelStageFactory()
    stage.weight_exponent = Decimal("0.335")
    with pytest.raises(StoreError, match="weight_exponent cannot hold"):
        session.flush()


def test_a_float_stands_for_the_decimal_that_it_is_nearest_to(session: Session) -> None:
    stage = TGCModelStageFactory(weight_exponent=0.1 + 0.2)
    session.flush()
    session.expire_all()
    assert stage.weight_exponent == Decimal("0.30")
