"""Checks of single values in a document; a failed check raises a one-line error."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .yaml_parser import document_error, quoted

MAX_NAME = 80
MAX_QUANTITY = 99_999_999.0
"""Largest number that fits AquaMind's columns for volumes, masses and prices."""


class DocumentChecker:
    """Checks for one document, with its name in the messages.

    Each method raises DocumentError with the key if its condition does not hold.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def require(self, holds: bool, key: str, reason: str) -> None:
        """Raise with this key and reason unless the condition holds."""
        if not holds:
            raise document_error(self._name, key, reason)

    def within(self, key: str, value: float, low: float, high: float) -> None:
        """Require a value between two bounds, both included."""
        self.require(low <= value <= high, key, f"must be {low:,} to {high:,}, not {value:,}")

    def positive(self, key: str, value: float, high: float = MAX_QUANTITY) -> None:
        """Require a value above 0 that fits the database."""
        self.require(0 < value <= high, key, f"must be above 0 and at most {high:,}, not {value:,}")

    def filled(self, key: str, values: Sequence[object]) -> None:
        """Require at least one entry."""
        self.require(len(values) > 0, key, "must have at least one entry")

    def text(self, key: str, value: str) -> None:
        """Require a name: not empty, at most `MAX_NAME` characters, no surrounding spaces."""
        self.require(bool(value.strip()), key, "must not be empty")
        self.require(
            value == value.strip(), key, f"{quoted(value)} must not begin or end with spaces"
        )
        self.require(
            len(value) <= MAX_NAME,
            key,
            f"has {len(value)} characters, at most {MAX_NAME} are allowed",
        )

    def matches(self, key: str, value: str, pattern: str, meaning: str) -> None:
        """Require that the whole text matches a pattern; `meaning` describes it in the message."""
        matched = re.fullmatch(pattern, value, re.ASCII) is not None
        self.require(matched, key, f"must be {meaning}, not {quoted(value)}")

    def unique(self, key: str, field: str, values: Sequence[object]) -> None:
        """Require that each value of a field occurs once in a list of entries."""
        seen: set[object] = set()
        for index, value in enumerate(values):
            self.require(
                value not in seen, f"{key}[{index}].{field}", f"{quoted(value)} occurs twice"
            )
            seen.add(value)

    def price(self, key: str, value: float) -> None:
        """Require a price above 0 in whole cents."""
        self.positive(key, value)
        cents = value * 100
        self.require(
            abs(cents - round(cents)) < 1e-6, key, f"must have at most two decimals, not {value}"
        )
