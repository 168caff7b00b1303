"""Sequences of PostgreSQL set above the keys that were loaded."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa


def advance_sequences(connection: sa.Connection, tables: Iterable[sa.Table]) -> None:
    """Set the sequences of tables above the highest key; tables without a sequence are skipped.

    A sequence is never set back: other connections may have taken its numbers.
    """
    for table in tables:
        key = table.columns[0]
        sequence = sa.func.pg_get_serial_sequence(f'"{table.name}"', key.name)
        highest, name = connection.execute(sa.select(sa.func.max(key), sequence)).one()
        if highest is not None and name is not None:
            reached = sa.func.greatest(sa.func.nextval(name) - 1, highest, 1)
            connection.execute(sa.select(sa.func.setval(name, reached)))
