"""Libraries that are only there with an extra."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import HistoryError


def extra_module(name: str, extra: str, purpose: str) -> Any:
    """A module of an optional library.

    Raises:
        HistoryError: naming the extra to install, when it is not there.
    """
    try:
        return import_module(name)
    except ImportError:
        library = name.partition(".")[0]
        raise HistoryError(
            f"{purpose} needs {library}, which is not installed: "
            f"pip install 'pytest-aquadata[{extra}]'"
        ) from None
