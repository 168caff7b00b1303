"""Finance: transactions for fish put to sea and harvested, harvest facts, and waste."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..columns import BatchTables, Column, Columns, concatenate, integers, table, texts
from ..days import instant
from ..harvest import GRADES
from ..inputs import BatchInputs
from .common import stamps
from .event import CapacityContext, Event, EventContext, EventTable

_CENTS = 100
_GRAMS_PER_KG = 1000
_WASTE = ("Viscera and blood", "Rejected fish")


@dataclass(frozen=True)
class SeaTransfer:
    """The workflow that transfers a batch to sea: primary key, day, biomass in kg at scale 2."""

    workflow: int
    day: int
    biomass: int


def sea_transfer(written: BatchTables) -> SeaTransfer | None:
    """Return the sea transfer among the workflows, or None before it."""
    workflows = written.get("batch_batchtransferworkflow")
    if workflows is None:
        return None
    rows = np.flatnonzero(workflows.values("is_intercompany"))
    if not len(rows):
        return None
    row = int(rows[0])
    return SeaTransfer(
        workflow=int(workflows.values("id")[row]),
        day=int(workflows.values("actual_start_date")[row]),
        biomass=int(workflows.values("total_biomass_kg")[row]),
    )


def _rows(context: EventContext) -> BatchTables:
    """Return facts, transactions and waste, and the transfer workflows with their transactions."""
    inputs, written = context.inputs, context.written
    tables: dict[str, Columns] = {}
    transactions: list[Columns] = []
    first_tx = inputs.first_ids["finance_intercompanytransaction"]
    transfer = sea_transfer(written)
    if transfer is not None:
        transactions.append(_smolt_sale(inputs, transfer, first_tx))
        workflows = written["batch_batchtransferworkflow"]
        to_sea = workflows.values("is_intercompany")
        tables["batch_batchtransferworkflow"] = workflows.with_columns(
            finance_transaction_id=integers(np.where(to_sea, first_tx, 0), ~to_sea)
        )
    if "harvest_harvestevent" in written:
        events, lots = written["harvest_harvestevent"], written["harvest_harvestlot"]
        transactions.append(_harvest_sales(inputs, events, lots, first_tx + len(transactions)))
        tables["finance_factharvest"] = _facts(inputs, events, lots)
        tables["harvest_harvestwaste"] = _waste(inputs, events, lots)
    if transactions:
        tables["finance_intercompanytransaction"] = concatenate(transactions)
    return tables


def _smolt_sale(inputs: BatchInputs, transfer: SeaTransfer, tx: int) -> Columns:
    price = round(inputs.trade.smolt.per_kg * _CENTS)
    return _transactions(
        inputs,
        "batchtransferworkflow",
        ids=np.array([tx]),
        day=np.array([transfer.day]),
        cents=np.array([transfer.biomass * price // _CENTS]),
        policy=np.array([inputs.trade.smolt.policy]),
        subject=np.array([transfer.workflow]),
        event=integers([0], np.array([True])),
    )


def _harvest_sales(inputs: BatchInputs, events: Columns, lots: Columns, first_tx: int) -> Columns:
    """Return one transaction for each lot: gutted weight at the price of its grade."""
    code = {inputs.keys.grades[grade.code]: grade.code for grade in GRADES}
    prices = [inputs.trade.grades[code[key]] for key in lots.values("product_grade_id").tolist()]
    cents_per_kg = np.array([round(price.per_kg * _CENTS) for price in prices])
    event = lots.values("event_id")
    return _transactions(
        inputs,
        "harvestevent",
        ids=first_tx + np.arange(len(lots)),
        day=_event_day(events, event),
        cents=lots.values("gutted_weight_kg") * cents_per_kg // _GRAMS_PER_KG,
        policy=np.array([price.policy for price in prices]),
        subject=event,
        event=integers(event),
    )


def _event_day(events: Columns, event: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the day number of the harvest event of each row."""
    days = events.values("event_date") // instant(1)
    return np.asarray(days[event - events.values("id")[0]], np.int64)


def _transactions(
    inputs: BatchInputs,
    model: str,
    *,
    ids: NDArray[np.int64],
    day: NDArray[np.int64],
    cents: NDArray[np.int64],
    policy: NDArray[np.int64],
    subject: NDArray[np.int64],
    event: Column,
) -> Columns:
    return table(
        len(ids),
        tx_id=integers(ids),
        posting_date=integers(day),
        amount=integers(cents),
        currency=inputs.trade.currency,
        state="posted",
        event_id=event,
        policy_id=integers(policy),
        content_type_id=inputs.keys.content_types[model],
        object_id=integers(subject),
        approved_by_id=inputs.keys.users["manager"],
        approval_date=integers(instant(day, 18.0)),
        **stamps(instant(day, 17.0)),
    )


def _facts(inputs: BatchInputs, events: Columns, lots: Columns) -> Columns:
    rows = len(lots)
    event = lots.values("event_id")
    event_date = events.values("event_date")[event - events.values("id")[0]]
    return table(
        rows,
        fact_id=integers(inputs.first_ids["finance_factharvest"] + np.arange(rows)),
        event_date=integers(event_date),
        quantity_kg=lots["live_weight_kg"],
        unit_count=lots["unit_count"],
        dim_batch_id=inputs.first_ids["batch_batch"],
        dim_company_id=inputs.trade.farming_company,
        dim_site_id=inputs.trade.sites[inputs.plan.stays[-1].site],
        event_id=integers(event),
        lot_id=lots["id"],
        product_grade_id=lots["product_grade_id"],
        **stamps(event_date),
    )


def _waste(inputs: BatchInputs, events: Columns, lots: Columns) -> Columns:
    """Return viscera and blood of all fish, and the fish of the lowest grade."""
    first = int(events.values("id")[0])
    row = lots.values("event_id") - first
    live, gutted = lots.values("live_weight_kg"), lots.values("gutted_weight_kg")
    count = len(events)
    is_rejected = lots.values("product_grade_id") == inputs.keys.grades[GRADES[-1].code]
    viscera = np.bincount(row, live - gutted, count).astype(np.int64)
    rejects = np.bincount(row, gutted * is_rejected, count).astype(np.int64)
    grams = np.stack([viscera, rejects], axis=1).ravel()
    rows = len(grams)
    return table(
        rows,
        id=integers(inputs.first_ids["harvest_harvestwaste"] + np.arange(rows)),
        category=texts(_WASTE * count),
        weight_kg=integers(grams),
        event_id=integers(np.repeat(events.values("id"), len(_WASTE))),
        **stamps(np.repeat(events.values("created_at"), len(_WASTE))),
    )


def _lot_capacity(context: CapacityContext) -> int:
    return context.rings * len(GRADES)


EVENT = Event(
    tables=(
        EventTable("finance_factharvest", _lot_capacity),
        EventTable(
            "finance_intercompanytransaction",
            lambda context: _lot_capacity(context) + context.transfers,
        ),
        EventTable("harvest_harvestwaste", lambda context: context.rings * len(_WASTE)),
    ),
    rows=_rows,
)
