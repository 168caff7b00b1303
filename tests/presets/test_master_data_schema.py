"""Master data and infrastructure against AquaMind's schema: types, keys, limits, choices."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from column_rows import rows, values

from pytest_aquadata.lifecycle.columns import BatchTables, Column

SCHEMA_FILE = Path(__file__).parents[1] / "schema" / "aquamind_schema_v61.json"
TABLES = (
    "django_content_type",
    "auth_user",
    "users_userprofile",
    "broodstock_eggsupplier",
    "batch_species",
    "batch_lifecyclestage",
    "environmental_environmentalparameter",
    "inventory_feed",
    "harvest_productgrade",
    "health_healthparameter",
    "health_parameterscoredefinition",
    "health_licetype",
    "health_vaccinationtype",
    "health_sampletype",
    "health_mortalityreason",
    "infrastructure_geography",
    "infrastructure_freshwaterstation",
    "infrastructure_hall",
    "infrastructure_area",
    "infrastructure_containertype",
    "infrastructure_container",
    "infrastructure_feedcontainer",
    "infrastructure_sensor",
    "finance_dimcompany",
    "finance_dimsite",
    "finance_intercompanypolicy",
    "scenario_temperatureprofile",
    "scenario_temperaturereading",
    "scenario_tgcmodel",
    "scenario_tgc_model_stage",
    "scenario_fcrmodel",
    "scenario_fcrmodelstage",
    "scenario_mortalitymodel",
    "scenario_mortality_model_stage",
    "scenario_biological_constraints",
    "scenario_stage_constraint",
)
EXPECTED_ROWS = {
    "batch_species": 1,
    "batch_lifecyclestage": 6,
    "environmental_environmentalparameter": 8,
    "inventory_feed": 13,
    "harvest_productgrade": 5,
    "health_healthparameter": 9,
    "health_parameterscoredefinition": 36,
    "health_licetype": 15,
    "health_vaccinationtype": 4,
    "health_sampletype": 5,
    "health_mortalityreason": 14,
    "infrastructure_geography": 2,
    "infrastructure_freshwaterstation": 22,
    "infrastructure_hall": 110,
    "infrastructure_area": 42,
    "infrastructure_container": 1940,
    "infrastructure_feedcontainer": 236,
    "infrastructure_sensor": 11_060,
    "auth_user": 10,
    "users_userprofile": 10,
    "finance_dimcompany": 6,
    "finance_dimsite": 64,
    "finance_intercompanypolicy": 12,
    "django_content_type": 2,
    "scenario_temperatureprofile": 24,
    "scenario_temperaturereading": 24 * 960,
    "scenario_tgcmodel": 24,
    "scenario_tgc_model_stage": 24 * 13,
    "scenario_fcrmodelstage": 6,
    "scenario_mortality_model_stage": 13,
    "scenario_biological_constraints": 35,
    "scenario_stage_constraint": 35 * 13,
}
STAGE_NAMES = {"lifecycle_stage": ("Egg&Alevin", "Fry", "Parr", "Smolt", "Post-Smolt", "Adult")}
"""Names that AquaMind's engines look up, though its forms do not offer them."""
INTEGER_TYPES = ("bigint", "integer", "smallint")


@pytest.fixture(scope="module")
def schema() -> Mapping[str, Any]:
    file = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return {**file["tables"], **file["referenced_tables"]}


def test_every_table_has_its_number_of_rows(tables: BatchTables) -> None:
    assert set(tables) == set(TABLES)
    counts = {name: len(tables[name]) for name in EXPECTED_ROWS}
    assert counts == EXPECTED_ROWS


@pytest.mark.parametrize("name", TABLES)
def test_values_fit_the_types_of_the_schema(
    tables: BatchTables, schema: Mapping[str, Any], name: str
) -> None:
    rows_of_table = tables[name]
    columns = {column["name"]: column for column in schema[name]["columns"]}
    assert set(rows_of_table.columns) <= set(columns)
    for column_name, column in columns.items():
        needed = not column["nullable"] and "django_default" not in column
        if needed or column.get("django_default") == "now()":
            assert column_name in rows_of_table, column_name
        if column_name in rows_of_table:
            check_column(rows_of_table[column_name], column, len(rows_of_table))


def check_column(rows_of_table: Column, column: Mapping[str, Any], length: int) -> None:
    name, kind = column["name"], column["type"]
    assert len(rows_of_table) == length, name
    present = [value for value in values(rows_of_table) if value is not None]
    if not column["nullable"]:
        assert rows_of_table.null is None, name
    if kind in ("character varying", "text"):
        assert rows_of_table.vocabulary is not None, name
        assert all(isinstance(text, str) and text.isprintable() for text in present), name
        assert all(len(text) <= column.get("max_length", 10_000) for text in present), name
        assert all(present), name
    elif kind == "boolean":
        assert rows_of_table.values.dtype == np.bool_, name
    elif kind == "double precision":
        assert rows_of_table.values.dtype == np.float64, name
        assert np.isfinite(rows_of_table.values).all(), name
    else:
        assert rows_of_table.vocabulary is None, name
        assert rows_of_table.values.dtype == np.int64, name
        if kind == "numeric":
            assert all(abs(value) < 10 ** column["precision"] for value in present), name
        elif kind in INTEGER_TYPES:
            bits = {"smallint": 15, "integer": 31, "bigint": 63}[kind]
            assert all(-(2**bits) <= value < 2**bits for value in present), name
        else:
            assert kind in ("date", "timestamp with time zone"), name
    if "choices" in column:
        assert set(present) <= {*column["choices"], *STAGE_NAMES.get(name, ())}, name
    scale = 10 ** column.get("scale", 0)
    for validator in column.get("validators", ()):
        if bound := re.fullmatch(r"M(in|ax)ValueValidator\((-?[\d.]+)\)", validator):
            limit = float(bound[2]) * scale
            assert all(
                value >= limit if bound[1] == "in" else value <= limit for value in present
            ), f"{name} {validator}"
        else:
            assert validator == "UnicodeUsernameValidator()"
            assert all(re.fullmatch(r"[\w.@+-]+", value) for value in present)


@pytest.mark.parametrize("name", TABLES)
def test_primary_keys_run_from_one(
    tables: BatchTables, schema: Mapping[str, Any], name: str
) -> None:
    (key,) = schema[name]["primary_key"]
    assert values(tables[name][key]) == list(range(1, len(tables[name]) + 1))


@pytest.mark.parametrize("name", TABLES)
def test_unique_constraints_hold(tables: BatchTables, schema: Mapping[str, Any], name: str) -> None:
    rows_of_table = tables[name]
    for unique in schema[name]["unique"]:
        keys = [row for row in rows(rows_of_table, *unique["columns"]) if None not in row]
        assert len(set(keys)) == len(keys), unique["name"]


@pytest.mark.parametrize("name", TABLES)
def test_foreign_keys_resolve_and_parents_come_first(
    tables: BatchTables, schema: Mapping[str, Any], name: str
) -> None:
    order = list(tables)
    for key in schema[name]["foreign_keys"]:
        (column,) = key["columns"]
        parent, parent_column = key["references"].split(".")
        if column not in tables[name]:
            continue
        assert order.index(parent) < order.index(name)
        used = {value for value in values(tables[name][column]) if value is not None}
        assert used <= set(values(tables[parent][parent_column])), column


@pytest.mark.parametrize("name", TABLES)
def test_check_constraints_hold(tables: BatchTables, schema: Mapping[str, Any], name: str) -> None:
    for check in schema[name]["checks"]:
        if positive := re.fullmatch(r'CHECK \(\("?(\w+)"? >= 0\)\)', check["definition"]):
            assert all(value >= 0 for value in values(tables[name][positive[1]]))
        else:
            assert "area_id IS NULL" in check["definition"]
            places = rows(tables[name], "hall_id", "area_id")
            assert all((hall is None) != (area is None) for hall, area in places)


def test_names_and_descriptions_are_unique(tables: BatchTables) -> None:
    for name in (
        "environmental_environmentalparameter",
        "inventory_feed",
        "infrastructure_freshwaterstation",
        "infrastructure_hall",
        "infrastructure_area",
        "infrastructure_containertype",
        "infrastructure_container",
        "infrastructure_feedcontainer",
        "infrastructure_sensor",
    ):
        names = values(tables[name]["name"])
        assert len(set(names)) == len(names), name
    for name in ("health_parameterscoredefinition", "health_licetype"):
        texts = values(tables[name]["description"])
        assert len(set(texts)) == len(texts), name
    serials = values(tables["infrastructure_sensor"]["serial_number"])
    assert len(set(serials)) == len(serials)
