"""Entry point of the `aquadata` command: run a subcommand, and print its lines."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from .. import __version__
from ..errors import NO_MEMORY, AquadataError, SettingError, StoreError
from ..import_path import installed_first
from ..text import encodable, error_line, is_printable, mask_password
from . import cache, grow, info, plan, seed, verify, wipe
from .arguments import Parser, examples_text

EXIT_FAILED = 1
EXIT_ERROR = 4
EXIT_INTERRUPTED = 130
_NARROWEST = 40
"""Columns of a terminal below which lines are not broken."""
_INDENT = " " * 12
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
        given = sys.argv[1:] if arguments is None else arguments
        _refuse_control_characters(given)
        options = _parser().parse_args(given)
        with installed_first(Path.cwd()):
            lines = _COMMANDS[options.command].run(options)
        _print(lines if getattr(options, "json", False) else _fitted(lines))
        if options.command == "verify" and not options.passed:
            return EXIT_FAILED
    except (AquadataError, OSError) as error:
        _complain(error_line(error))
        return EXIT_ERROR
    except MemoryError:
        _complain(NO_MEMORY)
        return EXIT_ERROR
    except KeyboardInterrupt as error:
        _complain(": ".join(["interrupted", *map(str, error.args)]))
        return EXIT_INTERRUPTED
    return 0


def _refuse_control_characters(arguments: Sequence[str]) -> None:
    for argument in arguments:
        if not is_printable(argument):
            shown = ascii(mask_password(argument))
            raise SettingError(f"the argument {shown} has control characters; leave them out")


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


def _fitted(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines broken at the width of the terminal; as they are if they go elsewhere."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else 0
    for line in lines:
        if width < _NARROWEST or len(line) <= width:
            yield line
        else:
            yield from textwrap.wrap(
                line,
                width,
                subsequent_indent=_INDENT,
                break_long_words=False,
                break_on_hyphens=False,
            )


def _complain(message: str) -> None:
    """Print a message to standard error, if there is one."""
    with suppress(OSError, ValueError):
        print(f"aquadata: {message}", file=sys.stderr)


def _print(lines: Iterable[str]) -> None:
    """Print; ignore a closed pipe.

    Raises:
        StoreError: if standard output cannot be written.
    """
    if sys.stdout is None:
        return
    try:
        print(encodable("\n".join(lines), sys.stdout), flush=True)
    except OSError as error:
        with Path(os.devnull).open("w", encoding="utf-8") as devnull:
            os.dup2(devnull.fileno(), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            raise StoreError(f"cannot write the result: {error.strerror}") from None
