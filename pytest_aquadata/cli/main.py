"""Entry point of the `aquadata` command: run a subcommand, and print its lines."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from .. import __version__
from ..errors import NO_MEMORY, AquadataError
from ..import_path import installed_first
from ..text import error_line
from . import cache, grow, info, plan, seed, verify, wipe
from .arguments import Parser, examples_text

EXIT_FAILED = 1
EXIT_ERROR = 4
EXIT_INTERRUPTED = 130
_COMMANDS = {
    "seed": seed,
    "plan": plan,
    "info": info,
    "verify": verify,
    "grow": grow,
    "cache": cache,
    "wipe": wipe,
}
_DESCRIPTION = """\
Build the database of a simulated salmon farm, the same every time, and look
after it. `aquadata COMMAND --help` explains a command."""
_ENVIRONMENT = """\
Options can be given as environment variables, too: AQUADATA_URL for --url,
AQUADATA_SEED for --seed, and so on. An option takes precedence."""
_EXAMPLES = (
    "aquadata seed small",
    "aquadata info --url sqlite:///small.db",
    "aquadata verify --url sqlite:///small.db",
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command.

    Args:
        arguments: command-line arguments after the program's name; those of the process if None.

    Returns:
        The exit code: 0 for success, 1 when a hard check failed, 4 for an error, 130 when
        interrupted.
    """
    try:
        options = _parser().parse_args(arguments)
        with installed_first(Path.cwd()):
            lines = _COMMANDS[options.command].run(options)
        _print(lines)
        if options.command == "verify" and not options.passed:
            return EXIT_FAILED
    except (AquadataError, OSError) as error:
        print(f"aquadata: {error_line(error)}", file=sys.stderr)
        return EXIT_ERROR
    except MemoryError:
        print(f"aquadata: {NO_MEMORY}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt as error:
        print(": ".join(["aquadata: interrupted", *map(str, error.args)]), file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="aquadata",
        description=_DESCRIPTION,
        epilog=f"{_ENVIRONMENT}\n\n{examples_text(_EXAMPLES)}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"aquadata {__version__}")
    commands = parser.add_subparsers(
        title="commands", dest="command", metavar="COMMAND", required=True
    )
    for command in _COMMANDS.values():
        command.add(commands)
    return parser


def _print(lines: Iterable[str]) -> None:
    """Print; ignore a closed pipe."""
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        with Path(os.devnull).open("w", encoding="utf-8") as devnull:
            os.dup2(devnull.fileno(), sys.stdout.fileno())
