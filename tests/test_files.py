from __future__ import annotations

import os
import stat

import pytest

from pytest_aquadata.files import atomic_path, file_name, real_path, write_atomically


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


@pytest.mark.parametrize("mode", [0o600, 0o640])
def test_owner_and_permissions_of_a_replaced_file_are_kept(tmp_path, mode):
    file = tmp_path / "a.json"
    file.write_text("old")
    file.chmod(mode)
    if os.geteuid() == 0:
        os.chown(file, 12345, 12345)
    before = file.stat()
    write_atomically(file, "new")
    after = file.stat()
    assert (after.st_mode, after.st_uid, after.st_gid) == (
        before.st_mode,
        before.st_uid,
        before.st_gid,
    )
    assert file.read_text() == "new"


def test_a_link_is_refused_unless_it_shall_be_followed(tmp_path):
    file, link = tmp_path / "a.yaml", tmp_path / "link.yaml"
    file.write_text("old")
    link.symlink_to("a.yaml")
    with pytest.raises(OSError, match="is a symbolic link, and is left"):
        write_atomically(link, "new")
    assert file.read_text() == "old"
    write_atomically(link, "new", follow_link=True)
    assert file.read_text() == "new"
    assert link.is_symlink()


def test_a_pipe_or_a_device_is_not_replaced(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(OSError, match="is no regular file"):
        write_atomically(tmp_path / "pipe", "new", follow_link=True)
    assert [file.name for file in tmp_path.iterdir()] == ["pipe"]
    assert stat.S_ISFIFO((tmp_path / "pipe").stat().st_mode)


def test_links_in_the_names_of_folders_are_followed(tmp_path):
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    assert real_path(tmp_path / "link" / "a") == tmp_path / "real" / "a"
