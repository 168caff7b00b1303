"""The check of each column's values, from the schema's metadata."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import sqlalchemy as sa

from ..databases.column_types import Kind, form_of
from .column_limits import limits_of
from .model_info import Model, key_name, parent_models, table_of
from .value_checks import (
    ValueCheck,
    date_check,
    flag_check,
    instant_check,
    integer_check,
    json_check,
    key_check,
    number_check,
    refusal,
    text_check,
    time_check,
)

_OF_KIND: Mapping[Kind, ValueCheck] = {
    Kind.BOOLEAN: flag_check,
    Kind.DATE: date_check,
    Kind.TIME: time_check,
    Kind.INSTANT: instant_check,
    Kind.JSON: json_check,
}
_NUMBERS = (Kind.DECIMAL, Kind.DOUBLE)


@cache
def column_checks(model: Model) -> Mapping[str, ValueCheck]:
    """Return the checks of a model's columns, by name."""
    parents = parent_models(model)
    return {
        column.name: _with_null(column, _check_of(column, parents.get(column.name)))
        for column in table_of(model).columns
    }


def _check_of(column: sa.Column[Any], parent: Model | None) -> ValueCheck:
    if parent is not None:
        return key_check(parent.__name__, key_name(parent), limits_of(column))
    kind = form_of(column).kind
    if kind is Kind.TEXT:
        length = getattr(column.type, "length", None)
        return text_check(length, column.info.get("choices", ()), not column.unique)
    if kind is Kind.INTEGER:
        return integer_check(limits_of(column))
    return number_check(limits_of(column)) if kind in _NUMBERS else _OF_KIND[kind]


def _with_null(column: sa.Column[Any], check: ValueCheck) -> ValueCheck:
    """Return a check that also decides about None: a key is then planned."""
    is_optional = column.nullable or column.primary_key

    def check_or_null(place: str, value: Any) -> Any:
        if value is not None:
            return check(place, value)
        if not is_optional:
            raise refusal(
                place, value, "cannot be stored: the column needs a value", "leave it out"
            )
        return None

    return check_or_null
