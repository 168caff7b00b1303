"""Natural keys, by which rows of master data are matched between databases."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class NaturalKey:
    """Natural key of a table.

    Attributes:
        columns: columns that identify a row together; texts are compared without case, but for
            `EXACT_NAMES`.
        owner: foreign key to the row that these rows belong to, if they are its parts: they are
            added only together with it, so that existing owners stay as they are.
    """

    columns: tuple[str, ...]
    owner: str | None = None


EXACT_NAMES: Mapping[str, frozenset[str]] = {
    "environmental_environmentalparameter": frozenset({"temperature"})
}
"""Names that AquaMind's growth engine finds only in this spelling, by table."""

MASTER_DATA_KEYS: Mapping[str, NaturalKey] = {
    "django_content_type": NaturalKey(("app_label", "model")),
    "auth_user": NaturalKey(("username",)),
    "users_userprofile": NaturalKey(("user_id",)),
    "broodstock_eggsupplier": NaturalKey(("name",)),
    "batch_species": NaturalKey(("scientific_name",)),
    "batch_lifecyclestage": NaturalKey(("species_id", "order")),
    "environmental_environmentalparameter": NaturalKey(("name",)),
    "inventory_feed": NaturalKey(("name",)),
    "harvest_productgrade": NaturalKey(("code",)),
    "health_healthparameter": NaturalKey(("name",)),
    "health_parameterscoredefinition": NaturalKey(("parameter_id", "score_value")),
    "health_licetype": NaturalKey(("species", "gender", "development_stage")),
    "health_vaccinationtype": NaturalKey(("name",)),
    "health_sampletype": NaturalKey(("name",)),
    "health_mortalityreason": NaturalKey(("name",)),
    "infrastructure_geography": NaturalKey(("name",)),
    "infrastructure_freshwaterstation": NaturalKey(("geography_id", "name")),
    "infrastructure_hall": NaturalKey(("freshwater_station_id", "name")),
    "infrastructure_area": NaturalKey(("geography_id", "name")),
    "infrastructure_containertype": NaturalKey(("name",)),
    "infrastructure_container": NaturalKey(("hall_id", "area_id", "name")),
    "infrastructure_feedcontainer": NaturalKey(("hall_id", "area_id", "name")),
    "infrastructure_sensor": NaturalKey(("container_id", "name")),
    "finance_dimcompany": NaturalKey(("geography_id", "subsidiary")),
    "finance_dimsite": NaturalKey(("source_model", "source_pk")),
    "finance_intercompanypolicy": NaturalKey(
        (
            "from_company_id",
            "to_company_id",
            "pricing_basis",
            "lifecycle_stage_id",
            "product_grade_id",
        )
    ),
    "scenario_temperatureprofile": NaturalKey(("name",)),
    "scenario_temperaturereading": NaturalKey(("profile_id", "day_number"), "profile_id"),
    "scenario_tgcmodel": NaturalKey(("name",)),
    "scenario_tgc_model_stage": NaturalKey(("tgc_model_id", "lifecycle_stage"), "tgc_model_id"),
    "scenario_fcrmodel": NaturalKey(("name",)),
    "scenario_fcrmodelstage": NaturalKey(("model_id", "stage_id"), "model_id"),
    "scenario_mortalitymodel": NaturalKey(("name",)),
    "scenario_mortality_model_stage": NaturalKey(
        ("mortality_model_id", "lifecycle_stage"), "mortality_model_id"
    ),
    "scenario_biological_constraints": NaturalKey(("name",)),
    "scenario_stage_constraint": NaturalKey(
        ("constraint_set_id", "lifecycle_stage"), "constraint_set_id"
    ),
}
"""Natural keys of all tables of master data and infrastructure."""

SHARED_KEYS: Mapping[str, NaturalKey] = {
    "environmental_photoperioddata": NaturalKey(("area_id", "date")),
    "environmental_weatherdata": NaturalKey(("area_id", "timestamp")),
}
"""Natural keys of tables whose rows builds share: one row a sea area and time."""

INFRASTRUCTURE_TABLES = tuple(
    name for name in MASTER_DATA_KEYS if name.startswith("infrastructure_")
)
"""Tables of infrastructure."""

OPERATIONAL_TABLES = (
    "batch_batch",
    "batch_batchcontainerassignment",
    "batch_mortalityevent",
    "batch_growthsample",
    "environmental_environmentalreading",
    "harvest_harvestevent",
    "health_journalentry",
    "health_licecount",
    "health_treatment",
    "inventory_feedingevent",
)
"""Tables whose rows mean that a database is in use; AquaMind's bootstrap scripts buy feed."""
