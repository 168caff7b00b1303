"""Documents: reading, writing, digests, and one-line errors that name the file and the key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Literal

import pytest

from pytest_aquadata.errors import DocumentError
from pytest_aquadata.presets.documents import (
    MAX_BYTES,
    document_digest,
    read_document,
    write_document,
)


@dataclass(frozen=True)
class Tank:
    name: str
    volume_m3: float
    fish: int = 0


@dataclass(frozen=True)
class Station:
    name: str
    opened: date
    active: bool
    tanks: tuple[Tank, ...]
    position: tuple[float, float]
    feeds: Mapping[float, int]
    closed: date | None = None
    limit: float | None = None
    kind: Literal["hatchery", "smolt"] = "smolt"


GOOD = """
name: Alpha
opened: 2020-01-31
active: true
tanks:
  - {name: A1, volume_m3: 100, fish: 5000}
  - name: A2
    volume_m3: 2.5
position: [62.25, -7.2]
feeds: {0.3: 1, 2: 2}
"""

STATION = Station(
    name="Alpha",
    opened=date(2020, 1, 31),
    active=True,
    tanks=(Tank("A1", 100.0, 5000), Tank("A2", 2.5)),
    position=(62.25, -7.2),
    feeds={0.3: 1, 2.0: 2},
)


def error_message(text: str, name: str | None = "x.yaml") -> str:
    with pytest.raises(DocumentError) as caught:
        read_document(text, Station, name=name)
    message = str(caught.value)
    assert message.isprintable(), message
    return message


def changed(old: str, new: str) -> str:
    assert GOOD.count(old) == 1
    return GOOD.replace(old, new)


def test_values_get_the_types_of_the_dataclass() -> None:
    station = read_document(GOOD, Station)
    assert station == STATION
    assert type(station.tanks[0].volume_m3) is float
    assert all(type(size) is float for size in station.feeds)


def test_an_empty_tuple_and_an_explicit_null_are_values() -> None:
    text = changed("active: true", "active: true\nclosed: null\nlimit: 3")
    assert read_document(text, Station).closed is None
    assert read_document(text, Station).limit == 3.0


@pytest.mark.parametrize(
    "station",
    [
        STATION,
        Station("no", date(1999, 12, 31), False, (), (0.1 + 0.2, -1e-12), {}, date(2000, 2, 29)),
        Station(
            "12:30", date(2020, 2, 1), True, (Tank("a: b # c", 1e16), Tank("", 0.0)), (1, 2), {}
        ),
        Station(
            "- Jákup's “tank” 10 m³ \\ 'q'", date(2020, 2, 1), True, (), (5e-324, 1e300), {1: 1}
        ),
        Station("x" * 200, date(2020, 2, 1), True, (), (0.0, 0.0), {9.5: -3}, limit=-0.0),
        Station("null", date(2020, 2, 1), True, (Tank("0x1F", 1.0), Tank("~", 1.0)), (0, 0), {}),
    ],
)
def test_a_written_document_is_read_back_equal(station: Station) -> None:
    assert read_document(write_document(station), Station) == station


def test_repeated_values_are_written_out_without_aliases() -> None:
    day = date(2020, 2, 1)
    tank = Tank("A", 1.0)
    station = Station("A", day, True, (tank, tank), (1.0, 1.0), {}, closed=day)
    text = write_document(station)
    assert "&" not in text
    assert read_document(text, Station) == station


def test_the_digest_depends_on_content_not_on_layout() -> None:
    compact = write_document(STATION)
    assert document_digest(read_document(compact, Station)) == document_digest(STATION)
    other = read_document(changed("fish: 5000", "fish: 5001"), Station)
    assert document_digest(other) != document_digest(STATION)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ("fish: 5000", 'fish: "5"', "tanks[0].fish: must be a whole number, not '5'"),
        ("fish: 5000", "fish: 5.5", "tanks[0].fish: must be a whole number, not 5.5"),
        ("fish: 5000", "fish: 5.0", "tanks[0].fish: must be a whole number, not 5.0"),
        ("fish: 5000", "fish: true", "tanks[0].fish: must be a whole number, not true"),
        ("fish: 5000", "fish: null", "tanks[0].fish: must be a whole number, not an empty value"),
        ("volume_m3: 2.5", "volume_m3: big", "tanks[1].volume_m3: must be a number, not 'big'"),
        ("volume_m3: 2.5", "volume_m3: yes", "tanks[1].volume_m3: must be a number, not true"),
        ("volume_m3: 2.5", "volume_m3: .inf", "tanks[1].volume_m3: must be a finite number"),
        ("volume_m3: 2.5", "volume_m3: .nan", "tanks[1].volume_m3: must be a finite number"),
        ("volume_m3: 2.5", "volume_m3: [2]", "tanks[1].volume_m3: must be a number, not a list"),
        ("name: Alpha", "name: 12", "name: must be text, not 12; put it in quotes"),
        ("name: Alpha", "name: no", "name: must be text, not false; put it in quotes"),
        ("name: Alpha", "name: 11:30", "name: must be text, not 690; put it in quotes"),
        ("name: Alpha", "name:", "name: must be text, not an empty value"),
        ("name: Alpha", "name: {a: b}", "name: must be text, not a mapping"),
        ("active: true", "active: 1", "active: must be true or false, not 1"),
        ("2020-01-31", "'2020-01-31'", "opened: must be a date like 2025-11-21 without quotes"),
        ("2020-01-31", "2020-01-31 10:00:00", "opened: must be a date like 2025-11-21"),
        ("2020-01-31", "2020-02-30", "line 3: opened: '2020-02-30' is not a valid value"),
        ("2020-01-31", "20200131", "opened: must be a date like 2025-11-21 without quotes"),
        ("[62.25, -7.2]", "[62.25]", "position: must have 2 values, not 1"),
        ("[62.25, -7.2]", "[62.25, west]", "position[1]: must be a number, not 'west'"),
        ("[62.25, -7.2]", "62.25", "position: must be a list, not 62.25"),
        ("[62.25, -7.2]", "ab", "position: must be a list, not 'ab'"),
        ("[62.25, -7.2]", "{1: 2, 3: 4}", "position: must be a list, not a mapping"),
        ("{0.3: 1, 2: 2}", "[1, 2]", "feeds: must be a mapping of keys, not a list"),
        ("{0.3: 1, 2: 2}", "{small: 1}", "feeds.small: must be a number, not 'small'"),
        ("{0.3: 1, 2: 2}", "{0.3: one}", "feeds.0.3: must be a whole number, not 'one'"),
        ("name: Alpha", "name: Alpha\nkind: fish", "kind: must be one of hatchery, smolt"),
        ("name: Alpha", "name: Alpha\nlimit: x", "limit: must be a number, not 'x'"),
        ("name: Alpha\n", "", "name: is missing"),
        ("    volume_m3: 2.5\n", "", "tanks[1].volume_m3: is missing"),
        ("opened:", "openned:", "openned: unknown key; did you mean opened?"),
        (
            "    volume_m3:",
            "    volum_m3:",
            "tanks[1].volum_m3: unknown key; did you mean volume_m3?",
        ),
        ("active: true", "active: true\nqq: 1", "qq: unknown key; known keys are name, opened,"),
        ("active: true", "active: true\n7: 1", "the key 7 is not text; put it in quotes"),
        ("name: A2", "7: A2", "tanks[1]: the key 7 is not text; put it in quotes"),
        (
            "name: A2",
            "name: A2\n    fish: 1\n    fish: 2",
            "line 9: tanks[1].fish: this key occurs twice",
        ),
        ("{0.3: 1, 2: 2}", "{2: 1, 2.0: 2}", "feeds.2.0: this key occurs twice"),
        ("name: Alpha", "name: &a Alpha", "line 2: name: anchors and aliases are not allowed"),
        ("name: Alpha", "name: *a", "line 2: name: anchors and aliases are not allowed"),
        ("[62.25, -7.2]", "&p [1, 2]", "position: anchors and aliases are not allowed"),
        ("name: Alpha", "name: !!str Alpha", "line 2: name: tags (!...) are not allowed"),
        ("name: Alpha", "name: !!python/object:os.system {}", "name: tags (!...) are not allowed"),
        ("name: Alpha", "name: !salmon Alpha", "name: tags (!...) are not allowed"),
        ("[62.25, -7.2]", "!!set {1, 2}", "position: tags (!...) are not allowed"),
        ("name: Alpha", f"name: {'x' * 201}", "name: text has 201 characters, at most 200 are"),
        ("name: Alpha", f"{'x' * 201}: 1", "line 2: text has 201 characters, at most 200 are"),
        ("name: Alpha", 'name: "a\\nb"', "name: line breaks and control characters"),
        ("name: Alpha", 'name: "a\\0b"', "name: line breaks and control characters"),
        ("name: Alpha", 'name: "a\\e[31mb"', "name: line breaks and control characters"),
        ("name: Alpha", 'name: "a\\u202eb"', "name: line breaks and control characters"),
        ("name: Alpha", 'name: "a\\u0085b"', "name: line breaks and control characters"),
        ("name: Alpha", '"na\\tme": Alpha', "line breaks and control characters"),
        ("name: Alpha", "name: |\n  a\n  b", "name: line breaks and control characters"),
        ("name: Alpha", "? [a, b]\n: Alpha", "line 2: a key must be a scalar, not a list"),
        ("name: Alpha", "name: 0b_", "line 2: name: '0b_' is not a valid value"),
        ("name: Alpha", f"name: {'9' * 200}", "name: must be text, not 99999"),
        ("volume_m3: 2.5", f"volume_m3: {'9' * 201}", "volume_m3: text has 201 characters"),
        ("name: Alpha", f"name: {'[' * 41}{']' * 41}", "is nested more than 40 levels deep"),
    ],
)
def test_an_error_names_the_key_and_the_reason(old: str, new: str, reason: str) -> None:
    message = error_message(changed(old, new))
    assert message.startswith("x.yaml")
    assert reason in message


def test_a_misspelt_key_is_reported_before_the_missing_one() -> None:
    assert error_message(changed("opened:", "openned:")).count("\n") == 0
    assert "missing" not in error_message(changed("opened:", "openned:"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "the top level must be a mapping of keys, not an empty value"),
        ("- a\n- b\n", "the top level must be a mapping of keys, not a list"),
        ("just words", "the top level must be a mapping of keys, not 'just words'"),
        ("name: a\nb: [1, 2\n", "line 3: is not valid YAML"),
        ("name: a\n\tb: 1\n", "line 2: is not valid YAML"),
        ("name: a\n---\nname: b\n", "line 2: starts a second document; only one is allowed"),
        ("name: 'a\n", "is not valid YAML"),
        ("name: \x07\n", "is not valid YAML"),
        ("name: \ud800\n", "is not valid YAML"),
        ("%YAML 3.0\n---\nname: a\n", "is not valid YAML"),
        ("a: " + "[" * 100_000, "is nested more than 40 levels deep"),
        ("{a: " * 100_000, "is nested more than 40 levels deep"),
        ("a:\n  " + "- " * 5_000, "is nested more than 40 levels deep"),
    ],
)
def test_text_that_is_not_one_mapping_is_refused(text: str, reason: str) -> None:
    assert reason in error_message(text)


def test_nested_aliases_are_refused_at_the_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(
        f"{name}: &{name} [*{before}, *{before}]\n"
        for before, name in zip("abcdefgh", "bcdefghi", strict=True)
    )
    assert "x.yaml, line 1: a: anchors and aliases are not allowed" in error_message(bomb)


def test_a_file_is_read_and_named_in_errors(tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    path.write_text("\ufeff" + GOOD, encoding="utf-8")
    assert read_document(path, Station) == STATION
    path.write_text(changed("fish: 5000", "fish: few"), encoding="utf-8")
    with pytest.raises(DocumentError, match=r"^farm file .*farm\.yaml: tanks\[0\]\.fish: must be"):
        read_document(path, Station)
    with pytest.raises(DocumentError, match=r"^schedule file .*farm\.yaml: tanks"):
        read_document(path, Station, "schedule")
    assert error_message("- a", None).startswith("farm text: ")


def file_error_message(path: Path) -> str:
    with pytest.raises(DocumentError) as caught:
        read_document(path, Station)
    assert str(caught.value).isprintable()
    return str(caught.value)


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    assert "no such file" in file_error_message(tmp_path / "none.yaml")
    assert "cannot be read: Is a directory" in file_error_message(tmp_path)
    assert "is not a valid path" in file_error_message(Path("a\0b"))
    assert "cannot be read" in file_error_message(Path("x" * 5000))
    binary = tmp_path / "salmon.jpg"
    binary.write_bytes(b"\xff\xd8\xff\xe0salmon")
    assert "is not text in UTF-8 (byte 0)" in file_error_message(binary)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root reads all files")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    path.write_text(GOOD, encoding="utf-8")
    path.chmod(0)
    assert "cannot be read: Permission denied" in file_error_message(path)


def test_a_document_above_the_size_limit_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    assert "larger than 10 MB" in file_error_message(path)
    assert "larger than 10 MB" in error_message(" " * (MAX_BYTES + 1))


def test_a_pipe_that_nobody_writes_to_is_not_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "farm.yaml"
    os.mkfifo(path)
    assert "not an empty value" in file_error_message(path)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="needs /dev/zero")
def test_an_endless_file_is_refused() -> None:
    assert "larger than 10 MB" in file_error_message(Path("/dev/zero"))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("- a\n", "the top level must be a mapping of keys, not a list"),
        ("[", "the top level must be a mapping of keys, not a list"),
        ("batches:\n" + "- x\n" * 20_000, "has more than 10,000 items"),
        ("".join(f"k{number}: 1\n" for number in range(20_000)), "has more than 10,000 items"),
        ("a:\n" + "- [" + "x," * 9_000 + "]\n", "has more than 750,000 keys and values"),
    ],
)
def test_large_nonsense_is_refused_before_all_of_it_is_read(text: str, reason: str) -> None:
    nonsense = nonsense_of(text)
    with pytest.raises(DocumentError) as caught:
        read_document(nonsense, Station)
    assert reason in str(caught.value)


def test_too_many_values_are_refused_before_most_of_them_are_read() -> None:
    """The values are counted before they are read, which takes seconds."""
    text = "a:\n" + nonsense_of("- [" + "x," * 9_000 + "]\n")
    with pytest.raises(DocumentError, match=r"line [2-9]: a\[[0-9]\]\[[0-9]+\]: has more than"):
        read_document(text, Station)


def nonsense_of(text: str) -> str:
    """Return a text of 4 MB that repeats the last line."""
    return text + (text.splitlines()[-1] + "\n") * (4_000_000 // len(text))
