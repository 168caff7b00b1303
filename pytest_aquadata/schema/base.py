"""Declarative base of the models, names of constraints, and helpers for columns and keys."""

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
    UniqueConstraint,
    column,
    event,
    text,
)
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.sql.compiler import DDLCompiler

from .types import Clock, Instant, Json, LongText

SUBSIDIARIES = ("BS", "FW", "FM", "LG", "ALL")
"""Codes of subsidiaries: broodstock, freshwater, farming, logistics, all."""

LONGEST_NAME = 63
"""Longest name of a constraint that PostgreSQL keeps whole."""


def _table_and_columns(
    constraint: ForeignKeyConstraint | Index | UniqueConstraint, table: Table
) -> str:
    """Return the middle of a constraint's name; a long one ends in a digest, to stay unique."""
    name = "_".join([table.name, *constraint.columns.keys()])
    longest = LONGEST_NAME - len("_fkey")
    if len(name) <= longest:
        return name
    digest = sha256(name.encode()).hexdigest()[:8]
    return f"{name[: longest - 9]}_{digest}"


class Base(DeclarativeBase):
    """Base of all models; constraints have PostgreSQL's default names."""

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
        str: LongText,
        float: Double(),
        dt.datetime: Instant(),
        dt.time: Clock(),
        dict[str, Any]: Json,
    }


def at_least(minimum: int | str) -> dict[str, Any]:
    """Return the `info` of a column with a lower bound, included."""
    return {"minimum": Decimal(minimum)}


def between(minimum: int | str, maximum: int | str) -> dict[str, Any]:
    """Return the `info` of a column with two bounds, both included."""
    return {"minimum": Decimal(minimum), "maximum": Decimal(maximum)}


def one_of(*choices: str) -> dict[str, Any]:
    """Return the `info` of a column that allows only these values."""
    return {"choices": choices}


def reference(target: str, *, use_alter: bool = False) -> ForeignKey:
    """Return a foreign key that is checked at commit, as in Django."""
    return ForeignKey(target, deferrable=True, initially="DEFERRED", use_alter=use_alter)


@compiles(ForeignKeyConstraint, "mysql", "mariadb")
def _without_deferrable(key: ForeignKeyConstraint, compiler: DDLCompiler, **kw: Any) -> str:
    """Compile a foreign key without DEFERRABLE, a syntax error in MariaDB."""
    ddl = compiler.visit_foreign_key_constraint(key, **kw)
    return ddl.removesuffix(compiler.define_constraint_deferrability(key))


@event.listens_for(Base.metadata, "after_create")
def _reset_create_rules(metadata: MetaData, connection: Connection, **_: Any) -> None:
    """Reset the state by which SQLAlchemy omits a key from CREATE TABLE once ALTER has added it.

    SQLite cannot add a key with ALTER, so a later CREATE TABLE must contain it.
    """
    for table in metadata.tables.values():
        for key in table.foreign_key_constraints:
            key._create_rule = None


class RowidKey(PrimaryKeyConstraint):
    """A composite primary key whose `id` is assigned by the database.

    On SQLite the key is `id` alone, because only a single INTEGER key is the rowid. There
    SQLAlchemy refuses `autoincrement=True` in a composite key, so this class names the column.
    """

    @property
    def _autoincrement_column(self) -> Column[int]:
        return self.columns["id"]


@compiles(RowidKey, "sqlite")
def _id_as_key(key: RowidKey, compiler: DDLCompiler, **kw: Any) -> str:
    return "PRIMARY KEY (id)"


def not_negative(*names: str) -> tuple[CheckConstraint, ...]:
    """Return a check for each column that its value is at least 0."""
    return tuple(CheckConstraint(column(name, Integer) >= 0, name=name) for name in names)


def _has_partial_indexes(*_: Any, dialect: Dialect, **__: Any) -> bool:
    return dialect.name in ("postgresql", "sqlite")


def unique_where(name: str, *names: str, where: str) -> Index:
    """Return a partial unique index over the rows that satisfy `where`; omitted on MariaDB."""
    return Index(
        name, *names, unique=True, postgresql_where=text(where), sqlite_where=text(where)
    ).ddl_if(callable_=_has_partial_indexes)
