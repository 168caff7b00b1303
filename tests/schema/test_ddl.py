"""DDL of the models: tables, keys, indexes and checks."""

import datetime as dt
import warnings
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import (
    Engine,
    Index,
    Table,
    UniqueConstraint,
    create_engine,
    create_mock_engine,
    func,
    inspect,
    select,
    text,
)
from sqlalchemy.dialects import mysql, postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from pytest_aquadata import schema
from pytest_aquadata.schema import (
    ActualDailyAssignmentState,
    Base,
    BatchContainerAssignment,
    Container,
    EnvironmentalReading,
    IntercompanyPolicy,
    IntercompanyTransaction,
    LifeCycleStage,
    MortalityEvent,
    WeatherData,
)

NOON = dt.datetime(2024, 6, 1, 12, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)
TODAY = NOON.date()
WRITTEN = {"created_at": NOON, "updated_at": NOON}
WITHOUT_INDEX = {
    ("environmental_environmentalreading", "parameter_id"),
    ("environmental_environmentalreading", "recorded_by_id"),
}
every_table = pytest.mark.parametrize("name", schema.TABLES)


@pytest.fixture
def engine() -> Iterator[Engine]:
    engine = create_engine("sqlite://")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Base.metadata.create_all(engine)
        yield engine
    engine.dispose()


@pytest.fixture
def session(engine: Engine) -> Iterator[Session]:
    with Session(engine) as session:
        yield session


def reading(hour: int, **values: Any) -> EnvironmentalReading:
    return EnvironmentalReading(
        value=Decimal("8.25"),
        reading_time=NOON + hour * HOUR,
        created_at=NOON,
        parameter_id=1,
        **values,
    )


def weather(hour: int, **values: Any) -> WeatherData:
    return WeatherData(timestamp=NOON + hour * HOUR, created_at=NOON, area_id=1, **values)


def state(day: int, **values: Any) -> ActualDailyAssignmentState:
    return ActualDailyAssignmentState(
        date=TODAY + dt.timedelta(days=day),
        day_number=day + 1,
        avg_weight_g=Decimal("0.17"),
        population=100,
        biomass_kg=Decimal("0.02"),
        last_computed_at=NOON,
        assignment_id=1,
        batch_id=1,
        container_id=1,
        lifecycle_stage_id=1,
        **values,
    )


def assignment(**values: Any) -> BatchContainerAssignment:
    defaults: dict[str, Any] = {
        "population_count": 100,
        "biomass_kg": Decimal("0.02"),
        "assignment_date": TODAY,
        "batch_id": 1,
        "container_id": 1,
        "lifecycle_stage_id": 1,
    }
    return BatchContainerAssignment(**WRITTEN, **defaults | values)


def container(**values: Any) -> Container:
    return Container(
        name="C01", volume_m3=10, max_biomass_kg=250, container_type_id=1, **WRITTEN, **values
    )


def policy(**values: Any) -> IntercompanyPolicy:
    return IntercompanyPolicy(from_company_id=1, to_company_id=2, **WRITTEN, **values)


def transaction(**values: Any) -> IntercompanyTransaction:
    return IntercompanyTransaction(
        posting_date=TODAY, policy_id=1, content_type_id=1, **WRITTEN, **values
    )


def is_refused(session: Session, *rows: Base) -> bool:
    session.add_all(rows)
    try:
        session.commit()
    except IntegrityError:
        session.rollback()
        return True
    return False


def is_partial(index: Index) -> bool:
    return index.dialect_options["postgresql"]["where"] is not None


def searchable_columns(table: Table) -> list[tuple[str, ...]]:
    """Return the columns of each unique constraint and each index over the whole table."""
    uniques = [key.columns for key in table.constraints if isinstance(key, UniqueConstraint)]
    indexes = [index.columns for index in table.indexes if not is_partial(index)]
    return [tuple(columns.keys()) for columns in (*uniques, *indexes)]


def create_all_on(url: str) -> list[str]:
    """Return the statements that would create the schema in a database of this kind."""
    statements: list[str] = []

    def record(statement: Any, *_: Any, **__: Any) -> None:
        statements.append(str(statement.compile(dialect=mock.dialect)))

    mock = create_mock_engine(url, record)
    Base.metadata.create_all(mock, checkfirst=False)
    return statements


def test_the_schema_is_created_and_dropped_without_a_warning(engine: Engine) -> None:
    assert set(inspect(engine).get_table_names()) == set(schema.TABLES)
    Base.metadata.drop_all(engine)
    assert inspect(engine).get_table_names() == []


@every_table
def test_every_constraint_and_index_has_a_name_that_fits(name: str) -> None:
    table = schema.TABLES[name]
    names = [key.name for key in table.constraints] + [index.name for index in table.indexes]
    for item in names:
        assert item
        assert len(str(item)) <= 63


def test_names_of_indexes_and_foreign_keys_are_unique_in_the_schema() -> None:
    names: list[Any] = []
    for table in schema.TABLES.values():
        names += [index.name for index in table.indexes]
        names += [key.name for key in table.foreign_key_constraints]
    assert len(names) == len(set(names))


@every_table
def test_every_foreign_key_is_the_first_column_of_an_index(name: str) -> None:
    table = schema.TABLES[name]
    keys = {key.parent.name for key in table.foreign_keys}
    leading = {columns[0] for columns in searchable_columns(table)}
    without = {(name, column) for column in keys - leading}
    assert without == {pair for pair in WITHOUT_INDEX if pair[0] == name}


@every_table
def test_no_index_is_a_prefix_of_another(name: str) -> None:
    indexes = searchable_columns(schema.TABLES[name])
    for index in indexes:
        assert [other for other in indexes if other[: len(index)] == index] == [index]


@pytest.mark.parametrize("make", [reading, weather, state])
def test_the_database_assigns_ids_of_composite_keys(session: Session, make: Any) -> None:
    rows = [make(position) for position in range(5)]
    session.add_all(rows)
    session.commit()
    assert sorted(row.id for row in rows) == [1, 2, 3, 4, 5]
    session.add(make(5, id=1000))
    session.commit()
    session.add(last := make(6))
    session.commit()
    assert last.id == 1001
    model = type(last)
    assert session.scalar(select(func.count()).select_from(model)) == 7
    table = model.__table__
    assert session.scalar(text(f"SELECT count(*) FROM {table} WHERE id <> rowid")) == 0
    key = inspect(last).identity
    session.expire_all()
    assert session.get(model, key) is last


@every_table
def test_the_primary_key_in_sqlite_is_the_rowid(engine: Engine, name: str) -> None:
    with engine.connect() as connection:
        columns = connection.execute(text(f"PRAGMA table_info({name})")).all()
    keys = [(column.name, column.type) for column in columns if column.pk]
    assert keys == [(schema.TABLES[name].primary_key.columns[0].name, "INTEGER")]


@pytest.mark.parametrize("model", [EnvironmentalReading, WeatherData, ActualDailyAssignmentState])
def test_servers_have_the_composite_key(model: type[Base]) -> None:
    table = schema.TABLES[model.__tablename__]
    columns = ", ".join(table.primary_key.columns.keys())
    on_postgresql = str(CreateTable(table).compile(dialect=postgresql.dialect()))
    assert "id BIGINT GENERATED BY DEFAULT AS IDENTITY" in on_postgresql
    on_mariadb = str(CreateTable(table).compile(dialect=mysql.dialect())).replace("`", "")
    assert "id BIGINT NOT NULL AUTO_INCREMENT" in on_mariadb
    for ddl in (on_postgresql, on_mariadb):
        assert f"PRIMARY KEY ({columns})" in ddl.replace('"', "")


def test_negative_counts_are_refused(session: Session) -> None:
    event_of = {"event_date": TODAY, "biomass_kg": 0, "batch_id": 1, **WRITTEN}
    assert is_refused(session, MortalityEvent(count=-1, **event_of))
    assert not is_refused(session, MortalityEvent(count=0, **event_of))
    assert is_refused(session, state(0, mortality_count=-1))
    assert is_refused(session, LifeCycleStage(name="Fry", order=-1, species_id=1, **WRITTEN))
    assert not is_refused(session, LifeCycleStage(name="Fry", order=2, species_id=1, **WRITTEN))


def test_a_container_is_either_in_a_hall_or_in_an_area(session: Session) -> None:
    assert is_refused(session, container())
    assert is_refused(session, container(hall_id=1, area_id=1))
    assert not is_refused(session, container(hall_id=1))
    assert not is_refused(session, container(area_id=1))


def test_the_database_does_not_enforce_choices(session: Session) -> None:
    died = MortalityEvent(
        event_date=TODAY, count=1, biomass_kg=0, batch_id=1, cause="OLD AGE", **WRITTEN
    )
    assert not is_refused(session, died)


def test_a_batch_has_one_active_assignment_a_container(session: Session) -> None:
    assert not is_refused(session, assignment(), assignment(is_active=False))
    assert not is_refused(session, assignment(is_active=False), assignment(container_id=2))
    assert is_refused(session, assignment())


def test_companies_have_one_policy_a_grade_and_one_a_stage(session: Session) -> None:
    assert not is_refused(session, policy(product_grade_id=1))
    assert not is_refused(session, policy(product_grade_id=2), policy(), policy())
    assert not is_refused(
        session, policy(pricing_basis="lifecycle", product_grade_id=1, lifecycle_stage_id=5)
    )
    assert is_refused(session, policy(product_grade_id=1))
    assert is_refused(session, policy(pricing_basis="lifecycle", lifecycle_stage_id=5))


def test_an_event_and_policy_have_one_transaction(session: Session) -> None:
    assert not is_refused(session, transaction(object_id=1), transaction(object_id=2))
    assert not is_refused(session, transaction(object_id=3, event_id=1))
    assert is_refused(session, transaction(object_id=4, event_id=1))


@pytest.mark.parametrize("url", ["postgresql://", "mysql://", "mariadb://", "sqlite://"])
def test_databases_differ_in_keys_and_indexes(url: str) -> None:
    create_all_on("postgresql://")  # must not change the models
    ddl = "\n".join(create_all_on(url))
    on_mariadb = url in ("mysql://", "mariadb://")
    partial = [i for table in schema.TABLES.values() for i in table.indexes if is_partial(i)]
    assert len(partial) == 4
    assert ddl.count("CREATE UNIQUE INDEX") == (0 if on_mariadb else len(partial))
    keys = sum(len(table.foreign_keys) for table in schema.TABLES.values())
    assert ddl.count("FOREIGN KEY") == keys
    assert ddl.count(" DEFERRABLE INITIALLY DEFERRED") == (0 if on_mariadb else keys)
