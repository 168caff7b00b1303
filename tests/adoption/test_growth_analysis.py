"""Growth analysis in existing databases, and the removal of its rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Protocol

import pytest
import sqlalchemy as sa

from pytest_aquadata.cli.main import main
from pytest_aquadata.datasets.manifest import Manifest
from pytest_aquadata.errors import StoreError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.existing_databases import Planner
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.presets.site_bookings import Occupancy
from pytest_aquadata.provenance.wipe import wipe

pytestmark = pytest.mark.slow

Contents = Callable[[str], dict[str, list[str]]]
Fill = Callable[..., Manifest]
WHEN = "'2025-01-01 00:00:00'"
STATES = "batch_actualdailyassignmentstate"
PROJECTIONS = "scenario_scenarioprojection"


class Filled(Protocol):
    url: str
    manifest: Manifest


@pytest.fixture
def filled_connection(filled: Filled) -> Iterator[sa.Connection]:
    """Connection to the database with a build."""
    engine = sa.create_engine(filled.url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def connection(aquamind_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(aquamind_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()


@pytest.fixture
def plan_without_growth(plan: Planner) -> Planner:
    """Function that plans a build without growth analysis."""

    def make(farm: Farm, occupancy: Occupancy) -> BuildSpec:
        build = plan(farm, occupancy)
        return BuildSpec(build.schedule, build.farm, build.seed, build.as_of, growth=False)

    return make


def values(connection: sa.Connection, query: str) -> list[object]:
    return list(connection.execute(sa.text(query)).scalars())


def without_counters(contents: dict[str, list[str]]) -> dict[str, list[str]]:
    """Return the contents without SQLite's counters of assigned keys."""
    return {name: rows for name, rows in contents.items() if name != "sqlite_sequence"}


@pytest.mark.parametrize(
    ("dialect", "version"),
    [
        ("sqlite", "v61"),
        pytest.param("postgresql", "head", marks=pytest.mark.postgresql),
        pytest.param("mysql", "head", marks=pytest.mark.mariadb),
    ],
)
def test_wipe_removes_a_growth_analysis_that_was_added_later(
    aquamind_url: str,
    connection: sa.Connection,
    version: str,
    plan_without_growth: Planner,
    fill: Fill,
    contents: Contents,
) -> None:
    before = contents(aquamind_url)
    built = fill(aquamind_url, plan=plan_without_growth)
    assert STATES not in built.tables
    grow(aquamind_url)
    with_growth = contents(aquamind_url)
    grow(aquamind_url)
    assert contents(aquamind_url) == with_growth
    assert len(with_growth["scenario"]) == 4
    pin = "pinned_projection_run_id" if version == "head" else "pinned_scenario_id"
    assert len(set(values(connection, f"SELECT {pin} FROM batch_batch")) - {None}) == 2
    wiped = wipe(aquamind_url)
    assert wiped.rows[STATES] == len(with_growth[STATES]) > 100
    assert wiped.rows[PROJECTIONS] == len(with_growth[PROJECTIONS]) > 1000
    assert without_counters(contents(aquamind_url)) == without_counters(before)


@pytest.mark.parametrize("version", ["head"])
def test_every_scenario_has_one_run_and_batches_are_pinned_to_their_plan(
    filled: Filled, filled_connection: sa.Connection
) -> None:
    assert values(
        filled_connection,
        "SELECT s.name FROM batch_batch b JOIN scenario_projection_run r "
        "ON r.run_id = b.pinned_projection_run_id JOIN scenario s ON s.scenario_id = r.scenario_id "
        "AND s.batch_id = b.id ORDER BY 1",
    ) == ["Plan FAR-2025-001", "Plan FAR-2025-002"]
    runs = filled_connection.execute(
        sa.text(
            "SELECT r.run_number, r.total_projections = count(*), "
            "r.final_weight_g = max(p.average_weight), count(*) = s.duration_days "
            "FROM scenario_projection_run r JOIN scenario s ON s.scenario_id = r.scenario_id "
            f"JOIN {PROJECTIONS} p ON p.projection_run_id = r.run_id GROUP BY r.run_id"
        )
    ).all()
    assert [tuple(run) for run in runs] == [(1, 1, 1, 1)] * 4


@pytest.mark.parametrize("version", ["head"])
def test_projection_runs_of_the_application_are_kept(
    filled: Filled, filled_connection: sa.Connection, contents: Contents
) -> None:
    filled_connection.exec_driver_sql(
        "INSERT INTO scenario_projection_run (run_date, run_number, label, parameters_snapshot, "
        f"notes, total_projections, created_at, updated_at, scenario_id) SELECT {WHEN}, 2, 'Mine', "
        f"'{{}}', '', 1, {WHEN}, {WHEN}, scenario_id FROM scenario WHERE name LIKE 'Plan %-001'"
    )
    (own_run,) = values(
        filled_connection, "SELECT run_id FROM scenario_projection_run WHERE label = 'Mine'"
    )
    filled_connection.exec_driver_sql(
        f"UPDATE batch_batch SET pinned_projection_run_id = {own_run} "
        "WHERE batch_number LIKE '%-001'"
    )
    before = contents(filled.url)
    grow(filled.url)
    assert contents(filled.url) == before
    with pytest.raises(StoreError, match=r"1 rows of scenario_projection_run through scenario_id"):
        wipe(filled.url)
    assert contents(filled.url) == before


def insert_models(connection: sa.Connection) -> None:
    """Insert growth, feed and mortality models as an application does."""
    connection.exec_driver_sql(
        f"INSERT INTO scenario_temperatureprofile VALUES (1, 'Mine', {WHEN}, {WHEN})"
    )
    for month in ("January", "August", "November"):
        connection.exec_driver_sql(
            "INSERT INTO scenario_tgcmodel (name, location, release_period, tgc_value, "
            "exponent_n, exponent_m, created_at, updated_at, profile_id) VALUES "
            f"('Mine {month}', 'Faroe Islands', '{month}', 0.0025, 1, 0.33, {WHEN}, {WHEN}, 1)"
        )
    connection.exec_driver_sql(f"INSERT INTO scenario_fcrmodel VALUES (1, 'Mine', {WHEN}, {WHEN})")
    connection.exec_driver_sql(
        f"INSERT INTO scenario_mortalitymodel VALUES (1, 'Mine', 'daily', 0.05, {WHEN}, {WHEN})"
    )


@pytest.mark.parametrize(("dialect", "version"), [("sqlite", "v61")])
@pytest.mark.parametrize(("models", "is_own"), [(False, {0}), (True, {1})])
def test_scenarios_take_the_models_that_drive_the_simulation(
    aquamind_url: str, connection: sa.Connection, fill: Fill, models: bool, is_own: set[int]
) -> None:
    insert_models(connection)
    fill(aquamind_url, models=models)
    for kind in ("tgc", "fcr", "mortality"):
        is_named_mine = values(
            connection,
            f"SELECT DISTINCT m.name LIKE 'Mine%' FROM scenario s JOIN scenario_{kind}model m "
            f"ON m.model_id = s.{kind}_model_id",
        )
        assert set(is_named_mine) == is_own, kind


def test_a_build_that_another_scenario_uses_is_not_wiped(
    filled: Filled, filled_connection: sa.Connection, contents: Contents
) -> None:
    filled_connection.exec_driver_sql(
        "INSERT INTO scenario (name, start_date, duration_days, initial_count, genotype, supplier, "
        "initial_weight, created_at, updated_at, fcr_model_id, mortality_model_id, tgc_model_id) "
        "SELECT 'What if', start_date, 50, 1000, genotype, supplier, 1, created_at, updated_at, "
        "fcr_model_id, mortality_model_id, tgc_model_id FROM scenario LIMIT 1"
    )
    before = contents(filled.url)
    with pytest.raises(StoreError, match=r"1 rows of scenario through \w+_model_id"):
        wipe(filled.url)
    assert contents(filled.url) == before


@pytest.mark.parametrize("version", ["v61"])
def test_a_row_that_reuses_a_deleted_key_is_not_wiped_without_force(
    filled: Filled,
    filled_connection: sa.Connection,
    contents: Contents,
    capsys: pytest.CaptureFixture[str],
) -> None:
    last = filled.manifest.keys["batch_mortalityevent"].last
    columns = "event_date, count, biomass_kg, cause, description, created_at, updated_at, batch_id"
    filled_connection.exec_driver_sql(f"DELETE FROM batch_mortalityevent WHERE id = {last}")
    filled_connection.exec_driver_sql(
        f"INSERT INTO batch_mortalityevent (id, {columns}) SELECT {last}, event_date, 7, 1, "
        "'OTHER', 'Mine', created_at, updated_at, batch_id FROM batch_mortalityevent LIMIT 1"
    )
    before = contents(filled.url)
    message = r"changed, removed or replaced since: batch_mortalityevent of FAR-2025-00\d; --force"
    with pytest.raises(StoreError, match=message):
        wipe(filled.url)
    assert contents(filled.url) == before
    assert main(["wipe", "--url", filled.url, "--force"]) == 0
    assert "removed build" in capsys.readouterr().out
    assert values(filled_connection, "SELECT count(*) FROM batch_mortalityevent") == [0]


@pytest.mark.parametrize("version", ["head"])
@pytest.mark.parametrize(
    ("change", "named"),
    [
        (
            "UPDATE batch_batch SET status = 'TERMINATED' WHERE id = 1",
            "batch_batch of FAR-2025-001",
        ),
        ("UPDATE batch_batch SET pinned_projection_run_id = NULL WHERE id = 1", "batch_batch of"),
        ("DELETE FROM batch_mortalityevent WHERE id = 1", "batch_mortalityevent of FAR-2025-001"),
        ("UPDATE inventory_feedpurchase SET notes = 'x' WHERE id = 1", "feedpurchase of feed"),
    ],
)
def test_a_changed_row_is_named(
    filled: Filled, filled_connection: sa.Connection, change: str, named: str
) -> None:
    filled_connection.exec_driver_sql(change)
    with pytest.raises(StoreError, match=f"replaced since: .*{named}"):
        wipe(filled.url)


@pytest.mark.postgresql
@pytest.mark.parametrize(("dialect", "version"), [("postgresql", "head")])
def test_new_projection_runs_get_keys_above_existing_ones(
    aquamind_url: str, connection: sa.Connection, fill: Fill, plan: Callable[..., BuildSpec]
) -> None:
    """Runs may outnumber scenarios, so their keys cannot follow from those of scenarios."""
    fill(aquamind_url, plan=partial(plan, ages=(12,)))
    connection.execute(
        sa.text(
            "INSERT INTO scenario_projection_run (run_date, run_number, label, "
            "parameters_snapshot, notes, total_projections, created_at, updated_at, scenario_id) "
            f"SELECT {WHEN}, 2, 'Mine', '{{}}', '', 0, {WHEN}, {WHEN}, scenario_id FROM scenario"
        )
    )
    fill(aquamind_url, append=True, plan=partial(plan, ages=(12,)))
    assert values(connection, "SELECT count(*) FROM scenario_projection_run") == [6]
    assert values(connection, "SELECT run_number FROM scenario_projection_run ORDER BY run_id") == [
        1,
        1,
        2,
        2,
        1,
        1,
    ]
