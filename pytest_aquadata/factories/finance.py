"""Factories for companies, sites, prices, transactions and the export to the ledger."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar

from ..schema import (
    Area,
    Batch,
    Container,
    DimCompany,
    DimSite,
    Geography,
    HarvestEvent,
    HarvestLot,
    IntercompanyPolicy,
    IntercompanyTransaction,
    NavExportBatch,
    NavExportLine,
)
from ..schema import BatchContainerAssignment as Assignment
from .base import AquadataFactory, Parent, PinnedValues
from .company import Company
from .harvest import HarvestEventFactory, lots_of
from .infrastructure import FreshwaterStationFactory
from .master import CatalogueFactory
from .stays import timeline_of
from .trade import company_row, site_row
from .workflows import BatchTransferWorkflowFactory

_SEA = 6


class DimCompanyFactory(CatalogueFactory[DimCompany]):
    """A company of a geography: freshwater, farming, logistics."""

    class Meta:
        model = DimCompany


class IntercompanyPolicyFactory(CatalogueFactory[IntercompanyPolicy]):
    """How one company prices what it hands to another."""

    class Meta:
        model = IntercompanyPolicy


def _station_asked(at: Company, pins: PinnedValues) -> bool:
    return pins["area"] is None


class DimSiteFactory(AquadataFactory[DimSite]):
    """A sea area, or a station, as a site of its company: `area` or `station` says which."""

    class Meta:
        model = DimSite

    class Params:
        area = None
        station = Parent(FreshwaterStationFactory, when=_station_asked)

    _adds_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {"area": pins["area"], "station": pins["station"]}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        kind, place = ("area", plan["area"]) if plan["area"] else ("station", plan["station"])
        return site_row(at, at.get(Geography, place.geography_id).name, kind, place)


def _harvest_sold(at: Company, pins: PinnedValues) -> bool:
    return pins["workflow"] is None


class IntercompanyTransactionFactory(AquadataFactory[IntercompanyTransaction]):
    """What one company owes another: for a harvest, or with `smolt_sale=True` for a move to sea.

    Parameters: `event` or `workflow`, what it is about.
    """

    class Meta:
        model = IntercompanyTransaction

    class Params:
        smolt_sale = False
        workflow = Parent(
            BatchTransferWorkflowFactory,
            when=lambda at, pins: pins["smolt_sale"],
            stage=_SEA,
        )
        event = Parent(HarvestEventFactory, key="event_id", when=_harvest_sold)

    _adds_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {"workflow": pins["workflow"], "event": pins["event"]}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        if plan["workflow"] is not None:
            return at.get(IntercompanyTransaction, plan["workflow"].finance_transaction_id)
        event = plan["event"]
        for key, sale in at.memory.items():
            if key[:2] == ("sale", event.id):
                return sale
        return at.find(IntercompanyTransaction, event_id=event.id)


class NavExportBatchFactory(AquadataFactory[NavExportBatch]):
    """A month of a company's transactions, exported together: this month, then those before."""

    class Meta:
        model = NavExportBatch

    class Params:
        company = Parent(
            DimCompanyFactory, key="company_id", found=lambda at, pins: at.entry(DimCompany, 1)
        )

    _shares = ("company",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        company = pins["company"]
        key = ("exported", company.company_id)
        if key not in at.memory:
            earlier = at.rows(NavExportBatch, company_id=company.company_id)
            at.memory[key] = min((row.date_from for row in earlier), default=_next_month(at.today))
        last = at.memory[key] - timedelta(days=1)
        at.memory[key] = last.replace(day=1)
        return {
            "date_from": last.replace(day=1),
            "date_to": last,
            "posting_date": last,
            "currency": company.currency,
            "state": "draft",
            "company_id": company.company_id,
        }


def _next_month(today: date) -> date:
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1)


class NavExportLineFactory(AquadataFactory[NavExportLine]):
    """A ledger line: the sale of a harvest, in an export of the company that sold it."""

    class Meta:
        model = NavExportLine

    class Params:
        transaction = Parent(IntercompanyTransactionFactory, key="transaction_id")
        batch = None

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        sale = pins["transaction"]
        event = at.get(HarvestEvent, sale.event_id)
        lot: HarvestLot = _lot_of(at, sale, event)
        fish = at.get(Batch, event.batch_id)
        geography = timeline_of(at, fish).geography
        area = at.get(Area, _container(at, event).area_id)
        number = at.number("ledger line")
        return {
            "document_no": f"IC{at.today:%y%m}-{number:06d}",
            "account_no": "4010",
            "balancing_account_no": "2410",
            "amount": sale.amount,
            "description": f"{event.document_ref}, {lot.unit_count:,} fish",
            "batch_id_int": fish.id,
            "batch_id": _export_of(at, pins, geography).batch_id,
            "dim_company_id": company_row(at, geography).company_id,
            "dim_site_id": site_row(at, geography, "area", area).site_id,
            "product_grade_id": lot.product_grade_id,
            "transaction_id": sale.tx_id,
        }


def _export_of(at: Company, pins: PinnedValues, geography: str) -> Any:
    export_id = pins.get("batch_id")
    if pins["batch"] is not None:
        return pins["batch"]
    if export_id is not None:
        return at.get(NavExportBatch, export_id)
    key = ("export", geography)
    if key not in at.memory:
        at.memory[key] = NavExportBatchFactory(company=company_row(at, geography))
    return at.memory[key]


def _container(at: Company, event: Any) -> Container:
    return at.get(Container, at.get(Assignment, event.assignment_id).container_id)


def _lot_of(at: Company, sale: Any, event: Any) -> Any:
    grade = at.get(IntercompanyPolicy, sale.policy_id).product_grade_id
    lots = lots_of(at, event)
    return next((lot for lot in lots if lot.product_grade_id == grade), lots[0])
