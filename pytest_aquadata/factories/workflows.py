"""Factories for workflows of creation and transfer: rows that come with the fish they moved.

Deliveries and transfers are made together with the assignments of their fish, so these factories
make the fish and return the row that recorded their arrival. With `planned=True` a workflow lies
in the future and has no actions yet.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from ..lifecycle.events.transfers import FARMING, FRESHWATER
from ..schema import (
    Batch,
    BatchCreationWorkflow,
    BatchTransferWorkflow,
    CreationAction,
    EggProduction,
    FreshwaterStation,
    StageTransitionEnvironmental,
    TransferAction,
)
from .arrivals import EGGS
from .base import AquadataFactory
from .batch import BatchContainerAssignmentFactory, BatchFactory
from .column_values import at_time, decimal
from .context import FactoryContext
from .declarations import ChildAttribute, FlagChoice, Parent, Pins
from .errors import FactoryError
from .fish_groups import BatchTimeline, stage_row, timeline_of, user_named
from .infrastructure import FreshwaterStationFactory
from .standard_farm import LAST_STAGE, is_sea
from .water import expected_water

_EGGS_STAGE, _FRY = 1, 2
_PLANNED_AHEAD = timedelta(days=30)


def _never(context: FactoryContext, pins: Pins) -> bool:
    return False


class BatchCreationWorkflowFactory(AquadataFactory[BatchCreationWorkflow]):
    """The workflow that received the eggs of a batch, with a delivery and its tray.

    Parameters:
        batch (Batch): batch; default a new one in stage 1.

    Traits:
        planned: in 30 days, without deliveries.

    Example:
        >>> BatchCreationWorkflowFactory(planned=True).total_actions
        0
    """

    class Meta:
        model = BatchCreationWorkflow

    class Params:
        planned = False
        batch = Parent(BatchFactory, key="batch_id", stage=_EGGS_STAGE)

    _creates_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {"batch": pins["batch"], "planned": pins["planned"]}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        timeline = timeline_of(context, plan["batch"])
        if plan["planned"]:
            return _planned_creation(context, timeline)
        if timeline.creation is None:
            BatchContainerAssignmentFactory(batch=timeline.batch)
        return timeline.creation


def _planned_creation(context: FactoryContext, timeline: BatchTimeline) -> BatchCreationWorkflow:
    """Postpone the start of a batch and add its workflow."""
    batch, starts = timeline.batch, context.today + _PLANNED_AHEAD
    year = batch.start_date.year
    batch.status, batch.start_date, batch.expected_end_date = "PLANNED", starts, None
    number = batch.batch_number.replace(f"-{year}-", f"-{starts.year}-", 1)
    if context.names.is_free(Batch, "batch_number", number):
        batch.batch_number = number
    return context.add(
        BatchCreationWorkflow,
        workflow_number=f"CRT-{batch.batch_number}",
        status="PLANNED",
        egg_source_type="EXTERNAL",
        total_eggs_planned=EGGS,
        planned_start_date=starts,
        planned_completion_date=starts,
        batch_id=batch.id,
        created_by_id=user_named(context, "manager").id,
    )


def _batch_of(context: FactoryContext, pins: Pins) -> Any:
    """Return the batch of the pinned workflow, or else the `batch` that is given."""
    workflow = pins["workflow"]
    return pins["batch"] if workflow is None else context.rows.get(Batch, workflow.batch_id)


class CreationActionFactory(AquadataFactory[CreationAction]):
    """A delivery of eggs into a new tray.

    Parameters:
        workflow (BatchCreationWorkflow): workflow that the delivery is added to.
        batch (Batch): batch that the delivery is added to; default a new one.

    Example:
        >>> workflow = BatchCreationWorkflowFactory()
        >>> CreationActionFactory(workflow=workflow).action_number
        2
    """

    class Meta:
        model = CreationAction

    class Params:
        batch = None
        workflow = Parent(BatchCreationWorkflowFactory, key="workflow_id", condition=_never)

    _creates_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {"batch": _batch_of(context, pins)}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        batch = plan["batch"] or BatchFactory(stage=_EGGS_STAGE)
        BatchContainerAssignmentFactory(batch=batch)
        return timeline_of(context, batch).deliveries[-1]


class BatchTransferWorkflowFactory(AquadataFactory[BatchTransferWorkflow]):
    """The workflow that transferred a batch into its stage, with the fish it moved.

    Parameters:
        batch (Batch): batch; default a new one.
        stage (int): stage that a new batch is transferred to, 2 to 6; default 2. With `planned`
            it is the stage before the transfer.

    Traits:
        to_sea: into stage 6.
        planned: into the next stage, in the future, without actions.

    Example:
        >>> BatchTransferWorkflowFactory(to_sea=True).is_intercompany
        True
    """

    class Meta:
        model = BatchTransferWorkflow

    class Params:
        planned = False
        to_sea = False
        stage = FlagChoice(_FRY, to_sea=LAST_STAGE)
        batch = Parent(BatchFactory, key="batch_id", stage=ChildAttribute("stage"))

    _creates_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {"batch": pins["batch"], "planned": pins["planned"]}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        timeline = timeline_of(context, plan["batch"])
        if plan["planned"]:
            return _planned_transfer(context, timeline)
        _require_transfer(timeline)
        if timeline.order - 1 not in timeline.transfers:
            BatchContainerAssignmentFactory(batch=timeline.batch)
        return timeline.transfers[timeline.order - 1]


def _require_transfer(timeline: BatchTimeline) -> None:
    if timeline.order == 1:
        raise FactoryError(
            f"batch {timeline.batch.batch_number} is in its first stage and was never transferred: "
            "give a batch of stage 2 or later, or planned=True"
        )


def _planned_transfer(context: FactoryContext, timeline: BatchTimeline) -> BatchTransferWorkflow:
    """Add the workflow into the next stage, on the day this stage ends."""
    if timeline.order == LAST_STAGE:
        raise FactoryError(
            f"batch {timeline.batch.batch_number} is in its last stage and is not transferred: "
            "give a batch of an earlier stage"
        )
    batch, day = timeline.batch, timeline.stage.leaves
    to_sea = is_sea(timeline.order + 1)
    return context.add(
        BatchTransferWorkflow,
        workflow_number=f"TRF-{batch.batch_number}-D{(day - batch.start_date).days:03d}",
        status="PLANNED",
        planned_start_date=day,
        is_intercompany=to_sea,
        source_subsidiary=FRESHWATER if to_sea else None,
        dest_subsidiary=FARMING if to_sea else None,
        batch_id=batch.id,
        initiated_by_id=user_named(context, "manager").id,
        source_lifecycle_stage_id=stage_row(context, timeline.order).id,
        dest_lifecycle_stage_id=stage_row(context, timeline.order + 1).id,
    )


class TransferActionFactory(AquadataFactory[TransferAction]):
    """Fish moved into a new container of the stage that their batch has reached.

    Parameters:
        workflow (BatchTransferWorkflow): workflow that the action is added to.
        batch (Batch): batch that the action is added to; default a new one.
        stage (int): stage that a new batch is transferred to, 2 to 6; default 2.

    Traits:
        to_sea: into stage 6.

    Example:
        >>> action = TransferActionFactory(to_sea=True)
        >>> TransferActionFactory(workflow_id=action.workflow_id).action_number
        2
    """

    class Meta:
        model = TransferAction

    class Params:
        to_sea = False
        stage = FlagChoice(_FRY, to_sea=LAST_STAGE)
        batch = None
        workflow = Parent(BatchTransferWorkflowFactory, key="workflow_id", condition=_never)

    _creates_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        return {"batch": _batch_of(context, pins), "stage": pins["stage"]}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        batch = plan["batch"] or BatchFactory(stage=plan["stage"])
        timeline = timeline_of(context, batch)
        _require_transfer(timeline)
        BatchContainerAssignmentFactory(batch=batch)
        return timeline.moves[timeline.order - 1][-1]


class StageTransitionEnvironmentalFactory(AquadataFactory[StageTransitionEnvironmental]):
    """The water into which a transfer workflow moved its fish.

    Parameters:
        batch_transfer_workflow (BatchTransferWorkflow): workflow; default a new one.
        stage (int): stage that a new batch is transferred to, 2 to 6; default 2.

    Example:
        >>> StageTransitionEnvironmentalFactory(stage=6).salinity > 30
        True
    """

    class Meta:
        model = StageTransitionEnvironmental

    class Params:
        stage = _FRY
        batch_transfer_workflow = Parent(
            BatchTransferWorkflowFactory,
            key="batch_transfer_workflow_id",
            stage=ChildAttribute("stage"),
        )

    _shared_parents = ("batch_transfer_workflow",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        workflow = pins["batch_transfer_workflow"]
        timeline = timeline_of(context, context.rows.get(Batch, workflow.batch_id))
        water = expected_water(timeline.geography, timeline.stage, timeline.stage.arrives)
        return {
            "temperature": decimal(water.temp_c),
            "oxygen": decimal(water.oxygen_mg_l),
            "salinity": decimal(water.salinity),
            "ph": decimal(water.ph),
            "batch_transfer_workflow_id": workflow.id,
        }


class EggProductionFactory(AquadataFactory[EggProduction]):
    """A lot of eggs bought for a station.

    Parameters:
        destination_station (FreshwaterStation): station; default a new one.

    Example:
        >>> EggProductionFactory().egg_count
        200000
    """

    class Meta:
        model = EggProduction

    class Params:
        destination_station = Parent(FreshwaterStationFactory, key="destination_station_id")

    _shared_parents = ("destination_station",)

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        form = f"EGG-{context.today.year}-{context.names.prefix}"
        station: FreshwaterStation | None = pins["destination_station"]
        return {
            "egg_batch_id": context.next_name(EggProduction, "egg_batch_id", form),
            "egg_count": EGGS,
            "production_date": at_time(context.today, 9),
            "source_type": "external",
            "destination_station_id": None if station is None else station.id,
        }
