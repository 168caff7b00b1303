"""Settings: option, ini key, environment variable and command option of each."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from pathlib import Path

import pytest

from pytest_aquadata.errors import SettingError
from pytest_aquadata.plugin.session_state import SETTINGS_KEY
from pytest_aquadata.presets.named_presets import PRESETS
from pytest_aquadata.settings import (
    DEFAULT_AS_OF,
    PRESET_NAMES,
    SETTINGS,
    Settings,
    Source,
    settings_table,
)

NATIVE = pytest.mark.skipif(
    pytest.version_tuple < (9, 0), reason="pytest reads native TOML from version 9 on"
)
TOML_TABLES = [
    "[tool.pytest.ini_options]",
    pytest.param("[tool.pytest]", marks=NATIVE),
    pytest.param("[pytest]", marks=NATIVE),
]
TOML_VALUES = """
aquadata_preset = "small"
aquadata_url = "sqlite:///farm.db"
aquadata_seed = 7
aquadata_as_of = 2025-01-31
aquadata_workers = 2
aquadata_retries = 0
aquadata_farm = "standard"
aquadata_readings = 4
aquadata_no_growth = true
aquadata_seed_only = true
aquadata_replace = false
aquadata_reuse = true
aquadata_append = 0
aquadata_lock_timeout = 5
aquadata_models = "database"
aquadata_resume = "no"
aquadata_log_dir = "logs"
aquadata_cache_dir = "kept"
aquadata_cache_url = "postgresql://localhost/postgres"
aquadata_cache_size = "5GB"
aquadata_rebuild = true
aquadata_no_cache = false
"""
SHOW_SEED = "def test_seed(aquadata_seed): assert aquadata_seed == {}"


def options(folder: Path = Path(), **texts: str) -> Source:
    """Return a source that gives these settings as options."""
    return Source(lambda spec: texts.get(spec.name), lambda spec: spec.option, folder)


def write_toml(pytester: pytest.Pytester, table: str, values: str) -> None:
    """Write values into a table of the TOML file that pytest reads it from."""
    file = "pytest.toml" if table == "[pytest]" else "pyproject.toml"
    pytester.path.joinpath(file).write_text(f"{table}\n{values}", encoding="utf-8")


def test_without_sources_all_settings_have_their_defaults() -> None:
    assert Settings.from_sources() == Settings()


def test_a_setting_has_four_spellings() -> None:
    as_of = SETTINGS["as_of"]
    spellings = (as_of.option, as_of.ini, as_of.variable, as_of.command_option)
    assert spellings == ("--aquadata-as-of", "aquadata_as_of", "AQUADATA_AS_OF", "--as-of")


def test_preset_names_and_the_default_date_are_those_of_the_presets() -> None:
    assert tuple(PRESETS) == PRESET_NAMES
    assert SETTINGS["as_of"].default_text.startswith(DEFAULT_AS_OF.isoformat())


def test_the_manual_shows_the_table() -> None:
    manual = (Path(__file__).parents[1] / "docs" / "settings.md").read_text(encoding="utf-8")
    shown = re.search(r"<!-- settings -->\n(.*?)\n<!-- /settings -->", manual, re.DOTALL)
    assert shown is not None, (
        "docs/settings.md lacks the marks <!-- settings --> and <!-- /settings -->"
    )
    assert shown[1].strip() == settings_table()


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("preset", "uat", "uat"),
        ("url", "sqlite:///a.db", "sqlite:///a.db"),
        ("seed", " 42 ", 42),
        ("as_of", "2024-02-29", date(2024, 2, 29)),
        ("workers", "3", 3),
        ("farm", "standard", "standard"),
        ("readings", "0", 0),
        ("replace", "Yes", True),
        ("reuse", "off", False),
        ("cache_dir", "/tmp/x", Path("/tmp/x")),
    ],
)
def test_a_text_becomes_a_value(name: str, text: str, value: object) -> None:
    assert getattr(Settings.from_sources(options(**{name: text})), name) == value


@pytest.mark.parametrize(
    ("name", "text", "allowed"),
    [
        ("preset", "", "must not be empty"),
        ("url", "full.db", "must be a database URL such as sqlite:///farm.db"),
        ("seed", "abc", "must be a whole number from 0 to 9223372036854775807"),
        ("seed", "-1", "must be a whole number"),
        ("seed", "1.0", "must be a whole number"),
        ("seed", "1_000", "must be a whole number"),
        ("seed", "٣", "must be a whole number"),
        ("seed", "9" * 5000, "must be a whole number"),
        ("as_of", "21.11.2025", "must be a date from 2000-01-01 to 2099-12-31"),
        ("as_of", "2025-02-30", "must be a date"),
        ("as_of", "20251121", "must be a date"),
        ("as_of", "0001-01-01", "must be a date"),
        ("workers", "0", "must be a whole number from 1 to 1024"),
        ("readings", "25", "must be a whole number from 0 to 24"),
        ("reuse", "perhaps", "must be one of 1, true, yes, on, 0, false, no, off"),
    ],
)
def test_an_invalid_text_is_refused(name: str, text: str, allowed: str) -> None:
    with pytest.raises(SettingError, match=re.escape(allowed)) as caught:
        Settings.from_sources(options(**{name: text}))
    assert str(caught.value).startswith(f"{SETTINGS[name].option}: ")
    assert str(caught.value).isprintable()


def test_today_is_the_current_date_in_utc() -> None:
    before = datetime.now(UTC).date()
    today = Settings.from_sources(options(as_of="today")).as_of
    assert today in (before, datetime.now(UTC).date())


def test_relative_paths_start_from_the_folder_of_their_source() -> None:
    folder = Path("/project")
    settings = Settings.from_sources(options(folder, preset="a.yaml", farm="b.yaml", cache_dir="c"))
    assert settings.preset == "/project/a.yaml"
    assert settings.farm == "/project/b.yaml"
    assert settings.cache_dir == Path("/project/c")
    assert Settings.from_sources(options(folder, preset="uat", farm="standard")).preset == "uat"


def test_an_empty_variable_counts_as_not_set() -> None:
    assert Settings.from_sources(Source.environment({"AQUADATA_SEED": ""})).seed == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [("replace", "reuse"), ("append", "replace"), ("append", "resume"), ("rebuild", "no_cache")],
)
def test_contradicting_flags_of_one_source_are_refused(first: str, second: str) -> None:
    with pytest.raises(SettingError) as caught:
        Settings.from_sources(options(**{first: "1", second: "1"}))
    assert str(caught.value) == (
        f"{SETTINGS[first].option} and {SETTINGS[second].option} contradict each other: "
        "give one of them"
    )


@pytest.mark.parametrize(("first", "second"), [("replace", "resume"), ("reuse", "resume")])
def test_flags_that_go_together_are_not_refused(first: str, second: str) -> None:
    settings = Settings.from_sources(options(**{first: "1", second: "1"}))
    assert getattr(settings, first)
    assert getattr(settings, second)


@pytest.mark.parametrize("text", ["a\x00b", "a\x1b[31mb", "a\nb", "a\u202eb", "a\udc80b", "a\x7fb"])
@pytest.mark.parametrize("name", ["preset", "url", "farm", "cache_dir", "log_dir", "models"])
def test_control_characters_are_refused(name: str, text: str) -> None:
    with pytest.raises(SettingError, match="must have no control characters") as caught:
        Settings.from_sources(options(**{name: text}))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("first", "second"), [("replace", "reuse"), ("reuse", "replace")])
def test_of_replace_and_reuse_the_source_with_precedence_decides(first: str, second: str) -> None:
    settings = Settings.from_sources(options(**{first: "1"}), options(**{second: "1"}))
    assert (settings.replace, settings.reuse) == (first == "replace", first == "reuse")


def test_an_error_shows_no_password() -> None:
    with pytest.raises(SettingError) as caught:
        Settings.from_sources(options(seed="postgresql://me:secret@host/farm"))
    assert "secret" not in str(caught.value)


class TestInPytest:
    """Settings of a pytest run."""

    @pytest.fixture(autouse=True)
    def _light(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        monkeypatch.setenv("PYTEST_PLUGINS", "pytest_aquadata.plugin")
        monkeypatch.delenv("AQUADATA_CACHE_DIR", raising=False)

    @pytest.mark.parametrize("spellings", [1, 2, 3])
    def test_an_option_precedes_a_variable_and_a_variable_an_ini_key(
        self, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, spellings: int
    ) -> None:
        pytester.makepyfile(SHOW_SEED.format(10 + spellings))
        pytester.makeini("[pytest]\naquadata_seed = 11")
        if spellings > 1:
            monkeypatch.setenv("AQUADATA_SEED", "12")
        option = ["--aquadata-seed=13"] if spellings > 2 else []
        pytester.runpytest(*option).assert_outcomes(passed=1)

    @pytest.mark.parametrize(
        ("file", "text"),
        [
            ("pytest.ini", "[pytest]\naquadata_seed = 7"),
            ("pyproject.toml", "[tool.pytest.ini_options]\naquadata_seed = 7"),
            ("pyproject.toml", '[tool.pytest.ini_options]\naquadata_seed = "7"'),
            ("tox.ini", "[pytest]\naquadata_seed = 7"),
        ],
    )
    def test_every_configuration_file_is_read(
        self, pytester: pytest.Pytester, file: str, text: str
    ) -> None:
        pytester.path.joinpath(file).write_text(text, encoding="utf-8")
        pytester.makepyfile(SHOW_SEED.format(7))
        pytester.runpytest().assert_outcomes(passed=1)

    @pytest.mark.parametrize("table", TOML_TABLES)
    def test_every_key_of_a_toml_file_may_have_its_own_type(
        self, pytester: pytest.Pytester, table: str
    ) -> None:
        write_toml(pytester, table, TOML_VALUES)
        settings = pytester.parseconfigure().stash[SETTINGS_KEY]
        assert settings == Settings(
            preset="small",
            url=f"sqlite:///{pytester.path}/farm.db",
            seed=7,
            as_of=date(2025, 1, 31),
            workers=2,
            retries=0,
            farm="standard",
            readings=4,
            no_growth=True,
            seed_only=True,
            reuse=True,
            lock_timeout=5,
            models="database",
            log_dir=pytester.path / "logs",
            cache_dir=pytester.path / "kept",
            cache_url="postgresql://localhost/postgres",
            cache_size=5_000_000_000,
            rebuild=True,
        )
        assert tomllib.loads(TOML_VALUES).keys() == {spec.ini for spec in SETTINGS.values()}

    @pytest.mark.parametrize(
        ("line", "message"),
        [
            ("aquadata_as_of = 2025-01-31T00:00:00", "must be a date, not a date with a time"),
            ("aquadata_as_of = 2025", "must be a date, not 2025"),
            ("aquadata_as_of = 1999-12-31", "must be a date from 2000-01-01 to 2099-12-31 *"),
            ('aquadata_preset = ["small"]', "must be a text in quotes, not a list"),
            ("aquadata_cache_dir = true", "must be a text in quotes, not true"),
            ("aquadata_cache_size = 20", "must be a text in quotes, not 20"),
            ("aquadata_seed = 7.0", "must be a number, not 7.0"),
            ("aquadata_seed = true", "must be a number, not true"),
            ("aquadata_seed = -1", "must be a whole number from 0 *"),
            ("aquadata_replace = 2025-01-31", "must be true or false, not 2025-01-31"),
            ("aquadata_replace = {yes = true}", "must be true or false, not a table"),
        ],
    )
    def test_other_types_in_a_toml_file_are_refused_in_one_line(
        self, pytester: pytest.Pytester, line: str, message: str
    ) -> None:
        write_toml(pytester, "[tool.pytest.ini_options]", line)
        with pytest.raises(pytest.UsageError) as caught:
            pytester.parseconfigure()
        key = line.split(" = ")[0]
        assert fnmatch(str(caught.value), f"aquadata: {key} in pyproject.toml: {message}")

    @pytest.mark.parametrize("table", TOML_TABLES)
    def test_an_overridden_key_of_a_toml_file_is_not_read(
        self, pytester: pytest.Pytester, table: str
    ) -> None:
        write_toml(pytester, table, "aquadata_seed = []")
        config = pytester.parseconfigure("-o", "aquadata_seed=8")
        assert config.stash[SETTINGS_KEY].seed == 8
        with pytest.raises(pytest.UsageError, match="aquadata_seed in --override-ini: must be"):
            pytester.parseconfigure("-o", "aquadata_seed=x")

    @pytest.mark.parametrize(
        ("option", "variable", "ini", "spelling"),
        [
            ("--aquadata-seed=x", "2", "3", "--aquadata-seed"),
            ("", "x", "3", "AQUADATA_SEED"),
            ("", "", "x", "aquadata_seed in tox.ini"),
        ],
    )
    def test_an_error_names_the_spelling_used(
        self,
        pytester: pytest.Pytester,
        monkeypatch: pytest.MonkeyPatch,
        option: str,
        variable: str,
        ini: str,
        spelling: str,
    ) -> None:
        pytester.makeini(f"[pytest]\naquadata_seed = {ini}")
        monkeypatch.setenv("AQUADATA_SEED", variable)
        result = pytester.runpytest(*filter(None, [option]))
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        assert [line for line in result.errlines if line] == [
            f"ERROR: aquadata: {spelling}: must be a whole number from 0 to 9223372036854775807, "
            "not 'x'"
        ]

    def test_seed_only_without_a_preset_is_refused(self, pytester: pytest.Pytester) -> None:
        result = pytester.runpytest("--aquadata-seed-only")
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines(["ERROR: aquadata: say what to seed with --aquadata-preset"])
