"""What companies of the farm owe each other: policies and transactions, found or booked."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import ROUND_DOWN, Decimal
from typing import Any

from ..presets.master_data.companies import FARMING, company_key, trade
from ..schema import (
    ContentType,
    DimCompany,
    DimSite,
    IntercompanyPolicy,
    IntercompanyTransaction,
    User,
)
from .catalogue import place_of
from .company import Company
from .expected_life import geography_named, standard_farm

_CENT = Decimal("0.01")


def company_row(at: Company, geography: str, subsidiary: str = FARMING) -> DimCompany:
    """A company of a geography."""
    return at.entry(DimCompany, company_key(geography_named(geography).id, subsidiary) - 1)


def smolt_policy(at: Company, geography: str) -> IntercompanyPolicy:
    """How fish put to sea are priced."""
    agreed = trade(standard_farm(), geography_named(geography))
    return at.entry(IntercompanyPolicy, agreed.smolt.policy - 1)


def grade_policy(at: Company, geography: str, grade: Any) -> IntercompanyPolicy:
    """How harvested fish of a grade are priced; a grade that is not the farm's as the best."""
    prices = trade(standard_farm(), geography_named(geography)).grades
    usual = next(iter(prices.values()))
    price = next((one for code, one in prices.items() if grade.code.startswith(code)), usual)
    return at.entry(IntercompanyPolicy, price.policy - 1)


def book_smolt_sale(at: Company, geography: str, workflow: Any) -> None:
    """Book a transfer to sea, or bring its booking up to date."""
    policy = smolt_policy(at, geography)
    amount = _worth(workflow.total_biomass_kg, policy)
    if workflow.finance_transaction_id is not None:
        at.get(IntercompanyTransaction, workflow.finance_transaction_id).amount = amount
        return
    booked = _transaction(
        at, geography, "batchtransferworkflow", workflow, policy, workflow.actual_start_date
    )
    booked.amount = amount
    workflow.finance_transaction_id = booked.tx_id


def book_harvest_sale(at: Company, geography: str, event: Any, grade: Any, gutted: Decimal) -> Any:
    """Book the fish of one grade of a harvest, or bring their booking up to date."""
    policy = grade_policy(at, geography, grade)
    booked = at.memory.get(("sale", event.id, policy.policy_id)) or at.find(
        IntercompanyTransaction, event_id=event.id, policy_id=policy.policy_id
    )
    if booked is None:
        booked = _transaction(at, geography, "harvestevent", event, policy, event.event_date.date())
    at.memory["sale", event.id, policy.policy_id] = booked
    booked.amount = _worth(gutted, policy)
    return booked


def _worth(mass: Decimal, policy: Any) -> Decimal:
    return (mass * policy.price_per_kg).quantize(_CENT, ROUND_DOWN)


def _transaction(
    at: Company, geography: str, model: str, about: Any, policy: Any, day: date
) -> IntercompanyTransaction:
    kind = at.entry(ContentType, place_of(ContentType, model=model))
    return at.add(
        IntercompanyTransaction,
        posting_date=day,
        currency=company_row(at, geography).currency,
        state="posted",
        event_id=about.id if model == "harvestevent" else None,
        policy_id=policy.policy_id,
        content_type_id=kind.id,
        object_id=about.id,
        approved_by_id=at.entry(User, place_of(User, username="manager")).id,
        approval_date=datetime.combine(day, time(18), UTC),
    )


def site_row(at: Company, geography: str, kind: str, place: Any) -> DimSite:
    """A station or area as a site of its company."""
    known = at.memory.get(("dimsite", kind, place.id))
    if known is None:
        known = at.find(DimSite, source_model=kind, source_pk=place.id)
    if known is None:
        subsidiary = FARMING if kind == "area" else "FW"
        known = at.add(
            DimSite,
            source_model=kind,
            source_pk=place.id,
            site_name=place.name,
            company_id=company_row(at, geography, subsidiary).company_id,
        )
    at.memory["dimsite", kind, place.id] = known
    return known
