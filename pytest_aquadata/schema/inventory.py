"""Feed types, purchases, stock, feeding events and summaries."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, at_least, between, not_negative, one_of, reference
from .types import BigId, ExactDecimal, Stamp

CONFIDENCE_LEVELS = ("VERY_HIGH", "HIGH", "MEDIUM", "LOW")
"""Confidence in a feeding summary, best first."""


class Feed(Base):
    """A feed product with pellet size and composition."""

    __tablename__ = "inventory_feed"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100))
    brand: Mapped[str] = mapped_column(String(100), default="")
    size_category: Mapped[str] = mapped_column(
        String(20), info=one_of("MICRO", "SMALL", "MEDIUM", "LARGE")
    )
    pellet_size_mm: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    protein_percentage: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(5, 2), info=between(0, 100)
    )
    fat_percentage: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2), info=between(0, 100))
    carbohydrate_percentage: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(5, 2), info=between(0, 100)
    )
    description: Mapped[str] = mapped_column(default="")
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class FeedPurchase(Base):
    """A delivery of feed at one price per kg."""

    __tablename__ = "inventory_feedpurchase"

    id: Mapped[BigId]
    purchase_date: Mapped[dt.date]
    quantity_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2), info=at_least("0.01"))
    cost_per_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2), info=at_least("0.01"))
    supplier: Mapped[str] = mapped_column(String(100))
    batch_number: Mapped[str] = mapped_column(String(100), default="")
    expiry_date: Mapped[dt.date | None]
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    feed_id: Mapped[int] = mapped_column(reference("inventory_feed.id"), index=True)


class FeedContainerStock(Base):
    """Remaining feed of one purchase in a feed container."""

    __tablename__ = "inventory_feedcontainerstock"
    __table_args__ = (Index(None, "feed_container_id", "entry_date"),)

    id: Mapped[BigId]
    quantity_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2), info=at_least(0))
    entry_date: Mapped[dt.datetime]
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    feed_container_id: Mapped[int] = mapped_column(reference("infrastructure_feedcontainer.id"))
    feed_purchase_id: Mapped[int] = mapped_column(
        reference("inventory_feedpurchase.id"), index=True
    )


class FeedingEvent(Base):
    """A meal of the fish in one container.

    Attributes:
        feeding_percentage: feed in percent of the biomass.
        feed_cost: cost of the whole meal.
    """

    __tablename__ = "inventory_feedingevent"

    id: Mapped[BigId]
    feeding_date: Mapped[dt.date]
    feeding_time: Mapped[dt.time]
    amount_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 4), info=at_least("0.0001"))
    batch_biomass_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2), info=at_least("0.01"))
    feeding_percentage: Mapped[Decimal | None] = mapped_column(ExactDecimal(8, 6))
    method: Mapped[str] = mapped_column(
        String(20), default="MANUAL", info=one_of("MANUAL", "AUTOMATIC", "BROADCAST")
    )
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    batch_assignment_id: Mapped[int | None] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )
    container_id: Mapped[int] = mapped_column(reference("infrastructure_container.id"), index=True)
    feed_id: Mapped[int] = mapped_column(reference("inventory_feed.id"), index=True)
    recorded_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    feed_cost: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2), info=at_least(0))


class BatchFeedingSummary(Base):
    """Feed, growth and feed conversion of a batch in a period.

    Attributes:
        fcr: kg of feed per kg of growth.
    """

    __tablename__ = "inventory_batchfeedingsummary"
    __table_args__ = (
        UniqueConstraint("batch_id", "period_start", "period_end"),
        *not_negative("container_count"),
    )

    id: Mapped[BigId]
    period_start: Mapped[dt.date]
    period_end: Mapped[dt.date]
    total_feed_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2), info=at_least(0))
    average_feeding_percentage: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(5, 2), info=between(0, 100)
    )
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"))
    total_feed_consumed_kg: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(10, 2), info=at_least(0)
    )
    total_biomass_gain_kg: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(10, 2), info=at_least(0)
    )
    fcr: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 3), info=at_least(0))
    estimation_method: Mapped[str | None] = mapped_column(
        String(20), info=one_of("MEASURED", "MIXED", "INTERPOLATED")
    )
    container_count: Mapped[int] = mapped_column(default=0)
    overall_confidence_level: Mapped[str] = mapped_column(
        String(20), default="MEDIUM", info=one_of(*CONFIDENCE_LEVELS)
    )
    total_ending_biomass_kg: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(10, 2), info=at_least(0)
    )
    total_growth_kg: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2), info=at_least(0))
    total_starting_biomass_kg: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(10, 2), info=at_least(0)
    )
    weighted_avg_fcr: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 3), info=at_least(0))
    average_biomass_kg: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(10, 2), info=at_least(0)
    )


class ContainerFeedingSummary(Base):
    """Feed, growth and feed conversion of an assignment in a period.

    Attributes:
        fcr: kg of feed per kg of growth.
    """

    __tablename__ = "inventory_containerfeedingsummary"
    __table_args__ = (
        UniqueConstraint("container_assignment_id", "period_start", "period_end"),
        *not_negative("data_points"),
    )

    id: Mapped[BigId]
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    period_start: Mapped[dt.date]
    period_end: Mapped[dt.date]
    total_feed_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2), info=at_least(0))
    starting_biomass_kg: Mapped[Decimal | None] = mapped_column(
        ExactDecimal(10, 2), info=at_least(0)
    )
    ending_biomass_kg: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2), info=at_least(0))
    growth_kg: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2), info=at_least(0))
    fcr: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 3), info=at_least(0))
    confidence_level: Mapped[str] = mapped_column(
        String(20), default="MEDIUM", info=one_of(*CONFIDENCE_LEVELS)
    )
    estimation_method: Mapped[str | None] = mapped_column(
        String(20), info=one_of("MEASURED", "INTERPOLATED")
    )
    data_points: Mapped[int] = mapped_column(default=0)
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    container_assignment_id: Mapped[int] = mapped_column(
        reference("batch_batchcontainerassignment.id")
    )
