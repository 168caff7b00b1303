"""Daily states of batches made by hand: growth, anchors, fish, feed conversion, confidence."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.growth_analysis.anchors import ANCHOR_TYPES, NO_ANCHOR, find_anchors
from pytest_aquadata.lifecycle.growth_analysis.assimilate import (
    MORTALITY_SOURCES,
    WEIGHT_SOURCES,
    assimilate,
)
from pytest_aquadata.lifecycle.growth_analysis.models import GrowthModels
from pytest_aquadata.lifecycle.growth_analysis.observations import (
    AVERAGE,
    LARGEST,
    SMALLEST,
    Observations,
)
from pytest_aquadata.lifecycle.growth_analysis.populations import follow_population
from pytest_aquadata.lifecycle.growth_analysis.result_columns import state_columns

Evidences = Callable[..., Observations]
Models = Callable[..., GrowthModels]

DAYS = 30
OBSERVED = st.lists(
    st.tuples(st.just(1), st.integers(0, DAYS - 1), st.floats(20.0, 900.0)), max_size=6
)
WARMTH = st.lists(
    st.tuples(st.just(1), st.integers(-9, DAYS + 9), st.floats(0.5, 18.0)),
    max_size=25,
    unique_by=lambda one: one[1],
)


def test_a_hundred_grams_at_ten_degrees(evidence_of: Evidences, models_of: Models) -> None:
    observations = evidence_of([(0, 100)], weight_g=[100.0])
    weight_g = assimilate(observations, models_of(2.75, profile_c=10.0)).weight_g[0]
    assert weight_g[0] == pytest.approx(101.79, abs=0.005)
    assert weight_g[99] == pytest.approx(403.8, abs=0.1)


def test_growth_goes_on_from_a_weighing(evidence_of: Evidences, models_of: Models) -> None:
    observations = evidence_of([(0, 20)], weight_g=[100.0], samples=[(1, 10, 150.0)])
    states = assimilate(observations, models_of())
    assert states.weight_g[0, 10] == 150.0
    assert states.weight_g[0, 11] == pytest.approx((150.0 ** (1 / 3) + 0.0275) ** 3)
    assert states.weight_g[0, 9] == pytest.approx((100.0 ** (1 / 3) + 0.275) ** 3)
    kinds = states.weight_source[0]
    assert WEIGHT_SOURCES[kinds[10]] == "measured"
    assert WEIGHT_SOURCES[kinds[11]] == "tgc_computed"
    assert states.weight_confidence[0, [9, 10, 11]].tolist() == [0.5, 1.0, 0.5]


def test_a_calculated_weight_stays_below_the_engines_cap(
    evidence_of: Evidences, models_of: Models
) -> None:
    observations = evidence_of([(0, 400)], stages=[2], weight_g=[5.0], samples=[(1, 200, 12.0)])
    weight_g = assimilate(observations, models_of()).weight_g[0]
    assert weight_g[:200].max() == pytest.approx(10.0)
    assert weight_g[200] == 12.0
    assert weight_g[201:] == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("selection", "factor"), [(AVERAGE, 1.0), (LARGEST, 0.88), (SMALLEST, 1.12)]
)
def test_a_weighed_transfer_anchors_its_source(
    evidence_of: Evidences, models_of: Models, selection: int, factor: float
) -> None:
    moves = [(1, 0, 5, 100, 200.0, selection)]
    states = assimilate(evidence_of(transfers=moves), models_of())
    assert states.weight_g[0, 5] == pytest.approx(200.0 * factor)
    assert ANCHOR_TYPES[states.anchors.kind[0, 5]] == "transfer"
    assert states.weight_confidence[0, 5] == 0.95


def test_anchors_of_one_day_follow_precedence(evidence_of: Evidences) -> None:
    samples, weighings = [(1, 5, 110.0)], [(1, 5, 130.0), (1, 6, 131.0), (1, 7, 132.0)]
    moves = [(1, 0, 5, 10, 120.0, AVERAGE), (1, 0, 6, 10, 121.0, AVERAGE)]
    anchors = find_anchors(evidence_of(samples=samples, weighings=weighings, transfers=moves))
    assert anchors.kind[0, 4:8].tolist() == [NO_ANCHOR, 0, 1, 2]
    assert anchors.weight_g[0, 5:8].tolist() == [110.0, 121.0, 132.0]


@given(OBSERVED, OBSERVED, st.lists(st.integers(0, DAYS - 1), max_size=4))
def test_precedence_holds_for_any_anchors(
    evidence_of: Evidences,
    samples: list[tuple[int, int, float]],
    weighings: list[tuple[int, int, float]],
    moved: list[int],
) -> None:
    moves = [(1, 0, day, 1, 77.0, AVERAGE) for day in moved]
    anchors = find_anchors(evidence_of(samples=samples, weighings=weighings, transfers=moves))
    for day in range(DAYS):
        found = [
            [weight for _, on, weight in samples if on == day],
            [77.0 for on in moved if on == day],
            [weight for _, on, weight in weighings if on == day],
        ]
        best = next((kind for kind, weights in enumerate(found) if weights), NO_ANCHOR)
        assert anchors.kind[0, day] == best
        if best != NO_ANCHOR:
            mean_g = sum(found[best]) / len(found[best])
            assert anchors.weight_g[0, day] == pytest.approx(mean_g)


@given(OBSERVED, WARMTH, st.integers(0, DAYS - 1), st.floats(20.0, 900.0))
def test_adding_an_anchor_never_changes_days_before_it(
    evidence_of: Evidences,
    models_of: Models,
    samples: list[tuple[int, int, float]],
    temperatures: list[tuple[int, int, float]],
    day: int,
    weight_g: float,
) -> None:
    models = models_of()
    before = assimilate(evidence_of(samples=samples, temperatures=temperatures), models)
    more = [*samples, (1, day, weight_g)]
    after = assimilate(evidence_of(samples=more, temperatures=temperatures), models)
    for name in ("weight_g", "population", "deaths", "fcr", "weight_confidence"):
        old, new = getattr(before, name)[0, :day], getattr(after, name)[0, :day]
        assert np.array_equal(old, new, equal_nan=True), name


@given(OBSERVED, WARMTH, st.data())
def test_missing_readings_lower_confidence_and_make_no_gap(
    evidence_of: Evidences,
    models_of: Models,
    samples: list[tuple[int, int, float]],
    temperatures: list[tuple[int, int, float]],
    data: st.DataObject,
) -> None:
    kept = data.draw(st.lists(st.sampled_from(temperatures), unique=True)) if temperatures else []
    models = models_of(profile_c=None)
    full = assimilate(evidence_of(samples=samples, temperatures=temperatures), models)
    thin = assimilate(evidence_of(samples=samples, temperatures=kept), models)
    lost = sorted({day for _, day, _ in set(temperatures) - set(kept) if 0 <= day < DAYS})
    assert len(full) == len(thin) == DAYS
    assert (thin.weight_g > 0).all()
    assert (thin.weight_confidence >= 0.3).all()
    assert (thin.weight_confidence[0, lost] <= full.weight_confidence[0, lost]).all()
    assert (thin.temperatures.confidence[0, lost] < full.temperatures.confidence[0, lost]).all()


def test_without_any_temperature_the_weight_is_unchanged(
    evidence_of: Evidences, models_of: Models
) -> None:
    observations = evidence_of(samples=[(1, 10, 150.0)])
    states = assimilate(observations, models_of(profile_c=None))
    assert states.weight_g[0] == pytest.approx([100.0] * 10 + [150.0] * 20)
    assert {WEIGHT_SOURCES[code] for code in states.weight_source[0]} == {"measured", "unchanged"}
    assert np.isnan(states.temperatures.temp_c).all()
    columns = state_columns(observations, states)
    assert columns["temp_c"].null is not None
    assert columns["temp_c"].null.all()


def test_without_models_there_are_still_states(evidence_of: Evidences, models_of: Models) -> None:
    models = GrowthModels(models_of().stages, models_of().limits, None, None, None)
    states = assimilate(evidence_of(temperatures=[(1, 3, 9.0)], deaths=[(1, 3, 4.0)]), models)
    assert states.weight_g[0] == pytest.approx(100.0)
    assert states.population[0, [2, 3]].tolist() == [1000, 996]
    assert MORTALITY_SOURCES[states.mortality_source[0, 2]] == "none"
    assert states.weight_confidence[0, 3] == 0.3


def test_a_batch_that_has_not_begun_has_no_states(
    evidence_of: Evidences, models_of: Models
) -> None:
    observations = evidence_of([(0, 30)], as_of=-1)
    assert len(assimilate(observations, models_of())) == 0


@given(
    st.integers(0, 5000),
    st.lists(st.none() | st.integers(1, 900), min_size=1, max_size=30),
    st.lists(st.integers(-300, 500), min_size=30, max_size=30),
    st.floats(0.0, 0.2),
)
def test_fish_are_previous_plus_placed_less_dead(
    start: int, recorded: list[int | None], placed: list[int], rate: float
) -> None:
    days = len(recorded)
    events = np.array([[np.nan if one is None else one for one in recorded]])
    come = np.array([placed[:days]])
    population, deaths = follow_population(np.array([start]), come, events, np.array([rate]))
    fish = start
    for day, one in enumerate(recorded):
        dead = round(fish * rate) if one is None else one
        fish = max(fish + placed[day] - dead, 0)
        assert (population[0, day], deaths[0, day]) == (fish, dead)


def test_fish_come_with_transfers(evidence_of: Evidences, models_of: Models) -> None:
    moves = [(1, 2, 10, 600, math.nan, AVERAGE), (1, 2, 12, 390, math.nan, AVERAGE)]
    observations = evidence_of([(0, 12), (10, 20)], population=[1000, 950], transfers=moves)
    population = assimilate(observations, models_of()).population
    assert population[0, :12].tolist() == [1000] * 10 + [400] * 2
    assert population[1, :10].tolist() == [600] * 2 + [990] * 8


def test_an_unweighed_transfer_carries_the_last_state_on(
    evidence_of: Evidences, models_of: Models
) -> None:
    stays = [(20, 30), (10, 20), (0, 10)]
    moves = [(3, 2, 10, 900, math.nan, AVERAGE), (2, 1, 20, 800, math.nan, AVERAGE)]
    observations = evidence_of(stays, weight_g=[1.0, 1.0, 100.0], transfers=moves)
    weight_g = assimilate(observations, models_of()).weight_g
    in_one_go = assimilate(evidence_of([(0, 30)]), models_of()).weight_g[0]
    assert weight_g[::-1].ravel() == pytest.approx(in_one_go)


def test_a_weighed_transfer_gives_its_weight(evidence_of: Evidences, models_of: Models) -> None:
    moves = [(1, 2, 10, 900, 180.0, LARGEST), (1, 2, 10, 90, 50.0, AVERAGE)]
    states = assimilate(evidence_of([(0, 10), (10, 20)], transfers=moves), models_of())
    assert states.start_weight_g.tolist() == [100.0, 180.0]


@pytest.mark.parametrize(
    ("book", "start"), [([50.0, 60.0], 50.0), ([math.nan, 60.0], 60.0), ([math.nan] * 2, 500.0)]
)
def test_a_circle_of_transfers_falls_back_on_the_books(
    evidence_of: Evidences, models_of: Models, book: list[float], start: float
) -> None:
    moves = [(1, 2, 0, 10, math.nan, AVERAGE), (2, 1, 0, 10, math.nan, AVERAGE)]
    observations = evidence_of([(0, 5), (0, 5)], weight_g=book, transfers=moves)
    assert assimilate(observations, models_of()).start_weight_g[1] == start


def test_feed_conversion_is_feed_over_gain(evidence_of: Evidences, models_of: Models) -> None:
    fed = [(1, 0, 2.0), (1, 1, 90.0), (1, 3, 5.0)]
    observations = evidence_of([(0, 5)], deaths=[(1, 3, 400.0)], feed=fed)
    states = assimilate(observations, models_of())
    gain_kg = states.weight_g[0, 0] - 100.0
    assert states.fcr[0, 0] == pytest.approx(2.0 / gain_kg)
    assert states.fcr[0, 1] == 10.0
    assert np.isnan(states.fcr[0, 2:]).all()


def test_fish_that_were_placed_are_no_gain(evidence_of: Evidences, models_of: Models) -> None:
    moves = [(0, 1, 0, 1000, 100.0, AVERAGE)]
    observations = evidence_of([(0, 5)], transfers=moves, feed=[(1, 0, 2.0)])
    states = assimilate(observations, models_of())
    assert states.fcr[0, 0] == pytest.approx(2.0 / (states.weight_g[0, 0] - 100.0))


STAYS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=1, max_size=5).map(
    lambda stays: [(first, first + days) for first, days in stays]
)


@given(STAYS, st.integers(41, 90))
def test_states_are_unique_and_contiguous_and_stop_before_departure(
    evidence_of: Evidences, models_of: Models, stays: list[tuple[int, int]], as_of: int
) -> None:
    observations = evidence_of(stays, as_of=as_of)
    columns = state_columns(observations, assimilate(observations, models_of()), first_id=500)
    start = observations.batch.start_day
    expected = [
        (key, start + day)
        for key, (first, departs) in enumerate(stays, start=1)
        for day in range(first, min(departs, as_of + 1))
    ]
    assignment, day = columns.values("assignment_id"), columns.values("date")
    assert list(zip(assignment.tolist(), day.tolist(), strict=True)) == expected
    assert columns.values("id").tolist() == list(range(500, 500 + len(expected)))
    assert (columns.values("day_number") == day - start + 1).all()
    later = state_columns(observations, assimilate(observations, models_of()), since=start + 20)
    assert len(later) == sum(day >= start + 20 for _, day in expected)
