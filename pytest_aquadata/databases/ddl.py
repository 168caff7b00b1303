"""Statements that make tables bare, and what is put on them when they are full."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from ..schema import TABLES, Base


@dataclass(frozen=True)
class TableDdl:
    """The parts of a table, each as SQL.

    Attributes:
        columns: the definitions of its columns.
        checks: its check constraints.
        primary_key: its primary key.
        uniques: its unique constraints: name and columns.
        indexes: its indexes: name and the statement that makes it.
        foreign_keys: its foreign keys: name and definition.
    """

    columns: tuple[str, ...]
    checks: tuple[str, ...]
    primary_key: str
    uniques: Mapping[str, str]
    indexes: Mapping[str, str]
    foreign_keys: Mapping[str, str]


@lru_cache(maxsize=4)
def ddl_of(backend: str) -> Mapping[str, TableDdl]:
    """The parts of every table, by its name, in one database's SQL.

    Args:
        backend: `postgresql` or `mariadb`.
    """
    indexes: dict[str, dict[str, str]] = {name: {} for name in TABLES}

    def note(statement: Any, *_: Any, **__: Any) -> None:
        if isinstance(statement, CreateIndex):
            index = statement.element
            said = str(statement.compile(dialect=engine.dialect))
            indexes[cast(sa.Table, index.table).name][str(index.name)] = said

    engine = sa.create_mock_engine(f"{backend}://", note)
    Base.metadata.create_all(engine, checkfirst=False)
    return {name: _parts(table, engine.dialect, indexes[name]) for name, table in TABLES.items()}


def _parts(table: sa.Table, dialect: sa.Dialect, indexes: Mapping[str, str]) -> TableDdl:
    compiler = dialect.ddl_compiler(dialect, CreateTable(table))

    def said(constraint: sa.Constraint) -> str:
        return str(compiler.process(constraint))

    def of_kind(kind: type[Any]) -> list[Any]:
        found = [one for one in table.constraints if isinstance(one, kind)]
        return sorted(found, key=lambda one: str(one.name))

    return TableDdl(
        columns=tuple(
            str(CreateColumn(column).compile(dialect=dialect)) for column in table.columns
        ),
        checks=tuple(said(one) for one in of_kind(sa.CheckConstraint)),
        primary_key=said(table.primary_key),
        uniques={str(one.name): said(one) for one in of_kind(sa.UniqueConstraint)},
        indexes=indexes,
        foreign_keys={str(one.name): said(one) for one in of_kind(sa.ForeignKeyConstraint)},
    )
