"""Tables as sets of equal-length numpy columns: the one form in which rows travel.

Integers, booleans and floats are held as they are; decimals as integers scaled by the column's
scale; dates as days and instants as microseconds since 1970 (see `days`); times of day as
microseconds after midnight; text as codes into a vocabulary. A null is a true value in a mask.
A column that holds one value throughout takes no memory (a stride of zero).
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
        null: where the value is missing; None when it never is.
        vocabulary: the distinct texts, for a text column only.
    """

    values: NDArray[Any]
    null: NDArray[np.bool_] | None = None
    vocabulary: tuple[str, ...] | None = None

    def __len__(self) -> int:
        return len(self.values)

    @property
    def is_constant(self) -> bool:
        """Whether one value was given for all rows."""
        return len(self.values) > 0 and self.values.strides[0] == 0

    def take(self, rows: NDArray[Any]) -> Column:
        """The column at these row numbers, or where this mask is true."""
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
        """The raw values of a column."""
        return self.columns[name].values

    def with_columns(self, **columns: Column) -> Columns:
        """The same rows with columns added or replaced."""
        return Columns({**self.columns, **columns}, self.length)

    def take(self, rows: NDArray[Any]) -> Columns:
        """The rows at these row numbers, or where this mask is true."""
        taken = {name: column.take(rows) for name, column in self.columns.items()}
        length = int(np.count_nonzero(rows)) if rows.dtype == np.bool_ else len(rows)
        return Columns(taken, length)


BatchTables = Mapping[str, Columns]
"""Rows by table name."""


def integers(values: ArrayLike, null: NDArray[np.bool_] | None = None) -> Column:
    """Integers, foreign keys, dates as days, instants as microseconds."""
    return Column(np.ascontiguousarray(values, dtype=np.int64).ravel(), null)


def decimals(values: ArrayLike, scale: int, null: NDArray[np.bool_] | None = None) -> Column:
    """Numbers rounded to `scale` decimal places, half to even."""
    return Column(scaled(values, scale).ravel(), null)


def scaled(values: ArrayLike, scale: int) -> NDArray[np.int64]:
    """Numbers times ten to the `scale`, rounded half to even, as integers."""
    return np.rint(np.asarray(values, dtype=np.float64) * 10**scale).astype(np.int64)


def floats(values: ArrayLike, null: NDArray[np.bool_] | None = None) -> Column:
    """Double-precision numbers."""
    return Column(np.ascontiguousarray(values, dtype=np.float64).ravel(), null)


def booleans(values: ArrayLike) -> Column:
    """Truth values."""
    return Column(np.ascontiguousarray(values, dtype=np.bool_).ravel())


def texts(values: Iterable[str | None]) -> Column:
    """Texts given one by one; None is a null."""
    given = list(values)
    vocabulary = tuple(dict.fromkeys(value for value in given if value is not None))
    code_of: dict[str | None, int] = {text: code for code, text in enumerate(vocabulary)}
    codes = np.array([code_of.get(value, 0) for value in given], dtype=np.int64)
    null = np.array([value is None for value in given], dtype=np.bool_)
    return Column(codes, null if null.any() else None, vocabulary or ("",))


def coded(
    codes: ArrayLike, vocabulary: Sequence[str], null: NDArray[np.bool_] | None = None
) -> Column:
    """Texts given as codes into a vocabulary."""
    return Column(np.asarray(codes, dtype=np.int64).ravel(), null, tuple(vocabulary))


def constant(value: bool | int | float | str | None, length: int) -> Column:
    """One value for every row, held once; None makes every row null."""
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
    """Rows of a table; a bare value stands for a constant column.

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
    """The rows of several parts of one table, one after another."""
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
