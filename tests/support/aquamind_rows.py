"""Rows that AquaMind leaves in its database: after its migrations, its bootstrap scripts, and use.

`tests/schema/aquamind_rows.json` has them; of tables with more than 60 rows only the first ones, so
the rest of the infrastructure follows from the names of its halls and areas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import sqlalchemy as sa

Row = dict[str, Any]
Rows = dict[str, list[Row]]

STATES = ("migrated", "bootstrapped", "used")
"""Freshly migrated, bootstrapped by AquaMind's own scripts, and in use."""

_FILE = Path(__file__).parents[1] / "schema" / "aquamind_rows.json"
_STAMP = "2026-10-26 00:00:00"
_SILO_KG = {"A": 5_000, "B": 10_000, "C": 15_000, "D": 20_000, "E": 30_000}
_TANKS = {
    "A": (2, 10, 500),
    "B": (3, 100, 2_500),
    "C": (4, 500, 12_500),
    "D": (5, 1_000, 25_000),
    "E": (6, 2_000, 50_000),
}
"""By hall letter: container type, volume in m³ and limit in kg."""
_TANK_SENSORS = ("Temperature", "Dissolved Oxygen", "pH", "CO2", "NO2", "NO3", "NH4")
_RING_SENSORS = ("Temperature", "Dissolved Oxygen", "pH", "Salinity")


def insert_state(connection: sa.Connection, state: str, version: str) -> None:
    """Insert the rows of a state into AquaMind's empty tables.

    Args:
        connection: in a transaction.
        state: one of `STATES`.
        version: `v61` or `head`; rows and columns that a version lacks are left out.
    """
    inspector = sa.inspect(connection)
    present = set(inspector.get_table_names())
    for name, rows in _rows(state, version).items():
        if name not in present:
            continue
        columns = {column["name"]: column for column in inspector.get_columns(name)}
        table = sa.table(name, *(sa.column(column) for column in columns))
        stamps = {column: _STAMP for column in ("created_at", "updated_at") if column in columns}
        values = [
            {**stamps, **{key: value for key, value in row.items() if key in columns}}
            for row in rows
        ]
        connection.execute(sa.insert(table), values)
    _advance_sequences(connection, _rows(state, version).keys() & present)


def _rows(state: str, version: str) -> Rows:
    document = json.loads(_FILE.read_text())
    if state == "migrated":
        name = "migrated_v61" if version == "v61" else "migrated_later"
        return _plain(document[name])
    rows = _plain(document["bootstrapped_later"])
    rows = {"auth_user": [_administrator()], **rows, **_infrastructure(rows)}
    if version == "v61":
        rows["infrastructure_container"] = [
            row for row in rows["infrastructure_container"] if row["hierarchy_role"] == "HOLDING"
        ]
    ordered = {name: rows[name] for name in _in_order(rows)}
    return {**ordered, **_use(rows)} if state == "used" else ordered


def _plain(tables: Mapping[str, Any]) -> Rows:
    return {name: list(table["rows"]) for name, table in tables.items()}


def _in_order(rows: Rows) -> Iterator[str]:
    """Yield tables, parents first, where a database checks keys at once."""
    first = (
        "auth_user",
        "infrastructure_geography",
        "infrastructure_areagroup",
        "infrastructure_freshwaterstation",
        "infrastructure_hall",
        "infrastructure_area",
        "infrastructure_containertype",
        "infrastructure_container",
        "infrastructure_feedcontainer",
        "infrastructure_sensor",
        "batch_species",
        "batch_lifecyclestage",
        "harvest_productgrade",
        "inventory_feed",
        "inventory_feedpurchase",
        "scenario_temperatureprofile",
        "finance_dimcompany",
    )
    yield from (name for name in first if name in rows)
    yield from (name for name in rows if name not in first)


def _administrator() -> Row:
    return {
        "id": 1,
        "password": "!",
        "is_superuser": True,
        "username": "admin",
        "first_name": "",
        "last_name": "",
        "email": "",
        "is_staff": True,
        "is_active": True,
        "date_joined": _STAMP,
    }


def _infrastructure(rows: Rows) -> Rows:
    """Return all halls, containers, sensors and stores of the stations and areas."""
    halls, containers, stores = [], [], []
    for station in rows["infrastructure_freshwaterstation"]:
        for letter in _TANKS:
            hall = {
                "id": len(halls) + 1,
                "name": f"{station['name']}-Hall-{letter}",
                "description": "",
                "area_sqm": "1000.00",
                "active": True,
                "freshwater_station_id": station["id"],
            }
            halls.append(hall)
            containers += _tanks(f"{station['name']}-{letter}", letter, hall["id"])
            silo = f"{station['name']}-{letter}-Silo"
            stores.append(_store(silo, "SILO", _SILO_KG[letter], hall=hall["id"]))
    for area in rows["infrastructure_area"]:
        containers += [
            _container(f"{area['name']}-Ring-{number:02d}", 7, 50_000, 500_000, area=area["id"])
            for number in range(1, 21)
        ]
        stores += [
            _store(f"{area['name']}-Barge-{number}", "BARGE", 25_000, area=area["id"])
            for number in range(1, 4)
        ]
    _number(containers)
    _number(stores)
    sensors = [
        sensor
        for container in containers
        if container["hierarchy_role"] == "HOLDING"
        for sensor in _sensors(container)
    ]
    _number(sensors)
    purchases, stock = _initial_feed(stores)
    return {
        "infrastructure_hall": halls,
        "infrastructure_container": containers,
        "infrastructure_feedcontainer": stores,
        "infrastructure_sensor": sensors,
        "inventory_feedpurchase": purchases,
        "inventory_feedcontainerstock": stock,
    }


def _number(rows: list[Row]) -> None:
    for key, row in enumerate(rows, start=1):
        row["id"] = key


def _tanks(prefix: str, letter: str, hall: int) -> list[Row]:
    kind, volume_m3, limit_kg = _TANKS[letter]
    tanks = [
        _container(f"{prefix}-C{number:02d}", kind, volume_m3, limit_kg, hall=hall)
        for number in range(1, 11)
    ]
    if letter == "A" and prefix.startswith("S-"):
        rack = _container(f"{prefix}-R01", 1, 20, 0, hall=hall)
        rack["hierarchy_role"] = "STRUCTURAL"
        tanks.insert(0, rack)
    return tanks


def _container(
    name: str,
    kind: int,
    volume_m3: int,
    limit_kg: int,
    *,
    hall: int | None = None,
    area: int | None = None,
) -> Row:
    return {
        "name": name,
        "volume_m3": volume_m3,
        "max_biomass_kg": limit_kg,
        "active": True,
        "area_id": area,
        "container_type_id": kind,
        "hall_id": hall,
        "feed_recommendations_enabled": True,
        "carrier_id": None,
        "hierarchy_role": "HOLDING",
        "parent_container_id": None,
    }


def _store(
    name: str, kind: str, capacity_kg: int, *, hall: int | None = None, area: int | None = None
) -> Row:
    return {
        "name": name,
        "container_type": kind,
        "capacity_kg": capacity_kg,
        "active": True,
        "area_id": area,
        "hall_id": hall,
    }


def _sensors(container: Row) -> Iterator[Row]:
    kinds = _TANK_SENSORS if container["hall_id"] is not None else _RING_SENSORS
    for kind in kinds:
        yield {
            "name": f"{container['name']}-{kind.replace(' ', '')}",
            "sensor_type": kind,
            "serial_number": f"SN-{container['id']}-{kind[:3].upper()}",
            "manufacturer": "AquaSense",
            "installation_date": None,
            "last_calibration_date": None,
            "active": True,
            "container_id": container["id"],
        }


def _initial_feed(stores: list[Row]) -> tuple[list[Row], list[Row]]:
    """Return one purchase and its lot for each store, filled to a fifth or more."""
    purchases: list[Row] = []
    stock: list[Row] = []
    for key, store in enumerate(stores, start=1):
        purchases.append(
            {
                "id": key,
                "purchase_date": "2026-10-26",
                "quantity_kg": 5000,
                "cost_per_kg": 2.5,
                "supplier": "Skretting",
                "batch_number": f"INIT-20261026-{key:04d}",
                "expiry_date": "2027-10-26",
                "notes": "",
                "feed_id": 1,
            }
        )
        stock.append(
            {
                "id": key,
                "quantity_kg": 5000,
                "entry_date": _STAMP,
                "feed_container_id": store["id"],
                "feed_purchase_id": key,
            }
        )
    return purchases, stock


def _use(rows: Rows) -> Rows:
    """Return a batch of fry that people have entered by hand: a week of feed and deaths."""
    hall = next(row for row in rows["infrastructure_hall"] if row["name"].endswith("Hall-B"))
    tank = next(row for row in rows["infrastructure_container"] if row["hall_id"] == hall["id"])
    days = [f"2026-10-{day}" for day in range(20, 27)]
    batch = {
        "id": 1,
        "batch_number": "B-2026-17",
        "status": "ACTIVE",
        "start_date": "2026-07-20",
        "expected_end_date": None,
        "notes": "",
        "lifecycle_stage_id": 2,
        "species_id": 1,
        "batch_type": "STANDARD",
    }
    assignment = {
        "id": 1,
        "population_count": 100_000,
        "biomass_kg": 120.5,
        "avg_weight_g": 1.205,
        "assignment_date": "2026-10-18",
        "is_active": True,
        "notes": "",
        "batch_id": 1,
        "container_id": tank["id"],
        "lifecycle_stage_id": 2,
    }
    own = {"batch_id": 1, "recorded_by_id": 1}
    feeding = {
        **own,
        "feeding_time": "08:00:00",
        "amount_kg": 2.5,
        "batch_biomass_kg": 120,
        "method": "MANUAL",
        "notes": "",
        "batch_assignment_id": 1,
        "container_id": tank["id"],
        "feed_id": 1,
    }
    death = {**own, "count": 3, "biomass_kg": 0.004, "cause": "UNKNOWN", "description": ""}
    return {
        "batch_batch": [batch],
        "batch_batchcontainerassignment": [assignment],
        "inventory_feedingevent": [
            {**feeding, "id": key, "feeding_date": day} for key, day in enumerate(days, 1)
        ],
        "batch_mortalityevent": [
            {**death, "id": key, "event_date": day, "assignment_id": 1}
            for key, day in enumerate(days, 1)
        ],
    }


def _advance_sequences(connection: sa.Connection, names: set[str]) -> None:
    if connection.dialect.name != "postgresql":
        return
    for name in names:
        (key,) = sa.inspect(connection).get_pk_constraint(name)["constrained_columns"]
        connection.execute(
            sa.text(
                f"SELECT setval(pg_get_serial_sequence('{name}', '{key}'), "
                f"(SELECT max({key}) FROM {name}))"
            )
        )
