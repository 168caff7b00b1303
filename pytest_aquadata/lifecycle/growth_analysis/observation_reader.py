"""Observations of one batch from the rows of its tables."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ..columns import Columns
from ..plan import noted_harvest_weight_g
from .column_access import NO_KEY, is_text, keys, numbers, rows_of, texts
from .observations import (
    AVERAGE,
    EMPTY_SERIES,
    LARGEST,
    SMALLEST,
    Assignments,
    BatchFacts,
    DailyRecords,
    Observations,
    Series,
    Transfers,
)

_OVER = ("COMPLETED", "TERMINATED", "CANCELLED")


def observations_from_tables(
    tables: Mapping[str, Columns], daily: DailyRecords, as_of: int
) -> Observations:
    """Return the observations in the rows of one batch.

    Args:
        tables: rows of `batch_batch` (one), `batch_batchcontainerassignment`,
            `batch_transferaction`, `batch_growthsample` and `batch_creationworkflow`.
        daily: daily records of the batch.
        as_of: today.
    """
    batch = tables["batch_batch"]
    is_over = texts(batch, "status")[0] in _OVER
    end_day = NO_KEY
    if is_over and "actual_end_date" in batch:
        end_day = int(keys(batch, "actual_end_date")[0])
    assignments = _assignments(tables, end_day, as_of)
    return Observations(
        batch=_batch_facts(tables, assignments, is_over),
        as_of=as_of,
        assignments=assignments,
        samples=_samples(tables),
        transfers=_transfers(tables, assignments, as_of),
        daily=daily,
    )


def _batch_facts(
    tables: Mapping[str, Columns], assignments: Assignments, is_over: bool
) -> BatchFacts:
    batch, created = tables["batch_batch"], rows_of(tables, "batch_creationworkflow")
    eggs, supplier = 0, NO_KEY
    if created is not None:
        eggs = int(created.values("total_eggs_planned").sum())
        supplier = int(keys(created, "external_supplier_id")[0])
    if eggs <= 0 and len(assignments):
        first = assignments.first_day == assignments.first_day.min()
        eggs = int(assignments.population[first].sum())
    scenario = NO_KEY
    if "pinned_scenario_id" in batch:
        scenario = int(keys(batch, "pinned_scenario_id")[0])
    expected_end = int(keys(batch, "expected_end_date")[0])
    note = (texts(batch, "notes")[0] or "") if "notes" in batch else ""
    return BatchFacts(
        id=int(batch.values("id")[0]),
        number=texts(batch, "batch_number")[0] or "",
        species=int(batch.values("species_id")[0]),
        start_day=int(batch.values("start_date")[0]),
        expected_end_day=None if expected_end == NO_KEY else expected_end,
        is_over=is_over,
        eggs=eggs,
        supplier=None if supplier == NO_KEY else supplier,
        scenario=None if scenario == NO_KEY else scenario,
        harvest_weight_g=noted_harvest_weight_g(note),
    )


def _assignments(tables: Mapping[str, Columns], batch_end: int, as_of: int) -> Assignments:
    """Return the assignments that have begun.

    Args:
        tables: rows by table.
        batch_end: day on which assignments without a departure date end; `NO_KEY` for none.
        as_of: today.
    """
    rows = rows_of(tables, "batch_batchcontainerassignment")
    if rows is None:
        none, no_weight = np.zeros(0, np.int64), np.zeros(0)
        return Assignments(none, none, none, none, none, none.astype(np.bool_), none, no_weight)
    first, departs = keys(rows, "assignment_date"), keys(rows, "departure_date")
    if batch_end != NO_KEY:
        departs = np.where(departs == NO_KEY, batch_end, departs)
    end = np.where(departs == NO_KEY, as_of + 1, np.minimum(departs, as_of + 1))
    begun = np.flatnonzero(end > first)
    begun = begun[np.argsort(rows.values("id")[begun], kind="stable")]
    rows, departs = rows.take(begun), departs[begun]
    return Assignments(
        ids=keys(rows, "id"),
        containers=keys(rows, "container_id"),
        stage_ids=keys(rows, "lifecycle_stage_id"),
        first_day=first[begun],
        end_day=end[begun],
        is_active=(departs == NO_KEY) | (departs > as_of),
        population=keys(rows, "population_count"),
        weight_g=numbers(rows, "avg_weight_g", 2),
    )


def _samples(tables: Mapping[str, Columns]) -> Series:
    rows = rows_of(tables, "batch_growthsample")
    if rows is None:
        return EMPTY_SERIES
    weight_g = numbers(rows, "avg_weight_g", 2)
    return Series(keys(rows, "assignment_id"), keys(rows, "sample_date"), weight_g)


def _transfers(tables: Mapping[str, Columns], assignments: Assignments, as_of: int) -> Transfers:
    rows = rows_of(tables, "batch_transferaction")
    if rows is None:
        none = np.zeros(0, np.int64)
        return Transfers(none, none, none, none, none, np.zeros(0), none)
    day = keys(rows, "actual_execution_date")
    is_done = is_text(rows, "status", "COMPLETED") & (day != NO_KEY) & (day <= as_of)
    done = np.flatnonzero(is_done)
    rows = rows.take(done[np.lexsort((rows.values("id")[done], day[done]))])
    selection = np.where(is_text(rows, "selection_method", "LARGEST"), LARGEST, AVERAGE)
    return Transfers(
        source=assignments.rows(keys(rows, "source_assignment_id")),
        dest=assignments.rows(keys(rows, "dest_assignment_id")),
        day=keys(rows, "actual_execution_date"),
        moved=keys(rows, "transferred_count"),
        dead=np.maximum(keys(rows, "mortality_during_transfer"), 0),
        weight_g=numbers(rows, "measured_avg_weight_g", 2),
        selection=np.where(is_text(rows, "selection_method", "SMALLEST"), SMALLEST, selection),
    )
