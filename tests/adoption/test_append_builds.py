"""Append builds use the master data, sites and models of a database, and can be removed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import sqlalchemy as sa

from pytest_aquadata.cli.main import main
from pytest_aquadata.datasets.manifest import Manifest
from pytest_aquadata.errors import PlanError, StoreError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.existing_databases import Planner, plan_for_existing
from pytest_aquadata.lifecycle.growth_analysis.models import DEFAULT_FCR
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.presets.master_data.growth_models import observed_tgc_per_1000
from pytest_aquadata.presets.site_bookings import Occupancy
from pytest_aquadata.provenance.wipe import wipe

Fill = Callable[..., Manifest]
Contents = Callable[[str], dict[str, list[str]]]
WHEN = "'2025-01-01 00:00:00'"

pytestmark = pytest.mark.parametrize(("dialect", "version"), [("sqlite", "head")])


@pytest.fixture
def connection(aquamind_url: str) -> Iterator[sa.Connection]:
    engine = sa.create_engine(aquamind_url)
    with engine.connect() as connection:
        yield connection
    engine.dispose()


def insert(connection: sa.Connection, table: str, **values: object) -> None:
    """Insert a row as an application does; time stamps are added."""
    literals = {
        key: f"'{value}'" if isinstance(value, str) else value for key, value in values.items()
    }
    literals |= {"created_at": WHEN, "updated_at": WHEN} if table not in UNSTAMPED else {}
    names = ", ".join(f'"{name}"' for name in literals)
    listed = ", ".join("NULL" if value is None else str(value) for value in literals.values())
    connection.exec_driver_sql(f"INSERT INTO {table} ({names}) VALUES ({listed})")


UNSTAMPED = ("batch_batchcomposition", "scenario_mortality_model_stage")


def rows(connection: sa.Connection, query: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(query)]


def test_master_data_is_matched_by_name_without_case(
    aquamind_url: str, connection: sa.Connection, fill: Fill
) -> None:
    insert(
        connection,
        "environmental_environmentalparameter",
        id=40,
        name="Dissolved Oxygen",
        unit="mg/L",
        description="",
    )
    insert(
        connection,
        "broodstock_eggsupplier",
        id=7,
        name="Nordic Eggs",
        contact_details="",
        certifications="",
    )
    connection.commit()
    built = fill(aquamind_url)
    assert built.used is not None
    assert built.used["environmental_environmentalparameter"] == 1
    assert rows(
        connection,
        "SELECT DISTINCT p.id FROM environmental_environmentalreading r "
        "JOIN environmental_environmentalparameter p ON p.id = r.parameter_id "
        "WHERE lower(p.name) = 'dissolved oxygen'",
    ) == [(40,)]
    assert built.keys["environmental_environmentalparameter"].first == 41
    assert built.keys["broodstock_eggsupplier"].first == 8
    connection.rollback()
    wipe(aquamind_url)
    assert rows(connection, "SELECT id FROM environmental_environmentalparameter") == [(40,)]


def test_a_conflicting_row_is_named(
    aquamind_url: str, connection: sa.Connection, fill: Fill, contents: Contents
) -> None:
    insert(
        connection,
        "batch_species",
        id=1,
        name="Atlantic Salmon",
        scientific_name="Oncorhynchus mykiss",
        description="",
    )
    connection.commit()
    before = contents(aquamind_url)
    with pytest.raises(StoreError, match="batch_species has another row with name atlantic salmon"):
        fill(aquamind_url)
    assert contents(aquamind_url) == before


def insert_sites(connection: sa.Connection, halls: int = 5, rings: int = 12) -> None:
    """Insert a small farm with names unlike those of farm files, and without feed containers."""
    volumes = (10, 80, 300, 700, 1500)
    insert(connection, "infrastructure_geography", id=31, name="Norway", description="")
    insert(
        connection, "infrastructure_containertype", id=5, name="Any", category="TANK",
        max_volume_m3=60000, description="",
    )  # fmt: skip
    for station in (61, 62):
        insert(
            connection, "infrastructure_freshwaterstation", id=station, name=f"Elv {station}",
            station_type="FRESHWATER", latitude=60, longitude=5, description="", active=1,
            geography_id=31,
        )  # fmt: skip
        for number in range(halls):
            hall = station * 10 + number
            insert(
                connection, "infrastructure_hall", id=hall, name=f"Hus {number}", description="",
                active=1, freshwater_station_id=station,
            )  # fmt: skip
            for tank in range(8):
                insert_container(connection, hall * 10 + tank, f"Kar {tank}", volumes[number], hall)
    for area in (71, 72):
        insert(
            connection, "infrastructure_area", id=area, name=f"Fjord {area}", latitude=60,
            longitude=5, max_biomass=3000000, active=1, geography_id=31,
        )  # fmt: skip
        for ring in range(rings):
            insert_container(connection, area * 1000 + ring, f"Merd {ring}", 20000, None, area)
    connection.commit()


def insert_container(
    connection: sa.Connection, key: int, name: str, volume: int, hall: int | None,
    area: int | None = None,
) -> None:  # fmt: skip
    insert(
        connection, "infrastructure_container", id=key, name=name, volume_m3=volume,
        max_biomass_kg=volume * 60, active=1, feed_recommendations_enabled=1,
        container_type_id=5, hall_id=hall, area_id=area, hierarchy_role="HOLDING",
    )  # fmt: skip
    insert(
        connection, "infrastructure_sensor", id=key, name=f"{name} temp", sensor_type="TEMPERATURE",
        serial_number="", manufacturer="", active=1, container_id=key,
    )  # fmt: skip


def test_batches_are_planned_in_the_sites_of_the_database(
    aquamind_url: str,
    connection: sa.Connection,
    fill: Fill,
    plan: Callable[..., BuildSpec],
    contents: Contents,
) -> None:
    insert_sites(connection)
    before = contents(aquamind_url)
    built = fill(aquamind_url, plan=partial(plan, ages=(460, 200)))
    added = {name for name in built.tables if name.startswith("infrastructure_")}
    assert added == {"infrastructure_feedcontainer"}
    assert rows(connection, "SELECT batch_number FROM batch_batch ORDER BY id") == [
        ("NOR-2024-001",),
        ("NOR-2025-002",),
    ]
    stages = rows(
        connection,
        'SELECT DISTINCT h.name, s."order" FROM batch_batchcontainerassignment a '
        "JOIN infrastructure_container c ON c.id = a.container_id "
        "JOIN infrastructure_hall h ON h.id = c.hall_id "
        "JOIN batch_lifecyclestage s ON s.id = a.lifecycle_stage_id ORDER BY 1",
    )
    assert stages == [(f"Hus {number}", number + 1) for number in range(5)]
    (dense,) = rows(
        connection,
        "SELECT count(*) FROM batch_batchcontainerassignment a "
        "JOIN infrastructure_container c ON c.id = a.container_id "
        "WHERE a.biomass_kg > c.max_biomass_kg",
    )
    assert dense == (0,)
    assert rows(connection, "SELECT count(*) FROM environmental_environmentalreading")[0] > (100,)
    connection.rollback()
    wipe(aquamind_url)
    after = contents(aquamind_url)
    for tables in (before, after):
        tables.pop("sqlite_sequence", None)
    assert after == before


def test_sites_without_a_hall_for_every_stage_are_refused(
    aquamind_url: str, connection: sa.Connection, fill: Fill
) -> None:
    insert_sites(connection, halls=2)
    message = r"Norway has no hall for stage 3 \(Parr\) and no hall for stage 4"
    with pytest.raises(PlanError, match=message):
        fill(aquamind_url)


def test_sites_too_small_for_any_batch_are_refused(
    aquamind_url: str, connection: sa.Connection, fill: Fill
) -> None:
    insert_sites(connection, rings=1)
    connection.exec_driver_sql("UPDATE infrastructure_container SET max_biomass_kg = 50")
    connection.commit()
    with pytest.raises(
        PlanError, match=r"sites of Norway are too small for a batch: .* of its areas for stage 6"
    ):
        fill(aquamind_url)


def test_a_second_build_uses_other_batch_numbers_and_containers(
    aquamind_url: str, connection: sa.Connection, fill: Fill
) -> None:
    fill(aquamind_url)
    fill(aquamind_url, append=True)
    numbers = [number for (number,) in rows(connection, "SELECT batch_number FROM batch_batch")]
    assert sorted(str(number)[-3:] for number in numbers) == ["001", "002", "003", "004"]
    shared = rows(
        connection,
        "SELECT container_id FROM batch_batchcontainerassignment WHERE is_active "
        "GROUP BY container_id HAVING count(*) > 1",
    )
    assert shared == []


def test_a_schedule_with_existing_numbers_or_occupied_sites_is_refused(
    aquamind_url: str, fill: Fill, plan: Planner, small_farm: Farm
) -> None:
    fill(aquamind_url)

    def same_numbers(farm: Farm, _: Occupancy) -> BuildSpec:
        return plan(farm, Occupancy())

    def same_places(farm: Farm, occupancy: Occupancy) -> BuildSpec:
        build = plan(farm, Occupancy())
        renamed = tuple(
            replace(batch, number=f"X-{batch.number}") for batch in build.schedule.batches
        )
        return replace(build, schedule=replace(build.schedule, batches=renamed))

    with pytest.raises(StoreError, match="already holds batch FAR-2025-001, FAR-2025-002"):
        fill(aquamind_url, append=True, plan=same_numbers)
    with pytest.raises(
        StoreError, match="has fish in FI-FW-01-Hall-A, so X-FAR-2025-001 cannot arrive"
    ):
        fill(aquamind_url, append=True, plan=same_places)


def insert_models(connection: sa.Connection, daily_pct: float = 0.5) -> None:
    insert(connection, "scenario_temperatureprofile", profile_id=1, name="Mine")
    insert(
        connection, "scenario_tgcmodel", model_id=1, name="Mine", location="Faroe Islands",
        release_period="May", tgc_value=0.0025, profile_id=1,
        exponent_n=1, exponent_m=0.33,
    )  # fmt: skip
    insert(connection, "scenario_fcrmodel", model_id=1, name="Mine")
    insert(
        connection, "scenario_mortalitymodel", model_id=1, name="Mine", frequency="daily", rate=0.05
    )
    insert(
        connection, "scenario_mortality_model_stage", id=1, lifecycle_stage="fry",
        daily_rate_percent=daily_pct, weekly_rate_percent=1, mortality_model_id=1,
    )  # fmt: skip
    connection.commit()


def adopted(url: str, farm: Farm, plan: Planner, *, models: bool) -> BuildSpec:
    return plan_for_existing(url, farm, plan, append=False, use_places=True, use_models=models)


def test_models_of_the_database_drive_the_simulation(
    aquamind_url: str,
    connection: sa.Connection,
    fill: Fill,
    small_farm: Farm,
    plan: Callable[..., BuildSpec],
) -> None:
    insert_models(connection)
    build = adopted(aquamind_url, small_farm, plan, models=True)
    before = small_farm.rules("Faroe Islands", 5)
    after = build.farm.rules("Faroe Islands", 5)
    assert after[0].tgc_per_1000 == 0
    observed = observed_tgc_per_1000(small_farm, small_farm.geographies[0], 5)
    assert after[5].tgc_per_1000 / before[5].tgc_per_1000 == pytest.approx(2.5 / observed[5])
    assert (after[2].fcr + after[2].fcr_end) / 2 == pytest.approx(DEFAULT_FCR)
    assert after[1].monthly_mortality_pct == pytest.approx(100 * (1 - 0.995**30))
    assert adopted(aquamind_url, small_farm, plan, models=False).farm.rules("Faroe Islands", 5) == (
        before
    )
    fill(aquamind_url, models=True, plan=partial(plan, ages=(460, 200)))
    survival = rows(
        connection,
        "SELECT 1.0 * sum(e.count) / max(a.fish) FROM batch_mortalityevent e JOIN "
        "batch_batchcontainerassignment b ON b.id = e.assignment_id JOIN batch_lifecyclestage s "
        "ON s.id = b.lifecycle_stage_id, (SELECT max(population_count) * 10 AS fish "
        'FROM batch_batchcontainerassignment) a WHERE s."order" = 2',
    )
    assert isinstance(survival[0][0], float)
    assert survival[0][0] > 0.1


def test_missing_models_are_named(aquamind_url: str, small_farm: Farm, plan: Planner) -> None:
    with pytest.raises(PlanError, match="no rows in scenario_tgcmodel and scenario_fcrmodel and"):
        adopted(aquamind_url, small_farm, plan, models=True)


def test_a_build_that_other_rows_refer_to_is_not_wiped(
    aquamind_url: str, connection: sa.Connection, fill: Fill, contents: Contents
) -> None:
    first = fill(aquamind_url)
    second = fill(aquamind_url, append=True)
    before = contents(aquamind_url)
    with pytest.raises(StoreError, match=r"holds 2 builds, .*: give one as --build"):
        wipe(aquamind_url)
    with pytest.raises(StoreError, match="holds 0 builds whose digest begins with '00ff00'"):
        wipe(aquamind_url, "00ff00")
    depends = f"build {second.digest[:12]} uses rows of this build: wipe it first"
    with pytest.raises(StoreError, match=depends):
        wipe(aquamind_url, first.digest)
    assert contents(aquamind_url) == before

    (batch,) = rows(
        connection, f"SELECT id FROM batch_batch WHERE id = {second.keys['batch_batch'].first}"
    )
    insert(
        connection, "batch_batchcomposition", id=1, percentage=100, population_count=1,
        biomass_kg=1, mixed_batch_id=batch[0], source_batch_id=batch[0],
        created_at="2025-01-01 00:00:00",
    )  # fmt: skip
    connection.commit()
    attached = contents(aquamind_url)
    with pytest.raises(StoreError, match=r"1 rows of batch_batchcomposition .* remove them first"):
        wipe(aquamind_url, second.digest)
    assert contents(aquamind_url) == attached


def test_the_commands_seed_verify_and_wipe_an_existing_database(
    aquamind_url: str, capsys: pytest.CaptureFixture[str], contents: Contents, pair: Path
) -> None:
    before = contents(aquamind_url)
    arguments = ["seed", str(pair), "--url", aquamind_url]
    assert main(arguments) == 0
    assert "2 batches" in capsys.readouterr().out
    assert main(arguments) == 4
    assert "use --replace to build it again" in capsys.readouterr().err
    assert main([*arguments, "--replace"]) == 4
    assert "made by others and only filled by aquadata" in capsys.readouterr().err
    assert main([*arguments, "--reuse"]) == 0
    assert main([*arguments, "--reuse", "--seed", "2"]) == 4
    assert "another build: seed is 1, not 2" in capsys.readouterr().err
    assert main(["verify", "--url", aquamind_url, "--only", "hard"]) == 0
    assert main(["wipe", "--url", aquamind_url]) == 0
    assert "removed build" in capsys.readouterr().out
    after = contents(aquamind_url)
    for tables in (before, after):
        tables.pop("sqlite_sequence", None)
    assert after == before
    assert main(["wipe", "--url", aquamind_url]) == 4
    assert "holds no build of aquadata" in capsys.readouterr().err
