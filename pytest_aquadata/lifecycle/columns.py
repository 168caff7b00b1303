"""Tables as sets of numpy columns of equal length: the form of all simulated rows.

Decimals are integers scaled by the column's scale, dates are days and instants microseconds since
1970 (see `days`), times of day microseconds after midnight, texts codes into a vocabulary. Nulls
are True in a mask. A column of one constant value takes no memory (a stride of zero).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        values: int64, float64 or bool; for text, codes into `vocabulary`.
        null: True where the value is null; None if no value is.
        vocabulary: the distinct texts, for a text column only.
    """

    values: NDArray[Any]
    null: NDArray[np.bool_] | None = None
    vocabulary: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_constant(self) -> bool:
        """True if the column was made of one value for all rows."""
        return len(self.values) > 0 and self.values.strides[0] == 0

    def take(self, rows: NDArray[Any]) -> Column:
        """Return the column at some row numbers, or where a mask is True."""
        null = None if self.null is None else self.null[rows]
        return Column(self.values[rows], null, self.vocabulary)


@dataclass(frozen=True, slots=True)
class Columns:
    """Rows of one table, column by column."""

    columns: Mapping[str, Column]
    length: int

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    def values(self, name: str) -> NDArray[Any]:
        """Return the raw values of a column."""
        return self.columns[name].values

    def with_columns(self, **columns: Column) -> Columns:
        """Return the rows with columns added or replaced."""
        return Columns({**self.columns, **columns}, self.length)

    def take(self, rows: NDArray[Any]) -> Columns:
        """Return some row numbers, or the rows where a mask is True."""
        taken = {name: column.take(rows) for name, column in self.columns.items()}
        length = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else len(rows)
        return Columns(taken, length)


BatchTables = Mapping[str, Columns]
"""Rows by table name."""


def integers(values: ArrayLike, null: NDArray[np.bool_] | None = None) -> Column:
    """Return a column of integers, keys, dates as days or instants as microseconds."""
    return Column(np.ascontiguousarray(values, dtype=np.int64).ravel(), null)


def decimals(values: ArrayLike, scale: int, null: NDArray[np.bool_] | None = None) -> Column:
    """Return a column of numbers rounded to `scale` decimal places, half to even."""
    return Column(scaled(values, scale).ravel(), null)


def scaled(values: ArrayLike, scale: int) -> NDArray[np.int64]:
    """Return numbers times 10 ** `scale`, rounded half to even, as integers."""
    return np.rint(np.asarray(values, dtype=np.float64) * 10**scale).astype(np.int64)


def floats(values: ArrayLike, null: NDArray[np.bool_] | None = None) -> Column:
    """Return a column of double-precision numbers."""
    return Column(np.ascontiguousarray(values, dtype=np.float64).ravel(), null)


def booleans(values: ArrayLike) -> Column:
    """Return a column of booleans."""
    return Column(np.ascontiguousarray(values, dtype=np.bool_).ravel())


def texts(values: Iterable[str | None]) -> Column:
    """Return a column of texts; None is a null."""
    rows = list(values)
    vocabulary = tuple(dict.fromkeys(value for value in rows if value is not None))
    code_of: dict[str | None, int] = {text: code for code, text in enumerate(vocabulary)}
    codes = np.array([code_of.get(value, 0) for value in rows], dtype=np.int64)
    null = np.array([value is None for value in rows], dtype=np.bool_)
    return Column(codes, null if null.any() else None, vocabulary or ("",))


def coded(
    codes: ArrayLike, vocabulary: Sequence[str], null: NDArray[np.bool_] | None = None
) -> Column:
    """Return a column of texts from codes into a vocabulary."""
    return Column(np.asarray(codes, dtype=np.int64).ravel(), null, tuple(vocabulary))


def constant(value: bool | int | float | str | None, length: int) -> Column:
    """Return a column of one value, stored once; None makes every row null."""
    if value is None:
        missing = np.broadcast_to(np.True_, length)
        return Column(np.broadcast_to(np.int64(0), length), missing)
    if isinstance(value, str):
        return Column(np.broadcast_to(np.int64(0), length), None, (value,))
    kind: type[Any] = np.int64
    if isinstance(value, bool):
        kind = np.bool_
    elif isinstance(value, float):
        kind = np.float64
    return Column(np.broadcast_to(kind(value), length), None)


def table(length: int, **columns: Column | bool | int | float | str | None) -> Columns:
    """Return the rows of a table; a single value becomes a constant column.

    Raises:
        ValueError: when a column has another length.
    """
    made = {
        name: column if isinstance(column, Column) else constant(column, length)
        for name, column in columns.items()
    }
    for name, column in made.items():
        if len(column) != length:
            raise ValueError(f"column {name} has {len(column)} rows, the table has {length}")
    return Columns(made, length)


def concatenate(parts: Sequence[Columns]) -> Columns:
    """Return the rows of several parts of one table, one after another."""
    if len(parts) == 1:
        return parts[0]
    names = parts[0].columns.keys()
    return Columns(
        {name: _concatenate([part[name] for part in parts]) for name in names},
        sum(len(part) for part in parts),
    )


def _concatenate(parts: Sequence[Column]) -> Column:
    null = None
    if any(part.null is not None for part in parts):
        null = np.concatenate(
            [np.zeros(len(part), np.bool_) if part.null is None else part.null for part in parts]
        )
    if all(part.vocabulary is None for part in parts):
        return Column(np.concatenate([part.values for part in parts]), null)
    merged: dict[str, int] = {}
    codes = []
    for part in parts:
        vocabulary = part.vocabulary or ("",)
        codes_here = [merged.setdefault(text, len(merged)) for text in vocabulary]
        codes.append(np.array(codes_here, dtype=np.int64)[part.values])
    return Column(np.concatenate(codes), null, tuple(merged))
