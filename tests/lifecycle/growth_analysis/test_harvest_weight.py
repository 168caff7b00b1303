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
def live(
    observations_of: Callable[..., Observations], models_of: Callable[..., GrowthModels]
) -> tuple[Observations, LiveProjection]:
    observations = observations_of(AT_SEA, weight_g=[500.0], as_of=600)
    projection = project_from_today(
        observations, assimilate(observations, models_of()), models_of()
    )
    assert projection is not None
    return observations, projection


def test_the_planned_harvest_weight_is_used_first(
    live: tuple[Observations, LiveProjection],
) -> None:
    observations, projection = live
    planned = replace(observations.batch, harvest_weight_g=4750.0)
    assert harvest_weight_g(planned, projection) == 4750.0


def test_without_a_planned_weight_it_is_the_weight_on_the_planned_last_day(
    live: tuple[Observations, LiveProjection],
) -> None:
    observations, projection = live
    planned = replace(observations.batch, expected_end_day=observations.as_of + 90)
    weight_g = harvest_weight_g(planned, projection)
    assert weight_g == projection.weight_g[89]
    assert projection.reaches(weight_g).day == planned.expected_end_day


@pytest.mark.parametrize("end_day", [None, 0, 10**6])
def test_without_a_planned_day_to_come_it_is_the_default_weight(
    live: tuple[Observations, LiveProjection], end_day: int | None
) -> None:
    observations, projection = live
    unplanned = replace(observations.batch, expected_end_day=end_day)
    assert harvest_weight_g(unplanned, projection) == HARVEST_WEIGHT_G


@given(st.integers(500, 12_000), st.integers(1, 10**7))
def test_the_harvest_weight_is_read_from_the_batch_note(weight_g: int, eggs: int) -> None:
    plan = BatchPlan("FAR-2024-001", "Faroe Islands", eggs, weight_g, date(2026, 1, 1), ())
    assert noted_harvest_weight_g(plan.note) == weight_g


@pytest.mark.parametrize("note", ["", "to be harvested soon", "3,400,000 eggs"])
def test_other_notes_have_no_harvest_weight(note: str) -> None:
    assert noted_harvest_weight_g(note) is None
