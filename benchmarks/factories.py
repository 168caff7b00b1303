"""Measure how fast factories make rows, compared with plain factory_boy making the same rows.

    python benchmarks/factories.py [--meals 10000] [--bulk 100000]

Both are measured alternately in one process, several times, and the best times are compared, so
that other load on the machine affects the ratios little.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from decimal import Decimal
from typing import Any

import factory
import sqlalchemy as sa
from factory.alchemy import SQLAlchemyModelFactory
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from pytest_aquadata.factories import BatchContainerAssignmentFactory, FeedingEventFactory, bound
from pytest_aquadata.schema import Base, FeedingEvent
from pytest_aquadata.settings import DEFAULT_AS_OF

TIMES = ("06:00", "10:00", "14:00", "18:00")
GRAPH_TARGET_MS = 5.0
BATCH_TARGET = 5.0
BULK_TARGET = 50.0


class StockFeedingEventFactory(SQLAlchemyModelFactory):
    """A meal as factory_boy's users declare it, flushed object by object; its fish are given."""

    class Meta:
        model = FeedingEvent
        sqlalchemy_session_persistence = "flush"

    class Params:
        assignment = None
        feed = 1

    feeding_date = factory.Sequence(lambda n: DEFAULT_AS_OF - timedelta(days=n // 4 % 45))
    feeding_time = factory.Sequence(lambda n: _clock(TIMES[n % 4]))
    batch_biomass_kg = factory.LazyAttribute(lambda row: row.assignment.biomass_kg)
    amount_kg = factory.LazyAttribute(
        lambda row: (row.batch_biomass_kg * Decimal("0.005")).quantize(Decimal("0.01"))
    )
    feeding_percentage = factory.LazyAttribute(
        lambda row: (100 * row.amount_kg / row.batch_biomass_kg).quantize(Decimal("0.000001"))
    )
    feed_cost = factory.LazyAttribute(
        lambda row: (row.amount_kg * Decimal("3.40")).quantize(Decimal("0.01"))
    )
    method = "AUTOMATIC"
    notes = ""
    created_at = factory.LazyFunction(lambda: _now())
    updated_at = factory.LazyAttribute(lambda row: row.created_at)
    batch_id = factory.LazyAttribute(lambda row: row.assignment.batch_id)
    batch_assignment_id = factory.LazyAttribute(lambda row: row.assignment.id)
    container_id = factory.LazyAttribute(lambda row: row.assignment.container_id)
    feed_id = factory.LazyAttribute(lambda row: row.feed)
    recorded_by_id = 1


def _clock(text: str) -> Any:
    from datetime import time as clock

    return clock.fromisoformat(text)


def _now() -> Any:
    from datetime import UTC, datetime
    from datetime import time as clock

    return datetime.combine(DEFAULT_AS_OF, clock(18), UTC)


@contextmanager
def session_on(engine: sa.Engine) -> Iterator[Session]:
    """Open a session whose rows are rolled back."""
    with engine.connect() as connection:
        transaction = connection.begin()
        connection.exec_driver_sql("BEGIN")
        with Session(connection, join_transaction_mode="create_savepoint") as session:
            yield session
        transaction.rollback()


def seconds(action: Callable[[], object]) -> float:
    """Return the seconds that a call takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def whole_graph(engine: sa.Engine) -> float:
    """Return the seconds of one meal in an empty database."""
    with session_on(engine) as session, bound(session):
        return seconds(FeedingEventFactory)


def next_graph(engine: sa.Engine) -> float:
    """Return the seconds of a further meal of other fish, the best of twenty."""
    with session_on(engine) as session, bound(session):
        FeedingEventFactory()
        return min(seconds(FeedingEventFactory) for _ in range(20))


def stock_batch(engine: sa.Engine, size: int) -> float:
    """Return the seconds of factory_boy's own `create_batch`, for fish made before."""
    with session_on(engine) as session, bound(session):
        assignment = BatchContainerAssignmentFactory(stage=2)
        StockFeedingEventFactory._meta.sqlalchemy_session = session
        StockFeedingEventFactory.reset_sequence(0)
        return seconds(lambda: StockFeedingEventFactory.create_batch(size, assignment=assignment))


def own_batch(engine: sa.Engine, size: int) -> float:
    """Return the seconds of our `create_batch`, with the fish and their feed."""
    with session_on(engine) as session, bound(session):
        return seconds(lambda: FeedingEventFactory.create_batch(size))


def own_bulk(engine: sa.Engine, size: int) -> float:
    """Return the seconds of `bulk`, with the fish and their feed."""
    with session_on(engine) as session, bound(session):
        return seconds(lambda: FeedingEventFactory.bulk(size))


def main() -> None:
    """Measure, print, and say whether the targets are reached."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--meals", type=int, default=10_000)
    parser.add_argument("--bulk", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    engine = sa.create_engine("sqlite://", poolclass=StaticPool)
    Base.metadata.create_all(engine)
    whole_graph(engine)
    first = min(whole_graph(engine) for _ in range(30)) * 1000
    following = min(next_graph(engine) for _ in range(5)) * 1000
    stock, batch, bulk = (
        min(times)
        for times in zip(
            *(
                (
                    stock_batch(engine, arguments.meals),
                    own_batch(engine, arguments.meals),
                    own_bulk(engine, arguments.bulk),
                )
                for _ in range(arguments.rounds)
            ),
            strict=True,
        )
    )
    batch_ratio = stock / batch
    bulk_ratio = (stock / arguments.meals) / (bulk / arguments.bulk)
    print(f"FeedingEventFactory(), empty database  {first:8.2f} ms   target < {GRAPH_TARGET_MS}")
    print(f"FeedingEventFactory(), following       {following:8.2f} ms")
    print(f"stock create_batch({arguments.meals:,})          {stock:8.2f} s")
    print(
        f"create_batch({arguments.meals:,})                {batch:8.2f} s    {batch_ratio:5.1f} "
        f"times as fast, target {BATCH_TARGET:g}"
    )
    print(
        f"bulk({arguments.bulk:,})                       {bulk:8.2f} s    {bulk_ratio:5.1f} times "
        f"as fast a row, target {BULK_TARGET:g}"
    )


if __name__ == "__main__":
    main()
