"""Fixtures that say what the dataset fixtures build; override one, and the others follow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ..errors import AquadataError
from ..setting_values import is_schedule_file
from ..settings import DEFAULT_AS_OF
from .session_state import invocation_folder, settings_of
from .spelling import message_for_pytest

if TYPE_CHECKING:
    from datetime import date


@pytest.fixture(scope="session")
def aquadata_url() -> str | None:
    """URL of the database to build into; None, the default, for the cache.

    One database holds one company. Example, in `conftest.py`::

        @pytest.fixture(scope="session")
        def aquadata_url(tmp_path_factory, worker_id):
            return f"sqlite:///{tmp_path_factory.mktemp('farm')}/{worker_id}.db"
    """
    return None


@pytest.fixture(scope="session")
def aquadata_schedule() -> str | Path:
    """Preset, or path of a schedule file, that `aquadata` opens; `small` by default.

    Example, in `conftest.py`, with a file written by `aquadata plan`::

        @pytest.fixture(scope="session")
        def aquadata_schedule():
            return Path(__file__).with_name("schedule.yaml")
    """
    return "small"


@pytest.fixture(scope="session")
def aquadata_farm(request: pytest.FixtureRequest) -> str | Path | None:
    """Farm file to build for, from `--aquadata-farm`; None for the schedule's or `standard`.

    Presets, `aquadata` and `aquadata_lifecycle` use it; factories always use the standard farm.
    Example, in `conftest.py`::

        @pytest.fixture(scope="session")
        def aquadata_farm():
            return Path(__file__).with_name("farm.yaml")
    """
    return settings_of(request).farm


@pytest.fixture(scope="session")
def aquadata_seed(request: pytest.FixtureRequest) -> int:
    """Seed of all randomness, from `--aquadata-seed`.

    Example, in `conftest.py`::

        @pytest.fixture(scope="session")
        def aquadata_seed():
            return 42
    """
    return settings_of(request).seed


@pytest.fixture(scope="session")
def aquadata_as_of(request: pytest.FixtureRequest, aquadata_schedule: str | Path) -> date:
    """The farm's today, from `--aquadata-as-of` or the schedule file.

    Example::

        def test_nothing_is_in_the_future(aquadata, aquadata_as_of):
            assert max(batch.start for batch in aquadata.batches) <= aquadata_as_of
    """
    from ..presets.documents import read_document
    from ..presets.schedule import Schedule

    as_of = settings_of(request).as_of
    if as_of is not None:
        return as_of
    if not is_schedule_file(str(aquadata_schedule)):
        return DEFAULT_AS_OF
    with fail_on_aquadata_error(), invocation_folder(request.config):
        return read_document(Path(aquadata_schedule), Schedule, "schedule").as_of


@contextmanager
def fail_on_aquadata_error() -> Iterator[None]:
    """Fail the test with one line, without a traceback, when an `AquadataError` is raised."""
    try:
        yield
    except AquadataError as error:
        raise pytest.fail.Exception(message_for_pytest(error), pytrace=False) from None
