"""The manifest: what a build was of, and what it wrote. Kept with the data as JSON."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ..errors import StoreError

IDENTITY = (
    "seed",
    "as_of",
    "readings_per_day",
    "growth",
    "generator",
    "schedule_digest",
    "farm_digest",
)
"""The fields of a manifest that determine the data."""


@dataclass(frozen=True)
class Written:
    """Rows of one table, their digest, and between which primary keys they lie; 0 if unknown."""

    rows: int
    digest: str
    first_key: int = 0
    last_key: int = 0


@dataclass(frozen=True)
class KeyRange:
    """Primary keys from a first to a last one."""

    first: int
    last: int


@dataclass(frozen=True)
class PartEntry:
    """One part of a build: a batch, or what all batches share.

    Attributes:
        name: the batch number, or `farm`, `areas` or `feed` for what is shared.
        tables: what was written, by table.
        seconds: time it took to simulate and write.
    """

    name: str
    tables: Mapping[str, Written]
    seconds: float

    @property
    def rows(self) -> int:
        """Rows in all tables."""
        return sum(written.rows for written in self.tables.values())

    def to_json(self) -> str:
        """The entry as JSON."""
        return json.dumps(asdict(self))

    @staticmethod
    def from_values(values: Mapping[str, Any]) -> PartEntry:
        """The entry of what its JSON holds."""
        tables = {name: Written(**written) for name, written in values["tables"].items()}
        return PartEntry(values["name"], tables, values["seconds"])


@dataclass(frozen=True)
class Manifest:
    """What a build was of, and what it wrote.

    Attributes:
        preset: name of the preset or schedule.
        seed: seed of all randomness.
        as_of: the farm's today, ISO.
        readings_per_day: readings of each sensor a day.
        growth: whether the growth analysis is part of it.
        generator: version of pytest-aquadata.
        schedule_digest: SHA-256 of the schedule.
        farm_digest: SHA-256 of the farm file.
        numpy: version of numpy.
        workers: processes that simulated.
        seconds: time of each phase, by name.
        parts: what is shared first, then the batches in the order of the schedule.
        used: rows of master data and infrastructure that were there already, by table; None if
            the build made all its tables.
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

    @property
    def tables(self) -> Mapping[str, Written]:
        """Rows and digest of every table, over all parts."""
        names = sorted({name for part in self.parts for name in part.tables})
        return {name: _combine(part.tables.get(name) for part in self.parts) for name in names}

    @property
    def rows(self) -> int:
        """Rows in all tables."""
        return sum(part.rows for part in self.parts)

    @property
    def is_guest(self) -> bool:
        """Whether it was built into tables that were there before."""
        return self.used is not None

    @property
    def keys(self) -> Mapping[str, KeyRange]:
        """Between which primary keys the rows of each table lie; nothing if unknown."""
        found: dict[str, KeyRange] = {}
        for part in self.parts:
            for name, written in part.tables.items():
                if not written.rows:
                    continue
                before = found.get(name, KeyRange(written.first_key, written.last_key))
                found[name] = KeyRange(
                    min(before.first, written.first_key), max(before.last, written.last_key)
                )
        return {} if any(one.first < 1 for one in found.values()) else found

    @property
    def digest(self) -> str:
        """One digest of all tables: equal for equal data, whoever built it, wherever."""
        named = [f"{name}={written.digest}" for name, written in self.tables.items()]
        return hashlib.sha256("\n".join(named).encode()).hexdigest()

    @property
    def identity(self) -> Mapping[str, Any]:
        """What determines the data: two builds that agree in this hold the same rows."""
        return {name: getattr(self, name) for name in IDENTITY}

    def to_json(self) -> str:
        """The manifest as JSON."""
        return json.dumps({**asdict(self), "rows": self.rows, "digest": self.digest}, indent=1)

    @staticmethod
    def from_json(text: str) -> Manifest:
        """The manifest that `to_json` wrote."""
        values: dict[str, Any] = {"growth": False, **json.loads(text)}
        for derived in ("rows", "digest"):
            values.pop(derived, None)
        values["parts"] = tuple(map(PartEntry.from_values, values["parts"]))
        return Manifest(**values)


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """In which fields one identity is not another, for people."""
    return [
        f"{name} is {found.get(name)}, not {value}"
        for name, value in wanted.items()
        if found.get(name) != value
    ]


def check_same_build(where: str, manifest: Manifest, wanted: Mapping[str, Any]) -> None:
    """Refuse a database that holds another build than the one wanted.

    Raises:
        StoreError: naming the fields that differ.
    """
    if differing := differences(manifest.identity, wanted):
        raise StoreError(
            f"{where} holds another build: {'; '.join(differing)}; use --replace to build it again"
        )


def _combine(parts: Iterable[Written | None]) -> Written:
    """A table's rows and digest from those of its parts, in their order."""
    present = [part for part in parts if part is not None]
    joined = "\n".join(part.digest for part in present)
    return Written(
        sum(part.rows for part in present),
        hashlib.blake2b(joined.encode(), digest_size=16).hexdigest(),
    )
