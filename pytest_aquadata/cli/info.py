"""`aquadata info`: say what a database holds."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from .arguments import add_url, url_of

if TYPE_CHECKING:
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Describe `aquadata info`."""
    parser = commands.add_parser(
        "info",
        help="say what a database holds",
        description="Say what is in a database that aquadata built.",
        allow_abbrev=False,
    )
    add_url(parser)
    parser.add_argument("--json", action="store_true", help="Say it in JSON")


def run(given: argparse.Namespace) -> list[str]:
    """What is in it, in plain lines or as JSON."""
    url = url_of(given)
    from ..datasets.dataset import open_dataset
    from ..datasets.summary import summary_json, summary_lines

    with open_dataset(url) as dataset:
        if not given.json:
            return summary_lines(dataset)
        import json

        return [json.dumps(summary_json(dataset), indent=2)]
