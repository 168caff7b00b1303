"""What a growth analysis found and wrote, for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..days import to_date
from .anchors import NO_ANCHOR
from .assimilate import States
from .harvest_weight import harvest_weight_g
from .live_projection import LiveProjection
from .observations import Observations
from .projection import Projection


@dataclass(frozen=True)
class BatchGrowth:
    """The growth analysis of one batch.

    Attributes:
        number: batch number.
        states: rows of daily states written.
        projections: rows of projections written.
        weighings: assignments and days whose weight was measured.
        planned_g: weight that the pinned scenario reaches today, in g; None without one.
        harvest_g: weight at which it is to be harvested; None without a live projection.
        planned_end: day on which it is planned to end, as a day number; None without one.
        forward: from today to harvest; None for a batch that is over or cannot be projected.
    """

    number: str
    states: int
    projections: int
    weighings: int
    planned_g: float | None
    harvest_g: float | None
    planned_end: int | None
    forward: LiveProjection | None


@dataclass(frozen=True)
class GrowthReport:
    """A growth analysis of many batches.

    Attributes:
        as_of: the farm's today, as a day number.
        batches: one entry each.
        notes: what the reader should know of the database.
        seconds: time it took.
    """

    as_of: int
    batches: tuple[BatchGrowth, ...]
    notes: tuple[str, ...]
    seconds: float

    @property
    def states(self) -> int:
        """Rows of daily states written."""
        return sum(batch.states for batch in self.batches)

    @property
    def projections(self) -> int:
        """Rows of projections written."""
        return sum(batch.projections for batch in self.batches)

    def lines(self) -> list[str]:
        """The report as text."""
        weighings = sum(batch.weighings for batch in self.batches)
        told = [
            f"{self.states:,} states of {len(self.batches)} batches up to {to_date(self.as_of)} "
            f"from {weighings:,} weighings, {self.projections:,} projected days, "
            f"{self.seconds:.1f} s",
            *self.notes,
        ]
        ahead = list(_ahead(self.batches))
        if ahead:
            told += ["", "From today to harvest (80 % intervals):", _HEADER, *ahead]
        return told


_HEADER = (
    f"{'batch':14} {'fish':>11} {'today g':>8} {'plan g':>8} {'water':>7} "
    f"{'plan ends':>10} {'weight then g':>22} {'harvest g':>9}  {'reached'}"
)


def batch_growth(
    observations: Observations,
    states: States,
    written: tuple[int, int],
    plan: Projection | None,
    forward: LiveProjection | None,
) -> BatchGrowth:
    """What the analysis of a batch came to.

    Args:
        observations: what was known of it.
        states: its states.
        written: rows of states and of projections written.
        plan: the projection of its pinned scenario.
        forward: its live projection.
    """
    planned_g, end = None, observations.batch.expected_end_day
    if plan is not None:
        today = min(max(observations.as_of - int(plan.day[0]), 0), len(plan) - 1)
        planned_g = float(plan.weight_g[today])
        end = int(plan.day[-1]) if end is None else end
    return BatchGrowth(
        number=observations.batch.number,
        states=written[0],
        projections=written[1],
        weighings=int(((states.anchors.kind != NO_ANCHOR) & states.has_state).sum()),
        planned_g=planned_g,
        harvest_g=harvest_weight_g(observations.batch, forward) if forward else None,
        planned_end=end,
        forward=forward,
    )


def _ahead(batches: tuple[BatchGrowth, ...]) -> Iterator[str]:
    for batch in batches:
        forward, harvest_g = batch.forward, batch.harvest_g
        if forward is None or harvest_g is None:
            continue
        start = (
            f"{batch.number:14} {forward.fish:11,} {_grams(forward.today_g):>8} "
            f"{_grams(batch.planned_g):>8} {_warmer(forward):>7}"
        )
        yield f"{start} {_harvest(batch, forward, harvest_g)}"


def _harvest(batch: BatchGrowth, forward: LiveProjection, harvest_g: float) -> str:
    """The weight on the planned last day, and the day on which the harvest weight is reached."""
    end, then = "-", "-"
    if batch.planned_end is not None:
        end, then = to_date(batch.planned_end).isoformat(), "past"
        day = batch.planned_end - int(forward.day[0])
        if 0 <= day < len(forward.day):
            low, high = forward.low_g[day], forward.high_g[day]
            then = f"{forward.weight_g[day]:,.0f} ({low:,.0f} to {high:,.0f})"
    arrival = forward.reaches(harvest_g)
    reached = (
        f"{_date(arrival.day)} ({_date(arrival.earliest)} to {_date(arrival.latest)})"
        if arrival.earliest is not None
        else "not in sight"
    )
    return f"{end:>10} {then:>22} {_grams(harvest_g):>9}  {reached}"


def _grams(weight_g: float | None) -> str:
    if weight_g is None:
        return "-"
    return f"{weight_g:,.0f}" if weight_g >= 10 else f"{weight_g:.2f}"


def _warmer(forward: LiveProjection) -> str:
    """By how much the water is warmer than the profile; a dash if it was not measured of late."""
    return f"{forward.bias_c:+.1f}°C" if forward.bias_days else "-"


def _date(day: int | None) -> str:
    return "later" if day is None else to_date(day).isoformat()
