from __future__ import annotations

import stat

import pytest

from pytest_aquadata.files import atomic_path, write_atomically


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
