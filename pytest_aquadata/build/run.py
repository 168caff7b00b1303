"""A build from plan to finished database: simulate, load, index, describe."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ..errors import PlanError
from ..lifecycle.columns import BatchTables
from ..lifecycle.feed import FeedShortageError, Ledger, keep_ledger
from ..lifecycle.rows.areas import area_tables
from ..lifecycle.rows.purchases import purchase_tables
from ..presets.documents import write_document
from ..presets.master import master_tables
from ..stores.sqlite import SqliteStore
from .crew import Alone, Pool
from .estimate import estimate
from .inputs import Build
from .logs import BuildLog
from .manifest import Manifest, PartEntry
from .progress import Progress
from .verify import verify
from .worker import BatchTask, complete_tables, part_entry

SHARED_PARTS = 3
"""Parts of a manifest that belong to no batch: farm, areas and feed."""

MANIFEST, SCHEDULE, FARM = "manifest", "schedule", "farm"
"""What is kept with the data, in the table `aquadata_build`."""

_ROWS_WORTH_A_POOL = 1_500_000
_FIRST_IDS = {"inventory_feedpurchase": 1, "inventory_feedcontainerstock": 1}


def build_into(
    build: Build,
    store: SqliteStore,
    workers: int,
    progress: Progress,
    log_dir: Path | None = None,
) -> Manifest:
    """Build a database in a store that is still empty.

    Whatever goes wrong, nothing half-written is left behind.

    Args:
        build: what to build.
        store: where to.
        workers: processes that simulate; one does it all in this process.
        progress: is told how far the build is.
        log_dir: folder for a log of the run and one a batch; none if None.

    Raises:
        AquadataError: when the farm cannot hold the schedule or the store cannot be written.
    """
    log = BuildLog(log_dir)
    clock = _Clock(log)
    alone = workers == 1 or estimate(build).rows < _ROWS_WORTH_A_POOL
    try:
        with Alone(build) if alone else Pool(build, workers) as crew:
            with clock.phase("feed", progress):
                ledger = _keep_ledger(build, crew)
            with clock.phase("batches", progress):
                store.create_schema()
                parts = [
                    _load_shared(store, "farm", _farm_tables(build)),
                    _load_shared(store, "areas", area_tables(build.seed, build.areas_in_use)),
                    _load_shared(store, "feed", _feed_tables(build, ledger)),
                ]
                for part in parts:
                    log.part(part)
                tasks = _tasks(build, ledger, store.workspace)
                for task, part in zip(tasks, crew.batches(iter(tasks)), strict=True):
                    store.absorb(task.shard)
                    parts.append(part)
                    log.batch(build.batches[task.position], part)
                    rows = sum(one.rows for one in parts)
                    progress.batches(len(parts) - SHARED_PARTS, len(tasks), rows)
        with clock.phase("indexes", progress):
            store.finish()
        with clock.phase("checks", progress), store.reading() as connection:
            verify(connection)
        manifest = _describe(build, crew.size, clock.seconds, parts)
        store.seal(_notes(build, manifest))
        return manifest
    finally:
        store.drop()
        progress.close()


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


def _keep_ledger(build: Build, crew: Alone | Pool) -> Ledger:
    demands = list(crew.demands(range(len(build.batches))))
    try:
        return keep_ledger(
            demands, build.feed_containers, build.farm.feeds, build.seed, build.today
        )
    except FeedShortageError as shortage:
        raise PlanError(str(shortage)) from shortage


def _tasks(build: Build, ledger: Ledger, folder: Path) -> list[BatchTask]:
    return [
        BatchTask(position, account, folder / f"batch-{position:05d}")
        for position, account in enumerate(ledger.accounts)
    ]


def _farm_tables(build: Build) -> BatchTables:
    first_start = min(batch.starts for batch in build.batches)
    return master_tables(build.farm, build.as_of, first_start)


def _feed_tables(build: Build, ledger: Ledger) -> BatchTables:
    return purchase_tables(ledger.lots, build.farm.feeds, _FIRST_IDS)


def _load_shared(store: SqliteStore, name: str, tables: BatchTables) -> PartEntry:
    started = time.perf_counter()
    whole = complete_tables(tables)
    store.load(whole)
    return part_entry(name, whole, time.perf_counter() - started)


def _describe(
    build: Build, workers: int, seconds: Mapping[str, float], parts: list[PartEntry]
) -> Manifest:
    return Manifest(
        **build.identity,
        preset=build.schedule.name,
        numpy=np.__version__,
        workers=workers,
        seconds=dict(seconds),
        parts=tuple(parts),
    )


def _notes(build: Build, manifest: Manifest) -> Mapping[str, str]:
    return {
        MANIFEST: manifest.to_json(),
        SCHEDULE: write_document(build.schedule),
        FARM: write_document(build.farm.document),
    }
