"""The pytest plugin. Heavy modules are imported when a fixture or an option first needs them."""

from __future__ import annotations

from .hooks import (
    pytest_addoption,
    pytest_configure,
    pytest_configure_node,
    pytest_fixture_setup,
    pytest_terminal_summary,
)

__all__ = [
    "pytest_addoption",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_fixture_setup",
    "pytest_terminal_summary",
]
