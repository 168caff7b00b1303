"""Rows as bytes in the bulk formats of databases, written by numpy.

The bytes of a row are those of its fields, one after another. Rows whose fields have the same
lengths have the same layout and are written together as one structured array. So the rows are
grouped by layout, and within a layout they keep their order.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.columns import Column, Columns

ROWS_PER_PIECE = 32_768


@dataclass(frozen=True, slots=True)
class Cells:
    """Fields of one column as bytes, grouped by their length; each length is a shape.

    Attributes:
        by_shape: an array of bytes per shape: a field for each row, or the distinct fields if
            `code` is not None.
        shape: index of each row's shape; None if there is only one shape.
        code: index of each row's field among the distinct fields of its shape; None if the
            arrays have a field for each row.
    """

    by_shape: Sequence[NDArray[np.void]]
    shape: NDArray[np.intp] | None = None
    code: NDArray[np.intp] | None = None

    def pick(self, shape: int, rows: NDArray[np.intp] | None) -> NDArray[np.void]:
        """Return the fields of rows that have the same shape; of all rows if None."""
        fields = self.by_shape[shape]
        if self.code is not None:
            return fields[self.code if rows is None else self.code[rows]]
        return fields if rows is None else fields[rows]


def fixed(fields: NDArray[Any]) -> Cells:
    """Return fields of equal length, from a structured array or a matrix of bytes."""
    return Cells([_opaque(fields)])


def distinct(fields: Sequence[bytes], code: NDArray[np.int64]) -> Cells:
    """Return fields from the distinct ones and the index of each row's field."""
    lengths = np.array([len(field) for field in fields], dtype=np.int64)
    widths, shape_of = np.unique(lengths, return_inverse=True)
    position = np.empty(len(fields), dtype=np.intp)
    by_shape = []
    for shape, width in enumerate(widths.tolist()):
        members = np.flatnonzero(shape_of == shape)
        position[members] = np.arange(len(members))
        joined = b"".join(fields[member] for member in members.tolist())
        by_shape.append(np.frombuffer(joined, dtype=f"V{width}"))
    return Cells(by_shape, None if len(widths) == 1 else shape_of[code], position[code])


def with_nulls(cells: Cells, null: NDArray[np.bool_] | None, field: bytes) -> Cells:
    """Return the fields with another field in the rows that are null."""
    if null is None or not null.any():
        return cells
    missing = len(cells.by_shape)
    rows = len(null)
    shape = np.zeros(rows, np.intp) if cells.shape is None else cells.shape
    if cells.code is None:
        null_field = np.broadcast_to(np.frombuffer(field, dtype=f"V{len(field)}"), rows)
        return Cells([*cells.by_shape, null_field], np.where(null, missing, shape))
    null_field = np.frombuffer(field, dtype=f"V{len(field)}")
    return Cells(
        [*cells.by_shape, null_field], np.where(null, missing, shape), np.where(null, 0, cells.code)
    )


def pieces_of(columns: Columns, rows_per_piece: int = ROWS_PER_PIECE) -> Iterator[Columns]:
    """Yield the rows in pieces that need little memory; nothing is copied."""
    for start in range(0, len(columns), rows_per_piece):
        rows = slice(start, min(start + rows_per_piece, len(columns)))
        yield Columns(
            {
                name: Column(
                    column.values[rows],
                    None if column.null is None else column.null[rows],
                    column.vocabulary,
                )
                for name, column in columns.columns.items()
            },
            rows.stop - start,
        )


def rows_as_bytes(cells: Sequence[Cells], rows: int) -> Iterator[bytes]:
    """Yield the bytes of all rows, a piece for each layout.

    Args:
        cells: the columns in their order.
        rows: number of rows.
    """
    varying = [(column.shape, len(column.by_shape)) for column in cells if column.shape is not None]
    if not varying:
        yield _join(cells, [0] * len(cells), rows, None)
        return
    layout = np.zeros(rows, dtype=np.intp)
    for shape, shapes in varying:
        layout = layout * shapes + shape
        # renumbered after each column, so that many columns cannot overflow
        layout = np.unique(layout, return_inverse=True)[1]
    order = np.argsort(layout, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(layout[order])) + 1):
        first = members[0]
        of_first = [0 if column.shape is None else int(column.shape[first]) for column in cells]
        yield _join(cells, of_first, len(members), members)


def _join(
    cells: Sequence[Cells], shapes: Sequence[int], rows: int, members: NDArray[np.intp] | None
) -> bytes:
    fields = [column.pick(shape, members) for column, shape in zip(cells, shapes, strict=True)]
    # without padding, so that the array's memory is the rows' bytes
    row = np.dtype([(str(index), field.dtype) for index, field in enumerate(fields)])
    joined_rows = np.empty(rows, dtype=row)
    for index, field in enumerate(fields):
        joined_rows[str(index)] = field
    return joined_rows.tobytes()


def _opaque(fields: NDArray[Any]) -> NDArray[np.void]:
    if fields.ndim == 2:
        return np.ascontiguousarray(fields).view(f"V{fields.shape[1]}").ravel()
    return np.ascontiguousarray(fields).view(f"V{fields.dtype.itemsize}")


class ByteStream:
    """A readable file whose bytes are made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Set the pieces, which are read one after another."""
        self._pieces = pieces
        self._piece = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """Return at most `size` bytes, all if negative; none at the end."""
        if size < 0:
            rest = b"".join((bytes(self._piece), *self._pieces))
            self._piece = memoryview(b"")
            return rest
        while not self._piece:
            piece = next(self._pieces, None)
            if piece is None:
                return b""
            self._piece = memoryview(piece)
        taken, self._piece = self._piece[:size], self._piece[size:]
        return bytes(taken)
