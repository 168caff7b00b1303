"""`aquadata seed`: build a company into a database."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from ..errors import SettingError
from ..settings import PRESET_NAMES, SETTINGS
from .arguments import BY_NAME, add_settings, setting_help, settings_of

if TYPE_CHECKING:
    from .arguments import Commands

_OF_SEED = tuple(setting.name for setting in SETTINGS if setting.in_command)


def add(commands: Commands) -> None:
    """Describe `aquadata seed`."""
    parser = commands.add_parser(
        "seed",
        help="build a company into a database",
        description="Build a company into a database and say what is in it.",
        allow_abbrev=False,
    )
    parser.add_argument(
        "company", metavar="PRESET", nargs="?", help=setting_help(BY_NAME["preset"])
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
    from ..generation.seeding import (
        SeedTarget,
        WorkerOptions,
        default_url,
        resolve,
        seed_database,
        usable_processors,
    )

    url = settings.url or default_url(settings.preset)
    build = resolve(
        settings.preset,
        farm=settings.farm,
        as_of=settings.as_of,
        seed=settings.seed,
        readings=settings.readings,
        growth=not settings.no_growth,
        into=SeedTarget(url, settings.append, settings.models, settings.replace, settings.reuse),
    )
    with seed_database(
        build,
        url,
        workers=WorkerOptions(settings.workers or usable_processors(), retries=settings.retries),
        replace=settings.replace,
        reuse=settings.reuse,
        progress=TerminalProgress(sys.stderr, verbose=given.verbose),
        log_dir=settings.log_dir,
        resume=settings.resume,
    ) as dataset:
        return summary_lines(dataset)
