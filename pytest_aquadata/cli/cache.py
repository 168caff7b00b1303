"""`aquadata cache`: list or clear the datasets kept between sessions."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .arguments import add_settings, settings_of

if TYPE_CHECKING:
    from .arguments import Commands


def add(commands: Commands) -> None:
    """Describe `aquadata cache`."""
    parser = commands.add_parser(
        "cache",
        help="list or clear the datasets kept between sessions",
        description="The datasets that the session fixtures keep: list them, remove those that "
        "nobody uses, or say in which folder they are.",
        allow_abbrev=False,
    )
    parser.add_argument("action", choices=("list", "clear", "path"))
    add_settings(parser, ("cache_dir", "cache_url"))


def run(given: argparse.Namespace) -> list[str]:
    """Do one of its actions."""
    from ..cache.backend import clear
    from ..cache.cached_dataset import Cache
    from ..datasets.summary import size_text

    settings = settings_of(given)
    shelf = Cache(settings.cache_dir, settings.cache_url).shelf
    if given.action == "path":
        return [shelf.where]
    if given.action == "list":
        held = shelf.entries()
        lines = [
            f"{entry.preset}  {entry.key}  {size_text(entry.size_bytes)}  used "
            f"{datetime.fromtimestamp(entry.used_at, UTC):%Y-%m-%d %H:%M} UTC"
            for entry in held
        ]
        size = sum(entry.size_bytes for entry in held)
        return [*lines, f"{len(held)} datasets, {size_text(size)} in {shelf.where}"]
    removed, staying = clear(shelf)
    size = sum(entry.size_bytes for entry in removed)
    told = f"removed {len(removed)} datasets, {size_text(size)} from {shelf.where}"
    return [f"{told}; {len(staying)} in use stay" if staying else told]
