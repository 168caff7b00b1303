"""The standard farm, farms from files, and errors in farm files."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import replace
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from pytest_aquadata.errors import DocumentError
from pytest_aquadata.lifecycle.mortality import CAUSES, COUNTING_DIFFERENCE
from pytest_aquadata.presets.documents import write_document
from pytest_aquadata.presets.farm import Farm, load_farm
from pytest_aquadata.presets.reference_data import MORTALITY_REASONS

Change = Callable[[dict[str, Any]], object]


@pytest.fixture
def farm() -> Farm:
    return load_farm()


@pytest.fixture
def standard() -> dict[str, Any]:
    """The standard farm file as plain values."""
    file = resources.files("pytest_aquadata.presets").joinpath("standard_farm.yaml")
    values: dict[str, Any] = yaml.safe_load(file.read_text(encoding="utf-8"))
    return values


@pytest.fixture
def load(tmp_path: Path, standard: dict[str, Any]) -> Callable[[Change], Farm]:
    """Load the standard farm with a change made to its file."""

    def load(change: Change) -> Farm:
        change(standard)
        path = tmp_path / "my.yaml"
        path.write_text(yaml.safe_dump(standard, sort_keys=False), encoding="utf-8")
        return load_farm(str(path))

    return load


def test_the_standard_farm_has_152_sites_and_1940_containers(farm: Farm) -> None:
    containers = [one for site in farm.sites.values() for one in site.containers]
    halls = [site for site in farm.sites.values() if site.kind == "hall"]
    areas = [site for site in farm.sites.values() if site.kind == "area"]
    assert len(farm.geographies) == 2
    assert [len(geography.stations) for geography in farm.geographies] == [12, 10]
    assert [len(geography.areas) for geography in farm.geographies] == [22, 20]
    assert (len(halls), len(areas)) == (110, 42)
    assert sum(len(hall.containers) for hall in halls) == 1100
    assert sum(len(area.containers) for area in areas) == 840
    assert sum(len(site.feed_containers) for site in farm.sites.values()) == 236
    assert sum(len(one.sensors) for one in containers) == 11_060


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
    assert [one.name for one in hall.containers] == [f"FI-FW-01-A-C{n:02d}" for n in range(1, 11)]
    assert [one.name for one in area.containers] == [
        f"FI-SEA-01-Ring-{n:02d}" for n in range(1, 21)
    ]
    assert [one.name for one in hall.feed_containers] == ["FI-FW-01-Hall-A-Silo"]
    assert [one.name for one in area.feed_containers] == [f"FI-SEA-01-Barge-{n}" for n in (1, 2, 3)]
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
    containers = [one for site in sites for one in site.containers]
    for keys in (
        [geography.id for geography in farm.geographies],
        [station.id for geography in farm.geographies for station in geography.stations],
        [site.id for site in sites if site.kind == "hall"],
        [site.id for site in sites if site.kind == "area"],
        [one.id for one in containers],
        [store.id for site in sites for store in site.feed_containers],
        [sensor.id for one in containers for sensor in one.sensors],
        [feed.id for feed in farm.feeds],
    ):
        assert keys == list(range(1, len(keys) + 1))


def test_names_are_unique(farm: Farm) -> None:
    names = [
        name
        for site in farm.sites.values()
        for name in (
            site.name,
            *(one.name for one in site.containers),
            *(store.name for store in site.feed_containers),
            *(sensor.name for one in site.containers for sensor in one.sensors),
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
    assert sum(faroe) / 12 == pytest.approx(8.3, abs=0.1)
    assert (min(faroe), faroe.index(min(faroe))) == (6.3, 2)
    assert (max(faroe), faroe.index(max(faroe))) == (10.4, 7)
    assert scotland == (8.2, 7.5, 7.4, 8.2, 9.6, 11.3, 13.1, 13.7, 13.6, 12.8, 11.7, 9.8)


def test_keys_cover_all_master_data(farm: Farm) -> None:
    keys = farm.keys()
    assert keys.stages == {order: order for order in range(1, 7)}
    assert list(keys.feeds) == [0.3, 0.5, 0.8, 1.0, 1.5, 2, 3, 4, 5, 6, 7, 9, 11]
    assert set(keys.parameters) >= {
        sensor.parameter
        for site in farm.sites.values()
        for one in site.containers
        for sensor in one.sensors
    }
    assert list(keys.users) == ["system_admin", "operator", "vet", "manager"]
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


def test_a_changed_farm_file_gives_the_farm_it_describes(load: Callable[[Change], Farm]) -> None:
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

    farm = load(make_small)
    assert [rule.name for rule in farm.stages] == ["Egg&Alevin", "Youngster", "Adult"]
    assert farm.stage(2).days == 200
    assert farm.stage(3).tgc_per_1000 == 3.4
    assert list(farm.sites) == ["S-Loch-1-Hall-A", "S-Loch-1-Hall-Z", "S-SEA-01", "S-SEA-02"]
    hall, area = farm.sites["S-Loch-1-Hall-Z"], farm.sites["S-SEA-02"]
    assert [(one.id, one.max_biomass_kg) for one in hall.containers] == [
        (3, 3300.0),
        (4, 3300.0),
        (5, 3300.0),
    ]
    assert [len(one.sensors) for one in hall.containers] == [1, 1, 1]
    assert (hall.stages, area.stages) == ((2,), (3,))
    assert [one.id for one in area.containers] == [10, 11, 12, 13]
    assert [(one.name, one.capacity_kg) for one in area.feed_containers] == [
        ("S-SEA-02-Barge-1", 1000.0)
    ]
    assert farm.keys().stages == {1: 1, 2: 2, 3: 3}


def test_a_missing_farm_file_is_named() -> None:
    with pytest.raises(DocumentError, match=r"^farm file nowhere\.yaml: there is no such file$"):
        load_farm("nowhere.yaml")


def put(*path: str | int, to: object) -> Change:
    """Return a change that sets the value at a path of keys."""

    def change(file: dict[str, Any]) -> None:
        parent: Any = file
        for key in path[:-1]:
            parent = parent[key]
        parent[path[-1]] = to

    return change


def drop(*path: str | int) -> Change:
    """Return a change that removes the value at a path of keys."""

    def change(file: dict[str, Any]) -> None:
        parent: Any = file
        for key in path[:-1]:
            parent = parent[key]
        del parent[path[-1]]

    return change


def repeat(section: str) -> Change:
    """Return a change that repeats the first entry of a section."""
    return lambda file: file[section].append(dict(file[section][0]))


LAST = 5
FAROE = ("geographies", 0)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (put("name", to=""), "name: must not be empty"),
        (put("name", to=" a"), "name: ' a' must not begin or end with spaces"),
        (put("name", to="x" * 81), "name: has 81 characters, at most 80 are allowed"),
        (put("area_fallow_days", to=-1), "area_fallow_days: must be 0 to 365, not -1"),
        (put("hall_turnaround_days", to=900), "hall_turnaround_days: must be 0 to 365, not 900"),
        (
            put("species", "optimal_ph", to=[7, 6]),
            "species.optimal_ph: must be two ascending values",
        ),
        (put("suppliers", to=[]), "suppliers: must have at least one entry"),
        (repeat("suppliers"), "suppliers[3].name: 'Nordhav Ova' occurs twice"),
        (put("users", 1, "username", to="Op er"), "users[1].username: must be 1 to 60 lower-case"),
        (repeat("users"), "users[4].username: 'system_admin' occurs twice"),
        (drop("users", 1), "users: must contain a user operator"),
        (put("users", 1, "role", to="BOSS"), "users[1].role: must be one of ADMIN, MGR, OPR"),
        (put("stages", to=[]), "stages: must have at least one entry"),
        (put("stages", 2, "order", to=2), "stages[2].order: must be 3, not 2"),
        (put("stages", 2, "order", to=9), "stages[2].order: must be 3, not 9"),
        (drop("stages", 2), "stages[2].order: must be 3, not 4"),
        (drop("stages", LAST), "stages[4].site: must be area in the last stage"),
        (put("stages", 1, "name", to="Parr"), "stages[2].name: 'Parr' occurs twice"),
        (put("stages", 1, "site", to="pond"), "stages[1].site: must be hall or area, not 'pond'"),
        (put("stages", 2, "days", to=0), "stages[2].days: must be 1 to 2,000, not 0"),
        (
            put("stages", 2, "weight_min_g", to=99),
            "stages[2].weight_max_g: must be above weight_min",
        ),
        (
            put("stages", 2, "weight_min_g", to=0.1),
            "stages[2].weight_min_g: must be above that of the stage before, 0.17, not 0.1",
        ),
        (
            put("stages", 2, "weight_max_g", to=7.0),
            "stages[3].weight_min_g: leaves a gap: must be at most",
        ),
        (
            put("stages", 3, "weight_max_g", to=600),
            "stages[4].weight_max_g: must be above that of the stage before, 600.0",
        ),
        (put("stages", 1, "tgc_per_1000", to=107.0), "stages[1].tgc_per_1000: must be 0 to 9.99"),
        (
            put("stages", 1, "tgc_per_1000", to=0),
            "stages[1].tgc_per_1000: must be above 0 in a stage",
        ),
        (
            put("stages", 0, "tgc_per_1000", to=1),
            "stages[0].tgc_per_1000: must be 0 in a stage without meals",
        ),
        (put("stages", 1, "fcr", to=0), "stages[1].fcr: must be above 0 in a stage with meals"),
        (put("stages", 1, "fcr_end", to=6), "stages[1].fcr_end: must be 0 to 5, not 6.0"),
        (
            put("stages", LAST, "monthly_mortality_pct", to=101),
            "stages[5].monthly_mortality_pct: must be 0 to 99, not 101.0",
        ),
        (
            put("stages", LAST, "early_monthly_mortality_pct", to=-0.1),
            "stages[5].early_monthly_mortality_pct: must be 0 to 99",
        ),
        (put("stages", 1, "waste_pct", to=51), "stages[1].waste_pct: must be 0 to 50"),
        (put("stages", 1, "max_density_kg_m3", to=0), "stages[1].max_density_kg_m3: must be 0.1"),
        (put("stages", 1, "hall_temp_c", to=None), "stages[1].hall_temp_c: must be a temperature"),
        (put("stages", 1, "hall_temp_c", to=30), "stages[1].hall_temp_c: must be 0.1 to 25"),
        (
            put("stages", LAST, "hall_temp_c", to=9),
            "stages[5].hall_temp_c: must be null for a stage at sea",
        ),
        (put("stages", 1, "meals", to=["24:00"]), "stages[1].meals[0]: must be a time HH:MM"),
        (put("stages", 1, "meals", to=["6:00"]), "stages[1].meals[0]: must be a time HH:MM"),
        (
            put("stages", 1, "meals", to=["12:00", "12:00"]),
            "stages[1].meals: must be in ascending order",
        ),
        (
            put("stages", 1, "sample_size", to=0),
            "stages[1].sample_size: must be 0 if sample_every_days",
        ),
        (put("stages", 1, "model_names", to=[]), "stages[1].model_names: must have at least one"),
        (put("stages", 1, "model_names", to=["x"]), "stages[1].model_names[0]: must be one of egg"),
        (put("stages", 1, "model_names", to=["egg"]), "stages: each of model_names may occur once"),
        (drop("stages", 1, "fcr"), "stages[1].fcr: is missing"),
        (put("stages", 1, "dayz", to=1), "stages[1].dayz: unknown key; did you mean days?"),
        (put("feeds", to=[]), "feeds: must have at least one entry"),
        (
            put("feeds", 0, "weight_from_g", to=0.1),
            "feeds[0].weight_from_g: must be 0 in the first feed",
        ),
        (drop("feeds", 0), "feeds[0].weight_from_g: must be 0 in the first feed"),
        (
            put("feeds", 3, "weight_from_g", to=0.8),
            "feeds[3].weight_from_g: must be above that of the feed before, 0.8",
        ),
        (put("feeds", 3, "pellet_size_mm", to=0.5), "feeds[3].pellet_size_mm: must be above that"),
        (
            put("feeds", 3, "name", to="First Bite 0.3"),
            "feeds[3].name: 'First Bite 0.3' occurs twice",
        ),
        (put("feeds", 3, "price_per_kg", to=0), "feeds[3].price_per_kg: must be above 0"),
        (put("feeds", 3, "price_per_kg", to=1.005), "feeds[3].price_per_kg: must have at most two"),
        (put("feeds", 3, "fat_pct", to=60), "feeds[3].protein_pct: protein, fat and carbohydrate"),
        (
            put("feeds", 3, "size_category", to="HUGE"),
            "feeds[3].size_category: must be one of MICRO",
        ),
        (
            put("halls", 1, "letter", to="bb"),
            "halls[1].letter: must be one capital letter, not 'bb'",
        ),
        (put("halls", 1, "letter", to="A"), "halls[1].letter: 'A' occurs twice"),
        (
            put("halls", 1, "stage", to=6),
            "halls[1].stage: must be a stage whose site is hall, not 6",
        ),
        (
            put("halls", 1, "stage", to=0),
            "halls[1].stage: must be a stage whose site is hall, not 0",
        ),
        (put("halls", 1, "stage", to=1), "stages[1]: needs a hall: none of halls has stage 2"),
        (put("halls", 1, "containers", to=0), "halls[1].containers: must be 1 to 200, not 0"),
        (put("halls", 1, "silo_capacity_kg", to=0), "halls[1].silo_capacity_kg: must be above 0"),
        (
            put("halls", 1, "container_type", "volume_m3", to=-5),
            "halls[1].container_type.volume_m3: must be above 0",
        ),
        (
            put("halls", 1, "container_type", "name", to="Hatching tray 10 m³"),
            "halls[1].container_type.name:",
        ),
        (
            put("area", "ring_type", "name", to="Hatching tray 10 m³"),
            "area.ring_type.name:",
        ),
        (
            put("area", "ring_type", "volume_m3", to=1e8),
            "area.ring_type.volume_m3: must be above 0",
        ),
        (put("area", "rings", to=0), "area.rings: must be 1 to 200, not 0"),
        (put("area", "barges", to=0), "area.barges: must be 1 to 20, not 0"),
        (put("area", "barge_capacity_kg", to=-1), "area.barge_capacity_kg: must be above 0"),
        (
            put("sensors", "hall", to=["temp"]),
            "sensors.hall[0]: must be one of temperature, oxygen",
        ),
        (put("sensors", "area", to=["ph", "ph"]), "sensors.area: a parameter occurs twice"),
        (put("geographies", to=[]), "geographies: must have at least one entry"),
        (put(*FAROE, "name", to="Scotland"), "geographies[1].name: 'Scotland' occurs twice"),
        (put(*FAROE, "code", to="SCO"), "geographies[1].code: 'SCO' occurs twice"),
        (put(*FAROE, "code", to="far"), "geographies[0].code: must be two to five capital letters"),
        (put(*FAROE, "site_prefix", to="S"), "geographies[1].site_prefix: 'S' occurs twice"),
        (
            put(*FAROE, "currency", to="€"),
            "geographies[0].currency: must be three capital letters",
        ),
        (
            put(*FAROE, "harvest_weight_g", to=[6200, 5000]),
            "geographies[0].harvest_weight_g: must be",
        ),
        (
            put(*FAROE, "harvest_weight_g", to=[5000, 7500]),
            "geographies[0].harvest_weight_g: must be",
        ),
        (
            put(*FAROE, "climate", "monthly_temp_c", to=[7.0] * 11),
            "geographies[0].climate.monthly_temp_c: must have 12 temperatures, not 11",
        ),
        (
            put(*FAROE, "climate", "monthly_temp_c", 4, to=80),
            "geographies[0].climate.monthly_temp_c[4]: must be -2 to 30, not 80.0",
        ),
        (put(*FAROE, "climate", "salinity", to=350), "geographies[0].climate.salinity: must be 0"),
        (put(*FAROE, "stations", "count", to=0), "geographies[0].stations.count: must be 1 to 500"),
        (put(*FAROE, "stations", "pattern", to="FW"), "geographies[0].stations.pattern: must be"),
        (put(*FAROE, "stations", "pattern", to="{0}#"), "geographies[0].stations.pattern: must be"),
        (put(*FAROE, "areas", "pattern", to="FW-##"), "geographies[0].areas.pattern: must differ"),
        (
            put(*FAROE, "areas", "grid", "columns", to=0),
            "geographies[0].areas.grid.columns: must be",
        ),
        (
            put(*FAROE, "areas", "grid", "latitude_step", to=9),
            "geographies[0].areas.grid: puts site 21 at latitude 98.3",
        ),
        (
            drop(*FAROE, "grade_prices", 2),
            "geographies[0].grade_prices: must have one price for each",
        ),
        (
            put(*FAROE, "grade_prices", 0, "price_per_kg", to=-1),
            "geographies[0].grade_prices[0].price_per_kg: must be above 0",
        ),
        (
            put(*FAROE, "smolt_price_per_kg", to=0),
            "geographies[0].smolt_price_per_kg: must be above",
        ),
        (
            put(*FAROE, "companies", "farming", to=""),
            "geographies[0].companies.farming: must not be",
        ),
    ],
)
def test_an_invalid_farm_file_is_refused_at_the_wrong_key(
    load: Callable[[Change], Farm], change: Change, reason: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        load(change)
    message = str(caught.value)
    assert message.isprintable()
    assert "my.yaml: " in message
    assert reason in message


def test_a_hall_stage_after_a_sea_stage_is_refused(load: Callable[[Change], Farm]) -> None:
    def smolts_at_sea(file: dict[str, Any]) -> None:
        file["stages"][3] |= {"site": "area", "hall_temp_c": None}

    with pytest.raises(
        DocumentError, match=r"stages\[4\]\.site: must be area, as in the stage before"
    ):
        load(smolts_at_sea)


def test_a_first_stage_at_sea_is_refused(load: Callable[[Change], Farm]) -> None:
    def sea_only(file: dict[str, Any]) -> None:
        file["stages"] = [{**file["stages"][LAST], "order": 1}]

    with pytest.raises(DocumentError, match=r"stages\[0\]\.site: must be hall in the first stage"):
        load(sea_only)
