"""With `models=database` fish, plan, forecast and deaths follow the models that a database has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import pytest
import sqlalchemy as sa
from aquamind_models import DAILY_PCT, FCR, TGC, Models, insert_models
from aquamind_rows import insert_state

from pytest_aquadata.datasets.manifest import Manifest
from pytest_aquadata.errors import PlanError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.existing_databases import plan_for_existing
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.provenance.wipe import wipe
from pytest_aquadata.schema import TABLES

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize(("dialect", "version"), [("sqlite", "v61")]),
]

Contents = Callable[[str], dict[str, list[str]]]
Fill = Callable[..., Manifest]

FRY, PARR = 2, 3
AGES = (310, 130)
"""A batch of smolt, which started in January, and one of fry, which started in July."""
MODEL_TABLES = (
    "scenario_tgc_model_stage",
    "scenario_tgcmodel",
    "scenario_fcrmodelstage",
    "scenario_fcrmodel",
    "scenario_mortality_model_stage",
    "scenario_mortalitymodel",
)
STATE = "batch_actualdailyassignmentstate"


def changed(values: tuple[float, ...], stage: int, factor: float) -> tuple[float, ...]:
    return tuple(
        round(value * (factor if order == stage else 1.0), 4)
        for order, value in enumerate(values, start=1)
    )


UNLIKE = Models(
    tgc=changed(TGC, PARR, 2.0),
    daily_pct=changed(DAILY_PCT, FRY, 3.0),
    fcr=changed(FCR, FRY, 1.5),
)
"""Parr grow twice as fast, three times as many fry die, and they eat half as much again."""


@pytest.fixture
def connection(aquamind_url: str, version: str) -> Iterator[sa.Connection]:
    """Connection to a bootstrapped database without models."""
    engine = sa.create_engine(aquamind_url)
    with engine.connect() as connection:
        insert_state(connection, "bootstrapped", version)
        connection.commit()
        yield connection
    engine.dispose()


def model_rows(contents: dict[str, list[str]]) -> dict[str, list[str]]:
    derived = ("scenario", "scenario_scenarioprojection")
    return {
        name: rows
        for name, rows in contents.items()
        if name.startswith("scenario") and name not in derived
    }


def delete_models(connection: sa.Connection) -> None:
    """Delete all models except temperature profiles and constraint sets."""
    for name in MODEL_TABLES:
        connection.execute(sa.delete(TABLES[name]))


def rows(connection: sa.Connection, query: str) -> list[tuple[Any, ...]]:
    found = [tuple(map(float, row)) for row in connection.execute(sa.text(query))]
    connection.rollback()
    return found


@dataclass(frozen=True)
class Course:
    """What is seen of a stage, from daily weights, populations, temperatures and feed."""

    tgc: float
    daily_pct: float
    fcr: float


def course(days: list[tuple[Any, ...]]) -> Course:
    """Return what is seen over days: weight in g, °C, fish, dead, feed in kg."""
    roots = [weight_g ** (1 / 3) for weight_g, *_ in days]
    gains_kg = [(day[0] - before[0]) * day[2] / 1000 for before, day in pairwise(days)]
    dead = sum(day[3] for day in days[1:])
    return Course(
        tgc=1000 * (roots[-1] - roots[0]) / sum(day[1] for day in days[1:]),
        daily_pct=100 * dead / sum(day[2] for day in days[1:]),
        fcr=sum(day[4] for day in days[1:]) / sum(gains_kg),
    )


def of_fish(connection: sa.Connection, stage: int) -> Course:
    """Return what is seen of the fish of the older batch; parr below the cap of the engine."""
    return course(
        rows(
            connection,
            "SELECT avg(avg_weight_g) AS weight_g, avg(temp_c), sum(population), "
            f"sum(mortality_count), sum(feed_kg) FROM {STATE} s JOIN batch_batch b "
            "ON b.id = s.batch_id WHERE b.batch_number LIKE '%-001' "
            f"AND s.lifecycle_stage_id = {stage} GROUP BY date HAVING weight_g < 90 ORDER BY date",
        )
    )


def of_scenario(connection: sa.Connection, name: str, stage: int) -> Course:
    """Return what a scenario projects, up to the cap of the engine."""
    return course(
        rows(
            connection,
            "SELECT average_weight, p.temperature, population, "
            "lag(population) OVER (ORDER BY day_number) - population, daily_feed "
            "FROM scenario_scenarioprojection p JOIN scenario s ON s.scenario_id = p.scenario_id "
            f"WHERE s.name LIKE '{name}' AND current_stage_id = {stage} AND average_weight < 90 "
            "ORDER BY day_number LIMIT -1 OFFSET 1",
        )
    )


def test_fish_plan_forecast_and_deaths_follow_the_models(
    aquamind_url: str,
    connection: sa.Connection,
    fill: Fill,
    plan: Callable[..., BuildSpec],
    contents: Contents,
) -> None:
    """The same batches, with ordinary models and with others: random numbers are the same."""
    seen = []
    for models in (Models(), UNLIKE):
        delete_models(connection)
        insert_models(connection, models, "both")
        before = contents(aquamind_url)
        fill(aquamind_url, models=True, plan=partial(plan, ages=AGES))
        assert model_rows(contents(aquamind_url)) == model_rows(before)
        chosen = rows(
            connection,
            "SELECT tgc_model_id, fcr_model_id, mortality_model_id, biological_constraints_id "
            "FROM scenario ORDER BY scenario_id",
        )
        assert chosen == [(5, 2, 2, 1), (5, 2, 2, 1), (6, 2, 2, 1), (6, 2, 2, 1)]
        seen.append({stage: of_fish(connection, stage) for stage in (FRY, PARR)})
        for name, stage, growth in (
            ("Plan %-001", FRY, 0.001),
            ("Plan %-001", PARR, 0.001),
            ("Forecast %-002", FRY, 0.05),
            ("Forecast %-002", PARR, 0.05),
        ):
            projected, index = of_scenario(connection, name, stage), stage - 1
            assert projected.tgc == pytest.approx(models.tgc[index], rel=growth)
            assert projected.fcr == pytest.approx(models.fcr[index], rel=0.01)
            assert projected.daily_pct == pytest.approx(models.daily_pct[index], rel=0.03)
        wipe(aquamind_url)
        after = contents(aquamind_url)
        for tables in (before, after):
            tables.pop("sqlite_sequence", None)
        assert after == before
    ordinary, unlike = seen
    for stage, tgc, deaths, feed in ((FRY, 1.0, 3.0, 1.5), (PARR, 2.0, 1.0, 1.0)):
        assert ordinary[stage].tgc == pytest.approx(TGC[stage - 1], rel=0.15)
        assert unlike[stage].tgc / ordinary[stage].tgc == pytest.approx(tgc, rel=0.1)
        assert unlike[stage].daily_pct / ordinary[stage].daily_pct == pytest.approx(
            deaths, rel=0.25
        )
        assert unlike[stage].fcr / ordinary[stage].fcr == pytest.approx(feed, rel=0.2)


def test_rows_under_the_choices_and_under_the_names_of_stages_mean_the_same(
    aquamind_url: str,
    connection: sa.Connection,
    small_farm: Farm,
    plan: Callable[..., BuildSpec],
) -> None:
    rules = []
    for names in ("stages", "choices"):
        delete_models(connection)
        insert_models(connection, UNLIKE, names)
        build = plan_for_existing(
            aquamind_url, small_farm, plan, append=False, use_places=True, use_models=True
        )
        rules.append([build.farm.rules("Scotland", month) for month in (1, 3, 7)])
    assert rules[0] == rules[1]
    january, march, july = rules[0]
    assert january[:-1] == july[:-1]
    assert march[PARR - 1].tgc_per_1000 == pytest.approx(
        january[PARR - 1].tgc_per_1000 * 0.8 / 2, rel=0.01
    )


def test_models_that_a_build_added_are_no_models_of_the_database(
    aquamind_url: str, connection: sa.Connection, fill: Fill, contents: Contents
) -> None:
    connection.rollback()
    fill(aquamind_url)
    before = contents(aquamind_url)
    with pytest.raises(PlanError, match="has no rows of its own in scenario_tgcmodel and"):
        fill(aquamind_url, append=True, models=True)
    assert contents(aquamind_url) == before


@pytest.mark.parametrize("is_active", [False, None], ids=["inactive", "none"])
def test_constraint_sets_are_added_only_to_a_database_without_any(
    aquamind_url: str,
    connection: sa.Connection,
    small_farm: Farm,
    plan: Callable[..., BuildSpec],
    is_active: bool | None,
) -> None:
    sets = TABLES["scenario_biological_constraints"]
    if is_active is None:
        connection.execute(sa.delete(sets))
    else:
        connection.execute(sa.update(sets).values(is_active=is_active))
    insert_models(connection, UNLIKE)
    build = plan_for_existing(
        aquamind_url, small_farm, plan, append=False, use_places=True, use_models=True
    )
    added = {name for name in build.key_mapping.added if name.startswith("scenario_")}
    if is_active is None:
        assert added == {"scenario_biological_constraints", "scenario_stage_constraint"}
        assert build.models.choose("Scotland", 20_000, 5_000.0).constraints is not None
    else:
        assert added == set()
        assert build.models.choose("Scotland", 20_000, 5_000.0).constraints is None
