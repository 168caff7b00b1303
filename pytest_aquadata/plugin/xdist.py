"""What the controller of pytest-xdist does for its workers, and they for it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .fixtures import OPENED_KEY, RUN_FOLDER

if TYPE_CHECKING:
    from .xdist_progress import Watcher

_OPENED = "aquadata_opened"


class ControllerHooks:
    """Shows the workers' progress, and gathers what they opened."""

    def __init__(self, config: pytest.Config) -> None:
        """Get ready; nothing is made until there are workers.

        Args:
            config: the controller's.
        """
        self._config = config
        self._folder: Path | None = None
        self._watcher: Watcher | None = None

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Tell a worker where to leave word."""
        if self._folder is None:
            self._begin()
        node.workerinput[RUN_FOLDER] = str(self._folder)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Hear from a worker what it opened; one that died says nothing."""
        reports = getattr(node, "workeroutput", {}).get(_OPENED, [])
        self._config.stash[OPENED_KEY].extend(reports)
        if self._watcher is not None:
            self._watcher.forget(node.gateway.id)

    def pytest_terminal_summary(self) -> None:
        """Have nothing written into the summary."""
        if self._watcher is not None:
            self._watcher.stop()

    def pytest_unconfigure(self) -> None:
        """Remove what was only for this run."""
        if self._watcher is not None:
            self._watcher.stop()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _begin(self) -> None:
        from .xdist_progress import Watcher

        self._folder = Path(tempfile.mkdtemp(prefix="aquadata-run-", dir=_base(self._config)))
        if self._config.pluginmanager.has_plugin("terminalreporter"):
            verbose = self._config.get_verbosity() > 0
            self._watcher = Watcher(self._folder, self._write, verbose)
            self._watcher.start()

    def _write(self, line: str) -> None:
        """Write a line of its own, whatever stands on the line of the terminal."""
        terminal = self._config.get_terminal_writer()
        if terminal.width_of_current_line:
            terminal.line()
        terminal.line(line)
        terminal.flush()


class WorkerHooks:
    """Tells the controller what this worker opened."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Send it with what pytest-xdist sends at the end."""
        output: dict[str, Any] = getattr(session.config, "workeroutput", {})
        output[_OPENED] = session.config.stash[OPENED_KEY]


def _base(config: pytest.Config) -> Path | None:
    """The temporary folder of this run of pytest, which pytest removes in time."""
    factory: pytest.TempPathFactory | None = getattr(config, "_tmp_path_factory", None)
    return factory and factory.getbasetemp()
