"""Matching of a farm's rows with the rows of a database, by natural key.

The farm's primary keys start at 1, as for a new database. Each row gets the primary key of the
existing row that it matches, or the next free one, and foreign keys follow.
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
from ..databases.python_values import stored_values
from ..databases.text_case import distinct_without_case
from ..errors import StoreError
from ..lifecycle.columns import BatchTables, Column, Columns
from ..schema import TABLES
from .natural_keys import EXACT_NAMES, NaturalKey

KeyMap = Mapping[str, Mapping[int, int]]
"""Primary key of every row in the database, by table and by the farm's key."""

_SITE_TABLES = {"station": "infrastructure_freshwaterstation", "area": "infrastructure_area"}
"""Table that `finance_dimsite.source_pk` refers to, by `source_model`; no foreign key."""


@dataclass(frozen=True)
class MatchedRows:
    """Result of matching.

    Attributes:
        keys: primary keys of all rows, existing and added.
        added: rows to add, with their new keys.
        used: number of existing rows that match, by table.
    """

    keys: KeyMap
    added: BatchTables
    used: Mapping[str, int]


def match_rows(
    connection: sa.Connection,
    tables: BatchTables,
    natural_keys: Mapping[str, NaturalKey],
) -> MatchedRows:
    """Match rows with those of a database by their natural keys.

    Args:
        connection: connection to the database.
        tables: rows to match, parents before children.
        natural_keys: natural keys by table.

    Raises:
        StoreError: if a row to add has a unique value of an existing row.
    """
    keys: dict[str, Mapping[int, int]] = {}
    added: dict[str, Columns] = {}
    used: dict[str, int] = {}
    for name, columns in tables.items():
        rows = map_foreign_keys(name, columns, keys)
        natural_key = natural_keys[name]
        existing = _existing_rows(connection, name, natural_key.columns)
        matches = _existing_keys(name, rows, existing, natural_key)
        key_column = _key_column(name)
        farm_keys = rows.values(key_column)
        is_matched = np.array([key is not None for key in matches], dtype=np.bool_)
        is_new = ~is_matched
        if natural_key.owner is not None:
            is_new &= _belong_to_added(name, natural_key.owner, rows, added)
        is_new &= distinct_without_case(connection, name, rows)
        new = _number_rows(rows.take(is_new), key_column, _highest_key(existing, key_column))
        _refuse_duplicates(name, new, existing)
        keys[name] = {
            **{
                int(key): match
                for key, match in zip(farm_keys, matches, strict=True)
                if match is not None
            },
            **dict(zip(farm_keys[is_new].tolist(), new.values(key_column).tolist(), strict=True)),
        }
        used[name] = int(is_matched.sum())
        if len(new):
            added[name] = new
    return MatchedRows(keys, added, used)


def map_foreign_keys(name: str, columns: Columns, keys: KeyMap) -> Columns:
    """Return the rows of a table with foreign keys replaced by those in the database."""
    table = TABLES[name]
    changed = {}
    for column in table.columns:
        if column.name not in columns:
            continue
        targets = {key.column.table.name for key in column.foreign_keys} & keys.keys()
        for target in targets:
            changed[column.name] = _map_column(columns[column.name], keys[target])
    if name == "finance_dimsite":
        changed["source_pk"] = _site_keys(columns, keys)
    return columns.with_columns(**changed) if changed else columns


def _map_column(column: Column, keys: Mapping[int, int]) -> Column:
    distinct, code = np.unique(column.values, return_inverse=True)
    mapped = np.array([keys.get(key, key) for key in distinct.tolist()], dtype=np.int64)
    return Column(mapped[code], column.null)


def _site_keys(columns: Columns, keys: KeyMap) -> Column:
    models = stored_values(columns["source_model"])
    old = columns.values("source_pk").tolist()
    new = [
        keys.get(_SITE_TABLES[model], {}).get(key, key)
        for model, key in zip(models, old, strict=True)
    ]
    return Column(np.array(new, dtype=np.int64))


def _key_column(name: str) -> str:
    return str(TABLES[name].columns.keys()[0])


def _existing_rows(connection: sa.Connection, name: str, names: tuple[str, ...]) -> Columns:
    """Read the primary key, natural key and unique columns of the existing rows."""
    table = TABLES[name]
    selected = dict.fromkeys([_key_column(name), *names, *chain(*_unique_constraints(table))])
    columns = (sa.Column(column, table.columns[column].type) for column in selected)
    return read_columns(connection, sa.Table(name, sa.MetaData(), *columns))


def _unique_constraints(table: sa.Table) -> list[tuple[str, ...]]:
    """Return the columns of each unique constraint."""
    return [
        tuple(key.columns.keys())
        for key in table.constraints
        if isinstance(key, sa.UniqueConstraint)
    ]


def _existing_keys(
    name: str, rows: Columns, existing: Columns, natural_key: NaturalKey
) -> Sequence[int | None]:
    """Return for each row the primary key of the first existing row that matches, or None."""
    first_keys: dict[tuple[Any, ...], int] = {}
    for values, key in zip(
        _values(name, existing, natural_key.columns),
        existing.values(_key_column(name)).tolist(),
        strict=True,
    ):
        first_keys.setdefault(values, key)
    return [first_keys.get(values) for values in _values(name, rows, natural_key.columns)]


def _values(name: str, rows: Columns, names: Iterable[str]) -> list[tuple[Any, ...]]:
    """Return the values of some columns row by row, texts without case."""
    exact = EXACT_NAMES.get(name, frozenset())

    def folded(word: str) -> str:
        plain = " ".join(word.split()).casefold()
        return word if plain in exact else plain

    columns = [
        stored_values(
            rows[column],
            folded if form_of(TABLES[name].columns[column]).kind is Kind.TEXT else str,
        )
        for column in names
    ]
    return list(zip(*columns, strict=True))


def _belong_to_added(
    name: str, owner: str, columns: Columns, added: BatchTables
) -> NDArray[np.bool_]:
    """Return for each row whether its owner is an added row."""
    (key,) = TABLES[name].columns[owner].foreign_keys
    parent = key.column.table.name
    if parent not in added:
        return np.zeros(len(columns), np.bool_)
    return np.isin(columns.values(owner), added[parent].values(_key_column(parent)))


def _highest_key(rows: Columns, key_column: str) -> int:
    return int(rows.values(key_column).max(initial=0))


def _number_rows(rows: Columns, key_column: str, highest_key: int) -> Columns:
    keys = highest_key + 1 + np.arange(len(rows), dtype=np.int64)
    return rows.with_columns(**{key_column: Column(keys)})


def _refuse_duplicates(name: str, new: Columns, existing: Columns) -> None:
    """Refuse a row to add that would violate a unique constraint."""
    for names in _unique_constraints(TABLES[name]):
        existing_values = set(_values(name, existing, names))
        for values in _values(name, new, names):
            if values in existing_values and None not in values:
                pairs = zip(names, values, strict=True)
                description = ", ".join(f"{column} {value}" for column, value in pairs)
                raise StoreError(
                    f"{name} has another row with {description}: rename it, or use other names in "
                    "the farm file"
                )
