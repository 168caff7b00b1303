"""A build from plan to finished database: simulate, load, index, describe."""

from __future__ import annotations

import errno
import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TypeGuard

import numpy as np

from ..adoption.master_data import new_shared_rows
from ..databases.connections import connected
from ..databases.store import Store
from ..datasets.build_metadata import FARM, MANIFEST, SCHEDULE
from ..datasets.manifest import Manifest, PartEntry, describe_differences
from ..errors import (
    AquadataError,
    BuildError,
    ChecksFailed,
    Interrupted,
    PlanError,
    StoreError,
    cannot_write,
)
from ..jobs.progress import Progress
from ..lifecycle.columns import BatchTables
from ..lifecycle.events.areas import area_tables
from ..lifecycle.events.purchases import purchase_tables
from ..lifecycle.feed import FeedShortageError, Ledger, keep_ledger
from ..presets.documents import write_document
from ..presets.master_data.tables import master_tables
from .batch_runner import BatchRunner, FailedBatch, InProcessRunner, LogLine
from .build_spec import BuildSpec
from .estimate import estimate
from .logs import BuildLog
from .simulation import BatchTask, simulated_part
from .verify import verify
from .worker_options import WorkerOptions

FARM_PART, AREAS_PART, FEED_PART = "farm", "areas", "feed"
"""Parts of a build that belong to no batch."""

_ROWS_WORTH_A_POOL = 1_500_000
_FAILURES_NAMED = 5
_FEED_TABLES = ("inventory_feedpurchase", "inventory_feedcontainerstock")

_Landed = dict[str, PartEntry]
"""The parts that are whole in the database, by name."""


def build_into(
    build: BuildSpec,
    store: Store,
    workers: WorkerOptions | int,
    progress: Progress,
    log_dir: Path | None = None,
    resume: bool = False,
) -> Manifest:
    """Build a database in a store that is still empty.

    Whatever goes wrong, no batch is there by half. Batches that are whole stay when the build is
    interrupted, and go when it could not have been finished.

    Args:
        build: what to build.
        store: where to.
        workers: who may work, or how many processes.
        progress: is told how far the build is.
        log_dir: folder for a log of the run and one a batch; none if None.
        resume: whether to go on with what an interrupted build of the same has left.

    Raises:
        AquadataError: when the farm cannot hold the schedule or the store cannot be written.
        Interrupted: in the place of KeyboardInterrupt, when there is something to go on from.
    """
    log = BuildLog(log_dir, progress.note)
    clock = _Clock(log)
    workers = WorkerOptions.of(workers)
    landed: _Landed = {}
    keep = True
    try:
        landed |= _taken_up(build, store, resume)
        keep = False
        store.create_schema(json.dumps(build.identity))
        with _batch_runner(build, store, workers, log.run) as crew:
            with clock.phase("feed", progress):
                ledger = _keep_ledger(build, crew)
            with clock.phase("batches", progress):
                _load_shared(build, store, ledger, landed, log)
                _load_batches(build, store, ledger, crew, landed, log, progress)
        with clock.phase("indexes", progress):
            store.finish()
        with clock.phase("checks", progress), store.reading() as database:
            verify(database, build.key_mapping.failing, at_once=workers.workers)
        manifest = _describe(build, crew.processes, clock.seconds, landed)
        store.seal(_notes(build, manifest))
        return manifest
    except (PlanError, ChecksFailed):
        raise
    except (AquadataError, OSError, MemoryError, KeyboardInterrupt) as error:
        kept = len(landed.keys() & {batch.number for batch in build.batches})
        kept = kept if store.resumable else 0
        keep = keep or kept > 0
        told: BaseException = cannot_write(store.where, error) if _is_full(error) else error
        told = _with_what_is_kept(told, kept, build, resume)
        if told is error:
            raise
        raise told from error
    finally:
        store.close(keep)
        progress.close()


def _taken_up(build: BuildSpec, store: Store, resume: bool) -> _Landed:
    """The parts that an interrupted build has left, if this one is to go on from them.

    Raises:
        StoreError: naming the fields in which that was another build.
    """
    left = store.begin()
    if left is None:
        return {}
    if not resume:
        store.discard()
        return {}
    if differing := describe_differences(json.loads(left.identity), build.identity):
        raise StoreError(
            f"{store.where} holds an unfinished build of something else: {'; '.join(differing)}; "
            "finish that one, or begin anew without --resume"
        )
    return {name: PartEntry.from_values(json.loads(note)) for name, note in left.parts.items()}


@contextmanager
def _batch_runner(
    build: BuildSpec, store: Store, workers: WorkerOptions, log: LogLine
) -> Iterator[BatchRunner]:
    """Start processes only for a build that is large enough to gain from them."""
    if workers.workers == 1 or estimate(build).rows < _ROWS_WORTH_A_POOL:
        yield InProcessRunner(build, store, workers.retries, log)
        return
    from ..jobs.process_pool import ProcessPool
    from .process_runner import ProcessRunner, start_worker

    with ProcessPool(workers.workers, start_worker, build, store.writer()) as pool:
        yield ProcessRunner(build, store, pool, workers.retries, log)


def _is_full(error: BaseException) -> TypeGuard[OSError]:
    """Whether there was no room for what the processes of a build tell each other."""
    return isinstance(error, OSError) and error.errno == errno.ENOSPC


def _with_what_is_kept(
    error: BaseException, kept: int, build: BuildSpec, resume: bool
) -> BaseException:
    """The error, and how to go on from what is there."""
    if not kept:
        return error
    how = "the same command goes on from them" if resume else "--resume goes on from them"
    told = f"{kept} of {len(build.batches)} batches are kept: {how}"
    if isinstance(error, KeyboardInterrupt):
        return Interrupted(told)
    if isinstance(error, StoreError | BuildError):
        return type(error)(f"{error}; {told}")
    return error


class _Clock:
    """Seconds spent in each phase."""

    def __init__(self, log: BuildLog) -> None:
        self.seconds: dict[str, float] = {}
        self._log = log

    @contextmanager
    def phase(self, name: str, progress: Progress) -> Iterator[None]:
        progress.phase(name)
        started = time.perf_counter()
        yield
        self.seconds[name] = round(time.perf_counter() - started, 3)
        self._log.run(f"{name}: finished after {self.seconds[name]:.2f} s")


def _keep_ledger(build: BuildSpec, crew: BatchRunner) -> Ledger:
    demands = crew.feed_demands()
    try:
        return keep_ledger(demands, build.feed_containers, build.feeds, build.seed, build.today)
    except FeedShortageError as shortage:
        raise PlanError(str(shortage)) from shortage


def _load_shared(
    build: BuildSpec, store: Store, ledger: Ledger, landed: _Landed, log: BuildLog
) -> None:
    """Load what all batches share, but for what has landed before."""
    made: Mapping[str, Callable[[], BatchTables]] = {
        FARM_PART: lambda: _farm_tables(build),
        AREAS_PART: lambda: _area_tables(build, store),
        FEED_PART: lambda: _feed_tables(build, ledger),
    }
    for name, tables in made.items():
        if name not in landed:
            landed[name] = _load_part(store, name, tables())
            log.part(landed[name])


def _area_tables(build: BuildSpec, store: Store) -> BatchTables:
    tables = area_tables(build.seed, build.areas_in_use)
    if build.key_mapping.is_new_database:
        return tables
    with store.reading() as database, connected(database) as connection:
        return new_shared_rows(connection, tables)


def _feed_tables(build: BuildSpec, ledger: Ledger) -> BatchTables:
    first = {name: build.key_mapping.highest_keys.get(name, 0) + 1 for name in _FEED_TABLES}
    return purchase_tables(ledger.lots, build.feeds, first)


def _farm_tables(build: BuildSpec) -> BatchTables:
    if not build.key_mapping.is_new_database:
        return build.key_mapping.added
    first_start = min(batch.starts for batch in build.batches)
    return master_tables(build.farm, build.as_of, first_start)


def _load_part(store: Store, name: str, tables: BatchTables) -> PartEntry:
    started = time.perf_counter()
    part = simulated_part(name, tables, started)
    store.load(name, part.entry.to_json(), part.tables)
    return part.entry


def _load_batches(
    build: BuildSpec,
    store: Store,
    ledger: Ledger,
    crew: BatchRunner,
    landed: _Landed,
    log: BuildLog,
    progress: Progress,
) -> None:
    """Load every batch that has not landed before."""
    missing = [
        BatchTask(position, account)
        for position, account in enumerate(ledger.accounts)
        if build.batches[position].number not in landed
    ]
    done = len(ledger.accounts) - len(missing)
    failed: list[FailedBatch] = []
    for task, entry in zip(missing, crew.load(missing), strict=True):
        if isinstance(entry, FailedBatch):
            log.failure(entry)
            failed.append(entry)
            continue
        landed[entry.name] = entry
        log.batch(build.batches[task.position], entry)
        done += 1
        progress.at_work(crew.processes)
        rows = sum(one.rows for one in landed.values())
        progress.batches(done, len(ledger.accounts), rows)
    if failed:
        raise _failure(failed, log)


def _failure(failed: Sequence[FailedBatch], log: BuildLog) -> BuildError:
    first = failed[0]
    names = ", ".join(one.name for one in failed[:_FAILURES_NAMED])
    more = f" and {len(failed) - _FAILURES_NAMED} more" if len(failed) > _FAILURES_NAMED else ""
    count = f"{len(failed)} batches" if len(failed) > 1 else "1 batch"
    tries = f"{first.tries} tries each" if first.tries > 1 else "1 try each"
    return BuildError(
        f"{count} failed after {tries} ({names}{more}); {first.name}: {first.reason}; {log.where}"
    )


def _describe(
    build: BuildSpec, workers: int, seconds: Mapping[str, float], landed: _Landed
) -> Manifest:
    names = (FARM_PART, AREAS_PART, FEED_PART, *(batch.number for batch in build.batches))
    return Manifest(
        **build.identity,
        preset=build.schedule.name,
        numpy=np.__version__,
        workers=workers,
        seconds=dict(seconds),
        parts=tuple(landed[name] for name in names),
        used=None if build.key_mapping.is_new_database else build.key_mapping.used,
    )


def _notes(build: BuildSpec, manifest: Manifest) -> Mapping[str, str]:
    return {
        MANIFEST: manifest.to_json(),
        SCHEDULE: write_document(build.schedule),
        FARM: write_document(build.farm.document),
    }
