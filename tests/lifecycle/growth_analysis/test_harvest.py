"""The weight and day at which a batch is expected to be harvested."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.biology import HARVEST_WEIGHT_G
from pytest_aquadata.lifecycle.growth_analysis.assimilate import assimilate
from pytest_aquadata.lifecycle.growth_analysis.harvest_weight import harvest_weight_g
from pytest_aquadata.lifecycle.growth_analysis.live_projection import (
    LiveProjection,
    project_from_today,
)
from pytest_aquadata.lifecycle.growth_analysis.models import GrowthModels
from pytest_aquadata.lifecycle.growth_analysis.observations import Observations
from pytest_aquadata.lifecycle.plan import BatchPlan, noted_harvest_weight_g

AT_SEA = [(450, 2000)]


@pytest.fixture
def ahead(
    evidence_of: Callable[..., Observations], models_of: Callable[..., GrowthModels]
) -> tuple[Observations, LiveProjection]:
    observations = evidence_of(AT_SEA, weight_g=[500.0], as_of=600)
    forward = project_from_today(observations, assimilate(observations, models_of()), models_of())
    assert forward is not None
    return observations, forward


def test_the_plan_s_own_weight_comes_first(ahead: tuple[Observations, LiveProjection]) -> None:
    observations, forward = ahead
    planned = replace(observations.batch, harvest_weight_g=4750.0)
    assert harvest_weight_g(planned, forward) == 4750.0


def test_a_planned_end_without_a_weight_is_kept(ahead: tuple[Observations, LiveProjection]) -> None:
    observations, forward = ahead
    planned = replace(observations.batch, expected_end_day=observations.as_of + 90)
    weight_g = harvest_weight_g(planned, forward)
    assert weight_g == forward.weight_g[89]
    assert forward.reaches(weight_g).day == planned.expected_end_day


@pytest.mark.parametrize("end_day", [None, 0, 10**6])
def test_without_a_plan_it_is_the_usual_weight(
    ahead: tuple[Observations, LiveProjection], end_day: int | None
) -> None:
    observations, forward = ahead
    unplanned = replace(observations.batch, expected_end_day=end_day)
    assert harvest_weight_g(unplanned, forward) == HARVEST_WEIGHT_G


@given(st.integers(500, 12_000), st.integers(1, 10**7))
def test_a_batch_s_note_tells_its_harvest_weight(weight_g: int, eggs: int) -> None:
    plan = BatchPlan("FAR-2024-001", "Faroe Islands", eggs, weight_g, date(2026, 1, 1), ())
    assert noted_harvest_weight_g(plan.note) == weight_g


@pytest.mark.parametrize("note", ["", "to be harvested soon", "3,400,000 eggs"])
def test_other_notes_tell_none(note: str) -> None:
    assert noted_harvest_weight_g(note) is None
