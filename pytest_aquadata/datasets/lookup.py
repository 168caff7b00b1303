"""Looking a batch up: the one that a test wants, or why there is none and what there is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ..errors import NothingFound

NEAR_HARVEST_DAYS = 60
"""A batch is near harvest when all of it will be harvested within so many days."""
_MOST_SHOWN = 8


@dataclass(frozen=True)
class BatchInfo:
    """A batch at a glance.

    Attributes:
        id: primary key.
        number: batch number.
        geography: name of the geography.
        stage: order of the lifecycle stage it is in, or was in last.
        status: `ACTIVE` or `COMPLETED`.
        start: the day its eggs were delivered.
        days_to_harvest: days from the farm's today to the end of its harvest; None if completed.
    """

    id: int
    number: str
    geography: str
    stage: int
    status: str
    start: date
    days_to_harvest: int | None


@dataclass(frozen=True)
class BatchWanted:
    """What a batch shall be like; None where it does not matter.

    Attributes:
        number: batch number.
        geography: name of the geography.
        stage: order of its lifecycle stage.
        status: `ACTIVE` or `COMPLETED`.
        near_harvest: whether it will be harvested within `NEAR_HARVEST_DAYS`.
        min_days_to_harvest: the fewest days to the end of its harvest.
        max_days_to_harvest: the most days to the end of its harvest.
    """

    number: str | None = None
    geography: str | None = None
    stage: int | None = None
    status: str | None = None
    near_harvest: bool | None = None
    min_days_to_harvest: int | None = None
    max_days_to_harvest: int | None = None


@dataclass(frozen=True)
class _Condition:
    """One thing that is asked of a batch.

    Attributes:
        asked: as it was asked for.
        subject: name of the attribute that it is about.
        holds: whether a batch has it.
    """

    asked: str
    subject: str
    holds: Callable[[BatchInfo], bool]


def find_batch(batches: Sequence[BatchInfo], wanted: BatchWanted, where: str) -> BatchInfo:
    """The first batch that is as it is wanted.

    Args:
        batches: those to choose from.
        wanted: what it shall be like.
        where: what they are the batches of, for the message.

    Raises:
        NothingFound: when there is none; the message names the first condition that no batch is
            left for, and what there is instead.
    """
    left = tuple(batches)
    met: list[str] = []
    for condition in _conditions(wanted):
        found = tuple(batch for batch in left if condition.holds(batch))
        if not found:
            those = f"its {len(left)} with {', '.join(met)}" if met else f"its {len(left)} batches"
            raise NothingFound(
                f"{where} has no batch with {', '.join([*met, condition.asked])}: of {those}, "
                f"{condition.subject} is {_values(left, condition.subject)}"
            )
        left = found
        met.append(condition.asked)
    return left[0]


def _conditions(wanted: BatchWanted) -> Iterator[_Condition]:
    for name in ("number", "geography", "stage", "status"):
        value = getattr(wanted, name)
        if value is not None:
            yield _Condition(f"{name}={value!r}", name, _equals(name, value))
    if wanted.near_harvest is not None:
        near = wanted.near_harvest
        meaning = "at most" if near else "more than"
        yield _Condition(
            f"near_harvest={near} ({meaning} {NEAR_HARVEST_DAYS} days)",
            "days_to_harvest",
            lambda batch: _days_within(batch, None, NEAR_HARVEST_DAYS) == near,
        )
    low, high = wanted.min_days_to_harvest, wanted.max_days_to_harvest
    if low is not None:
        yield _Condition(
            f"min_days_to_harvest={low}",
            "days_to_harvest",
            lambda batch: _days_within(batch, low, None),
        )
    if high is not None:
        yield _Condition(
            f"max_days_to_harvest={high}",
            "days_to_harvest",
            lambda batch: _days_within(batch, None, high),
        )


def _equals(name: str, value: object) -> Callable[[BatchInfo], bool]:
    return lambda batch: bool(getattr(batch, name) == value)


def _days_within(batch: BatchInfo, low: int | None, high: int | None) -> bool:
    days = batch.days_to_harvest
    return days is not None and (low is None or days >= low) and (high is None or days <= high)


def _values(batches: Sequence[BatchInfo], subject: str) -> str:
    """What an attribute is among batches, with how many have each value."""
    counted = Counter(getattr(batch, subject) for batch in batches)
    known = sorted(value for value in counted if value is not None)
    values = [*known, *([None] if None in counted else [])]
    shown = [
        f"{_shown(value)} ({counted[value]})" if counted[value] > 1 else _shown(value)
        for value in values[:_MOST_SHOWN]
    ]
    more = len(values) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _shown(value: object) -> str:
    return "none (completed)" if value is None else str(value)
