"""Functions that the subcommands share: describe their options, and read the settings."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NoReturn

from ..errors import SettingError
from ..settings import SETTINGS, Settings, Source


class Parser(argparse.ArgumentParser):
    """A parser that raises `SettingError`, so that all refusals look alike."""

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            SettingError: always.
        """
        raise SettingError(f"{message} (see {self.prog} --help)")


if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[Parser]


def add_command(
    commands: Commands, name: str, summary: str, description: str, examples: Sequence[str]
) -> Parser:
    """Add a subcommand.

    Args:
        commands: the subcommands of `aquadata`.
        name: name of the subcommand.
        summary: one line for `aquadata --help`.
        description: paragraph for its own `--help`, in lines of at most 79 characters.
        examples: command lines for its own `--help`.
    """
    return commands.add_parser(
        name,
        help=summary,
        description=description,
        epilog=examples_text(examples),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def examples_text(examples: Sequence[str]) -> str:
    """Return command lines as the last section of a `--help` text."""
    return "\n".join(["examples:", *(f"  {example}" for example in examples)])


def add_settings(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    """Add an option for each of these settings, in the settings' groups."""
    groups: dict[str, argparse._ArgumentGroup] = {}
    for name in names:
        spec = SETTINGS[name]
        if spec.group not in groups:
            groups[spec.group] = parser.add_argument_group(spec.group)
        add_argument = groups[spec.group].add_argument
        text = spec.full_help.replace("%", "%%")
        if spec.is_flag:
            add_argument(
                spec.command_option, dest=name, action="store_const", const="true", help=text
            )
        else:
            add_argument(spec.command_option, dest=name, metavar=spec.metavar, help=text)


def add_url(parser: argparse.ArgumentParser) -> None:
    """Add the option that names an existing database."""
    parser.add_argument("--url", metavar="URL", help="The database, such as sqlite:///small.db")


def settings_of(options: argparse.Namespace) -> Settings:
    """Return the settings that the command line and the environment give."""
    command_line = Source(
        lambda spec: getattr(options, spec.name, None), lambda spec: spec.command_option
    )
    return Settings.from_sources(command_line, Source.environment(os.environ))


def url_of(options: argparse.Namespace) -> str:
    """Return the URL of the existing database that a subcommand uses.

    Raises:
        SettingError: when neither `--url` nor `AQUADATA_URL` is given.
    """
    url = settings_of(options).url
    if url is None:
        raise SettingError(
            f"say which database: aquadata {options.command} --url=sqlite:///FILE.db"
        )
    return url
