"""Checks of the foreign keys of rows just written, where the database does not check them."""

from __future__ import annotations

from dataclasses import dataclass, field

import sqlalchemy as sa

from ..errors import StoreError
from ..lifecycle.columns import Columns


@dataclass
class KeyRanges:
    """Ranges of the primary keys that were written.

    Attributes:
        keys: name of the key column, lowest and highest key, by table.
    """

    keys: dict[str, tuple[str, int, int]] = field(default_factory=dict)

    def add(self, table: str, key: str, columns: Columns) -> None:
        """Add rows of a table.

        Args:
            table: its name.
            key: name of its key column.
            columns: the rows.
        """
        values = columns.values(key)
        first, last = int(values.min()), int(values.max())
        if table in self.keys:
            _, lowest, highest = self.keys[table]
            first, last = min(first, lowest), max(last, highest)
        self.keys[table] = key, first, last


def refuse_orphans(connection: sa.Connection, written: KeyRanges, database_name: str) -> None:
    """Raise if a foreign key of rows just written refers to no row.

    All foreign keys of the database are checked, not only those of the schema.

    Args:
        connection: the connection that wrote the rows.
        written: their primary keys.
        database_name: the database, for the message.

    Raises:
        StoreError: naming the first value without a row.
    """
    inspector = sa.inspect(connection)
    for name, (key, first, last) in written.keys.items():
        for foreign_key in inspector.get_foreign_keys(name):
            if len(foreign_key["constrained_columns"]) != 1:
                continue
            (column,) = foreign_key["constrained_columns"]
            (target,) = foreign_key["referred_columns"]
            rows = sa.table(name, *map(sa.column, dict.fromkeys((key, column))))
            parent = sa.table(foreign_key["referred_table"], sa.column(target)).alias("parent")
            values = (
                sa.select(rows.c[column].label("value"))
                .where(rows.c[key].between(first, last), rows.c[column].is_not(None))
                .distinct()
                .subquery("referring")
            )
            parents = sa.select(parent.c[target]).where(parent.c[target] == values.c.value)
            orphans = sa.select(values.c.value).where(~parents.exists()).limit(1)
            orphan = connection.execute(orphans).scalar()
            if orphan is not None:
                raise StoreError(
                    f"cannot write {database_name}: {name}.{column} {orphan} is not in "
                    f"{foreign_key['referred_table']}; nothing was written"
                )
