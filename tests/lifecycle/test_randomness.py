"""Random streams depend on their purpose, not on the order of calls."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.lifecycle.days import day_number
from pytest_aquadata.lifecycle.randomness import (
    autocorrelated,
    calendar_normals,
    calendar_series,
    memory,
    stream,
)

words = st.text(st.characters(codec="ascii", exclude_categories=["C"]), min_size=1, max_size=12)
subjects = st.lists(words | st.integers(0, 9999), min_size=1, max_size=4)
seeds = st.integers(0, 2**64)
days = st.integers(day_number(date(1970, 1, 1)), day_number(date(2060, 1, 1)))


@given(seeds, subjects)
def test_a_stream_depends_on_seed_and_subject_alone(seed: int, subject: list[str | int]) -> None:
    assert stream(seed, *subject).random(5).tolist() == stream(seed, *subject).random(5).tolist()


@given(seeds, subjects, words)
def test_streams_of_different_subjects_differ(
    seed: int, subject: list[str | int], word: str
) -> None:
    assert stream(seed, *subject).random() != stream(seed, *subject, word).random()
    assert stream(seed, *subject).random() != stream(seed + 1, *subject).random()


def test_subjects_of_the_same_letters_differ() -> None:
    assert stream(1, "FAR", "1").random() != stream(1, "FAR1").random()
    assert stream(1, "2", "x").random() != stream(12, "x").random()


def test_drawing_from_one_stream_does_not_change_another() -> None:
    alone = stream(1, "ring 2", "growth").random(10)
    first, second = stream(1, "ring 1", "growth"), stream(1, "ring 2", "growth")
    mixed = []
    for _ in range(10):
        first.standard_normal(3)
        mixed.append(second.random())
    assert mixed == alone.tolist()


def test_numbers_have_the_known_values() -> None:
    """A change of these numbers changes every dataset."""
    bits = stream(1, "FAR-2020-001", "delivery").bit_generator
    assert bits.random_raw(2).tolist() == [15017866518104815422, 12721906896379685709]


def test_streams_are_not_correlated() -> None:
    drawn = np.array([stream(1, "ring", number).standard_normal(500) for number in range(20)])
    together = np.corrcoef(drawn) - np.eye(20)
    assert np.abs(together).max() < 0.25
    assert abs(drawn.mean()) < 0.05


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6, 0.92, 0.96])
def test_an_autocorrelated_series_has_the_requested_spread_and_correlation(phi: float) -> None:
    normals = stream(1, "series").standard_normal(60_000 + memory(phi))
    series = autocorrelated(normals, phi, 2.0)
    assert len(series) == 60_000
    assert series.std() == pytest.approx(2.0, rel=0.08)
    assert np.corrcoef(series[:-1], series[1:])[0, 1] == pytest.approx(phi, abs=0.03)


@given(st.integers(0, 200), st.integers(1, 100), st.sampled_from([0.0, 0.6, 0.92]))
def test_a_window_of_a_series_has_the_same_values(start: int, length: int, phi: float) -> None:
    normals = stream(1, "window").standard_normal(300 + memory(phi))
    whole = autocorrelated(normals, phi, 1.0)
    window = autocorrelated(normals[start : start + length + memory(phi)], phi, 1.0)
    assert (whole[start : start + length] == window).all()


@given(seeds, days, st.integers(0, 800), st.integers(1, 800), st.integers(0, 400))
def test_the_value_of_a_calendar_day_does_not_depend_on_the_range(
    seed: int, first_day: int, later: int, length: int, more: int
) -> None:
    longer = calendar_series(seed, first_day, later + length + more, 0.9, 1.0, "site", "x")
    window = calendar_series(seed, first_day + later, length, 0.9, 1.0, "site", "x")
    assert (longer[later : later + length] == window).all()


@pytest.mark.parametrize("length", [1, 365, 366, 2000])
def test_calendar_numbers_have_the_requested_length(length: int) -> None:
    first_day = day_number(date(2023, 12, 31))
    numbers = calendar_normals(1, first_day, length, "site")
    assert len(numbers) == length
    assert len(np.unique(numbers)) == length


def test_the_global_generator_is_not_used() -> None:
    np.random.seed(5)
    expected = np.random.random()
    np.random.seed(5)
    stream(1, "a").random(100)
    calendar_series(1, 0, 100, 0.5, 1.0, "a")
    assert np.random.random() == expected
