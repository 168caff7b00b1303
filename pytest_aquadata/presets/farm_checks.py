"""Checks of a farm file beyond the types of its values.

They refuse farms that contradict themselves or biology, and figures that do not fit AquaMind's
columns.
"""

from __future__ import annotations

from itertools import pairwise

from ..lifecycle.lice import LiceRule
from ..lifecycle.stages import StageRule
from .document_checker import MAX_QUANTITY, DocumentChecker
from .farm_file import ContainerTypeEntry, FarmFile, GeographyEntry, SiteSeries
from .reference_data import GRADES, PARAMETERS, VACCINES
from .stage_checks import check_stages
from .yaml_parser import quoted

REQUIRED_USERS = ("system_admin", "operator", "vet", "manager")

_CLIMATE_RANGES = (
    ("year_sd_c", 0, 5),
    ("day_sd_c", 0, 5),
    ("salinity", 0, 45),
    ("runoff_salinity", 0, 45),
    ("oxygen_saturation_pct", 20, 150),
)


def check_farm(farm: FarmFile, name: str) -> None:
    """Refuse a farm file that contradicts itself, biology or the database.

    Args:
        farm: content of the file.
        name: name of the file in error messages.

    Raises:
        DocumentError: names the first wrong key.
    """
    check = DocumentChecker(name)
    check.text("name", farm.name)
    check.within("hall_turnaround_days", farm.hall_turnaround_days, 0, 365)
    check.within("area_fallow_days", farm.area_fallow_days, 0, 365)
    _people(check, farm)
    check_stages(check, farm.stages)
    _vaccinations(check, farm)
    _feeds(check, farm)
    _halls(check, farm)
    _area(check, farm)
    _sensors(check, farm)
    check.filled("geographies", farm.geographies)
    for index, geography in enumerate(farm.geographies):
        _geography(check, f"geographies[{index}]", geography, farm.stages[-1])
    for field in ("name", "code", "site_prefix"):
        values = [getattr(geography, field) for geography in farm.geographies]
        check.unique("geographies", field, values)


def _vaccinations(check: DocumentChecker, farm: FarmFile) -> None:
    for index, vaccination in enumerate(farm.vaccinations):
        key = f"vaccinations[{index}]"
        check.within(f"{key}.stage", vaccination.stage, 1, len(farm.stages))
        days = farm.stages[vaccination.stage - 1].days
        check.within(f"{key}.day", vaccination.day, 0, days - 1)
        names = [vaccine.name for vaccine in VACCINES]
        check.require(
            vaccination.vaccine in names,
            f"{key}.vaccine",
            f"must be one of {', '.join(names)}, not {quoted(vaccination.vaccine)}",
        )


def _lice(check: DocumentChecker, key: str, rule: LiceRule) -> None:
    check.within(f"{key}.count_every_days", rule.count_every_days, 1, 90)
    for index, limit in enumerate(rule.limits):
        check.require(
            bool(limit.months) and all(1 <= month <= 12 for month in limit.months),
            f"{key}.limits[{index}].months",
            "must be calendar months, 1 to 12",
        )
        check.positive(
            f"{key}.limits[{index}].adult_females_per_fish", limit.adult_females_per_fish, 100
        )


def _people(check: DocumentChecker, farm: FarmFile) -> None:
    check.text("species.name", farm.species.name)
    check.text("species.scientific_name", farm.species.scientific_name)
    for key, (low, high), highest in (
        ("species.optimal_temp_c", farm.species.optimal_temp_c, 30.0),
        ("species.optimal_ph", farm.species.optimal_ph, 14.0),
    ):
        check.require(
            0 <= low < high <= highest, key, f"must be two ascending values from 0 to {highest}"
        )
    check.within("species.optimal_oxygen_min_mg_l", farm.species.optimal_oxygen_min_mg_l, 0, 20)
    check.filled("suppliers", farm.suppliers)
    for index, supplier in enumerate(farm.suppliers):
        check.text(f"suppliers[{index}].name", supplier.name)
    check.unique("suppliers", "name", [supplier.name for supplier in farm.suppliers])
    for index, user in enumerate(farm.users):
        key = f"users[{index}]"
        check.matches(
            f"{key}.username",
            user.username,
            r"[a-z0-9_.+-]{1,60}",
            "1 to 60 lower-case letters, digits and _ . + -",
        )
        for field in ("first_name", "last_name", "job_title", "department"):
            check.text(f"{key}.{field}", getattr(user, field))
    usernames = [user.username for user in farm.users]
    check.unique("users", "username", usernames)
    for username in REQUIRED_USERS:
        check.require(username in usernames, "users", f"must contain a user {username}")


def _feeds(check: DocumentChecker, farm: FarmFile) -> None:
    feeds = farm.feeds
    check.filled("feeds", feeds)
    check.require(
        feeds[0].weight_from_g == 0, "feeds[0].weight_from_g", "must be 0 in the first feed"
    )
    for index, feed in enumerate(feeds):
        key = f"feeds[{index}]"
        check.text(f"{key}.name", feed.name)
        check.text(f"{key}.brand", feed.brand)
        check.within(f"{key}.pellet_size_mm", feed.pellet_size_mm, 0.05, 50)
        check.price(f"{key}.price_per_kg", feed.price_per_kg)
        parts = (feed.protein_pct, feed.fat_pct, feed.carbohydrate_pct)
        check.require(
            min(parts) >= 0 and sum(parts) <= 100,
            f"{key}.protein_pct",
            "protein, fat and carbohydrate must each be at least 0 and together at most 100",
        )
    for index, (before, after) in enumerate(pairwise(feeds), start=1):
        for field in ("pellet_size_mm", "weight_from_g"):
            low, value = getattr(before, field), getattr(after, field)
            check.require(
                low < value,
                f"feeds[{index}].{field}",
                f"must be above that of the feed before, {low}, not {value}",
            )
    check.unique("feeds", "name", [feed.name for feed in feeds])


def _halls(check: DocumentChecker, farm: FarmFile) -> None:
    stages = farm.stages
    for index, hall in enumerate(farm.halls):
        key = f"halls[{index}]"
        check.matches(f"{key}.letter", hall.letter, "[A-Z]", "one capital letter")
        check.require(
            1 <= hall.stage <= len(stages) and stages[hall.stage - 1].site == "hall",
            f"{key}.stage",
            f"must be a stage whose site is hall, not {hall.stage}",
        )
        check.within(f"{key}.containers", hall.containers, 1, 200)
        density = stages[hall.stage - 1].max_density_kg_m3
        _container_type(check, f"{key}.container_type", hall.container_type, density)
        check.positive(f"{key}.silo_capacity_kg", hall.silo_capacity_kg)
    check.unique("halls", "letter", [hall.letter for hall in farm.halls])
    names = [hall.container_type.name for hall in farm.halls]
    check.unique("halls", "container_type.name", names)
    ring = farm.area.ring_type.name
    check.require(
        ring not in names, "area.ring_type.name", f"{quoted(ring)} is the container type of a hall"
    )
    hall_stages = {hall.stage for hall in farm.halls}
    for index, rule in enumerate(stages):
        check.require(
            rule.site == "area" or rule.order in hall_stages,
            f"stages[{index}]",
            f"needs a hall: none of halls has stage {rule.order}",
        )


def _container_type(
    check: DocumentChecker, key: str, kind: ContainerTypeEntry, density: float
) -> None:
    check.text(f"{key}.name", kind.name)
    check.positive(f"{key}.volume_m3", kind.volume_m3, MAX_QUANTITY / density)


def _area(check: DocumentChecker, farm: FarmFile) -> None:
    area = farm.area
    check.within("area.rings", area.rings, 1, 200)
    density = farm.stages[-1].max_density_kg_m3
    _container_type(check, "area.ring_type", area.ring_type, density)
    check.within("area.barges", area.barges, 1, 20)
    check.positive("area.barge_capacity_kg", area.barge_capacity_kg)


def _sensors(check: DocumentChecker, farm: FarmFile) -> None:
    parameters = [parameter.key for parameter in PARAMETERS]
    for site_kind, keys in (("hall", farm.sensors.hall), ("area", farm.sensors.area)):
        for index, key in enumerate(keys):
            check.require(
                key in parameters,
                f"sensors.{site_kind}[{index}]",
                f"must be one of {', '.join(parameters)}, not {quoted(key)}",
            )
        check.require(
            len(set(keys)) == len(keys), f"sensors.{site_kind}", "a parameter occurs twice"
        )


def _geography(
    check: DocumentChecker, key: str, geography: GeographyEntry, last: StageRule
) -> None:
    check.text(f"{key}.name", geography.name)
    check.matches(f"{key}.code", geography.code, "[A-Z]{2,5}", "two to five capital letters")
    check.matches(
        f"{key}.site_prefix", geography.site_prefix, "[A-Z]{1,5}", "one to five capital letters"
    )
    check.matches(
        f"{key}.currency", geography.currency, "[A-Z]{3}", "three capital letters, such as EUR"
    )
    low, high = geography.harvest_weight_g
    check.require(
        last.weight_min_g < low < high <= last.weight_max_g,
        f"{key}.harvest_weight_g",
        f"must be two ascending weights, above {last.weight_min_g:,} and at most "
        f"{last.weight_max_g:,}",
    )
    _climate(check, f"{key}.climate", geography)
    _lice(check, f"{key}.lice", geography.lice)
    _series(check, f"{key}.stations", geography.stations)
    _series(check, f"{key}.areas", geography.areas)
    check.require(
        geography.stations.pattern != geography.areas.pattern,
        f"{key}.areas.pattern",
        "must differ from stations.pattern",
    )
    for field in ("freshwater", "farming", "logistics"):
        check.text(f"{key}.companies.{field}", getattr(geography.companies, field))
    check.price(f"{key}.smolt_price_per_kg", geography.smolt_price_per_kg)
    for index, grade in enumerate(geography.grade_prices):
        check.price(f"{key}.grade_prices[{index}].price_per_kg", grade.price_per_kg)
    codes = [grade.code for grade in GRADES]
    check.require(
        sorted(grade.grade for grade in geography.grade_prices) == sorted(codes),
        f"{key}.grade_prices",
        f"must have one price for each of {', '.join(codes)}",
    )


def _climate(check: DocumentChecker, key: str, geography: GeographyEntry) -> None:
    climate = geography.climate
    months = len(climate.monthly_temp_c)
    check.require(months == 12, f"{key}.monthly_temp_c", f"must have 12 temperatures, not {months}")
    for index, temperature in enumerate(climate.monthly_temp_c):
        check.within(f"{key}.monthly_temp_c[{index}]", temperature, -2, 30)
    for field, low, high in _CLIMATE_RANGES:
        check.within(f"{key}.{field}", getattr(climate, field), low, high)


def _series(check: DocumentChecker, key: str, series: SiteSeries) -> None:
    check.within(f"{key}.count", series.count, 1, 500)
    check.matches(
        f"{key}.pattern",
        series.pattern,
        "[A-Za-z][A-Za-z0-9-]{0,20}?#{1,5}",
        "letters, digits and hyphens that end in # signs for the number, such as SEA-##",
    )
    check.within(f"{key}.grid.columns", series.grid.columns, 1, 500)
    for index in range(series.count):
        latitude, longitude = series.grid.place(index)
        check.require(
            -90 <= latitude <= 90 and -180 <= longitude <= 180,
            f"{key}.grid",
            f"puts site {index + 1} at latitude {latitude}, longitude {longitude}: off the globe",
        )
