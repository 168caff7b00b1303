"""The schema's DDL in parts: bare tables first, keys, constraints and indexes after loading."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.schema import CreateColumn, CreateIndex, CreateTable

from ..schema import TABLES, Base


@dataclass(frozen=True)
class TableDdl:
    """The parts of a table, each as SQL.

    Attributes:
        columns: definitions of its columns.
        checks: its check constraints.
        primary_key: its primary key.
        uniques: its unique constraints by name.
        indexes: the statements that create its indexes, by name.
        foreign_keys: its foreign keys by name.
    """

    columns: tuple[str, ...]
    checks: tuple[str, ...]
    primary_key: str
    uniques: Mapping[str, str]
    indexes: Mapping[str, str]
    foreign_keys: Mapping[str, str]


def ddl_of(dialect: sa.Dialect) -> Mapping[str, TableDdl]:
    """Return the parts of every table by its name, in a dialect's SQL."""
    return _compile_tables(dialect.name)


@cache
def _compile_tables(database: str) -> Mapping[str, TableDdl]:
    indexes: dict[str, dict[str, str]] = {name: {} for name in TABLES}

    def collect_indexes(statement: Any, *_: Any, **__: Any) -> None:
        if isinstance(statement, CreateIndex):
            index = statement.element
            sql = str(statement.compile(dialect=engine.dialect))
            indexes[cast(sa.Table, index.table).name][str(index.name)] = sql

    engine = sa.create_mock_engine(f"{database}://", collect_indexes)
    Base.metadata.create_all(engine, checkfirst=False)
    return {name: _parts(table, engine.dialect, indexes[name]) for name, table in TABLES.items()}


def _parts(table: sa.Table, dialect: sa.Dialect, indexes: Mapping[str, str]) -> TableDdl:
    compiler = dialect.ddl_compiler(dialect, CreateTable(table))

    def sql(constraint: sa.Constraint) -> str:
        return str(compiler.process(constraint))

    def of_kind(kind: type[Any]) -> list[Any]:
        matching = [constraint for constraint in table.constraints if isinstance(constraint, kind)]
        return sorted(matching, key=lambda constraint: str(constraint.name))

    uniques, foreign_keys = of_kind(sa.UniqueConstraint), of_kind(sa.ForeignKeyConstraint)
    return TableDdl(
        columns=tuple(
            str(CreateColumn(column).compile(dialect=dialect)) for column in table.columns
        ),
        checks=tuple(map(sql, of_kind(sa.CheckConstraint))),
        primary_key=sql(table.primary_key),
        uniques={str(unique.name): sql(unique) for unique in uniques},
        indexes=indexes,
        foreign_keys={str(key.name): sql(key) for key in foreign_keys},
    )
