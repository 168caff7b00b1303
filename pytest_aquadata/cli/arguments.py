"""What the subcommands share: how they are described, and how they read their settings."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, NoReturn

from ..errors import SettingError
from ..settings import SETTINGS, Setting, Settings, Source

BY_NAME = {setting.name: setting for setting in SETTINGS}


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
        setting = BY_NAME[name]
        if setting.is_flag:
            parser.add_argument(
                setting.flag,
                dest=name,
                action="store_const",
                const="true",
                help=setting_help(setting),
            )
        else:
            parser.add_argument(
                setting.flag, dest=name, metavar=setting.metavar, help=setting_help(setting)
            )


def add_url(parser: argparse.ArgumentParser) -> None:
    """Give a subcommand the option that names the database it is about."""
    parser.add_argument("--url", metavar="URL", help="The database")


def setting_help(setting: Setting) -> str:
    """What `--help` says of a setting."""
    return setting.full_help.replace("%", "%%")


def settings_of(given: argparse.Namespace) -> Settings:
    """The settings that the command line and the environment give."""
    command_line = Source(
        lambda setting: getattr(given, setting.name, None), lambda setting: setting.flag
    )
    return Settings.of(command_line, Source.environment(os.environ))


def url_of(given: argparse.Namespace) -> str:
    """The database that a subcommand is about.

    Raises:
        SettingError: when none is named.
    """
    url = settings_of(given).url
    if url is None:
        raise SettingError(f"say which database: aquadata {given.command} --url=sqlite:///FILE.db")
    return url
