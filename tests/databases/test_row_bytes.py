"""Rows as bytes: those written by numpy equal those written row by row."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pytest_aquadata.databases import row_bytes
from pytest_aquadata.databases.mariadb_text import LOAD_DATA, VALUES, text_rows
from pytest_aquadata.databases.postgresql_copy import binary_rows
from pytest_aquadata.databases.row_bytes import (
    ByteStream,
    distinct,
    fixed,
    rows_as_bytes,
    with_nulls,
)
from pytest_aquadata.lifecycle.columns import Column, Columns, coded, integers, texts
from pytest_aquadata.schema import TABLES

SPECIES = TABLES["batch_species"]


def fields(rows: bytes) -> list[list[bytes | None]]:
    """Parse the fields of binary COPY data, as the server does."""
    head = b"PGCOPY\n\xff\r\n\0" + bytes(8)
    assert rows.startswith(head)
    position, parsed = len(head), []
    while True:
        (count,) = struct.unpack_from(">h", rows, position)
        position += 2
        if count < 0:
            assert position == len(rows)
            return parsed
        parsed.append([])
        for _ in range(count):
            (length,) = struct.unpack_from(">i", rows, position)
            position += 4
            parsed[-1].append(None if length < 0 else rows[position : position + length])
            position += max(length, 0)


def number(field: bytes) -> Decimal:
    """Return the value of a numeric from its binary form."""
    count, weight, sign, scale = struct.unpack_from(">hhHh", field)
    digits = struct.unpack_from(f">{count}h", field, 8)
    whole = sum(
        (digit * Decimal(10_000) ** (weight - place) for place, digit in enumerate(digits)),
        Decimal(),
    )
    exact = whole.quantize(Decimal(1).scaleb(-scale))
    assert exact == whole
    return -exact if sign == 0x4000 else exact


decimals = st.lists(st.integers(-(10**10) + 1, 10**10 - 1), min_size=1, max_size=30)


@given(decimals)
def test_decimals_are_written_in_binary(values: list[int]) -> None:
    for name, scale in (("value", 4), ("id", 0)):
        table = TABLES["environmental_environmentalreading"]
        read = fields(b"".join(binary_rows(table, Columns({name: integers(values)}, len(values)))))
        if scale:
            assert [number(row[0]) for row in read] == [
                Decimal(value).scaleb(-scale) for value in values
            ]
        else:
            assert [struct.unpack(">q", row[0]) for row in read] == [(value,) for value in values]


@given(decimals)
def test_decimals_are_written_as_text(values: list[int]) -> None:
    table = TABLES["environmental_environmentalreading"]
    rows = Columns({"value": integers(values)}, len(values))
    written = b"".join(text_rows(table, rows, LOAD_DATA)).decode().splitlines()
    assert [Decimal(line) for line in written] == [Decimal(value).scaleb(-4) for value in values]


words = st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=40)


@given(words, words, st.integers(1, 7))
def test_no_row_with_text_or_nulls_is_lost(
    first: list[str | None], second: list[str | None], at_once: int
) -> None:
    count = min(len(first), len(second))
    written = list(zip(first[:count], second[:count], strict=True))
    rows = Columns(
        {
            "name": texts(first[:count]),
            "id": integers(np.arange(count)),
            "description": texts(second[:count]),
        },
        count,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(row_bytes.pieces_of, "__defaults__", (at_once,))
        read = fields(b"".join(binary_rows(SPECIES, rows)))
    texts_by_key = {struct.unpack(">q", row[1])[0]: (row[0], row[2]) for row in read}
    assert len(read) == count
    for key, pair in enumerate(written):
        assert texts_by_key[key] == tuple(None if text is None else text.encode() for text in pair)


def test_values_are_quoted_and_escaped() -> None:
    rows = Columns({"name": texts(["it's", None, "a\\b\n"]), "id": integers([1, -2, 30])}, 3)
    written = b"".join(text_rows(SPECIES, rows, VALUES))
    assert sorted(written.split(b"),")) == sorted(
        [b"('it\\'s',001", b"(NULL,-02", b"('a\\\\b\\n',030", b""]
    )


def test_instants_and_dates_are_written_as_text() -> None:
    day = 86_400_000_000
    rows = Columns(
        {
            "feeding_date": integers([-1, 0, 20_000]),
            "feeding_time": integers([0, day - 1, 3_600_000_000]),
            "created_at": integers([-1, 0, 20_000 * day + 1]),
        },
        3,
    )
    written = b"".join(text_rows(TABLES["inventory_feedingevent"], rows, LOAD_DATA)).decode()
    assert written.splitlines() == [
        "1969-12-31\t00:00:00.000000\t1969-12-31 23:59:59.999999",
        "1970-01-01\t23:59:59.999999\t1970-01-01 00:00:00.000000",
        "2024-10-04\t01:00:00.000000\t2024-10-04 00:00:00.000001",
    ]


def test_rows_of_many_layouts_are_written() -> None:
    """Every row has its own layout; one number for all shapes together would overflow."""
    rng = np.random.default_rng(0)
    cells = [
        with_nulls(
            distinct([b"x" * width + b"," for width in range(20)], rng.integers(0, 20, 50)),
            rng.random(50) < 0.5,
            b"-,",
        )
        for _ in range(30)
    ]
    pieces = list(rows_as_bytes([*cells, fixed(np.full((50, 1), ord("\n"), np.uint8))], 50))
    lines = b"".join(pieces).splitlines()
    expected = [
        b"".join(bytes(cell.pick(int(cell.shape[row]), np.array([row]))[0]) for cell in cells)
        for row in range(50)
    ]
    assert sorted(lines) == sorted(expected)


@given(st.lists(st.binary(max_size=5), max_size=8), st.integers(1, 7))
def test_a_stream_gives_its_pieces_in_order(pieces: list[bytes], size: int) -> None:
    stream = ByteStream(iter(pieces))
    read = []
    while piece := stream.read(size):
        assert len(piece) <= size
        read.append(piece)
    assert b"".join(read) == b"".join(pieces)


def test_json_is_one_text_for_equal_values(awkward_rows: Callable[..., Columns]) -> None:
    from pytest_aquadata.databases.column_types import complete

    table = TABLES["environmental_stagetransitionenvironmental"]
    rows = awkward_rows(table.name, 2)
    wild = coded([0, 1], ['{"b": 1, "a":2}', '{ "a": 2, "b": 1 }'])
    whole = complete(table, rows.with_columns(additional_parameters=wild))
    read: Column = whole["additional_parameters"]
    assert read.vocabulary is not None
    assert set(read.vocabulary) == {json.dumps({"a": 2, "b": 1})}
