"""Simulation of requested histories: plan, calibrate, simulate, feed, and write as rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta

from ..errors import DocumentError, HistoryError
from ..generation.build_spec import BuildSpec
from ..lifecycle.days import day_number
from ..lifecycle.feed import FeedAccount
from ..lifecycle.history import history_tables
from ..lifecycle.ids import first_ids
from ..lifecycle.imperfections import with_imperfections
from ..lifecycle.incidents.scheduled import check_incidents
from ..lifecycle.inputs import BatchInputs
from ..lifecycle.life import simulate_life
from ..lifecycle.plan import BatchPlan
from ..lifecycle.state import Life
from ..lifecycle.truth import incident_truth
from ..presets.schedule import Schedule, check_schedule
from ..presets.site_bookings import SiteBookings
from .batch_group import BatchGroup
from .calibrate import calibrate
from .feed_accounts import feed_accounts
from .history import History
from .planning import PlannedHistory, plan_history
from .request import HistoryRequest
from .shared_build import SharedBuild

_SCHEDULE_NAME = "histories"


def simulate_histories(requests: Sequence[HistoryRequest]) -> BatchGroup:
    """Simulate the histories of batches that share a farm, in the order of the requests.

    Raises:
        HistoryError: if a request cannot be met.
    """
    _check_same_farm(requests)
    numbers = _batch_numbers(requests)
    planned = _plan(requests, numbers)
    ends = [
        _end_date(request, history.plan) for request, history in zip(requests, planned, strict=True)
    ]
    as_of = max(ends)
    schedule = _schedule(requests, [history.plan for history in planned], as_of)
    build = BuildSpec(schedule, requests[0].farm, requests[0].seed, as_of)
    inputs = _inputs(build, requests, planned, ends)
    lives = [simulate_life(batch_inputs) for batch_inputs in inputs]
    accounts, shared = feed_accounts(build, inputs, lives)
    return BatchGroup(
        tuple(
            _history(*parts, shared)
            for parts in zip(requests, inputs, lives, accounts, strict=True)
        )
    )


def _check_same_farm(requests: Sequence[HistoryRequest]) -> None:
    if not requests:
        raise HistoryError("there is no history to build; give at least one lifecycle")
    first = requests[0]
    for request in requests[1:]:
        if request.farm.digest != first.farm.digest:
            raise HistoryError(
                f"histories that are built together need the same farm, not {first.farm.name} and "
                f"{request.farm.name}"
            )
        if request.seed != first.seed:
            raise HistoryError(
                f"histories that are built together need the same seed, not {first.seed} and "
                f"{request.seed}: they share the weather of the farm"
            )


def _batch_numbers(requests: Sequence[HistoryRequest]) -> list[str]:
    """Return the requested batch numbers; for others the geography's next one, by start date."""
    requested = {request.number for request in requests if request.number is not None}
    serial: Counter[str] = Counter()
    numbers: dict[int, str] = {}
    for position in _by_start(requests):
        request = requests[position]
        number = request.number
        while number is None:
            serial[request.geography] += 1
            code = request.farm.geography_by_name[request.geography].code
            next_number = f"{code}-{request.start.year}-{serial[request.geography]:03d}"
            number = None if next_number in requested else next_number
        numbers[position] = number
    for number, times in Counter(numbers.values()).items():
        if times > 1:
            raise HistoryError(f"batch number {number} is given twice; give each batch its own")
    return [numbers[position] for position in range(len(requests))]


def _by_start(requests: Sequence[HistoryRequest]) -> list[int]:
    """Return the positions of the requests, ordered by start date."""
    return sorted(range(len(requests)), key=lambda position: (requests[position].start, position))


def _plan(requests: Sequence[HistoryRequest], numbers: Sequence[str]) -> list[PlannedHistory]:
    """Give each batch its sites, in the order of the start dates."""
    bookings = SiteBookings(requests[0].farm, 1.0)
    planned: dict[int, PlannedHistory] = {}
    for position in _by_start(requests):
        request = requests[position]

        def inputs_of(
            trial: PlannedHistory, stage: int, request: HistoryRequest = request
        ) -> BatchInputs:
            return _trial_inputs(request, trial, stage)

        calibrated, rates = calibrate(request, numbers[position], bookings, inputs_of)
        planned[position] = plan_history(calibrated, numbers[position], rates, bookings)
    return [planned[position] for position in range(len(requests))]


def _trial_inputs(request: HistoryRequest, trial: PlannedHistory, stage: int) -> BatchInputs:
    """Return the inputs to simulate a batch alone, up to the end of a stage."""
    as_of = trial.plan.stays[stage - 1].leaves
    schedule = Schedule(_SCHEDULE_NAME, request.farm.source, as_of, 0, (trial.plan,))
    build = BuildSpec(schedule, request.farm, request.seed, as_of)
    return replace(build.inputs(0), rules=trial.rules)


def _end_date(request: HistoryRequest, plan: BatchPlan) -> date:
    """Return the last day of a history."""
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
    duration = (stay.leaves - stay.arrives).days
    if end.days >= duration and stay is not plan.stays[-1]:
        raise HistoryError(
            f"until stage {end.stage}, days={end.days}: the fish leave it after {duration} days; "
            f"give fewer, or with_days({end.stage}, ...), or until stage {end.stage + 1}"
        )
    if end.days > duration:
        raise HistoryError(
            f"until stage {end.stage}, days={end.days}: the last ring is harvested after "
            f"{duration} days; give fewer, or with_days({end.stage}, ...), or use until_harvest()"
        )
    return stay.arrives + timedelta(days=end.days)


def _schedule(
    requests: Sequence[HistoryRequest], plans: Sequence[BatchPlan], as_of: date
) -> Schedule:
    readings = max(request.readings_per_day for request in requests)
    farm = requests[0].farm
    schedule = Schedule(_SCHEDULE_NAME, farm.source, as_of, readings, tuple(plans))
    try:
        check_schedule(schedule, farm, _SCHEDULE_NAME)
    except DocumentError as error:
        raise HistoryError(f"the pinned values are not possible: {error}") from None
    return schedule


def _inputs(
    build: BuildSpec,
    requests: Sequence[HistoryRequest],
    planned: Sequence[PlannedHistory],
    ends: Sequence[date],
) -> list[BatchInputs]:
    """Return the inputs of each simulation: those of a build, changed by what is requested."""
    capacities = [
        _with_capacity_for_extra_rows(capacity, request, history.plan)
        for capacity, request, history in zip(build.capacities, requests, planned, strict=True)
    ]
    inputs = []
    for position, ids in enumerate(first_ids(capacities, {})):
        request, history = requests[position], planned[position]
        as_of = day_number(ends[position])
        check_incidents(request.incidents, history.plan, history.rules, as_of)
        inputs.append(
            replace(
                build.inputs(position),
                first_ids=ids,
                rules=history.rules,
                as_of=as_of,
                readings_per_day=request.readings_per_day,
                incidents=request.incidents,
            )
        )
    return inputs


def _with_capacity_for_extra_rows(
    capacity: Mapping[str, int], request: HistoryRequest, plan: BatchPlan
) -> Mapping[str, int]:
    """Return row capacities by table, with room for rows of incidents and for duplicates."""
    containers = max(len(stay.places) for stay in plan.stays)
    extended = dict(capacity)
    extended["batch_mortalityevent"] += len(request.incidents) * containers
    extended["health_journalentry"] += len(request.incidents)
    for imperfection in request.imperfections:
        if imperfection.kind == "duplicated":
            for name in imperfection.tables:
                extended[name] *= 2
    return extended


def _history(
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
