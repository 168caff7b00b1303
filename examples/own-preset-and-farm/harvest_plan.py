"""Trips of the harvest boat: the batches at sea, by their expected harvest date."""

from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa
from sqlalchemy.orm import Session

BATCHES = sa.table(
    "batch_batch",
    sa.column("batch_number"),
    sa.column("lifecycle_stage_id"),
    sa.column("status"),
    sa.column("expected_end_date", sa.Date),
)
STAGES = sa.table("batch_lifecyclestage", sa.column("id"), sa.column("order"))
_AT_SEA = 6


@dataclass(frozen=True)
class Trip:
    """The collection of one batch."""

    batch: str
    by: date


def harvest_plan(session: Session) -> list[Trip]:
    query = (
        sa.select(BATCHES.c.batch_number, BATCHES.c.expected_end_date)
        .join(STAGES, STAGES.c.id == BATCHES.c.lifecycle_stage_id)
        .where(BATCHES.c.status == "ACTIVE", STAGES.c.order == _AT_SEA)
        .order_by(BATCHES.c.expected_end_date)
    )
    return [Trip(*row) for row in session.execute(query)]
