"""Builds: the same rows everywhere, resumed after interruptions, retried after failures."""

from __future__ import annotations

import errno
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from pool_tasks import FailingWriter, KillingWriter

from pytest_aquadata.databases.column_reader import read_columns
from pytest_aquadata.databases.sqlite_store import SqliteStore
from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.datasets.digests import table_digest
from pytest_aquadata.datasets.manifest import Manifest
from pytest_aquadata.errors import BuildError, ChecksFailed, PlanError, StoreError
from pytest_aquadata.generation import pipeline, shared_parts
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.pipeline import build_into
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build
from pytest_aquadata.generation.worker_options import WorkerOptions
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.lifecycle.columns import BatchTables
from pytest_aquadata.lifecycle.life import simulate_life
from pytest_aquadata.presets.master_data.tables import master_tables
from pytest_aquadata.schema import TABLES

pytestmark = pytest.mark.slow

GOLDEN = Path(__file__).with_name("golden.json")


def built(build: BuildSpec, path: Path, workers: int = 1) -> Manifest:
    return build_into(build, SqliteStore(path), workers, Silent())


def digests(manifest: Manifest) -> Mapping[str, Mapping[str, str]]:
    """Digest of every table of every part."""
    return {
        part.name: {name: written.digest for name, written in part.tables.items()}
        for part in manifest.parts
    }


@pytest.mark.parametrize("workers", [2, 4])
def test_any_number_of_workers_builds_the_same(
    small: Dataset,
    small_build: BuildSpec,
    path: Path,
    workers: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "_ROWS_WORTH_A_POOL", 0)
    manifest = built(small_build, path, workers)
    assert manifest.workers == workers
    assert digests(manifest) == digests(small.manifest)
    with Dataset(path) as dataset:
        for name in ("batch_batchcontainerassignment", "batch_transferaction"):
            assert table_digest(dataset.table(name)) == table_digest(small.table(name))


@pytest.mark.parametrize(
    ("name", "position"),
    [
        ("batch_batch", 0),
        ("batch_batchcontainerassignment", 1),
        ("batch_mortalityevent", 3),
        ("batch_growthsample", 0),
        ("batch_transferaction", 2),
        ("environmental_environmentalreading", 7),
        ("environmental_stagetransitionenvironmental", 4),
        ("inventory_feedingevent", 5),
        ("harvest_harvestlot", 1),
    ],
)
def test_the_manifest_describes_the_rows_of_a_batch(
    small: Dataset, small_build: BuildSpec, name: str, position: int
) -> None:
    """Rows read back from the database have the digest with which they were written."""
    part = small.manifest.parts[position - len(small.batches)]
    first, written = small_build.first_ids[position][name], part.tables[name]
    table = TABLES[name]
    with small.connection() as connection:
        rows = read_columns(connection, table, table.c.id.between(first, first + written.rows - 1))
    assert len(rows) == written.rows
    assert table_digest(rows) == written.digest


@pytest.mark.parametrize("part", ["farm", "areas", "feed"])
def test_the_manifest_describes_the_shared_parts(small: Dataset, part: str) -> None:
    (shared,) = [entry for entry in small.manifest.parts if entry.name == part]
    for name, written in shared.tables.items():
        assert table_digest(small.table(name)) == written.digest, name


def test_another_seed_changes_everything_but_the_master_data(
    small: Dataset, small_build: BuildSpec, path: Path
) -> None:
    other = built(plan_build(SeedRequest("small", seed=2)), path)
    master = master_tables(small_build.farm, small_build.as_of, small_build.batches[0].starts)
    by_calendar = {"environmental_photoperioddata"}
    for name, written in small.manifest.tables.items():
        if name in master:
            assert other.tables[name] == written, name
        elif name not in by_calendar:
            assert other.tables[name].digest != written.digest, name


def test_the_seed_alone_changes_a_batch(tiny: BuildSpec, tmp_path: Path) -> None:
    first = built(tiny, tmp_path / "first.db")
    second = built(replace(tiny, seed=9), tmp_path / "other.db")
    number = tiny.batches[0].number
    first_digests, second_digests = digests(first)[number], digests(second)[number]
    for name in ("batch_mortalityevent", "inventory_feedingevent", "batch_creationaction"):
        assert first_digests[name] != second_digests[name], name


def test_the_life_of_a_batch_does_not_depend_on_other_batches(small_build: BuildSpec) -> None:
    """Keys, and lice that come from neighbouring sites, may differ."""
    parr = small_build.batches[5]
    alone = replace(small_build, schedule=replace(small_build.schedule, batches=(parr,)))
    among_others, by_itself = simulate_life(small_build.inputs(5)), simulate_life(alone.inputs(0))
    for stage, same in zip(among_others.stages, by_itself.stages, strict=True):
        for name in ("population", "weight_g", "deaths", "temp_c", "feed", "pellet"):
            assert (getattr(stage, name) == getattr(same, name)).all(), name


ELSEWHERE = """
import json
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build
from pytest_aquadata.generation.simulation import BatchTask, feed_demand, simulate
from pytest_aquadata.lifecycle.feed import keep_ledger

build = plan_build(SeedRequest("small"))
demands = [feed_demand(build, position) for position in range(len(build.batches))]
ledger = keep_ledger(demands, build.feed_containers, build.farm.feeds, 1, build.today)
digests = {}
for position, account in enumerate(ledger.accounts[:4]):
    entry = simulate(build, BatchTask(position, account)).entry
    digests[entry.name] = {name: written.digest for name, written in entry.tables.items()}
print(json.dumps(digests))
"""


def dispatched() -> str:
    """Return the optional instruction sets that numpy would use on this processor."""
    try:
        from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
    except ImportError:  # numpy 1
        from numpy.core._multiarray_umath import (  # type: ignore[no-redef]
            __cpu_dispatch__,
            __cpu_features__,
        )
    return " ".join(name for name in __cpu_dispatch__ if __cpu_features__.get(name))


ELSEWHERES: dict[str, dict[str, str]] = {
    "a processor with fewer instructions": {
        "NPY_DISABLE_CPU_FEATURES": dispatched(),
        "OPENBLAS_CORETYPE": "Nehalem",
    },
    "other hashing of strings, another time zone and language": {
        "PYTHONHASHSEED": "12345",
        "TZ": "Pacific/Kiritimati",
        "LC_ALL": "C",
    },
}


@pytest.mark.parametrize("place", ELSEWHERES)
def test_a_batch_is_the_same_in_other_environments(small: Dataset, place: str) -> None:
    process = subprocess.run(
        [sys.executable, "-W", "error", "-c", ELSEWHERE],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), **ELSEWHERES[place]},
        capture_output=True,
        text=True,
        check=True,
    )
    expected = digests(small.manifest)
    actual = json.loads(process.stdout)
    assert len(actual) == 4
    assert actual == {name: dict(expected[name]) for name in actual}


def test_the_small_preset_is_unchanged(small: Dataset) -> None:
    """Delete golden.json after an intended change, run this test, and look at the diff."""
    tables = {name: written.digest for name, written in small.manifest.tables.items()}
    if not GOLDEN.exists():
        golden = {"digest": small.manifest.digest, "rows": small.manifest.rows, "tables": tables}
        GOLDEN.write_text(json.dumps(golden, indent=1) + "\n", encoding="utf-8")
        pytest.fail("golden.json was missing and has been written")
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    changed = [name for name in tables if tables[name] != golden["tables"].get(name)]
    assert changed == []
    assert (small.manifest.digest, small.manifest.rows) == (golden["digest"], golden["rows"])


class RecordedProgress(Silent):
    """Records what a build reports."""

    def __init__(self) -> None:
        self.phases: list[str] = []
        self.done: list[tuple[int, int]] = []
        self.rows: list[int] = []
        self.log_lines: list[str] = []
        self.closed = 0

    def phase(self, name: str) -> None:
        self.phases.append(name)

    def batches(self, done: int, total: int, rows: int) -> None:
        self.done.append((done, total))
        self.rows.append(rows)

    def log(self, line: str) -> None:
        self.log_lines.append(line)

    def close(self) -> None:
        self.closed += 1


def test_progress_is_reported(tiny: BuildSpec, path: Path) -> None:
    progress = RecordedProgress()
    manifest = build_into(tiny, SqliteStore(path), 1, progress)
    assert progress.phases == ["feed", "batches", "indexes", "checks"]
    assert progress.done == [(1, 1)]
    assert progress.rows == [manifest.rows]
    assert any(
        re.match(rf"{tiny.batches[0].number}: [\d,]+ rows in", line) for line in progress.log_lines
    )
    assert progress.closed == 1
    assert list(manifest.seconds) == progress.phases


class TimeLimitError(Exception):
    """What a handler of SIGALRM raises."""


class Interrupting(RecordedProgress):
    """Raises an error when a number of batches are loaded."""

    def __init__(self, error: BaseException, after: int = 1) -> None:
        super().__init__()
        self.error = error
        self.after = after

    def batches(self, done: int, total: int, rows: int) -> None:
        super().batches(done, total, rows)
        if done == self.after:
            raise self.error


def interrupted(build: BuildSpec, path: Path, after: int, error: BaseException) -> BaseException:
    """Interrupt a build after some batches; return the error that it raises."""
    with pytest.raises(BaseException) as raised:  # noqa: PT011 - the caller looks at it
        build_into(build, SqliteStore(path), 1, Interrupting(error, after))
    return raised.value


@pytest.mark.parametrize("after", [1, 5, 8])
def test_an_interrupted_build_is_resumed(
    small: Dataset, small_build: BuildSpec, path: Path, after: int
) -> None:
    error = interrupted(small_build, path, after, KeyboardInterrupt())
    assert isinstance(error, KeyboardInterrupt)
    assert str(error) == f"{after} of 8 batches are kept: --resume goes on from them"
    assert not path.exists()
    again = RecordedProgress()
    manifest = build_into(small_build, SqliteStore(path), 1, again, resume=True)
    assert again.done == [(done, 8) for done in range(after + 1, 9)]
    assert digests(manifest) == digests(small.manifest)
    assert list(path.parent.iterdir()) == [path]


def test_a_build_can_be_interrupted_and_resumed_repeatedly(
    small: Dataset, small_build: BuildSpec, path: Path
) -> None:
    for after in (2, 3, 6):
        with pytest.raises(KeyboardInterrupt, match=f"{after} of 8 batches are kept"):
            build_into(
                small_build,
                SqliteStore(path),
                1,
                Interrupting(KeyboardInterrupt(), after),
                resume=True,
            )
    manifest = build_into(small_build, SqliteStore(path), 1, Silent(), resume=True)
    assert manifest.digest == small.manifest.digest


def test_without_resume_a_build_starts_again(tiny: BuildSpec, path: Path) -> None:
    interrupted(tiny, path, 1, KeyboardInterrupt())
    progress = RecordedProgress()
    build_into(tiny, SqliteStore(path), 1, progress)
    assert progress.done == [(1, 1)]
    assert list(path.parent.iterdir()) == [path]


def test_another_build_is_not_resumed(tiny: BuildSpec, path: Path) -> None:
    interrupted(tiny, path, 1, KeyboardInterrupt())
    other = replace(tiny, seed=7, as_of=tiny.as_of - timedelta(days=1))
    with pytest.raises(StoreError) as refused:
        build_into(other, SqliteStore(path), 1, Silent(), resume=True)
    assert "unfinished build of something else" in str(refused.value)
    assert "seed is 1, not 7" in str(refused.value)
    assert "as_of is 2025-11-21, not 2025-11-20" in str(refused.value)
    progress = RecordedProgress()
    build_into(tiny, SqliteStore(path), 1, progress, resume=True)
    assert progress.done == []


@pytest.mark.parametrize(
    "error",
    [
        StoreError("the disk is full"),
        BuildError("a worker died"),
        TimeLimitError("too slow"),
        SystemExit("enough"),
        GeneratorExit("closed"),
        RecursionError("too deep"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_batches_are_kept_after_an_error_that_may_pass(
    tiny: BuildSpec, path: Path, error: BaseException
) -> None:
    raised = interrupted(tiny, path, 1, error)
    assert type(raised) is type(error)
    assert str(raised).startswith(str(error))
    assert not path.exists()
    build_into(tiny, SqliteStore(path), 1, Silent(), resume=True)


def test_a_lack_of_memory_is_told_in_one_line(tiny: BuildSpec, path: Path) -> None:
    raised = interrupted(tiny, path, 1, MemoryError())
    assert isinstance(raised, BuildError)
    assert "there is not enough memory; end other programs" in str(raised)
    assert "1 of 1 batches are kept" in str(raised)


def test_nothing_is_kept_after_an_error_that_will_recur(tiny: BuildSpec, path: Path) -> None:
    error = PlanError("no room")
    assert interrupted(tiny, path, 1, error) is error
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("workers", [1, 2])
def test_a_time_limit_ends_a_build_between_two_batches(
    small: Dataset,
    small_build: BuildSpec,
    path: Path,
    workers: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The error of the handler is not taken for one of the batch, which would be tried again."""
    monkeypatch.setattr(pipeline, "_ROWS_WORTH_A_POOL", 0)

    def reach_limit(*_: object) -> None:
        raise TimeLimitError

    before = signal.signal(signal.SIGALRM, reach_limit)
    progress = RecordedProgress()
    monkeypatch.setattr(progress, "at_work", lambda _: signal.setitimer(signal.ITIMER_REAL, 1e-3))
    try:
        with pytest.raises(TimeLimitError):
            build_into(small_build, SqliteStore(path), workers, progress)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert not path.exists()
    assert not any("failed" in line for line in progress.log_lines)
    manifest = build_into(small_build, SqliteStore(path), 1, Silent(), resume=True)
    assert manifest.digest == small.manifest.digest
    assert list(path.parent.iterdir()) == [path]


def test_data_that_fail_a_check_are_discarded(
    tiny: BuildSpec, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ChecksFailed("a fish too many")

    monkeypatch.setattr(pipeline, "verify", fail)
    with pytest.raises(ChecksFailed, match="a fish too many"):
        build_into(tiny, SqliteStore(path), 1, Silent())
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("phase", ["keep_ledger", "area_tables", "verify"])
def test_a_full_disk_is_one_line_and_only_complete_batches_are_kept(
    tiny: BuildSpec, path: Path, phase: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fill(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(shared_parts if phase == "area_tables" else pipeline, phase, fill)
    with pytest.raises(StoreError) as full:
        build_into(tiny, SqliteStore(path), 1, Silent())
    assert str(full.value).startswith(f"cannot write {path}: there is no space left on the disk; ")
    assert not path.exists()
    kept = "1 of 1 batches are kept" in str(full.value)
    assert kept == any(path.parent.iterdir()) == (phase == "verify")


@pytest.mark.parametrize("workers", [1, 2])
def test_an_interruption_before_the_first_batch_leaves_nothing(
    tiny: BuildSpec, path: Path, workers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipeline, "_ROWS_WORTH_A_POOL", 0)
    progress = Interrupting(KeyboardInterrupt())
    monkeypatch.setattr(progress, "phase", lambda _: progress.batches(1, 1, 0))
    with pytest.raises(KeyboardInterrupt):
        build_into(tiny, SqliteStore(path), workers, progress)
    assert progress.closed == 1
    assert list(path.parent.iterdir()) == []


class FailingStore(SqliteStore):
    """A store that fails for some batches a number of times each."""

    def __init__(self, path: Path, failures: dict[str, int]) -> None:
        super().__init__(path)
        self._failures = failures

    def load(self, name: str, entry: str, tables: BatchTables) -> None:
        if self._failures.get(name, 0) > 0:
            self._failures[name] -= 1
            raise ArithmeticError("no such fish")
        super().load(name, entry, tables)


def test_a_batch_that_fails_is_tried_again(
    small: Dataset, small_build: BuildSpec, path: Path
) -> None:
    name = small_build.batches[6].number
    progress = RecordedProgress()
    manifest = build_into(
        small_build, FailingStore(path, {name: 2}), WorkerOptions(retries=2), progress
    )
    assert manifest.digest == small.manifest.digest
    assert [line for line in progress.log_lines if "failed" in line] == [
        f"{name}: try {turn} of 3 failed: no such fish" for turn in (1, 2)
    ]


@pytest.mark.parametrize(
    ("writer_type", "message"),
    [(FailingWriter, "no such fish"), (KillingWriter, "a process died while it worked")],
    ids=["error", "death"],
)
def test_a_batch_that_fails_in_another_process_is_tried_again(
    small: Dataset,
    small_build: BuildSpec,
    path: Path,
    tmp_path: Path,
    writer_type: type[FailingWriter | KillingWriter],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pipeline, "_ROWS_WORTH_A_POOL", 0)
    name = small_build.batches[6].number
    folder = tmp_path / "marks"
    folder.mkdir()
    store = SqliteStore(path)
    new_writer = store.writer
    monkeypatch.setattr(store, "writer", lambda: writer_type(new_writer(), folder, name))
    progress = RecordedProgress()
    manifest = build_into(small_build, store, 2, progress)
    assert manifest.digest == small.manifest.digest
    assert f"{name}: try 1 of 2 failed: {message}" in "\n".join(progress.log_lines)


def test_when_some_batches_fail_the_others_are_kept(
    small: Dataset, small_build: BuildSpec, path: Path, tmp_path: Path
) -> None:
    first, last = (small_build.batches[position].number for position in (4, 7))
    logs = tmp_path / "logs"
    with pytest.raises(BuildError) as failed:
        build_into(small_build, FailingStore(path, {first: 9, last: 9}), 1, Silent(), log_dir=logs)
    assert str(failed.value) == (
        f"2 batches failed after 2 tries each ({first}, {last}); {first}: ArithmeticError: no such "
        f"fish; see the logs in {logs}; 6 of 8 batches are kept: --resume goes on from them"
    )
    for name in (first, last):
        log = (logs / f"{name}.log").read_text(encoding="utf-8")
        assert log.startswith("ArithmeticError: no such fish\nTraceback")
        assert f"{name}: failed after 2 tries" in (logs / "run.log").read_text(encoding="utf-8")
    progress = RecordedProgress()
    manifest = build_into(small_build, SqliteStore(path), 1, progress, resume=True)
    assert progress.done == [(7, 8), (8, 8)]
    assert manifest.digest == small.manifest.digest


def test_a_feed_shortage_names_the_feed_container(tiny: BuildSpec, path: Path) -> None:
    batch = replace(tiny.batches[0], eggs=120_000_000)
    hungry = replace(tiny, schedule=replace(tiny.schedule, batches=(batch,)))
    with pytest.raises(PlanError, match=r"Hall-B-Silo runs out of feed on 2025-\d\d-\d\d"):
        build_into(hungry, SqliteStore(path), 1, Silent())
    assert list(path.parent.iterdir()) == []


@pytest.mark.parametrize("age", [0, 1, 89])
def test_a_farm_with_nothing_but_eggs_can_be_built(tiny: BuildSpec, path: Path, age: int) -> None:
    eggs = replace(tiny, as_of=tiny.batches[0].starts + timedelta(days=age))
    assert built(eggs, path).tables["batch_batch"].rows == 1


def test_a_very_small_batch_can_be_built(tiny: BuildSpec, path: Path) -> None:
    batch = replace(tiny.batches[0], eggs=1000)
    few = replace(tiny, schedule=replace(tiny.schedule, batches=(batch,)))
    few = replace(few, as_of=batch.starts + timedelta(days=91))
    assert built(few, path).tables["batch_batch"].rows == 1
