"""Look-up of a batch by conditions, with a message that lists the values that exist."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from ..errors import NothingFound

NEAR_HARVEST_DAYS = 60
"""A batch is near harvest if all of it will be harvested within this number of days."""
_MOST_SHOWN = 8


@dataclass(frozen=True)
class BatchInfo:
    """Summary of a batch.

    Attributes:
        id: primary key.
        number: batch number.
        geography: name of the geography.
        stage: order of its current or last lifecycle stage.
        status: `ACTIVE` or `COMPLETED`.
        start: day of delivery of its eggs.
        days_to_harvest: days from the farm's current day to the end of its harvest; None if
            completed.
    """

    id: int
    number: str
    geography: str
    stage: int
    status: str
    start: date
    days_to_harvest: int | None


@dataclass(frozen=True)
class BatchQuery:
    """Conditions on a batch; None is no condition.

    Attributes:
        number: batch number.
        geography: name of the geography.
        stage: order of its lifecycle stage.
        status: `ACTIVE` or `COMPLETED`.
        near_harvest: True if all of it will be harvested within `NEAR_HARVEST_DAYS`.
        min_days_to_harvest: least number of days to the end of its harvest.
        max_days_to_harvest: greatest number of days to the end of its harvest.
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
    """One condition on a batch.

    Attributes:
        text: as the test wrote it.
        attribute: name of the attribute of `BatchInfo` that it tests.
        is_met: returns whether a batch meets it.
    """

    text: str
    attribute: str
    is_met: Callable[[BatchInfo], bool]


def find_batch(batches: Sequence[BatchInfo], query: BatchQuery, dataset_name: str) -> BatchInfo:
    """Return the first batch that meets all conditions.

    Args:
        batches: the batches of a dataset.
        query: the conditions.
        dataset_name: name of the dataset, for the message.

    Raises:
        NothingFound: if there is none; the message names the first condition that excludes all
            remaining batches, and the values that these have.
    """
    remaining = tuple(batches)
    satisfied: list[str] = []
    for condition in _conditions(query):
        matching = tuple(batch for batch in remaining if condition.is_met(batch))
        if not matching:
            count = len(remaining)
            candidates = (
                f"its {count} with {', '.join(satisfied)}" if satisfied else f"its {count} batches"
            )
            raise NothingFound(
                f"{dataset_name} has no batch with {', '.join([*satisfied, condition.text])}: of "
                f"{candidates}, {condition.attribute} is {_values(remaining, condition.attribute)}"
            )
        remaining = matching
        satisfied.append(condition.text)
    return remaining[0]


def _conditions(query: BatchQuery) -> Iterator[_Condition]:
    for name in ("number", "geography", "stage", "status"):
        value = getattr(query, name)
        if value is not None:
            yield _Condition(f"{name}={value!r}", name, _equals(name, value))
    if query.near_harvest is not None:
        near = query.near_harvest
        meaning = "at most" if near else "more than"
        yield _Condition(
            f"near_harvest={near} ({meaning} {NEAR_HARVEST_DAYS} days)",
            "days_to_harvest",
            lambda batch: _days_within(batch, None, NEAR_HARVEST_DAYS) == near,
        )
    low, high = query.min_days_to_harvest, query.max_days_to_harvest
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


def _values(batches: Sequence[BatchInfo], attribute: str) -> str:
    """Return the values of an attribute in words, with how many batches have each."""
    counts = Counter(getattr(batch, attribute) for batch in batches)
    values = sorted(value for value in counts if value is not None)
    values += [None] if None in counts else []
    shown = [
        f"{_shown(value)} ({counts[value]})" if counts[value] > 1 else _shown(value)
        for value in values[:_MOST_SHOWN]
    ]
    more = len(values) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")


def _shown(value: object) -> str:
    return "none (completed)" if value is None else str(value)
