"""The `aquadata` command: seed a database, plan a schedule, look at what a database holds."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from . import __version__
from .errors import AquadataError, PlanError, SettingError
from .options import PRESET_NAMES, SETTINGS, Setting, Settings, Source, error_line

if TYPE_CHECKING:
    from .build.inputs import Build

EXIT_FAILED = 1
EXIT_ERROR = 4
EXIT_INTERRUPTED = 130
_BY_NAME = {setting.name: setting for setting in SETTINGS}
_OF_SEED = tuple(setting.name for setting in SETTINGS if setting.in_command)
_OF_PLAN = ("preset", "seed", "as_of", "farm", "readings")
_READINGS_OF_A_PLAN = 6


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: what follows the command's name; what it was called with if None.

    Returns:
        The exit code: 0 when done, 1 when a hard check failed, 4 when it cannot be done as
        asked, 130 when interrupted.
    """
    try:
        given = _parser().parse_args(arguments)
        _say(_COMMANDS[given.command](given))
        if given.command == "verify" and not given.passed:
            return EXIT_FAILED
    except (AquadataError, OSError) as error:
        print(f"aquadata: {error_line(error)}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt as error:
        print(": ".join(["aquadata: interrupted", *map(str, error.args)]), file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


class _Parser(argparse.ArgumentParser):
    """Refuses a command line with an error of ours, so that every refusal looks alike."""

    def error(self, message: str) -> NoReturn:
        raise SettingError(f"{message} (see {self.prog} --help)")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="aquadata",
        description="A salmon farm in a database.",
        epilog="AQUADATA_URL, AQUADATA_SEED and so on set what no option says.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"aquadata {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_seed(commands)
    _add_plan(commands)
    _add_info(commands)
    _add_verify(commands)
    _add_grow(commands)
    _add_cache(commands)
    _add_wipe(commands)
    return parser


def _add_seed(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "seed",
        help="build a company into a database",
        description="Build a company into a database and say what is in it.",
        allow_abbrev=False,
    )
    parser.add_argument("company", metavar="PRESET", nargs="?", help=_help(_BY_NAME["preset"]))
    _add_settings(parser, _OF_SEED)
    parser.add_argument("-v", "--verbose", action="store_true", help="Tell of every batch")


def _add_plan(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "plan",
        help="plan a schedule, and write it to a file",
        description="Plan which batches a farm can hold: as many as asked for, or for so long.",
        allow_abbrev=False,
    )
    _add_settings(parser, _OF_PLAN)
    wish = parser.add_argument_group("a plan of your own, in place of a preset")
    wish.add_argument("--batches", type=int, metavar="N", help="So many batches; all must fit")
    wish.add_argument(
        "--years", type=float, metavar="Y", help="As many batches as fit, the first Y years ago"
    )
    wish.add_argument(
        "--stagger", type=int, metavar="DAYS", help="Days between two starts (default: 13)"
    )
    wish.add_argument(
        "--saturation",
        type=float,
        metavar="S",
        help="Share of the halls and areas that may be used, above 0 to 1 (default: 1)",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="Write the schedule here")
    parser.add_argument(
        "--force", action="store_true", help="Write it even if there is such a file already"
    )


def _add_info(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "info",
        help="say what a database holds",
        description="Say what is in a database that aquadata built.",
        allow_abbrev=False,
    )
    parser.add_argument("--url", metavar="URL", help="The database")
    parser.add_argument("--json", action="store_true", help="Say it in JSON")


def _add_verify(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "verify",
        help="check the data of a database",
        description="Check any database with AquaMind's schema: hard checks are exact and must "
        "hold; soft checks hold the data against published figures. Nothing is changed.",
        allow_abbrev=False,
    )
    parser.add_argument("--url", metavar="URL", help="The database")
    parser.add_argument("--json", action="store_true", help="Say it in JSON")
    parser.add_argument(
        "--only",
        action="append",
        metavar="NAME",
        help="A check, a subject such as feed, or hard or soft; may be given again",
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"must be a date written like 2025-11-21, not {text!a}"
        ) from None


def _add_grow(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "grow",
        help="calculate daily growth states and projections",
        description="Calculate the daily states of batches from what was measured, and the "
        "projections of their scenarios. Only these are replaced, a batch at a time.",
        allow_abbrev=False,
    )
    parser.add_argument("--url", metavar="URL", help="The database")
    parser.add_argument("--batch", nargs="+", metavar="NUMBER", help="These batches; all if none")
    parser.add_argument(
        "--since",
        type=_date,
        metavar="DATE",
        help="First day whose states are replaced",
    )


def _add_cache(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "cache",
        help="list or clear the datasets kept between sessions",
        description="The datasets that the session fixtures keep: list them, remove those that "
        "nobody uses, or say in which folder they are.",
        allow_abbrev=False,
    )
    parser.add_argument("action", choices=("list", "clear", "path"))
    _add_settings(parser, ("cache_dir", "cache_url"))


def _add_wipe(commands: argparse._SubParsersAction[_Parser]) -> None:
    parser = commands.add_parser(
        "wipe",
        help="remove one build from a database",
        description="Remove exactly the rows of one build, as its manifest says, and nothing "
        "else; nothing at all if rows of others refer to them.",
        allow_abbrev=False,
    )
    parser.add_argument("--url", metavar="URL", help="The database")
    parser.add_argument(
        "--build", metavar="DIGEST", help="The build, by its digest or how that begins"
    )


def _add_settings(parser: argparse.ArgumentParser, names: Iterable[str]) -> None:
    for name in names:
        setting = _BY_NAME[name]
        if setting.is_flag:
            parser.add_argument(
                setting.flag, dest=name, action="store_const", const="true", help=_help(setting)
            )
        else:
            parser.add_argument(
                setting.flag, dest=name, metavar=setting.metavar, help=_help(setting)
            )


def _help(setting: Setting) -> str:
    return setting.full_help.replace("%", "%%")


def _settings(given: argparse.Namespace) -> Settings:
    """The settings that the command line and the environment give."""
    command_line = Source(
        lambda setting: getattr(given, setting.name, None), lambda setting: setting.flag
    )
    return Settings.of(command_line, Source.environment(os.environ))


def _seed(given: argparse.Namespace) -> list[str]:
    if given.company is not None:
        if given.preset not in (None, given.company):
            raise SettingError(
                f"seed {given.company}, or --preset {given.preset}? name one of them"
            )
        given.preset = given.company
    settings = _settings(given)
    if settings.preset is None:
        raise SettingError(
            f"say what to seed: aquadata seed PRESET, one of {', '.join(PRESET_NAMES)} or the "
            "path of a schedule file (*.yaml)"
        )
    from .build.seeding import Hands, Target, default_url, resolve, seed_database, usable_processors
    from .build.summary import summary_lines
    from .progress import TerminalProgress

    url = settings.url or default_url(settings.preset)
    build = resolve(
        settings.preset,
        farm=settings.farm,
        as_of=settings.as_of,
        seed=settings.seed,
        readings=settings.readings,
        growth=not settings.no_growth,
        into=Target(url, settings.append, settings.models, settings.replace, settings.reuse),
    )
    with seed_database(
        build,
        url,
        workers=Hands(settings.workers or usable_processors(), retries=settings.retries),
        replace=settings.replace,
        reuse=settings.reuse,
        progress=TerminalProgress(sys.stderr, verbose=given.verbose),
        log_dir=settings.log_dir,
        resume=settings.resume,
    ) as dataset:
        return summary_lines(dataset)


def _info(given: argparse.Namespace) -> list[str]:
    url = _settings(given).url
    if url is None:
        raise SettingError("say which database: aquadata info --url=sqlite:///FILE.db")
    from .build.dataset import open_dataset
    from .build.summary import summary_json, summary_lines

    with open_dataset(url) as dataset:
        if not given.json:
            return summary_lines(dataset)
        import json

        return [json.dumps(summary_json(dataset), indent=2)]


def _verify(given: argparse.Namespace) -> list[str]:
    url = _settings(given).url
    if url is None:
        raise SettingError("say which database: aquadata verify --url=sqlite:///FILE.db")
    from .build.verify import verify_database

    report = verify_database(url, given.only)
    given.passed = report.ok
    return [report.to_json()] if given.json else report.lines()


def _grow(given: argparse.Namespace) -> list[str]:
    url = _settings(given).url
    if url is None:
        raise SettingError("say which database: aquadata grow --url=sqlite:///FILE.db")
    from .build.grow import grow
    from .progress import TerminalProgress

    report = grow(url, given.batch, given.since, TerminalProgress(sys.stderr))
    return list(report.lines())


def _cache(given: argparse.Namespace) -> list[str]:
    from .build.cache import Cache
    from .build.shelf import clear
    from .build.summary import size_text

    settings = _settings(given)
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


def _wipe(given: argparse.Namespace) -> list[str]:
    url = _settings(given).url
    if url is None:
        raise SettingError("say which database: aquadata wipe --url=sqlite:///FILE.db")
    from .build.wipe import SHOWN_DIGITS, wipe

    wiped = wipe(url, given.build)
    return [
        f"removed build {wiped.manifest.digest[:SHOWN_DIGITS]} ({wiped.manifest.preset}): "
        f"{sum(wiped.rows.values()):,} rows of {len(wiped.rows)} tables"
    ]


def _plan(given: argparse.Namespace) -> list[str]:
    settings = _settings(given)
    _check_output(given)
    build, binding = _wished(given, settings) if _has_wish(given) else _preset(given, settings)
    lines = [*_plan_lines(build), "", binding]
    if given.output is not None:
        _write_schedule(build, given.output)
        lines += ["", f"written to {given.output}: build it with `aquadata seed {given.output}`"]
    return lines


def _has_wish(given: argparse.Namespace) -> bool:
    return given.batches is not None or given.years is not None


def _wished(given: argparse.Namespace, settings: Settings) -> tuple[Build, str]:
    """A plan by number of batches or years, and what binds it."""
    from .build.inputs import Build
    from .build.seeding import DEFAULT_AS_OF
    from .presets.farm import load_farm
    from .presets.requests import PlanRequest, binding_constraint, plan_request

    if given.preset is not None:
        raise SettingError("--preset plans a company as it is: leave out --batches and --years")
    wishes = {"stagger_days": given.stagger, "saturation": given.saturation}
    readings = settings.readings
    request = PlanRequest(
        as_of=settings.as_of or DEFAULT_AS_OF,
        batches=given.batches,
        years=given.years,
        readings_per_day=_READINGS_OF_A_PLAN if readings is None else readings,
        seed=settings.seed,
        **{name: value for name, value in wishes.items() if value is not None},
    )
    farm = load_farm(settings.farm)
    plan = plan_request(farm, request)
    if not plan.schedule.batches:
        raise PlanError(f"no batch starts in {given.years:g} years: ask for more --years")
    build = Build(plan.schedule, farm, settings.seed, request.as_of, not settings.no_growth)
    return build, binding_constraint(farm, request, plan)


def _preset(given: argparse.Namespace, settings: Settings) -> tuple[Build, str]:
    """A preset's or a schedule file's plan, and what would bind a larger one."""
    if settings.preset is None:
        raise SettingError(
            "say what to plan: so many --batches, so many --years, or a --preset "
            f"({', '.join(PRESET_NAMES)}, or the path of a schedule file)"
        )
    if given.stagger is not None or given.saturation is not None:
        raise SettingError("--stagger and --saturation go with --batches or --years")
    from .build.seeding import resolve
    from .presets.utilisation import tightest

    build = resolve(
        settings.preset,
        farm=settings.farm,
        as_of=settings.as_of,
        seed=settings.seed,
        readings=settings.readings,
        growth=not settings.no_growth,
    )
    full = tightest(build.schedule, build.farm)
    return build, (
        f"{full.what} in {full.geography} are the fullest: {full.peak} of {full.places} in use on "
        f"{full.peak_day}"
    )


def _plan_lines(build: Build) -> list[str]:
    from .build.estimate import estimate
    from .build.summary import size_text, utilisation_lines
    from .presets.utilisation import utilisation

    schedule, farm = build.schedule, build.farm
    per_geography = ", ".join(
        f"{sum(batch.geography == name for batch in schedule.batches)} in {name}"
        for name in farm.geography_by_name
    )
    expected = estimate(build)
    return [
        f"{len(schedule.batches)} batches fit ({per_geography}), from "
        f"{schedule.batches[0].starts} to {max(batch.ends for batch in schedule.batches)}",
        f"about {expected.rows:,} rows, {size_text(expected.size_bytes)}, "
        f"{expected.seconds:.0f} s to build, as of {build.as_of}",
        "",
        *utilisation_lines(utilisation(schedule, farm)),
    ]


def _check_output(given: argparse.Namespace) -> None:
    """Refuse to plan at all what could not be written."""
    output: Path | None = given.output
    if output is None:
        return
    if output.suffix not in (".yaml", ".yml"):
        raise SettingError(f"-o {output}: the name of a schedule file ends in .yaml")
    if not output.parent.is_dir():
        raise SettingError(f"-o {output}: there is no folder {output.parent}")
    if output.is_dir():
        raise SettingError(f"-o {output}: is a folder")
    if output.exists() and not given.force:
        raise SettingError(f"-o {output}: is there already; --force writes over it")


def _write_schedule(build: Build, output: Path) -> None:
    """Write a schedule whole or not at all; its farm relative to the file, as it will be read."""
    from dataclasses import replace

    from .presets.documents import write_document
    from .presets.farm import STANDARD

    farm = build.farm.source
    if farm != STANDARD and not Path(farm).is_absolute():
        farm = os.path.relpath(Path(farm).resolve(), output.parent.resolve())
    text = write_document(replace(build.schedule, farm=farm, as_of=build.as_of))
    with tempfile.TemporaryDirectory(prefix=".aquadata-", dir=output.parent) as folder:
        beside = Path(folder, output.name)
        beside.write_text(text, encoding="utf-8")
        beside.replace(output)


_COMMANDS: Mapping[str, Callable[[argparse.Namespace], list[str]]] = {
    "seed": _seed,
    "plan": _plan,
    "info": _info,
    "verify": _verify,
    "grow": _grow,
    "cache": _cache,
    "wipe": _wipe,
}


def _say(lines: Iterable[str]) -> None:
    """Print, and take no harm if nobody reads on."""
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
