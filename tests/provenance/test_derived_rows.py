"""Results of the growth analysis are compared with what the build, or `aquadata grow`, wrote."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
import sqlalchemy as sa

from pytest_aquadata.databases.metadata_table import read_metadata
from pytest_aquadata.errors import StoreError
from pytest_aquadata.growth.grow import grow
from pytest_aquadata.provenance.derived_rows import GROWTH
from pytest_aquadata.provenance.wipe import wipe

Execute = Callable[..., None]
Scalar = Callable[[str], object]

pytestmark = pytest.mark.parametrize("kind", ["sqlite"], indirect=True)

STATES = "batch_actualdailyassignmentstate"
STATE_COLUMNS = (
    "day_number, avg_weight_g, population, biomass_kg, temp_c, mortality_count, feed_kg, "
    "observed_fcr, anchor_type, sources, confidence_scores, last_computed_at, assignment_id, "
    "batch_id, container_id, lifecycle_stage_id"
)
ADDED_STATE = (
    f"INSERT INTO {STATES} (id, date, {STATE_COLUMNS}) "
    f"SELECT (SELECT max(id) + 1 FROM {STATES}), '2030-01-01', {STATE_COLUMNS} FROM {STATES} "
    "WHERE id = 1"
)
ADDED_SCENARIO = (
    "INSERT INTO scenario (name, start_date, duration_days, initial_count, genotype, supplier, "
    "initial_weight, created_at, updated_at, fcr_model_id, mortality_model_id, tgc_model_id, "
    "batch_id) SELECT '{name}' || batch_number, s.start_date, 50, 1000, genotype, supplier, 1, "
    "s.created_at, s.updated_at, fcr_model_id, mortality_model_id, tgc_model_id, b.id "
    "FROM scenario s JOIN batch_batch b ON b.id = s.batch_id LIMIT 1"
)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (ADDED_STATE, f"{STATES} in .* has 1 row of the build's batches that neither"),
        (
            "INSERT INTO scenario_scenarioprojection SELECT 999999, projection_date, "
            "day_number + 9000, average_weight, population, biomass, daily_feed, cumulative_feed, "
            "temperature, created_at, updated_at, current_stage_id, scenario_id "
            "FROM scenario_scenarioprojection LIMIT 1",
            "scenario_scenarioprojection in .* has 1 row of the build's batches that neither",
        ),
        (ADDED_SCENARIO.format(name="Plan "), "1 rows of scenario through batch_id"),
        (ADDED_SCENARIO.format(name="Forecast "), "1 rows of scenario through batch_id"),
    ],
    ids=["state", "projection", "plan", "forecast"],
)
def test_rows_of_users_are_never_removed(
    url: str, execute: Execute, change: str, message: str
) -> None:
    execute(change)
    for force in (False, True):
        with pytest.raises(StoreError, match=message):
            wipe(url, force=force)


@pytest.mark.parametrize(
    "change",
    [
        f"UPDATE {STATES} SET anchor_type = 'manual' WHERE id = 3",
        f"DELETE FROM {STATES} WHERE id = 3",
        "UPDATE scenario SET duration_days = 3",
        "UPDATE scenario_scenarioprojection SET average_weight = 1 WHERE projection_id = 2",
    ],
)
def test_a_changed_result_stops_wipe_unless_forced(
    url: str, execute: Execute, scalar: Scalar, change: str
) -> None:
    execute(change)
    with pytest.raises(StoreError, match=r"changed, removed or replaced since: .* of FAR-2025-004"):
        wipe(url)
    wipe(url, force=True)
    assert scalar(f"SELECT count(*) FROM {STATES}") == 0


def test_an_analysis_that_changes_rows_is_recorded(
    url: str, execute: Execute, scalar: Scalar
) -> None:
    execute("UPDATE batch_mortalityevent SET count = 0 WHERE id = 1")
    grow(url)
    assert GROWTH in metadata(url)
    with pytest.raises(StoreError) as error:
        wipe(url)
    assert "batch_mortalityevent" in str(error.value)
    assert STATES not in str(error.value)
    execute(f"UPDATE {STATES} SET population = 5 WHERE id = (SELECT max(id) FROM {STATES})")
    with pytest.raises(StoreError, match=STATES):
        wipe(url)
    wipe(url, force=True)
    assert scalar("SELECT count(*) FROM scenario") == 0


def test_an_analysis_that_changes_nothing_is_not_recorded(url: str) -> None:
    before = metadata(url)
    grow(url)
    assert metadata(url) == before


def test_a_change_before_the_analysed_days_stays_a_change(url: str, execute: Execute) -> None:
    execute(f"UPDATE {STATES} SET anchor_type = 'manual' WHERE id = 1")
    execute(f"DELETE FROM {STATES} WHERE date = (SELECT max(date) FROM {STATES})")
    (last,) = [state for state in [last_state(url)] if state is not None]
    grow(url, since=last)
    with pytest.raises(StoreError, match=f"{STATES} of FAR-2025-004"):
        wipe(url)


def test_a_scenario_of_a_user_is_not_taken_for_the_forecast(
    url: str, execute: Execute, scalar: Scalar
) -> None:
    execute("DELETE FROM scenario_scenarioprojection", "UPDATE batch_batch SET notes = 'x'")
    execute(ADDED_SCENARIO.format(name="Forecast "))
    execute("DELETE FROM scenario WHERE name LIKE 'Forecast%' AND duration_days <> 50")
    grow(url)
    assert scalar("SELECT count(*) FROM scenario WHERE name LIKE 'Forecast%'") == 2
    assert scalar("SELECT count(*) FROM scenario WHERE duration_days = 50") == 1


def metadata(url: str) -> dict[str, str]:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return read_metadata(connection)


def last_state(url: str) -> dt.date | None:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        text = connection.execute(sa.text(f"SELECT max(date) FROM {STATES}")).scalar()
        return None if text is None else dt.date.fromisoformat(str(text))
