"""`aquadata grow`: the growth analysis of a database."""

from __future__ import annotations

import argparse
import sys
from datetime import date
from typing import TYPE_CHECKING

from .arguments import add_command, add_url, url_of

if TYPE_CHECKING:
    from .arguments import Commands

_DESCRIPTION = """\
Calculate the daily growth states of batches from their recorded data, and the
projections of their scenarios. Only these are replaced, batch by batch."""
_EXAMPLES = (
    "aquadata grow --url sqlite:///small.db",
    "aquadata grow --url sqlite:///small.db --batch FAR-2024-002 --since 2025-06-01",
)


def add(commands: Commands) -> None:
    """Add `aquadata grow`."""
    parser = add_command(
        commands, "grow", "calculate daily growth states and projections", _DESCRIPTION, _EXAMPLES
    )
    add_url(parser)
    parser.add_argument(
        "--batch", nargs="+", metavar="NUMBER", help="Batch numbers (default: all batches)"
    )
    parser.add_argument(
        "--since",
        type=_date,
        metavar="DATE",
        help="First day whose states are replaced (default: the start of each batch)",
    )


def run(options: argparse.Namespace) -> list[str]:
    """Calculate the analysis; return what was written."""
    url = url_of(options)
    from ..generation.progress_display import TerminalProgress
    from ..growth.grow import grow

    report = grow(url, options.batch, options.since, TerminalProgress(sys.stderr))
    return list(report.lines())


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a date written like 2025-11-21, not {text!a}"
        ) from None
