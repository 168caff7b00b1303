"""Imperfect records, for tests of imports and of detectors: each is listed, so it can be scored.

They are made after the simulation, in the records that people and sensors write, and need not obey
any check. A row is struck by one imperfection at most. Which rows are struck depends on the seed,
the batch, the table and the kind alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ..errors import HistoryError
from ..text import nearest
from .columns import BatchTables, Column, Columns, concatenate, integers
from .days import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND, instant
from .events.event import ImperfectColumns
from .events.registry import EVENT_TABLES
from .randomness import stream

KINDS = ("missing", "duplicated", "late", "mistyped")
"""In the order in which rows are struck."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


RECORDS: Mapping[str, ImperfectColumns] = {
    name: table.imperfect for name, table in EVENT_TABLES.items() if table.imperfect is not None
}
"""The tables that can be imperfect."""


@dataclass(frozen=True)
class Imperfection:
    """A kind of imperfection that is wanted.

    Attributes:
        kind: one of `KINDS`.
        rate: share of rows struck.
        tables: those struck.
        within_days: for late records, the longest delay.
    """

    kind: str
    rate: float
    tables: tuple[str, ...]
    within_days: int = 14

    def __post_init__(self) -> None:
        if not 0.0 < self.rate <= 1.0:
            raise HistoryError(
                f"{self.kind} records: rate must be above 0 and at most 1, not {self.rate:g}"
            )
        able = _able(self.kind)
        for name in self.tables:
            if name not in able:
                near = nearest(name, able)
                raise HistoryError(
                    f"{self.kind} records: {name!r} cannot have any; did you mean {near!r}? "
                    f"There are {', '.join(able)}"
                )


def missing(rate: float, *tables: str) -> Imperfection:
    """Records that were never written.

    Args:
        rate: share of rows struck.
        tables: those struck; all that can be if none is given.

    Raises:
        HistoryError: when the rate or a table makes no sense.
    """
    return Imperfection("missing", rate, tables or _able("missing"))


def duplicated(rate: float, *tables: str) -> Imperfection:
    """Records written twice: a copy with a key of its own.

    Args:
        rate: share of rows struck.
        tables: those struck; all that can be if none is given.

    Raises:
        HistoryError: when the rate or a table makes no sense.
    """
    return Imperfection("duplicated", rate, tables or _able("duplicated"))


def late(rate: float, *tables: str, within_days: int = 14) -> Imperfection:
    """Records written days after what they tell of: `created_at` says so.

    Args:
        rate: share of rows struck.
        tables: those struck; all that can be if none is given.
        within_days: the longest delay.

    Raises:
        HistoryError: when the rate or a table makes no sense.
    """
    if within_days < 1:
        raise HistoryError(f"late records: within_days must be at least 1, not {within_days}")
    return Imperfection("late", rate, tables or _able("late"), within_days)


def mistyped(rate: float, *tables: str) -> Imperfection:
    """Records whose number has its point misplaced, two digits swapped or one left out.

    Args:
        rate: share of rows struck.
        tables: those struck; all that can be if none is given.

    Raises:
        HistoryError: when the rate or a table makes no sense.
    """
    return Imperfection("mistyped", rate, tables or _able("mistyped"))


def _able(kind: str) -> tuple[str, ...]:
    """The tables that can have a kind of imperfection."""
    return tuple(
        name
        for name, record in RECORDS.items()
        if (kind != "duplicated" or record.can_be_duplicated)
        and (kind != "late" or record.timestamps)
    )


@dataclass(frozen=True)
class Flaw:
    """One imperfect record, as it was and as it became.

    Attributes:
        kind: one of `KINDS`.
        table: the table.
        row_id: primary key of the row; of the copy, for a duplicate.
        original_id: primary key of the row that a duplicate copies; else that of the row.
        column: the column that differs; empty for missing and duplicated rows.
        was: what it held: a number, or an instant for late rows; None where no column differs.
        became: what it holds.
    """

    kind: str
    table: str
    row_id: int
    original_id: int
    column: str = ""
    was: Decimal | datetime | None = None
    became: Decimal | datetime | None = None


def with_imperfections(
    tables: BatchTables, wanted: Sequence[Imperfection], seed: int, batch: str, as_of: int
) -> tuple[BatchTables, tuple[Flaw, ...]]:
    """The rows with imperfections, and a list of them.

    Args:
        tables: the rows of a batch.
        wanted: the imperfections wanted.
        seed: seed of the build.
        batch: batch number.
        as_of: the day number on which the history ends; nothing is written later.
    """
    spoiled = dict(tables)
    flaws: list[Flaw] = []
    for name, rows in tables.items():
        here = sorted(
            (one for one in wanted if name in one.tables), key=lambda one: KINDS.index(one.kind)
        )
        if here:
            spoiled[name], found = _spoil(name, rows, here, seed, batch, as_of)
            flaws.extend(found)
    return spoiled, tuple(flaws)


def _spoil(
    name: str, rows: Columns, wanted: Sequence[Imperfection], seed: int, batch: str, as_of: int
) -> tuple[Columns, list[Flaw]]:
    spared = np.ones(len(rows), np.bool_)
    kept = np.ones(len(rows), np.bool_)
    copies: list[Columns] = []
    flaws: list[Flaw] = []
    next_id = int(rows.values("id").max()) + 1
    for one in wanted:
        rng = stream(seed, batch, "imperfections", one.kind, name)
        able = spared & _writable_late(name, rows, as_of) if one.kind == "late" else spared
        struck = np.flatnonzero(able & (rng.random(len(rows)) < one.rate))
        spared[struck] = False
        if one.kind == "missing":
            kept[struck] = False
            flaws.extend(Flaw("missing", name, key, key) for key in _keys(rows, struck))
        elif one.kind == "duplicated":
            copies.append(_copies(rows, struck, next_id))
            pairs = zip(_keys(rows, struck), _keys(copies[-1]), strict=True)
            flaws.extend(Flaw("duplicated", name, copy, key) for key, copy in pairs)
            next_id += len(struck)
        elif one.kind == "late":
            rows, found = _written_late(name, rows, struck, one.within_days, as_of, rng)
            flaws.extend(found)
        else:
            rows, found = _mistyped(name, rows, struck, rng)
            flaws.extend(found)
    return concatenate([rows.take(kept), *copies]), flaws


def _keys(rows: Columns, struck: NDArray[np.int64] | None = None) -> list[int]:
    keys: NDArray[np.int64] = rows.values("id")
    return (keys if struck is None else keys[struck]).tolist()


def _copies(rows: Columns, struck: NDArray[np.int64], first_id: int) -> Columns:
    return rows.take(struck).with_columns(id=integers(first_id + np.arange(len(struck))))


def _writable_late(name: str, rows: Columns, as_of: int) -> NDArray[np.bool_]:
    """Rows that can be written a day later or more and not after the history's end."""
    written = rows.values(RECORDS[name].timestamps[0])
    return np.asarray(written + MICROSECONDS_PER_DAY <= _end(as_of), np.bool_)


def _end(as_of: int) -> int:
    return int(instant(as_of + 1)) - MICROSECONDS_PER_SECOND


def _written_late(
    name: str,
    rows: Columns,
    struck: NDArray[np.int64],
    within_days: int,
    as_of: int,
    rng: np.random.Generator,
) -> tuple[Columns, list[Flaw]]:
    first, *others = RECORDS[name].timestamps
    was = rows.values(first)[struck]
    minutes = rng.integers(24 * 60, within_days * 24 * 60 + 1, len(struck))
    became = np.minimum(was + minutes * 60 * MICROSECONDS_PER_SECOND, _end(as_of))
    flaws = [
        Flaw("late", name, key, key, first, _moment(before), _moment(after))
        for key, before, after in zip(
            _keys(rows, struck), was.tolist(), became.tolist(), strict=True
        )
    ]
    changed = {column: _changed(rows[column], struck, became) for column in (first, *others)}
    return rows.with_columns(**changed), flaws


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _changed(column: Column, struck: NDArray[np.int64], values: NDArray[np.int64]) -> Column:
    changed = column.values.copy()
    changed[struck] = values
    return Column(changed, column.null, column.vocabulary)


def _mistyped(
    name: str, rows: Columns, struck: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Columns, list[Flaw]]:
    columns = RECORDS[name].numbers
    which = rng.integers(len(columns), size=len(struck))
    flaws: list[Flaw] = []
    changed: dict[str, Column] = {}
    for position, (column, scale) in enumerate(columns.items()):
        here = struck[which == position]
        was = rows.values(column)[here]
        became = np.array([_slip(value, rng) for value in was.tolist()], dtype=np.int64)
        changed[column] = _changed(rows[column], here, became)
        flaws.extend(
            Flaw("mistyped", name, key, key, column, _exact(before, scale), _exact(after, scale))
            for key, before, after in zip(
                _keys(rows, here), was.tolist(), became.tolist(), strict=True
            )
        )
    return rows.with_columns(**changed), flaws


def _exact(value: int, scale: int) -> Decimal:
    return Decimal(value).scaleb(-scale)


def _slip(value: int, rng: np.random.Generator) -> int:
    """A slip of the finger: another number than the one meant."""
    if value == 0:
        return int(rng.integers(1, 10))
    digits = str(abs(value)).rstrip("0")
    zeros = len(str(abs(value))) - len(digits)
    sign = -1 if value < 0 else 1
    swappable = [at for at in range(len(digits) - 1) if digits[at] != digits[at + 1]]
    slip = int(rng.integers(4))
    if slip == 0 and swappable:
        at = swappable[int(rng.integers(len(swappable)))]
        typed = digits[:at] + digits[at + 1] + digits[at] + digits[at + 2 :]
    elif slip == 1 and len(digits) > 1:
        at = int(rng.integers(len(digits)))
        typed = digits[:at] + digits[at + 1 :]
    elif slip == 2 and zeros:
        return value // 10
    else:
        return value * 10
    return sign * int(typed + "0" * zeros)
