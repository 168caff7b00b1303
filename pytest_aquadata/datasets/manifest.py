"""The manifest of a build: its inputs, and rows and digests of all tables; kept as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, TypeVar

from ..errors import StoreError
from .json_values import JsonObject, damaged

IDENTITY = (
    "seed",
    "as_of",
    "readings_per_day",
    "growth",
    "generator",
    "schedule_digest",
    "farm_digest",
)
"""Fields of a manifest that determine the data."""

_HIGHEST_KEY = 2**63 - 1


@dataclass(frozen=True)
class WrittenRows:
    """Rows written to one table: number, digest, lowest and highest primary key (0 if unknown)."""

    rows: int
    digest: str
    first_key: int = 0
    last_key: int = 0


@dataclass(frozen=True)
class KeyRange:
    """A range of primary keys, both ends included."""

    first: int
    last: int


@dataclass(frozen=True)
class PartEntry:
    """One part of a build: a batch, or rows that all batches share.

    Attributes:
        name: batch number, or `farm`, `areas` or `feed` for shared rows.
        tables: rows written by table.
        seconds: time to simulate and write it.
    """

    name: str
    tables: Mapping[str, WrittenRows]
    seconds: float

    @property
    def rows(self) -> int:
        """Number of rows in all tables."""
        return sum(written.rows for written in self.tables.values())

    def to_json(self) -> str:
        """Return the entry as JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_json(text: str) -> PartEntry:
        """Return the entry that `to_json` wrote.

        Raises:
            StoreError: if the text is damaged.
        """
        return _parsed(text, "an entry of a loaded batch", PartEntry.from_values)

    @staticmethod
    def from_values(values: JsonObject) -> PartEntry:
        """Return the entry with the values of its JSON."""
        tables = values.object("tables")
        return PartEntry(
            values.text("name"),
            {name: _written_rows(tables.object(name)) for name in tables.names},
            values.number("seconds"),
        )


@dataclass(frozen=True)
class Manifest:
    """Inputs and results of a build.

    Attributes:
        preset: name of the preset or schedule.
        seed: seed of all randomness.
        as_of: the farm's current day, ISO.
        readings_per_day: readings per sensor and day.
        growth: True if the growth analysis is part of it.
        generator: version of pytest-aquadata.
        schedule_digest: SHA-256 of the schedule.
        farm_digest: SHA-256 of the farm file.
        numpy: version of numpy.
        workers: number of processes that simulated.
        seconds: duration of each phase by name.
        parts: shared rows first, then the batches in the order of the schedule.
        used: rows of existing master data and infrastructure that the build uses, by table; None
            if the build created all its tables.
        failing: hard checks that the database failed before the build, with the number of rows.
    """

    preset: str
    seed: int
    as_of: str
    readings_per_day: int
    growth: bool
    generator: str
    schedule_digest: str
    farm_digest: str
    numpy: str
    workers: int
    seconds: Mapping[str, float]
    parts: tuple[PartEntry, ...] = field(repr=False)
    used: Mapping[str, int] | None = None
    failing: Mapping[str, int] = field(default_factory=dict)

    @property
    def tables(self) -> Mapping[str, WrittenRows]:
        """Rows and digest of every table over all parts."""
        names = sorted({name for part in self.parts for name in part.tables})
        return {name: _combine(part.tables.get(name) for part in self.parts) for name in names}

    @property
    def rows(self) -> int:
        """Number of rows in all tables."""
        return sum(part.rows for part in self.parts)

    @property
    def is_append_build(self) -> bool:
        """True if it was built into existing tables."""
        return self.used is not None

    @property
    def keys(self) -> Mapping[str, KeyRange]:
        """Range of primary keys by table; empty if the manifest is of a version without them."""
        ranges: dict[str, KeyRange] = {}
        for part in self.parts:
            for name, written in part.tables.items():
                if not written.rows:
                    continue
                key_range = ranges.get(name, KeyRange(written.first_key, written.last_key))
                ranges[name] = KeyRange(
                    min(key_range.first, written.first_key), max(key_range.last, written.last_key)
                )
        return {} if any(keys.first < 1 for keys in ranges.values()) else ranges

    @property
    def digest(self) -> str:
        """Digest of all tables: equal for equal data in any database."""
        named = [f"{name}={written.digest}" for name, written in self.tables.items()]
        return hashlib.sha256("\n".join(named).encode()).hexdigest()

    @property
    def identity(self) -> Mapping[str, Any]:
        """Values that determine the data: builds with equal identities have the same rows."""
        return {name: getattr(self, name) for name in IDENTITY}

    def to_json(self) -> str:
        """Return the manifest as JSON."""
        return json.dumps({**asdict(self), "rows": self.rows, "digest": self.digest}, indent=1)

    @staticmethod
    def from_json(text: str) -> Manifest:
        """Return the manifest that `to_json` wrote.

        Raises:
            StoreError: if the text is damaged.
        """
        return _parsed(text, "the manifest of a build", _manifest)


_Parsed = TypeVar("_Parsed")


def _parsed(text: str, what: str, parse: Callable[[JsonObject], _Parsed]) -> _Parsed:
    try:
        return parse(JsonObject.parse(text))
    except (ValueError, OverflowError, RecursionError) as error:
        raise damaged(what, error) from error


def _manifest(values: JsonObject) -> Manifest:
    manifest = Manifest(
        preset=values.text("preset"),
        seed=values.integer("seed"),
        as_of=date.fromisoformat(values.text("as_of")).isoformat(),
        readings_per_day=values.integer("readings_per_day"),
        growth=values.flag("growth") if "growth" in values.names else False,
        generator=values.text("generator"),
        schedule_digest=values.text("schedule_digest"),
        farm_digest=values.text("farm_digest"),
        numpy=values.text("numpy"),
        workers=values.integer("workers"),
        seconds=values.numbers("seconds"),
        parts=tuple(map(PartEntry.from_values, values.objects("parts"))),
        used=values.integers("used") if values.has("used") else None,
        failing=values.integers("failing") if values.has("failing") else {},
    )
    if len({part.name for part in manifest.parts}) != len(manifest.parts):
        raise ValueError("two parts have one name")
    if "digest" in values.names and values.text("digest") != manifest.digest:
        raise ValueError("its digest is not that of its tables")
    return manifest


def _written_rows(values: JsonObject) -> WrittenRows:
    first, last = (
        values.integer(name) if name in values.names else 0 for name in ("first_key", "last_key")
    )
    written = WrittenRows(values.integer("rows"), values.text("digest"), first, last)
    if written.rows < 0 or not 0 <= first <= last <= _HIGHEST_KEY:
        raise ValueError("numbers of rows or keys are impossible")
    return written


def read_identity(text: str) -> Mapping[str, Any]:
    """Return the identity of an unfinished build from its JSON.

    Raises:
        StoreError: if the text is damaged.
    """
    return _parsed(text, "the identity of an unfinished build", lambda values: values.values)


def describe_differences(identity: Mapping[str, Any], expected: Mapping[str, Any]) -> list[str]:
    """Return in words in which fields two identities differ."""
    return [
        f"{name} is {identity.get(name)}, not {value}"
        for name, value in expected.items()
        if identity.get(name) != value
    ]


def check_same_build(database_name: str, manifest: Manifest, expected: Mapping[str, Any]) -> None:
    """Check that a database has the build with an identity.

    Raises:
        StoreError: naming the fields that differ.
    """
    if differing := describe_differences(manifest.identity, expected):
        raise StoreError(
            f"{database_name} holds another build: {'; '.join(differing)}; use --replace to build "
            "it again"
        )


def _combine(parts: Iterable[WrittenRows | None]) -> WrittenRows:
    """Return a table's rows and digest from those of its parts, in their order."""
    present = [part for part in parts if part is not None]
    joined = "\n".join(part.digest for part in present)
    return WrittenRows(
        sum(part.rows for part in present),
        hashlib.blake2b(joined.encode(), digest_size=16).hexdigest(),
    )
