"""The `aquadata` command: what it is called with goes to a subcommand, what it says is printed."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from .. import __version__
from ..errors import AquadataError
from ..text import error_line
from . import cache, grow, info, plan, seed, verify, wipe
from .arguments import Parser

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
        _say(_COMMANDS[given.command].run(given))
        if given.command == "verify" and not given.passed:
            return EXIT_FAILED
    except (AquadataError, OSError) as error:
        print(f"aquadata: {error_line(error)}", file=sys.stderr)
        return EXIT_ERROR
    except KeyboardInterrupt as error:
        print(": ".join(["aquadata: interrupted", *map(str, error.args)]), file=sys.stderr)
        return EXIT_INTERRUPTED
    return 0


def _parser() -> Parser:
    parser = Parser(
        prog="aquadata",
        description="A salmon farm in a database.",
        epilog="AQUADATA_URL, AQUADATA_SEED and so on set what no option says.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"aquadata {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS.values():
        command.add(commands)
    return parser


def _say(lines: Iterable[str]) -> None:
    """Print, and take no harm if nobody reads on."""
    try:
        print("\n".join(lines), flush=True)
    except BrokenPipeError:
        with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
            os.dup2(nowhere.fileno(), sys.stdout.fileno())
