"""Report of a growth analysis for people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ...text import counted
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
        weighings: assignments and days with a measured weight.
        planned_g: weight today in the pinned scenario, in g; None without one.
        harvest_g: expected harvest weight in g; None without a live projection.
        planned_end: planned last day, as a day number; None without one.
        projection: live projection; None for a batch that is over or cannot be projected.
    """

    number: str
    states: int
    projections: int
    weighings: int
    planned_g: float | None
    harvest_g: float | None
    planned_end: int | None
    projection: LiveProjection | None


@dataclass(frozen=True)
class GrowthReport:
    """A growth analysis of many batches.

    Attributes:
        as_of: the farm's today, as a day number.
        batches: growth analysis of each batch.
        notes: remarks on the database.
        seconds: duration in seconds.
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
        """Return the report as text."""
        batches = counted(len(self.batches), "batch", "batches")
        weighings = sum(batch.weighings for batch in self.batches)
        lines = [
            f"{self.states:,} states of {batches} up to {to_date(self.as_of)} "
            f"from {weighings:,} weighings, {self.projections:,} projected days, "
            f"{self.seconds:.1f} s",
            *self.notes,
        ]
        projections = list(_projection_lines(self.batches))
        if projections:
            lines += ["", "From today to harvest (80 % intervals):", _HEADER, *projections]
        return lines


_HEADER = (
    f"{'batch':14} {'fish':>11} {'today g':>8} {'plan g':>8} {'water':>7} "
    f"{'plan ends':>10} {'weight then g':>22} {'harvest g':>9}  {'reached'}"
)


def batch_growth(
    observations: Observations,
    states: States,
    written: tuple[int, int],
    plan: Projection | None,
    live: LiveProjection | None,
) -> BatchGrowth:
    """Return the report of one batch.

    Args:
        observations: recorded data of the batch.
        states: its states.
        written: number of rows of states, and of projections.
        plan: projection of its pinned scenario.
        live: its live projection.
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
        harvest_g=harvest_weight_g(observations.batch, live) if live else None,
        planned_end=end,
        projection=live,
    )


def _projection_lines(batches: tuple[BatchGrowth, ...]) -> Iterator[str]:
    for batch in batches:
        projection, harvest_g = batch.projection, batch.harvest_g
        if projection is None or harvest_g is None:
            continue
        start = (
            f"{batch.number:14} {projection.fish:11,} {_grams(projection.today_g):>8} "
            f"{_grams(batch.planned_g):>8} {_bias(projection):>7}"
        )
        yield f"{start} {_harvest(batch, projection, harvest_g)}"


def _harvest(batch: BatchGrowth, projection: LiveProjection, harvest_g: float) -> str:
    """Return the weight on the planned last day, and the day with the harvest weight."""
    end, then = "-", "-"
    if batch.planned_end is not None:
        end, then = to_date(batch.planned_end).isoformat(), "past"
        day = batch.planned_end - int(projection.day[0])
        if 0 <= day < len(projection.day):
            low, high = projection.low_g[day], projection.high_g[day]
            then = f"{projection.weight_g[day]:,.0f} ({low:,.0f} to {high:,.0f})"
    arrival = projection.reaches(harvest_g)
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


def _bias(projection: LiveProjection) -> str:
    """Return the temperature bias; a dash without recent measurements."""
    return f"{projection.bias_c:+.1f}°C" if projection.bias_days else "-"


def _date(day: int | None) -> str:
    return "later" if day is None else to_date(day).isoformat()
