"""`aquadata plan`: plan a schedule, and write it to a file."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import PlanError, SettingError
from ..files import write_atomically
from ..settings import DEFAULT_AS_OF, PRESET_NAMES, Settings
from .arguments import add_settings, settings_of

if TYPE_CHECKING:
    from ..generation.build_spec import BuildSpec
    from .arguments import Commands

_OF_PLAN = ("preset", "seed", "as_of", "farm", "readings")
_READINGS_OF_A_PLAN = 6


def add(commands: Commands) -> None:
    """Describe `aquadata plan`."""
    parser = commands.add_parser(
        "plan",
        help="plan a schedule, and write it to a file",
        description="Plan which batches a farm can hold: as many as asked for, or for so long.",
        allow_abbrev=False,
    )
    add_settings(parser, _OF_PLAN)
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


def run(given: argparse.Namespace) -> list[str]:
    """Plan it, and say what fits and what binds."""
    settings = settings_of(given)
    _check_output(given)
    build, binding = _wished(given, settings) if _has_wish(given) else _preset(given, settings)
    lines = [*_plan_lines(build), "", binding]
    if given.output is not None:
        _write_schedule(build, given.output)
        lines += ["", f"written to {given.output}: build it with `aquadata seed {given.output}`"]
    return lines


def _has_wish(given: argparse.Namespace) -> bool:
    return given.batches is not None or given.years is not None


def _wished(given: argparse.Namespace, settings: Settings) -> tuple[BuildSpec, str]:
    """A plan by number of batches or years, and what binds it."""
    from ..generation.build_spec import BuildSpec
    from ..presets.farm import load_farm
    from ..presets.plan_requests import PlanRequest, binding_constraint, plan_request

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
    build = BuildSpec(plan.schedule, farm, settings.seed, request.as_of, not settings.no_growth)
    return build, binding_constraint(farm, request, plan)


def _preset(given: argparse.Namespace, settings: Settings) -> tuple[BuildSpec, str]:
    """A preset's or a schedule file's plan, and what would bind a larger one."""
    if settings.preset is None:
        raise SettingError(
            "say what to plan: so many --batches, so many --years, or a --preset "
            f"({', '.join(PRESET_NAMES)}, or the path of a schedule file)"
        )
    if given.stagger is not None or given.saturation is not None:
        raise SettingError("--stagger and --saturation go with --batches or --years")
    from ..generation.request import SeedRequest
    from ..generation.seeding import plan_build
    from ..presets.utilisation import tightest

    build = plan_build(SeedRequest.from_settings(settings, settings.preset))
    full = tightest(build.schedule, build.farm)
    return build, (
        f"{full.what} in {full.geography} are the fullest: {full.peak} of {full.places} in use on "
        f"{full.peak_day}"
    )


def _plan_lines(build: BuildSpec) -> list[str]:
    from ..datasets.summary import size_text, utilisation_lines
    from ..generation.estimate import estimate
    from ..presets.utilisation import utilisation

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


def _write_schedule(build: BuildSpec, output: Path) -> None:
    """Write a schedule whole or not at all; its farm relative to the file, as it will be read."""
    from dataclasses import replace

    from ..presets.documents import write_document
    from ..presets.farm import STANDARD

    farm = build.farm.source
    if farm != STANDARD and not Path(farm).is_absolute():
        farm = os.path.relpath(Path(farm).resolve(), output.parent.resolve())
    text = write_document(replace(build.schedule, farm=farm, as_of=build.as_of))
    write_atomically(output, text)
