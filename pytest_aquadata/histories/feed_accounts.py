"""The feed ledger of batches that are built together, and the account of each batch in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from ..errors import HistoryError
from ..generation.build_spec import BuildSpec
from ..lifecycle.events.meals import feed_demand
from ..lifecycle.feed import FeedAccount, FeedShortageError, keep_ledger
from ..lifecycle.feed_outages import Outage
from ..lifecycle.feeding import FeedDemand
from ..lifecycle.inputs import BatchInputs
from ..lifecycle.state import Life
from .shared_build import SharedBuild


def feed_accounts(
    build: BuildSpec, inputs: Sequence[BatchInputs], lives: Sequence[Life]
) -> tuple[list[FeedAccount], SharedBuild]:
    """Run the feed ledger over all batches.

    Returns:
        The account of each batch, and what the batches share.

    Raises:
        HistoryError: if a feed container runs empty between its deliveries.
    """
    demands = [feed_demand(life) for life in lives]
    included = [
        _until_end(demand, batch.as_of, build.today)
        for demand, batch in zip(demands, inputs, strict=True)
    ]
    outages = [outage for life in lives for outage in _outages(life)]
    try:
        ledger = keep_ledger(
            [_select(demand, mask) for demand, mask in zip(demands, included, strict=True)],
            build.feed_containers,
            build.farm.feeds,
            build.seed,
            build.today,
            outages,
        )
    except FeedShortageError as shortage:
        raise HistoryError(str(shortage)) from shortage
    accounts = []
    for account, mask in zip(ledger.accounts, included, strict=True):
        opening = np.zeros(len(mask), np.int64)
        opening[mask] = account.opening
        accounts.append(replace(account, opening=opening))
    eaters: dict[int, frozenset[str]] = {}
    for demand, batch in zip(demands, inputs, strict=True):
        for key in np.unique(demand.feed_container).tolist():
            eaters[key] = eaters.get(key, frozenset()) | {batch.plan.number}
    return accounts, SharedBuild(build, ledger.lots, eaters)


def _until_end(demand: FeedDemand, as_of: int, today: int) -> NDArray[np.bool_]:
    """Return the mask of demand up to the end of a history: no feed is bought for later days."""
    if as_of == today:
        return np.ones(len(demand), np.bool_)
    return np.asarray(demand.day <= as_of, np.bool_)


def _select(demand: FeedDemand, mask: NDArray[np.bool_]) -> FeedDemand:
    return FeedDemand(
        demand.feed_container[mask], demand.feed[mask], demand.day[mask], demand.amount[mask]
    )


def _outages(life: Life) -> list[Outage]:
    return [
        Outage(key, stage.first_day + first, stage.first_day + last)
        for stage in life.stages
        for first, last in stage.effects.no_delivery
        for key in np.unique(stage.feed_containers).tolist()
    ]
