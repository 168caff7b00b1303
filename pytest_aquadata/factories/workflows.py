"""Factories for how batches begin and move: rows that come with the fish they moved.

A delivery without a tray, or a transfer without fish, would leave fish that came from nowhere. So
each of these makes the fish and gives the row that recorded them; `planned=True` makes a workflow
that lies ahead, with no actions yet.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

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
from .base import AquadataFactory, Chosen, Parent, PinnedValues, Same
from .batch import BatchContainerAssignmentFactory, BatchFactory
from .company import Company, FactoryError
from .infrastructure import FreshwaterStationFactory
from .places import decimal, is_sea
from .stays import EGGS, BatchTimeline, person, stage_row, timeline_of
from .times import at_time
from .water import water_at

_EGGS, _FRY, _SEA = 1, 2, 6
_PLANNED_AHEAD = timedelta(days=30)


def _never(at: Company, pins: PinnedValues) -> bool:
    return False


class BatchCreationWorkflowFactory(AquadataFactory[BatchCreationWorkflow]):
    """The workflow that laid in the eggs of a batch, with its delivery and tray.

    Parameters: `batch`, else a new one in its first stage; `planned=True` for one that lies ahead.
    """

    class Meta:
        model = BatchCreationWorkflow

    class Params:
        planned = False
        batch = Parent(BatchFactory, key="batch_id", stage=_EGGS)

    _adds_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {"of": pins["batch"], "ahead": pins["planned"]}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        track = timeline_of(at, plan["of"])
        if plan["ahead"]:
            return _planned_creation(at, track)
        if track.creation is None:
            BatchContainerAssignmentFactory(batch=track.batch)
        return track.creation


def _planned_creation(at: Company, track: BatchTimeline) -> BatchCreationWorkflow:
    starts = at.today + _PLANNED_AHEAD
    track.batch.status, track.batch.start_date = "PLANNED", starts
    track.batch.expected_end_date = None
    track.batch.batch_number = track.batch.batch_number.replace(
        f"-{track.batch.batch_number.split('-')[1]}-", f"-{starts.year}-", 1
    )
    return at.add(
        BatchCreationWorkflow,
        workflow_number=f"CRT-{track.batch.batch_number}",
        status="PLANNED",
        egg_source_type="EXTERNAL",
        total_eggs_planned=EGGS,
        planned_start_date=starts,
        planned_completion_date=starts,
        batch_id=track.batch.id,
        created_by_id=person(at, "manager").id,
    )


def _batch_of(at: Company, workflow: Any, batch: Any) -> Any:
    """The batch that a workflow or a test names."""
    return at.get(Batch, workflow.batch_id) if workflow is not None else batch


class CreationActionFactory(AquadataFactory[CreationAction]):
    """A delivery of eggs into a tray; with `workflow` or `batch`, one more of that batch."""

    class Meta:
        model = CreationAction

    class Params:
        batch = None
        workflow = Parent(BatchCreationWorkflowFactory, key="workflow_id", when=_never)

    _adds_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {"of": _batch_of(at, pins["workflow"], pins["batch"])}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        batch = plan["of"] or BatchFactory(stage=_EGGS)
        BatchContainerAssignmentFactory(batch=batch)
        return timeline_of(at, batch).deliveries[-1]


class BatchTransferWorkflowFactory(AquadataFactory[BatchTransferWorkflow]):
    """The workflow that brought a batch into its stage, with the fish it moved.

    Parameters: `batch`; `stage`, the one that is entered; `to_sea=True` for the move to sea;
    `planned=True` for the move that lies ahead.
    """

    class Meta:
        model = BatchTransferWorkflow

    class Params:
        planned = False
        to_sea = False
        stage = Chosen(_FRY, to_sea=_SEA)
        batch = Parent(BatchFactory, key="batch_id", stage=Same("stage"))

    _adds_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {"of": pins["batch"], "ahead": pins["planned"]}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        track = timeline_of(at, plan["of"])
        if plan["ahead"]:
            return _planned_transfer(at, track)
        _refuse_unmoved(track)
        if track.order - 1 not in track.transfers:
            BatchContainerAssignmentFactory(batch=track.batch)
        return track.transfers[track.order - 1]


def _refuse_unmoved(track: BatchTimeline) -> None:
    if track.order == 1:
        raise FactoryError(
            f"batch {track.batch.batch_number} is in its first stage and was never transferred: "
            "give a batch of stage 2 or later, or planned=True"
        )


def _planned_transfer(at: Company, track: BatchTimeline) -> BatchTransferWorkflow:
    """The move into the next stage, on the day this one ends."""
    if track.order == _SEA:
        raise FactoryError(
            f"batch {track.batch.batch_number} is in its last stage and is not transferred: give a "
            "batch of an earlier stage"
        )
    day = track.stage.leaves
    return at.add(
        BatchTransferWorkflow,
        workflow_number=(
            f"TRF-{track.batch.batch_number}-D{(day - track.batch.start_date).days:03d}"
        ),
        status="PLANNED",
        planned_start_date=day,
        is_intercompany=is_sea(track.order + 1),
        source_subsidiary="FW" if is_sea(track.order + 1) else None,
        dest_subsidiary="FM" if is_sea(track.order + 1) else None,
        batch_id=track.batch.id,
        initiated_by_id=person(at, "manager").id,
        source_lifecycle_stage_id=stage_row(at, track.order).id,
        dest_lifecycle_stage_id=stage_row(at, track.order + 1).id,
    )


class TransferActionFactory(AquadataFactory[TransferAction]):
    """Fish moved into the stage their batch has reached; with `workflow`, more of that batch.

    Parameters: `workflow` or `batch`; `stage`, the one that is entered; `to_sea=True`.
    """

    class Meta:
        model = TransferAction

    class Params:
        to_sea = False
        stage = Chosen(_FRY, to_sea=_SEA)
        batch = None
        workflow = Parent(BatchTransferWorkflowFactory, key="workflow_id", when=_never)

    _adds_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        return {"of": _batch_of(at, pins["workflow"], pins["batch"]), "stage": pins["stage"]}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        batch = plan["of"] or BatchFactory(stage=plan["stage"])
        track = timeline_of(at, batch)
        _refuse_unmoved(track)
        BatchContainerAssignmentFactory(batch=batch)
        return track.moves[track.order - 1][-1]


class StageTransitionEnvironmentalFactory(AquadataFactory[StageTransitionEnvironmental]):
    """The water into which a transfer workflow moved its fish."""

    class Meta:
        model = StageTransitionEnvironmental

    class Params:
        stage = _FRY
        batch_transfer_workflow = Parent(
            BatchTransferWorkflowFactory,
            key="batch_transfer_workflow_id",
            stage=Same("stage"),
        )

    _shares = ("batch_transfer_workflow",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        workflow = pins["batch_transfer_workflow"]
        track = timeline_of(at, at.get(Batch, workflow.batch_id))
        entered = track.stage
        water = water_at(track.geography, entered, entered.arrives)
        return {
            "temperature": decimal(water.temp_c),
            "oxygen": decimal(water.oxygen_mg_l),
            "salinity": decimal(water.salinity),
            "ph": decimal(water.ph),
            "batch_transfer_workflow_id": workflow.id,
        }


class EggProductionFactory(AquadataFactory[EggProduction]):
    """A lot of eggs bought for a station."""

    class Meta:
        model = EggProduction

    class Params:
        destination_station = Parent(FreshwaterStationFactory, key="destination_station_id")

    _shares = ("destination_station",)

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        number = at.number("egg lot")
        station: FreshwaterStation | None = pins["destination_station"]
        return {
            "egg_batch_id": at.own(f"EGG-{at.today.year}-{number:03d}"),
            "egg_count": EGGS,
            "production_date": at_time(at.today, 9),
            "source_type": "external",
            "destination_station_id": None if station is None else station.id,
        }
