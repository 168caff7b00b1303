"""Imperfect records, to test imports and detectors; all are listed, so that these can be scored.

They are made after the simulation, in records that people and sensors write, and may break checks.
A row has one imperfection at most. The rows affected depend only on the seed, the batch, the table
and the kind of imperfection.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from ..errors import HistoryError
from ..text import did_you_mean
from .columns import BatchTables, Column, Columns, concatenate, integers
from .days import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND, instant
from .events.event import ImperfectColumns
from .events.registry import EVENT_TABLES
from .parameter_checks import require_whole, shown
from .randomness import stream

KINDS = ("missing", "duplicated", "late", "mistyped")
"""Kinds of imperfections, in the order in which they are made."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST_DAYS = 3_650


RECORDS: Mapping[str, ImperfectColumns] = {
    name: table.imperfect for name, table in EVENT_TABLES.items() if table.imperfect is not None
}
"""The tables that can be imperfect."""


@dataclass(frozen=True)
class Imperfection:
    """A request for one kind of imperfection.

    Attributes:
        kind: one of `KINDS`.
        rate: share of rows affected.
        tables: names of the tables affected.
        within_days: longest delay of late records.
    """

    kind: str
    rate: float
    tables: tuple[str, ...]
    within_days: int = 14

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            hint = did_you_mean(str(self.kind), KINDS)
            raise HistoryError(
                f"there is no imperfection {shown(self.kind)}; {hint}the kinds are "
                f"{', '.join(KINDS)}"
            )
        is_number = isinstance(self.rate, int | float) and not isinstance(self.rate, bool)
        if not is_number or not 0.0 < self.rate <= 1.0:
            raise HistoryError(
                f"{self.kind} records: rate must be above 0 and at most 1, not {shown(self.rate)}"
            )
        require_whole(f"{self.kind} records: within_days", self.within_days, 1, _LATEST_DAYS)
        allowed = _allowed_tables(self.kind)
        for name in self.tables:
            if not isinstance(name, str):
                raise HistoryError(
                    f"{self.kind} records: {shown(name)} is not the name of a table; give names "
                    "one by one, such as 'inventory_feedingevent'"
                )
            if name not in allowed:
                raise HistoryError(
                    f"{self.kind} records: {name!r} cannot have any; "
                    f"{did_you_mean(name, allowed)}the tables that can: {', '.join(allowed)}"
                )


def missing(rate: float, *tables: str) -> Imperfection:
    """Request records that were never written.

    Args:
        rate: share of rows affected.
        tables: names of the tables affected; all possible tables if empty.

    Raises:
        HistoryError: if the rate or a table is not possible.
    """
    return Imperfection("missing", rate, tables or _allowed_tables("missing"))


def duplicated(rate: float, *tables: str) -> Imperfection:
    """Request records written twice: a copy with its own primary key.

    Args:
        rate: share of rows affected.
        tables: names of the tables affected; all possible tables if empty.

    Raises:
        HistoryError: if the rate or a table is not possible.
    """
    return Imperfection("duplicated", rate, tables or _allowed_tables("duplicated"))


def late(rate: float, *tables: str, within_days: int = 14) -> Imperfection:
    """Request records written days after the event, as `created_at` shows.

    Args:
        rate: share of rows affected.
        tables: names of the tables affected; all possible tables if empty.
        within_days: longest delay.

    Raises:
        HistoryError: if the rate or a table is not possible.
    """
    return Imperfection("late", rate, tables or _allowed_tables("late"), within_days)


def mistyped(rate: float, *tables: str) -> Imperfection:
    """Request numbers with a misplaced decimal point, two digits swapped or one omitted.

    Args:
        rate: share of rows affected.
        tables: names of the tables affected; all possible tables if empty.

    Raises:
        HistoryError: if the rate or a table is not possible.
    """
    return Imperfection("mistyped", rate, tables or _allowed_tables("mistyped"))


def _allowed_tables(kind: str) -> tuple[str, ...]:
    """Return the tables that can have a kind of imperfection."""
    return tuple(
        name
        for name, columns in RECORDS.items()
        if (kind != "duplicated" or columns.can_be_duplicated)
        and (kind != "late" or columns.timestamps)
    )


@dataclass(frozen=True)
class Flaw:
    """One imperfect record, with its correct and its imperfect value.

    Attributes:
        kind: one of `KINDS`.
        table: name of the table.
        row_id: primary key of the row; for a duplicate, of the copy.
        original_id: primary key of the original row.
        column: name of the changed column; empty for missing and duplicated rows.
        was: correct value, a number or an instant; None if no column is changed.
        became: imperfect value; None if no column is changed.
    """

    kind: str
    table: str
    row_id: int
    original_id: int
    column: str = ""
    was: Decimal | datetime | None = None
    became: Decimal | datetime | None = None


def with_imperfections(
    tables: BatchTables, requested: Sequence[Imperfection], seed: int, batch: str, as_of: int
) -> tuple[BatchTables, tuple[Flaw, ...]]:
    """Return the rows with imperfections, and a list of these.

    Args:
        tables: rows of a batch.
        requested: the imperfections to make.
        seed: seed of the build.
        batch: batch number.
        as_of: day number on which the history ends; no row is written later.
    """
    changed = dict(tables)
    flaws: list[Flaw] = []
    for name, rows in tables.items():
        of_table = sorted(
            (imperfection for imperfection in requested if name in imperfection.tables),
            key=lambda imperfection: KINDS.index(imperfection.kind),
        )
        if of_table:
            changed[name], made = _make_imperfect(name, rows, of_table, seed, batch, as_of)
            flaws.extend(made)
    return changed, tuple(flaws)


def _make_imperfect(
    name: str,
    rows: Columns,
    imperfections: Sequence[Imperfection],
    seed: int,
    batch: str,
    as_of: int,
) -> tuple[Columns, list[Flaw]]:
    unchanged = np.ones(len(rows), np.bool_)
    is_kept = np.ones(len(rows), np.bool_)
    copies: list[Columns] = []
    flaws: list[Flaw] = []
    next_id = int(rows.values("id").max()) + 1
    for imperfection in imperfections:
        kind = imperfection.kind
        rng = stream(seed, batch, "imperfections", kind, name)
        candidates = unchanged & _writable_late(name, rows, as_of) if kind == "late" else unchanged
        selected = np.flatnonzero(candidates & (rng.random(len(rows)) < imperfection.rate))
        unchanged[selected] = False
        if kind == "missing":
            is_kept[selected] = False
            flaws.extend(Flaw("missing", name, key, key) for key in _keys(rows, selected))
        elif kind == "duplicated":
            copies.append(_copies(rows, selected, next_id))
            pairs = zip(_keys(rows, selected), _keys(copies[-1]), strict=True)
            flaws.extend(Flaw("duplicated", name, copy, key) for key, copy in pairs)
            next_id += len(selected)
        elif kind == "late":
            rows, made = _written_late(name, rows, selected, imperfection.within_days, as_of, rng)
            flaws.extend(made)
        else:
            rows, made = _mistyped(name, rows, selected, rng)
            flaws.extend(made)
    return concatenate([rows.take(is_kept), *copies]), flaws


def _keys(rows: Columns, selected: NDArray[np.int64] | None = None) -> list[int]:
    keys: NDArray[np.int64] = rows.values("id")
    return (keys if selected is None else keys[selected]).tolist()


def _copies(rows: Columns, selected: NDArray[np.int64], first_id: int) -> Columns:
    return rows.take(selected).with_columns(id=integers(first_id + np.arange(len(selected))))


def _writable_late(name: str, rows: Columns, as_of: int) -> NDArray[np.bool_]:
    """Return the rows that can be written a day or more later, before the history ends."""
    written = rows.values(RECORDS[name].timestamps[0])
    return np.asarray(written + MICROSECONDS_PER_DAY <= _end(as_of), np.bool_)


def _end(as_of: int) -> int:
    return int(instant(as_of + 1)) - MICROSECONDS_PER_SECOND


def _written_late(
    name: str,
    rows: Columns,
    selected: NDArray[np.int64],
    within_days: int,
    as_of: int,
    rng: np.random.Generator,
) -> tuple[Columns, list[Flaw]]:
    first, *others = RECORDS[name].timestamps
    was = rows.values(first)[selected]
    minutes = rng.integers(24 * 60, within_days * 24 * 60 + 1, len(selected))
    became = np.minimum(was + minutes * 60 * MICROSECONDS_PER_SECOND, _end(as_of))
    flaws = [
        Flaw("late", name, key, key, first, _moment(before), _moment(after))
        for key, before, after in zip(
            _keys(rows, selected), was.tolist(), became.tolist(), strict=True
        )
    ]
    changed = {column: _changed(rows[column], selected, became) for column in (first, *others)}
    return rows.with_columns(**changed), flaws


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _changed(column: Column, selected: NDArray[np.int64], values: NDArray[np.int64]) -> Column:
    changed = column.values.copy()
    changed[selected] = values
    return Column(changed, column.null, column.vocabulary)


def _mistyped(
    name: str, rows: Columns, selected: NDArray[np.int64], rng: np.random.Generator
) -> tuple[Columns, list[Flaw]]:
    columns = RECORDS[name].numbers
    which = rng.integers(len(columns), size=len(selected))
    flaws: list[Flaw] = []
    changed: dict[str, Column] = {}
    for position, (column, scale) in enumerate(columns.items()):
        own = selected[which == position]
        was = rows.values(column)[own]
        became = np.array([_typing_error(value, rng) for value in was.tolist()], dtype=np.int64)
        changed[column] = _changed(rows[column], own, became)
        flaws.extend(
            Flaw("mistyped", name, key, key, column, _exact(before, scale), _exact(after, scale))
            for key, before, after in zip(
                _keys(rows, own), was.tolist(), became.tolist(), strict=True
            )
        )
    return rows.with_columns(**changed), flaws


def _exact(value: int, scale: int) -> Decimal:
    return Decimal(value).scaleb(-scale)


def _typing_error(value: int, rng: np.random.Generator) -> int:
    """Return a mistyped number, which differs from the value."""
    if value == 0:
        return int(rng.integers(1, 10))
    digits = str(abs(value)).rstrip("0")
    zeros = len(str(abs(value))) - len(digits)
    sign = -1 if value < 0 else 1
    swappable = [place for place in range(len(digits) - 1) if digits[place] != digits[place + 1]]
    error = int(rng.integers(4))
    if error == 0 and swappable:
        place = swappable[int(rng.integers(len(swappable)))]
        typed = digits[:place] + digits[place + 1] + digits[place] + digits[place + 2 :]
    elif error == 1 and len(digits) > 1:
        place = int(rng.integers(len(digits)))
        typed = digits[:place] + digits[place + 1 :]
    elif error == 2 and zeros:
        return value // 10
    else:
        return value * 10
    return sign * int(typed + "0" * zeros)
