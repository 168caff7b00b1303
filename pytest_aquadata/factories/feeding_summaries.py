"""Factories for feeding summaries of batches and assignments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from ..lifecycle.feeding import DECAGRAMS_PER_KG
from ..schema import BatchFeedingSummary, ContainerFeedingSummary
from .arrivals import expected_fish
from .base import AquadataFactory
from .batch import BatchFactory, assignment_parent
from .column_values import biomass_kg, decimal
from .context import FactoryContext
from .declarations import ChildAttribute, EarliestPinnedDay, Parent, Pins
from .expected_life import ExpectedStage
from .fish_groups import fish_group_of, timeline_of
from .value_checks import refusal

_HUNDREDTH, _THOUSANDTH = Decimal("0.01"), Decimal("0.001")


class BatchFeedingSummaryFactory(AquadataFactory[BatchFeedingSummary]):
    """Expected feed, growth and feed conversion of a batch in a week.

    It sums no rows of containers, so `container_count` is 0.

    Each call goes back by one week, from today. Pin `period_start` or `period_end` for another
    period.

    Parameters:
        batch (Batch): batch; default a new one.
        stage (int): stage of a new batch, 1 to 6.

    Example:
        >>> BatchFeedingSummaryFactory(stage=4).fcr > 0
        True
    """

    class Meta:
        model = BatchFeedingSummary

    class Params:
        stage = None
        batch = Parent(
            BatchFactory,
            key="batch_id",
            stage=ChildAttribute("stage"),
            present_on=EarliestPinnedDay(["period_start", "period_end"]),
        )

    _shared_parents = ("batch",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        timeline = timeline_of(context, pins["batch"])
        fish = sum(group.arrived for group in timeline.groups) or expected_fish(timeline.order)
        number = context.next_number(f"feeding summary {timeline.batch.id}") - 1
        first, last = _period(timeline.stage.arrives, timeline.today, number, pins)
        totals = _feeding_totals(timeline.stage, fish, first, last)
        return {
            "period_start": first,
            "period_end": last,
            "total_feed_kg": totals.fed_kg,
            "total_feed_consumed_kg": totals.fed_kg,
            "total_starting_biomass_kg": totals.starting_kg,
            "total_ending_biomass_kg": totals.ending_kg,
            "total_growth_kg": totals.growth_kg,
            "total_biomass_gain_kg": totals.growth_kg,
            "average_biomass_kg": totals.mean_kg.quantize(_HUNDREDTH),
            "average_feeding_percentage": totals.daily_percentage,
            "fcr": totals.fcr,
            "weighted_avg_fcr": totals.fcr,
            "estimation_method": "INTERPOLATED",
            "batch_id": timeline.batch.id,
        }


class ContainerFeedingSummaryFactory(AquadataFactory[ContainerFeedingSummary]):
    """Expected feed, growth and feed conversion of an assignment in a week.

    It sums no feeding events, so `data_points` is 0.

    Each call goes back by one week, from today. Pin `period_start` or `period_end` for another
    period.

    Parameters:
        container_assignment (BatchContainerAssignment): assignment; default one of `batch`, or
            new.
        batch (Batch): batch of the fish.
        stage (int): stage of a new assignment, 1 to 6.

    Example:
        >>> ContainerFeedingSummaryFactory(stage=4).fcr > 0
        True
    """

    class Meta:
        model = ContainerFeedingSummary

    class Params:
        stage = None
        batch = None
        container_assignment = assignment_parent(key="container_assignment_id")

    _shared_parents = ("container_assignment",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        group = fish_group_of(context, pins["container_assignment"])
        subject = f"container feeding summary {group.assignment.id}"
        number = context.next_number(subject) - 1
        first, last = _period(group.stage.arrives, group.today, number, pins)
        totals = _feeding_totals(group.stage, group.alive(first), first, last)
        return {
            "period_start": first,
            "period_end": last,
            "total_feed_kg": totals.fed_kg,
            "starting_biomass_kg": totals.starting_kg,
            "ending_biomass_kg": totals.ending_kg,
            "growth_kg": totals.growth_kg,
            "fcr": totals.fcr,
            "estimation_method": "INTERPOLATED",
            "batch_id": group.batch.id,
            "container_assignment_id": group.assignment.id,
        }


def _period(arrives: date, today: date, weeks_back: int, pins: Pins) -> tuple[date, date]:
    """Return the first and last day of a week before today, clipped to the stage."""
    last = pins.get("period_end", max(today - timedelta(days=7 * weeks_back), arrives))
    first = pins.get("period_start", max(last - timedelta(days=6), arrives))
    if first > last or first < arrives:
        reason = f"is after period_end={last}" if first > last else "is before the fish arrived"
        advice = f"give days in order, from {arrives}"
        raise refusal(f"{pins.factory}: period_start", first, reason, advice)
    return first, last


@dataclass(frozen=True)
class FeedingTotals:
    """Feed and growth over a period.

    Attributes:
        fed_kg: feed, in kg.
        starting_kg: biomass on the first morning, in kg.
        ending_kg: biomass after the last day, in kg.
        days: number of days.
    """

    fed_kg: Decimal
    starting_kg: Decimal
    ending_kg: Decimal
    days: int

    @property
    def growth_kg(self) -> Decimal:
        """Growth in kg."""
        return self.ending_kg - self.starting_kg

    @property
    def mean_kg(self) -> Decimal:
        """Mean of the biomass at the start and at the end, in kg."""
        return (self.starting_kg + self.ending_kg) / 2

    @property
    def fcr(self) -> Decimal:
        """Feed conversion ratio; 0 without growth."""
        ratio = self.fed_kg / self.growth_kg if self.growth_kg > 0 else Decimal(0)
        return ratio.quantize(_THOUSANDTH)

    @property
    def daily_percentage(self) -> Decimal:
        """Feed per day in percent of the mean biomass."""
        return (100 * self.fed_kg / self.days / self.mean_kg).quantize(_HUNDREDTH)


def _feeding_totals(stage: ExpectedStage, fish: int, first: date, last: date) -> FeedingTotals:
    days = range(stage.day(first), stage.day(last) + 1)
    fed = sum(stage.decagrams(day, fish) for day in days) if stage.rule.is_fed else 0
    starting, ending = (
        biomass_kg(fish, decimal(float(stage.weight_g[day]))) for day in (days[0], days[-1] + 1)
    )
    return FeedingTotals(Decimal(fed) / DECAGRAMS_PER_KG, starting, ending, len(days))
