"""Growth analysis of whole simulated batches, compared with the simulation."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
import pytest

from pytest_aquadata.databases.column_types import complete
from pytest_aquadata.lifecycle.columns import Columns, concatenate
from pytest_aquadata.lifecycle.days import day_number
from pytest_aquadata.lifecycle.growth_analysis.analyse import analyse, growth_tables
from pytest_aquadata.lifecycle.growth_analysis.anchors import NO_ANCHOR
from pytest_aquadata.lifecycle.growth_analysis.assimilate import States, assimilate
from pytest_aquadata.lifecycle.growth_analysis.daily_records import simulated_observations
from pytest_aquadata.lifecycle.growth_analysis.model_library import ModelLibrary
from pytest_aquadata.lifecycle.growth_analysis.model_reader import library_from_tables
from pytest_aquadata.lifecycle.growth_analysis.observations import Observations
from pytest_aquadata.lifecycle.growth_analysis.report import GrowthReport
from pytest_aquadata.lifecycle.growth_analysis.result_columns import (
    PROJECTIONS,
    SCENARIOS,
    STATES,
    state_columns,
)
from pytest_aquadata.lifecycle.growth_analysis.scenarios import own_scenario
from pytest_aquadata.presets.master_data.tables import master_tables
from pytest_aquadata.schema import TABLES

COMPLETED, AT_SEA, IN_FRESH_WATER, NEW = 0, 2, 4, 7
"""Positions in the small preset."""

Analysed = Callable[..., tuple[Any, Observations, ModelLibrary, States]]


@pytest.fixture(scope="session")
def analysed(simulated: Callable[..., Any]) -> Analysed:
    """Return a function that simulates and analyses a batch of the small preset."""

    @lru_cache(maxsize=16)
    def make(position: int, readings: int = 2) -> tuple[Any, Observations, ModelLibrary, States]:
        batch = simulated(position, readings=readings)
        build = batch.build
        first = min(batch.starts for batch in build.batches)
        library = library_from_tables(master_tables(build.farm, build.as_of, first))
        parameter = build.keys.parameters["temperature"]
        observations = simulated_observations(batch.tables, parameter, build.today)
        choice = library.choose(batch.inputs.plan.geography, observations.batch.start_day)
        return batch, observations, library, assimilate(observations, library.models(choice))

    return make


@pytest.mark.parametrize("position", [COMPLETED, AT_SEA, IN_FRESH_WATER])
def test_states_are_closer_to_the_truth_than_the_last_weighing(
    analysed: Analysed, position: int
) -> None:
    batch, _, _, states = analysed(position)
    first = 0
    for stage in batch.life.stages:
        rows = slice(first, first + len(stage.containers))
        first += len(stage.containers)
        lived = states.has_state[rows][:, : stage.days]
        days = lived.shape[1]
        truth_g = stage.weight_g[:, :days]
        weight_g = states.weight_g[rows][:, :days]
        weighed = states.anchors.kind[rows][:, :days] != NO_ANCHOR
        last = np.maximum.accumulate(np.where(weighed, np.arange(days), -1), axis=1)
        row, day = np.arange(len(last))[:, None], np.maximum(last, 0)
        plain_g = np.where(last >= 0, weight_g[row, day], states.start_weight_g[rows][:, None])
        between = lived & ~weighed
        error = np.abs(weight_g / truth_g - 1.0)[between].mean()
        plain = np.abs(plain_g / truth_g - 1.0)[between].mean()
        if stage.rule.is_fed:
            assert error < 0.5 * plain, stage.rule.name
        end = lived.sum(axis=1) - 1
        row = np.arange(len(end))
        truth = stage.population[row, end + 1]
        calculated = states.population[rows][row, end]
        assert np.abs(calculated / truth - 1.0).max() < 0.001
        assert np.abs(calculated - truth).sum() < np.abs(stage.population[:, 0] - truth).sum()


def test_later_records_do_not_change_earlier_states(analysed: Analysed) -> None:
    batch, observations, library, states = analysed(COMPLETED)
    today = batch.build.today - 500
    parameter = batch.build.keys.parameters["temperature"]
    earlier = simulated_observations(batch.tables, parameter, today)
    choice = library.choose(batch.inputs.plan.geography, observations.batch.start_day)
    before = state_columns(earlier, assimilate(earlier, library.models(choice)))
    now = state_columns(observations, states)
    until = now.take(now.values("date") <= today)
    assert len(before) == len(until) > 1000
    for name in before.columns.keys() - {"id", "last_computed_at"}:
        assert_same(before, until, name)


def test_temperatures_are_the_daily_means_of_the_readings(analysed: Analysed) -> None:
    batch, _, _, states = analysed(AT_SEA)
    stage = batch.life.stages[-1]
    rows = slice(-len(stage.containers), None)
    days = int(stage.lived.any(axis=0).sum())
    read = states.temperatures.temp_c[rows][:, :days]
    assert (states.temperatures.confidence[rows][:, :days] == 1.0).all()
    assert np.abs(read - stage.temp_c[:, :days]).max() < 0.2


def test_without_readings_temperatures_come_from_the_profile(analysed: Analysed) -> None:
    _, _, _, read = analysed(COMPLETED, readings=2)
    _, observations, _, states = analysed(COMPLETED, readings=0)
    assert len(states) == len(read)
    columns = state_columns(observations, states)
    assert all('"temp": "profile"' in text for text in columns["sources"].vocabulary or ())
    weighed = read.anchors.kind != NO_ANCHOR
    assert np.array_equal(states.weight_g[weighed], read.weight_g[weighed])
    assert np.array_equal(states.population[read.has_state], read.population[read.has_state])
    lived = read.has_state
    assert (states.weight_confidence[lived] <= read.weight_confidence[lived]).all()


def test_every_component_has_a_source_and_a_confidence(analysed: Analysed) -> None:
    _, observations, _, states = analysed(COMPLETED)
    columns = state_columns(observations, states)
    parts = {"temp", "weight", "mortality", "feed", "fcr"}
    for name in ("sources", "confidence_scores"):
        vocabulary = columns[name].vocabulary or ()
        assert 0 < len(vocabulary) < 40
        assert len(set(vocabulary)) == len(vocabulary)
        for text in vocabulary:
            parsed = json.loads(text)
            assert set(parsed) == parts
            assert json.dumps(parsed, sort_keys=True) == text
    scores = [json.loads(text) for text in columns["confidence_scores"].vocabulary or ()]
    assert all(0.0 <= score <= 1.0 for entry in scores for score in entry.values())


def test_a_batch_is_pinned_to_its_plan_which_is_near_the_truth(analysed: Analysed) -> None:
    batch, observations, library, _ = analysed(COMPLETED)
    first_ids = {**batch.inputs.first_ids, STATES: 1001, SCENARIOS: 7, PROJECTIONS: 501}
    tables = growth_tables(
        batch.tables,
        library,
        first_ids,
        geography=batch.inputs.plan.geography,
        parameter=batch.build.keys.parameters["temperature"],
        suppliers={1: "Nordhav Ova"},
        owner=4,
        as_of=batch.build.today,
    )
    plan = batch.inputs.plan
    assert set(tables) == {STATES, SCENARIOS, PROJECTIONS, "batch_batch"}
    for name, columns in tables.items():
        complete(TABLES[name], columns)
    scenario, days = tables[SCENARIOS], (plan.ends - plan.starts).days
    assert scenario["name"].vocabulary == (f"Plan {plan.number}",)
    assert scenario.values("initial_count").tolist() == [plan.eggs]
    assert scenario.values("created_by_id").tolist() == [4]
    limits = library.harvest_weights_g[int(scenario.values("biological_constraints_id")[0])]
    assert limits == plan.harvest_weight_g
    assert tables["batch_batch"].values("pinned_scenario_id").tolist() == [7]
    projection = tables[PROJECTIONS]
    assert projection.values("projection_id").tolist() == list(range(501, 501 + days))
    assert projection.values("day_number").tolist() == list(range(1, days + 1))
    assert (np.diff(projection.values("average_weight")) >= 0).all()
    assert (np.diff(projection.values("population")) <= 0).all()
    sea = batch.life.stages[-1]
    first_day = observations.batch.start_day + 1
    truth = np.average(sea.weight_g[:, 200], weights=sea.population[:, 200])
    planned = projection.values("average_weight")[sea.first_day + 200 - first_day]
    assert planned == pytest.approx(truth, rel=0.06)
    assignments = sum(
        int((np.minimum(stage.departs, stage.today + 1)).sum()) for stage in batch.life.stages
    )
    assert len(tables[STATES]) == assignments


@pytest.mark.parametrize("position", [AT_SEA, IN_FRESH_WATER, NEW])
def test_active_batches_are_projected_to_their_planned_harvest_weight(
    analysed: Analysed, position: int
) -> None:
    batch, observations, library, _ = analysed(position)
    pinned = own_scenario(observations, library, batch.inputs.plan.geography, 1)
    analysis = analyse(observations, library, pinned)
    report = analysis.report
    assert report.number == batch.inputs.plan.number
    assert report.states == len(analysis.states)
    assert report.projection is not None
    assert report.harvest_g == batch.inputs.plan.harvest_weight_g
    assert analysis.forecast is not None
    projection = analysis.forecast.projection
    assert projection.weight_g[-2] < report.harvest_g <= projection.weight_g[-1]
    assert projection.day[-1] == report.projection.reaches(report.harvest_g).day
    assert abs(projection.day[-1] - day_number(batch.inputs.plan.harvest_starts)) < 60
    text = "\n".join(GrowthReport(observations.as_of, (report,), ("a note",), 0.1).lines())
    assert report.number in text
    assert "a note" in text


def test_a_completed_batch_is_not_projected(analysed: Analysed) -> None:
    batch, observations, library, _ = analysed(COMPLETED)
    pinned = own_scenario(observations, library, batch.inputs.plan.geography, 1)
    assert analyse(observations, library, pinned).report.projection is None


def test_the_order_of_rows_does_not_change_the_states(analysed: Analysed) -> None:
    batch, observations, library, states = analysed(IN_FRESH_WATER)
    halves = {
        name: concatenate([columns.take(np.arange(len(columns)) % 2 == part) for part in (0, 1)])
        for name, columns in batch.tables.items()
        if name not in ("batch_batch", "health_individualfishobservation")
    }
    parameter = batch.build.keys.parameters["temperature"]
    shuffled = simulated_observations({**batch.tables, **halves}, parameter, batch.build.today)
    choice = library.choose(batch.inputs.plan.geography, observations.batch.start_day)
    reordered = assimilate(shuffled, library.models(choice))
    actual, expected = state_columns(shuffled, reordered), state_columns(observations, states)
    for name in expected.columns:
        assert_same(actual, expected, name)


def assert_same(first: Columns, second: Columns, name: str) -> None:
    """Assert that a column has the same values in both, whatever their vocabularies."""
    left, right = first[name], second[name]
    if left.vocabulary is not None:
        assert right.vocabulary is not None
        texts = [np.array(column.vocabulary, object)[column.values] for column in (left, right)]
        assert (texts[0] == texts[1]).all(), name
    else:
        assert np.array_equal(left.values, right.values), name
    assert (left.null is None) == (right.null is None)
    if left.null is not None and right.null is not None:
        assert np.array_equal(left.null, right.null), name
