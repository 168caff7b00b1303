"""Hooks of `--aquadata-preset`: seed a database before the tests, and print its summary."""

from __future__ import annotations

from pathlib import Path

import pytest

from .. import __version__
from ..errors import AquadataError
from ..import_path import installed_first
from ..settings import Settings
from ..text import mask_password
from .session_state import SEEDED_URL_KEY, absolute_url, invocation_folder
from .spelling import message_for_pytest
from .terminal import build_progress, uncaptured


class SeedingHooks:
    """Seeds a database when the session starts."""

    def __init__(self, settings: Settings, preset: str) -> None:
        """Choose what to seed; nothing is built yet.

        Args:
            settings: the settings in force.
            preset: name of a preset, or path of a schedule file.
        """
        self._settings = settings
        self._preset = preset
        self._header = ""
        self._summary: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Seed before any other plugin or conftest.py uses the database."""
        try:
            with (
                uncaptured(session.config),
                installed_first(Path.cwd(), session.config.rootpath),
                invocation_folder(session.config),
            ):
                self._seed(session.config)
        except (AquadataError, OSError) as error:
            raise pytest.UsageError(message_for_pytest(error)) from error
        except KeyboardInterrupt as error:
            reason = ": ".join(["interrupted while seeding", *map(str, error.args)])
            message = message_for_pytest(KeyboardInterrupt(reason))
            pytest.exit(message, pytest.ExitCode.INTERRUPTED)

    def pytest_report_header(self) -> str:
        """Return the header line: what was seeded, and where."""
        return self._header

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool | None:
        """Collect nothing if `--aquadata-seed-only` is given."""
        return True if self._settings.seed_only else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Exit with 0 when no tests were collected: the database was seeded."""
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Print the summary of the seeded database."""
        terminalreporter.section("aquadata")
        for line in self._summary:
            terminalreporter.write_line(line)

    def _seed(self, config: pytest.Config) -> None:
        from ..datasets.summary import summary_lines
        from ..generation.request import SeedRequest, default_url
        from ..generation.seeding import seed

        url = self._settings.url or default_url(self._preset)
        request = SeedRequest.from_settings(self._settings, self._preset, absolute_url(config, url))
        progress = build_progress(config, Path(self._preset).stem)
        with seed(request, progress) as dataset:
            manifest = dataset.manifest
            self._summary = summary_lines(dataset)
            config.stash[SEEDED_URL_KEY] = dataset.location_url
        self._header = (
            f"aquadata: {__version__} (preset={self._preset} seed={manifest.seed} "
            f"as_of={manifest.as_of} url={mask_password(url)})"
        )
