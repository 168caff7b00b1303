"""The configuration file of pytest as a source of settings, with the types of TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import pytest

from ..errors import SettingError
from ..settings import SettingSpec, Source

_ACCEPTED: Mapping[type, tuple[type, ...]] = {bool: (bool,), int: (int, bool), date: (date,)}
"""Types of values in TOML besides text, with the types of settings that they may be given to."""
_NATURAL: Mapping[type, str] = {
    str: "a text in quotes",
    int: "a number",
    bool: "true or false",
    date: "a date",
}
"""Type of a setting, and how its values are written in TOML."""
_HAS_NATIVE_TABLES = pytest.version_tuple >= (9, 0)


def ini_source(config: pytest.Config) -> Source:
    """Return the configuration file as a source; its relative paths start from its folder.

    pytest converts the values of a TOML file to text, or refuses those that it does not expect,
    before a plugin sees them. They are therefore read from the file.
    """
    file = config.inipath
    values = _toml_values(file) if file and file.suffix == ".toml" else {}
    overridden = {item.split("=", 1)[0] for item in config.getoption("override_ini") or ()}

    def spelling(spec: SettingSpec) -> str:
        place = file.name if file and spec.ini not in overridden else "--override-ini"
        return f"{spec.ini} in {place}"

    def read(spec: SettingSpec) -> str | None:
        if spec.ini not in values or spec.ini in overridden:
            return config.getini(spec.ini) or None
        try:
            return _text(spec, values[spec.ini]) or None
        except SettingError as error:
            raise SettingError(f"{spelling(spec)}: {error}") from None

    return Source(read, spelling, file.parent if file else Path())


def _toml_values(file: Path) -> Mapping[str, object]:
    """Return the table of a TOML file that pytest reads; empty if there is none."""
    document = tomllib.loads(file.read_text(encoding="utf-8"))
    table = document.get("tool", {}).get("pytest", {})
    if "ini_options" in table:
        table = table["ini_options"]
    elif not _HAS_NATIVE_TABLES:
        table = {}
    values: Mapping[str, object] = table or document.get("pytest", {})
    return values


def _text(spec: SettingSpec, value: object) -> str:
    """Return a value of TOML as the text that the parser of the setting reads.

    Raises:
        SettingError: when the value has a type that the setting cannot have.
    """
    if isinstance(value, str):
        return value
    if spec.kind not in _ACCEPTED.get(type(value), ()):
        shown = "a date with a time" if isinstance(value, datetime) else _shown(value)
        raise SettingError(f"must be {_NATURAL[spec.kind]}, not {shown}")
    return str(value).lower()


def _shown(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list):
        return "a list"
    if isinstance(value, dict):
        return "a table"
    return str(value)
