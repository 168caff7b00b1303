"""Import of libraries that only an extra installs."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ..errors import HistoryError


def import_optional(name: str, extra: str, purpose: str) -> Any:
    """Import a module of an optional library and return it.

    Args:
        name: name of the module.
        extra: extra of this package that installs the library.
        purpose: function that needs it, for the message.

    Raises:
        HistoryError: if it is not installed, naming the extra to install.
    """
    try:
        return import_module(name)
    except ImportError:
        library = name.partition(".")[0]
        raise HistoryError(
            f"{purpose} needs {library}, which is not installed: "
            f"pip install 'pytest-aquadata[{extra}]'"
        ) from None
