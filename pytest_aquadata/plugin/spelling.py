"""Messages of the package as a pytest run shows them: with pytest's options."""

from __future__ import annotations

import re

from ..settings import SETTINGS
from ..text import error_line

_OPTIONS = {spec.command_option: spec.option for spec in SETTINGS.values()}
_NAMES = "|".join(re.escape(option) for option in sorted(_OPTIONS, key=len, reverse=True))
_OPTION_OR_COMMAND = re.compile(rf"`aquadata [^`]*`|(?<![\w./\\'\"-])(?:{_NAMES})(?![\w-])")


def message_for_pytest(error: BaseException) -> str:
    """Return an error in one line that names pytest's options, such as `--aquadata-url`.

    The packages below write the options of the `aquadata` command. Whole commands, such as
    `aquadata seed`, and quoted values stay as they are.
    """
    line = error_line(error)
    return f"aquadata: {_OPTION_OR_COMMAND.sub(_in_pytest, line)}"


def _in_pytest(match: re.Match[str]) -> str:
    return _OPTIONS.get(match[0], match[0])
