"""All factories by the name of what they make: `batch`, `feeding_event`, `lice_count`, …."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

import pytest_aquadata.factories as _all

from ..text import nearest
from .base import AquadataFactory
from .company import FactoryError

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class Factories:
    """The factories, and the session they write to.

    Attributes:
        session: the session.
    """

    def __init__(self, session: Session) -> None:
        """Name the session."""
        self.session = session

    def __getattr__(self, name: str) -> type[AquadataFactory[Any]]:
        """The factory of this name.

        Raises:
            FactoryError: when there is none.
        """
        known = by_name()
        if name in known:
            return known[name]
        if name.startswith("_"):
            raise AttributeError(name)
        near = nearest(name, known, similarity=0.6)
        meant = f"did you mean {near}?" if near else "take the name of a model, as in batch"
        raise FactoryError(f"there is no factory {name!r}: {meant}")

    def __dir__(self) -> list[str]:
        return ["session", *by_name()]


@cache
def by_name() -> dict[str, type[AquadataFactory[Any]]]:
    """Every factory by the name of its model in small letters, words joined by `_`."""
    makers = [getattr(_all, name) for name in _all.__all__ if name.endswith("Factory")]
    return {
        _WORD.sub("_", maker._meta.model.__name__).lower(): maker
        for maker in makers
        if maker._meta.model is not None
    }
