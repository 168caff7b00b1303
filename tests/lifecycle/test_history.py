"""The history of one batch: its rows agree with each other for any seed and day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pytest_aquadata.databases.column_types import Form, Kind, complete, form_of
from pytest_aquadata.lifecycle.columns import Column, Columns
from pytest_aquadata.lifecycle.days import MICROSECONDS_PER_DAY, day_number
from pytest_aquadata.lifecycle.feeding import DECAGRAMS_PER_KG
from pytest_aquadata.schema import TABLES

Simulated = Callable[..., Any]

batches = st.integers(0, 7)
seeds = st.integers(0, 2**64)
ages = st.integers(0, 1000) | st.sampled_from([0, 1, 89, 90, 91, 180, 359, 360, 361])
some = settings(max_examples=5, deadline=None)


def of_any_batch(test: Callable[..., None]) -> Callable[..., None]:
    """Test some batches, seeds and days, always with a whole life and one during its harvest."""
    tried = given(position=batches, seed=seeds, age=ages)(test)
    tried = example(position=0, seed=1, age=1000)(tried)
    return some(example(position=1, seed=1, age=800)(tried))


BOOK = "batch_batchcontainerassignment"
EVENTS: Mapping[str, tuple[str, str]] = {
    "batch_mortalityevent": ("assignment_id", "event_date"),
    "batch_growthsample": ("assignment_id", "sample_date"),
    "inventory_feedingevent": ("batch_assignment_id", "feeding_date"),
    "environmental_environmentalreading": ("batch_container_assignment_id", "reading_time"),
    "harvest_harvestevent": ("assignment_id", "event_date"),
    "health_healthsamplingevent": ("assignment_id", "sampling_date"),
    "health_healthlabsample": ("batch_container_assignment_id", "sample_date"),
    "health_licecount": ("assignment_id", "count_date"),
    "health_treatment": ("batch_assignment_id", "treatment_date"),
}
"""Tables of events in a container: the columns of their assignment and day."""

ON_THE_LAST_DAY = {"batch_mortalityevent", "harvest_harvestevent"}
"""Tables with rows on the day of departure, when fish are harvested and counted."""

CHANGES_LATER = {
    "feed_cost",
    "updated_at",
    "outcome",
    "resolution_status",
    "resolution_notes",
    "date_sent_to_lab",
    "date_results_received",
    "findings_summary",
    "quantitative_results",
}
"""Columns whose values are known only later, or come from the ledger."""


def days_of(table: str, column: str, rows: Columns) -> NDArray[np.int64]:
    """Return the day numbers of a date or an instant."""
    values = rows.values(column)
    is_date = form_of(TABLES[table].columns[column]).kind is Kind.DATE
    return values if is_date else values // MICROSECONDS_PER_DAY


def count_by_assignment(
    batch: Any, table: str, column: str, amount: str, among: NDArray[np.bool_] | None = None
) -> NDArray[np.int64]:
    """Return the sum of an amount for each assignment of the batch, in order."""
    book = batch.tables[BOOK]
    if table not in batch.tables:
        return np.zeros(len(book), np.int64)
    rows = batch.tables[table] if among is None else batch.tables[table].take(among)
    position = rows.values(column) - book.values("id")[0]
    return np.bincount(position, rows.values(amount), len(book)).astype(np.int64)


def fish_in(batch: Any) -> NDArray[np.int64]:
    delivered = count_by_assignment(
        batch, "batch_creationaction", "dest_assignment_id", "egg_count_actual"
    )
    dead = count_by_assignment(
        batch, "batch_creationaction", "dest_assignment_id", "mortality_on_arrival"
    )
    moved = count_by_assignment(
        batch, "batch_transferaction", "dest_assignment_id", "transferred_count"
    )
    return delivered - dead + moved


def fish_out(batch: Any) -> NDArray[np.int64]:
    """Return the fish moved, killed by handling, and harvested, by assignment."""
    out = sum(
        count_by_assignment(batch, "batch_transferaction", "source_assignment_id", amount)
        for amount in ("transferred_count", "mortality_during_transfer")
    )
    if "harvest_harvestlot" in batch.tables:
        events, lots = batch.tables["harvest_harvestevent"], batch.tables["harvest_harvestlot"]
        of_event = dict(
            zip(events.values("id").tolist(), events.values("assignment_id").tolist(), strict=True)
        )
        first = batch.tables[BOOK].values("id")[0]
        for event, fish in zip(
            lots.values("event_id").tolist(), lots.values("unit_count").tolist(), strict=True
        ):
            out[of_event[event] - first] += fish
    return out


def dead(batch: Any, before_departure: bool = False) -> NDArray[np.int64]:
    book, among = batch.tables[BOOK], None
    if before_departure and "batch_mortalityevent" in batch.tables:
        events = batch.tables["batch_mortalityevent"]
        position = events.values("assignment_id") - book.values("id")[0]
        departure = np.where(
            has_departed(batch), book.values("departure_date"), np.iinfo(np.int64).max
        )
        among = events.values("event_date") < departure[position]
    return count_by_assignment(batch, "batch_mortalityevent", "assignment_id", "count", among)


def has_departed(batch: Any) -> NDArray[np.bool_]:
    """Return True for assignments with a departure date."""
    departed = batch.tables[BOOK]["departure_date"].null
    return np.ones(len(batch.tables[BOOK]), np.bool_) if departed is None else ~departed


def in_first_stage(batch: Any) -> NDArray[np.bool_]:
    stage = batch.tables[BOOK].values("lifecycle_stage_id")
    return stage == batch.inputs.keys.stages[1]


@of_any_batch
def test_fish_that_enter_a_container_leave_it_or_die(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age)
    still_in = fish_in(batch) - dead(batch) - fish_out(batch)
    assert (still_in[has_departed(batch)] == 0).all()
    assert (still_in[~has_departed(batch)] > 0).all()


@of_any_batch
def test_population_count_is_the_latest_count_of_fish(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    """The count is that of delivery in the first stage, and that of today or departure later."""
    batch = simulated(position, seed, age)
    book = batch.tables[BOOK].values("population_count")
    expected = np.where(
        in_first_stage(batch), fish_in(batch), fish_in(batch) - dead(batch, before_departure=True)
    )
    assert book.tolist() == expected.tolist()


@of_any_batch
def test_every_egg_is_accounted_for(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age)
    delivery = batch.tables["batch_creationaction"]
    alive = (fish_in(batch) - dead(batch) - fish_out(batch)).sum()
    handled = count_by_assignment(
        batch, "batch_transferaction", "source_assignment_id", "mortality_during_transfer"
    ).sum()
    harvested = (
        batch.tables["harvest_harvestlot"].values("unit_count").sum()
        if "harvest_harvestlot" in batch.tables
        else 0
    )
    on_arrival = delivery.values("mortality_on_arrival").sum()
    assert delivery.values("egg_count_actual").sum() == (
        alive + on_arrival + dead(batch).sum() + handled + harvested
    )


@of_any_batch
def test_mortality_events_equal_the_fall_of_the_population(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age)
    events = batch.tables["batch_mortalityevent"]
    assert (events.values("count") > 0).all()
    for stage in batch.life.stages:
        written = np.zeros_like(stage.deaths)
        row = events.values("assignment_id") - stage.assignment_ids[0]
        day = events.values("event_date") - stage.first_day
        own = (row >= 0) & (row < len(stage.containers))
        own[own] &= day[own] < stage.departs[row[own]]
        np.add.at(written, (row[own], day[own]), events.values("count")[own])
        assert (written[stage.lived] == -np.diff(stage.population, axis=1)[stage.lived]).all()
        assert (stage.population >= 0).all()
        assert written[~stage.lived].sum() == 0


@some
@given(batches, seeds, st.integers(90, 1000))
def test_transfers_empty_their_sources_action_by_action(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age)
    actions, book = batch.tables["batch_transferaction"], batch.tables[BOOK]
    first = int(book.values("id")[0])
    remaining = fish_in(batch) - dead(batch, before_departure=True)
    for source, before, moved, killed in zip(
        (actions.values("source_assignment_id") - first).tolist(),
        actions.values("source_population_before").tolist(),
        actions.values("transferred_count").tolist(),
        actions.values("mortality_during_transfer").tolist(),
        strict=True,
    ):
        assert before == remaining[source]
        remaining[source] -= moved + killed
    sources = np.unique(actions.values("source_assignment_id") - first)
    assert (remaining[sources] == 0).all()


@some
@given(batches, seeds, st.integers(90, 1000))
def test_workflow_totals_equal_their_actions(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age)
    flows = batch.tables["batch_batchtransferworkflow"]
    actions = batch.tables["batch_transferaction"]
    flow = actions.values("workflow_id") - flows.values("id")[0]

    def total(column: str) -> list[int]:
        return np.bincount(flow, actions.values(column), len(flows)).astype(np.int64).tolist()

    moved, killed = total("transferred_count"), total("mortality_during_transfer")
    assert flows.values("total_transferred_count").tolist() == moved
    assert flows.values("total_mortality_count").tolist() == killed
    assert (flows.values("total_source_count") - moved).tolist() == killed
    assert flows.values("total_biomass_kg").tolist() == total("transferred_biomass_kg")
    assert flows.values("total_actions_planned").tolist() == np.bincount(flow).tolist()
    assert flows.values("actions_completed").tolist() == np.bincount(flow).tolist()


@of_any_batch
def test_events_lie_within_their_assignments(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age, 1)
    book = batch.tables[BOOK]
    today = batch.build.today
    leaves = np.where(has_departed(batch), book.values("departure_date"), today + 1)
    for name, (assignment, when) in EVENTS.items():
        if name not in batch.tables:
            continue
        rows = batch.tables[name]
        days = days_of(name, when, rows)
        row = rows.values(assignment) - book.values("id")[0]
        assert (days >= book.values("assignment_date")[row]).all(), name
        assert (days < leaves[row] + (name in ON_THE_LAST_DAY)).all(), name
        assert (days <= today).all(), name
        if "container_id" in rows:
            assert (rows.values("container_id") == book.values("container_id")[row]).all(), name
        if "batch_id" in rows:
            assert (rows.values("batch_id") == batch.inputs.first_ids["batch_batch"]).all(), name


@of_any_batch
def test_primary_keys_are_unique_and_within_the_range_of_the_batch(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age, 1)
    for name, rows in batch.tables.items():
        key = rows.values(next(iter(TABLES[name].primary_key.columns)).name)
        first = batch.inputs.first_ids[name]
        assert len(np.unique(key)) == len(key), name
        assert first <= key.min(), name
        assert key.max() < first + batch.build.capacities[batch.position][name], name


def test_ranges_of_batches_follow_one_another(simulated: Simulated) -> None:
    build = simulated(0).build
    for earlier, later, capacity in zip(
        build.first_ids, build.first_ids[1:], build.capacities, strict=False
    ):
        for name, first in later.items():
            assert first == earlier[name] + capacity[name]


@some
@given(batches, seeds, st.integers(91, 1000))
def test_feeding_events_sum_to_the_demand_of_the_ledger(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age)
    demand = batch.demand
    by_today = demand.day <= batch.build.today
    expected = {
        key: amount
        for *key_parts, amount in zip(
            demand.feed_container[by_today].tolist(),
            demand.feed[by_today].tolist(),
            demand.day[by_today].tolist(),
            demand.amount[by_today].tolist(),
            strict=True,
        )
        for key in [tuple(key_parts)]
    }
    barge = {
        assignment: feed_container
        for stage in batch.life.stages
        for assignment, feed_container in zip(
            stage.assignment_ids.tolist(), stage.feed_containers.tolist(), strict=True
        )
    }
    meals = batch.tables["inventory_feedingevent"]
    eaten: Counter[tuple[int, int, int]] = Counter()
    for assignment, feed, day, amount in zip(
        meals.values("batch_assignment_id").tolist(),
        meals.values("feed_id").tolist(),
        meals.values("feeding_date").tolist(),
        meals.values("amount_kg").tolist(),
        strict=True,
    ):
        assert amount % (10_000 // DECAGRAMS_PER_KG) == 0
        eaten[barge[assignment], feed - 1, day] += amount // (10_000 // DECAGRAMS_PER_KG)
    assert eaten == expected


@some
@given(batches, seeds, st.integers(91, 1000))
def test_feeding_events_cost_the_price_of_the_lots_used(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age)
    lots = batch.ledger.lots
    drawn: Counter[tuple[int, int]] = Counter()
    for silo, feed, cost in zip(
        lots.feed_container.tolist(),
        lots.feed.tolist(),
        ((lots.amount - lots.remaining) * lots.price).tolist(),
        strict=True,
    ):
        drawn[silo, feed] += cost
    cost = sum(
        (of_queue + DECAGRAMS_PER_KG // 2) // DECAGRAMS_PER_KG for of_queue in drawn.values()
    )
    assert batch.tables["inventory_feedingevent"].values("feed_cost").sum() == cost


@some
@given(batches, seeds, st.integers(150, 1000))
def test_growth_samples_aggregate_their_fish(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age)
    samples, fish = (
        batch.tables["batch_growthsample"],
        batch.tables["batch_individualgrowthobservation"],
    )
    rows = len(samples)
    assert (np.diff(fish.values("growth_sample_id")) >= 0).all()
    weight = fish.values("weight_g").reshape(rows, -1)
    length = fish.values("length_cm").reshape(rows, -1)
    assert (samples.values("sample_size") == weight.shape[1]).all()
    assert samples.values("min_weight_g").tolist() == weight.min(axis=1).tolist()
    assert samples.values("max_weight_g").tolist() == weight.max(axis=1).tolist()
    for column, values in (
        ("avg_weight_g", weight.mean(axis=1)),
        ("avg_length_cm", length.mean(axis=1)),
        ("std_deviation_weight", weight.std(axis=1, ddof=1)),
        ("std_deviation_length", length.std(axis=1, ddof=1)),
        ("condition_factor", (100.0 * weight * 1e4 / length**3).mean(axis=1) * 100.0),
    ):
        assert np.abs(samples.values(column) - values).max() <= 0.5 + 1e-6, column


@some
@given(batches, seeds, ages, st.sampled_from([1, 2, 6]))
def test_sensors_are_read_every_day_on_which_fish_are_in_the_container(
    simulated: Simulated, position: int, seed: int, age: int, per_day: int
) -> None:
    batch = simulated(position, seed, min(age, 500), per_day)
    readings = batch.tables["environmental_environmentalreading"]
    sensors, moments = readings.values("sensor_id"), readings.values("reading_time")
    assert len(np.unique(np.stack([sensors, moments]), axis=1).T) == len(readings)
    expected = Counter(
        {
            sensor.id: int(days) * per_day
            for stage in batch.life.stages
            for container, days in zip(stage.containers, stage.lived.sum(axis=1), strict=True)
            for sensor in container.sensors
        }
    )
    assert Counter(sensors.tolist()) == expected


def comparable(batch: Any, name: str, rows: Columns) -> dict[str, list[Any]]:
    """Return values without keys of the batch's own rows; assignments are given by position."""
    comparable = {}
    for column, values in rows.columns.items():
        keys = TABLES[name].columns[column].foreign_keys
        targets = {key.column.table.name for key in keys}
        if targets == {BOOK}:
            values = Column(values.values - batch.inputs.first_ids[BOOK], values.null)
        elif targets & batch.inputs.first_ids.keys():
            continue
        if column not in CHANGES_LATER and not TABLES[name].columns[column].primary_key:
            comparable[column] = column_values(values)
    return comparable


def column_values(column: Column) -> list[Any]:
    values = column.values.tolist()
    if column.vocabulary is not None:
        values = [column.vocabulary[code] for code in values]
    if column.null is not None:
        values = [
            None if null else value
            for value, null in zip(values, column.null.tolist(), strict=True)
        ]
    return values


@some
@given(batches, seeds, st.integers(0, 1000), st.integers(0, 1000))
def test_past_rows_do_not_depend_on_as_of(
    simulated: Simulated, position: int, seed: int, one_age: int, other_age: int
) -> None:
    earlier = simulated(position, seed, min(one_age, other_age), 1)
    later = simulated(position, seed, max(one_age, other_age), 1)
    dated = {name: when for name, (_, when) in EVENTS.items()}
    dated |= {
        "batch_transferaction": "actual_execution_date",
        "batch_creationaction": "actual_delivery_date",
        "health_journalentry": "entry_date",
        "inventory_containerfeedingsummary": "period_end",
        "inventory_batchfeedingsummary": "period_end",
    }
    for name, when in dated.items():
        whole = later.tables.get(name)
        if whole is None:
            assert name not in earlier.tables
            continue
        past = whole.take(days_of(name, when, whole) <= earlier.build.today)
        rows = earlier.tables.get(name, past.take(np.zeros(0, np.int64)))
        assert comparable(earlier, name, rows) == comparable(later, name, past), name


@some
@given(batches, seeds, st.integers(0, 1000), st.integers(0, 1000))
def test_a_life_does_not_depend_on_as_of(
    simulated: Simulated, position: int, seed: int, one_age: int, other_age: int
) -> None:
    earlier = simulated(position, seed, min(one_age, other_age))
    later = simulated(position, seed, max(one_age, other_age))
    for stage, same in zip(earlier.life.stages, later.life.stages, strict=False):
        for name in ("population", "weight_g", "deaths", "temp_c", "feed", "pellet", "departs"):
            assert (getattr(stage, name) == getattr(same, name)).all(), name


def violations(column: sa.Column[Any], stored: Column, form: Form) -> list[str]:
    """Return the rules of the schema that the values of a column violate."""
    missing = stored.null if stored.null is not None else np.zeros(len(stored), np.bool_)
    violated = ["null"] if missing.any() and not column.nullable else []
    values = stored.values[~missing]
    if stored.vocabulary is not None:
        words = {stored.vocabulary[code] for code in np.unique(values).tolist()}
        choices, longest = column.info.get("choices"), getattr(column.type, "length", None)
        if choices and words - set(choices):
            violated.append(f"not a choice: {words - set(choices)}")
        if longest and any(len(word) > longest for word in words):
            violated.append("too long")
        return violated
    if form.kind is Kind.DECIMAL and (np.abs(values) >= 10**column.type.precision).any():
        violated.append("too many digits")
    if form.kind is Kind.INTEGER and (np.abs(values) >= 2**31).any():
        violated.append("too large")
    scale = Decimal(10) ** form.scale
    low, high = column.info.get("minimum"), column.info.get("maximum")
    if low is not None and len(values) and values.min() < low * scale:
        violated.append(f"below {low}: {values.min() / float(scale)}")
    if high is not None and len(values) and values.max() > high * scale:
        violated.append(f"above {high}: {values.max() / float(scale)}")
    return violated


@of_any_batch
def test_values_obey_the_rules_of_the_schema(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age, 1)
    for name, rows in batch.tables.items():
        whole = complete(TABLES[name], rows)
        assert list(whole.columns) == TABLES[name].columns.keys()
        for column in TABLES[name].columns:
            assert violations(column, whole[column.name], form_of(column)) == [], column


@of_any_batch
def test_status_stage_and_end_date_of_a_batch_follow_its_progress(
    simulated: Simulated, position: int, seed: int, age: int
) -> None:
    batch = simulated(position, seed, age)
    row, book = batch.tables["batch_batch"], batch.tables[BOOK]
    ended = batch.inputs.plan.ends <= batch.build.as_of
    assert column_values(row["status"]) == ["COMPLETED" if ended else "ACTIVE"]
    last_day = int(book.values("departure_date").max())
    assert column_values(row["actual_end_date"]) == [last_day if ended else None]
    stage = max(stay.stage for stay in batch.inputs.plan.stays if stay.arrives <= batch.build.as_of)
    assert row.values("lifecycle_stage_id").tolist() == [batch.inputs.keys.stages[stage]]
    assert column_values(book["is_active"]) == (~has_departed(batch)).tolist()
    assert has_departed(batch).all() == ended


def test_workflow_numbers_contain_the_batch_number(simulated: Simulated) -> None:
    tables = simulated(0, 1, 1000).tables
    number = simulated(0, 1, 1000).inputs.plan.number
    assert column_values(tables["batch_batch"]["batch_number"]) == [number]
    assert column_values(tables["batch_creationworkflow"]["workflow_number"]) == [f"CRT-{number}"]
    assert column_values(tables["batch_batchtransferworkflow"]["workflow_number"]) == [
        f"TRF-{number}-D{day:03d}" for day in (90, 180, 270, 360, 450)
    ]


def test_a_container_has_one_mortality_event_a_day(simulated: Simulated) -> None:
    batch = simulated(1, 1, 1000)
    events, book = batch.tables["batch_mortalityevent"], batch.tables[BOOK]
    keys = np.stack([events.values("assignment_id"), events.values("event_date")])
    row = events.values("assignment_id") - book.values("id")[0]
    before_departure = events.values("event_date") < book.values("departure_date")[row]
    assert len(np.unique(keys[:, before_departure], axis=1).T) == before_departure.sum()


WHOLE_LIVES = [(0, 1), (1, 1), (0, 2), (1, 2), (0, 3), (1, 3)]
END_WEIGHT_G = {1: (0.15, 0.20), 2: (3.8, 6.2), 3: (36, 55), 4: (104, 156), 5: (320, 480)}


@pytest.mark.parametrize(("position", "seed"), WHOLE_LIVES)
@pytest.mark.parametrize("order", END_WEIGHT_G)
def test_fish_leave_a_stage_at_its_end_weight(
    simulated: Simulated, position: int, seed: int, order: int
) -> None:
    """About 0.17 g at first feeding, then 5, 45, 130 and 400 g."""
    weight_g = simulated(position, seed, 1000).life.stages[order - 1].weight_g[:, -1]
    low, high = END_WEIGHT_G[order]
    assert low <= weight_g.mean() <= high


@pytest.mark.parametrize(("position", "seed"), WHOLE_LIVES)
def test_fish_are_harvested_near_the_planned_weight(
    simulated: Simulated, position: int, seed: int
) -> None:
    batch = simulated(position, seed, 1000)
    stage = batch.life.stages[-1]
    at_harvest = stage.weight_g[np.arange(len(stage.departs)), stage.departs]
    assert 4300 <= at_harvest.mean() <= 6600
    assert at_harvest.mean() == pytest.approx(batch.inputs.plan.harvest_weight_g, rel=0.15)


@pytest.mark.parametrize(("position", "seed"), WHOLE_LIVES)
def test_rings_of_a_batch_differ_by_8_to_20_percent(
    simulated: Simulated, position: int, seed: int
) -> None:
    stage = simulated(position, seed, 1000).life.stages[-1]
    together = stage.weight_g[:, int(stage.departs.min()) - 4]
    assert 0.05 <= together.std() / together.mean() <= 0.20


@pytest.mark.parametrize(("position", "seed"), WHOLE_LIVES)
def test_losses_in_fresh_water_are_small(simulated: Simulated, position: int, seed: int) -> None:
    """At most 5 % of eggs, then mostly 0.06 to 0.67 % a month."""
    stages = simulated(position, seed, 1000).life.stages
    lost = [1.0 - stage.population[:, -1].sum() / stage.population[:, 0].sum() for stage in stages]
    assert 0.005 <= lost[0] <= 0.05
    assert 0.0015 <= np.median(lost[1:5]) <= 0.025


@pytest.mark.parametrize(("position", "seed"), WHOLE_LIVES)
def test_densities_stay_near_the_planned_limit(
    simulated: Simulated, position: int, seed: int
) -> None:
    """Density is at most 1.25 times the planned limit, and fish in a ring at most the legal."""
    for stage in simulated(position, seed, 1000).life.stages:
        volume = np.array([container.volume_m3 for container in stage.containers])
        biomass_kg = (stage.population * stage.weight_g / 1000.0)[:, : stage.days]
        day = np.arange(stage.days)
        is_occupied = day < stage.departs[:, None]
        density = np.where(is_occupied, biomass_kg / volume[:, None], 0.0).max()
        assert density <= 1.25 * stage.rule.max_density_kg_m3
        if stage.rule.max_fish_per_container:
            assert stage.population.max() <= stage.rule.max_fish_per_container


def test_assignments_of_the_first_stage_have_the_weight_of_an_egg(simulated: Simulated) -> None:
    batch = simulated(7)
    assert (batch.tables[BOOK].values("avg_weight_g")[in_first_stage(batch)] == 12).all()


def test_events_lie_between_the_start_and_today(simulated: Simulated) -> None:
    batch = simulated(3, 1, 400, 1)
    start = day_number(batch.inputs.plan.starts)
    for name, (_, when) in EVENTS.items():
        if name in batch.tables:
            days = days_of(name, when, batch.tables[name])
            assert start <= days.min() <= days.max() <= batch.build.today


@pytest.mark.parametrize(
    ("position", "seed"),
    [(44, 1), (60, 2), (45, 1), (61, 2)],
)
def test_rings_have_at_most_the_legal_number_of_fish(
    simulated: Simulated, position: int, seed: int
) -> None:
    sea = simulated(position, seed, preset="full").life.stages[-1]
    assert sea.population.max() <= sea.rule.max_fish_per_container


@pytest.mark.parametrize("eggs", [1, 3, 100, 5_000])
def test_a_batch_of_few_eggs_has_a_valid_history(simulated: Simulated, eggs: int) -> None:
    for age in (0, 90, 91, 120, 460, 1000):
        batch = simulated(0, 1, age, eggs=eggs)
        assert fish_in(batch)[in_first_stage(batch)].sum() <= eggs + 1
        assert (fish_in(batch) - dead(batch) - fish_out(batch) >= 0).all()
