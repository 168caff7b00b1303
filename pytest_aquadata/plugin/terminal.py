"""Progress of a build on pytest's terminal."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING

import pytest

from .session_state import is_worker, run_folder, worker_input

if TYPE_CHECKING:
    from ..jobs.progress import Progress


def uncaptured(config: pytest.Config) -> AbstractContextManager[None]:
    """Suspend pytest's capturing of output for the length of the block."""
    capture = config.pluginmanager.get_plugin("capturemanager")
    if capture is None or is_worker(config):
        return nullcontext()
    suspended: AbstractContextManager[None] = capture.global_and_fixture_disabled()
    return suspended


def build_progress(config: pytest.Config, name: str) -> Progress:
    """Return a display of a build's progress; a worker's is shown by the controller.

    Args:
        config: configuration of this process.
        name: name of the preset or schedule.
    """
    folder = run_folder(config)
    if folder is not None:
        from .xdist_progress import WorkerProgress

        return WorkerProgress(folder, worker_input(config)["workerid"], name)
    terminal = config.pluginmanager.get_plugin("terminalreporter")
    if is_worker(config) or terminal is None:
        from ..jobs.progress import Silent

        return Silent()
    from ..generation.progress_display import TerminalProgress

    verbose = config.get_verbosity() > 0
    return TerminalProgress(sys.stdout, before=terminal.ensure_newline, verbose=verbose)
