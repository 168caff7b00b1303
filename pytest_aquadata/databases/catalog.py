"""Entries of a database's catalog: objects, and foreign keys between tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum


class Namespace(Enum):
    """A set of names of which no two objects may have the same."""

    RELATIONS = "tables and all that shares their names"
    FOREIGN_KEYS = "foreign keys"


@dataclass(frozen=True)
class DatabaseObject:
    """A table, view, index, trigger, function or another object of a database.

    Attributes:
        kind: what it is, as messages call it.
        name: its name.
        definition: text that changes with its definition; empty if it is not needed.
        namespace: the names among which its own must be unique; None for none of ours.
        table: the table that it belongs to, if any.
        schema: the schema, where it is not the one in which tables are created.
        fires_on_delete: True for a trigger or rule that acts when rows are deleted or updated.
    """

    kind: str
    name: str
    definition: str = ""
    namespace: Namespace | None = None
    table: str | None = None
    schema: str | None = None
    fires_on_delete: bool = False

    @property
    def shown_name(self) -> str:
        """Kind and name, as messages give them."""
        schema = "" if self.schema is None else f"{self.schema}."
        return f"{self.kind} {schema}{self.name}"


@dataclass(frozen=True)
class Reference:
    """A foreign key, declared or not, to a table in the schema in which tables are created.

    Attributes:
        table: the table that refers.
        columns: its columns.
        target: the table referred to.
        target_columns: its columns, in the same order.
        schema: schema or database of the table that refers, if it is another.
    """

    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]
    schema: str | None = None

    @property
    def shown_table(self) -> str:
        """Name of the table that refers, as messages give it."""
        return self.table if self.schema is None else f"{self.schema}.{self.table}"


OwnNames = Mapping[Namespace, frozenset[str]]
"""Names of the objects that a build creates, by namespace."""
