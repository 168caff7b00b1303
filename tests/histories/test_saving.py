"""Histories are saved in the caller's transaction, next to existing batches, or refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.databases.column_reader import read_columns
from pytest_aquadata.databases.column_types import complete
from pytest_aquadata.errors import StoreError
from pytest_aquadata.histories import BatchGroup, History, Lifecycle, build_together
from pytest_aquadata.lifecycle.columns import Columns
from pytest_aquadata.lifecycle.imperfections import duplicated, mistyped
from pytest_aquadata.lifecycle.incidents import escape
from pytest_aquadata.schema import (
    TABLES,
    Area,
    Base,
    Batch,
    FeedContainerStock,
    Geography,
    MortalityEvent,
    PhotoperiodData,
)

pytestmark = pytest.mark.slow

Connect = Callable[[], sa.Connection]


def batch(start: str, geography: str = "Scotland", **options: int | str) -> Lifecycle:
    return Lifecycle.of(geography, start=start, eggs=2_000_000, **options)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def young() -> History:
    return batch("2023-03-01").until("parr", days=20).build()


@pytest.fixture
def connection(empty: sa.Engine) -> Iterator[sa.Connection]:
    """Return a connection to an empty database; rolled back at the end."""
    with empty.connect() as connection, connection.begin() as transaction:
        yield connection
        transaction.rollback()


def total_rows(connection: sa.Connection) -> int:
    return sum(
        connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()
        for table in Base.metadata.sorted_tables
    )


def have_same_values(first: Columns, second: Columns) -> bool:
    """Return True if rows have the same values, whatever their vocabularies."""

    def decoded(rows: Columns) -> list[object]:
        columns = []
        for name in sorted(rows.columns):
            column = rows[name]
            values = column.values.tolist()
            if column.vocabulary is not None:
                values = [column.vocabulary[code] for code in values]
            if column.null is not None:
                pairs = zip(values, column.null.tolist(), strict=True)
                values = [None if missing else value for value, missing in pairs]
            columns.append((name, values))
        return columns

    return decoded(first) == decoded(second)


def test_saved_rows_equal_the_columns_of_the_history(
    connection: sa.Connection, young: History
) -> None:
    assert young.save(connection) is young
    for name, rows in young.columns.items():
        if name != "health_healthlabsample":
            assert have_same_values(
                read_columns(connection, TABLES[name]), complete(TABLES[name], rows)
            ), name
    assert connection.execute(sa.select(sa.func.count()).select_from(Geography)).scalar() == 2


def test_a_rollback_removes_all_rows(empty: sa.Engine, young: History) -> None:
    with Session(empty) as session:
        young.save(session)
        assert session.scalar(sa.select(Batch.batch_number)) == "SCO-2023-001"
        session.rollback()
        assert total_rows(session.connection()) == 0


def test_an_object_added_after_saving_gets_the_next_key(empty: sa.Engine, young: History) -> None:
    with Session(empty) as session:
        young.save(session)
        highest = session.scalar(sa.select(sa.func.max(MortalityEvent.id)))
        event = MortalityEvent(
            event_date=date(2023, 9, 1), count=1, biomass_kg=1, batch_id=1,
            created_at=sa.func.now(), updated_at=sa.func.now(),
        )  # fmt: skip
        session.add(event)
        session.flush()
        assert event.id == highest + 1
        session.rollback()


def test_several_histories_are_saved_next_to_each_other(
    connection: sa.Connection, young: History
) -> None:
    harvested = batch("2021-06-01", "Faroe Islands").readings_per_day(0)
    incident = harvested.with_incident(escape(500, fish=700)).build()
    later = batch("2024-02-01", "Faroe Islands").at("FI-FW-03").until("fry", days=30)
    young.save(connection)
    second = incident.save(connection)
    later.build().save(connection)
    numbers = connection.execute(sa.select(Batch.batch_number).order_by(Batch.id)).scalars().all()
    assert numbers == ["SCO-2023-001", "FAR-2021-001", "FAR-2024-001"]
    report = run_checks(connection, only=["hard"])
    assert [result.check.name for result in report.hard_failures] == []
    assert second.incidents[0].assignment_ids != incident.incidents[0].assignment_ids
    escaped = connection.execute(
        sa.select(MortalityEvent.assignment_id).where(MortalityEvent.description.like("Escaped%"))
    ).scalar()
    assert (escaped,) == second.incidents[0].assignment_ids


def test_imperfections_refer_to_the_shifted_keys(connection: sa.Connection, young: History) -> None:
    imperfect = (
        batch("2023-03-01", "Faroe Islands")
        .until("fry", days=60)
        .with_imperfection(
            mistyped(0.05, "batch_mortalityevent"), duplicated(0.05, "batch_mortalityevent")
        )
    )
    young.save(connection)
    saved = imperfect.build().save(connection)
    counts = dict(connection.execute(sa.select(MortalityEvent.id, MortalityEvent.count)).all())
    kinds = {flaw.kind for flaw in saved.imperfections}
    assert kinds == {"mistyped", "duplicated"}
    for flaw in saved.imperfections:
        if flaw.kind == "mistyped":
            assert counts[flaw.row_id] == flaw.became
        else:
            assert counts[flaw.row_id] == counts[flaw.original_id]


def test_batches_of_a_group_can_be_saved_one_by_one(connection: sa.Connection) -> None:
    group = build_together(
        batch("2023-03-01").until("adult", days=30), batch("2022-02-01").until("adult", days=90)
    )
    group[1].save(connection)
    group[0].save(connection)
    report = run_checks(connection, only=["hard"])
    assert [result.check.name for result in report.hard_failures] == []


def test_days_of_weather_between_two_histories_are_filled(connection: sa.Connection) -> None:
    early = batch("2020-03-01").at("S-SEA-02").readings_per_day(0).build()
    late = batch("2022-12-01").at("S-FW-02", "S-SEA-02").until("adult", days=20).build()
    early.save(connection)
    connection.execute(sa.update(FeedContainerStock).values(quantity_kg=0))
    late.save(connection)
    assert run_checks(connection, only=["weather"]).ok
    day = PhotoperiodData.date
    first, last, days = connection.execute(
        sa.select(sa.func.min(day), sa.func.max(day), sa.func.count())
    ).one()
    assert (first, last) == (early.plan.stays[-1].arrives, late.as_of)
    assert days == (last - first).days + 1


class TestRefusals:
    def test_an_existing_batch_number_is_refused(
        self, connection: sa.Connection, young: History
    ) -> None:
        young.save(connection)
        before = total_rows(connection)
        with pytest.raises(StoreError, match="already has a batch SCO-2023-001"):
            young.save(connection)
        assert total_rows(connection) == before

    def test_an_occupied_container_is_refused(
        self, connection: sa.Connection, young: History
    ) -> None:
        young.save(connection)
        before = total_rows(connection)
        other = batch("2023-04-01", number="OTHER-1").until("fry", days=3).build()
        with pytest.raises(StoreError, match="is occupied by SCO-2023-001 from 2023-0") as raised:
            other.save(connection)
        assert "build both with build_together" in str(raised.value)
        assert total_rows(connection) == before

    def test_a_feed_container_with_feed_of_other_batches_is_refused(
        self, connection: sa.Connection, young: History
    ) -> None:
        young.save(connection)
        stock = connection.execute(
            sa.select(sa.func.count()).where(FeedContainerStock.quantity_kg > 0)
        ).scalar()
        assert stock
        other = batch("2023-09-05", number="OTHER-1").until("fry", days=3).build()
        with pytest.raises(StoreError, match="still has feed of other batches"):
            other.save(connection)

    def test_a_feed_container_shared_with_an_unsaved_batch_is_refused(
        self, connection: sa.Connection
    ) -> None:
        rings = [f"S-SEA-01-Ring-{number:02d}" for number in range(1, 13)]
        first = batch("2020-03-01").with_containers(6, *rings).readings_per_day(0)
        second = batch("2021-10-01").with_containers(6, *rings).until(6, days=30)
        group = build_together(first, second)
        with pytest.raises(StoreError, match="eat from S-SEA-01-Barge-1; save them together"):
            group[1].save(connection)
        assert total_rows(connection) == 0

    def test_master_data_of_another_farm_are_refused(
        self, connection: sa.Connection, young: History
    ) -> None:
        young.save(connection)
        connection.execute(sa.update(Area).where(Area.id == 3).values(name="Elsewhere"))
        other = batch("2023-03-01", "Faroe Islands").until(1).build()
        with pytest.raises(StoreError, match="infrastructure_area 3 is Elsewhere, and should be"):
            other.save(connection)

    def test_incomplete_master_data_are_refused(
        self, connection: sa.Connection, young: History
    ) -> None:
        young.save(connection)
        connection.execute(sa.delete(TABLES["health_sampletype"]))
        other = batch("2023-03-01", "Faroe Islands").until(1).build()
        with pytest.raises(StoreError, match="health_sampletype 1 is missing"):
            other.save(connection)

    def test_a_database_without_the_schema_is_refused(self, young: History) -> None:
        engine = sa.create_engine("sqlite://")
        with (
            engine.connect() as connection,
            pytest.raises(StoreError, match="has no table auth_user and lacks"),
        ):
            young.save(connection)
        engine.dispose()


def test_saving_a_group_returns_histories_with_the_saved_keys(
    connection: sa.Connection, young: History
) -> None:
    young.save(connection)
    group = build_together(
        batch("2023-03-01", "Faroe Islands").until(2), batch("2023-04-01", "Faroe Islands").until(2)
    )
    saved = group.save(connection)
    assert isinstance(saved, BatchGroup)
    keys = [int(history.columns["batch_batch"].values("id")[0]) for history in saved]
    assert connection.execute(sa.select(Batch.id).order_by(Batch.id)).scalars().all() == [1, *keys]
