"""Errors in farm files: the message names the key and the reason."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from pytest_aquadata.errors import DocumentError
from pytest_aquadata.presets.farm import Farm

Change = Callable[[dict[str, Any]], object]


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
        (repeat("users"), "users[10].username: 'system_admin' occurs twice"),
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
    load_changed_farm: Callable[[Change], Farm], change: Change, reason: str
) -> None:
    with pytest.raises(DocumentError) as caught:
        load_changed_farm(change)
    message = str(caught.value)
    assert message.isprintable()
    assert "my.yaml: " in message
    assert reason in message


def test_a_hall_stage_after_a_sea_stage_is_refused(
    load_changed_farm: Callable[[Change], Farm],
) -> None:
    def smolts_at_sea(file: dict[str, Any]) -> None:
        file["stages"][3] |= {"site": "area", "hall_temp_c": None}

    with pytest.raises(
        DocumentError, match=r"stages\[4\]\.site: must be area, as in the stage before"
    ):
        load_changed_farm(smolts_at_sea)


def test_a_first_stage_at_sea_is_refused(load_changed_farm: Callable[[Change], Farm]) -> None:
    def sea_only(file: dict[str, Any]) -> None:
        file["stages"] = [{**file["stages"][LAST], "order": 1}]

    with pytest.raises(DocumentError, match=r"stages\[0\]\.site: must be hall in the first stage"):
        load_changed_farm(sea_only)
