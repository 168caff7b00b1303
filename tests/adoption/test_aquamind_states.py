"""Builds into databases that AquaMind made: freshly migrated, bootstrapped, and in use."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa
from aquamind_rows import STATES, insert_state

from pytest_aquadata.datasets.manifest import Manifest
from pytest_aquadata.generation.existing_databases import Planner, plan_for_existing
from pytest_aquadata.generation.verify import verify_database
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.provenance.wipe import wipe

pytestmark = pytest.mark.slow

Contents = Callable[[str], dict[str, list[str]]]
Fill = Callable[..., Manifest]

POSTGRESQL = pytest.param("postgresql", marks=pytest.mark.postgresql)


@pytest.fixture(params=STATES)
def state(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def url(aquamind_url: str, state: str, version: str) -> str:
    """A database that AquaMind has left in a state."""
    engine = sa.create_engine(aquamind_url)
    with engine.begin() as connection:
        insert_state(connection, state, version)
    engine.dispose()
    return aquamind_url


def rows(contents: dict[str, list[str]]) -> dict[str, list[str]]:
    return {name: rows for name, rows in contents.items() if name != "sqlite_sequence"}


@pytest.mark.parametrize("dialect", ["sqlite", POSTGRESQL])
def test_a_build_passes_verify_and_wipe_leaves_the_rows_of_aquamind(
    url: str, state: str, fill: Fill, contents: Contents
) -> None:
    before = rows(contents(url))
    manifest = fill(url, append=state == "used")
    assert manifest.used is not None
    report = verify_database(url, ["hard"])
    assert not report.hard_failures, [result.lines() for result in report.hard_failures]
    wipe(url, manifest.digest)
    assert rows(contents(url)) == before


@pytest.mark.parametrize(("dialect", "version"), [("sqlite", "head")])
@pytest.mark.parametrize("state", ["bootstrapped"])
def test_the_places_and_parameters_of_aquamind_are_used(
    url: str, fill: Fill, contents: Contents
) -> None:
    before = contents(url)
    manifest = fill(url)
    after = contents(url)
    assert manifest.used is not None
    master_data = (
        "batch_species",
        "batch_lifecyclestage",
        "environmental_environmentalparameter",
        "harvest_productgrade",
        "health_healthparameter",
        "health_licetype",
    )
    added = {"environmental_environmentalparameter"}
    places = ("hall", "container", "feedcontainer", "sensor")
    for name in {*master_data, *(f"infrastructure_{place}" for place in places)} - added:
        assert after[name] == before[name], name
    assert all(manifest.used[name] for name in master_data)
    assert manifest.used["health_healthparameter"] == 9


@pytest.mark.parametrize(("dialect", "version"), [("sqlite", "head")])
@pytest.mark.parametrize("state", ["bootstrapped"])
def test_verify_reports_rules_that_rows_of_others_broke_before(url: str, fill: Fill) -> None:
    manifest = fill(url)
    assert manifest.failing["choices-respected"] > 0
    result = verify_database(url, ["choices-respected"])["choices-respected"]
    assert result.outcome == "n/a"
    assert "rows of others broke this rule before the build" in result.lines()[0]

    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(sa.text("UPDATE batch_batch SET status = 'LOST'"))
    engine.dispose()
    assert not verify_database(url, ["choices-respected"]).ok


@pytest.mark.parametrize(("dialect", "version"), [("sqlite", "head")])
@pytest.mark.parametrize("state", ["bootstrapped"])
def test_readings_have_the_parameter_that_the_growth_engine_of_aquamind_reads(
    url: str, fill: Fill, contents: Contents, small_farm: Farm, plan: Planner
) -> None:
    build = plan_for_existing(
        url, small_farm, plan, append=False, use_places=True, use_models=False
    )
    (note,) = build.key_mapping.notes
    assert "has a parameter 'Temperature'" in note
    assert "reads only 'temperature'" in note
    fill(url)
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        names = connection.execute(
            sa.text(
                "SELECT p.name, count(r.id) FROM environmental_environmentalparameter p LEFT JOIN "
                "environmental_environmentalreading r ON r.parameter_id = p.id GROUP BY p.id"
            )
        ).all()
    engine.dispose()
    readings = dict(tuple(row) for row in names)
    assert readings["Temperature"] == 0
    assert readings["temperature"] > 0
    assert readings["Dissolved Oxygen"] > 0
    assert "dissolved oxygen" not in readings
    assert (
        plan_for_existing(
            url, small_farm, plan, append=True, use_places=True, use_models=False
        ).key_mapping.notes
        == ()
    )


@pytest.mark.parametrize(("dialect", "version"), [("sqlite", "head")])
@pytest.mark.parametrize("state", ["bootstrapped"])
def test_models_of_aquamind_are_not_taken_for_those_of_the_farm(
    url: str, small_farm: Farm, plan: Planner
) -> None:
    engine = sa.create_engine(url)
    with engine.begin() as connection:
        connection.execute(
            sa.text(
                "INSERT INTO scenario_mortalitymodel "
                "(name, frequency, rate, created_at, updated_at) VALUES "
                "('Standard Mortality', 'daily', 0.03, '2026-01-01', '2026-01-01')"
            )
        )
    engine.dispose()
    build = plan_for_existing(
        url, small_farm, plan, append=False, use_places=True, use_models=False
    )
    assert build.key_mapping.used["scenario_mortalitymodel"] == 0
    assert build.key_mapping.used["scenario_biological_constraints"] == 0
