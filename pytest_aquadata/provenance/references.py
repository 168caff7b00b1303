"""Rows of others that refer to rows of a build, by a declared key or by convention."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from ..databases.catalog import Reference
from ..databases.dialect import dialect_of
from ..lifecycle.growth_analysis.result_columns import SCENARIOS
from ..schema import TABLES, later_versions
from .ownership import RUNS, Ownership

_CONTENT_TYPES = "django_content_type"
_GENERIC_REFERENCES = ("finance_intercompanytransaction",)
"""Tables of AquaMind that refer to a row of any table, by `content_type_id` and `object_id`."""


@dataclass(frozen=True)
class ReferringRows:
    """Rows that refer to a build.

    Attributes:
        reference: the foreign key by which they do.
        rows: how many.
    """

    reference: Reference
    rows: int

    def __str__(self) -> str:
        columns = ", ".join(self.reference.columns)
        return f"{self.rows:,} rows of {self.reference.shown_table} through {columns}"


class ReferenceCheck:
    """Finds rows of others that refer to rows of a build."""

    def __init__(self, connection: sa.Connection, ownership: Ownership) -> None:
        """Read the foreign keys.

        Args:
            connection: to the database.
            ownership: conditions for the rows of the build.
        """
        self._connection = connection
        self._ownership = ownership
        inspector = sa.inspect(connection)
        self._columns = {
            name: {column["name"] for column in inspector.get_columns(name)}
            for name in sorted(set(inspector.get_table_names()) & TABLES.keys())
        }
        declared = dialect_of(connection).references(connection, ownership.tables)
        known = {(key.schema, key.table, key.columns, key.target) for key in declared}
        self.references = [
            *declared,
            *(
                key
                for key in self._by_convention()
                if (key.schema, key.table, key.columns, key.target) not in known
                and key.target in ownership.tables
            ),
        ]

    def found(self) -> Iterator[ReferringRows]:
        """Yield the rows of others that refer to the build, by foreign key."""
        for reference in self.references:
            if rows := self._count(reference):
                yield ReferringRows(reference, rows)
        yield from self._generic()

    def _by_convention(self) -> Iterable[Reference]:
        """Yield references within AquaMind that some of its versions do not declare."""
        for name, columns in self._columns.items():
            for key in TABLES[name].foreign_keys:
                target = key.column.table.name
                if key.parent.name in columns and target in self._ownership.tables:
                    yield Reference(name, (key.parent.name,), target, (key.column.name,))
        if self._ownership.has_runs:
            for name, (_, column) in later_versions.REPLACED_REFERENCES.items():
                yield Reference(name, (column,), RUNS.name, ("run_id",))
            yield Reference(RUNS.name, ("scenario_id",), SCENARIOS, ("scenario_id",))

    def _count(self, reference: Reference) -> int:
        """Return how many rows that the build did not write refer to its rows."""
        ownership, target = self._ownership, reference.target
        rows = ownership.rows(
            reference.table, *reference.columns, schema=reference.schema, alias="referring"
        )
        if reference.target_columns == (ownership.key(target),):
            refers = ownership.refers_to_own(target, rows.c[reference.columns[0]])
        else:
            parents = ownership.rows(target, *reference.target_columns, alias="parent")
            pairs = zip(reference.columns, reference.target_columns, strict=True)
            same = [rows.c[column] == parents.c[wanted] for column, wanted in pairs]
            own = ownership.own(target, parents)
            refers = sa.select(sa.literal(1)).select_from(parents).where(own, *same).exists()
        not_own = ownership.not_own(reference.table, rows, reference.schema)
        query = sa.select(sa.func.count()).select_from(rows).where(refers, not_own)
        return int(self._connection.execute(query).scalar_one())

    def _generic(self) -> Iterator[ReferringRows]:
        """Yield rows of AquaMind that refer to the build through content types."""
        if _CONTENT_TYPES not in self._columns:
            return
        types = TABLES[_CONTENT_TYPES].c
        query = sa.select(types.id, types.app_label, types.model)
        for key, app, model in self._connection.execute(query).all():
            target = f"{app}_{model}"
            if target not in self._ownership.tables:
                continue
            for name in _GENERIC_REFERENCES:
                if name not in self._columns:
                    continue
                rows = self._ownership.rows(name, "content_type_id", "object_id", alias="referring")
                count = (
                    sa.select(sa.func.count())
                    .select_from(rows)
                    .where(
                        rows.c.content_type_id == key,
                        self._ownership.refers_to_own(target, rows.c.object_id),
                        self._ownership.not_own(name, rows, None),
                    )
                )
                if found := int(self._connection.execute(count).scalar_one()):
                    reference = Reference(name, ("object_id",), target, ("id",))
                    yield ReferringRows(reference, found)
