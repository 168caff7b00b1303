"""Rows that we would add held against those that are there: which to use, which to add.

Rows are made with primary keys of their own, from 1, as for an empty database. Here each takes
the key of the row that is there already, or the next free one, and what refers to it follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from ..databases.column_reader import read_columns
from ..databases.column_types import Kind, form_of
from ..errors import StoreError
from ..lifecycle.columns import BatchTables, Column, Columns
from ..schema import TABLES
from .natural_keys import NaturalKey

KeyMap = Mapping[str, Mapping[int, int]]
"""By table: the primary key in the database of every row, by the key that it was made with."""

_SITES_OF = {"station": "infrastructure_freshwaterstation", "area": "infrastructure_area"}
"""What a company's site refers to without a foreign key."""


@dataclass(frozen=True)
class MatchedRows:
    """What came of the comparison.

    Attributes:
        keys: where every row is, or will be.
        added: the rows to add, with the keys that they get.
        used: how many rows are there already, by table.
    """

    keys: KeyMap
    added: BatchTables
    used: Mapping[str, int]


def match_rows(
    connection: sa.Connection,
    tables: BatchTables,
    by: Mapping[str, NaturalKey],
    known: KeyMap | None = None,
) -> MatchedRows:
    """Find rows in the database by their natural keys.

    Args:
        connection: to the database.
        tables: the rows wanted, parents before what refers to them.
        by: natural keys, by table.
        known: keys already found, of tables that are not to be looked for.

    Raises:
        StoreError: when a row to be added would clash with one that is there.
    """
    keys: dict[str, Mapping[int, int]] = dict(known or {})
    added: dict[str, Columns] = {}
    used: dict[str, int] = {}
    for name, columns in tables.items():
        if name in keys:
            continue
        referring = map_foreign_keys(name, columns, keys)
        here = _there(connection, name, by[name].columns)
        found = _find(name, referring, here, by[name])
        own = _key_column(name)
        made = referring.values(own)
        is_there = np.array([key is not None for key in found], dtype=np.bool_)
        wanted = ~is_there
        if (owner := by[name].owner) is not None:
            wanted &= _of_new_owner(name, owner, referring, added)
        new = _numbered(referring.take(wanted), own, _highest(here, own))
        _refuse_clash(name, new, here)
        keys[name] = {
            **{int(key): row for key, row in zip(made, found, strict=True) if row is not None},
            **dict(zip(made[wanted].tolist(), new.values(own).tolist(), strict=True)),
        }
        used[name] = int(is_there.sum())
        if len(new):
            added[name] = new
    return MatchedRows(keys, added, used)


def map_foreign_keys(name: str, columns: Columns, keys: KeyMap) -> Columns:
    """The rows of a table with every foreign key to a matched row put right."""
    table = TABLES[name]
    changed = {}
    for column in table.columns:
        if column.name not in columns:
            continue
        targets = {key.column.table.name for key in column.foreign_keys} & keys.keys()
        for target in targets:
            changed[column.name] = _mapped(columns[column.name], keys[target])
    if name == "finance_dimsite":
        changed["source_pk"] = _site_keys(columns, keys)
    return columns.with_columns(**changed) if changed else columns


def _mapped(column: Column, keys: Mapping[int, int]) -> Column:
    distinct, code = np.unique(column.values, return_inverse=True)
    mapped = np.array([keys.get(key, key) for key in distinct.tolist()], dtype=np.int64)
    return Column(mapped[code], column.null)


def _site_keys(columns: Columns, keys: KeyMap) -> Column:
    models = _plain(columns["source_model"])
    old = columns.values("source_pk").tolist()
    new = [
        keys.get(_SITES_OF[model], {}).get(key, key) for model, key in zip(models, old, strict=True)
    ]
    return Column(np.array(new, dtype=np.int64))


def _key_column(name: str) -> str:
    return str(TABLES[name].columns.keys()[0])


def _there(connection: sa.Connection, name: str, names: tuple[str, ...]) -> Columns:
    """What tells the rows of a table apart, as they are there."""
    table = TABLES[name]
    wanted = dict.fromkeys([_key_column(name), *names, *chain(*_unique(table))])
    columns = (sa.Column(one, table.columns[one].type) for one in wanted)
    light = sa.Table(name, sa.MetaData(), *columns)
    return read_columns(connection, light)


def _unique(table: sa.Table) -> list[tuple[str, ...]]:
    """The columns of each unique constraint."""
    return [
        tuple(key.columns.keys())
        for key in table.constraints
        if isinstance(key, sa.UniqueConstraint)
    ]


def _find(name: str, wanted: Columns, there: Columns, by: NaturalKey) -> Sequence[int | None]:
    """The primary key of the first row there that is the same, for each row wanted."""
    rows = _natural(name, there, by.columns)
    first: dict[tuple[Any, ...], int] = {}
    for row, key in zip(rows, there.values(_key_column(name)).tolist(), strict=True):
        first.setdefault(row, key)
    return [first.get(row) for row in _natural(name, wanted, by.columns)]


def _natural(name: str, columns: Columns, names: Iterable[str]) -> list[tuple[Any, ...]]:
    listed = [
        _plain(columns[one], form_of(TABLES[name].columns[one]).kind is Kind.TEXT) for one in names
    ]
    return list(zip(*listed, strict=True))


def _plain(column: Column, without_case: bool = False) -> list[Any]:
    """Values as Python has them: texts, numbers, None."""
    values: list[Any] = column.values.tolist()
    if column.vocabulary is not None:
        words = [
            " ".join(word.split()).casefold() if without_case else word
            for word in column.vocabulary
        ]
        values = [words[code] for code in values]
    if column.null is not None:
        for row in np.flatnonzero(column.null).tolist():
            values[row] = None
    return values


def _of_new_owner(name: str, owner: str, columns: Columns, added: BatchTables) -> NDArray[np.bool_]:
    (key,) = TABLES[name].columns[owner].foreign_keys
    parent = key.column.table.name
    if parent not in added:
        return np.zeros(len(columns), np.bool_)
    return np.isin(columns.values(owner), added[parent].values(_key_column(parent)))


def _highest(there: Columns, own: str) -> int:
    return int(there.values(own).max(initial=0))


def _numbered(columns: Columns, own: str, above: int) -> Columns:
    keys = above + 1 + np.arange(len(columns), dtype=np.int64)
    return columns.with_columns(**{own: Column(keys)})


def _refuse_clash(name: str, new: Columns, there: Columns) -> None:
    """A row to be added must not take what a unique constraint has given to another."""
    for names in _unique(TABLES[name]):
        taken = set(_natural(name, there, names))
        for row in _natural(name, new, names):
            if row in taken and None not in row:
                told = ", ".join(f"{one} {value}" for one, value in zip(names, row, strict=True))
                raise StoreError(
                    f"{name} has another row with {told}: rename it, or give the farm file other "
                    "names"
                )
