"""Foreign keys of rows just written, looked at where the database itself does not."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import Columns


@dataclass
class KeyRanges:
    """Between which primary keys rows were written.

    Attributes:
        keys: name of the key column, first and last key, by table.
    """

    keys: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def add(self, table: str, key: str, columns: Columns) -> None:
        """Take note of rows of a table.

        Args:
            table: its name.
            key: name of its key column.
            columns: the rows.
        """
        written = columns.values(key)
        first, last = int(written.min()), int(written.max())
        if table in self.keys:
            _, lowest, highest = self.keys[table]
            first, last = min(first, lowest), max(last, highest)
        self.keys[table] = key, first, last


def refuse_orphans(connection: sa.Connection, written: KeyRanges, where: str) -> None:
    """Every foreign key of the rows written must name a row, also keys that are not of ours.

    Raises:
        StoreError: naming the first that does not.
    """
    inspector = sa.inspect(connection)
    for name, (key, first, last) in written.keys.items():
        for found in inspector.get_foreign_keys(name):
            if len(found["constrained_columns"]) != 1:
                continue
            (column,), (target,) = found["constrained_columns"], found["referred_columns"]
            rows = sa.table(name, *map(sa.column, dict.fromkeys((key, column))))
            parent = sa.table(found["referred_table"], sa.column(target)).alias("parent")
            distinct = (
                sa.select(rows.c[column].label("value"))
                .where(rows.c[key].between(first, last), rows.c[column].is_not(None))
                .distinct()
                .subquery("given")
            )
            there = sa.select(parent.c[target]).where(parent.c[target] == distinct.c.value)
            orphan = connection.execute(
                sa.select(distinct.c.value).where(~there.exists()).limit(1)
            ).scalar()
            if orphan is not None:
                raise StoreError(
                    f"cannot write {where}: {name}.{column} {orphan} is not in "
                    f"{found['referred_table']}; nothing was written"
                )
