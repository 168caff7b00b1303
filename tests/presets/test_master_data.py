"""Content of master data and infrastructure: dates, keys, companies, reference data."""

from __future__ import annotations

from datetime import date

from column_rows import rows, values

from pytest_aquadata.lifecycle.columns import BatchTables
from pytest_aquadata.lifecycle.days import day_number, instant
from pytest_aquadata.lifecycle.health import SCORES
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.presets.health_parameters import HEALTH_PARAMETERS
from pytest_aquadata.presets.master_data.companies import company_key
from pytest_aquadata.presets.master_data.tables import master_tables
from pytest_aquadata.schema import TABLES
from pytest_aquadata.settings import DEFAULT_AS_OF

FIRST_START = date(2020, 9, 6)


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
    assert (calibrated <= day_number(DEFAULT_AS_OF)).all()
    assert (calibrated > day_number(DEFAULT_AS_OF) - 90).all()


def test_sensors_have_the_type_of_their_parameter(tables: BatchTables) -> None:
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


def test_sites_are_those_of_the_farm(farm: Farm, tables: BatchTables) -> None:
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
        hall_type = {"A": 1, "B": 2, "C": 3, "D": 4, "E": 5}.get(site.name[-1], 6)
        assert types[kind] == types[hall_type]
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


def test_every_role_of_aquamind_has_a_user(tables: BatchTables) -> None:
    profiles = set(rows(tables["users_userprofile"], "role", "geography", "subsidiary"))
    roles = TABLES["users_userprofile"].c.role.info["choices"]
    assert {(role, "ALL", "ALL") for role in roles} <= profiles
    assert profiles >= {("OPR", "FO", "ALL"), ("OPR", "SC", "ALL"), ("OPR", "ALL", "LG")}


def test_users_have_no_usable_password_or_address(tables: BatchTables) -> None:
    assert all(text.startswith("!") for text in values(tables["auth_user"]["password"]))
    assert all(mail.endswith("@example.invalid") for mail in values(tables["auth_user"]["email"]))


def test_there_are_15_lice_types(tables: BatchTables) -> None:
    counted = rows(tables["health_licetype"], "species", "gender", "development_stage")
    assert counted[3] == ("Lepeophtheirus salmonis", "female", "adult")
    assert [species for species, _, _ in counted].count("Lepeophtheirus salmonis") == 8
    assert [species for species, _, _ in counted].count("Caligus elongatus") == 4
    assert [species for species, _, _ in counted].count("Unknown") == 3


def test_the_simulation_scores_every_health_parameter() -> None:
    assert len(HEALTH_PARAMETERS) == SCORES


def test_every_health_parameter_has_four_score_definitions(tables: BatchTables) -> None:
    defined = rows(tables["health_parameterscoredefinition"], "parameter_id", "score_value")
    assert defined == [(key, score) for key in range(1, 10) for score in range(4)]


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
    again = master_tables(farm, DEFAULT_AS_OF, FIRST_START)
    assert list(again) == list(tables)
    for name, table in tables.items():
        for column in table.columns:
            assert values(again[name][column]) == values(table[column])
