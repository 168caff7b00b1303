"""The pytest plugin. It imports nothing heavy until a fixture or an option needs it."""

from __future__ import annotations

from .hooks import (
    pytest_addoption,
    pytest_configure,
    pytest_configure_node,
    pytest_terminal_summary,
)

__all__ = [
    "pytest_addoption",
    "pytest_configure",
    "pytest_configure_node",
    "pytest_terminal_summary",
]
