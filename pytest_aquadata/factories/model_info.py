"""Facts about a model's columns: its primary key, parents, timestamps and unique texts."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import cast

import sqlalchemy as sa

from ..schema import Base, LiceType

Model = type[Base]


def table_of(model: Model) -> sa.Table:
    """Return the table that a model is mapped to."""
    return cast(sa.Table, model.__table__)


@cache
def key_name(model: Model) -> str:
    """Return the name of the primary key's column, which is also its attribute."""
    return str(next(iter(model.__table__.primary_key)).name)


@cache
def timestamp_names(model: Model) -> tuple[str, ...]:
    """Return the columns that Django fills from the clock."""
    columns = model.__table__.columns
    return tuple(column.name for column in columns if column.info.get("stamp"))


@cache
def parent_models(model: Model) -> Mapping[str, Model]:
    """Return the models that the foreign keys of a table refer to, by column."""
    by_table = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    return {
        column.name: by_table[key.column.table]
        for column in table_of(model).columns
        for key in column.foreign_keys
    }


@cache
def unique_texts(model: Model) -> frozenset[str]:
    """Return the text columns whose values must be unique in the table."""
    if model is LiceType:
        return frozenset({"species"})
    return frozenset(
        column.name
        for column in model.__table__.columns
        if column.unique and isinstance(column.type, sa.String)
    )
