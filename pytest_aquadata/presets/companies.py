"""Rows of the companies of each geography, their sites and what they charge one another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..lifecycle.columns import BatchTables, Columns, decimals, integers, table, texts
from .catalogue import GRADES
from .farm import Farm
from .master_rows import Stamps, row_keys
from .sites import Geography

FRESHWATER, FARMING, LOGISTICS = "FW", "FM", "LG"
SUBSIDIARIES = (FRESHWATER, FARMING, LOGISTICS)
"""Codes of a geography's companies, in the order of their keys."""


def company_key(geography: int, subsidiary: str) -> int:
    """Primary key of a company, by the key of its geography and its code."""
    return (geography - 1) * len(SUBSIDIARIES) + SUBSIDIARIES.index(subsidiary) + 1


def company_tables(farm: Farm, stamps: Stamps) -> BatchTables:
    """Companies, their sites and their price policies.

    Stations belong to the freshwater company and areas to the farming company. The farming
    company pays the freshwater company by weight for fish of the last stage before the sea; the
    logistics company pays the farming company by grade.
    """
    return {
        "finance_dimcompany": _companies(farm),
        "finance_dimsite": _sites(farm),
        "finance_intercompanypolicy": _policies(farm, stamps),
    }


def _companies(farm: Farm) -> Columns:
    companies = [(one, code) for one in farm.geographies for code in SUBSIDIARIES]
    return table(
        len(companies),
        company_id=row_keys(len(companies)),
        subsidiary=texts(code for _, code in companies),
        display_name=texts(_display_name(geography, code) for geography, code in companies),
        currency=texts(geography.currency for geography, _ in companies),
        nav_company_code=texts(f"{geography.code}-{code}" for geography, code in companies),
        geography_id=integers([geography.id for geography, _ in companies]),
    )


def _display_name(geography: Geography, subsidiary: str) -> str:
    names = geography.entry.companies
    by_code = {FRESHWATER: names.freshwater, FARMING: names.farming, LOGISTICS: names.logistics}
    return by_code[subsidiary]


def _sites(farm: Farm) -> Columns:
    sites = [
        *(
            ("station", station.id, station.name, company_key(geography.id, FRESHWATER))
            for geography in farm.geographies
            for station in geography.stations
        ),
        *(
            ("area", area.id, area.name, company_key(geography.id, FARMING))
            for geography in farm.geographies
            for area in geography.areas
        ),
    ]
    return table(
        len(sites),
        site_id=row_keys(len(sites)),
        source_model=texts(model for model, _, _, _ in sites),
        source_pk=integers([key for _, key, _, _ in sites]),
        site_name=texts(name for _, _, name, _ in sites),
        company_id=integers([company for _, _, _, company in sites]),
    )


@dataclass(frozen=True)
class _Policy:
    """A price a company pays another: for a stage by weight, or for a grade."""

    seller: int
    buyer: int
    price_per_kg: float
    stage: int = 0
    grade: int = 0


def _policies(farm: Farm, stamps: Stamps) -> Columns:
    policies = [policy for one in farm.geographies for policy in _geography_policies(farm, one)]
    stages = np.array([policy.stage for policy in policies])
    grades = np.array([policy.grade for policy in policies])
    return table(
        len(policies),
        policy_id=row_keys(len(policies)),
        from_company_id=integers([policy.seller for policy in policies]),
        to_company_id=integers([policy.buyer for policy in policies]),
        pricing_basis=texts("lifecycle" if policy.stage else "grade" for policy in policies),
        lifecycle_stage_id=integers(stages, stages == 0),
        product_grade_id=integers(grades, grades == 0),
        method="standard",
        price_per_kg=decimals([policy.price_per_kg for policy in policies], 2),
        **stamps,
    )


def _geography_policies(farm: Farm, geography: Geography) -> list[_Policy]:
    freshwater, farming, logistics = (company_key(geography.id, code) for code in SUBSIDIARIES)
    entry = geography.entry
    last_hall_stage = max(rule.order for rule in farm.stages if rule.site == "hall")
    price_of = {one.grade: one.price_per_kg for one in entry.grade_prices}
    return [
        _Policy(freshwater, farming, entry.smolt_price_per_kg, stage=last_hall_stage),
        *(
            _Policy(farming, logistics, price_of[grade.code], grade=key)
            for key, grade in enumerate(GRADES, start=1)
        ),
    ]
