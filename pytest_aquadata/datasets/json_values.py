"""Values of JSON objects that others may have changed, read with a check of each type."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

from ..errors import StoreError

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class JsonObject:
    """A JSON object whose values are read by name and type.

    All methods raise `ValueError` if a value is missing or of another type.

    Attributes:
        values: the values by name.
    """

    values: Mapping[str, Any]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the object that a text holds."""
        return cls._of(json.loads(text), "it")

    @property
    def names(self) -> list[str]:
        """The names of all values."""
        return list(self.values)

    def has(self, name: str) -> bool:
        """Return whether there is a value that is not null."""
        return self.values.get(name) is not None

    def text(self, name: str) -> str:
        """Return a text."""
        return self._typed(name, str, "a text")

    def integer(self, name: str) -> int:
        """Return an integer."""
        return _integer(self.values.get(name), name)

    def number(self, name: str) -> float:
        """Return a finite number."""
        return _number(self.values.get(name), name)

    def flag(self, name: str) -> bool:
        """Return True or False."""
        return self._typed(name, bool, "true or false")

    def object(self, name: str) -> Self:
        """Return an object."""
        return self._of(self.values.get(name), name)

    def objects(self, name: str) -> list[Self]:
        """Return a list of objects."""
        values: list[Any] = self._typed(name, list, "a list")
        return [self._of(value, name) for value in values]

    def numbers(self, name: str) -> Mapping[str, float]:
        """Return an object of numbers."""
        return {key: _number(value, key) for key, value in self.object(name).values.items()}

    def integers(self, name: str) -> Mapping[str, int]:
        """Return an object of integers."""
        return {key: _integer(value, key) for key, value in self.object(name).values.items()}

    @classmethod
    def _of(cls, value: Any, name: str) -> Self:
        if not isinstance(value, dict):
            raise ValueError(f"{name} is missing or no object")
        return cls(value)

    def _typed(self, name: str, type_: type[_Value], expected: str) -> _Value:
        value = self.values.get(name)
        if not isinstance(value, type_):
            raise ValueError(f"{name} is missing or not {expected}")
        return value


def damaged(what: str, error: BaseException) -> StoreError:
    """Return the error for metadata that cannot be used.

    Args:
        what: the entry, such as `the manifest of a build`.
        error: the reason.
    """
    reason = "it is nested too deeply" if isinstance(error, RecursionError) else error
    return StoreError(
        f"{what} in the table aquadata_build is damaged: {reason}; restore the table from a "
        "backup, or give another --url"
    )


def _integer(value: Any, name: str) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise ValueError(f"{name} is missing or no integer")
    return value


def _number(value: Any, name: str) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool) or not abs(value) < 1e300:
        raise ValueError(f"{name} is missing or no number")
    return float(value)
