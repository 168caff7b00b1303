"""Batches of the small preset, simulated alone and without a database."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache

import pytest

from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.lifecycle.columns import Columns
from pytest_aquadata.lifecycle.feed import Ledger, keep_ledger
from pytest_aquadata.lifecycle.feeding import FeedDemand
from pytest_aquadata.lifecycle.history import demand_of, simulate_batch
from pytest_aquadata.lifecycle.inputs import BatchInputs
from pytest_aquadata.lifecycle.life import simulate_life
from pytest_aquadata.presets.farm import Farm, load_farm
from pytest_aquadata.presets.named_presets import plan_preset

TODAY = date(2025, 11, 21)


@dataclass(frozen=True)
class SimulatedBatch:
    """One simulated batch.

    Attributes:
        build: build to which it belongs.
        position: position in the build.
        inputs: inputs of its simulation.
        life: its life.
        demand: its demand of feed.
        ledger: feed ledger of this batch alone.
        tables: its rows.
    """

    build: BuildSpec
    position: int
    inputs: BatchInputs
    life: object
    demand: FeedDemand
    ledger: Ledger
    tables: Mapping[str, Columns]


@pytest.fixture(scope="session")
def farm() -> Farm:
    return load_farm()


@pytest.fixture(scope="session")
def simulated(farm: Farm) -> Callable[..., SimulatedBatch]:
    """Return a function that simulates a batch: `simulated(position, seed=1, age=None, ...)`.

    The history ends `age` days after the delivery of the eggs, or on the preset's today.
    """

    @lru_cache(maxsize=64)
    def simulate(
        position: int,
        seed: int = 1,
        age: int | None = None,
        readings: int = 0,
        *,
        preset: str = "small",
        eggs: int | None = None,
    ) -> SimulatedBatch:
        schedule = plan_preset(preset, farm, TODAY, seed, readings)
        if eggs is not None:
            batches = list(schedule.batches)
            batches[position] = replace(batches[position], eggs=eggs)
            schedule = replace(schedule, batches=tuple(batches))
        build = BuildSpec(schedule, farm, seed, TODAY)
        if age is not None:
            today = schedule.batches[position].starts + timedelta(days=age)
            build = replace(build, as_of=today)
        inputs = build.inputs(position)
        demand = demand_of(inputs)
        ledger = keep_ledger([demand], build.feed_containers, farm.feeds, seed, build.today)
        tables = simulate_batch(inputs, ledger.accounts[0]).tables
        return SimulatedBatch(
            build, position, inputs, simulate_life(inputs), demand, ledger, tables
        )

    return simulate
