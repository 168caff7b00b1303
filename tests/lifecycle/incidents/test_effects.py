from __future__ import annotations

import numpy as np

from pytest_aquadata.lifecycle.incidents.effects import NO_EFFECTS, Effects, combined_effects
from pytest_aquadata.lifecycle.incidents.suffocation import killed_share


def test_nothing_changes_no_bit() -> None:
    values = np.random.default_rng(1).random((4, 9))
    assert (values + NO_EFFECTS.disease).tobytes() == values.tobytes()
    assert (values * NO_EFFECTS.growth).tobytes() == values.tobytes()
    assert not (np.zeros((4, 9), np.bool_) | NO_EFFECTS.fasts).any()
    assert combined_effects([]) is NO_EFFECTS


def test_several_add_up() -> None:
    fasting = np.array([[True, False]])
    one = Effects(handling=np.array([[1.0, 2.0]]), growth=np.array([[0.5, 1.0]]), fasts=fasting)
    other = Effects(handling=np.array([[3.0, 0.0]]), growth=np.array([[0.5, 0.5]]))
    both = combined_effects([one, other])
    assert both.handling.tolist() == [[4.0, 2.0]]
    assert both.growth.tolist() == [[0.25, 0.5]]
    assert both.fasts.tolist() == [[True, False]]


def test_less_oxygen_and_longer_kill_more() -> None:
    by_level = [killed_share(level, 24.0) for level in (1.0, 2.0, 2.5, 3.0, 4.0, 5.0)]
    assert by_level == sorted(by_level, reverse=True)
    assert by_level[-1] == 0.0
    assert killed_share(2.0, 1.0) < killed_share(2.0, 6.0) == killed_share(2.0, 24.0)
