"""All tables of master data and infrastructure, parents before children.

Primary keys are those of `Farm.keys()` and of the farm's sites; in other tables they are positions
counted from 1.
"""

from __future__ import annotations

from datetime import date

import numpy as np

from ...lifecycle.biology import CONDITION_BY_STAGE
from ...lifecycle.columns import BatchTables, Columns, booleans, decimals, integers, table, texts
from ...lifecycle.days import day_number, instant
from ...lifecycle.stages import StageRule
from ..farm import Farm
from ..health_parameters import HEALTH_PARAMETERS, MAX_SCORE, MIN_SCORE, SCORE_LABELS
from ..reference_data import (
    CONTENT_TYPES,
    GRADES,
    LICE_TYPES,
    MORTALITY_REASONS,
    PARAMETERS,
    SAMPLE_TYPES,
    VACCINES,
    LookupDefinition,
)
from .common_columns import Stamps, row_keys
from .companies import company_tables
from .growth_models import model_tables
from .infrastructure import infrastructure_tables

ENTERED_DAYS_BEFORE = 30
"""Days from the entry of master data, at 06:00 UTC, to the first batch start."""

UNUSABLE_PASSWORD = "!aquadata-nobody-signs-in-with-this-account"
"""Password of all users of a build; Django refuses each that begins with `!`."""
_DEFAULT_CONDITION_FACTOR = 1.15


def master_tables(farm: Farm, as_of: date, first_start: date) -> BatchTables:
    """Return all rows of master data and infrastructure of a farm, by table.

    Args:
        farm: the farm.
        as_of: the farm's today, from which the last calibrations of sensors follow.
        first_start: start date of the first batch.
    """
    entered_day = day_number(first_start) - ENTERED_DAYS_BEFORE
    entered = int(instant(entered_day, 6.0))
    stamps: Stamps = {"created_at": entered, "updated_at": entered}
    return {
        **_people_tables(farm, entered, stamps),
        **_production_tables(farm, stamps),
        **_health_tables(stamps),
        **infrastructure_tables(farm, entered_day, day_number(as_of), stamps),
        **company_tables(farm, stamps),
        **model_tables(farm, stamps),
    }


def _people_tables(farm: Farm, entered: int, stamps: Stamps) -> BatchTables:
    users, suppliers = farm.document.users, farm.document.suppliers
    return {
        "django_content_type": table(
            len(CONTENT_TYPES),
            id=row_keys(len(CONTENT_TYPES)),
            app_label=texts(app for app, _ in CONTENT_TYPES),
            model=texts(model for _, model in CONTENT_TYPES),
        ),
        "auth_user": table(
            len(users),
            id=row_keys(len(users)),
            password=UNUSABLE_PASSWORD,
            username=texts(user.username for user in users),
            first_name=texts(user.first_name for user in users),
            last_name=texts(user.last_name for user in users),
            email=texts(f"{user.username}@example.invalid" for user in users),
            is_superuser=booleans([user.is_superuser for user in users]),
            is_staff=booleans([user.is_staff for user in users]),
            is_active=True,
            date_joined=entered,
        ),
        "users_userprofile": table(
            len(users),
            id=row_keys(len(users)),
            user_id=row_keys(len(users)),
            full_name=texts(user.full_name for user in users),
            role=texts(user.role for user in users),
            geography=texts(user.geography for user in users),
            subsidiary=texts(user.subsidiary for user in users),
            job_title=texts(user.job_title for user in users),
            department=texts(user.department for user in users),
            language_preference="en",
            date_format_preference="DMY",
            **stamps,
        ),
        "broodstock_eggsupplier": table(
            len(suppliers),
            id=row_keys(len(suppliers)),
            name=texts(supplier.name for supplier in suppliers),
            contact_details=texts(supplier.contact_details for supplier in suppliers),
            certifications=texts(supplier.certifications for supplier in suppliers),
            **stamps,
        ),
    }


def _production_tables(farm: Farm, stamps: Stamps) -> BatchTables:
    species, feeds = farm.document.species, farm.document.feeds
    return {
        "batch_species": table(
            1,
            id=1,
            name=species.name,
            scientific_name=species.scientific_name,
            description=species.description,
            optimal_temperature_min=decimals([species.optimal_temp_c[0]], 2),
            optimal_temperature_max=decimals([species.optimal_temp_c[1]], 2),
            optimal_oxygen_min=decimals([species.optimal_oxygen_min_mg_l], 2),
            optimal_ph_min=decimals([species.optimal_ph[0]], 2),
            optimal_ph_max=decimals([species.optimal_ph[1]], 2),
            **stamps,
        ),
        "batch_lifecyclestage": _stages(farm.stages, stamps),
        "environmental_environmentalparameter": table(
            len(PARAMETERS),
            id=row_keys(len(PARAMETERS)),
            name=texts(parameter.name for parameter in PARAMETERS),
            unit=texts(parameter.unit for parameter in PARAMETERS),
            description=texts(parameter.description for parameter in PARAMETERS),
            min_value=decimals([parameter.minimum for parameter in PARAMETERS], 2),
            max_value=decimals([parameter.maximum for parameter in PARAMETERS], 2),
            optimal_min=decimals([parameter.best_from for parameter in PARAMETERS], 2),
            optimal_max=decimals([parameter.best_to for parameter in PARAMETERS], 2),
            **stamps,
        ),
        "inventory_feed": table(
            len(feeds),
            id=row_keys(len(feeds)),
            name=texts(feed.name for feed in feeds),
            brand=texts(feed.brand for feed in feeds),
            size_category=texts(feed.size_category for feed in feeds),
            pellet_size_mm=decimals([feed.pellet_size_mm for feed in feeds], 2),
            protein_percentage=decimals([feed.protein_pct for feed in feeds], 2),
            fat_percentage=decimals([feed.fat_pct for feed in feeds], 2),
            carbohydrate_percentage=decimals([feed.carbohydrate_pct for feed in feeds], 2),
            description=texts(
                f"{feed.pellet_size_mm:g} mm pellet for fish from {feed.weight_from_g:g} g."
                for feed in feeds
            ),
            is_active=True,
            **stamps,
        ),
        "harvest_productgrade": table(
            len(GRADES),
            id=row_keys(len(GRADES)),
            code=texts(grade.code for grade in GRADES),
            name=texts(grade.name for grade in GRADES),
            description=texts(grade.description for grade in GRADES),
            **stamps,
        ),
    }


def _stages(stages: tuple[StageRule, ...], stamps: Stamps) -> Columns:
    unfed = np.array([not rule.is_fed for rule in stages])
    return table(
        len(stages),
        id=row_keys(len(stages)),
        species_id=1,
        name=texts(rule.name for rule in stages),
        order=integers([rule.order for rule in stages]),
        description=texts(_stage_description(rule) for rule in stages),
        expected_weight_min_g=decimals([rule.weight_min_g for rule in stages], 2),
        expected_weight_max_g=decimals([rule.weight_max_g for rule in stages], 2),
        expected_length_min_cm=decimals(
            [_length_cm(rule.order, rule.weight_min_g) for rule in stages], 2, unfed
        ),
        expected_length_max_cm=decimals(
            [_length_cm(rule.order, rule.weight_max_g) for rule in stages], 2, unfed
        ),
        typical_duration_days=integers([rule.days for rule in stages]),
        **stamps,
    )


def _stage_description(rule: StageRule) -> str:
    water = "At sea" if rule.hall_temp_c is None else f"In a hall at {rule.hall_temp_c:g} °C"
    if not rule.is_fed:
        return f"{water} for {rule.days} days, living on the yolk; no feed is given."
    meals = "one meal" if len(rule.meals) == 1 else f"{len(rule.meals)} meals"
    return f"{water} for {rule.days} days or so, {meals} a day, up to {rule.weight_max_g:g} g."


def _length_cm(order: int, weight_g: float) -> float:
    """Return the length of a fish of this weight at the condition factor of its stage."""
    condition = CONDITION_BY_STAGE.get(order, _DEFAULT_CONDITION_FACTOR)
    return float((100.0 * weight_g / condition) ** (1.0 / 3.0))


def _health_tables(stamps: Stamps) -> BatchTables:
    parameters = len(HEALTH_PARAMETERS)
    scored = [
        (key, score, label, parameter.scores[score])
        for key, parameter in enumerate(HEALTH_PARAMETERS, start=1)
        for score, label in enumerate(SCORE_LABELS)
    ]
    return {
        "health_healthparameter": table(
            parameters,
            id=row_keys(parameters),
            name=texts(parameter.name for parameter in HEALTH_PARAMETERS),
            description=texts(parameter.description for parameter in HEALTH_PARAMETERS),
            min_score=MIN_SCORE,
            max_score=MAX_SCORE,
            is_active=True,
            **stamps,
        ),
        "health_parameterscoredefinition": table(
            len(scored),
            id=row_keys(len(scored)),
            parameter_id=integers([key for key, _, _, _ in scored]),
            score_value=integers([score for _, score, _, _ in scored]),
            label=texts(label for _, _, label, _ in scored),
            description=texts(text for _, _, _, text in scored),
            display_order=integers([score for _, score, _, _ in scored]),
            **stamps,
        ),
        "health_licetype": table(
            len(LICE_TYPES),
            id=row_keys(len(LICE_TYPES)),
            species=texts(kind.species for kind in LICE_TYPES),
            gender=texts(kind.gender for kind in LICE_TYPES),
            development_stage=texts(kind.development_stage for kind in LICE_TYPES),
            description=texts(kind.description for kind in LICE_TYPES),
            is_active=True,
            **stamps,
        ),
        "health_vaccinationtype": table(
            len(VACCINES),
            id=row_keys(len(VACCINES)),
            name=texts(vaccine.name for vaccine in VACCINES),
            manufacturer=texts(vaccine.manufacturer for vaccine in VACCINES),
            dosage=texts(vaccine.dosage for vaccine in VACCINES),
            description=texts(vaccine.description for vaccine in VACCINES),
        ),
        "health_sampletype": _lookup_table(SAMPLE_TYPES),
        "health_mortalityreason": _lookup_table(MORTALITY_REASONS),
    }


def _lookup_table(definitions: tuple[LookupDefinition, ...]) -> Columns:
    return table(
        len(definitions),
        id=row_keys(len(definitions)),
        name=texts(definition.name for definition in definitions),
        description=texts(definition.description for definition in definitions),
    )
