"""Hooks of the pytest plugin: options, seeding before the tests, a summary after them."""

from __future__ import annotations

import os
from collections.abc import Generator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from ..errors import AquadataError, SettingError
from ..import_path import installed_first
from ..passwords import DatabaseUrl
from ..settings import SETTINGS, Settings, Source
from . import factory_fixtures, fixtures, settings_fixtures
from .dataset_report import report_lines
from .ini_settings import ini_source
from .overrides import OverrideHooks
from .seeding_hooks import SeedingHooks
from .session_state import (
    REPORTS_KEY,
    SEEDED_URL,
    SEEDED_URL_KEY,
    SETTINGS_KEY,
    absolute_url,
    is_worker,
    worker_input,
)
from .spelling import message_for_pytest
from .xdist import ControllerHooks, WorkerHooks

_LISTING_OPTIONS = (
    "cacheshow",
    "collectonly",
    "help",
    "markers",
    "setupplan",
    "show_fixtures_per_test",
    "showfixtures",
)
"""Options of pytest that list things in place of running tests."""


_PLUGIN = f"{__package__}."
"""Begins the names of the modules that define fixtures."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add each setting as an option and as an ini key."""
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
        parser.addini(spec.ini, f"{spec.help} (see {spec.option})", "string", default=None)


def pytest_configure(config: pytest.Config) -> None:
    """Read the settings, and register the fixtures and hooks that they require."""
    settings = _settings(config)
    config.stash[SETTINGS_KEY] = settings
    config.stash[REPORTS_KEY] = []
    config.pluginmanager.register(settings_fixtures, "aquadata-settings-fixtures")
    config.pluginmanager.register(fixtures, "aquadata-fixtures")
    config.pluginmanager.register(factory_fixtures, "aquadata-factory-fixtures")
    config.pluginmanager.register(OverrideHooks(), "aquadata-overrides")
    if is_worker(config):
        config.pluginmanager.register(WorkerHooks(), "aquadata-worker")
        seeded_url = worker_input(config).get(SEEDED_URL)
        if seeded_url:
            config.stash[SEEDED_URL_KEY] = DatabaseUrl(seeded_url)
        return
    config.pluginmanager.register(ControllerHooks(config), "aquadata-controller")
    if not any(config.getoption(option, False) for option in _LISTING_OPTIONS):
        _prepare_seeding(config, settings)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Send a pytest-xdist worker the resolved date and the URL of the seeded database."""
    as_of = node.config.stash[SETTINGS_KEY].as_of
    node.workerinput["aquadata_as_of"] = as_of and as_of.isoformat()
    # execnet sends plain texts only
    node.workerinput[SEEDED_URL] = str(node.config.stash.get(SEEDED_URL_KEY, ""))


@pytest.hookimpl(wrapper=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, object, object]:
    """Let this plugin's own fixtures import installed packages, not modules of the project."""
    if not fixturedef.func.__module__.startswith(_PLUGIN):
        return (yield)
    try:
        with installed_first(Path.cwd(), request.config.rootpath):
            return (yield)
    except SettingError as error:
        raise pytest.fail.Exception(f"aquadata: {error}", pytrace=False) from None


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print which datasets were opened, and how long their builds took."""
    reports = config.stash[REPORTS_KEY]
    lines = report_lines(reports)
    if lines and config.get_verbosity() >= 0:
        terminalreporter.write_sep("=", "aquadata datasets")
        for line in lines:
            terminalreporter.write_line(line)


def _prepare_seeding(config: pytest.Config, settings: Settings) -> None:
    if settings.preset is not None:
        config.pluginmanager.register(SeedingHooks(settings, settings.preset), "aquadata-seeding")
        if settings.seed_only:
            config.option.dist = "no"
    elif settings.seed_only:
        raise pytest.UsageError("aquadata: say what to seed with --aquadata-preset")


def _settings(config: pytest.Config) -> Settings:
    """Return the settings that options, environment and configuration file give.

    Raises:
        pytest.UsageError: when one is not valid.
    """
    sources = [
        Source(lambda spec: config.getoption(spec.ini), lambda spec: spec.option),
        Source.environment(os.environ),
        ini_source(config),
    ]
    if is_worker(config):
        values = worker_input(config)
        sources.insert(0, Source(lambda spec: values.get(spec.ini), lambda _: "controller"))
    try:
        settings = Settings.from_sources(*sources)
        return replace(
            settings,
            url=settings.url and absolute_url(config, settings.url),
            cache_dir=settings.cache_dir and config.invocation_params.dir / settings.cache_dir,
        )
    except AquadataError as error:
        raise pytest.UsageError(message_for_pytest(error)) from None
