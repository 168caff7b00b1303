"""`aquadata seed`: build a company into a database."""

from __future__ import annotations

import argparse
import os
import sys
from typing import TYPE_CHECKING

from ..errors import SettingError
from ..settings import PRESET_NAMES, SETTINGS
from ..text import counted
from .arguments import add_command, add_settings, settings_of

if TYPE_CHECKING:
    from .arguments import Commands

_SETTINGS = tuple(name for name, spec in SETTINGS.items() if spec.in_seed)
_DESCRIPTION = """\
Build a company into a database, and print a summary of it. A database that
holds data is refused unless --replace, --reuse or --append is given."""
_EXAMPLES = (
    "aquadata seed small",
    "aquadata seed medium --url postgresql://me:secret@localhost/farm",
    "aquadata seed uat --as-of today --replace",
    "aquadata seed schedule.yaml --readings 0",
)


def add(commands: Commands) -> None:
    """Add `aquadata seed`."""
    parser = add_command(
        commands, "seed", "build a company into a database", _DESCRIPTION, _EXAMPLES
    )
    parser.add_argument(
        "company", metavar="PRESET", nargs="?", help="Preset or schedule file, as --preset"
    )
    add_settings(parser, _SETTINGS)
    parser.add_argument(
        "--passwords-from",
        metavar="NAME",
        help="Environment variable with a password, which all users that the build adds get "
        "(default: none can sign in)",
    )
    parser.add_argument("-v", "--verbose", action="store_true", help="Print a line for each batch")


def run(options: argparse.Namespace) -> list[str]:
    """Build the company; return its summary."""
    if options.company is not None:
        if options.preset not in (None, options.company):
            raise SettingError(
                f"seed {options.company}, or --preset {options.preset}? name one of them"
            )
        options.preset = options.company
    settings = settings_of(options)
    if settings.preset is None:
        raise SettingError(
            f"say what to seed: aquadata seed PRESET, one of {', '.join(PRESET_NAMES)} or the "
            "path of a schedule file (*.yaml)"
        )
    password = _password_in(options.passwords_from)
    from ..datasets.summary import summary_lines
    from ..generation.progress_display import TerminalProgress
    from ..generation.request import SeedRequest, default_url
    from ..generation.seeding import seed
    from ..provenance.user_passwords import set_passwords

    url = settings.url or default_url(settings.preset)
    request = SeedRequest.from_settings(settings, settings.preset, url)
    progress = TerminalProgress(sys.stderr, verbose=options.verbose)
    with seed(request, progress) as dataset:
        lines, manifest = summary_lines(dataset), dataset.manifest
    if password is not None:
        users = set_passwords(url, manifest, password)
        lines += ["", f"{counted(users, 'user has', 'users have')} the password in the environment"]
    return lines


def _password_in(variable: str | None) -> str | None:
    """Return the password that an environment variable has, None without a variable.

    Raises:
        SettingError: if the variable is missing or empty.
    """
    if variable is None:
        return None
    if password := os.environ.get(variable):
        return password
    raise SettingError(
        f"--passwords-from {variable}: the environment has no such variable, or it is empty; set "
        "it to the password that the users get"
    )
