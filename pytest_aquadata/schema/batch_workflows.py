"""Workflows that create and transfer batches, and their actions."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, at_least, between, not_negative, one_of, reference
from .types import BigId, ExactDecimal, Stamp

WORKFLOW_STATUSES = ("DRAFT", "PLANNED", "IN_PROGRESS", "COMPLETED", "CANCELLED")
ACTION_STATUSES = ("PENDING", "IN_PROGRESS", "COMPLETED", "FAILED", "SKIPPED")


class BatchCreationWorkflow(Base):
    """Creation of a batch from one or more deliveries of eggs; costs per thousand eggs."""

    __tablename__ = "batch_creationworkflow"
    __table_args__ = not_negative(
        "total_eggs_planned",
        "total_eggs_received",
        "total_mortality_on_arrival",
        "total_actions",
        "actions_completed",
    )

    id: Mapped[BigId]
    workflow_number: Mapped[str] = mapped_column(String(50), unique=True)
    status: Mapped[str] = mapped_column(
        String(20), default="DRAFT", info=one_of(*WORKFLOW_STATUSES)
    )
    egg_source_type: Mapped[str] = mapped_column(String(20), info=one_of("INTERNAL", "EXTERNAL"))
    external_supplier_batch_number: Mapped[str] = mapped_column(String(100), default="")
    external_cost_per_thousand: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    total_eggs_planned: Mapped[int]
    total_eggs_received: Mapped[int] = mapped_column(default=0)
    total_mortality_on_arrival: Mapped[int] = mapped_column(default=0)
    planned_start_date: Mapped[dt.date]
    planned_completion_date: Mapped[dt.date]
    actual_start_date: Mapped[dt.date | None]
    actual_completion_date: Mapped[dt.date | None]
    total_actions: Mapped[int] = mapped_column(default=0)
    actions_completed: Mapped[int] = mapped_column(default=0)
    progress_percentage: Mapped[Decimal] = mapped_column(
        ExactDecimal(5, 2), default=Decimal("0.00"), info=at_least(0)
    )
    cancellation_reason: Mapped[str] = mapped_column(default="")
    cancelled_at: Mapped[dt.datetime | None]
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    cancelled_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    created_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    egg_production_id: Mapped[int | None] = mapped_column(
        reference("broodstock_eggproduction.id"), index=True
    )
    external_supplier_id: Mapped[int | None] = mapped_column(
        reference("broodstock_eggsupplier.id"), index=True
    )


class CreationAction(Base):
    """A delivery of eggs into one container.

    Attributes:
        water_temp_on_arrival: °C.
        egg_quality_score: 1 to 5.
    """

    __tablename__ = "batch_creationaction"
    __table_args__ = (
        UniqueConstraint(
            "workflow_id", "action_number", name="creation_action_workflow_number_uniq"
        ),
        *not_negative(
            "action_number",
            "egg_count_planned",
            "egg_count_actual",
            "mortality_on_arrival",
            "egg_quality_score",
            "execution_duration_minutes",
        ),
    )

    id: Mapped[BigId]
    action_number: Mapped[int]
    status: Mapped[str] = mapped_column(
        String(20), default="PENDING", info=one_of(*ACTION_STATUSES)
    )
    egg_count_planned: Mapped[int]
    egg_count_actual: Mapped[int | None]
    mortality_on_arrival: Mapped[int] = mapped_column(default=0)
    expected_delivery_date: Mapped[dt.date]
    actual_delivery_date: Mapped[dt.date | None]
    delivery_method: Mapped[str | None] = mapped_column(
        String(20), info=one_of("TRANSPORT", "HELICOPTER", "BOAT", "INTERNAL_TRANSFER")
    )
    water_temp_on_arrival: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    egg_quality_score: Mapped[int | None] = mapped_column(SmallInteger, info=between(1, 5))
    execution_duration_minutes: Mapped[int | None]
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    dest_assignment_id: Mapped[int] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )
    executed_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    workflow_id: Mapped[int] = mapped_column(reference("batch_creationworkflow.id"))


class BatchTransferWorkflow(Base):
    """A transfer of a batch between containers, usually into the next stage."""

    __tablename__ = "batch_batchtransferworkflow"
    __table_args__ = not_negative(
        "total_source_count",
        "total_transferred_count",
        "total_mortality_count",
        "total_actions_planned",
        "actions_completed",
    )

    id: Mapped[BigId]
    workflow_number: Mapped[str] = mapped_column(String(50), unique=True)
    workflow_type: Mapped[str] = mapped_column(
        String(30),
        default="LIFECYCLE_TRANSITION",
        info=one_of("LIFECYCLE_TRANSITION", "CONTAINER_REDISTRIBUTION", "EMERGENCY_CASCADE"),
    )
    status: Mapped[str] = mapped_column(
        String(20), default="DRAFT", info=one_of(*WORKFLOW_STATUSES)
    )
    planned_start_date: Mapped[dt.date]
    planned_completion_date: Mapped[dt.date | None]
    actual_start_date: Mapped[dt.date | None]
    actual_completion_date: Mapped[dt.date | None]
    total_source_count: Mapped[int] = mapped_column(default=0)
    total_transferred_count: Mapped[int] = mapped_column(default=0)
    total_mortality_count: Mapped[int] = mapped_column(default=0)
    total_biomass_kg: Mapped[Decimal] = mapped_column(ExactDecimal(12, 2), default=Decimal("0.00"))
    total_actions_planned: Mapped[int] = mapped_column(default=0)
    actions_completed: Mapped[int] = mapped_column(default=0)
    completion_percentage: Mapped[Decimal] = mapped_column(
        ExactDecimal(5, 2), default=Decimal("0.00"), info=between(0, 100)
    )
    is_intercompany: Mapped[bool] = mapped_column(default=False)
    source_subsidiary: Mapped[str | None] = mapped_column(String(20))
    dest_subsidiary: Mapped[str | None] = mapped_column(String(20))
    notes: Mapped[str] = mapped_column(default="")
    cancellation_reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    batch_id: Mapped[int] = mapped_column(reference("batch_batch.id"), index=True)
    completed_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    dest_lifecycle_stage_id: Mapped[int | None] = mapped_column(
        reference("batch_lifecyclestage.id"), index=True
    )
    finance_transaction_id: Mapped[int | None] = mapped_column(
        reference("finance_intercompanytransaction.tx_id"), index=True
    )
    initiated_by_id: Mapped[int] = mapped_column(reference("auth_user.id"), index=True)
    source_lifecycle_stage_id: Mapped[int] = mapped_column(
        reference("batch_lifecyclestage.id"), index=True
    )


class TransferAction(Base):
    """Fish moved from one container to another in a transfer workflow.

    Attributes:
        oxygen_level: mg/L.
    """

    __tablename__ = "batch_transferaction"
    __table_args__ = (
        UniqueConstraint("workflow_id", "action_number"),
        *not_negative(
            "action_number",
            "source_population_before",
            "transferred_count",
            "mortality_during_transfer",
            "execution_duration_minutes",
            "measured_sample_size",
        ),
    )

    id: Mapped[BigId]
    action_number: Mapped[int]
    source_population_before: Mapped[int]
    transferred_count: Mapped[int]
    mortality_during_transfer: Mapped[int] = mapped_column(default=0)
    transferred_biomass_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2), info=at_least(0))
    status: Mapped[str] = mapped_column(
        String(20), default="PENDING", info=one_of(*ACTION_STATUSES)
    )
    planned_date: Mapped[dt.date | None]
    actual_execution_date: Mapped[dt.date | None]
    transfer_method: Mapped[str | None] = mapped_column(
        String(20), info=one_of("NET", "PUMP", "GRAVITY", "MANUAL")
    )
    water_temp_c: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    oxygen_level: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    execution_duration_minutes: Mapped[int | None]
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    dest_assignment_id: Mapped[int | None] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )
    executed_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"), index=True)
    source_assignment_id: Mapped[int] = mapped_column(
        reference("batch_batchcontainerassignment.id"), index=True
    )
    workflow_id: Mapped[int] = mapped_column(reference("batch_batchtransferworkflow.id"))
    measured_avg_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    measured_std_dev_weight_g: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    measured_sample_size: Mapped[int | None]
    measured_avg_length_cm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    measured_notes: Mapped[str] = mapped_column(default="")
    selection_method: Mapped[str] = mapped_column(
        String(16), default="AVERAGE", info=one_of("AVERAGE", "LARGEST", "SMALLEST")
    )
