"""Rows laid out as bytes by numpy, for the bulk formats that databases read.

A row is its fields' bytes one after another, each with whatever frames it. Rows whose fields are
equally long, one by one, have the same layout and are written together, as one structured array;
so rows come out grouped by layout, in their order within each.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.columns import Column, Columns

ROWS_AT_ONCE = 32_768


@dataclass(frozen=True, slots=True)
class Cells:
    """One column's fields as bytes.

    Attributes:
        of_shape: fields of one length each, as arrays of opaque bytes with a value a row; or, for
            a text, the distinct fields of that length.
        shape: which of them a row's field is of; None if there is but one.
        code: where a row's field stands among its shape's distinct ones; None if the shapes have
            a value for each row.
    """

    of_shape: Sequence[NDArray[np.void]]
    shape: NDArray[np.intp] | None = None
    code: NDArray[np.intp] | None = None

    def pick(self, shape: int, rows: NDArray[np.intp] | None) -> NDArray[np.void]:
        """The fields of these rows, all of one shape."""
        fields = self.of_shape[shape]
        if self.code is not None:
            return fields[self.code if rows is None else self.code[rows]]
        return fields if rows is None else fields[rows]


def fixed(fields: NDArray[Any]) -> Cells:
    """Fields that are all equally long, given as a structured array or a matrix of bytes."""
    return Cells([_opaque(fields)])


def distinct(fields: Sequence[bytes], code: NDArray[np.int64]) -> Cells:
    """Fields given once for each distinct value, and which of them each row has."""
    lengths = np.array([len(field) for field in fields], dtype=np.int64)
    widths, shape_of = np.unique(lengths, return_inverse=True)
    place = np.empty(len(fields), dtype=np.intp)
    of_shape = []
    for shape, width in enumerate(widths.tolist()):
        members = np.flatnonzero(shape_of == shape)
        place[members] = np.arange(len(members))
        joined = b"".join(fields[member] for member in members.tolist())
        of_shape.append(np.frombuffer(joined, dtype=f"V{width}"))
    return Cells(of_shape, None if len(widths) == 1 else shape_of[code], place[code])


def with_nulls(cells: Cells, null: NDArray[np.bool_] | None, field: bytes) -> Cells:
    """The same fields, with another in the rows where the value is missing."""
    if null is None or not null.any():
        return cells
    missing = len(cells.of_shape)
    rows = len(null)
    shape = np.zeros(rows, np.intp) if cells.shape is None else cells.shape
    if cells.code is None:
        alone = np.broadcast_to(np.frombuffer(field, dtype=f"V{len(field)}"), rows)
        return Cells([*cells.of_shape, alone], np.where(null, missing, shape))
    alone = np.frombuffer(field, dtype=f"V{len(field)}")
    return Cells(
        [*cells.of_shape, alone], np.where(null, missing, shape), np.where(null, 0, cells.code)
    )


def portions(columns: Columns, rows_at_once: int = ROWS_AT_ONCE) -> Iterator[Columns]:
    """The rows in portions that take little memory; nothing is copied."""
    for start in range(0, len(columns), rows_at_once):
        here = slice(start, min(start + rows_at_once, len(columns)))
        yield Columns(
            {
                name: Column(
                    column.values[here],
                    None if column.null is None else column.null[here],
                    column.vocabulary,
                )
                for name, column in columns.columns.items()
            },
            here.stop - start,
        )


def rows_as_bytes(cells: Sequence[Cells], rows: int) -> Iterator[bytes]:
    """The bytes of all rows, a piece for each layout.

    Args:
        cells: the fields, in the order in which they stand in a row.
        rows: how many rows there are.
    """
    varying = [(one.shape, len(one.of_shape)) for one in cells if one.shape is not None]
    if not varying:
        yield _laid_out(cells, [0] * len(cells), rows, None)
        return
    layout = np.zeros(rows, dtype=np.intp)
    for shape, shapes in varying:
        layout = layout * shapes + shape
        # numbered anew each time, so that many columns cannot overflow it
        layout = np.unique(layout, return_inverse=True)[1]
    order = np.argsort(layout, kind="stable")
    for members in np.split(order, np.flatnonzero(np.diff(layout[order])) + 1):
        of_first = [0 if one.shape is None else int(one.shape[members[0]]) for one in cells]
        yield _laid_out(cells, of_first, len(members), members)


def _laid_out(
    cells: Sequence[Cells], shapes: Sequence[int], rows: int, members: NDArray[np.intp] | None
) -> bytes:
    fields = [one.pick(shape, members) for one, shape in zip(cells, shapes, strict=True)]
    # one after another without padding, so that the array's memory is the bytes wanted
    row = np.dtype([(str(index), field.dtype) for index, field in enumerate(fields)])
    laid = np.empty(rows, dtype=row)
    for index, field in enumerate(fields):
        laid[str(index)] = field
    return laid.tobytes()


def _opaque(fields: NDArray[Any]) -> NDArray[np.void]:
    if fields.ndim == 2:
        return np.ascontiguousarray(fields).view(f"V{fields.shape[1]}").ravel()
    return np.ascontiguousarray(fields).view(f"V{fields.dtype.itemsize}")


class ByteStream:
    """A file of bytes that are made while it is read."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        """Take pieces to be read one after another."""
        self._pieces = pieces
        self._piece = memoryview(b"")

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes; none at the end. All of them if negative."""
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
