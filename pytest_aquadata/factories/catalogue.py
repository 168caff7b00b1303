"""The standard farm's master data as rows: species, stages, feeds, lice types, companies, models.

A factory for such a table gives entries of this catalogue rather than inventing its own, so that
feed suits fish, grades have prices and every fish is scored on the same nine parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

import sqlalchemy as sa

from ..databases.column_types import form_of
from ..databases.python_values import python_values
from ..lifecycle.columns import BatchTables
from ..presets.master_data.tables import master_tables
from ..schema import (
    Base,
    BiologicalConstraints,
    ContainerType,
    ContentType,
    DimCompany,
    EggSupplier,
    EnvironmentalParameter,
    FCRModel,
    FCRModelStage,
    Feed,
    Geography,
    HealthParameter,
    IntercompanyPolicy,
    LiceType,
    LifeCycleStage,
    MortalityModel,
    MortalityModelStage,
    MortalityReason,
    ParameterScoreDefinition,
    ProductGrade,
    SampleType,
    Species,
    StageConstraint,
    TemperatureProfile,
    TGCModel,
    TGCModelStage,
    User,
    UserProfile,
    VaccinationType,
)
from .expected_life import standard_farm

Row = Mapping[str, Any]
Model = type[Base]

NATURAL_KEYS: Mapping[Model, tuple[str, ...]] = {
    BiologicalConstraints: ("name",),
    ContainerType: ("name",),
    ContentType: ("app_label", "model"),
    DimCompany: ("geography_id", "subsidiary"),
    EggSupplier: ("name",),
    EnvironmentalParameter: ("name",),
    FCRModel: ("name",),
    FCRModelStage: ("model_id", "stage_id"),
    Feed: ("pellet_size_mm",),
    Geography: ("name",),
    HealthParameter: ("name",),
    IntercompanyPolicy: (
        "from_company_id",
        "to_company_id",
        "pricing_basis",
        "product_grade_id",
        "lifecycle_stage_id",
    ),
    LiceType: ("species", "gender", "development_stage"),
    LifeCycleStage: ("species_id", "order"),
    MortalityModel: ("name",),
    MortalityModelStage: ("mortality_model_id", "lifecycle_stage"),
    MortalityReason: ("name",),
    ParameterScoreDefinition: ("parameter_id", "score_value"),
    ProductGrade: ("code",),
    SampleType: ("name",),
    Species: ("scientific_name",),
    StageConstraint: ("constraint_set_id", "lifecycle_stage"),
    TGCModel: ("name",),
    TGCModelStage: ("tgc_model_id", "lifecycle_stage"),
    TemperatureProfile: ("name",),
    User: ("username",),
    UserProfile: ("user_id",),
    VaccinationType: ("name",),
}
"""What an entry of each table is found by: its primary key differs from database to database."""

_ENTERED = date(2015, 1, 1)
"""Long before any batch that a test could want."""


@lru_cache(maxsize=1)
def _tables() -> BatchTables:
    return master_tables(standard_farm(), _ENTERED, _ENTERED)


@cache
def entries(model: Model) -> tuple[Row, ...]:
    """The catalogue's rows of a table, in order; keys of other rows are their places from 1."""
    table: sa.Table = model.__table__  # type: ignore[assignment]
    columns = _tables()[table.name]
    values = {
        name: python_values(column, form_of(table.c[name]))
        for name, column in columns.columns.items()
    }
    key = next(iter(table.primary_key)).name
    names = [name for name in values if name != key]
    return tuple(
        dict(zip(names, row, strict=True))
        for row in zip(*(values[name] for name in names), strict=True)
    )


@cache
def parents(model: Model) -> Mapping[str, Model]:
    """The tables that the foreign keys of a table lead to, by column."""
    by_table = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
    table: sa.Table = model.__table__  # type: ignore[assignment]
    return {
        column.name: by_table[key.column.table]
        for column in table.columns
        for key in column.foreign_keys
    }


@cache
def key_name(model: Model) -> str:
    """The attribute that holds the primary key."""
    return str(next(iter(model.__table__.primary_key)).name)


@cache
def place_of(model: Model, /, **values: Any) -> int:
    """Place, from 0, of the catalogue's first entry that has these values.

    Raises:
        KeyError: when none has.
    """
    for place, row in enumerate(entries(model)):
        if all(row[name] == value for name, value in values.items()):
            return place
    raise KeyError(values)


@cache
def unique_texts(model: Model) -> frozenset[str]:
    """Columns of text that may hold a value only once in a table."""
    if model is LiceType:
        return frozenset({"species"})
    return frozenset(
        column.name
        for column in model.__table__.columns
        if column.unique and isinstance(column.type, sa.String)
    )
