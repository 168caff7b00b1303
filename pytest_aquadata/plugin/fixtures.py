"""The fixtures: whole companies, built once and kept, the same every time."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ..errors import StoreError
from ..settings import PRESET_NAMES
from .dataset_report import DatasetReport, opened
from .settings_fixtures import SETTINGS_KEY, fail_on_aquadata_error, settings_of

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Engine

    from ..checks.model import Report
    from ..datasets.dataset import Dataset
    from ..generation.request import SeedRequest
    from ..histories import Lifecycle
    from ..jobs.progress import Progress

SEEDED_KEY = pytest.StashKey[str]()
"""URL of the database that this pytest run seeded, in `config.stash`."""

OPENED_KEY = pytest.StashKey[list[DatasetReport]]()
"""What is told of the datasets that this process has opened, in `config.stash`."""
RUN_FOLDER = "aquadata_run_folder"
"""Name under which a worker is told of the folder of this run, in `config.workerinput`."""
_Open = Callable[[str], "Dataset"]


@pytest.fixture(scope="session")
def aquadata_small(_aquadata_open: _Open) -> Dataset:
    """8 batches: one active in every stage, two completed; some 460,000 rows in seconds.

    Read-only and shared by all tests. Example::

        def test_every_stage_is_there(aquadata_small):
            assert {batch.stage for batch in aquadata_small.batches} == {1, 2, 3, 4, 5, 6}
    """
    return _aquadata_open("small")


@pytest.fixture(scope="session")
def aquadata_medium(_aquadata_open: _Open) -> Dataset:
    """36 batches: 30 completed, one active in every stage; some 3.8 million rows.

    Read-only and shared by all tests. Example::

        def test_feed_was_eaten(aquadata_medium):
            assert aquadata_medium.counts["inventory_feedingevent"] > 0
    """
    return _aquadata_open("medium")


@pytest.fixture(scope="session")
def aquadata_full(_aquadata_open: _Open) -> Dataset:
    """144 batches: a company at full size, built in minutes and kept for the next session.

    Read-only and shared by all tests. Example::

        def test_report_at_full_size(aquadata_full):
            with aquadata_full.session() as session:
                assert my_report(session).batches == 144
    """
    return _aquadata_open("full")


@pytest.fixture(scope="session")
def aquadata_uat(_aquadata_open: _Open) -> Dataset:
    """136 batches for acceptance tests: several at every turn of a batch's life, 80 completed.

    Read-only and shared by all tests. Example::

        def test_harvest_is_near(aquadata_uat):
            left = [batch.days_to_harvest for batch in aquadata_uat.batches]
            assert min(days for days in left if days is not None) < 7
    """
    return _aquadata_open("uat")


@pytest.fixture(scope="session")
def aquadata(request: pytest.FixtureRequest, aquadata_schedule: str | Path) -> Iterator[Dataset]:
    """The company in the database that the command line names or seeds; else `aquadata_small`.

    `--aquadata-preset` seeds one, `--aquadata-url` alone opens one that was seeded before; without
    either it is what `aquadata_schedule` says. Example::

        def test_numbers_are_unique(aquadata):
            numbers = [batch.number for batch in aquadata.batches]
            assert len(numbers) == len(set(numbers))
    """
    url = request.config.stash.get(SEEDED_KEY, None) or settings_of(request).url
    if url is None:
        yield _company(request, aquadata_schedule)
        return
    from ..datasets.dataset import open_dataset

    with fail_on_aquadata_error():
        dataset = open_dataset(url)
    yield dataset
    dataset.close()


@pytest.fixture
def aquadata_clone(request: pytest.FixtureRequest) -> Iterator[Dataset]:
    """A copy of `aquadata` for one test alone, which it may change as it likes.

    Another preset or schedule is asked for by `@pytest.mark.parametrize("aquadata_clone",
    ["medium"], indirect=True)`. Example::

        def test_a_batch_can_be_closed(aquadata_clone):
            with aquadata_clone.session() as session:
                close(session, aquadata_clone.batch(stage=6))
                session.commit()
    """
    asked = getattr(request, "param", None)
    dataset = request.getfixturevalue("aquadata") if asked is None else _company(request, asked)
    with ExitStack() as held:
        with fail_on_aquadata_error():
            copy = held.enter_context(dataset.clone())
        yield copy


@pytest.fixture(scope="session")
def aquadata_checks() -> Callable[..., Report]:
    """The check suite: call it with a dataset, an engine or a connection, and look at `.ok`.

    `only` picks checks by name, by subject or by kind. Example::

        def test_every_fish_adds_up(aquadata_small, aquadata_checks):
            report = aquadata_checks(aquadata_small, only=["fish"])
            assert report.ok, report.lines()
    """
    from ..checks.suite import run_checks
    from ..datasets.build_farm import farm_of_latest_build
    from ..datasets.dataset import Dataset

    def check(
        data: Dataset | Engine | Connection, *, only: Collection[str] | None = None
    ) -> Report:
        database = data.engine if isinstance(data, Dataset) else data
        return run_checks(database, only=only, farm=farm_of_latest_build(database))

    return check


@pytest.fixture(scope="session")
def aquadata_lifecycle(
    aquadata_seed: int, aquadata_farm: str | Path | None
) -> Callable[..., Lifecycle]:
    """One batch's history, asked for in a sentence: its values, its end, what happens to it.

    `save` writes it into your session, in your transaction. Example::

        from pytest_aquadata.incidents import lice_surge

        def test_a_surge_is_seen(aquadata_lifecycle):
            history = (
                aquadata_lifecycle(geography="Scotland", eggs=3_200_000, start="2023-03-01")
                .until("adult", days=120)
                .with_incident(lice_surge(day=480, rings=3))
                .build()
            )
            assert my_detector(history.frame("health_licecount")) == history.incidents
    """
    from ..histories import Lifecycle
    from ..presets.farm import load_farm

    with fail_on_aquadata_error():
        farm = load_farm(_farm_name(aquadata_farm))
    return partial(Lifecycle.of, seed=aquadata_seed, farm=farm)


@pytest.fixture(scope="session")
def _aquadata_open(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    aquadata_url: str | None,
    aquadata_seed: int,
    aquadata_as_of: date,
    aquadata_farm: str | Path | None,
) -> Iterator[_Open]:
    """Opens the dataset of a preset or schedule; all are closed when the session ends."""
    from ..generation.request import SeedRequest

    config = request.config

    def build(preset: str) -> Dataset:
        settings = config.stash[SETTINGS_KEY]
        seed_request = replace(
            SeedRequest.from_settings(settings, preset, aquadata_url),
            seed=aquadata_seed,
            as_of=aquadata_as_of,
            farm=_farm_name(aquadata_farm),
        )
        with uncaptured(config):
            if aquadata_url is not None:
                return _seeded(seed_request, aquadata_url, config)
            return _cached(seed_request, config, tmp_path_factory.getbasetemp())

    @cache
    def open_preset(preset: str) -> Dataset:
        with fail_on_aquadata_error():
            dataset = held.enter_context(build(preset))
        config.stash[OPENED_KEY].append(opened(dataset))
        return dataset

    with ExitStack() as held:
        yield open_preset


def _cached(seed_request: SeedRequest, config: pytest.Config, temporary: Path) -> Dataset:
    """Open the dataset in the cache; build it first if the cache lacks it."""
    from ..cache.cached_dataset import Cache, cached_dataset
    from ..generation.seeding import plan_build

    settings = config.stash[SETTINGS_KEY]
    shared = _run_folder(config)
    cache: Cache | None = Cache(
        settings.cache_dir,
        settings.cache_url,
        settings.cache_size,
        rebuild=(shared or temporary) if settings.rebuild else None,
    )
    if settings.no_cache:
        cache = Cache(shared) if shared else None
    build = plan_build(seed_request)
    return cached_dataset(
        build,
        cache=cache,
        workers=seed_request.workers,
        progress=progress_of(config, build.schedule.name),
        log_dir=seed_request.log_dir,
    )


def _seeded(seed_request: SeedRequest, url: str, config: pytest.Config) -> Dataset:
    """Open the database at a URL; the first worker builds it, the others use it as it is."""
    from ..generation.seeding import build_lock_for, seed_locked

    progress = progress_of(config, Path(seed_request.preset).stem)

    with build_lock_for(url, progress=progress):
        try:
            return seed_locked(replace(seed_request, reuse=True, replace=False), progress)
        except StoreError:
            if not seed_request.replace:
                raise
        return seed_locked(replace(seed_request, reuse=False), progress)


def _company(request: pytest.FixtureRequest, asked: str | Path) -> Dataset:
    """The dataset of a preset, by its fixture, or of a schedule file."""
    if asked in PRESET_NAMES:
        found: Dataset = request.getfixturevalue(f"aquadata_{asked}")
        return found
    open_preset: _Open = request.getfixturevalue("_aquadata_open")
    return open_preset(str(asked))


def _farm_name(farm: str | Path | None) -> str | None:
    return None if farm is None else str(farm)


def is_worker(config: pytest.Config) -> bool:
    """Whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def worker_input(config: pytest.Config) -> dict[str, Any]:
    """What the controller of pytest-xdist has told this worker; nothing if this is none."""
    values: dict[str, Any] = getattr(config, "workerinput", {})
    return values


def _run_folder(config: pytest.Config) -> Path | None:
    """The folder that all workers of this run share, if there are workers on this machine."""
    named = worker_input(config).get(RUN_FOLDER)
    return Path(named) if named and Path(named).is_dir() else None


def uncaptured(config: pytest.Config) -> AbstractContextManager[None]:
    """Lets what is written reach the terminal while the block runs."""
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is None or is_worker(config):
        return nullcontext()
    suspended: AbstractContextManager[None] = capture.global_and_fixture_disabled()
    return suspended


def progress_of(config: pytest.Config, what: str) -> Progress:
    """What tells the terminal how far a build is; the controller's, in a worker.

    Args:
        config: of this process.
        what: what is built.
    """
    folder = _run_folder(config)
    if folder is not None:
        from .xdist_progress import RelayedProgress

        return RelayedProgress(folder, worker_input(config)["workerid"], what)
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if is_worker(config) or terminal is None:
        from ..jobs.progress import Silent

        return Silent()
    from ..generation.progress_display import TerminalProgress

    verbose = config.get_verbosity() > 0
    return TerminalProgress(sys.stdout, before=terminal.ensure_newline, verbose=verbose)
