"""Every biological constant has a unit and a source."""

from __future__ import annotations

import copy
import pickle

import pytest

from pytest_aquadata.lifecycle import biology
from pytest_aquadata.lifecycle.biology import Constant

CONSTANTS = {name: value for name, value in vars(biology).items() if isinstance(value, Constant)}


def test_the_module_has_constants() -> None:
    assert len(CONSTANTS) >= 25


@pytest.mark.parametrize("name", CONSTANTS)
def test_a_constant_has_unit_and_source(name: str) -> None:
    constant = CONSTANTS[name]
    assert constant.unit.strip()
    assert constant.source.strip()


@pytest.mark.parametrize("copied", [lambda it: pickle.loads(pickle.dumps(it)), copy.deepcopy])
def test_copies_of_a_constant_keep_unit_and_source(copied: object) -> None:
    original = Constant(0.2, "CV within a container", "15-30 % [U]")
    arrived = copied(original)  # type: ignore[operator]
    assert arrived == original == 0.2
    assert (arrived.unit, arrived.source) == (original.unit, original.source)


def test_the_module_has_no_plain_numbers() -> None:
    """A plain number would have no unit and source."""
    bare = [
        name
        for name, value in vars(biology).items()
        if type(value) in (int, float) and not name.startswith("__")
    ]
    assert bare == []


def test_the_temperature_response_is_sorted_by_temperature() -> None:
    temps = [temp for temp, _ in biology.THERMAL_EFFICIENCY]
    assert temps == sorted(set(temps))
    assert all(0.0 <= efficiency <= 1.0 for _, efficiency in biology.THERMAL_EFFICIENCY)
