"""Comparison of every model with AquaMind's schema, as read from its migrated database."""

import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import CheckConstraint, Column, Table, UniqueConstraint
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex

from pytest_aquadata import schema
from pytest_aquadata.lifecycle.growth_analysis.models import MODEL_NAMES

REFERENCE: dict[str, Any] = json.loads(
    Path(__file__).with_name("aquamind_schema_v61.json").read_text()
)
TABLES: dict[str, dict[str, Any]] = REFERENCE["tables"] | REFERENCE["referenced_tables"]
POSTGRESQL = postgresql.dialect()
WRITTEN_DIFFERENTLY = {"(hall_id IS NULL) <> (area_id IS NULL)"}
"""AquaMind writes this check as four comparisons; test_ddl tests all four cases."""

every_table = pytest.mark.parametrize("name", TABLES)


def type_in_reference(column: dict[str, Any]) -> str:
    kind: str = column["type"].upper()
    if kind == "NUMERIC":
        return f"NUMERIC({column['precision']}, {column['scale']})"
    if kind == "CHARACTER VARYING":
        return f"VARCHAR({column['max_length']})"
    return kind


def condition(index_definition: str) -> set[str]:
    """Return the terms of an index's WHERE without PostgreSQL's casts and brackets."""
    _, _, where = index_definition.partition(" WHERE ")
    return set(re.sub(r"::text|[()]", "", where).split(" AND "))


def bound(validators: list[str], kind: str) -> Decimal | None:
    for validator in validators:
        if found := re.fullmatch(rf"{kind}ValueValidator\((.+)\)", validator):
            return Decimal(found[1])
    return None


def is_stamp(column: dict[str, Any]) -> bool:
    automatic = column.get("auto_now") or column.get("auto_now_add")
    return bool(automatic) or column.get("django_default") == "now()"


def default_of(column: Column[Any]) -> Any:
    if column.default is None:
        return None
    value = column.default.arg  # type: ignore[attr-defined]
    return value(None) if callable(value) else value


def checks_of(table: Table) -> set[str]:
    return {
        str(key.sqltext.compile(dialect=POSTGRESQL, compile_kwargs={"literal_binds": True}))
        for key in table.constraints
        if isinstance(key, CheckConstraint)
    }


def test_the_stages_of_models_are_those_of_the_growth_analysis() -> None:
    column = schema.TABLES["scenario_tgc_model_stage"].columns["lifecycle_stage"]
    assert column.info["choices"] == MODEL_NAMES


def test_the_tables_are_those_of_aquamind() -> None:
    assert set(schema.TABLES) == set(TABLES)
    assert len(TABLES) == 71 + 5


@every_table
def test_model_has_djangos_name(name: str) -> None:
    model = getattr(schema, TABLES[name]["django_model"].split(".")[1])
    assert model.__table__ is schema.TABLES[name]
    assert model.__name__ in schema.__all__


@every_table
def test_columns_are_those_of_aquamind(name: str) -> None:
    actual = [
        (column.name, column.type.compile(POSTGRESQL), column.nullable, column.identity is not None)
        for column in schema.TABLES[name].columns
    ]
    assert actual == [
        (column["name"], type_in_reference(column), column["nullable"], "identity" in column)
        for column in TABLES[name]["columns"]
    ]


@every_table
def test_primary_keys_are_those_of_aquamind(name: str) -> None:
    assert schema.TABLES[name].primary_key.columns.keys() == TABLES[name]["primary_key"]


@every_table
def test_unique_constraints_are_those_of_aquamind(name: str) -> None:
    actual = {
        tuple(key.columns.keys())
        for key in schema.TABLES[name].constraints
        if isinstance(key, UniqueConstraint)
    }
    assert actual == {tuple(key["columns"]) for key in TABLES[name]["unique"]}


@every_table
def test_partial_unique_indexes_are_those_of_aquamind(name: str) -> None:
    actual = {
        index.name: (
            index.columns.keys(),
            condition(str(CreateIndex(index).compile(dialect=POSTGRESQL))),
        )
        for index in schema.TABLES[name].indexes
        if index.unique
    }
    expected = {}
    for index in TABLES[name]["indexes"]:
        if " WHERE " in index["definition"]:
            (columns,) = re.findall(r"btree \((.+?)\)", index["definition"])
            expected[index["name"]] = (columns.split(", "), condition(index["definition"]))
    assert actual == expected


@every_table
def test_foreign_keys_are_those_of_aquamind(name: str) -> None:
    actual = {
        (key.parent.name, key.target_fullname, key.deferrable, key.initially)
        for key in schema.TABLES[name].foreign_keys
    }
    assert actual == {
        (key["columns"][0], key["references"], True, "DEFERRED")
        for key in TABLES[name]["foreign_keys"]
        if key["references"].partition(".")[0] in TABLES
    }


def test_only_the_breeding_pair_refers_to_a_table_outside_the_schema() -> None:
    outside = [
        (name, key["columns"])
        for name, table in TABLES.items()
        for key in table["foreign_keys"]
        if key["references"].partition(".")[0] not in TABLES
    ]
    assert outside == [("broodstock_eggproduction", ["pair_id"])]


@every_table
def test_checks_are_those_of_aquamind(name: str) -> None:
    expected = {
        check["definition"].removeprefix("CHECK ((").removesuffix("))")
        for check in TABLES[name]["checks"]
        if " OR " not in check["definition"]
    }
    assert checks_of(schema.TABLES[name]) - WRITTEN_DIFFERENTLY == expected


@every_table
def test_checks_have_the_names_of_aquamind(name: str) -> None:
    actual = {
        key.name for key in schema.TABLES[name].constraints if isinstance(key, CheckConstraint)
    }
    assert actual == {check["name"] for check in TABLES[name]["checks"]}


@every_table
def test_column_info_holds_choices_bounds_and_stamps_of_django(name: str) -> None:
    for column in TABLES[name]["columns"]:
        expected: dict[str, Any] = {}
        if choices := column.get("choices"):
            expected["choices"] = tuple(choices)
        for key, kind in (("minimum", "Min"), ("maximum", "Max")):
            value = bound(column.get("validators", []), kind)
            if value is not None:
                expected[key] = value
        if is_stamp(column):
            expected["stamp"] = True
        assert schema.TABLES[name].columns[column["name"]].info == expected, column["name"]


@every_table
def test_defaults_are_djangos(name: str) -> None:
    for column in TABLES[name]["columns"]:
        default = default_of(schema.TABLES[name].columns[column["name"]])
        if is_stamp(column):
            assert default is None, column["name"]
        elif "django_default" not in column:
            blank_text = column["type"] in ("text", "character varying") and not column["nullable"]
            assert default is None or (blank_text and default == ""), column["name"]
        elif column["django_default"] == "dict()":
            assert default == {}, column["name"]
        elif column["type"] == "numeric":
            stored = round(Decimal(str(column["django_default"])), column["scale"])
            assert default == stored, column["name"]
        else:
            assert default == column["django_default"], column["name"]
            assert type(default) is type(column["django_default"]), column["name"]
