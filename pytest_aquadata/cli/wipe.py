"""`aquadata wipe`: remove one build from a database."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .arguments import add_url, url_of

if TYPE_CHECKING:
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Describe `aquadata wipe`."""
    parser = commands.add_parser(
        "wipe",
        help="remove one build from a database",
        description="Remove exactly the rows of one build, as its manifest says, and nothing "
        "else; nothing at all if rows of others refer to them, or if they are no more as the "
        "build wrote them.",
        allow_abbrev=False,
    )
    add_url(parser)
    parser.add_argument(
        "--build", metavar="DIGEST", help="The build, by its digest or how that begins"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="Remove rows with its keys, too, that were changed or replaced since",
    )


def run(given: argparse.Namespace) -> list[str]:
    """Remove it, and say what is gone."""
    url = url_of(given)
    from ..provenance.wipe import SHOWN_DIGITS, wipe

    wiped = wipe(url, given.build, force=given.force)
    return [
        f"removed build {wiped.manifest.digest[:SHOWN_DIGITS]} ({wiped.manifest.preset}): "
        f"{sum(wiped.rows.values()):,} rows of {len(wiped.rows)} tables"
    ]
