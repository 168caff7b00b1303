"""Parts of a build as files of plain data: reading one runs no code, whoever has written it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import StoreError
from ..files import atomic_path, digest_name
from ..lifecycle.columns import BatchTables, Column, Columns


class PartFiles:
    """Writes parts to files, from any process.

    A file has a line of JSON that describes the columns, then their arrays one after another.
    """

    def __init__(self, folder: Path) -> None:
        """Set the folder."""
        self._folder = folder

    def write(self, name: str, entry: str, tables: BatchTables) -> None:
        """Write a part; the file appears when it is complete."""
        with atomic_path(self._path(name)) as unfinished, unfinished.open("wb") as file:
            header = {table: _description(columns) for table, columns in tables.items()}
            file.write(json.dumps(header).encode() + b"\n")
            for columns in tables.values():
                for column in columns.columns.values():
                    _write_array(file, column.values)
                    if column.null is not None:
                        _write_array(file, column.null)

    def take(self, name: str) -> BatchTables:
        """Return the tables of a part, and remove its file.

        Raises:
            StoreError: when the file is not one that `write` has written.
        """
        path = self._path(name)
        try:
            with path.open("rb") as file:
                header = json.loads(file.readline())
                tables = {table: _read_columns(file, values) for table, values in header.items()}
        except (ValueError, TypeError, KeyError, AttributeError, EOFError) as error:
            raise StoreError(f"{path} was changed by another program: {error}") from error
        path.unlink()
        return tables

    def _path(self, name: str) -> Path:
        return self._folder / digest_name(name)


def _description(columns: Columns) -> dict[str, Any]:
    """Return names, vocabularies, and which columns have nulls: the arrays do not say it."""
    return {
        "length": len(columns),
        "columns": [
            [name, column.null is not None, column.vocabulary]
            for name, column in columns.columns.items()
        ],
    }


def _read_columns(file: BinaryIO, description: dict[str, Any]) -> Columns:
    length = int(description["length"])
    columns = {}
    for name, has_null, vocabulary in description["columns"]:
        values = _read_array(file, length)
        null = _read_array(file, length) if has_null else None
        columns[name] = Column(values, null, None if vocabulary is None else tuple(vocabulary))
    return Columns(columns, length)


def _write_array(file: BinaryIO, array: NDArray[Any]) -> None:
    """Write an array; of one that repeats a value, write the value."""
    repeats = len(array) > 0 and array.strides == (0,)
    np.lib.format.write_array(file, array[:1] if repeats else array, allow_pickle=False)


def _read_array(file: BinaryIO, length: int) -> NDArray[Any]:
    array: NDArray[Any] = np.lib.format.read_array(file, allow_pickle=False)
    return np.broadcast_to(array, (length,)) if array.shape == (1,) else array
