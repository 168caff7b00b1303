"""`aquadata verify`: run the check suite on a database."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .arguments import add_command, add_url, url_of

if TYPE_CHECKING:
    from .arguments import Commands

_DESCRIPTION = """\
Check any database with AquaMind's schema; nothing is changed. Hard checks are
exact rules; if one fails, the exit code is 1. Soft checks compare the data
with published figures."""
_EXAMPLES = (
    "aquadata verify --url sqlite:///small.db",
    "aquadata verify --url sqlite:///small.db --only feed --only hard",
)


def add(commands: Commands) -> None:
    """Add `aquadata verify`."""
    parser = add_command(
        commands, "verify", "check the data of a database", _DESCRIPTION, _EXAMPLES
    )
    add_url(parser)
    parser.add_argument("--json", action="store_true", help="Print JSON")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="Run only this check, the checks of a subject such as `feed`, or `hard` or `soft` "
        "ones; can be repeated",
    )


def run(options: argparse.Namespace) -> list[str]:
    """Return the result of each check; set `options.passed` if all hard checks hold."""
    url = url_of(options)
    from ..generation.verify import verify_database

    report = verify_database(url, options.only)
    options.passed = report.ok
    return [report.to_json()] if options.json else report.lines()
