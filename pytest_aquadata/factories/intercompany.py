"""Trade between companies of the farm: price policies and transactions."""

from __future__ import annotations

from dataclasses import dataclass, field
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
from .context import FactoryContext
from .standard_farm import geography_named, standard_farm

_CENT = Decimal("0.01")
_FRESHWATER = "FW"


@dataclass
class HarvestSales:
    """Registry of the transactions of harvests, by event id and policy id."""

    by_event: dict[int, dict[int, IntercompanyTransaction]] = field(default_factory=dict)


@dataclass
class CompanySites:
    """Registry of stations and areas as sites of companies, by kind and id."""

    by_place: dict[tuple[str, int], DimSite] = field(default_factory=dict)


def company_row(context: FactoryContext, geography: str, subsidiary: str = FARMING) -> DimCompany:
    """Return the company of a geography and subsidiary."""
    position = company_key(geography_named(geography).id, subsidiary) - 1
    return context.catalogue.row(DimCompany, position)


def smolt_policy(context: FactoryContext, geography: str) -> IntercompanyPolicy:
    """Return the policy that prices fish moved to sea."""
    agreed = trade(standard_farm(), geography_named(geography))
    return context.catalogue.row(IntercompanyPolicy, agreed.smolt.policy - 1)


def grade_policy(context: FactoryContext, geography: str, grade: Any) -> IntercompanyPolicy:
    """Return the policy that prices harvested fish of a grade.

    A grade that the farm does not have is priced as the best one.
    """
    prices = trade(standard_farm(), geography_named(geography)).grades
    best = next(iter(prices.values()))
    price = next((price for code, price in prices.items() if grade.code.startswith(code)), best)
    return context.catalogue.row(IntercompanyPolicy, price.policy - 1)


def book_smolt_sale(context: FactoryContext, geography: str, workflow: Any) -> None:
    """Book a transfer to sea, or update the amount that is booked."""
    policy = smolt_policy(context, geography)
    amount = _amount(workflow.total_biomass_kg, policy)
    if workflow.finance_transaction_id is not None:
        booked = context.rows.get(IntercompanyTransaction, workflow.finance_transaction_id)
        booked.amount = amount
        return
    booked = _add_transaction(
        context, geography, "batchtransferworkflow", workflow, policy, workflow.actual_start_date
    )
    booked.amount = amount
    workflow.finance_transaction_id = booked.tx_id


def book_harvest_sale(
    context: FactoryContext, geography: str, event: Any, grade: Any, gutted_kg: Decimal
) -> None:
    """Book the fish of one grade of a harvest, or update the amount that is booked."""
    policy = grade_policy(context, geography, grade)
    sales = context.registry(HarvestSales).by_event.setdefault(event.id, {})
    booked = sales.get(policy.policy_id) or context.rows.find(
        IntercompanyTransaction, event_id=event.id, policy_id=policy.policy_id
    )
    if booked is None:
        booked = _add_transaction(
            context, geography, "harvestevent", event, policy, event.event_date.date()
        )
    sales[policy.policy_id] = booked
    booked.amount = _amount(gutted_kg, policy)


def harvest_sale(context: FactoryContext, event: Any) -> IntercompanyTransaction | None:
    """Return the first transaction of a harvest, or None."""
    sales = context.registry(HarvestSales).by_event.get(event.id, {})
    first = next(iter(sales.values()), None)
    return first or context.rows.find(IntercompanyTransaction, event_id=event.id)


def _amount(mass_kg: Decimal, policy: Any) -> Decimal:
    return (mass_kg * policy.price_per_kg).quantize(_CENT, ROUND_DOWN)


def _add_transaction(
    context: FactoryContext, geography: str, model: str, source: Any, policy: Any, day: date
) -> IntercompanyTransaction:
    """Add a transaction about a row.

    Args:
        context: context of the rows.
        geography: geography of the company that sells.
        model: name of the row's model, in lower case.
        source: row that the transaction is about.
        policy: policy that prices it.
        day: posting date.
    """
    kind = context.catalogue.row_where(ContentType, model=model)
    return context.add(
        IntercompanyTransaction,
        posting_date=day,
        currency=company_row(context, geography).currency,
        state="posted",
        event_id=source.id if model == "harvestevent" else None,
        policy_id=policy.policy_id,
        content_type_id=kind.id,
        object_id=source.id,
        approved_by_id=context.catalogue.row_where(User, username="manager").id,
        approval_date=datetime.combine(day, time(18), UTC),
    )


def site_row(context: FactoryContext, geography: str, kind: str, place: Any) -> DimSite:
    """Return a place as a site of its company; it is added if missing.

    Args:
        context: context of the rows.
        geography: name of the place's geography.
        kind: "station" or "area".
        place: row of the station or area.
    """
    sites = context.registry(CompanySites).by_place
    site = sites.get((kind, place.id)) or context.rows.find(
        DimSite, source_model=kind, source_pk=place.id
    )
    if site is None:
        subsidiary = FARMING if kind == "area" else _FRESHWATER
        site = context.add(
            DimSite,
            source_model=kind,
            source_pk=place.id,
            site_name=place.name,
            company_id=company_row(context, geography, subsidiary).company_id,
        )
    sites[kind, place.id] = site
    return site
