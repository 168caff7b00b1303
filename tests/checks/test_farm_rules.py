"""Soft checks apply the rules of the farm, for any number of geographies of any name."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from pytest_aquadata.checks import run_checks
from pytest_aquadata.checks.context import CheckContext
from pytest_aquadata.checks.soft.farm_geographies import assignments_with_code, load_geographies
from pytest_aquadata.databases.metadata_table import METADATA_TABLE, read_metadata
from pytest_aquadata.datasets.build_farm import farm_of_latest_build
from pytest_aquadata.datasets.build_metadata import FARM, MANIFEST
from pytest_aquadata.errors import StoreError
from pytest_aquadata.generation.verify import verify_database
from pytest_aquadata.lifecycle.lice import LiceLimit
from pytest_aquadata.presets.documents import write_document
from pytest_aquadata.presets.farm import Farm, farm_from_text, load_farm
from pytest_aquadata.presets.farm_file import GeographyEntry
from pytest_aquadata.schema import Geography

ALL_YEAR = tuple(range(1, 13))
ANSWERED, CALLED_FOR = "lice-over-the-limit-are-answered", "delousing-answers-a-count"


def scotland() -> GeographyEntry:
    entries = {entry.name: entry for entry in load_farm().document.geographies}
    return entries["Scotland"]


def norway(**changes: Any) -> Farm:
    """Return the standard farm with a third geography: Scotland's data under another name."""
    document = load_farm().document
    third = replace(scotland(), name="Norway", code="NOR", site_prefix="N", **changes)
    farm = replace(document, geographies=(*document.geographies, third))
    return farm_from_text("norway.yaml", write_document(farm))


def lice_limit(adult_females_per_fish: float) -> Any:
    limit = LiceLimit(dt.date(2000, 1, 1), ALL_YEAR, adult_females_per_fish)
    return replace(scotland().lice, limits=(limit,))


def write(database: sa.Engine, name: str, value: str) -> None:
    """Replace an entry of the build's metadata."""
    table = sa.table(METADATA_TABLE, sa.column("name"), sa.column("value"))
    with database.begin() as connection:
        change = sa.update(table).where(table.c.name == name).values(value=value)
        assert connection.execute(change).rowcount == 1


def write_manifest(database: sa.Engine, **values: str) -> None:
    """Change values of the build's manifest."""
    with database.connect() as connection:
        text = read_metadata(connection)[MANIFEST]
    write(database, MANIFEST, json.dumps({**json.loads(text), **values}))


@pytest.fixture
def database(many: sa.Engine, tmp_path: Path) -> Iterator[sa.Engine]:
    """Many batches, with Scotland renamed to Norway."""
    path = tmp_path / "norway.db"
    with many.connect() as connection:
        connection.exec_driver_sql("VACUUM INTO ?", (str(path),))
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        rename = sa.update(Geography).where(Geography.name == "Scotland")
        assert connection.execute(rename.values(name="Norway")).rowcount == 1
    yield engine
    engine.dispose()


def values(database: sa.Engine, farm: Farm) -> dict[str, float | None]:
    report = run_checks(database, only=["farm", "lice", "water", "harvest"], farm=farm)
    return {result.check.name: result.value for result in report.results}


def test_third_geography_with_scottish_rules_measures_the_same(
    many: sa.Engine, database: sa.Engine
) -> None:
    scottish, norwegian = values(many, load_farm()), values(database, norway())
    published = {
        "sea-temperature-of-scotland",
        "salinity-of-scotland",
        "harvest-weight-in-scotland",
    }
    assert {name for name, value in norwegian.items() if value != scottish[name]} == published
    assert {norwegian[name] for name in published} == {None}


def test_third_geography_has_its_own_climate(database: sa.Engine) -> None:
    climate = norway().geography_by_name["Norway"].climate
    colder = replace(climate, monthly_temp_c=tuple(t - 5 for t in climate.monthly_temp_c))
    report = run_checks(database, only=["farm"], farm=norway(climate=colder))
    result = report["sea-temperature-of-the-farm"]
    assert result.passed is False
    assert {row["geography"]: row["off_c"] > 1 for row in result.rows} == {
        "Faroe Islands": False,
        "Norway": True,
    }
    fresh = replace(climate, salinity=20.0)
    report = run_checks(database, only=["farm"], farm=norway(climate=fresh))
    assert report["salinity-of-the-farm"].passed is False


def test_third_geography_has_its_own_harvest_weight(database: sa.Engine) -> None:
    farm = norway(harvest_weight_g=(6_800.0, 7_000.0))
    assert run_checks(database, only=["farm"], farm=farm)["harvest-weight-of-the-farm"].value == 0.5


def test_third_geography_has_its_own_lice_limit(database: sa.Engine) -> None:
    strict = run_checks(database, only=["lice"], farm=norway(lice=lice_limit(0.05)))
    lax = run_checks(database, only=["lice"], farm=norway(lice=lice_limit(50.0)))
    assert (strict[ANSWERED].passed, strict[CALLED_FOR].passed) == (False, True)
    assert (lax[ANSWERED].passed, lax[CALLED_FOR].passed) == (True, False)


def test_geography_is_found_by_the_code_of_its_companies(database: sa.Engine) -> None:
    with database.connect() as connection:
        context = CheckContext(connection, load_farm())
        codes = {name: geography.code for name, geography in context.get(load_geographies).items()}
        assert codes == {"Faroe Islands": "FAR", "Norway": "SCO"}
        assert assignments_with_code(context, "SCO").sum() > 0
        assert assignments_with_code(context, "NOR").sum() == 0


def test_geography_that_the_farm_lacks_has_no_rules(database: sa.Engine) -> None:
    document = load_farm().document
    only_faroes = replace(document, geographies=document.geographies[:1])
    farm = farm_from_text("faroes.yaml", write_document(only_faroes))
    with database.connect() as connection:
        assert list(CheckContext(connection, farm).get(load_geographies)) == ["Faroe Islands"]


def test_verify_applies_the_farm_of_the_build(database: sa.Engine) -> None:
    farm = norway(lice=lice_limit(0.05))
    write(database, FARM, write_document(farm.document))
    write_manifest(database, farm_digest=farm.digest)
    assert verify_database(str(database.url), [ANSWERED])[ANSWERED].passed is False
    built_for = farm_of_latest_build(database)
    assert built_for is not None
    assert list(built_for.geography_by_name) == ["Faroe Islands", "Scotland", "Norway"]


@pytest.mark.parametrize("text", ["", "name: old", "\x00", "[", "- a", "{" * 2000])
def test_a_damaged_farm_is_refused(database: sa.Engine, text: str) -> None:
    write(database, FARM, text)
    with pytest.raises(StoreError, match=r"the farm in the table aquadata_build cannot be used"):
        verify_database(str(database.url), [ANSWERED])


def test_a_changed_farm_is_refused(database: sa.Engine) -> None:
    write(database, FARM, write_document(norway().document))
    with pytest.raises(StoreError, match="it was changed since the build; restore the database"):
        verify_database(str(database.url), [ANSWERED])


def test_database_without_a_build_or_with_another_versions_farm_has_no_farm(
    database: sa.Engine,
) -> None:
    write(database, FARM, "name: old")
    write_manifest(database, generator="0.0.1")
    assert farm_of_latest_build(database) is None
    with database.begin() as connection:
        connection.exec_driver_sql(f"DROP TABLE {METADATA_TABLE}")
    assert farm_of_latest_build(database) is None
