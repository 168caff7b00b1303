"""Daily states of small batches: growth, anchors, population, feed conversion, confidence."""

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

ObservationsOf = Callable[..., Observations]
ModelsOf = Callable[..., GrowthModels]

DAYS = 30
OBSERVED = st.lists(
    st.tuples(st.just(1), st.integers(0, DAYS - 1), st.floats(20.0, 900.0)), max_size=6
)
TEMPERATURES = st.lists(
    st.tuples(st.just(1), st.integers(-9, DAYS + 9), st.floats(0.5, 18.0)),
    max_size=25,
    unique_by=lambda value: value[1],
)


def test_growth_from_100_g_at_10_degrees_matches_known_weights(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    observations = observations_of([(0, 100)], weight_g=[100.0])
    weight_g = assimilate(observations, models_of(2.75, profile_c=10.0)).weight_g[0]
    assert weight_g[0] == pytest.approx(101.79, abs=0.005)
    assert weight_g[99] == pytest.approx(403.8, abs=0.1)


def test_growth_continues_from_a_growth_sample(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    observations = observations_of([(0, 20)], weight_g=[100.0], samples=[(1, 10, 150.0)])
    states = assimilate(observations, models_of())
    assert states.weight_g[0, 10] == 150.0
    assert states.weight_g[0, 11] == pytest.approx((150.0 ** (1 / 3) + 0.0275) ** 3, abs=0.005)
    assert states.weight_g[0, 9] == pytest.approx((100.0 ** (1 / 3) + 0.275) ** 3, abs=0.05)
    kinds = states.weight_source[0]
    assert WEIGHT_SOURCES[kinds[10]] == "measured"
    assert WEIGHT_SOURCES[kinds[11]] == "tgc_computed"
    assert states.weight_confidence[0, [9, 10, 11]].tolist() == [0.5, 1.0, 0.5]


def test_a_calculated_weight_does_not_exceed_the_cap_of_aquamind(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    observations = observations_of([(0, 400)], stages=[2], weight_g=[5.0], samples=[(1, 200, 12.0)])
    weight_g = assimilate(observations, models_of()).weight_g[0]
    assert weight_g[:200].max() == pytest.approx(10.0)
    assert weight_g[200] == 12.0
    assert weight_g[201:] == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("selection", "factor"), [(AVERAGE, 1.0), (LARGEST, 0.88), (SMALLEST, 1.12)]
)
def test_a_weighed_transfer_is_an_anchor_of_its_source(
    observations_of: ObservationsOf, models_of: ModelsOf, selection: int, factor: float
) -> None:
    transfers = [(1, 0, 5, 100, 200.0, selection)]
    states = assimilate(observations_of(transfers=transfers), models_of())
    assert states.weight_g[0, 5] == pytest.approx(200.0 * factor)
    assert ANCHOR_TYPES[states.anchors.kind[0, 5]] == "transfer"
    assert states.weight_confidence[0, 5] == 0.95


def test_a_growth_sample_precedes_a_transfer_and_a_treatment(
    observations_of: ObservationsOf,
) -> None:
    samples, weighings = [(1, 5, 110.0)], [(1, 5, 130.0), (1, 6, 131.0), (1, 7, 132.0)]
    transfers = [(1, 0, 5, 10, 120.0, AVERAGE), (1, 0, 6, 10, 121.0, AVERAGE)]
    anchors = find_anchors(
        observations_of(samples=samples, weighings=weighings, transfers=transfers)
    )
    assert anchors.kind[0, 4:8].tolist() == [NO_ANCHOR, 0, 1, 2]
    assert anchors.weight_g[0, 5:8].tolist() == [110.0, 121.0, 132.0]


@given(OBSERVED, OBSERVED, st.lists(st.integers(0, DAYS - 1), max_size=4))
def test_the_precedence_of_anchors_holds_for_any_measurements(
    observations_of: ObservationsOf,
    samples: list[tuple[int, int, float]],
    weighings: list[tuple[int, int, float]],
    transfer_days: list[int],
) -> None:
    transfers = [(1, 0, day, 1, 77.0, AVERAGE) for day in transfer_days]
    anchors = find_anchors(
        observations_of(samples=samples, weighings=weighings, transfers=transfers)
    )
    for day in range(DAYS):
        measured = [
            [weight for _, on, weight in samples if on == day],
            [77.0 for on in transfer_days if on == day],
            [weight for _, on, weight in weighings if on == day],
        ]
        best = next((kind for kind, weights in enumerate(measured) if weights), NO_ANCHOR)
        assert anchors.kind[0, day] == best
        if best != NO_ANCHOR:
            mean_g = sum(measured[best]) / len(measured[best])
            assert anchors.weight_g[0, day] == pytest.approx(mean_g)


@given(OBSERVED, TEMPERATURES, st.integers(0, DAYS - 1), st.floats(20.0, 900.0))
def test_an_additional_anchor_does_not_change_days_before_it(
    observations_of: ObservationsOf,
    models_of: ModelsOf,
    samples: list[tuple[int, int, float]],
    temperatures: list[tuple[int, int, float]],
    day: int,
    weight_g: float,
) -> None:
    models = models_of()
    before = assimilate(observations_of(samples=samples, temperatures=temperatures), models)
    more = [*samples, (1, day, weight_g)]
    after = assimilate(observations_of(samples=more, temperatures=temperatures), models)
    for name in ("weight_g", "population", "deaths", "fcr", "weight_confidence"):
        old, new = getattr(before, name)[0, :day], getattr(after, name)[0, :day]
        assert np.array_equal(old, new, equal_nan=True), name


@given(OBSERVED, TEMPERATURES, st.data())
def test_missing_readings_lower_confidence_and_leave_no_gap(
    observations_of: ObservationsOf,
    models_of: ModelsOf,
    samples: list[tuple[int, int, float]],
    temperatures: list[tuple[int, int, float]],
    data: st.DataObject,
) -> None:
    remaining = []
    if temperatures:
        remaining = data.draw(st.lists(st.sampled_from(temperatures), unique=True))
    models = models_of(profile_c=None)
    full = assimilate(observations_of(samples=samples, temperatures=temperatures), models)
    thin = assimilate(observations_of(samples=samples, temperatures=remaining), models)
    deleted = set(temperatures) - set(remaining)
    lost = sorted({day for _, day, _ in deleted if 0 <= day < DAYS})
    assert len(full) == len(thin) == DAYS
    assert (thin.weight_g > 0).all()
    assert (thin.weight_confidence >= 0.3).all()
    assert (thin.weight_confidence[0, lost] <= full.weight_confidence[0, lost]).all()
    assert (thin.temperatures.confidence[0, lost] < full.temperatures.confidence[0, lost]).all()


def test_without_temperatures_the_weight_is_unchanged(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    observations = observations_of(samples=[(1, 10, 150.0)])
    states = assimilate(observations, models_of(profile_c=None))
    assert states.weight_g[0] == pytest.approx([100.0] * 10 + [150.0] * 20)
    assert {WEIGHT_SOURCES[code] for code in states.weight_source[0]} == {"measured", "unchanged"}
    assert np.isnan(states.temperatures.temp_c).all()
    columns = state_columns(observations, states)
    assert columns["temp_c"].null is not None
    assert columns["temp_c"].null.all()


def test_states_exist_without_models(observations_of: ObservationsOf, models_of: ModelsOf) -> None:
    models = GrowthModels(models_of().stages, models_of().limits, None, None, None)
    states = assimilate(observations_of(temperatures=[(1, 3, 9.0)], deaths=[(1, 3, 4.0)]), models)
    assert states.weight_g[0] == pytest.approx(100.0)
    assert states.population[0, [2, 3]].tolist() == [1000, 996]
    assert MORTALITY_SOURCES[states.mortality_source[0, 2]] == "none"
    assert states.weight_confidence[0, 3] == 0.3


def test_a_batch_that_has_not_begun_has_no_states(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    observations = observations_of([(0, 30)], as_of=-1)
    assert len(assimilate(observations, models_of())) == 0


@given(
    st.integers(0, 5000),
    st.lists(st.none() | st.integers(1, 900), min_size=1, max_size=30),
    st.lists(st.integers(-300, 500), min_size=30, max_size=30),
    st.floats(0.0, 0.2),
)
def test_population_is_previous_plus_placed_less_dead(
    start: int, recorded: list[int | None], placed: list[int], rate: float
) -> None:
    days = len(recorded)
    deaths_or_nan = np.array([[np.nan if dead is None else dead for dead in recorded]])
    placed_array = np.array([placed[:days]])
    population, deaths = follow_population(
        np.array([start]), placed_array, deaths_or_nan, np.array([rate])
    )
    fish = start
    for day, event in enumerate(recorded):
        dead = round(fish * rate) if event is None else event
        fish = max(fish + placed[day] - dead, 0)
        assert (population[0, day], deaths[0, day]) == (fish, dead)


def test_transfers_move_fish_from_source_to_destination(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    transfers = [(1, 2, 10, 600, math.nan, AVERAGE), (1, 2, 12, 390, math.nan, AVERAGE)]
    observations = observations_of([(0, 12), (10, 20)], population=[1000, 950], transfers=transfers)
    population = assimilate(observations, models_of()).population
    assert population[0, :12].tolist() == [1000] * 10 + [400] * 2
    assert population[1, :10].tolist() == [600] * 2 + [990] * 8


def test_an_unweighed_transfer_continues_from_the_last_state_of_its_source(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    stays = [(20, 30), (10, 20), (0, 10)]
    transfers = [(3, 2, 10, 900, math.nan, AVERAGE), (2, 1, 20, 800, math.nan, AVERAGE)]
    observations = observations_of(stays, weight_g=[1.0, 1.0, 100.0], transfers=transfers)
    weight_g = assimilate(observations, models_of()).weight_g
    in_one_assignment = assimilate(observations_of([(0, 30)]), models_of()).weight_g[0]
    assert weight_g[::-1].ravel() == pytest.approx(in_one_assignment)


def test_an_assignment_starts_with_the_weight_measured_at_the_first_transfer(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    transfers = [(1, 2, 10, 900, 180.0, LARGEST), (1, 2, 10, 90, 50.0, AVERAGE)]
    states = assimilate(observations_of([(0, 10), (10, 20)], transfers=transfers), models_of())
    assert states.start_weight_g.tolist() == [100.0, 180.0]


@pytest.mark.parametrize(
    ("recorded_g", "start_g"),
    [([50.0, 60.0], 50.0), ([math.nan, 60.0], 60.0), ([math.nan] * 2, 500.0)],
)
def test_a_circle_of_transfers_uses_the_recorded_weights(
    observations_of: ObservationsOf, models_of: ModelsOf, recorded_g: list[float], start_g: float
) -> None:
    transfers = [(1, 2, 0, 10, math.nan, AVERAGE), (2, 1, 0, 10, math.nan, AVERAGE)]
    observations = observations_of([(0, 5), (0, 5)], weight_g=recorded_g, transfers=transfers)
    assert assimilate(observations, models_of()).start_weight_g[1] == start_g


def test_feed_conversion_is_feed_over_gain_up_to_10(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    fed = [(1, 0, 2.0), (1, 1, 90.0), (1, 3, 5.0)]
    observations = observations_of([(0, 5)], deaths=[(1, 3, 400.0)], feed=fed)
    states = assimilate(observations, models_of())
    gain_kg = states.weight_g[0, 0] - 100.0
    assert states.fcr[0, 0] == pytest.approx(2.0 / gain_kg)
    assert states.fcr[0, 1] == 10.0
    assert np.isnan(states.fcr[0, 2:]).all()


def test_placed_fish_do_not_count_as_gain(
    observations_of: ObservationsOf, models_of: ModelsOf
) -> None:
    transfers = [(0, 1, 0, 1000, 100.0, AVERAGE)]
    observations = observations_of([(0, 5)], transfers=transfers, feed=[(1, 0, 2.0)])
    states = assimilate(observations, models_of())
    assert states.fcr[0, 0] == pytest.approx(2.0 / (states.weight_g[0, 0] - 100.0))


STAYS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 40)), min_size=1, max_size=5).map(
    lambda stays: [(first, first + days) for first, days in stays]
)


@given(STAYS, st.integers(41, 90))
def test_states_are_unique_and_contiguous_and_end_before_departure(
    observations_of: ObservationsOf, models_of: ModelsOf, stays: list[tuple[int, int]], as_of: int
) -> None:
    observations = observations_of(stays, as_of=as_of)
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
