"""The catalogue: the standard farm's master data as rows, such as species, stages and feeds.

Factories of master data return entries of the catalogue rather than random rows, so that feed
suits the fish, grades have prices and all fish are scored on the same parameters.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache
from typing import Any

from ..databases.column_types import form_of
from ..databases.python_values import python_values
from ..lifecycle.columns import BatchTables
from ..presets.master_data.tables import master_tables
from ..schema import (
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
from .model_info import Model, key_name, table_of
from .standard_farm import standard_farm

Entry = Mapping[str, Any]

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
"""Columns by which an entry of each model is found: primary keys differ between databases."""

_CREATED = date(2015, 1, 1)
"""Day on which all entries were created: before any batch of a test."""


@lru_cache(maxsize=1)
def _tables() -> BatchTables:
    return master_tables(standard_farm(), _CREATED, _CREATED)


@cache
def entries(model: Model) -> tuple[Entry, ...]:
    """Return the catalogue's entries of a model, without their primary keys.

    Foreign keys are positions of other entries, from 1.
    """
    table = table_of(model)
    columns = _tables()[table.name]
    values = {
        name: python_values(column, form_of(table.c[name]))
        for name, column in columns.columns.items()
    }
    key = key_name(model)
    names = [name for name in values if name != key]
    return tuple(
        dict(zip(names, row, strict=True))
        for row in zip(*(values[name] for name in names), strict=True)
    )


@cache
def entry_position(model: Model, /, **values: Any) -> int:
    """Return the position, from 0, of the first entry that has these values.

    Raises:
        KeyError: if no entry has them.
    """
    for position, entry in enumerate(entries(model)):
        if all(entry[name] == value for name, value in values.items()):
            return position
    raise KeyError(values)
