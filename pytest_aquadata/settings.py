"""Every setting once: its option, its ini key, its environment variable, its default.

The pytest plugin and the `aquadata` command read their settings through this table, so a setting
has the same name, meaning and checks wherever it is written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from . import setting_values as values
from .errors import SettingError
from .text import mask_password

__all__ = [
    "DEFAULT_AS_OF",
    "DEFAULT_CACHE_BYTES",
    "DEFAULT_SEED",
    "EARLIEST_AS_OF",
    "LATEST_AS_OF",
    "PRESET_NAMES",
    "SETTINGS",
    "Setting",
    "Settings",
    "Source",
    "settings_table",
]

PRESET_NAMES = ("small", "medium", "full", "uat")
"""Presets by size; `presets.named` describes them."""

DEFAULT_AS_OF = date(2025, 11, 21)
"""The farm's today unless a schedule or the user gives another."""

EARLIEST_AS_OF, LATEST_AS_OF = date(2000, 1, 1), date(2099, 12, 31)
"""The farm's today lies between these: dates computed from it stay valid in every database."""

DEFAULT_SEED = 1
DEFAULT_CACHE_BYTES = 20_000_000_000
_LARGEST_SEED = 2**63 - 1


@dataclass(frozen=True)
class Setting:
    """One setting.

    Attributes:
        name: its name in Python.
        parse: makes its value of what was written.
        help: what it is, for `--help`.
        default: its value when nobody says anything.
        default_text: the default in words, where the value does not tell.
        metavar: what stands for its value in `--help`; none for a flag.
        kind: what a configuration file that knows types may hold in place of text.
        in_command: whether `aquadata seed` has it; what is about a pytest session alone it has not.
    """

    name: str
    parse: values.Parse
    help: str
    default: object = None
    default_text: str = ""
    metavar: str = ""
    kind: type[str | int] = str
    in_command: bool = True

    @property
    def is_flag(self) -> bool:
        """Whether its option stands alone."""
        return self.kind is bool

    @property
    def flag(self) -> str:
        """Its option on the command line of `aquadata`."""
        return f"--{self.name.replace('_', '-')}"

    @property
    def option(self) -> str:
        """Its option on the command line of pytest."""
        return f"--aquadata-{self.name.replace('_', '-')}"

    @property
    def ini(self) -> str:
        """Its key in pytest's configuration file."""
        return f"aquadata_{self.name}"

    @property
    def variable(self) -> str:
        """Its environment variable."""
        return f"AQUADATA_{self.name.upper()}"

    @property
    def shown_default(self) -> str:
        """The default as `--help` and the manual show it."""
        return self.default_text or ("off" if self.is_flag else str(self.default))

    @property
    def full_help(self) -> str:
        """What it is, and its default."""
        return self.help if self.is_flag else f"{self.help} (default: {self.shown_default})"


SETTINGS: tuple[Setting, ...] = (
    Setting(
        "preset",
        values.preset,
        f"Company to build: {', '.join(PRESET_NAMES)}, or the path of a schedule file (*.yaml)",
        default_text="none",
        metavar="NAME",
    ),
    Setting(
        "url",
        values.url,
        "Database to build it into",
        default_text="a SQLite file named after the preset, in the current folder",
        metavar="URL",
    ),
    Setting(
        "seed",
        values.whole_number(0, _LARGEST_SEED),
        "Seed of all randomness",
        default=DEFAULT_SEED,
        metavar="N",
        kind=int,
    ),
    Setting(
        "as_of",
        values.day_between(EARLIEST_AS_OF, LATEST_AS_OF),
        "The farm's today: a date, or `today` (in UTC)",
        default_text=f"{DEFAULT_AS_OF}, or what the schedule file says",
        metavar="DATE",
    ),
    Setting(
        "workers",
        values.whole_number(1, 1024),
        "Processes that build",
        default_text="one for each usable processor",
        metavar="N",
        kind=int,
    ),
    Setting(
        "retries",
        values.whole_number(0, 100),
        "Times that a batch which fails is tried again",
        default=1,
        metavar="N",
        kind=int,
    ),
    Setting(
        "farm",
        values.farm,
        "Farm file to build for (*.yaml), or `standard`",
        default_text="the standard farm, or the one that the schedule file names",
        metavar="FILE",
    ),
    Setting(
        "readings",
        values.whole_number(0, 24),
        "Readings of each sensor a day, 0 to 24",
        default_text="what the preset or schedule says",
        metavar="N",
        kind=int,
    ),
    Setting(
        "no_growth",
        values.switch,
        "Leave out the growth analysis: daily states, scenarios and projections",
        default=False,
        kind=bool,
    ),
    Setting(
        "seed_only",
        values.switch,
        "Stop after seeding: collect and run no tests",
        default=False,
        kind=bool,
        in_command=False,
    ),
    Setting(
        "replace",
        values.switch,
        "Replace a database that aquadata built",
        default=False,
        kind=bool,
    ),
    Setting(
        "reuse",
        values.switch,
        "Use the database as it is if it holds exactly the build asked for",
        default=False,
        kind=bool,
    ),
    Setting(
        "append",
        values.switch,
        "Add the build to a database that holds operational data already",
        default=False,
        kind=bool,
    ),
    Setting(
        "models",
        values.one_of("farm", "database"),
        "Whose growth, feed and mortality models drive the simulation: `farm`, or `database`",
        default="farm",
        metavar="WHOSE",
    ),
    Setting(
        "resume",
        values.switch,
        "Go on with what an interrupted build of the same has left",
        default=False,
        kind=bool,
    ),
    Setting(
        "log_dir",
        values.path,
        "Folder for a log of the build and one of each batch",
        default_text="no log",
        metavar="DIR",
    ),
    Setting(
        "cache_dir",
        values.path,
        "Folder that keeps the datasets of the session fixtures",
        default_text="`pytest-aquadata` in the user's cache folder",
        metavar="DIR",
        in_command=False,
    ),
    Setting(
        "cache_url",
        values.url,
        "Server that keeps the datasets of the session fixtures, by any of its databases",
        default_text="none: they are SQLite files in the cache folder",
        metavar="URL",
        in_command=False,
    ),
    Setting(
        "cache_size",
        values.size,
        "Room for the datasets of the session fixtures; the least recently used go first",
        default=DEFAULT_CACHE_BYTES,
        default_text="20GB",
        metavar="SIZE",
        in_command=False,
    ),
    Setting(
        "rebuild",
        values.switch,
        "Build the datasets of the session fixtures anew and keep them in place of the old ones",
        default=False,
        kind=bool,
        in_command=False,
    ),
    Setting(
        "no_cache",
        values.switch,
        "Build the datasets of the session fixtures anew and keep none of them",
        default=False,
        kind=bool,
        in_command=False,
    ),
)


@dataclass(frozen=True)
class Settings:
    """The settings in force; None where the default depends on what is built."""

    preset: str | None = None
    url: str | None = None
    seed: int = DEFAULT_SEED
    as_of: date | None = None
    workers: int | None = None
    retries: int = 1
    farm: str | None = None
    readings: int | None = None
    no_growth: bool = False
    seed_only: bool = False
    replace: bool = False
    reuse: bool = False
    append: bool = False
    models: str = "farm"
    resume: bool = False
    log_dir: Path | None = None
    cache_dir: Path | None = None
    cache_url: str | None = None
    cache_size: int = DEFAULT_CACHE_BYTES
    rebuild: bool = False
    no_cache: bool = False

    @staticmethod
    def of(*sources: Source) -> Settings:
        """The settings that these sources give, each before the ones after it.

        Raises:
            SettingError: when a value makes no sense, in one line that names the spelling used.
        """
        found = {setting.name: _find(setting, sources) for setting in SETTINGS}
        chosen: dict[str, Any] = {name: value for name, (value, _) in found.items()}
        if chosen["replace"] and chosen["reuse"]:
            strongest = min(("replace", "reuse"), key=lambda name: found[name][1])
            if found["replace"][1] == found["reuse"][1]:
                raise SettingError("replace and reuse contradict each other: set one of them")
            chosen |= {"replace": strongest == "replace", "reuse": strongest == "reuse"}
        return Settings(**chosen)


@dataclass(frozen=True)
class Source:
    """Where settings are written.

    Attributes:
        read: the text given for a setting, or None.
        spelling: what a setting is called there.
        folder: where relative paths start.
    """

    read: Callable[[Setting], str | None]
    spelling: Callable[[Setting], str]
    folder: Path = Path()

    @staticmethod
    def environment(variables: Mapping[str, str]) -> Source:
        """The environment; an empty variable is none."""
        return Source(
            lambda setting: variables.get(setting.variable) or None,
            lambda setting: setting.variable,
        )


def _find(setting: Setting, sources: tuple[Source, ...]) -> tuple[object, int]:
    """The value of a setting, and the position of the source that gives it."""
    for position, source in enumerate(sources):
        text = source.read(setting)
        if text is not None:
            return _parse(setting, source, text.strip()), position
    return setting.default, len(sources)


def _parse(setting: Setting, source: Source, text: str) -> object:
    if not text:
        raise SettingError(f"{source.spelling(setting)}: must not be empty")
    try:
        return setting.parse(text, source.folder)
    except SettingError as error:
        given = ascii(mask_password(text))
        raise SettingError(f"{source.spelling(setting)}: {error}, not {given}") from None


def settings_table() -> str:
    """The settings as the Markdown table that the manual shows."""
    head = ("pytest", "ini key", "environment", "`aquadata seed`", "default", "what it is")
    rows = [head, ("---",) * len(head)]
    for setting in SETTINGS:
        value = f" {setting.metavar}" if setting.metavar else ""
        rows.append(
            (
                f"`{setting.option}{value}`",
                f"`{setting.ini}`",
                f"`{setting.variable}`",
                f"`{setting.flag}{value}`" if setting.in_command else "not there",
                setting.shown_default,
                setting.help,
            )
        )
    return "\n".join(f"| {' | '.join(cells)} |" for cells in rows)
