"""`aquadata cache`: list or clear the datasets kept between sessions."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from .arguments import add_command, add_settings, settings_of

if TYPE_CHECKING:
    from .arguments import Commands

_DESCRIPTION = """\
Manage the datasets that the session fixtures keep between test sessions."""
_EXAMPLES = (
    "aquadata cache list",
    "aquadata cache clear",
    "aquadata cache list --cache-url postgresql://me:secret@localhost/postgres",
)
_ACTION_HELP = (
    "`list` the datasets; `clear`: remove those that no process uses; `path`: print their folder "
    "or server"
)


def add(commands: Commands) -> None:
    """Add `aquadata cache`."""
    parser = add_command(
        commands, "cache", "list or clear the kept datasets", _DESCRIPTION, _EXAMPLES
    )
    parser.add_argument("action", choices=("list", "clear", "path"), help=_ACTION_HELP)
    add_settings(parser, ("cache_dir", "cache_url"))


def run(options: argparse.Namespace) -> list[str]:
    """Run the action; return its result."""
    from ..cache.backend import clear
    from ..cache.cached_dataset import Cache
    from ..text import counted, size_text

    settings = settings_of(options)
    backend = Cache(settings.cache_dir, settings.cache_url).backend
    if options.action == "path":
        return [backend.display_name]
    if options.action == "list":
        entries = backend.entries()
        lines = [
            f"{entry.preset}  {entry.key}  {size_text(entry.size_bytes)}  used "
            f"{datetime.fromtimestamp(entry.used_at, UTC):%Y-%m-%d %H:%M} UTC"
            for entry in entries
        ]
        size = sum(entry.size_bytes for entry in entries)
        datasets = counted(len(entries), "dataset", "datasets")
        return [*lines, f"{datasets}, {size_text(size)} in {backend.display_name}"]
    removed, kept = clear(backend)
    size = sum(entry.size_bytes for entry in removed)
    datasets = counted(len(removed), "dataset", "datasets")
    line = f"removed {datasets}, {size_text(size)} from {backend.display_name}"
    return [f"{line}; kept {len(kept)} in use" if kept else line]
