"""The whole history of one batch: its life, told in the rows of every table."""

from __future__ import annotations

from dataclasses import dataclass

from .columns import BatchTables
from .events.batch import batch_tables
from .events.deaths import death_tables
from .events.delivery import delivery_tables
from .events.finance import finance_tables
from .events.harvest import harvest_tables
from .events.health import health_tables, sampled_stages
from .events.journal import journal_entries, journal_keys, journal_tables
from .events.laboratory import laboratory_tables
from .events.lice import lice_tables
from .events.meals import feed_demand, meal_tables
from .events.readings import reading_tables
from .events.samples import sample_tables
from .events.transfers import transfer_tables
from .events.treatments import treatment_tables
from .feed import FeedAccount
from .feeding import FeedDemand
from .inputs import BatchInputs
from .life import live
from .state import Life


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
    sampled = sampled_stages(inputs, life)
    entries = journal_entries(inputs, life)
    written = {
        **batch_tables(inputs, life),
        **delivery_tables(inputs, life),
        **transfer_tables(inputs, life),
        **death_tables(inputs, life),
        **meal_tables(inputs, life, account),
        **sample_tables(inputs, life),
        **reading_tables(inputs, life),
        **health_tables(inputs, sampled),
        **laboratory_tables(inputs, life, sampled),
        **journal_tables(inputs, entries),
        **lice_tables(inputs, life),
        **treatment_tables(inputs, life, sampled, journal_keys(inputs, entries)),
        **harvest_tables(inputs, life),
    }
    written |= finance_tables(inputs, written)
    return {name: columns for name, columns in written.items() if len(columns)}
