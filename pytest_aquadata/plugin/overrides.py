"""Session fixtures that a folder, module or class overrides.

pytest keeps the value of a session fixture whatever its dependencies are for the next test. The
fixtures of this plugin are set up again for a test that has other definitions of those below them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from ..settings import PRESET_NAMES

_PRESETS = frozenset(f"aquadata_{name}" for name in PRESET_NAMES)
_SETTINGS = frozenset(
    f"aquadata_{name}" for name in ("url", "schedule", "farm", "seed", "as_of", "engine")
)
_NAMES = frozenset({"_aquadata_open", "aquadata", "aquadata_lifecycle"}) | _PRESETS | _SETTINGS
_ASKED_BY_CALL = {"aquadata": _PRESETS | {"_aquadata_open"}}
"""Fixtures that a fixture asks for when it runs, not as arguments."""

Definitions = Mapping[str, "pytest.FixtureDef[Any]"]


class OverrideHooks:
    """Finishes a fixture when a test has other definitions of what it depends on."""

    def __init__(self) -> None:
        """Start without a test."""
        self._last: Definitions = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Compare the definitions for a test that uses any with those for the test before."""
        if _NAMES.isdisjoint(getattr(item, "fixturenames", ())):
            return
        active, last = _definitions(item), self._last
        self._last = active
        changed = {name for name in active if last.get(name, active[name]) is not active[name]}
        for name in _dependents(active, changed) if changed else ():
            for definition in {id(each): each for each in (active[name], last[name])}.values():
                definition.finish(item._request)  # type: ignore[attr-defined]


def _definitions(item: pytest.Item) -> Definitions:
    """Return the definition of each fixture that is valid for a test."""
    manager = item.session._fixturemanager
    found = {name: manager.getfixturedefs(name, item) for name in _NAMES}
    return {name: definitions[-1] for name, definitions in found.items() if definitions}


def _dependents(active: Definitions, changed: Iterable[str]) -> set[str]:
    """Return the fixtures that depend on changed ones, directly or not."""
    dependents: set[str] = set()
    waiting = list(changed)
    while waiting:
        below = waiting.pop()
        above = {
            name
            for name, definition in active.items()
            if below != name and below in {*definition.argnames, *_ASKED_BY_CALL.get(name, ())}
        }
        waiting.extend(above - dependents)
        dependents |= above
    return dependents
