"""A build from plan to finished database: simulate, load, index, check."""

from __future__ import annotations

import errno
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..adoption.collisions import refuse_stale_plan
from ..databases.connections import connected
from ..databases.store import Store
from ..datasets.build_metadata import FARM, MANIFEST, SCHEDULE
from ..datasets.manifest import Manifest, PartEntry, describe_differences, read_identity
from ..errors import (
    NO_MEMORY,
    BuildError,
    ChecksFailed,
    Interrupted,
    PlanError,
    StoreError,
    cannot_write,
)
from ..jobs.progress import Progress
from ..lifecycle.feed import FeedShortageError, Ledger, keep_ledger
from ..presets.documents import write_document
from ..provenance.replacement import refuse_other_rows
from .batch_runner import BatchRunner, FailedBatch, InProcessRunner, LogLine
from .build_spec import BuildSpec
from .estimate import estimate
from .logs import BuildLog
from .shared_parts import SHARED_PARTS, shared_parts
from .simulation import BatchTask, simulated_part
from .verify import verify
from .worker_options import WorkerOptions

_ROWS_WORTH_A_POOL = 1_500_000
"""Rows of a build from which several processes are faster; each takes half a second to start."""
_FAILURES_NAMED = 5


def build_into(
    build: BuildSpec,
    store: Store,
    workers: WorkerOptions | int,
    progress: Progress,
    log_dir: Path | None = None,
    resume: bool = False,
) -> Manifest:
    """Build a database in a store that is still empty.

    If the build is interrupted, batches that are complete are kept for `--resume`. If it cannot
    succeed, nothing is kept. A batch is never kept in part.

    Args:
        build: what to build.
        store: store of the database.
        workers: options of the processes that simulate, or how many there are.
        progress: receives the progress of the build.
        log_dir: folder for a log of the build and one a batch; none if None.
        resume: continue what an interrupted build of the same spec has left.

    Raises:
        AquadataError: when the farm cannot hold the schedule, a batch fails at every attempt, the
            data break a check, or the store cannot be written.
        Interrupted: in place of KeyboardInterrupt, when complete batches are kept.
    """
    pipeline = _Pipeline(build, store, WorkerOptions.of(workers), progress, log_dir)
    try:
        return pipeline.run(resume)
    except (PlanError, ChecksFailed):
        raise
    except BaseException as error:
        # whatever ends a build, such as a signal whose handler raises any exception
        kept = pipeline.keep_batches()
        reported = _reported_error(error, store.display_name)
        if kept:
            reported = _with_advice(reported, kept, len(build.batches), resume)
        if reported is error:
            raise
        raise reported from error
    finally:
        pipeline.close()


class _Pipeline:
    """One build, phase by phase."""

    def __init__(
        self,
        build: BuildSpec,
        store: Store,
        workers: WorkerOptions,
        progress: Progress,
        log_dir: Path | None,
    ) -> None:
        self._build = build
        self._store = store
        self._workers = workers
        self._progress = progress
        self._log = BuildLog(log_dir, progress.log)
        self._seconds: dict[str, float] = {}
        self._loaded: dict[str, PartEntry] = {}
        self._keep = True
        """Leave an unfinished build in the store; true until this build changes it."""

    def run(self, resume: bool) -> Manifest:
        """Run all phases."""
        build, store = self._build, self._store
        self._loaded = self._parts_to_resume() if resume else self._start_again()
        self._refuse_stale_plan()
        self._keep = False
        store.create_schema(json.dumps(build.identity))
        with _batch_runner(build, store, self._workers, self._log.run) as runner:
            with self._phase("feed"):
                ledger = self._keep_ledger(runner)
            with self._phase("batches"):
                self._load_shared_parts(ledger)
                self._load_batches(ledger, runner)
        with self._phase("indexes"):
            store.finish()
        with self._phase("checks"), store.reading() as database:
            verify(database, build.key_mapping.failing, at_once=self._workers.workers)
        manifest = self._manifest(runner.processes)
        store.seal(_metadata(build, manifest))
        return manifest

    def keep_batches(self) -> int:
        """Keep the complete batches for a build that continues; return their number."""
        if not self._store.resumable:
            return 0
        kept = len(self._loaded.keys() & {batch.number for batch in self._build.batches})
        self._keep = self._keep or kept > 0
        return kept

    def close(self) -> None:
        """Release the store."""
        self._store.close(self._keep)
        self._progress.close()

    def _start_again(self) -> dict[str, PartEntry]:
        unfinished = self._store.begin()
        if unfinished is not None:
            if self._store.in_place:
                with self._store.reading() as database, connected(database) as connection:
                    refuse_other_rows(connection, unfinished, self._store.display_name)
            self._store.discard()
        return {}

    def _refuse_stale_plan(self) -> None:
        """Raise if others wrote to an existing database between the plan and the lock."""
        if planned_on := self._build.key_mapping.planned_on:
            with self._store.reading() as database, connected(database) as connection:
                refuse_stale_plan(connection, planned_on, self._store.display_name)

    def _parts_to_resume(self) -> dict[str, PartEntry]:
        """Return the parts that an interrupted build has left, by name.

        Raises:
            StoreError: when that was another build; the message names the differences.
        """
        unfinished = self._store.begin()
        if unfinished is None:
            return {}
        differences = describe_differences(read_identity(unfinished.identity), self._build.identity)
        if differences:
            raise StoreError(
                f"{self._store.display_name} holds an unfinished build of something else: "
                f"{'; '.join(differences)}; finish that one, or start again without --resume"
            )
        return {name: PartEntry.from_json(entry) for name, entry in unfinished.parts.items()}

    def _keep_ledger(self, runner: BatchRunner) -> Ledger:
        build = self._build
        demands = runner.feed_demands()
        try:
            return keep_ledger(demands, build.feed_containers, build.feeds, build.seed, build.today)
        except FeedShortageError as shortage:
            raise PlanError(str(shortage)) from shortage

    def _load_shared_parts(self, ledger: Ledger) -> None:
        """Load what all batches share, unless an interrupted build has loaded it."""
        for name, make_tables in shared_parts(self._build, self._store, ledger).items():
            if name not in self._loaded:
                tables = make_tables()
                part = simulated_part(name, tables, time.perf_counter())
                self._store.load(name, part.entry.to_json(), part.tables)
                self._loaded[name] = part.entry
                self._log.part(part.entry)

    def _load_batches(self, ledger: Ledger, runner: BatchRunner) -> None:
        """Simulate and load the batches that an interrupted build has not loaded.

        Raises:
            BuildError: when batches failed at every attempt; all others are loaded.
        """
        batches = self._build.batches
        missing = [
            BatchTask(position, account)
            for position, account in enumerate(ledger.accounts)
            if batches[position].number not in self._loaded
        ]
        done = len(batches) - len(missing)
        failed: list[FailedBatch] = []
        for task, entry in zip(missing, runner.load(missing), strict=True):
            if isinstance(entry, FailedBatch):
                self._log.failure(entry)
                failed.append(entry)
                continue
            self._loaded[entry.name] = entry
            self._log.batch(batches[task.position], entry)
            done += 1
            self._progress.at_work(runner.processes)
            rows = sum(part.rows for part in self._loaded.values())
            self._progress.batches(done, len(batches), rows)
        if failed:
            raise _failure(failed, self._log)

    @contextmanager
    def _phase(self, name: str) -> Iterator[None]:
        """Report a phase, and measure and log its time."""
        self._progress.phase(name)
        started = time.perf_counter()
        yield
        self._seconds[name] = round(time.perf_counter() - started, 3)
        self._log.run(f"{name}: finished after {self._seconds[name]:.2f} s")

    def _manifest(self, processes: int) -> Manifest:
        build = self._build
        names = (*SHARED_PARTS, *(batch.number for batch in build.batches))
        return Manifest(
            **build.identity,
            preset=build.schedule.name,
            numpy=np.__version__,
            workers=processes,
            seconds=self._seconds,
            parts=tuple(self._loaded[name] for name in names),
            used=None if build.key_mapping.is_new_database else build.key_mapping.used,
            failing=build.key_mapping.failing,
        )


@contextmanager
def _batch_runner(
    build: BuildSpec, store: Store, workers: WorkerOptions, log: LogLine
) -> Iterator[BatchRunner]:
    """Start processes only for a build that is large enough to be faster with them."""
    if workers.workers == 1 or estimate(build).rows < _ROWS_WORTH_A_POOL:
        yield InProcessRunner(build, store, workers.retries, log)
        return
    from ..jobs.process_pool import ProcessPool
    from .process_runner import ProcessRunner, start_worker

    with ProcessPool(workers.workers, start_worker, build, store.writer()) as pool:
        yield ProcessRunner(build, store, pool, workers.retries, log)


def _metadata(build: BuildSpec, manifest: Manifest) -> Mapping[str, str]:
    """Return the texts that are kept with the data, by name."""
    return {
        MANIFEST: manifest.to_json(),
        SCHEDULE: write_document(build.schedule),
        FARM: write_document(build.farm.document),
    }


def _failure(failed: Sequence[FailedBatch], log: BuildLog) -> BuildError:
    first = failed[0]
    names = ", ".join(batch.name for batch in failed[:_FAILURES_NAMED])
    more = f" and {len(failed) - _FAILURES_NAMED} more" if len(failed) > _FAILURES_NAMED else ""
    count = f"{len(failed)} batches" if len(failed) > 1 else "1 batch"
    tries = f"{first.tries} tries each" if first.tries > 1 else "1 try each"
    return BuildError(
        f"{count} failed after {tries} ({names}{more}); {first.name}: {first.reason}; {log.advice}"
    )


def _reported_error(error: BaseException, target: str) -> BaseException:
    """Return one-line errors for a full disk or memory, and any other error as it is."""
    if isinstance(error, OSError) and error.errno == errno.ENOSPC:
        return cannot_write(target, error)
    if isinstance(error, MemoryError):
        return BuildError(f"cannot build {target}: {NO_MEMORY}")
    return error


def _with_advice(error: BaseException, kept: int, batches: int, resume: bool) -> BaseException:
    """Add to an error the number of batches that are kept, and how to continue."""
    how = "the same command goes on from them" if resume else "--resume goes on from them"
    advice = f"{kept} of {batches} batches are kept: {how}"
    if isinstance(error, KeyboardInterrupt):
        return Interrupted(advice)
    if isinstance(error, StoreError | BuildError):
        return type(error)(f"{error}; {advice}")
    return error
