"""Checks with their bounds, the result of a check, and the report of all results."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from ..text import counted
from .context import CheckContext

Kind = Literal["hard", "soft"]

SHOWN_ROWS = 10
"""Rows of a failed check that a report shows; the others are only counted."""


@dataclass(frozen=True)
class Bound:
    """The range of values that a check allows, ends included; None for an open end."""

    low: float | None = None
    high: float | None = None
    unit: str = ""

    def holds(self, value: float) -> bool:
        """Return whether the value is in the range; False for NaN."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.low is None:
            return f"at most {number_text(self.high)}{unit}"
        if self.high is None:
            return f"at least {number_text(self.low)}{unit}"
        return f"{number_text(self.low)} to {number_text(self.high)}{unit}"


@dataclass(frozen=True)
class Population:
    """Data that the figure of a check is taken from.

    Attributes:
        least: number from which the bound applies.
        unit: what is counted, in the plural.
        count: function that counts it.
    """

    least: int
    unit: str
    count: Callable[[CheckContext], int]

    def shortage(self, context: CheckContext) -> str:
        """Return what is missing, such as "2 of 5 batches at sea"; empty if there is enough."""
        available = self.count(context)
        return "" if available >= self.least else f"{available:,} of {self.least:,} {self.unit}"


@dataclass(frozen=True)
class Finding:
    """The outcome of one measurement.

    Attributes:
        value: measured value; None if the data are too few for the check.
        rows: up to ten rows that break the rule, by column name.
        total: number of all such rows.
        reason: why there is no value.
    """

    value: float | None
    rows: tuple[Mapping[str, Any], ...] = ()
    total: int = 0
    reason: str = ""


@dataclass(frozen=True)
class Check:
    """One rule for the data.

    Attributes:
        name: unique name in kebab-case.
        subject: group it can be selected by, such as `fish` or `feed`.
        description: the rule in a sentence.
        kind: `hard` for an exact rule over all rows, `soft` for a published or conventional figure.
        bound: allowed values; a hard check allows 0 rows that break the rule.
        measure: function that measures the data.
        source: where a soft check's bound comes from.
        needs: populations of a soft check; with fewer there is no result.
    """

    name: str
    subject: str
    description: str
    kind: Kind
    bound: Bound
    measure: Callable[[CheckContext], Finding]
    source: str = ""
    needs: tuple[Population, ...] = ()

    def find(self, context: CheckContext) -> Finding:
        """Measure the data, if there is enough of each population."""
        for population in self.needs:
            if shortage := population.shortage(context):
                return Finding(None, reason=f"not enough data ({shortage})")
        return self.measure(context)


@dataclass(frozen=True)
class Result:
    """The result of one check.

    Attributes:
        check: the check.
        passed: None if the data are too few for the check.
        value: measured value; for a hard check the number of rows that break the rule.
        rows: up to ten rows that break the rule, by column name.
        total: number of all such rows.
        reason: what is missing for a value.
        seconds: time taken.
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
        """The allowed values."""
        return self.check.bound

    @property
    def outcome(self) -> str:
        """`PASS`, `FAIL`, or `n/a` if there is not enough data for the check."""
        return "n/a" if self.passed is None else "PASS" if self.passed else "FAIL"

    def lines(self) -> list[str]:
        """Return the result in one line; after a failure, one more line for each shown row."""
        if self.passed is None:
            text = self.reason
        elif self.check.kind == "hard":
            text = counted(self.total, "row", "rows") if self.total else ""
        else:
            text = f"{number_text(self.value)} ({self.bound})"
        head = f"{self.outcome:<4}  {self.check.kind}  {self.check.name:<44}  {text}".rstrip()
        if self.passed is not False:
            return [head]
        shown = [f"      {_row_text(row)}" for row in self.rows]
        hidden = self.total - len(self.rows)
        return [head, *shown, *([f"      and {hidden:,} more"] if hidden > 0 else [])]


@dataclass(frozen=True)
class Report:
    """The results of all checks that ran, in the order of `CHECKS`.

    Attributes:
        results: one for each check.
        seconds: time taken by all.
    """

    results: tuple[Result, ...]
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """True if every hard check passed."""
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
        """Share of soft checks that passed, of those with enough data; None if none has."""
        outcomes = [result.passed for result in self.results if result.check.kind == "soft"]
        applying = [passed for passed in outcomes if passed is not None]
        return sum(applying) / len(applying) if applying else None

    def __getitem__(self, name: str) -> Result:
        """Return the result of the check with this name."""
        return next(result for result in self.results if result.check.name == name)

    def without_earlier(self, failures: Mapping[str, int]) -> Report:
        """Return the report without hard failures that a database had before a build.

        Args:
            failures: number of rows that broke each rule then; with more rows it still fails.
        """
        results = [
            replace(result, passed=None, reason=_broken_before(result.total))
            if result.passed is False and 0 < result.total <= failures.get(result.check.name, 0)
            else result
            for result in self.results
        ]
        return replace(self, results=tuple(results))

    def to_json(self) -> str:
        """Return the report as JSON."""
        return json.dumps(
            {
                "ok": self.ok,
                "soft_share": self.soft_share,
                "seconds": round(self.seconds, 3),
                "results": [_result_values(result) for result in self.results],
            },
            indent=1,
        )

    def lines(self) -> list[str]:
        """Return the report as plain text: a line for each check, and rows of failed checks."""
        return [*(line for result in self.results for line in result.lines()), "", self.summary]

    @property
    def summary(self) -> str:
        """Numbers of passed and failed checks in one sentence."""
        hard = _passed_text(self.results, "hard", ("does not apply", "do not apply"))
        soft = _passed_text(self.results, "soft", ("lacks data", "lack data"))
        return f"{hard}; {soft}; {self.seconds:.1f} s"

    def _failures(self, kind: Kind) -> tuple[Result, ...]:
        return tuple(
            result
            for result in self.results
            if result.check.kind == kind and result.passed is False
        )


def _passed_text(results: Sequence[Result], kind: Kind, without: tuple[str, str]) -> str:
    """Return how many checks of a kind passed.

    Args:
        results: of all checks.
        kind: of the checks that count.
        without: what one check, or several, without a value do.
    """
    passed = [result.passed for result in results if result.check.kind == kind]
    missing = passed.count(None)
    text = f"{passed.count(True)} of {len(passed) - missing} {kind} checks pass"
    return f"{text}, {counted(missing, *without)}" if missing else text


def _broken_before(rows: int) -> str:
    return f"{counted(rows, 'row of others', 'rows of others')} broke this rule before the build"


def number_text(value: float | None) -> str:
    """Return a number with four significant digits, or whole from 10,000 on."""
    if value is None:
        return "none"
    return f"{value:,.0f}" if abs(value) >= 10_000 else f"{value:.4g}"


def _row_text(row: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {_plain(value)}" for name, value in row.items())


_OUTCOMES = {True: "ok", False: "failed", None: "not enough data"}


def _result_values(result: Result) -> dict[str, Any]:
    check = result.check
    return {
        "name": check.name,
        "subject": check.subject,
        "kind": check.kind,
        "protects": check.description,
        "source": check.source,
        "needs": {population.unit: population.least for population in check.needs},
        "outcome": _OUTCOMES[result.passed],
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
    """Return a database value as a type of JSON."""
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, float):
        return round(value, 6)
    return value if isinstance(value, bool | int | str | None) else str(value)
