"""Parts in files: what is read is what was written, and no file can run code."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import numpy as np
import pytest

from pytest_aquadata.databases.part_files import PartFiles
from pytest_aquadata.errors import StoreError
from pytest_aquadata.lifecycle.columns import (
    Columns,
    booleans,
    constant,
    decimals,
    floats,
    integers,
    table,
    texts,
)


class Attack:
    """Runs a command when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, ("touch attacked",)


def rows() -> Columns:
    return table(
        3,
        id=integers([1, 2, 3], np.array([False, True, False])),
        weight=decimals([1.5, 2.25, 3.0], 2),
        share=floats([0.1, 0.2, np.nan]),
        alive=booleans([True, False, True]),
        name=texts(["føroyar", None, ""]),
        farm="FAR",
        note=None,
    )


def test_a_part_is_read_as_it_was_written(tmp_path: Path) -> None:
    tables = {
        "batch": rows(),
        "empty": table(0, id=integers([])),
        "one": table(1, id=integers([7])),
    }
    PartFiles(tmp_path).write("FAR/1", "", tables)
    taken = PartFiles(tmp_path).take("FAR/1")
    assert list(tmp_path.iterdir()) == []
    assert taken.keys() == tables.keys()
    for name, columns in tables.items():
        assert len(taken[name]) == len(columns)
        for column_name, column in columns.columns.items():
            read = taken[name][column_name]
            np.testing.assert_array_equal(read.values, column.values)
            assert read.values.dtype == column.values.dtype
            assert read.vocabulary == column.vocabulary
            assert (read.null is None) == (column.null is None)
            if read.null is not None and column.null is not None:
                np.testing.assert_array_equal(read.null, column.null)


def test_a_repeated_value_is_written_once(tmp_path: Path) -> None:
    PartFiles(tmp_path).write("1", "", {"readings": Columns({"id": constant(1, 10**6)}, 10**6)})
    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 1_000
    assert PartFiles(tmp_path).take("1")["readings"]["id"].is_constant


def object_array(file: Path) -> None:
    with file.open("wb") as opened:
        opened.write(b'{"batch": {"length": 1, "columns": [["id", false, null]]}}\n')
        np.lib.format.write_array(opened, np.array([Attack()], dtype=object), allow_pickle=True)


def cut_off(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1])


SWAPPED = {
    "pickle": lambda file: file.write_bytes(pickle.dumps(Attack())),
    "array of objects": object_array,
    "other header": lambda file: file.write_bytes(b"[1, 2]\n"),
    "other columns": lambda file: file.write_bytes(b'{"batch": {"length": 1, "columns": [1]}}\n'),
    "cut off": cut_off,
    "empty": lambda file: file.write_bytes(b""),
}


@pytest.mark.parametrize("swap", SWAPPED)
def test_a_file_that_someone_has_swapped_runs_no_code(
    tmp_path: Path, swap: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "parts"
    folder.mkdir()
    folder.chmod(0o777)
    PartFiles(folder).write("FAR-1", "", {"batch": rows()})
    (file,) = folder.iterdir()
    SWAPPED[swap](file)
    with pytest.raises(StoreError, match="was changed by another program"):
        PartFiles(folder).take("FAR-1")
    assert not (tmp_path / "attacked").exists()


@pytest.mark.parametrize("name", ["../../evil", "/etc/evil", "a" * 300, "..", "\x00", "\ud800"])
def test_the_name_of_a_part_stays_in_its_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "parts"
    folder.mkdir()
    PartFiles(folder).write(name, "", {"batch": rows()})
    assert [path.name for path in tmp_path.iterdir()] == ["parts"]
    assert len(PartFiles(folder).take(name)["batch"]) == 3
