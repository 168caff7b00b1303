"""Batches that share a farm: each gets its place and number, all eat from one feed ledger."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import overload

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from ..errors import DocumentError, HistoryError
from ..generation.build_spec import BuildSpec
from ..lifecycle.days import day_number
from ..lifecycle.events.meals import feed_demand
from ..lifecycle.feed import FeedAccount, FeedShortageError, keep_ledger
from ..lifecycle.feed_outages import Outage
from ..lifecycle.feeding import FeedDemand
from ..lifecycle.history import history_tables
from ..lifecycle.ids import first_ids
from ..lifecycle.imperfections import with_imperfections
from ..lifecycle.incidents.scheduled import check_incidents
from ..lifecycle.inputs import BatchInputs
from ..lifecycle.life import live
from ..lifecycle.plan import BatchPlan
from ..lifecycle.state import Life
from ..lifecycle.truth import incident_truth
from ..presets.schedule import Schedule, check_schedule
from ..presets.site_bookings import SiteBookings
from .calibrate import calibrate
from .history import History
from .planning import PlannedHistory, plan_history
from .request import HistoryRequest
from .saving import save_batches
from .shared_build import SharedBuild

_NAME = "histories"


@dataclass(frozen=True)
class BatchGroup(Sequence[History]):
    """Histories that share a farm, in the order they were asked for."""

    histories: tuple[History, ...]

    @overload
    def __getitem__(self, index: int) -> History: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[History]: ...

    def __getitem__(self, index: int | slice) -> History | Sequence[History]:
        """One history, or some."""
        return self.histories[index]

    def __len__(self) -> int:
        return len(self.histories)

    def save(self, into: Session | Connection) -> BatchGroup:
        """Write all rows in the caller's transaction, and the farm's if they are not there yet.

        Args:
            into: a session or connection to a database with the schema.

        Returns:
            The histories as the database has them; see `History.save`.

        Raises:
            StoreError: when the database holds something that they contradict; nothing is written.
        """
        shared = self.histories[0].shared
        distances = save_batches(into, shared, [history.unsaved for history in self.histories])
        return BatchGroup(
            tuple(history.moved(by) for history, by in zip(self.histories, distances, strict=True))
        )


def simulate_histories(wanted: Sequence[HistoryRequest]) -> BatchGroup:
    """Plan, feed, simulate and tell the histories of several batches.

    Raises:
        HistoryError: when one cannot be as it was asked for.
    """
    _check_same_farm(wanted)
    farm, seed = wanted[0].farm, wanted[0].seed
    numbers = _numbers(wanted)
    planned = _plan(wanted, numbers)
    ends = [_ends(request, one.plan) for request, one in zip(wanted, planned, strict=True)]
    build = BuildSpec(
        _schedule(wanted, [one.plan for one in planned], max(ends)), farm, seed, max(ends)
    )
    inputs = _inputs(build, wanted, planned, ends)
    lives = [live(one) for one in inputs]
    accounts, shared = _feed(build, inputs, lives)
    return BatchGroup(
        tuple(
            _tell(request, one, life, account, shared)
            for request, one, life, account in zip(wanted, inputs, lives, accounts, strict=True)
        )
    )


def _check_same_farm(wanted: Sequence[HistoryRequest]) -> None:
    if not wanted:
        raise HistoryError("no history was asked for; give one lifecycle at least")
    for one in wanted[1:]:
        if one.farm.digest != wanted[0].farm.digest:
            raise HistoryError(
                f"histories that share a farm need the same farm, not {wanted[0].farm.name} and "
                f"{one.farm.name}"
            )
        if one.seed != wanted[0].seed:
            raise HistoryError(
                f"histories that share a farm need the same seed, not {wanted[0].seed} and "
                f"{one.seed}: they share its weather"
            )


def _numbers(wanted: Sequence[HistoryRequest]) -> list[str]:
    """Batch numbers: those given, and the next one of the geography in the order of the starts."""
    numbers = [one.number for one in wanted]
    taken = {number for number in numbers if number is not None}
    serial: Counter[str] = Counter()
    for position in _by_start(wanted):
        request = wanted[position]
        while numbers[position] is None:
            serial[request.geography] += 1
            code = request.farm.geography_by_name[request.geography].code
            number = f"{code}-{request.start.year}-{serial[request.geography]:03d}"
            if number not in taken:
                numbers[position] = number
    given = [number for number in numbers if number is not None]
    for number, times in Counter(given).items():
        if times > 1:
            raise HistoryError(f"batch number {number} is given twice; give each its own")
    return given


def _by_start(wanted: Sequence[HistoryRequest]) -> list[int]:
    return sorted(range(len(wanted)), key=lambda position: (wanted[position].start, position))


def _plan(wanted: Sequence[HistoryRequest], numbers: Sequence[str]) -> list[PlannedHistory]:
    """A place for each batch, first come first served."""
    bookings = SiteBookings(wanted[0].farm, 1.0)
    planned: dict[int, PlannedHistory] = {}
    for position in _by_start(wanted):
        request = wanted[position]

        def trial(
            one: PlannedHistory, stage: int, request: HistoryRequest = request
        ) -> BatchInputs:
            return _trial_inputs(request, one, stage)

        settled, rates = calibrate(request, numbers[position], bookings, trial)
        planned[position] = plan_history(settled, numbers[position], rates, bookings)
    return [planned[position] for position in range(len(wanted))]


def _trial_inputs(request: HistoryRequest, planned: PlannedHistory, stage: int) -> BatchInputs:
    """What the simulation of a batch alone is given, to the end of a stage."""
    ends = planned.plan.stays[stage - 1].leaves
    build = BuildSpec(
        Schedule(_NAME, request.farm.source, ends, 0, (planned.plan,)),
        request.farm,
        request.seed,
        ends,
    )
    return replace(build.inputs(0), rules=planned.rules)


def _ends(request: HistoryRequest, plan: BatchPlan) -> date:
    """The day on which a history ends."""
    end = request.end
    if end.day is not None:
        if end.day < plan.starts:
            raise HistoryError(
                f"a history that starts on {plan.starts} cannot end on {end.day}; give a later day"
            )
        return end.day
    if end.stage is None:
        return plan.ends
    stay = plan.stays[end.stage - 1]
    lasts = (stay.leaves - stay.arrives).days
    if end.days >= lasts and stay is not plan.stays[-1]:
        raise HistoryError(
            f"until stage {end.stage}, days={end.days}: the fish leave it after {lasts} days; give "
            f"fewer, or with_days({end.stage}, ...), or go on until stage {end.stage + 1}"
        )
    if end.days > lasts:
        raise HistoryError(
            f"until stage {end.stage}, days={end.days}: the last ring is harvested after {lasts} "
            f"days; give fewer, or with_days({end.stage}, ...), or use until_harvest()"
        )
    return stay.arrives + timedelta(days=end.days)


def _schedule(
    wanted: Sequence[HistoryRequest], plans: Sequence[BatchPlan], as_of: date
) -> Schedule:
    readings = max(one.readings_per_day for one in wanted)
    farm = wanted[0].farm
    schedule = Schedule(_NAME, farm.source, as_of, readings, tuple(plans))
    try:
        check_schedule(schedule, farm, _NAME)
    except DocumentError as error:
        raise HistoryError(f"the values pinned cannot be had: {error}") from None
    return schedule


def _inputs(
    build: BuildSpec,
    wanted: Sequence[HistoryRequest],
    planned: Sequence[PlannedHistory],
    ends: Sequence[date],
) -> list[BatchInputs]:
    """What each simulation is given: what a build would give it, and what was asked for."""
    capacities = [
        _roomier(capacity, request, one.plan)
        for capacity, request, one in zip(build.capacities, wanted, planned, strict=True)
    ]
    inputs = []
    for position, ids in enumerate(first_ids(capacities, {})):
        request, one = wanted[position], planned[position]
        as_of = day_number(ends[position])
        check_incidents(request.incidents, one.plan, one.rules, as_of)
        inputs.append(
            replace(
                build.inputs(position),
                first_ids=ids,
                rules=one.rules,
                as_of=as_of,
                readings_per_day=request.readings_per_day,
                incidents=request.incidents,
            )
        )
    return inputs


def _roomier(
    capacity: Mapping[str, int], request: HistoryRequest, plan: BatchPlan
) -> Mapping[str, int]:
    """Room for the rows that incidents and duplicated records add."""
    containers = max(len(stay.places) for stay in plan.stays)
    roomier = dict(capacity)
    roomier["batch_mortalityevent"] += len(request.incidents) * containers
    roomier["health_journalentry"] += len(request.incidents)
    for one in request.imperfections:
        if one.kind == "duplicated":
            for name in one.tables:
                roomier[name] *= 2
    return roomier


def _feed(
    build: BuildSpec, inputs: Sequence[BatchInputs], lives: Sequence[Life]
) -> tuple[list[FeedAccount], SharedBuild]:
    """The feed ledger of all batches, and each one's account in it."""
    demands = [feed_demand(life) for life in lives]
    known = [
        _known(demand, one.as_of, build.today) for demand, one in zip(demands, inputs, strict=True)
    ]
    outages = [outage for life in lives for outage in _outages(life)]
    try:
        ledger = keep_ledger(
            [_select(demand, kept) for demand, kept in zip(demands, known, strict=True)],
            build.feed_containers,
            build.farm.feeds,
            build.seed,
            build.today,
            outages,
        )
    except FeedShortageError as shortage:
        raise HistoryError(str(shortage)) from shortage
    accounts = []
    for account, kept in zip(ledger.accounts, known, strict=True):
        opening = np.zeros(len(kept), np.int64)
        opening[kept] = account.opening
        accounts.append(replace(account, opening=opening))
    eaters: dict[int, frozenset[str]] = {}
    for demand, one in zip(demands, inputs, strict=True):
        for key in np.unique(demand.feed_container).tolist():
            eaters[key] = eaters.get(key, frozenset()) | {one.plan.number}
    return accounts, SharedBuild(build, ledger.lots, eaters)


def _known(demand: FeedDemand, as_of: int, today: int) -> NDArray[np.bool_]:
    """The rows of a demand that the ledger is told of.

    A history that ends before the others tells of no feed after its end: nobody is to buy it.
    """
    if as_of == today:
        return np.ones(len(demand), np.bool_)
    return np.asarray(demand.day <= as_of, np.bool_)


def _select(demand: FeedDemand, kept: NDArray[np.bool_]) -> FeedDemand:
    return FeedDemand(
        demand.feed_container[kept], demand.feed[kept], demand.day[kept], demand.amount[kept]
    )


def _outages(life: Life) -> list[Outage]:
    return [
        Outage(key, stage.first_day + first, stage.first_day + last)
        for stage in life.stages
        for first, last in stage.effects.no_delivery
        for key in np.unique(stage.feed_containers).tolist()
    ]


def _tell(
    request: HistoryRequest,
    inputs: BatchInputs,
    life: Life,
    account: FeedAccount,
    shared: SharedBuild,
) -> History:
    tables, flaws = with_imperfections(
        history_tables(inputs, life, account),
        request.imperfections,
        inputs.seed,
        inputs.plan.number,
        inputs.as_of,
    )
    return History(
        number=inputs.plan.number,
        columns=tables,
        incidents=incident_truth(inputs.plan.number, life),
        imperfections=flaws,
        inputs=inputs,
        life=life,
        shared=shared,
    )
