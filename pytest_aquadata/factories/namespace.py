"""All factories under the names of their models: `batch`, `feeding_event`, `lice_count`, …."""

from __future__ import annotations

import re
from functools import cache
from typing import Any

from sqlalchemy.orm import Session

import pytest_aquadata.factories as factories

from ..text import nearest
from .base import AquadataFactory
from .errors import FactoryError

_WORD_BOUNDARY = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


class FactoryNamespace:
    """The factories as attributes, and the session that they write to.

    Attributes:
        session: session that the factories write to.
    """

    def __init__(self, session: Session) -> None:
        """Offer the factories together with a session."""
        self.session = session

    def __getattr__(self, name: str) -> type[AquadataFactory[Any]]:
        """Return the factory of this name.

        Raises:
            FactoryError: if there is none.
        """
        by_name = factories_by_name()
        if name in by_name:
            return by_name[name]
        if name.startswith("_"):
            raise AttributeError(name)
        similar = nearest(name, by_name, similarity=0.6)
        hint = f"did you mean {similar}?" if similar else "take the name of a model, as in batch"
        raise FactoryError(f"there is no factory {name!r}: {hint}")

    def __dir__(self) -> list[str]:
        return ["session", *factories_by_name()]


@cache
def factories_by_name() -> dict[str, type[AquadataFactory[Any]]]:
    """Return all factories by the names of their models in snake case."""
    classes = [getattr(factories, name) for name in factories.__all__ if name.endswith("Factory")]
    return {
        _WORD_BOUNDARY.sub("_", factory_class._meta.model.__name__).lower(): factory_class
        for factory_class in classes
        if factory_class._meta.model is not None
    }
