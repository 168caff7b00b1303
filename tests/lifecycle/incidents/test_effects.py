from __future__ import annotations

import numpy as np

from pytest_aquadata.lifecycle.incidents.effects import NO_EFFECTS, Effects, combined_effects
from pytest_aquadata.lifecycle.incidents.suffocation import killed_share


def test_no_effects_leave_every_bit_of_an_array_unchanged() -> None:
    values = np.random.default_rng(1).random((4, 9))
    assert (values + NO_EFFECTS.disease).tobytes() == values.tobytes()
    assert (values * NO_EFFECTS.growth).tobytes() == values.tobytes()
    assert not (np.zeros((4, 9), np.bool_) | NO_EFFECTS.fasts).any()
    assert combined_effects([]) is NO_EFFECTS


def test_combined_effects_add_rates_and_multiply_growth() -> None:
    fasting = np.array([[True, False]])
    first = Effects(handling=np.array([[1.0, 2.0]]), growth=np.array([[0.5, 1.0]]), fasts=fasting)
    second = Effects(handling=np.array([[3.0, 0.0]]), growth=np.array([[0.5, 0.5]]))
    combined = combined_effects([first, second])
    assert combined.handling.tolist() == [[4.0, 2.0]]
    assert combined.growth.tolist() == [[0.25, 0.5]]
    assert combined.fasts.tolist() == [[True, False]]


def test_lower_oxygen_and_longer_exposure_kill_more_fish() -> None:
    by_level = [killed_share(level, 24.0) for level in (1.0, 2.0, 2.5, 3.0, 4.0, 5.0)]
    assert by_level == sorted(by_level, reverse=True)
    assert by_level[-1] == 0.0
    assert killed_share(2.0, 1.0) < killed_share(2.0, 6.0) == killed_share(2.0, 24.0)
