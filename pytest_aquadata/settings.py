"""The settings, each described once: its option, ini key, environment variable and default.

The pytest plugin and the `aquadata` command read the same fields, so a setting has the same name,
meaning and checks wherever it is written. To add one, add a field to `Settings`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar, overload

from . import setting_values as values
from .errors import SettingError
from .text import is_printable, mask_password

__all__ = [
    "DEFAULT_AS_OF",
    "DEFAULT_CACHE_BYTES",
    "DEFAULT_SEED",
    "EARLIEST_AS_OF",
    "LATEST_AS_OF",
    "PRESET_NAMES",
    "SETTINGS",
    "SettingSpec",
    "Settings",
    "Source",
    "settings_table",
]

T = TypeVar("T")

PRESET_NAMES = ("small", "medium", "full", "uat")
"""The presets; `presets.named_presets` describes them."""

DEFAULT_AS_OF = date(2025, 11, 21)
"""The farm's today unless a schedule or the user gives another."""

EARLIEST_AS_OF, LATEST_AS_OF = date(2000, 1, 1), date(2099, 12, 31)
"""Limits of the farm's today: dates computed from it are valid in every database."""

COMPANY, DATABASE, BUILD, CACHE, SESSION = (
    "company", "database", "build process", "kept datasets", "test session"
)  # fmt: skip
"""Groups of settings in `--help`."""

DEFAULT_SEED = 1
DEFAULT_CACHE_BYTES = 20_000_000_000
_LARGEST_SEED = 2**63 - 1

_CONTRADICTIONS = (
    ("replace", "reuse"),
    ("append", "replace"),
    ("append", "resume"),
    ("rebuild", "no_cache"),
)
"""Pairs of flags of which only one can be on; an append build is written whole or not at all."""


@overload
def setting(
    group: str,
    parse: values.Parse[T],
    help: str,
    *,
    default: T,
    default_text: str = "",
    metavar: str = "",
    kind: type[str | int | date] = str,
    in_seed: bool = True,
) -> T: ...


@overload
def setting(
    group: str,
    parse: values.Parse[T],
    help: str,
    *,
    default_text: str,
    metavar: str = "",
    kind: type[str | int | date] = str,
    in_seed: bool = True,
) -> T | None: ...


def setting(
    group: str, parse: values.Parse[Any], help: str, *, default: Any = None, **details: Any
) -> Any:
    """Describe a field of `Settings`.

    Args:
        group: group in `--help`.
        parse: turns a text into the value.
        help: description for `--help`.
        default: value when the setting is written nowhere.
        **details: further attributes of its `SettingSpec`.
    """
    return field(
        default=default,
        metadata={"group": group, "parse": parse, "help": help, "default": default, **details},
    )


def flag(group: str, help: str, *, in_seed: bool = True) -> bool:
    """Describe a field of `Settings` that is on or off, and off by default."""
    return setting(group, values.switch, help, default=False, kind=bool, in_seed=in_seed)


@dataclass(frozen=True)
class Settings:
    """The settings in force; None where the default depends on what is built."""

    preset: str | None = setting(
        COMPANY,
        values.preset,
        f"Company to build: {', '.join(PRESET_NAMES)}, or the path of a schedule file (*.yaml)",
        default_text="none",
        metavar="NAME",
    )
    url: str | None = setting(
        DATABASE,
        values.url,
        "Database to build it into",
        default_text="a SQLite file named after the preset, in the current folder",
        metavar="URL",
    )
    seed: int = setting(
        COMPANY,
        values.whole_number(0, _LARGEST_SEED),
        "Seed of all randomness",
        default=DEFAULT_SEED,
        metavar="N",
        kind=int,
    )
    as_of: date | None = setting(
        COMPANY,
        values.day_between(EARLIEST_AS_OF, LATEST_AS_OF),
        "The farm's today: a date, or `today` (in UTC)",
        default_text=f"{DEFAULT_AS_OF}, or the date in the schedule file",
        metavar="DATE",
        kind=date,
    )
    workers: int | None = setting(
        BUILD,
        values.whole_number(1, 1024),
        "Number of processes that build",
        default_text="one per usable processor",
        metavar="N",
        kind=int,
    )
    retries: int = setting(
        BUILD,
        values.whole_number(0, 100),
        "How often a failed batch is tried again",
        default=1,
        metavar="N",
        kind=int,
    )
    farm: str | None = setting(
        COMPANY,
        values.farm,
        "Farm file to build for (*.yaml), or `standard`",
        default_text="the farm that the schedule file names, else `standard`",
        metavar="FILE",
    )
    readings: int | None = setting(
        COMPANY,
        values.whole_number(0, 24),
        "Readings of each sensor per day, 0 to 24",
        default_text="the number in the preset or schedule file",
        metavar="N",
        kind=int,
    )
    no_growth: bool = flag(
        COMPANY, "Leave out the growth analysis: daily states, scenarios and projections"
    )
    seed_only: bool = flag(SESSION, "Stop after seeding: collect and run no tests", in_seed=False)
    replace: bool = flag(DATABASE, "Replace a database that aquadata built")
    reuse: bool = flag(DATABASE, "Use the database as it is if it holds exactly this build")
    append: bool = flag(DATABASE, "Add the build to a database that already holds operational data")
    lock_timeout: int = setting(
        DATABASE,
        values.whole_number(0, 86_400),
        "Seconds to wait while another process on this machine builds into the database",
        default=0,
        default_text="0, do not wait",
        metavar="SECONDS",
        kind=int,
    )
    models: str = setting(
        COMPANY,
        values.one_of("farm", "database"),
        "Source of the growth, feed and mortality models: `farm` or `database`",
        default="farm",
        metavar="SOURCE",
    )
    resume: bool = flag(BUILD, "Continue an interrupted build of the same company")
    log_dir: Path | None = setting(
        BUILD,
        values.path,
        "Folder for a log of the build and one of each batch",
        default_text="no log",
        metavar="DIR",
    )
    cache_dir: Path | None = setting(
        CACHE,
        values.path,
        "Folder that keeps the datasets of the session fixtures",
        default_text="`pytest-aquadata` in the user's cache folder",
        metavar="DIR",
        in_seed=False,
    )
    cache_url: str | None = setting(
        CACHE,
        values.url,
        "Database server that keeps them: the URL of any of its databases",
        default_text="SQLite files in the cache folder",
        metavar="URL",
        in_seed=False,
    )
    cache_size: int = setting(
        CACHE,
        values.size,
        "Disk space for the kept datasets; the least recently used are removed first",
        default=DEFAULT_CACHE_BYTES,
        default_text="20GB",
        metavar="SIZE",
        in_seed=False,
    )
    rebuild: bool = flag(
        CACHE,
        "Build the datasets of the session fixtures again, and replace the kept ones",
        in_seed=False,
    )
    no_cache: bool = flag(
        CACHE,
        "Build the datasets of the session fixtures for this session, and keep none",
        in_seed=False,
    )

    @staticmethod
    def from_sources(*sources: Source) -> Settings:
        """Return the settings that the sources give; the first that gives a setting decides.

        Raises:
            SettingError: when a value is not valid; one line that names the spelling used.
        """
        parsed = {spec.name: _parsed(spec, sources) for spec in SETTINGS.values()}
        chosen: dict[str, Any] = {name: value for name, (value, _) in parsed.items()}
        for pair in _CONTRADICTIONS:
            if all(chosen[name] for name in pair):
                chosen[_overridden(pair, [parsed[name][1] for name in pair], sources)] = False
        return Settings(**chosen)


@dataclass(frozen=True)
class SettingSpec:
    """Name and description of one setting.

    Attributes:
        name: field of `Settings`.
        group: group in `--help`.
        parse: turns a text into the value.
        help: description for `--help`.
        default: value when the setting is written nowhere.
        default_text: the default in words, where the value does not show it.
        metavar: placeholder for the value in `--help`; empty for a flag.
        kind: type that a TOML file may use instead of text.
        in_seed: True if `aquadata seed` has it; settings of a pytest session only are False.
    """

    name: str
    group: str
    parse: values.Parse[object]
    help: str
    default: object = None
    default_text: str = ""
    metavar: str = ""
    kind: type[str | int | date] = str
    in_seed: bool = True

    @property
    def is_flag(self) -> bool:
        """True if the option has no value."""
        return self.kind is bool

    @property
    def command_option(self) -> str:
        """Option of the `aquadata` command."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def option(self) -> str:
        """Option of pytest."""
        return f"--aquadata-{self.name.replace('_', '-')}"

    @property
    def ini(self) -> str:
        """Key in pytest's configuration file."""
        return f"aquadata_{self.name}"

    @property
    def variable(self) -> str:
        """Environment variable."""
        return f"AQUADATA_{self.name.upper()}"

    @property
    def shown_default(self) -> str:
        """The default as `--help` and the manual show it."""
        return self.default_text or ("off" if self.is_flag else str(self.default))

    @property
    def full_help(self) -> str:
        """Description, and the default if there is one."""
        if self.is_flag or self.shown_default == "none":
            return self.help
        return f"{self.help} (default: {self.shown_default})"


SETTINGS: Mapping[str, SettingSpec] = MappingProxyType(
    {item.name: SettingSpec(item.name, **item.metadata) for item in fields(Settings)}
)
"""Description of each field of `Settings`, by name."""


@dataclass(frozen=True)
class Source:
    """A place where settings are written.

    Attributes:
        read: returns the text of a setting, or None.
        spelling: returns the name of a setting in this place.
        folder: folder where relative paths start.
    """

    read: Callable[[SettingSpec], str | None]
    spelling: Callable[[SettingSpec], str]
    folder: Path = Path()

    @staticmethod
    def environment(variables: Mapping[str, str]) -> Source:
        """Return the environment as a source; an empty variable counts as not set."""
        return Source(
            lambda spec: variables.get(spec.variable) or None,
            lambda spec: spec.variable,
        )


def _parsed(spec: SettingSpec, sources: tuple[Source, ...]) -> tuple[object, int]:
    """Return the value of a setting, and the position of the source that gives it."""
    for position, source in enumerate(sources):
        text = source.read(spec)
        if text is not None:
            return _parse(spec, source, text.strip()), position
    return spec.default, len(sources)


def _overridden(pair: tuple[str, str], positions: list[int], sources: tuple[Source, ...]) -> str:
    """Return which of two contradicting flags a source with precedence overrides.

    Raises:
        SettingError: when one source sets both.
    """
    if positions[0] == positions[1]:
        spelling = sources[positions[0]].spelling
        first, second = (spelling(SETTINGS[name]) for name in pair)
        raise SettingError(f"{first} and {second} contradict each other: give one of them")
    return pair[positions[0] < positions[1]]


def _parse(spec: SettingSpec, source: Source, text: str) -> object:
    if not text:
        raise SettingError(f"{source.spelling(spec)}: must not be empty")
    shown = ascii(mask_password(text))
    if not is_printable(text):
        raise SettingError(f"{source.spelling(spec)}: must have no control characters, not {shown}")
    try:
        return spec.parse(text, source.folder)
    except SettingError as error:
        raise SettingError(f"{source.spelling(spec)}: {error}, not {shown}") from None


def settings_table() -> str:
    """Return the settings as the Markdown table of the manual."""
    head = ("pytest", "ini key", "environment", "`aquadata seed`", "default", "description")
    rows = [head, ("---",) * len(head)]
    for spec in SETTINGS.values():
        value = f" {spec.metavar}" if spec.metavar else ""
        rows.append(
            (
                f"`{spec.option}{value}`",
                f"`{spec.ini}`",
                f"`{spec.variable}`",
                f"`{spec.command_option}{value}`" if spec.in_seed else "only in pytest",
                spec.shown_default,
                spec.help,
            )
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
