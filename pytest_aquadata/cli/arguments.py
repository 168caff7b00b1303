"""What the subcommands share: how they are described, and how they read their settings."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

from ..errors import SettingError
from ..settings import SETTINGS, Settings, SettingSpec, Source


class Parser(argparse.ArgumentParser):
    """Refuses a command line with an error of ours, so that every refusal looks alike."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the command line."""
        raise SettingError(f"{message} (see {self.prog} --help)")


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]


def add_settings(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Give a subcommand some of the settings as options."""
    for name in names:
        spec = SETTINGS[name]
        if spec.is_flag:
            parser.add_argument(
                spec.command_option,
                dest=name,
                action="store_const",
                const="true",
                help=setting_help(spec),
            )
        else:
            parser.add_argument(
                spec.command_option, dest=name, metavar=spec.metavar, help=setting_help(spec)
            )


def add_url(parser: argparse.ArgumentParser) -> None:
    """Give a subcommand the option that names the database it is about."""
    parser.add_argument("--url", metavar="URL", help="The database")


def setting_help(spec: SettingSpec) -> str:
    """What `--help` says of a setting."""
    return spec.full_help.replace("%", "%%")


def settings_of(given: argparse.Namespace) -> Settings:
    """The settings that the command line and the environment give."""
    command_line = Source(
        lambda spec: getattr(given, spec.name, None), lambda spec: spec.command_option
    )
    return Settings.from_sources(command_line, Source.environment(os.environ))


def url_of(given: argparse.Namespace) -> str:
    """The database that a subcommand is about.

    Raises:
        SettingError: when none is named.
    """
    url = settings_of(given).url
    if url is None:
        raise SettingError(f"say which database: aquadata {given.command} --url=sqlite:///FILE.db")
    return url
