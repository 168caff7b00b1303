"""Compare the growth analysis of a preset with the simulated fish, and time it.

    python benchmarks/growth_analysis.py medium
    python benchmarks/growth_analysis.py medium --seeds 201 202 203
    python benchmarks/growth_analysis.py full --every 6
    python benchmarks/growth_analysis.py small --url sqlite:///farm.db

Errors are given for the analysis and for the simplest alternative: the weight of the last weighing,
and the number of fish put in, both unchanged until the next. Weights are compared on the days
between weighings, with the simulated weight of the morning, when fish are weighed; numbers of fish
on the last evening of an assignment. The live projection is made from earlier days of the sea stay
and compared four days before harvest. Its intervals should contain 80 of 100 outcomes; they were
fitted to the seeds 101 to 103, so use other seeds.

With --url, `grow` is timed over a database, which it changes.
"""

from __future__ import annotations

import argparse
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build
from pytest_aquadata.lifecycle.columns import BatchTables
from pytest_aquadata.lifecycle.days import day_number
from pytest_aquadata.lifecycle.feed import keep_ledger
from pytest_aquadata.lifecycle.growth_analysis.anchors import NO_ANCHOR
from pytest_aquadata.lifecycle.growth_analysis.assimilate import States, assimilate
from pytest_aquadata.lifecycle.growth_analysis.daily_records import daily_from_tables
from pytest_aquadata.lifecycle.growth_analysis.live_projection import project_from_today
from pytest_aquadata.lifecycle.growth_analysis.model_library import ModelLibrary
from pytest_aquadata.lifecycle.growth_analysis.model_reader import library_from_tables
from pytest_aquadata.lifecycle.growth_analysis.observation_reader import observations_from_tables
from pytest_aquadata.lifecycle.growth_analysis.observations import DailyRecords
from pytest_aquadata.lifecycle.growth_analysis.projection import Projection, project
from pytest_aquadata.lifecycle.growth_analysis.result_columns import (
    projection_columns,
    state_columns,
)
from pytest_aquadata.lifecycle.growth_analysis.scenarios import own_scenario
from pytest_aquadata.lifecycle.history import demand_of, history_tables
from pytest_aquadata.lifecycle.life import simulate_life
from pytest_aquadata.lifecycle.state import Life, StageLife
from pytest_aquadata.presets.master_data.tables import master_tables

SEA_AGES = (-400, -200, -60, 10, 60, 120, 180, 240, 300, 360)
"""Days at sea from which a batch is projected."""


@dataclass(frozen=True)
class SimulatedBatch:
    """A simulated batch: its life, and the rows of its history."""

    number: str
    geography: str
    life: Life
    tables: BatchTables
    harvest: int
    today: int


class Seconds:
    """Processor time by part of the analysis."""

    def __init__(self) -> None:
        self.of: dict[str, float] = defaultdict(float)

    def add(self, name: str, started: float) -> float:
        """Add the time since `started` to a part; return the current time."""
        now = time.process_time()
        self.of[name] += now - started
        return now


def main() -> None:
    """Measure the preset that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("preset", nargs="?", default="medium")
    parser.add_argument(
        "--seeds", type=int, nargs="+", default=[1], help="seeds to build, one after another"
    )
    parser.add_argument("--every", type=int, default=1, help="use every Nth batch", metavar="N")
    parser.add_argument("--url", help="time `grow` over this database, too")
    arguments = parser.parse_args()
    errors: dict[str, list[np.ndarray]] = defaultdict(list)
    growth: dict[str, list[tuple[float, float]]] = defaultdict(list)
    projected: list[tuple[float, ...]] = []
    seconds, rows = Seconds(), 0
    for seed in arguments.seeds:
        build = plan_build(SeedRequest(arguments.preset, seed=seed))
        library = library_of(build)
        for batch in simulated_batches(build, arguments.every):
            daily, states, plan, written = analysed(build, library, batch, seconds)
            rows += written
            for name, error in weight_and_fish(batch.life, states).items():
                errors[name].append(error)
            for stage in batch.life.stages:
                growth[stage.rule.name].append(growth_of_stage(stage))
            projected += projections(library, batch, daily, plan)
    print_errors(errors)
    print_growth(growth, library)
    print_projections(np.array(projected))
    print_seconds(seconds, rows)
    if arguments.url:
        time_grow(arguments.url)


def library_of(build: BuildSpec) -> ModelLibrary:
    """Return the models of a build."""
    first = min(batch.starts for batch in build.batches)
    return library_from_tables(master_tables(build.farm, build.as_of, first))


def simulated_batches(build: BuildSpec, every: int) -> Iterator[SimulatedBatch]:
    """Yield batches of a build, each simulated alone."""
    for position in range(0, len(build.batches), every):
        inputs = build.inputs(position)
        demand = demand_of(inputs)
        ledger = keep_ledger(
            [demand], build.feed_containers, build.farm.feeds, build.seed, build.today
        )
        life = simulate_life(inputs)
        yield SimulatedBatch(
            inputs.plan.number,
            inputs.plan.geography,
            life,
            history_tables(inputs, life, ledger.accounts[0]),
            day_number(inputs.plan.harvest_starts),
            build.today,
        )


def analysed(
    build: BuildSpec, library: ModelLibrary, batch: SimulatedBatch, seconds: Seconds
) -> tuple[DailyRecords, States, Projection, int]:
    """Return the growth analysis of a batch as a build makes it, and add its times."""
    now = time.process_time()
    daily = daily_from_tables(batch.tables, build.keys.parameters["temperature"])
    observations = observations_from_tables(batch.tables, daily, build.today)
    now = seconds.add("observations", now)
    scenario = own_scenario(observations, library, batch.geography, 1)
    states = assimilate(observations, library.models(scenario.choice))
    now = seconds.add("states", now)
    written = len(state_columns(observations, states))
    now = seconds.add("rows of states", now)
    plan = project(scenario.plan, scenario.phases(library))
    projection_columns(plan, 1, build.today)
    seconds.add("projection", now)
    return daily, states, plan, written


def weight_and_fish(life: Life, states: States) -> dict[str, np.ndarray]:
    """Return relative errors of the analysis and of the simplest alternative, by stage."""
    errors: dict[str, np.ndarray] = {}
    first = 0
    for stage in life.stages:
        rows = slice(first, first + len(stage.containers))
        first += len(stage.containers)
        lived = states.has_state[rows]
        days = lived.shape[1]
        truth_g = np.full(lived.shape, np.nan)
        width = min(stage.days, days)
        truth_g[:, :width] = stage.weight_g[:, :width]
        weighed = states.anchors.kind[rows] != NO_ANCHOR
        last = np.maximum.accumulate(np.where(weighed, np.arange(days), -1), axis=1)
        row, day = np.arange(len(last))[:, None], np.maximum(last, 0)
        start_g = states.start_weight_g[rows][:, None]
        last_weighed_g = np.where(last >= 0, states.weight_g[rows][row, day], start_g)
        between = lived & ~weighed
        name = stage.rule.name
        errors[f"{name}|weight"] = (states.weight_g[rows] / truth_g - 1.0)[between]
        errors[f"{name}|last weighing"] = (last_weighed_g / truth_g - 1.0)[between]
        end = lived.sum(axis=1) - 1
        position = np.arange(len(end))
        truth = stage.population[position, end + 1]
        errors[f"{name}|fish"] = states.population[rows][position, end] / truth - 1.0
        errors[f"{name}|fish put in"] = stage.population[:, 0] / truth - 1.0
    return errors


def growth_of_stage(stage: StageLife) -> tuple[float, float]:
    """Return gain of W^(1/3) and degree-days of a stage, over all its containers and days."""
    end = stage.lived.sum(axis=1)
    position = np.arange(len(end))
    gain = np.cbrt(stage.weight_g[position, end]) - np.cbrt(stage.weight_g[:, 0])
    return float(gain.sum()), float((stage.temp_c * stage.lived).sum())


def projections(
    library: ModelLibrary, batch: SimulatedBatch, daily: DailyRecords, plan: Projection
) -> list[tuple[float, ...]]:
    """Return projections of the weight shortly before harvest, from each age at sea.

    Returns:
        Age, true weight, projected weight, lower and upper end of its interval, planned weight, and
        the days by which the true weight is projected too late.
    """
    sea = batch.life.stages[-1]
    last_day = batch.harvest - 4
    if sea.site.kind != "area" or last_day <= sea.first_day:
        return []
    age_at_end = last_day - sea.first_day
    fish, weight_g = sea.population[:, age_at_end], sea.weight_g[:, age_at_end]
    truth = float((fish * weight_g).sum() / fish.sum())
    rows = []
    for age in SEA_AGES:
        today = sea.first_day + age
        if today > min(last_day - 20, batch.today):
            continue
        observations = observations_from_tables(batch.tables, daily, today)
        models = library.models(library.choose(batch.geography, observations.batch.start_day))
        forward = project_from_today(observations, assimilate(observations, models), models)
        if forward is not None:
            ahead = last_day - today - 1
            planned = float(plan.weight_g[min(last_day - int(plan.day[0]), len(plan) - 1)])
            reached = forward.reaches(truth).day
            rows.append(
                (
                    age,
                    truth,
                    forward.weight_g[ahead],
                    forward.low_g[ahead],
                    forward.high_g[ahead],
                    planned,
                    np.nan if reached is None else reached - last_day,
                )
            )
    return rows


def print_errors(errors: dict[str, list[np.ndarray]]) -> None:
    """Print mean and 95th percentile of the absolute errors."""
    heads = ("weight", "95 %", "unchanged", "fish, end", "as put in")
    print(f"{'stage':12} {heads[0]:>8} {heads[1]:>7} {heads[2]:>9} {heads[3]:>10} {heads[4]:>10}")
    for stage in dict.fromkeys(name.split("|")[0] for name in errors):
        weight, plain, fish, put_in = (
            np.abs(np.concatenate(errors[f"{stage}|{kind}"]))
            for kind in ("weight", "last weighing", "fish", "fish put in")
        )
        print(
            f"{stage:12} {weight.mean():8.2%} {np.quantile(weight, 0.95):7.1%} {plain.mean():9.2%} "
            f"{fish.mean():10.4%} {put_in.mean():10.2%}"
        )


def print_growth(growth: dict[str, list[tuple[float, float]]], library: ModelLibrary) -> None:
    """Print the growth coefficients of the simulated fish and those of the models."""
    print(f"\n{'stage':12} {'TGC fish':>10} {'of models':>10}   per 1000 degree-days")
    model = next(iter(library.tgc.values()))
    for position, (stage, sums) in enumerate(growth.items()):
        gain, degree_days = np.array(sums).sum(axis=0)
        print(
            f"{stage:12} {1000.0 * gain / degree_days:10.3f} "
            f"{1000.0 * model.coefficient[position]:10.3f}"
        )


def print_projections(projected: np.ndarray) -> None:
    """Print errors of projection and plan, and how often the interval contained the weight."""
    heads = ("days at sea", "batches", "bias", "error", "held", "width", "plan", "date")
    print("\n{:>11} {:>8} {:>7} {:>7} {:>5} {:>6} {:>7} {:>7}".format(*heads))
    for age in (*SEA_AGES, None):
        rows = projected if age is None else projected[projected[:, 0] == age]
        if not len(rows):
            continue
        _, truth, weight, low, high, planned, late = rows.T
        error = weight / truth - 1.0
        is_within = (truth >= low) & (truth <= high)
        name = "all" if age is None else str(age)
        print(
            f"{name:>11} {len(rows):8} {error.mean():+7.1%} {np.abs(error).mean():7.1%} "
            f"{is_within.mean():5.0%} {((high - low) / weight).mean():6.0%} "
            f"{np.abs(planned / truth - 1.0).mean():7.1%} {np.nanmean(np.abs(late)):5.0f} d"
        )


def print_seconds(seconds: Seconds, rows: int) -> None:
    """Print the seconds of one process, and the states per second."""
    total = sum(seconds.of.values())
    parts = ", ".join(f"{name} {value:.2f}" for name, value in seconds.of.items())
    print(f"\n{rows:,} states in {total:.2f} s ({rows / total:,.0f} a second): {parts}")


def time_grow(url: str) -> None:
    """Time the analysis over a database."""
    from pytest_aquadata.growth.grow import grow

    processor = time.process_time()
    report = grow(url)
    print(f"{report.lines()[0]}, {time.process_time() - processor:.1f} s of them on a processor")


if __name__ == "__main__":
    main()
