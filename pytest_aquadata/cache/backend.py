"""Where finished datasets are kept between sessions, and what goes when there is no more room."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from ..databases.location import DatabaseLocation

_SECONDS_TO_RESUME = 7 * 86_400


@dataclass(frozen=True)
class CacheEntry:
    """A dataset that is kept.

    Attributes:
        preset: what it is of: the name of a preset or schedule.
        key: the digest of all that determines it.
        size_bytes: its size.
        used_at: when it was last used, in seconds since 1970.
    """

    preset: str
    key: str
    size_bytes: int
    used_at: float


class CacheBackend(Protocol):
    """A place that keeps datasets, each under what it is of and the digest of what determines it.

    All raise `StoreError` in one line when the place cannot be used.
    """

    @property
    def where(self) -> str:
        """The place as messages name it, without a password."""

    def home(self, preset: str, key: str) -> DatabaseLocation:
        """Where a dataset lives, or shall live."""

    def holds(self, preset: str, key: str) -> bool:
        """Whether a dataset is there, whole."""

    def prepare(self) -> None:
        """Make the place itself."""

    def make_ready(self, preset: str, key: str) -> None:
        """Make it possible to build a dataset, or to go on building it, in its home."""

    def put(self, preset: str, key: str) -> None:
        """Keep the dataset that has been built in its home; nobody changes it from now on."""

    def in_use(self, preset: str, key: str) -> AbstractContextManager[None]:
        """Keep a dataset from being removed while the block runs, and mark it as used now."""

    def entries(self) -> list[CacheEntry]:
        """What is there, the most recently used first."""

    def remove(self, entry: CacheEntry) -> bool:
        """Remove a dataset unless somebody uses it; whether it is gone."""

    def forget_interrupted(self, age_s: float) -> None:
        """Remove what interrupted builds have left that nobody has taken up for so long."""


def make_room(shelf: CacheBackend, limit_bytes: int) -> list[CacheEntry]:
    """Remove the least recently used until the rest is within a limit; what was removed.

    What is in use stays. Builds that were interrupted a week ago go as well.
    """
    shelf.forget_interrupted(_SECONDS_TO_RESUME)
    held = shelf.entries()
    size = sum(entry.size_bytes for entry in held)
    removed = []
    for entry in reversed(held):
        if size <= limit_bytes:
            break
        if shelf.remove(entry):
            size -= entry.size_bytes
            removed.append(entry)
    return removed


def clear(shelf: CacheBackend) -> tuple[list[CacheEntry], list[CacheEntry]]:
    """Remove everything that nobody uses; what was removed, and what is in use."""
    shelf.forget_interrupted(0.0)
    held = shelf.entries()
    gone = [entry for entry in held if shelf.remove(entry)]
    return gone, [entry for entry in held if entry not in gone]
