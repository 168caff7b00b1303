"""Kinds of columns, and the defaults of missing columns."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pytest
import sqlalchemy as sa

from pytest_aquadata.databases.column_types import Form, Kind, complete, form_of
from pytest_aquadata.lifecycle.columns import Columns, integers, table, texts
from pytest_aquadata.schema import TABLES

FORMS: Mapping[tuple[str, str], Form] = {
    ("batch_batch", "id"): Form(Kind.INTEGER),
    ("batch_batch", "batch_number"): Form(Kind.TEXT),
    ("batch_batch", "notes"): Form(Kind.TEXT),
    ("batch_batch", "start_date"): Form(Kind.DATE),
    ("batch_batch", "created_at"): Form(Kind.INSTANT),
    ("batch_batchcontainerassignment", "is_active"): Form(Kind.BOOLEAN),
    ("batch_batchcontainerassignment", "biomass_kg"): Form(Kind.DECIMAL, 2),
    ("batch_creationaction", "egg_quality_score"): Form(Kind.INTEGER),
    ("batch_actualdailyassignmentstate", "sources"): Form(Kind.JSON),
    ("environmental_environmentalreading", "value"): Form(Kind.DECIMAL, 4),
    ("environmental_environmentalreading", "reading_time"): Form(Kind.INSTANT),
    ("inventory_feedingevent", "feeding_time"): Form(Kind.TIME),
    ("inventory_feedingevent", "feeding_percentage"): Form(Kind.DECIMAL, 6),
    ("scenario_temperaturereading", "temperature"): Form(Kind.DOUBLE),
}


@pytest.mark.parametrize(("name", "column"), FORMS)
def test_a_column_has_the_kind_and_scale_of_its_type(name: str, column: str) -> None:
    assert form_of(TABLES[name].columns[column]) == FORMS[name, column]


def test_every_column_of_the_schema_has_a_form() -> None:
    kinds = {form_of(column).kind for table in TABLES.values() for column in table.columns}
    assert kinds == set(Kind)


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(TypeError, match="cannot be loaded"):
        form_of(sa.Column("picture", sa.LargeBinary()))


def value(columns: Columns, name: str) -> object:
    column = columns[name]
    if column.null is not None and column.null[0]:
        return None
    number = column.values[0].item()
    return number if column.vocabulary is None else column.vocabulary[number]


def day() -> Columns:
    """The growth analysis of one day, with nothing more than it needs."""
    keys = ("assignment_id", "batch_id", "container_id", "lifecycle_stage_id")
    return table(
        1,
        id=1,
        date=20_000,
        day_number=5,
        avg_weight_g=1200,
        population=10,
        biomass_kg=12,
        last_computed_at=0,
        **dict.fromkeys(keys, 1),
    )


def test_a_missing_column_takes_its_default_or_null() -> None:
    schema = TABLES["batch_actualdailyassignmentstate"]
    whole = complete(schema, day())
    assert list(whole.columns) == schema.columns.keys()
    assert value(whole, "mortality_count") == 0
    assert value(whole, "feed_kg") == 0
    assert value(whole, "anchor_type") is None
    assert value(whole, "temp_c") is None
    assert json.loads(str(value(whole, "sources"))) == {}


def test_defaults_of_decimals_are_scaled() -> None:
    flow = table(
        1,
        id=1,
        workflow_number="T",
        planned_start_date=1,
        created_at=0,
        updated_at=0,
        batch_id=1,
        initiated_by_id=1,
        source_lifecycle_stage_id=1,
    )
    whole = complete(TABLES["batch_batchtransferworkflow"], flow)
    assert value(whole, "status") == "DRAFT"
    assert value(whole, "is_intercompany") is False
    assert value(whole, "completion_percentage") == 0
    assert value(whole, "source_subsidiary") is None


def test_given_columns_are_unchanged() -> None:
    columns = day().with_columns(anchor_type=texts(["manual"]), temp_c=integers([850]))
    whole = complete(TABLES["batch_actualdailyassignmentstate"], columns)
    assert value(whole, "anchor_type") == "manual"
    assert value(whole, "temp_c") == 850


def test_a_column_without_default_must_be_given() -> None:
    without = {name: column for name, column in day().columns.items() if name != "population"}
    with pytest.raises(ValueError, match="population needs a value and has no default"):
        complete(TABLES["batch_actualdailyassignmentstate"], Columns(without, 1))


def test_an_unknown_column_is_refused() -> None:
    with pytest.raises(ValueError, match=r"has no columns \['colour'\]"):
        complete(TABLES["batch_actualdailyassignmentstate"], day().with_columns(colour=texts([""])))


@pytest.mark.parametrize("rows", [0, 1, 1000])
def test_defaults_fill_all_rows(rows: int) -> None:
    columns = Columns(
        {name: values.take(np.zeros(rows, np.int64)) for name, values in day().columns.items()},
        rows,
    )
    whole = complete(TABLES["batch_actualdailyassignmentstate"], columns)
    assert {len(column) for column in whole.columns.values()} == {rows}
