"""Factories for companies, their sites, prices and transactions, and the export to the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, ClassVar

from ..schema import (
    Area,
    Batch,
    BatchContainerAssignment,
    Container,
    DimCompany,
    DimSite,
    Geography,
    HarvestEvent,
    IntercompanyPolicy,
    IntercompanyTransaction,
    NavExportBatch,
    NavExportLine,
)
from .base import AquadataFactory
from .context import FactoryContext
from .declarations import Parent, Pins
from .fish_groups import timeline_of
from .harvest import HarvestEventFactory, lots_of
from .infrastructure import FreshwaterStationFactory
from .intercompany import company_row, harvest_sale, site_row
from .master import CatalogueFactory
from .standard_farm import LAST_STAGE
from .workflows import BatchTransferWorkflowFactory


@dataclass
class LedgerExports:
    """Registry of exports to the ledger.

    Attributes:
        first_days: first day of the earliest export, by company id.
        by_geography: export that new lines of a geography's company are added to.
    """

    first_days: dict[int, date] = field(default_factory=dict)
    by_geography: dict[str, NavExportBatch] = field(default_factory=dict)


class DimCompanyFactory(CatalogueFactory[DimCompany]):
    """A company of a geography: freshwater, farming or logistics.

    Example:
        >>> DimCompanyFactory().currency
        'EUR'
    """

    class Meta:
        model = DimCompany


class IntercompanyPolicyFactory(CatalogueFactory[IntercompanyPolicy]):
    """A policy that prices goods sold by one company to another.

    Example:
        >>> IntercompanyPolicyFactory().price_per_kg > 0
        True
    """

    class Meta:
        model = IntercompanyPolicy


def _needs_station(context: FactoryContext, pins: Pins) -> bool:
    return pins["area"] is None


class DimSiteFactory(AquadataFactory[DimSite]):
    """A sea area or a station as a site of its company.

    Parameters:
        area (Area): sea area.
        station (FreshwaterStation): station, if no area is given; default a new one.

    Example:
        >>> DimSiteFactory(area=AreaFactory()).source_model
        'area'
    """

    class Meta:
        model = DimSite

    class Params:
        area = None
        station = Parent(FreshwaterStationFactory, condition=_needs_station)

    _creates_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {"area": pins["area"], "station": pins["station"]}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        kind = "area" if plan["area"] else "station"
        place = plan[kind]
        geography = context.rows.get(Geography, place.geography_id).name
        return site_row(context, geography, kind, place)


def _is_smolt_sale(context: FactoryContext, pins: Pins) -> bool:
    return bool(pins["smolt_sale"])


def _is_harvest_sale(context: FactoryContext, pins: Pins) -> bool:
    return pins["workflow"] is None


class IntercompanyTransactionFactory(AquadataFactory[IntercompanyTransaction]):
    """A sale between companies of the farm: of a harvest, or of smolts moved to sea.

    Parameters:
        event (HarvestEvent): harvest that was sold; default a new one.
        workflow (BatchTransferWorkflow): transfer to sea that was sold.

    Traits:
        smolt_sale: of a new transfer to sea.

    Example:
        >>> IntercompanyTransactionFactory().state
        'posted'
    """

    class Meta:
        model = IntercompanyTransaction

    class Params:
        smolt_sale = False
        workflow = Parent(BatchTransferWorkflowFactory, condition=_is_smolt_sale, stage=LAST_STAGE)
        event = Parent(HarvestEventFactory, key="event_id", condition=_is_harvest_sale)

    _creates_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {"workflow": pins["workflow"], "event": pins["event"]}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        workflow = plan["workflow"]
        if workflow is None:
            return harvest_sale(context, plan["event"])
        return context.rows.get(IntercompanyTransaction, workflow.finance_transaction_id)


def _farming_company(context: FactoryContext, pins: Pins) -> DimCompany:
    return context.catalogue.row(DimCompany, 1)


class NavExportBatchFactory(AquadataFactory[NavExportBatch]):
    """The transactions of a company in one month, exported to the ledger.

    Each call goes back by one month, from the current one.

    Parameters:
        company (DimCompany): company; default the farming company of the Faroe Islands.

    Example:
        >>> NavExportBatchFactory().date_from.day
        1
    """

    class Meta:
        model = NavExportBatch

    class Params:
        company = Parent(DimCompanyFactory, key="company_id", lookup=_farming_company)

    _shared_parents = ("company",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        company = pins["company"]
        company_id = company.company_id
        first_days = context.registry(LedgerExports).first_days
        if company_id not in first_days:
            exports = context.rows.all(NavExportBatch, company_id=company_id)
            first_days[company_id] = min(
                (export.date_from for export in exports), default=_next_month(context.today)
            )
        last = first_days[company_id] - timedelta(days=1)
        first_days[company_id] = last.replace(day=1)
        return {
            "date_from": last.replace(day=1),
            "date_to": last,
            "posting_date": last,
            "currency": company.currency,
            "state": "draft",
            "company_id": company_id,
        }


def _next_month(today: date) -> date:
    return (today.replace(day=28) + timedelta(days=4)).replace(day=1)


class NavExportLineFactory(AquadataFactory[NavExportLine]):
    """A ledger line: the sale of a harvest, in an export of the company that sold it.

    Parameters:
        transaction (IntercompanyTransaction): sale; default that of a new harvest.
        batch (NavExportBatch): export that the line is added to; default the company's.

    Example:
        >>> NavExportLineFactory().account_no
        '4010'
    """

    class Meta:
        model = NavExportLine

    class Params:
        transaction = Parent(IntercompanyTransactionFactory, key="transaction_id")
        batch = None

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        sale = pins["transaction"]
        event = context.rows.get(HarvestEvent, sale.event_id)
        lot = _lot_of_sale(context, sale, event)
        batch = context.rows.get(Batch, event.batch_id)
        geography = timeline_of(context, batch).geography
        area = context.rows.get(Area, _container_of(context, event).area_id)
        number = context.next_number("ledger line")
        return {
            "document_no": f"IC{context.today:%y%m}-{number:06d}",
            "account_no": "4010",
            "balancing_account_no": "2410",
            "amount": sale.amount,
            "description": f"{event.document_ref}, {lot.unit_count:,} fish",
            "batch_id_int": batch.id,
            "batch_id": _export_of(context, pins, geography).batch_id,
            "dim_company_id": company_row(context, geography).company_id,
            "dim_site_id": site_row(context, geography, "area", area).site_id,
            "product_grade_id": lot.product_grade_id,
            "transaction_id": sale.tx_id,
        }


def _export_of(context: FactoryContext, pins: Pins, geography: str) -> NavExportBatch:
    """Return the pinned export of a line, or the one of its geography's company."""
    export, export_id = pins["batch"], pins.get("batch_id")
    if export is not None:
        return export
    if export_id is not None:
        return context.rows.get(NavExportBatch, export_id)
    exports = context.registry(LedgerExports).by_geography
    if geography not in exports:
        exports[geography] = NavExportBatchFactory(company=company_row(context, geography))
    return exports[geography]


def _container_of(context: FactoryContext, event: Any) -> Container:
    assignment = context.rows.get(BatchContainerAssignment, event.assignment_id)
    return context.rows.get(Container, assignment.container_id)


def _lot_of_sale(context: FactoryContext, sale: Any, event: Any) -> Any:
    """Return the lot of a harvest that a sale is about, by its grade, or else the first."""
    grade_id = context.rows.get(IntercompanyPolicy, sale.policy_id).product_grade_id
    lots = lots_of(context, event)
    return next((lot for lot in lots if lot.product_grade_id == grade_id), lots[0])
