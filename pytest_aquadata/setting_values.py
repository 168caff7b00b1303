"""What a setting's text means: each of these makes a value of it, or says what it must be.

Relative paths start from the folder given, that of the place where the setting is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from .errors import SettingError

_SWITCH = {
    "1": True, "true": True, "yes": True, "on": True,
    "0": False, "false": False, "no": False, "off": False,
}  # fmt: skip

Parse = Callable[[str, Path], object]
"""Makes a value of a text; relative paths in it start from the folder."""


def preset(text: str, folder: Path) -> str:
    """A name, or a schedule file."""
    return _file(text, folder) if Path(text).suffix in (".yaml", ".yml") else text


def farm(text: str, folder: Path) -> str:
    """`standard`, or a farm file."""
    return text if text == "standard" else _file(text, folder)


def _file(text: str, folder: Path) -> str:
    return str(path(text, folder))


def path(text: str, folder: Path) -> Path:
    """A path, in the home folder where it says so."""
    try:
        return folder / Path(text).expanduser()
    except RuntimeError as error:
        raise SettingError("must be a path whose home folder is known") from error


def url(text: str, _: Path) -> str:
    """A database URL."""
    if "://" not in text:
        raise SettingError("must be a database URL such as sqlite:///farm.db")
    return text


def size(text: str, _: Path) -> int:
    """Bytes, from a number with a unit."""
    found = re.fullmatch(r"(\d{1,6}(?:\.\d+)?)\s*([kMGT]?)B", text, re.ASCII)
    if found is None:
        raise SettingError("must be a size such as 20GB or 500MB")
    return int(float(found[1]) * 1000 ** " kMGT".index(found[2] or " "))


def whole_number(low: int, high: int) -> Parse:
    """A whole number between two, both allowed."""

    def parse(text: str, _: Path) -> int:
        if not re.fullmatch(r"\d{1,19}", text, re.ASCII) or not low <= int(text) <= high:
            raise SettingError(f"must be a whole number from {low} to {high}")
        return int(text)

    return parse


def one_of(*words: str) -> Parse:
    """One of these words."""

    def parse(text: str, _: Path) -> str:
        if text not in words:
            raise SettingError(f"must be one of {', '.join(words)}")
        return text

    return parse


def day_between(first: date, last: date) -> Parse:
    """Return a parser of a date between two, both allowed, or of `today`."""

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
    """On or off."""
    if text.lower() not in _SWITCH:
        raise SettingError(f"must be one of {', '.join(_SWITCH)}")
    return _SWITCH[text.lower()]
