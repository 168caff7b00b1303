"""Rows of companies, their sites and the prices between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...lifecycle.columns import BatchTables, Columns, decimals, integers, table, texts
from ...lifecycle.keys import Price, Trade
from ..farm import Farm
from ..reference_data import GRADES
from ..sites import FarmGeography
from .common_columns import Stamps, row_keys

FRESHWATER, FARMING, LOGISTICS = "FW", "FM", "LG"
SUBSIDIARIES = (FRESHWATER, FARMING, LOGISTICS)
"""Codes of a geography's companies, in the order of their primary keys."""


def company_key(geography: int, subsidiary: str) -> int:
    """Return the primary key of a company, from the key of its geography and its code."""
    return (geography - 1) * len(SUBSIDIARIES) + SUBSIDIARIES.index(subsidiary) + 1


def trade(farm: Farm, geography: FarmGeography) -> Trade:
    """Return the trade terms of a geography, with the primary keys of `company_tables`."""
    first_policy = 1 + sum(1 + len(GRADES) for other in farm.geographies if other.id < geography.id)
    prices = _grade_prices(geography)
    return Trade(
        currency=geography.currency,
        farming_company=company_key(geography.id, FARMING),
        smolt=Price(first_policy, geography.entry.smolt_price_per_kg),
        grades={
            grade.code: Price(first_policy + position, prices[grade.code])
            for position, grade in enumerate(GRADES, start=1)
        },
        sites={site.name: key for key, site in enumerate(_finance_sites(farm), start=1)},
    )


def _grade_prices(geography: FarmGeography) -> dict[str, float]:
    return {price.grade: price.price_per_kg for price in geography.entry.grade_prices}


def company_tables(farm: Farm, stamps: Stamps) -> BatchTables:
    """Return the rows of companies, their sites and their price policies.

    Stations belong to the freshwater company, areas to the farming company. The farming company
    pays the freshwater company per kg for fish of the last freshwater stage; the logistics company
    pays the farming company per kg and grade.
    """
    return {
        "finance_dimcompany": _companies(farm),
        "finance_dimsite": _sites(farm),
        "finance_intercompanypolicy": _policies(farm, stamps),
    }


def _companies(farm: Farm) -> Columns:
    companies = [(geography, code) for geography in farm.geographies for code in SUBSIDIARIES]
    return table(
        len(companies),
        company_id=row_keys(len(companies)),
        subsidiary=texts(code for _, code in companies),
        display_name=texts(_display_name(geography, code) for geography, code in companies),
        currency=texts(geography.currency for geography, _ in companies),
        nav_company_code=texts(f"{geography.code}-{code}" for geography, code in companies),
        geography_id=integers([geography.id for geography, _ in companies]),
    )


def _display_name(geography: FarmGeography, subsidiary: str) -> str:
    names = geography.entry.companies
    by_code = {FRESHWATER: names.freshwater, FARMING: names.farming, LOGISTICS: names.logistics}
    return by_code[subsidiary]


def _sites(farm: Farm) -> Columns:
    sites = _finance_sites(farm)
    return table(
        len(sites),
        site_id=row_keys(len(sites)),
        source_model=texts(site.model for site in sites),
        source_pk=integers([site.key for site in sites]),
        site_name=texts(site.name for site in sites),
        company_id=integers([site.company for site in sites]),
    )


@dataclass(frozen=True)
class _FinanceSite:
    """A station or area, as a site of a company."""

    model: str
    key: int
    name: str
    company: int


def _finance_sites(farm: Farm) -> list[_FinanceSite]:
    """Return all stations, then all areas, in the order of their keys in finance_dimsite."""
    stations = [
        _FinanceSite("station", station.id, station.name, company_key(geography.id, FRESHWATER))
        for geography in farm.geographies
        for station in geography.stations
    ]
    areas = [
        _FinanceSite("area", area.id, area.name, company_key(geography.id, FARMING))
        for geography in farm.geographies
        for area in geography.areas
    ]
    return stations + areas


@dataclass(frozen=True)
class _Policy:
    """A price per kg between two companies, for a stage or for a grade (the other key is 0)."""

    seller: int
    buyer: int
    price_per_kg: float
    stage: int = 0
    grade: int = 0


def _policies(farm: Farm, stamps: Stamps) -> Columns:
    policies = [
        policy for geography in farm.geographies for policy in _geography_policies(farm, geography)
    ]
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


def _geography_policies(farm: Farm, geography: FarmGeography) -> list[_Policy]:
    freshwater, farming, logistics = (company_key(geography.id, code) for code in SUBSIDIARIES)
    entry = geography.entry
    last_hall_stage = max(rule.order for rule in farm.stages if rule.site == "hall")
    prices = _grade_prices(geography)
    return [
        _Policy(freshwater, farming, entry.smolt_price_per_kg, stage=last_hall_stage),
        *(
            _Policy(farming, logistics, prices[grade.code], grade=key)
            for key, grade in enumerate(GRADES, start=1)
        ),
    ]
