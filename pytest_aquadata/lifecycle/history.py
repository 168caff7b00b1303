"""The whole history of one batch: the rows of all its events."""

from __future__ import annotations

from dataclasses import dataclass

from .columns import BatchTables, Columns
from .events.event import EventContext
from .events.meals import feed_demand
from .events.registry import EVENTS
from .feed import FeedAccount
from .feeding import FeedDemand
from .inputs import BatchInputs
from .life import simulate_life
from .state import Life


@dataclass(frozen=True)
class BatchHistory:
    """All rows of one batch.

    Attributes:
        number: batch number.
        tables: columns by table name; tables without rows are left out.
    """

    number: str
    tables: BatchTables


def demand_of(inputs: BatchInputs) -> FeedDemand:
    """Simulate the feed demand of a batch, which the feed ledger needs."""
    return feed_demand(simulate_life(inputs))


def simulate_batch(inputs: BatchInputs, account: FeedAccount) -> BatchHistory:
    """Simulate one batch alone.

    Args:
        inputs: inputs of the simulation.
        account: its account in the feed ledger, from `feed.keep_ledger`.
    """
    return BatchHistory(inputs.plan.number, history_tables(inputs, simulate_life(inputs), account))


def history_tables(inputs: BatchInputs, life: Life, account: FeedAccount) -> BatchTables:
    """Return the rows of a simulated life, by table."""
    written: dict[str, Columns] = {}
    context = EventContext(inputs, life, account, written)
    for event in EVENTS:
        written |= event.rows(context)
    return {name: columns for name, columns in written.items() if len(columns)}
