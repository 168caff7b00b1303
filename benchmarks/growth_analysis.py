"""Hold the growth analysis of a preset against what was simulated, and time it.

    python benchmarks/growth_analysis.py medium
    python benchmarks/growth_analysis.py medium --seeds 201 202 203
    python benchmarks/growth_analysis.py full --every 6
    python benchmarks/growth_analysis.py small --url sqlite:///farm.db

Errors are those of the analysis and of the plainest alternative: the weight of the last weighing,
and the fish that were put in, each taken as they are until the next. Weights are compared on the
days between weighings, with the simulated weight of the morning, when fish are weighed; fish on
the last evening of an assignment. The live projection is made from earlier days of the sea stay
and compared on the eve of harvest; its intervals are meant to hold 80 of 100 outcomes, and were
fitted to the seeds 101 to 103, so look at others.

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
class Story:
    """A batch as it was simulated, and what was written of it."""

    number: str
    geography: str
    life: Life
    tables: BatchTables
    harvest: int
    today: int


class Seconds:
    """Time spent on each part of the work."""

    def __init__(self) -> None:
        self.of: dict[str, float] = defaultdict(float)

    def add(self, name: str, started: float) -> float:
        """Book the time since a moment; the moment now."""
        now = time.process_time()
        self.of[name] += now - started
        return now


def main() -> None:
    """Measure the preset that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("preset", nargs="?", default="medium")
    parser.add_argument("--seeds", type=int, nargs="+", default=[1], help="one after another")
    parser.add_argument("--every", type=int, default=1, help="take every so manyth batch")
    parser.add_argument("--url", help="time `grow` over this database, too")
    asked = parser.parse_args()
    errors: dict[str, list[np.ndarray]] = defaultdict(list)
    shown: dict[str, list[tuple[float, float]]] = defaultdict(list)
    ahead: list[tuple[float, ...]] = []
    seconds, rows = Seconds(), 0
    for seed in asked.seeds:
        build = plan_build(SeedRequest(asked.preset, seed=seed))
        library = library_of(build)
        for story in stories(build, asked.every):
            daily, states, plan, written = analysed(build, library, story, seconds)
            rows += written
            for name, error in weight_and_fish(story.life, states).items():
                errors[name].append(error)
            for stage in story.life.stages:
                shown[stage.rule.name].append(growth_shown(stage))
            ahead += projections(library, story, daily, plan)
    print_errors(errors)
    print_growth(shown, library)
    print_ahead(np.array(ahead))
    print_seconds(seconds, rows)
    if asked.url:
        time_grow(asked.url)


def library_of(build: BuildSpec) -> ModelLibrary:
    """The models of a build."""
    first = min(batch.starts for batch in build.batches)
    return library_from_tables(master_tables(build.farm, build.as_of, first))


def stories(build: BuildSpec, every: int) -> Iterator[Story]:
    """The batches of a build, each simulated alone."""
    for position in range(0, len(build.batches), every):
        inputs = build.inputs(position)
        demand = demand_of(inputs)
        ledger = keep_ledger(
            [demand], build.feed_containers, build.farm.feeds, build.seed, build.today
        )
        life = simulate_life(inputs)
        yield Story(
            inputs.plan.number,
            inputs.plan.geography,
            life,
            history_tables(inputs, life, ledger.accounts[0]),
            day_number(inputs.plan.harvest_starts),
            build.today,
        )


def analysed(
    build: BuildSpec, library: ModelLibrary, story: Story, seconds: Seconds
) -> tuple[DailyRecords, States, Projection, int]:
    """The analysis of a batch as a build does it, timed."""
    now = time.process_time()
    daily = daily_from_tables(story.tables, build.keys.parameters["temperature"])
    observations = observations_from_tables(story.tables, daily, build.today)
    now = seconds.add("observations", now)
    scenario = own_scenario(observations, library, story.geography, 1)
    states = assimilate(observations, library.models(scenario.choice))
    now = seconds.add("states", now)
    written = len(state_columns(observations, states))
    now = seconds.add("rows of states", now)
    plan = project(scenario.plan, scenario.phases(library))
    projection_columns(plan, 1, build.today)
    seconds.add("projection", now)
    return daily, states, plan, written


def weight_and_fish(life: Life, states: States) -> dict[str, np.ndarray]:
    """Relative errors of the analysis, and of the last weighing as it is, by stage."""
    found: dict[str, np.ndarray] = {}
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
        each, at = np.arange(len(last))[:, None], np.maximum(last, 0)
        start_g = states.start_weight_g[rows][:, None]
        as_it_is_g = np.where(last >= 0, states.weight_g[rows][each, at], start_g)
        between = lived & ~weighed
        name = stage.rule.name
        found[f"{name}|weight"] = (states.weight_g[rows] / truth_g - 1.0)[between]
        found[f"{name}|weight as it is"] = (as_it_is_g / truth_g - 1.0)[between]
        end = lived.sum(axis=1) - 1
        position = np.arange(len(end))
        truth = stage.population[position, end + 1]
        found[f"{name}|fish"] = states.population[rows][position, end] / truth - 1.0
        found[f"{name}|fish as they were"] = stage.population[:, 0] / truth - 1.0
    return found


def growth_shown(stage: StageLife) -> tuple[float, float]:
    """Gain of W^(1/3) and degree-days of a stage, over all its containers and days so far."""
    end = stage.lived.sum(axis=1)
    position = np.arange(len(end))
    gain = np.cbrt(stage.weight_g[position, end]) - np.cbrt(stage.weight_g[:, 0])
    return float(gain.sum()), float((stage.temp_c * stage.lived).sum())


def projections(
    library: ModelLibrary, story: Story, daily: DailyRecords, plan: Projection
) -> list[tuple[float, ...]]:
    """From each age at sea to the eve of harvest: truth, expected, low, high, planned, days off.

    Days off is by how much the weight of the eve is expected later than it was reached.
    """
    sea = story.life.stages[-1]
    eve = story.harvest - 4
    if sea.site.kind != "area" or eve <= sea.first_day:
        return []
    at = eve - sea.first_day
    fish, weight_g = sea.population[:, at], sea.weight_g[:, at]
    truth = float((fish * weight_g).sum() / fish.sum())
    found = []
    for age in SEA_AGES:
        today = sea.first_day + age
        if today > min(eve - 20, story.today):
            continue
        observations = observations_from_tables(story.tables, daily, today)
        models = library.models(library.choose(story.geography, observations.batch.start_day))
        forward = project_from_today(observations, assimilate(observations, models), models)
        if forward is not None:
            ahead = eve - today - 1
            planned = float(plan.weight_g[min(eve - int(plan.day[0]), len(plan) - 1)])
            reached = forward.reaches(truth).day
            found.append(
                (
                    age,
                    truth,
                    forward.weight_g[ahead],
                    forward.low_g[ahead],
                    forward.high_g[ahead],
                    planned,
                    np.nan if reached is None else reached - eve,
                )
            )
    return found


def print_errors(errors: dict[str, list[np.ndarray]]) -> None:
    """Mean and 95th percentile of the absolute errors."""
    heads = ("weight", "95 %", "as it is", "fish, end", "as put in")
    print(f"{'stage':12} {heads[0]:>8} {heads[1]:>7} {heads[2]:>9} {heads[3]:>10} {heads[4]:>10}")
    for stage in dict.fromkeys(name.split("|")[0] for name in errors):
        weight, plain, fish, put_in = (
            np.abs(np.concatenate(errors[f"{stage}|{what}"]))
            for what in ("weight", "weight as it is", "fish", "fish as they were")
        )
        print(
            f"{stage:12} {weight.mean():8.2%} {np.quantile(weight, 0.95):7.1%} {plain.mean():9.2%} "
            f"{fish.mean():10.4%} {put_in.mean():10.2%}"
        )


def print_growth(shown: dict[str, list[tuple[float, float]]], library: ModelLibrary) -> None:
    """What the models' coefficients are against those the fish showed."""
    print(f"\n{'stage':12} {'TGC shown':>10} {'of models':>10}   per 1000 degree-days")
    model = next(iter(library.tgc.values()))
    for position, (stage, sums) in enumerate(shown.items()):
        gain, degree_days = np.array(sums).sum(axis=0)
        print(
            f"{stage:12} {1000.0 * gain / degree_days:10.3f} "
            f"{1000.0 * model.coefficient[position]:10.3f}"
        )


def print_ahead(found: np.ndarray) -> None:
    """Errors of the live projection and the plan, and how often the interval held."""
    heads = ("days at sea", "batches", "bias", "error", "held", "width", "plan", "date")
    print("\n{:>11} {:>8} {:>7} {:>7} {:>5} {:>6} {:>7} {:>7}".format(*heads))
    for age in (*SEA_AGES, None):
        some = found if age is None else found[found[:, 0] == age]
        if not len(some):
            continue
        _, truth, weight, low, high, planned, late = some.T
        error = weight / truth - 1.0
        held = (truth >= low) & (truth <= high)
        name = "all" if age is None else str(age)
        print(
            f"{name:>11} {len(some):8} {error.mean():+7.1%} {np.abs(error).mean():7.1%} "
            f"{held.mean():5.0%} {((high - low) / weight).mean():6.0%} "
            f"{np.abs(planned / truth - 1.0).mean():7.1%} {np.nanmean(np.abs(late)):5.0f} d"
        )


def print_seconds(seconds: Seconds, rows: int) -> None:
    """Seconds of one process, and states a second."""
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
