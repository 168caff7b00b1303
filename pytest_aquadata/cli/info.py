"""`aquadata info`: summarise a database."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .arguments import add_command, add_url, url_of

if TYPE_CHECKING:
    from .arguments import Commands

_DESCRIPTION = """\
Print what a database holds that aquadata built: batches, rows per table, how
full the farm is, and the digest."""
_EXAMPLES = (
    "aquadata info --url sqlite:///small.db",
    "aquadata info --url sqlite:///small.db --json",
)


def add(commands: Commands) -> None:
    """Add `aquadata info`."""
    parser = add_command(commands, "info", "summarise a database", _DESCRIPTION, _EXAMPLES)
    add_url(parser)
    parser.add_argument("--json", action="store_true", help="Print JSON")


def run(options: argparse.Namespace) -> list[str]:
    """Return the summary, as text or as JSON."""
    url = url_of(options)
    from ..datasets.dataset import open_dataset
    from ..datasets.summary import summary_json, summary_lines

    with open_dataset(url) as dataset:
        if not options.json:
            return summary_lines(dataset)
        import json

        return [json.dumps(summary_json(dataset), indent=2)]
