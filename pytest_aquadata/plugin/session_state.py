"""State of one pytest process: `config.stash`, and `config.workerinput` under pytest-xdist."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from ..passwords import DatabaseUrl
from ..settings import Settings
from .dataset_report import DatasetReport

SETTINGS_KEY = pytest.StashKey[Settings]()
"""The settings in force, in `config.stash`."""

SEEDED_URL_KEY = pytest.StashKey[str]()
"""URL of the database that this pytest run seeded, in `config.stash`."""

REPORTS_KEY = pytest.StashKey[list[DatasetReport]]()
"""Reports of the datasets that this process opened, in `config.stash`."""

SEEDED_URL = "aquadata_seeded_url"
"""Key of that URL in `config.workerinput`."""

RUN_FOLDER = "aquadata_run_folder"
"""Key of the folder that all workers of a run share, in `config.workerinput`."""


def settings_of(request: pytest.FixtureRequest) -> Settings:
    """Return the settings in force."""
    return request.config.stash[SETTINGS_KEY]


def is_worker(config: pytest.Config) -> bool:
    """Return whether this process is a worker of pytest-xdist."""
    return hasattr(config, "workerinput")


def worker_input(config: pytest.Config) -> dict[str, Any]:
    """Return the values that the controller sent to this worker; empty outside a worker."""
    values: dict[str, Any] = getattr(config, "workerinput", {})
    return values


def absolute_url(config: pytest.Config, url: str) -> str:
    """Return a database's URL that tests may use after they changed the current folder.

    Raises:
        AquadataError: if it is not a URL of a database.
    """
    from ..databases.urls import absolute_url

    return DatabaseUrl(absolute_url(url, config.invocation_params.dir))


@contextmanager
def invocation_folder(config: pytest.Config) -> Iterator[None]:
    """Go to the folder that pytest was started in, where relative paths start."""
    try:
        folder = Path.cwd()
    except FileNotFoundError:
        folder = None
    os.chdir(config.invocation_params.dir)
    try:
        yield
    finally:
        if folder is not None:
            os.chdir(folder)


def run_folder(config: pytest.Config) -> Path | None:
    """Return the folder that all workers share, or None if it is not on this machine."""
    path = worker_input(config).get(RUN_FOLDER)
    return Path(path) if path and Path(path).is_dir() else None
