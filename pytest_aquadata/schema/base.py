"""What all models share: the declarative base, names of constraints, and short ways to say keys."""

import datetime as dt
from decimal import Decimal
from hashlib import sha256
from typing import Any, ClassVar

from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Dialect,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    PrimaryKeyConstraint,
    Table,
    Text,
    UniqueConstraint,
    column,
    event,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import DDLCompiler

from .types import Clock, Instant, Json

SUBSIDIARIES = ("BS", "FW", "FM", "LG", "ALL")
"""Broodstock, freshwater, farming, logistics, and all of them."""

LONGEST_NAME = 63


def _table_and_columns(
    constraint: ForeignKeyConstraint | Index | UniqueConstraint, table: Table
) -> str:
    """The middle of a constraint's name, cut with a digest where PostgreSQL would cut it."""
    whole = "_".join([table.name, *constraint.columns.keys()])
    room = LONGEST_NAME - len("_fkey")
    if len(whole) <= room:
        return whole
    digest = sha256(whole.encode()).hexdigest()[:8]
    return f"{whole[: room - 9]}_{digest}"


class Base(DeclarativeBase):
    """The base of all models. Constraints are named as PostgreSQL names them by itself."""

    metadata = MetaData(
        naming_convention={
            "table_and_columns": _table_and_columns,
            "pk": "%(table_name)s_pkey",
            "ck": "%(table_name)s_%(constraint_name)s_check",
            "fk": "%(table_and_columns)s_fkey",
            "uq": "%(table_and_columns)s_key",
            "ix": "%(table_and_columns)s_idx",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text(),
        float: Double(),
        dt.datetime: Instant(),
        dt.time: Clock,
        dict[str, Any]: Json,
    }


def at_least(minimum: int | str) -> dict[str, Any]:
    """`info` of a column whose values start at `minimum`."""
    return {"minimum": Decimal(minimum)}


def between(minimum: int | str, maximum: int | str) -> dict[str, Any]:
    """`info` of a column whose values lie between two bounds, both included."""
    return {"minimum": Decimal(minimum), "maximum": Decimal(maximum)}


def one_of(*choices: str) -> dict[str, Any]:
    """`info` of a column that holds one of a few words."""
    return {"choices": choices}


def reference(target: str, *, use_alter: bool = False) -> ForeignKey:
    """A foreign key that is checked at commit, as Django makes them."""
    return ForeignKey(target, deferrable=True, initially="DEFERRED", use_alter=use_alter)


@compiles(ForeignKeyConstraint, "mysql", "mariadb")
def _checked_at_once(key: ForeignKeyConstraint, compiler: DDLCompiler, **kw: Any) -> str:
    """MariaDB takes DEFERRABLE for a syntax error: there a key is checked row by row."""
    whole = compiler.visit_foreign_key_constraint(key, **kw)
    return whole.removesuffix(compiler.define_constraint_deferrability(key))


@event.listens_for(Base.metadata, "after_create")
def _forget_alter(metadata: MetaData, connection: Connection, **_: Any) -> None:
    """SQLAlchemy leaves a key once added by ALTER out of later tables, and SQLite has no ALTER."""
    for table in metadata.tables.values():
        for key in table.foreign_key_constraints:
            key._create_rule = None


class RowidKey(PrimaryKeyConstraint):
    """A composite key whose `id` the database numbers.

    On SQLite the key is the `id` alone, because only a lone INTEGER key is the rowid. SQLAlchemy
    refuses `autoincrement=True` in a composite key there, so the key itself names the column.
    """

    @property
    def _autoincrement_column(self) -> Column[int]:
        return self.columns["id"]


@compiles(RowidKey, "sqlite")
def _id_alone(key: RowidKey, compiler: DDLCompiler, **kw: Any) -> str:
    return "PRIMARY KEY (id)"


def not_negative(*names: str) -> tuple[CheckConstraint, ...]:
    """One check for each column: a count is never below zero."""
    return tuple(CheckConstraint(column(name, Integer) >= 0, name=name) for name in names)


def _has_partial_indexes(*_: Any, dialect: Dialect, **__: Any) -> bool:
    return dialect.name in ("postgresql", "sqlite")


def unique_where(name: str, *names: str, where: str) -> Index:
    """A unique index over the rows that `where` picks. MariaDB has no such index and gets none."""
    return Index(
        name, *names, unique=True, postgresql_where=text(where), sqlite_where=text(where)
    ).ddl_if(callable_=_has_partial_indexes)
