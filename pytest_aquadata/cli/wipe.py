"""`aquadata wipe`: remove one build from a database."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .arguments import add_command, add_url, url_of

if TYPE_CHECKING:
    from .arguments import Commands

_DESCRIPTION = """\
Remove exactly the rows of one build, as its manifest lists them. If other rows
refer to them, or if they were changed since the build, nothing is removed.
Rows that others inserted are never removed."""
_EXAMPLES = (
    "aquadata wipe --url postgresql://localhost/aquamind",
    "aquadata wipe --url postgresql://localhost/aquamind --build 3f2a9c",
)


def add(commands: Commands) -> None:
    """Add `aquadata wipe`."""
    parser = add_command(
        commands, "wipe", "remove one build from a database", _DESCRIPTION, _EXAMPLES
    )
    add_url(parser)
    parser.add_argument(
        "--build",
        metavar="DIGEST",
        help="Digest of the build, or its first characters (default: the only build)",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        help="Remove the build's rows even if they were changed since; never rows of others",
    )


def run(options: argparse.Namespace) -> list[str]:
    """Remove the build; return what was removed."""
    url = url_of(options)
    from ..provenance.wipe import SHOWN_DIGITS, wipe

    wiped = wipe(url, options.build, force=options.force)
    return [
        f"removed build {wiped.manifest.digest[:SHOWN_DIGITS]} ({wiped.manifest.preset}): "
        f"{sum(wiped.rows.values()):,} rows of {len(wiped.rows)} tables"
    ]
