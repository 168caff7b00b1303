"""Master data and infrastructure against AquaMind's schema: types, keys, limits, choices."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pytest_aquadata.lifecycle.columns import BatchTables, Column, Columns
from pytest_aquadata.lifecycle.days import day_number, instant
from pytest_aquadata.lifecycle.growth import expected_tgc_per_1000
from pytest_aquadata.lifecycle.growth_analysis.models import MODEL_NAMES
from pytest_aquadata.presets.farm import Farm, load_farm
from pytest_aquadata.presets.master_data.companies import company_key
from pytest_aquadata.presets.master_data.growth_models import model_key, observed_tgc_per_1000
from pytest_aquadata.presets.master_data.tables import master_tables

SCHEMA_FILE = Path(__file__).parents[1] / "schema" / "aquamind_schema_v61.json"
AS_OF = date(2025, 11, 21)
FIRST_START = date(2020, 9, 6)

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
    "auth_user": 4,
    "users_userprofile": 4,
    "finance_dimcompany": 6,
    "finance_dimsite": 64,
    "finance_intercompanypolicy": 12,
    "django_content_type": 2,
    "scenario_temperatureprofile": 24,
    "scenario_temperaturereading": 24 * 960,
    "scenario_tgcmodel": 24,
    "scenario_tgc_model_stage": 24 * 7,
    "scenario_fcrmodelstage": 6,
    "scenario_mortality_model_stage": 7,
    "scenario_stage_constraint": 7,
}
INTEGER_TYPES = ("bigint", "integer", "smallint")


@pytest.fixture(scope="module")
def farm() -> Farm:
    return load_farm()


@pytest.fixture(scope="module")
def tables(farm: Farm) -> BatchTables:
    return master_tables(farm, AS_OF, FIRST_START)


@pytest.fixture(scope="module")
def schema() -> Mapping[str, Any]:
    file = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return {**file["tables"], **file["referenced_tables"]}


def values(column: Column) -> list[Any]:
    """The values of a column as Python objects, None where they are null."""
    given = column.values.tolist()
    if column.vocabulary is not None:
        given = [column.vocabulary[code] for code in given]
    if column.null is None:
        return list(given)
    return [None if null else value for value, null in zip(given, column.null, strict=True)]


def rows(table: Columns, *names: str) -> list[tuple[Any, ...]]:
    return list(zip(*(values(table[name]) for name in names), strict=True))


def test_all_tables_are_there_with_their_rows(tables: BatchTables) -> None:
    assert set(tables) == set(TABLES)
    counts = {name: len(tables[name]) for name in EXPECTED_ROWS}
    assert counts == EXPECTED_ROWS


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_those_of_the_schema(
    tables: BatchTables, schema: Mapping[str, Any], name: str
) -> None:
    given = tables[name]
    columns = {column["name"]: column for column in schema[name]["columns"]}
    assert set(given.columns) <= set(columns)
    for column_name, column in columns.items():
        needed = not column["nullable"] and "django_default" not in column
        if needed or column.get("django_default") == "now()":
            assert column_name in given, column_name
        if column_name in given:
            check_column(given[column_name], column, len(given))


def check_column(given: Column, column: Mapping[str, Any], length: int) -> None:
    name, kind = column["name"], column["type"]
    assert len(given) == length, name
    present = [value for value in values(given) if value is not None]
    if not column["nullable"]:
        assert given.null is None, name
    if kind in ("character varying", "text"):
        assert given.vocabulary is not None, name
        assert all(isinstance(text, str) and text.isprintable() for text in present), name
        assert all(len(text) <= column.get("max_length", 10_000) for text in present), name
        assert all(present), name
    elif kind == "boolean":
        assert given.values.dtype == np.bool_, name
    elif kind == "double precision":
        assert given.values.dtype == np.float64, name
        assert np.isfinite(given.values).all(), name
    else:
        assert given.vocabulary is None, name
        assert given.values.dtype == np.int64, name
        if kind == "numeric":
            assert all(abs(value) < 10 ** column["precision"] for value in present), name
        elif kind in INTEGER_TYPES:
            bits = {"smallint": 15, "integer": 31, "bigint": 63}[kind]
            assert all(-(2**bits) <= value < 2**bits for value in present), name
        else:
            assert kind in ("date", "timestamp with time zone"), name
    if "choices" in column:
        assert set(present) <= set(column["choices"]), name
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
def test_uniques_hold(tables: BatchTables, schema: Mapping[str, Any], name: str) -> None:
    given = tables[name]
    for unique in schema[name]["unique"]:
        keys = [row for row in rows(given, *unique["columns"]) if None not in row]
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
def test_checks_hold(tables: BatchTables, schema: Mapping[str, Any], name: str) -> None:
    for check in schema[name]["checks"]:
        if positive := re.fullmatch(r'CHECK \(\("?(\w+)"? >= 0\)\)', check["definition"]):
            assert all(value >= 0 for value in values(tables[name][positive[1]]))
        else:
            assert "area_id IS NULL" in check["definition"]
            places = rows(tables[name], "hall_id", "area_id")
            assert all((hall is None) != (area is None) for hall, area in places)


def test_names_and_texts_are_not_repeated(tables: BatchTables) -> None:
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


def test_master_data_is_entered_thirty_days_before_the_first_batch(tables: BatchTables) -> None:
    entered = int(instant(day_number(date(2020, 8, 7)), 6.0))
    for table in tables.values():
        for name in ("created_at", "updated_at", "date_joined"):
            if name in table:
                assert set(values(table[name])) == {entered}


def test_sensors_are_calibrated_between_installation_and_today(tables: BatchTables) -> None:
    sensors = tables["infrastructure_sensor"]
    calibrated = sensors.values("last_calibration_date")
    assert (sensors.values("installation_date") <= calibrated).all()
    assert (calibrated <= day_number(AS_OF)).all()
    assert (calibrated > day_number(AS_OF) - 90).all()


def test_sensors_have_the_type_of_what_they_measure(tables: BatchTables) -> None:
    expected = {
        "TEMP": "TEMPERATURE",
        "DO": "OXYGEN",
        "PH": "PH",
        "CO2": "CO2",
        "SAL": "SALINITY",
        "NO2": "OTHER",
        "NO3": "OTHER",
        "NH4": "OTHER",
    }
    sensors = tables["infrastructure_sensor"]
    for name, kind in rows(sensors, "name", "sensor_type"):
        assert expected[name.rsplit("-", 1)[1]] == kind


def test_places_are_those_of_the_farm(farm: Farm, tables: BatchTables) -> None:
    halls = dict(rows(tables["infrastructure_hall"], "id", "name"))
    areas = dict(rows(tables["infrastructure_area"], "id", "name"))
    types = dict(rows(tables["infrastructure_containertype"], "id", "name"))
    containers = rows(
        tables["infrastructure_container"],
        "id",
        "name",
        "hall_id",
        "area_id",
        "container_type_id",
        "max_biomass_kg",
    )
    for key, name, hall, area, kind, limit in containers:
        site = farm.sites[halls[hall] if area is None else areas[area]]
        container = site.container_by_name[name]
        assert container.id == key
        assert container.max_biomass_kg == limit / 100
        wanted = {"A": 1, "B": 2, "C": 3, "D": 4, "E": 5}.get(site.name[-1], 6)
        assert types[kind] == types[wanted]
    stations = dict(rows(tables["infrastructure_freshwaterstation"], "id", "name"))
    for name, station in rows(tables["infrastructure_hall"], "name", "freshwater_station_id"):
        assert name.startswith(stations[station])


def test_keys_of_the_farm_are_keys_of_the_rows(farm: Farm, tables: BatchTables) -> None:
    keys = farm.keys()
    stages = dict(rows(tables["batch_lifecyclestage"], "order", "id"))
    feeds = rows(tables["inventory_feed"], "pellet_size_mm", "id")
    names = dict(rows(tables["environmental_environmentalparameter"], "id", "name"))
    assert stages == keys.stages
    assert {size / 100: key for size, key in feeds} == keys.feeds
    assert dict(rows(tables["auth_user"], "username", "id")) == keys.users
    assert dict(rows(tables["harvest_productgrade"], "code", "id")) == keys.grades
    assert dict(rows(tables["infrastructure_geography"], "name", "id")) == keys.geographies
    assert tuple(values(tables["broodstock_eggsupplier"]["id"])) == keys.suppliers
    assert names[keys.parameters["temperature"]] == "temperature"
    assert [names[key] for key in keys.parameters.values()] == [
        "temperature",
        "dissolved oxygen",
        "pH",
        "CO2",
        "NO2",
        "NO3",
        "NH4",
        "salinity",
    ]


def test_limits_are_in_order(tables: BatchTables) -> None:
    parameters = tables["environmental_environmentalparameter"]
    for limits in rows(parameters, "min_value", "optimal_min", "optimal_max", "max_value"):
        assert list(limits) == sorted(limits)
        assert limits[0] < limits[3]


def test_nobody_can_sign_in(tables: BatchTables) -> None:
    assert all(text.startswith("!") for text in values(tables["auth_user"]["password"]))
    assert all(mail.endswith("@example.invalid") for mail in values(tables["auth_user"]["email"]))


def test_lice_types_are_the_fifteen_that_are_counted(tables: BatchTables) -> None:
    counted = rows(tables["health_licetype"], "species", "gender", "development_stage")
    assert counted[3] == ("Lepeophtheirus salmonis", "female", "adult")
    assert [species for species, _, _ in counted].count("Lepeophtheirus salmonis") == 8
    assert [species for species, _, _ in counted].count("Caligus elongatus") == 4
    assert [species for species, _, _ in counted].count("Unknown") == 3


def test_every_parameter_has_a_definition_a_score(tables: BatchTables) -> None:
    defined = rows(tables["health_parameterscoredefinition"], "parameter_id", "score_value")
    assert defined == [(key, score) for key in range(1, 10) for score in range(4)]


def test_profiles_follow_halls_then_the_season(farm: Farm, tables: BatchTables) -> None:
    readings = tables["scenario_temperaturereading"]
    by_profile = readings.values("temperature").reshape(24, 960)
    assert readings.values("day_number").reshape(24, 960)[7].tolist() == list(range(1, 961))
    first, *others = farm.stages[:5]
    assert (by_profile[:, : first.days] == first.hall_temp_c).all()
    assert {rule.hall_temp_c for rule in others} == {12.0}
    at_sea = sum(rule.days for rule in farm.stages[:5])
    assert at_sea == 450
    assert (by_profile[:, first.days : at_sea] == 12.0).all()
    for geography in farm.geographies:
        means = geography.climate.monthly_temp_c
        for month in range(1, 13):
            sea = by_profile[model_key(geography.id, month) - 1, 450:]
            assert min(means) - 0.01 <= sea.min()
            assert sea.max() <= max(means) + 0.01
            assert np.abs(np.diff(sea)).max() < 0.08
            sea_start = np.datetime64(f"2021-{month:02d}-01") + np.timedelta64(450, "D")
            near = means[int(sea_start.astype("datetime64[M]").astype(int)) % 12]
            assert sea[0] == pytest.approx(near, abs=1.1)
    warmest = by_profile[model_key(2, 1) - 1, 450:815].argmax()
    peak = np.datetime64("2021-01-01") + np.timedelta64(450 + int(warmest), "D")
    assert peak.astype(object).month == 8


def test_growth_models_say_what_the_fish_do(farm: Farm, tables: BatchTables) -> None:
    models = tables["scenario_tgcmodel"]
    assert values(models["tgc_value"]) == pytest.approx(
        [
            observed_tgc_per_1000(farm, geography, month)[-1] / 1000
            for geography in farm.geographies
            for month in range(1, 13)
        ],
        abs=1e-8,
    )
    assert values(models["profile_id"]) == values(models["model_id"])
    assert rows(models, "location", "release_period")[12] == ("Scotland", "January")
    parts = rows(tables["scenario_tgc_model_stage"], "tgc_model_id", "lifecycle_stage", "tgc_value")
    for model in range(1, 25):
        shown = observed_tgc_per_1000(farm, farm.geographies[model > 12], (model - 1) % 12 + 1)
        growth = [
            tgc * 10 for rule, tgc in zip(farm.stages, shown, strict=True) for _ in rule.model_names
        ]
        assert growth[:2] == [0, 0]
        mine = {stage: value for key, stage, value in parts if key == model}
        assert tuple(mine) == MODEL_NAMES
        assert list(mine.values()) == pytest.approx(growth, abs=0.501)


def test_fish_show_what_the_rules_say_in_water_that_suits_them_and_less_at_sea(farm: Farm) -> None:
    for geography in farm.geographies:
        for month in range(1, 13):
            for rule, shown in zip(
                farm.stages, observed_tgc_per_1000(farm, geography, month), strict=True
            ):
                if rule.hall_temp_c is not None:
                    assert shown == pytest.approx(expected_tgc_per_1000(rule), rel=0.02)
                else:
                    assert 0.9 < shown / expected_tgc_per_1000(rule) < 1.0


def test_model_rates_are_those_of_the_farm(farm: Farm, tables: BatchTables) -> None:
    daily = dict(
        rows(tables["scenario_mortality_model_stage"], "lifecycle_stage", "daily_rate_percent")
    )
    for rule in farm.stages[:5]:
        expected = 100 * (1 - (1 - rule.monthly_mortality_pct / 100) ** (1 / 30))
        for name in rule.model_names:
            assert daily[name] / 1000 == pytest.approx(expected, abs=0.0006)
    adult = farm.stage(6)
    early, later = (
        100 * (1 - (1 - pct / 100) ** (1 / 30))
        for pct in (adult.early_monthly_mortality_pct, adult.monthly_mortality_pct)
    )
    assert later < daily["harvest"] / 1000 < early
    ratios = values(tables["scenario_fcrmodelstage"]["fcr_value"])
    assert ratios == pytest.approx([(rule.fcr + rule.fcr_end) / 2 for rule in farm.stages])
    limits = tables["scenario_stage_constraint"]
    assert tuple(values(limits["lifecycle_stage"])) == MODEL_NAMES
    assert sum(values(limits["typical_duration_days"])) == sum(rule.days for rule in farm.stages)


def test_companies_own_sites_and_trade(farm: Farm, tables: BatchTables) -> None:
    companies = rows(tables["finance_dimcompany"], "company_id", "subsidiary", "currency")
    assert companies == [
        (company_key(geography.id, code), code, geography.currency)
        for geography in farm.geographies
        for code in ("FW", "FM", "LG")
    ]
    owners = rows(tables["finance_dimsite"], "source_model", "site_name", "company_id")
    for model, name, company in owners:
        assert companies[company - 1][1] == {"station": "FW", "area": "FM"}[model]
        assert (company <= 3) == name.startswith("FI-")
    policies = rows(
        tables["finance_intercompanypolicy"],
        "from_company_id",
        "to_company_id",
        "pricing_basis",
        "lifecycle_stage_id",
        "product_grade_id",
    )
    assert policies[0] == (1, 2, "lifecycle", 5, None)
    assert policies[1:6] == [(2, 3, "grade", None, grade) for grade in range(1, 6)]
    assert policies[6] == (4, 5, "lifecycle", 5, None)
    assert len(set(policies)) == len(policies) == 12
    assert all(price > 0 for price in values(tables["finance_intercompanypolicy"]["price_per_kg"]))


def test_the_same_farm_gives_the_same_rows(farm: Farm, tables: BatchTables) -> None:
    again = master_tables(farm, AS_OF, FIRST_START)
    assert list(again) == list(tables)
    for name, table in tables.items():
        for column in table.columns:
            assert values(again[name][column]) == values(table[column])
