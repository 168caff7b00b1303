"""The contract of a cache, and the removal of its least recently used datasets."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

from ..databases.location import DatabaseLocation
from ..errors import StoreError
from ..workspaces import remove_abandoned_folders

_SECONDS_TO_RESUME = 7 * 86_400


@dataclass(frozen=True)
class CacheEntry:
    """A dataset in the cache.

    Attributes:
        preset: name of the preset or schedule.
        key: digest of all that determines the dataset.
        size_bytes: its size.
        used_at: time of its last use, in seconds since 1970.
    """

    preset: str
    key: str
    size_bytes: int
    used_at: float


class EntryState(Enum):
    """State of a dataset in the cache."""

    MISSING = "it was not built, or not to its end"
    COMPLETE = "it is as it was built"
    CHANGED = "it was changed since"


class CacheBackend(Protocol):
    """A folder or server with datasets, each under its preset's name and the digest of its inputs.

    All methods raise `StoreError` if the folder or server cannot be used.
    """

    @property
    def display_name(self) -> str:
        """Name of the folder or server in messages, without a password."""

    def location(self, preset: str, key: str) -> DatabaseLocation:
        """Return the location that has or will have a dataset."""

    def state(self, preset: str, key: str) -> EntryState:
        """Return whether a dataset exists, is complete, and is as it was built."""

    def prepare(self) -> None:
        """Create the folder."""

    def prepare_build(self, preset: str, key: str) -> None:
        """Prepare the location of a dataset for a build, or for an interrupted build to resume."""

    def seal(self, preset: str, key: str) -> None:
        """Make a dataset that has been built read-only."""

    def in_use(self, preset: str, key: str) -> AbstractContextManager[None]:
        """Protect a dataset from removal while a block runs, and set its time of use to now."""

    def entries(self) -> list[CacheEntry]:
        """Return all datasets, the most recently used first."""

    def remove(self, entry: CacheEntry) -> bool:
        """Remove a dataset unless it is in use; return whether it is gone."""

    def remove_interrupted(self, age_s: float) -> None:
        """Remove what interrupted builds have left, if it was not touched for an age in seconds."""


def enforce_size_limit(cache: CacheBackend, limit_bytes: int) -> list[CacheEntry]:
    """Remove the least recently used datasets until the rest is within a limit.

    Datasets in use stay. Builds that were interrupted a week ago or earlier are removed too.

    Returns:
        The datasets that were removed.
    """
    cache.remove_interrupted(_SECONDS_TO_RESUME)
    entries = cache.entries()
    size = sum(entry.size_bytes for entry in entries)
    removed = []
    for entry in reversed(entries):
        if size <= limit_bytes:
            break
        if cache.remove(entry):
            size -= entry.size_bytes
            removed.append(entry)
    return removed


def clear(cache: CacheBackend) -> tuple[list[CacheEntry], list[CacheEntry]]:
    """Remove all datasets that are not in use; return those removed and those in use.

    Temporary datasets and copies that killed processes have left are removed, too.
    """
    with suppress(StoreError):
        # others may have taken the name of the folder for temporary files
        remove_abandoned_folders()
    cache.remove_interrupted(0.0)
    entries = cache.entries()
    removed = [entry for entry in entries if cache.remove(entry)]
    return removed, [entry for entry in entries if entry not in removed]


def most_recent_first(entries: Iterable[CacheEntry]) -> list[CacheEntry]:
    """Return datasets in the order of their last use, the most recent first."""
    return sorted(entries, key=lambda entry: (-entry.used_at, entry.preset, entry.key))
