"""Digests of tables: equal for equal rows in any database and file.

A digest is taken over the bytes of the columns, in the order of their names: integers as 64 bits, a
hash of each text, nulls as a mask over zeros. A constant column has the same digest however it is
stored.
"""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.columns import Column, Columns

DIGEST_BYTES = 16


def table_digest(columns: Columns) -> str:
    """Return the digest of rows in their order, as hexadecimal digits."""
    digest = hashlib.blake2b(digest_size=DIGEST_BYTES)
    digest.update(str(len(columns)).encode())
    for name in sorted(columns.columns):
        digest.update(b"\x00" + name.encode() + b"\x00")
        _add(digest, columns[name])
    return digest.hexdigest()


def _add(digest: Any, column: Column) -> None:
    values = _numbers(column)
    null = column.null
    if null is not None and null.any():
        values = np.where(null, values.dtype.type(0), values)
        digest.update(b"n" + np.packbits(null).tobytes())
    if len(values) and _all_equal(values):
        values = values[:1]
    digest.update(np.ascontiguousarray(values).tobytes())


def _numbers(column: Column) -> NDArray[Any]:
    """Return the values as 64-bit numbers; of a text, its hash."""
    if column.vocabulary is not None:
        hashes = [
            int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little")
            for text in column.vocabulary
        ]
        return np.array(hashes, dtype=np.uint64)[column.values]
    if column.values.dtype == np.float64:
        # some databases keep -0.0 as 0.0
        return column.values + 0.0
    return column.values.astype(np.int64, copy=False)


def _all_equal(values: NDArray[Any]) -> bool:
    if values.strides[0] == 0:
        return True
    return bool(values[0] == values[-1]) and bool((values == values[0]).all())
