"""The whole history of one batch: its life, told in the rows of every table."""

from __future__ import annotations

from dataclasses import dataclass

from .columns import BatchTables
from .feed import FeedAccount
from .feeding import FeedDemand
from .inputs import BatchInputs
from .life import Life, live
from .rows.batch import batch_tables
from .rows.deaths import death_tables
from .rows.delivery import delivery_tables
from .rows.harvest import harvest_tables
from .rows.meals import feed_demand, meal_tables
from .rows.readings import reading_tables
from .rows.samples import sample_tables
from .rows.transfers import transfer_tables


@dataclass(frozen=True)
class BatchHistory:
    """Every row of one batch.

    Attributes:
        number: the batch number.
        tables: columns by table name; tables without rows are left out.
    """

    number: str
    tables: BatchTables


def demand_of(inputs: BatchInputs) -> FeedDemand:
    """What a batch will eat, for the feed ledger; needs no ledger itself."""
    return feed_demand(live(inputs))


def simulate_batch(inputs: BatchInputs, account: FeedAccount) -> BatchHistory:
    """Simulate one batch alone.

    Args:
        inputs: what determines the batch.
        account: its account in the feed ledger, from `feed.keep_ledger`.
    """
    return BatchHistory(inputs.plan.number, tell(inputs, live(inputs), account))


def tell(inputs: BatchInputs, life: Life, account: FeedAccount) -> BatchTables:
    """The rows of a life, by table."""
    written = (
        batch_tables(inputs, life),
        delivery_tables(inputs, life),
        transfer_tables(inputs, life),
        death_tables(inputs, life),
        meal_tables(inputs, life, account),
        sample_tables(inputs, life),
        reading_tables(inputs, life),
        harvest_tables(inputs, life),
    )
    return {name: columns for tables in written for name, columns in tables.items() if len(columns)}
