"""Hooks for pytest-xdist: show the workers' progress, and gather their dataset reports."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from .dataset_report import DatasetReport
from .session_state import REPORTS_KEY, RUN_FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from .xdist_progress import ProgressPrinter

_REPORTS = "aquadata_reports"


class ControllerHooks:
    """Hooks of the controller."""

    def __init__(self, config: pytest.Config) -> None:
        """Remember the configuration; a folder is made when the first worker starts.

        Args:
            config: configuration of the controller.
        """
        self._config = config
        self._folder: Path | None = None
        self._resources = ExitStack()
        self._printer: ProgressPrinter | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Send a worker the folder for its progress files."""
        if self._folder is None:
            self._folder = self._start()
        node.workerinput[RUN_FOLDER] = str(self._folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Receive the reports of a worker; a worker that crashed has sent none."""
        reports = getattr(node, "workeroutput", {}).get(_REPORTS, [])
        self._config.stash[REPORTS_KEY].extend(map(DatasetReport.from_values, reports))
        if self._printer is not None:
            self._printer.remove_worker(node.gateway.id)

    def pytest_terminal_summary(self) -> None:
        """Stop printing progress before the summary is printed."""
        if self._printer is not None:
            self._printer.stop()

    def pytest_unconfigure(self) -> None:
        """Remove the folder of this run."""
        if self._printer is not None:
            self._printer.stop()
        self._resources.close()

    def _start(self) -> Path:
        from ..errors import StoreError
        from ..workspaces import temporary_folder
        from .xdist_progress import ProgressPrinter

        try:
            folder = self._resources.enter_context(temporary_folder())
        except StoreError as error:
            raise pytest.UsageError(str(error)) from None
        if self._config.pluginmanager.has_plugin("terminalreporter"):
            verbose = self._config.get_verbosity() > 0
            self._printer = ProgressPrinter(folder, self._write_line, verbose)
            self._printer.start()
        return folder

    def _write_line(self, line: str) -> None:
        """Write a line; begin a new one if the terminal's current line is not empty."""
        terminal = self._config.get_terminal_writer()
        if terminal.width_of_current_line:
            terminal.line()
        terminal.line(line)
        terminal.flush()


class WorkerHooks:
    """Hooks of a worker."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Add the dataset reports to the values that pytest-xdist sends at the end."""
        output: dict[str, Any] = getattr(session.config, "workeroutput", {})
        output[_REPORTS] = [report.to_values() for report in session.config.stash[REPORTS_KEY]]
