from __future__ import annotations

import stat

import pytest

from pytest_aquadata.files import atomic_path, file_name, write_atomically


def test_a_file_is_replaced_and_nothing_else_is_left(tmp_path):
    file = tmp_path / "a.json"
    file.write_text("old")
    write_atomically(file, "ný")
    assert file.read_text(encoding="utf-8") == "ný"
    assert list(tmp_path.iterdir()) == [file]


def test_bytes_are_written_as_they_are(tmp_path):
    write_atomically(tmp_path / "a", b"\x00\xff")
    assert (tmp_path / "a").read_bytes() == b"\x00\xff"


def test_an_error_leaves_the_old_file_alone(tmp_path):
    file = tmp_path / "a.json"
    file.write_text("old")
    with pytest.raises(RuntimeError), atomic_path(file) as unfinished:  # noqa: PT012
        unfinished.write_text("half")
        assert file.read_text() == "old"
        raise RuntimeError
    assert file.read_text() == "old"
    assert list(tmp_path.iterdir()) == [file]


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / "plain").write_text("")
    write_atomically(tmp_path / "atomic", "")
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("plain", "atomic")}
    assert len(modes) == 1


NAMES = {
    "small": "small",
    "Føroyar 2025": "Føroyar-2025",
    "../../../evil": "evil",
    "a/b\\c": "a-b-c",
    "what?x=1#y%20": "what-x-1-y-20",
    "\x00": "schedule",
    "": "schedule",
    "..": "schedule",
    "-rf": "rf",
    "a\u202eb\ud800": "a-b",
    "ø" * 100: "ø" * 30,
    "v1.2": "v1.2",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_becomes_a_name_of_a_file(tmp_path, name):
    plain = file_name(name)
    assert plain == NAMES[name]
    assert file_name(plain) == plain
    (tmp_path / f"{plain}.db").touch()
