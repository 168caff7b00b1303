"""The growth models that batches are analysed with in a database that holds some already."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

from ..databases.column_reader import read_columns
from ..databases.column_types import complete
from ..databases.layout import table_as_found
from ..lifecycle.columns import BatchTables, Columns, concatenate
from ..lifecycle.growth_analysis.model_reader import MODEL_TABLES
from ..schema import TABLES
from .matching import MatchedRows

_CHOSEN_AMONG = (
    "scenario_tgcmodel",
    "scenario_fcrmodel",
    "scenario_mortalitymodel",
    "scenario_biological_constraints",
)
"""Tables of models; the others say more of one of these, or of stages."""


def growth_models(
    connection: sa.Connection, matched: MatchedRows, *, only_ours: bool
) -> BatchTables:
    """Rows of the model tables as they will be when what is missing is added.

    Args:
        connection: to the database.
        matched: which of our rows are there, and which are to be added.
        only_ours: whether to leave out models that are not among ours, by natural key.
    """
    tables: dict[str, Columns] = {}
    for name in MODEL_TABLES:
        rows = _there(connection, name)
        if name in matched.added:
            rows = concatenate([rows, complete(TABLES[name], matched.added[name])])
        if only_ours and name in _CHOSEN_AMONG:
            ours = np.array(list(matched.keys[name].values()), np.int64)
            rows = rows.take(np.isin(rows.values(TABLES[name].columns[0].name), ours))
        tables[name] = rows
    return tables


def _there(connection: sa.Connection, name: str) -> Columns:
    rows = read_columns(connection, table_as_found(connection, name))
    return Columns({one: rows[one] for one in TABLES[name].columns.keys()}, len(rows))  # noqa: SIM118
