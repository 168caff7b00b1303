"""Companies, transactions between them, and their export to the ledger."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import SUBSIDIARIES, Base, not_negative, one_of, reference, unique_where
from .types import BigId, ExactDecimal, Stamp


class DimCompany(Base):
    """A company of the ledger: one subsidiary in one geography."""

    __tablename__ = "finance_dimcompany"
    __table_args__ = (
        UniqueConstraint(
            "geography_id", "subsidiary", name="dim_company_geography_subsidiary_uniq"
        ),
    )

    company_id: Mapped[BigId]
    subsidiary: Mapped[str] = mapped_column(String(3), info=one_of(*SUBSIDIARIES))
    display_name: Mapped[str] = mapped_column(String(150))
    currency: Mapped[str | None] = mapped_column(String(3))
    nav_company_code: Mapped[str | None] = mapped_column(String(50))
    geography_id: Mapped[int] = mapped_column(reference("infrastructure_geography.id"))


class DimSite(Base):
    """A site of the ledger: a station or sea area, by table and primary key without foreign key."""

    __tablename__ = "finance_dimsite"
    __table_args__ = (
        UniqueConstraint("source_model", "source_pk", name="dim_site_source_model_pk_uniq"),
        *not_negative("source_pk"),
    )

    site_id: Mapped[BigId]
    source_model: Mapped[str] = mapped_column(String(16), info=one_of("station", "area"))
    source_pk: Mapped[int]
    site_name: Mapped[str] = mapped_column(String(150))
    company_id: Mapped[int] = mapped_column(reference("finance_dimcompany.company_id"), index=True)


class FactHarvest(Base):
    """A harvest lot in the ledger, by company and site."""

    __tablename__ = "finance_factharvest"
    __table_args__ = not_negative("unit_count", "dim_batch_id")

    fact_id: Mapped[BigId]
    event_date: Mapped[dt.datetime]
    quantity_kg: Mapped[Decimal] = mapped_column(ExactDecimal(12, 3))
    unit_count: Mapped[int]
    dim_batch_id: Mapped[int]
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    dim_company_id: Mapped[int] = mapped_column(
        reference("finance_dimcompany.company_id"), index=True
    )
    dim_site_id: Mapped[int] = mapped_column(reference("finance_dimsite.site_id"), index=True)
    event_id: Mapped[int] = mapped_column(reference("harvest_harvestevent.id"), index=True)
    lot_id: Mapped[int] = mapped_column(reference("harvest_harvestlot.id"), unique=True)
    product_grade_id: Mapped[int] = mapped_column(reference("harvest_productgrade.id"), index=True)


class IntercompanyPolicy(Base):
    """Price policy between two companies, per grade or per lifecycle stage."""

    __tablename__ = "finance_intercompanypolicy"
    __table_args__ = (
        unique_where(
            "intercompany_policy_company_grade_uniq",
            "from_company_id",
            "to_company_id",
            "product_grade_id",
            where="pricing_basis = 'grade' AND product_grade_id IS NOT NULL",
        ),
        unique_where(
            "intercompany_policy_company_lifecycle_uniq",
            "from_company_id",
            "to_company_id",
            "lifecycle_stage_id",
            where="pricing_basis = 'lifecycle' AND lifecycle_stage_id IS NOT NULL",
        ),
    )

    policy_id: Mapped[BigId]
    method: Mapped[str] = mapped_column(
        String(20), default="standard", info=one_of("market", "cost_plus", "standard")
    )
    markup_percent: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 3))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    from_company_id: Mapped[int] = mapped_column(
        reference("finance_dimcompany.company_id"), index=True
    )
    product_grade_id: Mapped[int | None] = mapped_column(
        reference("harvest_productgrade.id"), index=True
    )
    to_company_id: Mapped[int] = mapped_column(
        reference("finance_dimcompany.company_id"), index=True
    )
    pricing_basis: Mapped[str] = mapped_column(
        String(20), default="grade", info=one_of("grade", "lifecycle", "egg_delivery")
    )
    lifecycle_stage_id: Mapped[int | None] = mapped_column(
        reference("batch_lifecyclestage.id"), index=True
    )
    price_per_kg: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    price_per_thousand_eggs: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))


class IntercompanyTransaction(Base):
    """A transaction between two companies for transferred or harvested fish."""

    __tablename__ = "finance_intercompanytransaction"
    __table_args__ = (
        UniqueConstraint(
            "content_type_id",
            "object_id",
            "policy_id",
            name="intercompany_transaction_source_policy_uniq",
        ),
        unique_where(
            "intercompany_transaction_event_policy_uniq",
            "event_id",
            "policy_id",
            where="event_id IS NOT NULL",
        ),
        *not_negative("object_id"),
    )

    tx_id: Mapped[BigId]
    posting_date: Mapped[dt.date]
    amount: Mapped[Decimal | None] = mapped_column(ExactDecimal(14, 2))
    currency: Mapped[str | None] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(
        String(20), default="pending", info=one_of("pending", "posted", "exported")
    )
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    event_id: Mapped[int | None] = mapped_column(reference("harvest_harvestevent.id"), index=True)
    policy_id: Mapped[int] = mapped_column(
        reference("finance_intercompanypolicy.policy_id"), index=True
    )
    content_type_id: Mapped[int] = mapped_column(reference("django_content_type.id"))
    object_id: Mapped[int]
    approved_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    approval_date: Mapped[dt.datetime | None]


class NavExportBatch(Base):
    """Transactions of one company and period, exported together to the NAV ledger."""

    __tablename__ = "finance_navexportbatch"
    __table_args__ = (
        UniqueConstraint(
            "company_id", "date_from", "date_to", name="nav_export_batch_company_daterange_uniq"
        ),
    )

    batch_id: Mapped[BigId]
    date_from: Mapped[dt.date]
    date_to: Mapped[dt.date]
    posting_date: Mapped[dt.date]
    currency: Mapped[str | None] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(
        String(20), default="draft", info=one_of("draft", "exported")
    )
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    company_id: Mapped[int] = mapped_column(reference("finance_dimcompany.company_id"))


class NavExportLine(Base):
    """A ledger line of an export."""

    __tablename__ = "finance_navexportline"
    __table_args__ = (
        UniqueConstraint("batch_id", "document_no", name="nav_export_line_batch_document_no_uniq"),
        *not_negative("batch_id_int"),
    )

    line_id: Mapped[BigId]
    document_no: Mapped[str] = mapped_column(String(32))
    account_no: Mapped[str] = mapped_column(String(50))
    balancing_account_no: Mapped[str] = mapped_column(String(50))
    amount: Mapped[Decimal] = mapped_column(ExactDecimal(14, 2))
    description: Mapped[str] = mapped_column(String(255))
    batch_id_int: Mapped[int]
    batch_id: Mapped[int] = mapped_column(reference("finance_navexportbatch.batch_id"))
    dim_company_id: Mapped[int] = mapped_column(
        reference("finance_dimcompany.company_id"), index=True
    )
    dim_site_id: Mapped[int] = mapped_column(reference("finance_dimsite.site_id"), index=True)
    product_grade_id: Mapped[int] = mapped_column(reference("harvest_productgrade.id"), index=True)
    transaction_id: Mapped[int] = mapped_column(
        reference("finance_intercompanytransaction.tx_id"), index=True
    )
