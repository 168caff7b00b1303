"""The standard farm, and farms from changed farm files."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pytest_aquadata.errors import DocumentError
from pytest_aquadata.lifecycle.mortality import CAUSES, COUNTING_DIFFERENCE
from pytest_aquadata.presets.documents import write_document
from pytest_aquadata.presets.farm import Farm, load_farm
from pytest_aquadata.presets.reference_data import MORTALITY_REASONS

Change = Callable[[dict[str, Any]], object]


def test_the_standard_farm_has_152_sites_and_1940_containers(farm: Farm) -> None:
    containers = [container for site in farm.sites.values() for container in site.containers]
    halls = [site for site in farm.sites.values() if site.kind == "hall"]
    areas = [site for site in farm.sites.values() if site.kind == "area"]
    assert len(farm.geographies) == 2
    assert [len(geography.stations) for geography in farm.geographies] == [12, 10]
    assert [len(geography.areas) for geography in farm.geographies] == [22, 20]
    assert (len(halls), len(areas)) == (110, 42)
    assert sum(len(hall.containers) for hall in halls) == 1100
    assert sum(len(area.containers) for area in areas) == 840
    assert sum(len(site.feed_containers) for site in farm.sites.values()) == 236
    assert sum(len(container.sensors) for container in containers) == 11_060


def test_sites_and_containers_are_named_as_in_aquamind(farm: Farm) -> None:
    faroe, scotland = farm.geographies
    assert (faroe.name, faroe.code, faroe.currency) == ("Faroe Islands", "FAR", "EUR")
    assert (scotland.name, scotland.code, scotland.currency) == ("Scotland", "SCO", "GBP")
    assert [faroe.stations[0].name, faroe.stations[-1].name] == ["FI-FW-01", "FI-FW-12"]
    assert [scotland.stations[0].name, scotland.stations[-1].name] == ["S-FW-01", "S-FW-10"]
    assert [hall.name for hall in faroe.stations[0].halls] == [
        f"FI-FW-01-Hall-{letter}" for letter in "ABCDE"
    ]
    assert [faroe.areas[0].name, faroe.areas[-1].name] == ["FI-SEA-01", "FI-SEA-22"]
    assert [scotland.areas[0].name, scotland.areas[-1].name] == ["S-SEA-01", "S-SEA-20"]
    hall, area = farm.sites["FI-FW-01-Hall-A"], farm.sites["FI-SEA-01"]
    assert [container.name for container in hall.containers] == [
        f"FI-FW-01-A-C{n:02d}" for n in range(1, 11)
    ]
    assert [container.name for container in area.containers] == [
        f"FI-SEA-01-Ring-{n:02d}" for n in range(1, 21)
    ]
    assert [store.name for store in hall.feed_containers] == ["FI-FW-01-Hall-A-Silo"]
    assert [store.name for store in area.feed_containers] == [
        f"FI-SEA-01-Barge-{n}" for n in (1, 2, 3)
    ]
    assert [sensor.name for sensor in hall.containers[0].sensors] == [
        f"FI-FW-01-A-C01-{suffix}" for suffix in ("TEMP", "DO", "PH", "CO2", "NO2", "NO3", "NH4")
    ]
    assert [sensor.parameter for sensor in area.containers[0].sensors] == [
        "temperature",
        "oxygen",
        "ph",
        "salinity",
    ]


def test_primary_keys_run_from_one_without_gaps(farm: Farm) -> None:
    sites = farm.sites.values()
    containers = [container for site in sites for container in site.containers]
    for keys in (
        [geography.id for geography in farm.geographies],
        [station.id for geography in farm.geographies for station in geography.stations],
        [site.id for site in sites if site.kind == "hall"],
        [site.id for site in sites if site.kind == "area"],
        [container.id for container in containers],
        [store.id for site in sites for store in site.feed_containers],
        [sensor.id for container in containers for sensor in container.sensors],
        [feed.id for feed in farm.feeds],
    ):
        assert keys == list(range(1, len(keys) + 1))


def test_names_are_unique(farm: Farm) -> None:
    names = [
        name
        for site in farm.sites.values()
        for name in (
            site.name,
            *(container.name for container in site.containers),
            *(store.name for store in site.feed_containers),
            *(sensor.name for container in site.containers for sensor in container.sensors),
        )
    ]
    assert len(set(names)) == len(names) == 152 + 1940 + 236 + 11_060


def test_the_biomass_limit_of_a_container_is_volume_times_density(farm: Farm) -> None:
    for site in farm.sites.values():
        density = farm.stage(site.stages[-1]).max_density_kg_m3
        for container in site.containers:
            assert container.max_biomass_kg == pytest.approx(container.volume_m3 * density)
    assert farm.sites["S-SEA-20"].containers[0].max_biomass_kg == 1_250_000


def test_each_geography_has_its_own_monthly_temperatures(farm: Farm) -> None:
    faroe, scotland = (geography.climate.monthly_temp_c for geography in farm.geographies)
    assert faroe == (7.0, 6.5, 6.3, 6.7, 7.6, 8.8, 9.9, 10.4, 10.2, 9.5, 8.6, 7.7)
    assert scotland == (8.2, 7.5, 7.4, 8.2, 9.6, 11.3, 13.1, 13.7, 13.6, 12.8, 11.7, 9.8)


def test_keys_cover_all_master_data(farm: Farm) -> None:
    keys = farm.keys()
    assert keys.stages == {order: order for order in range(1, 7)}
    assert list(keys.feeds) == [0.3, 0.5, 0.8, 1.0, 1.5, 2, 3, 4, 5, 6, 7, 9, 11]
    assert set(keys.parameters) >= {
        sensor.parameter
        for site in farm.sites.values()
        for container in site.containers
        for sensor in container.sensors
    }
    assert list(keys.users)[:4] == ["system_admin", "operator", "vet", "manager"]
    assert list(keys.grades) == ["SUPERIOR", "GRADE_A", "GRADE_B", "GRADE_C", "REJECT"]
    assert keys.geographies == {"Faroe Islands": 1, "Scotland": 2}


def test_stages_are_found_by_order(farm: Farm) -> None:
    assert farm.stage(1).name == "Egg&Alevin"
    assert farm.stage(6).name == "Adult"
    for order in (0, 7, -1):
        with pytest.raises(KeyError):
            farm.stage(order)


def test_every_simulated_cause_of_death_has_a_mortality_reason() -> None:
    causes = (*CAUSES, COUNTING_DIFFERENCE)
    assert {cause.reason for cause in causes} <= {reason.name for reason in MORTALITY_REASONS}


def test_the_standard_farm_is_loaded_once() -> None:
    assert load_farm() is load_farm("standard") is load_farm(None)


def test_a_farm_survives_pickling(farm: Farm) -> None:
    assert pickle.loads(pickle.dumps(farm)) == farm


def test_the_digest_depends_on_content_not_on_layout(farm: Farm, tmp_path: Path) -> None:
    path = tmp_path / "copy.yaml"
    path.write_text(write_document(farm.document), encoding="utf-8")
    copy = load_farm(str(path))
    assert copy.source == str(path)
    assert copy.digest == farm.digest
    assert len(farm.digest) == 64
    path.write_text(write_document(replace(farm.document, area_fallow_days=29)), encoding="utf-8")
    changed = load_farm(str(path))
    assert changed.area_fallow_days == 29
    assert changed.digest != farm.digest


def test_a_changed_farm_file_gives_the_farm_it_describes(
    load_changed_farm: Callable[[Change], Farm],
) -> None:
    def make_small(file: dict[str, Any]) -> None:
        file["vaccinations"] = [{"stage": 2, "day": 100, "vaccine": "Salvac PD"}]
        file["name"] = "tiny"
        file["stages"] = [file["stages"][0], file["stages"][1], file["stages"][5]]
        for order, rule in enumerate(file["stages"], start=1):
            rule["order"] = order
        fry, adult = file["stages"][1:]
        fry |= {"name": "Youngster", "days": 200, "weight_max_g": 600.0, "meals": ["12:00"]}
        fry["max_density_kg_m3"] = 33.0
        adult["tgc_per_1000"] = 3.4
        file["halls"] = [
            {**file["halls"][0], "containers": 2},
            {**file["halls"][1], "containers": 3, "letter": "Z", "stage": 2},
        ]
        file["area"] |= {"rings": 4, "barges": 1, "barge_capacity_kg": 1000}
        file["sensors"] = {"hall": ["temperature"], "area": []}
        scotland = file["geographies"][1]
        scotland["stations"] |= {"count": 1, "pattern": "Loch-#"}
        scotland["areas"]["count"] = 2
        file["geographies"] = [scotland]

    farm = load_changed_farm(make_small)
    assert [rule.name for rule in farm.stages] == ["Egg&Alevin", "Youngster", "Adult"]
    assert farm.stage(2).days == 200
    assert farm.stage(3).tgc_per_1000 == 3.4
    assert list(farm.sites) == ["S-Loch-1-Hall-A", "S-Loch-1-Hall-Z", "S-SEA-01", "S-SEA-02"]
    hall, area = farm.sites["S-Loch-1-Hall-Z"], farm.sites["S-SEA-02"]
    assert [(container.id, container.max_biomass_kg) for container in hall.containers] == [
        (3, 3300.0),
        (4, 3300.0),
        (5, 3300.0),
    ]
    assert [len(container.sensors) for container in hall.containers] == [1, 1, 1]
    assert (hall.stages, area.stages) == ((2,), (3,))
    assert [container.id for container in area.containers] == [10, 11, 12, 13]
    assert [(store.name, store.capacity_kg) for store in area.feed_containers] == [
        ("S-SEA-02-Barge-1", 1000.0)
    ]
    assert farm.keys().stages == {1: 1, 2: 2, 3: 3}


def test_a_missing_farm_file_is_named() -> None:
    with pytest.raises(DocumentError, match=r"^farm file nowhere\.yaml: there is no such file$"):
        load_farm("nowhere.yaml")
