"""`aquadata plan`: plan a schedule, and write it to a file."""

from __future__ import annotations

import argparse
import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PlanError, SettingError
from ..files import write_atomically
from ..setting_values import is_schedule_file
from ..settings import DEFAULT_AS_OF, PRESET_NAMES, Settings
from .arguments import add_command, add_settings, settings_of

if TYPE_CHECKING:
    from ..generation.build_spec import BuildSpec
    from .arguments import Commands

_SETTINGS = ("preset", "seed", "as_of", "farm", "readings")
_DEFAULT_READINGS = 6
_DESCRIPTION = """\
Plan when batches start and where they are kept, and show how full the farm is.
Nothing is simulated. Give --preset, --batches or --years."""
_EXAMPLES = (
    "aquadata plan --preset full",
    "aquadata plan --batches 30 --stagger 10 -o schedule.yaml",
    "aquadata plan --years 4 --saturation 0.8 -o schedule.yaml",
)


def add(commands: Commands) -> None:
    """Add `aquadata plan`."""
    parser = add_command(
        commands, "plan", "plan a schedule, and write it to a file", _DESCRIPTION, _EXAMPLES
    )
    add_settings(parser, _SETTINGS)
    own = parser.add_argument_group("a schedule of your own, instead of --preset")
    own.add_argument("--batches", type=int, metavar="N", help="Plan N batches; all must fit")
    own.add_argument(
        "--years",
        type=float,
        metavar="Y",
        help="Plan as many batches as fit, the first one Y years ago",
    )
    own.add_argument(
        "--stagger", type=int, metavar="DAYS", help="Days between two starts (default: 13)"
    )
    own.add_argument(
        "--saturation",
        type=float,
        metavar="S",
        help="Share of the halls and areas to use, above 0 to 1 (default: 1)",
    )
    output = parser.add_argument_group("the schedule file")
    output.add_argument("-o", "--output", type=Path, metavar="FILE", help="Write the schedule here")
    output.add_argument("--force", action="store_true", help="Overwrite an existing file")


def run(options: argparse.Namespace) -> list[str]:
    """Plan the schedule; return what fits, and which limit is reached first."""
    settings = settings_of(options)
    _check_output(options)
    if options.batches is None and options.years is None:
        build, limit = _planned_preset(options, settings)
    else:
        build, limit = _planned_request(options, settings)
    lines = [*_plan_lines(build), "", limit]
    if options.output is not None:
        _write_schedule(build, options.output)
        lines += [
            "",
            f"written to {options.output}: build it with `aquadata seed {options.output}`",
        ]
    return lines


def _planned_request(options: argparse.Namespace, settings: Settings) -> tuple[BuildSpec, str]:
    """Plan a number of batches or years; return the build and the limit that binds it."""
    from ..generation.build_spec import BuildSpec
    from ..presets.farm import load_farm
    from ..presets.plan_requests import PlanRequest, binding_constraint, plan_request

    if options.preset is not None:
        raise SettingError("--preset plans a company as it is: leave out --batches and --years")
    optional = {"stagger_days": options.stagger, "saturation": options.saturation}
    readings = settings.readings
    request = PlanRequest(
        as_of=settings.as_of or DEFAULT_AS_OF,
        batches=options.batches,
        years=options.years,
        readings_per_day=_DEFAULT_READINGS if readings is None else readings,
        seed=settings.seed,
        **{name: value for name, value in optional.items() if value is not None},
    )
    farm = load_farm(settings.farm)
    plan = plan_request(farm, request)
    if not plan.schedule.batches:
        raise PlanError(f"no batch starts in {options.years:g} years: ask for more --years")
    build = BuildSpec(plan.schedule, farm, settings.seed, request.as_of, not settings.no_growth)
    return build, binding_constraint(farm, request, plan)


def _planned_preset(options: argparse.Namespace, settings: Settings) -> tuple[BuildSpec, str]:
    """Plan a preset or a schedule file; return the build and the fullest kind of site."""
    if settings.preset is None:
        raise SettingError(
            "say what to plan: a number of --batches or --years, or a --preset "
            f"({', '.join(PRESET_NAMES)}, or the path of a schedule file)"
        )
    if options.stagger is not None or options.saturation is not None:
        raise SettingError("--stagger and --saturation go with --batches or --years")
    from ..generation.request import SeedRequest
    from ..generation.seeding import plan_build
    from ..presets.utilisation import tightest

    build = plan_build(SeedRequest.from_settings(settings, settings.preset))
    fullest = tightest(build.schedule, build.farm)
    return build, (
        f"{fullest.what} in {fullest.geography} are the fullest: {fullest.peak} of "
        f"{fullest.places} in use on {fullest.peak_day}"
    )


def _plan_lines(build: BuildSpec) -> list[str]:
    from ..datasets.summary import utilisation_lines
    from ..generation.estimate import estimate
    from ..presets.utilisation import utilisation
    from ..text import size_text

    schedule, farm = build.schedule, build.farm
    per_geography = ", ".join(
        f"{sum(batch.geography == name for batch in schedule.batches)} in {name}"
        for name in farm.geography_by_name
    )
    fitting = (
        "1 batch fits" if len(schedule.batches) == 1 else f"{len(schedule.batches)} batches fit"
    )
    expected = estimate(build)
    return [
        f"{fitting} ({per_geography}), from "
        f"{schedule.batches[0].starts} to {max(batch.ends for batch in schedule.batches)}",
        f"about {expected.rows:,} rows, {size_text(expected.size_bytes)}, "
        f"{expected.seconds:.0f} s to build, as of {build.as_of}",
        "",
        *utilisation_lines(utilisation(schedule, farm)),
    ]


def _check_output(options: argparse.Namespace) -> None:
    """Refuse an output file that cannot be written, before anything is planned."""
    output: Path | None = options.output
    if output is None:
        return
    if not is_schedule_file(str(output)):
        raise SettingError(f"-o {output}: the name of a schedule file ends in .yaml")
    if not output.parent.is_dir():
        raise SettingError(f"-o {output}: there is no folder {output.parent}")
    if output.is_dir():
        raise SettingError(f"-o {output}: is a folder")
    if output.exists() and not output.is_file():
        raise SettingError(f"-o {output}: is no file")
    if not os.access(output.parent, os.W_OK | os.X_OK):
        raise SettingError(f"-o {output}: the folder {output.parent} cannot be written")
    if output.exists() and not options.force:
        raise SettingError(f"-o {output}: already exists; --force overwrites it")


def _write_schedule(build: BuildSpec, output: Path) -> None:
    """Write a schedule file; its farm file is named relative to it."""
    from ..presets.documents import write_document
    from ..presets.farm import STANDARD

    farm = build.farm.source
    if farm != STANDARD and not Path(farm).is_absolute():
        farm = os.path.relpath(Path(farm).resolve(), output.parent.resolve())
    text = write_document(replace(build.schedule, farm=farm, as_of=build.as_of))
    try:
        write_atomically(output, text, follow_link=True)
    except OSError as error:
        raise SettingError(f"-o {output}: cannot be written: {error.strerror}") from error
