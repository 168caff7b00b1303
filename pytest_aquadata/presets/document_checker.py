"""Checks on the values of a document, each of which refuses it with one line."""

from __future__ import annotations

import re
from collections.abc import Sequence

from .yaml_parser import document_error, quoted

MAX_NAME = 80
MAX_QUANTITY = 99_999_999.0
"""The greatest number that AquaMind's columns for volumes, masses and prices can hold."""


class DocumentChecker:
    """Refuses a document by name and key.

    Each check raises DocumentError, naming the key, when it does not hold.
    """

    def __init__(self, name: str) -> None:
        self._name = name

    def require(self, holds: bool, key: str, reason: str) -> None:
        """Refuse the file unless this holds."""
        if not holds:
            raise document_error(self._name, key, reason)

    def within(self, key: str, value: float, low: float, high: float) -> None:
        """The value must lie between these two, both included."""
        self.require(low <= value <= high, key, f"must be {low:,} to {high:,}, not {value:,}")

    def positive(self, key: str, value: float, high: float = MAX_QUANTITY) -> None:
        """The value must be above 0 and fit the database."""
        self.require(0 < value <= high, key, f"must be above 0 and at most {high:,}, not {value:,}")

    def filled(self, key: str, values: Sequence[object]) -> None:
        """There must be at least one entry."""
        self.require(len(values) > 0, key, "must have at least one entry")

    def text(self, key: str, value: str) -> None:
        """The text must be a name: not empty, not long, no blanks at its ends."""
        self.require(bool(value.strip()), key, "must not be empty")
        self.require(value == value.strip(), key, f"{quoted(value)} has blanks at its ends")
        self.require(
            len(value) <= MAX_NAME, key, f"{len(value)} characters; {MAX_NAME} are allowed"
        )

    def matches(self, key: str, value: str, pattern: str, meaning: str) -> None:
        """The whole text must match a pattern."""
        matched = re.fullmatch(pattern, value, re.ASCII) is not None
        self.require(matched, key, f"must be {meaning}, not {quoted(value)}")

    def unique(self, key: str, field: str, values: Sequence[object]) -> None:
        """No value may stand twice in a list of entries."""
        seen: set[object] = set()
        for index, value in enumerate(values):
            self.require(
                value not in seen, f"{key}[{index}].{field}", f"{quoted(value)} stands here twice"
            )
            seen.add(value)

    def price(self, key: str, value: float) -> None:
        """The value must be a price in whole cents."""
        self.positive(key, value)
        cents = value * 100
        self.require(
            abs(cents - round(cents)) < 1e-6, key, f"must have at most two decimals, not {value}"
        )
