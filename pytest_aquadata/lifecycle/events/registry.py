"""The kinds of events that a batch's history is made of."""

from __future__ import annotations

from collections.abc import Mapping

from . import (
    batch,
    deaths,
    delivery,
    feeding_summaries,
    finance,
    harvest,
    health,
    journal,
    laboratory,
    lice,
    meals,
    readings,
    samples,
    transfers,
    treatments,
)
from .event import Event, EventTable

EVENTS: tuple[Event, ...] = (
    batch.EVENT,
    delivery.EVENT,
    transfers.EVENT,
    deaths.EVENT,
    meals.EVENT,
    samples.EVENT,
    readings.EVENT,
    health.EVENT,
    laboratory.EVENT,
    journal.EVENT,
    lice.EVENT,
    treatments.EVENT,
    harvest.EVENT,
    finance.EVENT,
    feeding_summaries.EVENT,
)
"""All kinds of events in writing order: one may read the rows of those before it."""

EVENT_TABLES: Mapping[str, EventTable] = {
    table.name: table for event in EVENTS for table in event.tables
}
"""The tables of all events by name."""
