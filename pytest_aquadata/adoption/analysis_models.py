"""Growth, feed and mortality models for the growth analysis of an append build."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from ..databases.column_reader import read_columns
from ..databases.column_types import complete
from ..databases.layout import readable_table
from ..lifecycle.columns import BatchTables, Columns, concatenate
from ..lifecycle.growth_analysis.model_reader import MODEL_TABLES
from ..schema import TABLES
from .matching import MatchedRows

_SELECTABLE_MODELS = (
    "scenario_tgcmodel",
    "scenario_fcrmodel",
    "scenario_mortalitymodel",
    "scenario_biological_constraints",
)
"""Model tables from which a scenario selects a row; the others hold details of these rows."""


def analysis_models(
    connection: sa.Connection, matched: MatchedRows, *, only_own: bool
) -> BatchTables:
    """Return the rows of the model tables, existing and added ones.

    Args:
        connection: connection to the database.
        matched: result of matching the farm's rows with the database.
        only_own: leave out models that the farm does not have.
    """
    tables: dict[str, Columns] = {}
    for name in MODEL_TABLES:
        rows = _existing_rows(connection, name)
        if name in matched.added:
            rows = concatenate([rows, complete(TABLES[name], matched.added[name])])
        if only_own and name in _SELECTABLE_MODELS:
            own_keys = np.array(list(matched.keys[name].values()), np.int64)
            rows = rows.take(np.isin(rows.values(TABLES[name].columns[0].name), own_keys))
        tables[name] = rows
    return tables


def _existing_rows(connection: sa.Connection, name: str) -> Columns:
    rows = read_columns(connection, readable_table(connection, name))
    return Columns({column: rows[column] for column in TABLES[name].columns.keys()}, len(rows))  # noqa: SIM118
