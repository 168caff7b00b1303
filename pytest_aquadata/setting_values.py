"""Parsers of settings: each turns a text into a value, or says what the text must be.

Relative paths start from the folder of the place where the setting is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar

from .errors import SettingError
from .passwords import DatabaseUrl

_SWITCH = {
    "1": True, "true": True, "yes": True, "on": True,
    "0": False, "false": False, "no": False, "off": False,
}  # fmt: skip

T = TypeVar("T")

Parse = Callable[[str, Path], T]
"""Turns a text into a value; relative paths in it start from the folder."""


def is_schedule_file(preset: str) -> bool:
    """Return whether a preset is the path of a schedule file, not a name."""
    return Path(preset).suffix in (".yaml", ".yml")


def preset(text: str, folder: Path) -> str:
    """Parse the name of a preset, or the path of a schedule file."""
    return _file(text, folder) if is_schedule_file(text) else text


def farm(text: str, folder: Path) -> str:
    """Parse `standard`, or the path of a farm file."""
    return text if text == "standard" else _file(text, folder)


def _file(text: str, folder: Path) -> str:
    return str(path(text, folder))


def path(text: str, folder: Path) -> Path:
    """Parse a path; `~` is the home folder."""
    try:
        return folder / Path(text).expanduser()
    except RuntimeError as error:
        raise SettingError("must be a path whose home folder is known") from error


def url(text: str, _: Path) -> str:
    """Parse a database URL."""
    if "://" not in text:
        raise SettingError("must be a database URL such as sqlite:///farm.db")
    return DatabaseUrl(text)


def size(text: str, _: Path) -> int:
    """Parse a number with a unit; return bytes."""
    match = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)\s*([kMGT]?)B", text, re.ASCII)
    if match is None:
        raise SettingError("must be a size such as 20GB or 500MB")
    return int(float(match[1]) * 1000 ** " kMGT".index(match[2] or " "))


def whole_number(low: int, high: int) -> Parse[int]:
    """Return a parser of whole numbers from `low` to `high`."""

    def parse(text: str, _: Path) -> int:
        if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or not low <= int(text) <= high:
            raise SettingError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def one_of(*words: str) -> Parse[str]:
    """Return a parser of one of these words."""

    def parse(text: str, _: Path) -> str:
        if text not in words:
            raise SettingError(f"must be one of {', '.join(words)}")
        return text

    return parse


def day_between(first: date, last: date) -> Parse[date]:
    """Return a parser of dates from `first` to `last`; it knows `today`, too."""

    def parse(text: str, _: Path) -> date:
        if text == "today":
            return datetime.now(UTC).date()
        try:
            is_iso = re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII)
            day = date.fromisoformat(text) if is_iso else None
        except ValueError:
            day = None
        if day is None or not first <= day <= last:
            raise SettingError(
                f"must be a date from {first} to {last} written like 2025-11-21, or `today`"
            )
        return day

    return parse


def switch(text: str, _: Path) -> bool:
    """Parse on or off."""
    if text.lower() not in _SWITCH:
        raise SettingError(f"must be one of {', '.join(_SWITCH)}")
    return _SWITCH[text.lower()]
