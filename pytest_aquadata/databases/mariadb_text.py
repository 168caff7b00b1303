"""Rows as text for MariaDB, written from columns.

Numbers have as many digits as the largest of their column, with leading zeros, so that rows are
equally long and numpy can write them side by side.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..lifecycle.columns import Column, Columns
from ..lifecycle.days import MICROSECONDS_PER_DAY, MICROSECONDS_PER_SECOND
from .column_types import Kind, form_of
from .row_bytes import ROWS_PER_PIECE, Cells, distinct, fixed, pieces_of, rows_as_bytes, with_nulls

_GROUP = 10_000
_GROUP_DIGITS = 4
_SECONDS_PER_DAY = 86_400
_ESCAPES = str.maketrans(
    {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}
)

Digits = NDArray[np.uint8]
"""ASCII characters: a matrix with a line per row."""


@dataclass(frozen=True)
class Framing:
    """Text around the fields of a row.

    Attributes:
        before: before the first field.
        between: between two fields.
        after: after the last field.
        quote: on both sides of a text, date or time.
        null: instead of a null.
    """

    before: bytes
    between: bytes
    after: bytes
    quote: bytes
    null: bytes


LOAD_DATA = Framing(b"", b"\t", b"\n", b"", b"\\N")
"""The default format of LOAD DATA."""
VALUES = Framing(b"(", b",", b"),", b"'", b"NULL")
"""The values of an INSERT, with a comma after each row."""


def text_rows(
    table: sa.Table, columns: Columns, framing: Framing, rows_per_piece: int = ROWS_PER_PIECE
) -> Iterator[bytes]:
    """Yield rows as text, with their columns in their order.

    Args:
        table: the table that the rows are for.
        columns: the rows.
        framing: text around their fields.
        rows_per_piece: maximum number of rows in a piece.
    """
    for piece in pieces_of(columns, rows_per_piece):
        names = list(piece.columns)
        cells = []
        for name, column in piece.columns.items():
            head = framing.before if name == names[0] else b""
            tail = framing.after if name == names[-1] else framing.between
            values = _values(column, table.columns[name], framing.quote, head, tail)
            cells.append(with_nulls(values, column.null, head + framing.null + tail))
        yield from rows_as_bytes(cells, len(piece))


def _values(
    column: Column, target: sa.Column[object], quote: bytes, head: bytes, tail: bytes
) -> Cells:
    """Return the fields of a column, with the text before and after each."""
    form, values = form_of(target), column.values
    opening, closing = head + quote, quote + tail
    match form.kind:
        case Kind.TEXT | Kind.JSON:
            texts = [text.translate(_ESCAPES).encode() for text in column.vocabulary or ("",)]
            return distinct([opening + text + closing for text in texts], values)
        case Kind.DOUBLE:
            numbers, code = np.unique(values, return_inverse=True)
            texts = [repr(number).encode() for number in numbers.tolist()]
            return distinct([head + text + tail for text in texts], code)
        case Kind.DECIMAL:
            return fixed(_beside(head, *_signed(values, form.scale), tail))
        case Kind.BOOLEAN:
            return fixed(_beside(head, _padded(values.astype(np.int64), 1), tail))
        case Kind.DATE:
            return fixed(_beside(opening, _dates(values), closing))
        case Kind.INSTANT:
            day, clock = np.divmod(values, MICROSECONDS_PER_DAY)
            return fixed(_beside(opening, _dates(day), b" ", *_times(clock), closing))
        case Kind.TIME:
            return fixed(_beside(opening, *_times(values), closing))
        case Kind.INTEGER:
            return fixed(_beside(head, *_signed(values, 0), tail))


def _signed(values: NDArray[np.int64], scale: int) -> list[Digits | bytes]:
    """Return scaled integers with a decimal point, and with a sign if any is negative."""
    # unsigned, because the lowest integer has no counterpart among the signed ones
    size = np.abs(values).view(np.uint64)
    whole, part = np.divmod(size, np.uint64(10**scale))
    parts: list[Digits | bytes] = []
    negative = values < 0
    if negative.any():
        parts.append(np.where(negative, ord("-"), ord("0")).astype(np.uint8)[:, None])
    parts.append(_padded(whole, len(str(int(whole.max(initial=0))))))
    if scale:
        parts += [b".", _padded(part, scale)]
    return parts


def _padded(values: NDArray[np.integer[Any]], digits: int) -> Digits:
    """Return integers with a number of digits, leading zeros included."""
    groups = -(-digits // _GROUP_DIGITS)
    written = np.empty((len(values), groups, _GROUP_DIGITS), dtype=np.uint8)
    for place in range(groups - 1, 0, -1):
        values, group = np.divmod(values, values.dtype.type(_GROUP))
        written[:, place] = _four_digits()[group]
    written[:, 0] = _four_digits()[values]
    return written.reshape(len(values), -1)[:, groups * _GROUP_DIGITS - digits :]


def _dates(days: NDArray[np.int64]) -> Digits:
    first = int(days.min(initial=0))
    span = np.arange(first, int(days.max(initial=0)) + 1)
    if len(span) > len(days):
        first, span = 0, days
    texts = np.datetime_as_string(span.astype("datetime64[D]")).astype("S10")
    written = texts.view(np.uint8).reshape(-1, 10)
    return written if span is days else written[days - first]


def _times(clock: NDArray[np.int64]) -> list[Digits | bytes]:
    """Return times of day, with microseconds if any has them."""
    second, fraction = np.divmod(clock, MICROSECONDS_PER_SECOND)
    written = _clock_times()[second]
    return [written, b".", _padded(fraction, 6)] if fraction.any() else [written]


def _beside(*parts: Digits | bytes) -> Digits:
    """Join matrices and constant texts side by side."""
    rows = next(len(part) for part in parts if not isinstance(part, bytes))
    written = np.empty((rows, sum(map(_width, parts))), dtype=np.uint8)
    start = 0
    for part in parts:
        end = start + _width(part)
        written[:, start:end] = np.frombuffer(part, np.uint8) if isinstance(part, bytes) else part
        start = end
    return written


def _width(part: Digits | bytes) -> int:
    return len(part) if isinstance(part, bytes) else part.shape[1]


@cache
def _four_digits() -> Digits:
    """Return `0000` to `9999`."""
    return _characters([f"{number:04}" for number in range(_GROUP)])


@cache
def _clock_times() -> Digits:
    """Return `00:00:00` to `23:59:59`."""
    return _characters(
        [
            f"{second // 3600:02}:{second // 60 % 60:02}:{second % 60:02}"
            for second in range(_SECONDS_PER_DAY)
        ]
    )


def _characters(texts: list[str]) -> Digits:
    return np.frombuffer("".join(texts).encode(), np.uint8).reshape(len(texts), -1)
