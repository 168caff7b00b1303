"""`aquadata seed`: build a company into a database."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..errors import SettingError
from ..settings import PRESET_NAMES, SETTINGS
from .arguments import add_settings, setting_help, settings_of

if TYPE_CHECKING:
    from .arguments import Commands

_OF_SEED = tuple(name for name, spec in SETTINGS.items() if spec.in_seed)


def add(commands: Commands) -> None:
    """Describe `aquadata seed`."""
    parser = commands.add_parser(
        "seed",
        help="build a company into a database",
        description="Build a company into a database and say what is in it.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "company", metavar="PRESET", nargs="?", help=setting_help(SETTINGS["preset"])
    )
    add_settings(parser, _OF_SEED)
    parser.add_argument("-v", "--verbose", action="store_true", help="Tell of every batch")


def run(given: argparse.Namespace) -> list[str]:
    """Build it, and say what is in it."""
    if given.company is not None:
        if given.preset not in (None, given.company):
            raise SettingError(
                f"seed {given.company}, or --preset {given.preset}? name one of them"
            )
        given.preset = given.company
    settings = settings_of(given)
    if settings.preset is None:
        raise SettingError(
            f"say what to seed: aquadata seed PRESET, one of {', '.join(PRESET_NAMES)} or the "
            "path of a schedule file (*.yaml)"
        )
    from ..datasets.summary import summary_lines
    from ..generation.progress_display import TerminalProgress
    from ..generation.request import SeedRequest, default_url
    from ..generation.seeding import plan_build, seed_database

    url = settings.url or default_url(settings.preset)
    request = SeedRequest.from_settings(settings, settings.preset, url)
    progress = TerminalProgress(sys.stderr, verbose=given.verbose)
    with seed_database(plan_build(request), request, progress) as dataset:
        return summary_lines(dataset)
