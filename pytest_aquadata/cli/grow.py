"""`aquadata grow`: the growth analysis over a database."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import TYPE_CHECKING

from .arguments import add_url, url_of

if TYPE_CHECKING:
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Describe `aquadata grow`."""
    parser = commands.add_parser(
        "grow",
        help="calculate daily growth states and projections",
        description="Calculate the daily states of batches from what was measured, and the "
        "projections of their scenarios. Only these are replaced, a batch at a time.",
        allow_abbrev=False,
    )
    add_url(parser)
    parser.add_argument("--batch", nargs="+", metavar="NUMBER", help="These batches; all if none")
    parser.add_argument(
        "--since",
        type=_date,
        metavar="DATE",
        help="First day whose states are replaced",
    )


def run(given: argparse.Namespace) -> list[str]:
    """Calculate it, and say what was written."""
    url = url_of(given)
    from ..generation.progress_display import TerminalProgress
    from ..growth.grow import grow

    report = grow(url, given.batch, given.since, TerminalProgress(sys.stderr))
    return list(report.lines())


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a date written like 2025-11-21, not {text!a}"
        ) from None
