"""`aquadata verify`: hold a database against the check suite."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .arguments import add_url, url_of

if TYPE_CHECKING:
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Describe `aquadata verify`."""
    parser = commands.add_parser(
        "verify",
        help="check the data of a database",
        description="Check any database with AquaMind's schema: hard checks are exact and must "
        "hold; soft checks hold the data against published figures. Nothing is changed.",
        allow_abbrev=False,
    )
    add_url(parser)
    parser.add_argument("--json", action="store_true", help="Say it in JSON")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="A check, a subject such as feed, or hard or soft; may be given again",
    )


def run(given: argparse.Namespace) -> list[str]:
    """What each check found; `given.passed` says whether all hard ones hold."""
    url = url_of(given)
    from ..generation.verify import verify_database

    report = verify_database(url, given.only)
    given.passed = report.ok
    return [report.to_json()] if given.json else report.lines()
