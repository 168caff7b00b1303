"""Fixtures for whole datasets, for their checks, and for the history of one batch."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..settings import PRESET_NAMES
from .dataset_opening import fixture_request, open_requested
from .dataset_report import DatasetReport
from .session_state import REPORTS_KEY, SEEDED_URL_KEY, invocation_folder, settings_of
from .settings_fixtures import fail_on_aquadata_error

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Engine

    from ..checks.model import Report
    from ..datasets.dataset import Dataset
    from .fixture_types import CheckFunction, LifecycleFactory

_Open = Callable[[str], "Dataset"]


@pytest.fixture(scope="session")
def aquadata_small(_aquadata_open: _Open) -> Dataset:
    """Dataset of 8 batches: one active in each stage, two completed; 0.5 million rows.

    Read-only, shared by all tests; built in seconds. Example::

        def test_every_stage_has_a_batch(aquadata_small):
            assert {batch.stage for batch in aquadata_small.batches} == {1, 2, 3, 4, 5, 6}
    """
    return _aquadata_open("small")


@pytest.fixture(scope="session")
def aquadata_medium(_aquadata_open: _Open) -> Dataset:
    """Dataset of 36 batches: 30 completed, one active in each stage; 3.8 million rows.

    Read-only and shared by all tests. Example::

        def test_feed_is_recorded(aquadata_medium):
            assert aquadata_medium.counts["inventory_feedingevent"] > 0
    """
    return _aquadata_open("medium")


@pytest.fixture(scope="session")
def aquadata_full(_aquadata_open: _Open) -> Dataset:
    """Dataset of 144 batches: a company at full size; 42 million rows.

    Read-only, shared by all tests, and kept for the next session. Example::

        def test_report_at_full_size(aquadata_full):
            with aquadata_full.session() as session:
                assert my_report(session).batches == 144
    """
    return _aquadata_open("full")


@pytest.fixture(scope="session")
def aquadata_uat(_aquadata_open: _Open) -> Dataset:
    """Dataset of 136 batches for acceptance tests: 80 completed, several near each transfer.

    Read-only and shared by all tests. Example::

        def test_harvest_is_near(aquadata_uat):
            days_to_harvest = [batch.days_to_harvest for batch in aquadata_uat.batches]
            assert min(days for days in days_to_harvest if days is not None) < 7
    """
    return _aquadata_open("uat")


@pytest.fixture(scope="session")
def aquadata(request: pytest.FixtureRequest, aquadata_schedule: str | Path) -> Iterator[Dataset]:
    """Dataset that the command line names or seeds, else the one of `aquadata_schedule`.

    `--aquadata-preset` seeds it; `--aquadata-url` alone opens one that was seeded before.
    Read-only, shared by all tests. Example::

        def test_numbers_are_unique(aquadata):
            numbers = [batch.number for batch in aquadata.batches]
            assert len(numbers) == len(set(numbers))
    """
    url = request.config.stash.get(SEEDED_URL_KEY, None) or settings_of(request).url
    if url is None:
        yield _preset_dataset(request, aquadata_schedule)
        return
    from ..datasets.dataset import open_dataset

    with fail_on_aquadata_error():
        dataset = open_dataset(url)
    yield dataset
    dataset.close()


@pytest.fixture
def aquadata_clone(request: pytest.FixtureRequest) -> Iterator[Dataset]:
    """Private copy of `aquadata` that one test may change.

    For a copy of another preset or schedule, use `@pytest.mark.parametrize("aquadata_clone",
    ["medium"], indirect=True)`. Example::

        def test_a_batch_can_be_closed(aquadata_clone):
            with aquadata_clone.session() as session:
                close(session, aquadata_clone.batch(stage=6))
                session.commit()
    """
    preset = getattr(request, "param", None)
    if preset is None:
        dataset = request.getfixturevalue("aquadata")
    else:
        dataset = _preset_dataset(request, preset)
    with ExitStack() as open_clone:
        with fail_on_aquadata_error():
            clone = open_clone.enter_context(dataset.clone())
        yield clone


@pytest.fixture(scope="session")
def aquadata_checks() -> CheckFunction:
    """Function that runs the check suite on a dataset, an engine or a connection.

    Its argument `only` selects checks by name, subject or kind (`hard`, `soft`). Example::

        def test_fish_numbers_are_consistent(aquadata_small, aquadata_checks):
            report = aquadata_checks(aquadata_small, only=["fish"])
            assert report.ok, report.lines()
    """
    from ..datasets.dataset import Dataset
    from ..generation.verify import check_build

    def check(
        data: Dataset | Engine | Connection, *, only: Collection[str] | None = None
    ) -> Report:
        database = data.engine if isinstance(data, Dataset) else data
        return check_build(database, only)

    return check


@pytest.fixture(scope="session")
def aquadata_lifecycle(
    request: pytest.FixtureRequest, aquadata_seed: int, aquadata_farm: str | Path | None
) -> LifecycleFactory:
    """Function that begins the history of one batch; see `pytest_aquadata.Lifecycle`.

    Add values, an end and incidents, then `build()`; `save(session)` writes it. Example::

        from pytest_aquadata.incidents import lice_surge

        def test_a_surge_is_detected(aquadata_lifecycle):
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

    with fail_on_aquadata_error(), invocation_folder(request.config):
        farm = load_farm(None if aquadata_farm is None else str(aquadata_farm))
    return partial(Lifecycle.of, seed=aquadata_seed, farm=farm)


@pytest.fixture(scope="session")
def _aquadata_temporary() -> Iterator[Path]:
    """Temporary folder of this session; pytest's own is missing with `-p no:tmpdir`."""
    from ..workspaces import temporary_folder

    with ExitStack() as stack:
        with fail_on_aquadata_error():
            folder = stack.enter_context(temporary_folder())
        yield folder


@pytest.fixture(scope="session")
def _aquadata_open(
    request: pytest.FixtureRequest,
    _aquadata_temporary: Path,
    aquadata_url: str | None,
    aquadata_seed: int,
    aquadata_as_of: date,
    aquadata_farm: str | Path | None,
) -> Iterator[_Open]:
    """Function that opens the dataset of a preset or schedule; all close with the session."""
    config = request.config

    @cache
    def open_preset(preset: str) -> Dataset:
        with fail_on_aquadata_error():
            seed_request = fixture_request(
                config,
                preset,
                aquadata_url,
                seed=aquadata_seed,
                as_of=aquadata_as_of,
                farm=aquadata_farm,
            )
            dataset = open_datasets.enter_context(
                open_requested(seed_request, config, _aquadata_temporary)
            )
        config.stash[REPORTS_KEY].append(DatasetReport.of(dataset))
        return dataset

    with ExitStack() as open_datasets:
        yield open_preset


def _preset_dataset(request: pytest.FixtureRequest, preset: str | Path) -> Dataset:
    """Return the dataset of a preset, by its fixture, or of a schedule file."""
    if preset in PRESET_NAMES:
        dataset: Dataset = request.getfixturevalue(f"aquadata_{preset}")
        return dataset
    open_preset: _Open = request.getfixturevalue("_aquadata_open")
    return open_preset(str(preset))
