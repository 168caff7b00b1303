"""The pytest plugin: options, a line in the header, seeding before the tests, a summary after.

Whatever is heavy is imported when it is first needed, so a suite that merely has the plugin
installed starts as fast as before.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from .. import __version__
from ..errors import AquadataError, SettingError
from ..settings import SETTINGS, Settings, SettingSpec, Source
from ..text import error_line, mask_password
from . import (
    factory_fixtures,
    fixtures,
)
from . import (
    settings_fixtures as setting_fixtures,
)
from . import (
    xdist as distributed,
)
from .dataset_report import opened_lines
from .fixtures import OPENED_KEY, SEEDED_KEY, is_worker, progress_of, uncaptured, worker_input
from .settings_fixtures import SETTINGS_KEY

_SEEDED_URL = "aquadata_seeded_url"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Every setting as an option and as an ini key."""
    group = parser.getgroup(
        "aquadata",
        "aquadata, a salmon farm to test against (example: pytest --aquadata-preset=uat)",
    )
    for spec in SETTINGS.values():
        addoption = partial(group.addoption, spec.option, dest=spec.ini, default=None)
        if spec.is_flag:
            addoption(action="store_const", const="true", help=spec.full_help)
        else:
            addoption(metavar=spec.metavar, help=spec.full_help)
        parser.addini(spec.ini, f"{spec.help} (see {spec.option})", _ini_type(spec), default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings; get ready to seed if a preset is asked for."""
    settings = _settings(config)
    config.stash[SETTINGS_KEY] = settings
    config.stash[OPENED_KEY] = []
    config.pluginmanager.register(setting_fixtures, "aquadata-setting-fixtures")
    config.pluginmanager.register(fixtures, "aquadata-fixtures")
    config.pluginmanager.register(factory_fixtures, "aquadata-factory-fixtures")
    if is_worker(config):
        config.pluginmanager.register(distributed.WorkerHooks(), "aquadata-worker")
        seeded = worker_input(config).get(_SEEDED_URL)
        if seeded:
            config.stash[SEEDED_KEY] = seeded
        return
    config.pluginmanager.register(distributed.ControllerHooks(config), "aquadata-controller")
    if not _only_looking(config):
        _prepare_seeding(config, settings)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist what the controller has settled."""
    as_of = node.config.stash[SETTINGS_KEY].as_of
    node.workerinput["aquadata_as_of"] = as_of and as_of.isoformat()
    node.workerinput[_SEEDED_URL] = node.config.stash.get(SEEDED_KEY, None)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Which datasets were opened, and what it took to build them."""
    found = config.stash[OPENED_KEY]
    lines = opened_lines(found)
    if lines and config.get_verbosity() >= 0:
        terminalreporter.section("aquadata datasets")
        for line in lines:
            terminalreporter.write_line(line)


class Seeding:
    """Seeds a database before any test runs, and says so."""

    def __init__(self, settings: Settings, preset: str) -> None:
        """Get ready to seed.

        Args:
            settings: the settings in force.
            preset: what to seed.
        """
        self._settings = settings
        self._preset = preset
        self._header = ""
        self._summary: list[str] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Seed, before anything else looks for the database."""
        try:
            with uncaptured(session.config):
                self._seed(session.config)
        except (AquadataError, OSError) as error:
            raise pytest.UsageError(f"aquadata: {error_line(error)}") from error
        except KeyboardInterrupt as error:
            message = ": ".join(["aquadata: interrupted while seeding", *map(str, error.args)])
            pytest.exit(message, pytest.ExitCode.INTERRUPTED)

    def pytest_report_header(self) -> str:
        """What was seeded, and where."""
        return self._header

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> bool | None:
        """Collect nothing when asked to seed only."""
        return True if self._settings.seed_only else None

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Having no tests is no failure: the database was what was asked for."""
        if session.exitstatus == pytest.ExitCode.NO_TESTS_COLLECTED:
            session.exitstatus = pytest.ExitCode.OK

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """What was seeded, in full."""
        terminalreporter.section("aquadata")
        for line in self._summary:
            terminalreporter.write_line(line)

    def _seed(self, config: pytest.Config) -> None:
        from ..datasets.summary import summary_lines
        from ..generation.request import SeedRequest, default_url
        from ..generation.seeding import seed

        url = self._settings.url or default_url(self._preset)
        request = SeedRequest.from_settings(self._settings, self._preset, url)
        progress = progress_of(config, Path(self._preset).stem)
        with seed(request, progress) as dataset:
            manifest = dataset.manifest
            self._summary = summary_lines(dataset)
            config.stash[SEEDED_KEY] = dataset.url
        self._header = (
            f"aquadata: {__version__} (preset={self._preset} seed={manifest.seed} "
            f"as_of={manifest.as_of} url={mask_password(url)})"
        )


def _prepare_seeding(config: pytest.Config, settings: Settings) -> None:
    if settings.preset is not None:
        config.pluginmanager.register(Seeding(settings, settings.preset), "aquadata-seeding")
        if settings.seed_only:
            config.option.dist = "no"
    elif settings.seed_only:
        raise pytest.UsageError("aquadata: say what to seed with --aquadata-preset")


def _settings(config: pytest.Config) -> Settings:
    """The settings that options, environment and ini give.

    Raises:
        pytest.UsageError: when one makes no sense.
    """
    sources = [
        Source(lambda spec: config.getoption(spec.ini), lambda spec: spec.option),
        Source.environment(os.environ),
        _ini_source(config),
    ]
    if is_worker(config):
        settled = worker_input(config)
        sources.insert(0, Source(lambda spec: settled.get(spec.ini), lambda _: "controller"))
    try:
        return Settings.from_sources(*sources)
    except SettingError as error:
        raise pytest.UsageError(f"aquadata: {error}") from None


def _ini_source(config: pytest.Config) -> Source:
    """The configuration file; its relative paths start from its own folder."""
    file = config.inipath
    name = file.name if file else "--override-ini"

    def read(spec: SettingSpec) -> str | None:
        try:
            value = config.getini(spec.ini)
        except TypeError as error:
            raise SettingError(f"{spec.ini} in {name}: {error}") from error
        return None if value in (None, "") else str(value)

    return Source(read, lambda spec: f"{spec.ini} in {name}", file.parent if file else Path())


def _ini_type(spec: SettingSpec) -> Any:
    """The type of an ini key: text, and where pytest can tell types the setting's own as well."""
    if spec.kind is str or pytest.version_tuple < (9, 2):
        return "string"
    return spec.kind | str


def _only_looking(config: pytest.Config) -> bool:
    """Whether pytest was asked to list things, not to run tests."""
    return any(
        config.getoption(option, False)
        for option in (
            "cacheshow",
            "collectonly",
            "help",
            "markers",
            "setupplan",
            "show_fixtures_per_test",
            "showfixtures",
        )
    )
