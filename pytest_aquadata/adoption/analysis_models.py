"""Growth, feed and mortality models for the growth analysis of an append build."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
import sqlalchemy as sa

from ..databases.column_reader import read_columns
from ..databases.column_types import complete
from ..databases.layout import readable_table
from ..lifecycle.columns import BatchTables, Columns, concatenate
from ..lifecycle.growth_analysis.model_library import CHOSEN_MODELS
from ..lifecycle.growth_analysis.model_reader import MODEL_TABLES
from ..schema import TABLES
from .matching import MatchedRows


def analysis_models(connection: sa.Connection, matched: MatchedRows) -> BatchTables:
    """Return the rows of the model tables, existing and added ones.

    Args:
        connection: connection to the database.
        matched: result of matching the farm's rows with the database.
    """
    tables: dict[str, Columns] = {}
    for name in MODEL_TABLES:
        rows = _existing_rows(connection, name)
        if name in matched.added:
            rows = concatenate([rows, complete(TABLES[name], matched.added[name])])
        tables[name] = rows
    return tables


def only_models(tables: BatchTables, kept: Mapping[str, Collection[int]]) -> BatchTables:
    """Return the model tables with only some of the models; their details stay.

    Args:
        tables: rows of the model tables.
        kept: primary keys by table; a table that is missing keeps none.
    """
    return {
        name: _with_keys(name, rows, kept.get(name, ())) if name in CHOSEN_MODELS else rows
        for name, rows in tables.items()
    }


def without_models(tables: BatchTables, dropped: Mapping[str, Collection[int]]) -> BatchTables:
    """Return the model tables without some of the models; their details stay.

    Args:
        tables: rows of the model tables.
        dropped: primary keys by table.
    """
    kept = {
        name: set(tables[name].values(_key_column(name)).tolist()).difference(dropped.get(name, ()))
        for name in CHOSEN_MODELS
    }
    return only_models(tables, kept)


def _with_keys(name: str, rows: Columns, keys: Collection[int]) -> Columns:
    return rows.take(np.isin(rows.values(_key_column(name)), np.array(list(keys), np.int64)))


def _key_column(name: str) -> str:
    return str(TABLES[name].columns[0].name)


def _existing_rows(connection: sa.Connection, name: str) -> Columns:
    rows = read_columns(connection, readable_table(connection, name))
    return Columns({column: rows[column] for column in TABLES[name].columns.keys()}, len(rows))  # noqa: SIM118
