"""Rows in the binary format of PostgreSQL's COPY, written from columns.

A row is the number of its fields, then the length and the bytes of each field, big-endian:
https://www.postgresql.org/docs/current/sql-copy.html. The bytes are those that the `recv` function
of the type reads.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..lifecycle.columns import Column, Columns
from ..lifecycle.days import MICROSECONDS_PER_DAY
from ..schema.value_limits import integer_bytes
from .column_types import Kind, form_of
from .row_bytes import Cells, distinct, fixed, pieces_of, rows_as_bytes, with_nulls

_HEADER = b"PGCOPY\n\xff\r\n\0" + struct.pack(">ii", 0, 0)
_TRAILER = struct.pack(">h", -1)
_NULL = struct.pack(">i", -1)
_JSONB_VERSION = b"\x01"
_EPOCH_DAY = 10_957
"""Day 0 of PostgreSQL, 2000-01-01, as days from 1970-01-01."""
_BASE = 10_000
_DIGITS = 4
"""Decimal digits in one digit of the type numeric, which is to the base of 10,000."""
_NEGATIVE = 0x4000


def binary_rows(table: sa.Table, columns: Columns) -> Iterator[bytes]:
    """Yield the bytes for COPY into these columns, in their order."""
    yield _HEADER
    count = fixed(np.full(1, len(columns.columns), ">i2"))
    for piece in pieces_of(columns):
        rows = len(piece)
        field_count = Cells([np.broadcast_to(count.by_shape[0], rows)])
        cells = [_cells(column, table.columns[name]) for name, column in piece.columns.items()]
        yield from rows_as_bytes([field_count, *cells], rows)
    yield _TRAILER


def _cells(column: Column, target: sa.Column[object]) -> Cells:
    return with_nulls(_values(column, target), column.null, _NULL)


def _values(column: Column, target: sa.Column[object]) -> Cells:
    form, values = form_of(target), column.values
    match form.kind:
        case Kind.TEXT | Kind.JSON:
            version = _JSONB_VERSION if form.kind is Kind.JSON else b""
            texts = [version + text.encode() for text in column.vocabulary or ("",)]
            return distinct([struct.pack(">i", len(text)) + text for text in texts], values)
        case Kind.DECIMAL:
            return fixed(_numeric(values, form.scale))
        case Kind.DOUBLE:
            return _plain(values, ">f8")
        case Kind.BOOLEAN:
            return _plain(values, ">i1")
        case Kind.DATE:
            return _plain(values - _EPOCH_DAY, ">i4")
        case Kind.INSTANT:
            return _plain(values - _EPOCH_DAY * MICROSECONDS_PER_DAY, ">i8")
        case Kind.TIME:
            return _plain(values, ">i8")
        case Kind.INTEGER:
            return _plain(values, f">i{integer_bytes(target.type)}")


def _plain(values: NDArray[np.generic], kind: str) -> Cells:
    """Return fields of a length and one number."""
    fields = np.empty(len(values), dtype=[("length", ">i4"), ("value", kind)])
    fields["length"] = np.dtype(kind).itemsize
    fields["value"] = values
    return fixed(fields)


def _numeric(values: NDArray[np.int64], scale: int) -> NDArray[np.void]:
    """Return scaled integers as numeric: digits to the base of 10,000, aligned at the point.

    All have as many digits as the largest needs: the server drops zeros at both ends.
    """
    fraction_digits = -(-scale // _DIGITS)
    size = np.abs(values)
    # the last digit after the point is filled from the left
    whole, part = np.divmod(size, 10**scale)
    part = part * 10 ** (fraction_digits * _DIGITS - scale)
    largest = int(whole.max(initial=0))
    whole_digits = 1
    while largest >= _BASE**whole_digits:
        whole_digits += 1
    count = whole_digits + fraction_digits
    fields = np.empty(
        len(values),
        dtype=[
            ("length", ">i4"),
            ("count", ">i2"),
            ("weight", ">i2"),
            ("sign", ">u2"),
            ("scale", ">i2"),
            ("digits", ">i2", (count,)),
        ],
    )
    fields["length"] = 8 + 2 * count
    fields["count"] = count
    fields["weight"] = whole_digits - 1
    fields["sign"] = np.where(values < 0, _NEGATIVE, 0)
    fields["scale"] = scale
    digits = fields["digits"]
    for place in range(count - 1, whole_digits - 1, -1):
        part, digits[:, place] = np.divmod(part, _BASE)
    for place in range(whole_digits - 1, 0, -1):
        whole, digits[:, place] = np.divmod(whole, _BASE)
    digits[:, 0] = whole
    return fields
