"""What a check is, what it found, and the report of many."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from .context import CheckContext

Kind = Literal["hard", "soft"]

SHOWN_ROWS = 10
"""Rows of a failure that are kept for people to see; the others are only counted."""


@dataclass(frozen=True)
class Bound:
    """The values a check allows, both ends included; None where an end is open."""

    low: float | None = None
    high: float | None = None
    unit: str = ""

    def holds(self, value: float) -> bool:
        """Whether a value is allowed."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.low is None:
            return f"at most {number_text(self.high)}{unit}"
        if self.high is None:
            return f"at least {number_text(self.low)}{unit}"
        return f"{number_text(self.low)} to {number_text(self.high)}{unit}"


@dataclass(frozen=True)
class Finding:
    """What a look at the data found.

    Attributes:
        value: the measured value; None when the data lack what the check needs.
        rows: some of the offending rows, by column.
        total: how many offend.
        reason: why there is no value.
    """

    value: float | None
    rows: tuple[Mapping[str, Any], ...] = ()
    total: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Check:
    """One thing that must be true of the data, or that real farms show.

    Attributes:
        name: unique name in kebab-case.
        subject: what it is about, such as `fish` or `feed`.
        protects: what it protects, in a sentence.
        kind: `hard` for what must hold in every row, `soft` for realism.
        bound: the values it allows; for a hard check no offending row.
        look: looks at the data.
        source: where a soft check's bound comes from.
    """

    name: str
    subject: str
    protects: str
    kind: Kind
    bound: Bound
    measure: Callable[[CheckContext], Finding]
    source: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one check.

    Attributes:
        check: the check.
        passed: None when it does not apply to these data.
        value: the measured value; for a hard check the number of offending rows.
        rows: up to ten offending rows, by column.
        total: how many offend.
        reason: why the check does not apply.
        seconds: time it took.
    """

    check: Check
    passed: bool | None
    value: float | None
    rows: tuple[Mapping[str, Any], ...]
    total: int
    reason: str
    seconds: float

    @property
    def bound(self) -> Bound:
        """The values the check allows."""
        return self.check.bound

    @property
    def word(self) -> str:
        """The outcome in a word."""
        return "n/a" if self.passed is None else "PASS" if self.passed else "FAIL"

    def lines(self) -> list[str]:
        """The outcome in a line, and a line for each row that is shown."""
        if self.passed is None:
            told = self.reason
        elif self.check.kind == "hard":
            told = f"{self.total:,} rows" if self.total else ""
        else:
            told = f"{number_text(self.value)} ({self.bound})"
        head = f"{self.word:<4}  {self.check.kind}  {self.check.name:<44}  {told}".rstrip()
        if self.passed is not False:
            return [head]
        shown = [f"      {_row_text(row)}" for row in self.rows]
        hidden = self.total - len(self.rows)
        return [head, *shown, *([f"      and {hidden:,} more"] if hidden > 0 else [])]


@dataclass(frozen=True)
class Report:
    """The results of many checks, in the order in which they are listed.

    Attributes:
        results: one a check.
        seconds: time that all of them took together.
    """

    results: tuple[Result, ...]
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every hard check passed."""
        return not self.hard_failures

    @property
    def hard_failures(self) -> tuple[Result, ...]:
        """The hard checks that failed."""
        return self._failures("hard")

    @property
    def soft_failures(self) -> tuple[Result, ...]:
        """The soft checks that failed."""
        return self._failures("soft")

    @property
    def soft_share(self) -> float | None:
        """Share of the soft checks that passed, of those that apply; None if none does."""
        told = [one.passed for one in self.results if one.check.kind == "soft"]
        applying = [passed for passed in told if passed is not None]
        return sum(applying) / len(applying) if applying else None

    def __getitem__(self, name: str) -> Result:
        """The result of the check of that name."""
        return next(one for one in self.results if one.check.name == name)

    def to_json(self) -> str:
        """The report as JSON."""
        return json.dumps(
            {
                "ok": self.ok,
                "soft_share": self.soft_share,
                "seconds": round(self.seconds, 3),
                "results": [_result_values(result) for result in self.results],
            },
            indent=1,
            ensure_ascii=False,
        )

    def lines(self) -> list[str]:
        """The report as plain text: a line a check, failures with some of their rows."""
        return [*(line for one in self.results for line in one.lines()), "", self.summary]

    @property
    def summary(self) -> str:
        """The report in a sentence."""
        hard = [one.passed for one in self.results if one.check.kind == "hard"]
        soft = [one.passed for one in self.results if one.check.kind == "soft"]
        applying = len(soft) - soft.count(None)
        return (
            f"{hard.count(True)} of {len(hard)} hard checks pass; {soft.count(True)} of "
            f"{applying} soft checks pass, {soft.count(None)} do not apply; {self.seconds:.1f} s"
        )

    def _failures(self, kind: Kind) -> tuple[Result, ...]:
        return tuple(one for one in self.results if one.check.kind == kind and one.passed is False)


def number_text(value: float | None) -> str:
    """A number with as many digits as are worth reading."""
    if value is None:
        return "none"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _row_text(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in row.items())


def _result_values(result: Result) -> dict[str, Any]:
    check = result.check
    return {
        "name": check.name,
        "subject": check.subject,
        "kind": check.kind,
        "protects": check.protects,
        "source": check.source,
        "passed": result.passed,
        "value": result.value,
        "low": check.bound.low,
        "high": check.bound.high,
        "unit": check.bound.unit,
        "reason": result.reason,
        "rows": [{name: _plain(value) for name, value in row.items()} for row in result.rows],
        "total": result.total,
        "seconds": round(result.seconds, 3),
    }


def _plain(value: Any) -> Any:
    """A database value as JSON can hold it."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return round(value, 6)
    return value if isinstance(value, bool | int | str | None) else str(value)
