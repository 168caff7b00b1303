"""A service for the crew of a feed barge: read the fish of a batch, and record deaths."""

import os
from collections.abc import Iterator
from datetime import UTC, date, datetime
from functools import cache
from typing import Annotated

import sqlalchemy as sa
from fastapi import Depends, FastAPI, HTTPException
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

app = FastAPI(title="Deaths")

BATCHES = sa.table("batch_batch", sa.column("id"), sa.column("batch_number"))
ASSIGNMENTS = sa.table(
    "batch_batchcontainerassignment",
    sa.column("id"),
    sa.column("batch_id"),
    sa.column("population_count"),
    sa.column("avg_weight_g", sa.Numeric(10, 2)),
    sa.column("biomass_kg", sa.Numeric(10, 2)),
    sa.column("is_active", sa.Boolean),
)
DEATHS = sa.table(
    "batch_mortalityevent",
    sa.column("batch_id"),
    sa.column("assignment_id"),
    sa.column("event_date", sa.Date),
    sa.column("count"),
    sa.column("biomass_kg", sa.Numeric(10, 2)),
    sa.column("cause"),
    sa.column("description"),
    sa.column("created_at", sa.DateTime),
    sa.column("updated_at", sa.DateTime),
)


@cache
def engine() -> sa.Engine:
    return sa.create_engine(os.environ["DATABASE_URL"])


def get_session() -> Iterator[Session]:
    with Session(engine()) as session:
        yield session


Database = Annotated[Session, Depends(get_session)]


class Stock(BaseModel):
    """The fish of a batch."""

    number: str
    containers: int
    fish: int


class Deaths(BaseModel):
    """Fish found dead in one container on one day."""

    on: date
    count: int = Field(gt=0)
    cause: str = "UNKNOWN"


@app.get("/batches/{number}")
def read_batch(number: str, session: Database) -> Stock:
    query = (
        sa.select(sa.func.count(ASSIGNMENTS.c.id), sa.func.sum(ASSIGNMENTS.c.population_count))
        .select_from(BATCHES)
        .outerjoin(
            ASSIGNMENTS,
            sa.and_(ASSIGNMENTS.c.batch_id == BATCHES.c.id, ASSIGNMENTS.c.is_active),
        )
        .where(BATCHES.c.batch_number == number)
        .group_by(BATCHES.c.id)
    )
    stock = session.execute(query).first()
    if stock is None:
        raise HTTPException(404, f"there is no batch {number}")
    return Stock(number=number, containers=stock[0], fish=stock[1] or 0)


@app.post("/assignments/{key}/deaths", status_code=201)
def record_deaths(key: int, deaths: Deaths, session: Database) -> dict[str, int]:
    assignment = session.execute(sa.select(ASSIGNMENTS).where(ASSIGNMENTS.c.id == key)).first()
    if assignment is None:
        raise HTTPException(404, f"there is no assignment {key}")
    remaining = assignment.population_count - deaths.count
    if remaining < 0:
        raise HTTPException(409, f"only {assignment.population_count} fish are left in it")
    now = datetime.now(UTC)
    session.execute(
        sa.insert(DEATHS).values(
            batch_id=assignment.batch_id,
            assignment_id=key,
            event_date=deaths.on,
            count=deaths.count,
            biomass_kg=deaths.count * assignment.avg_weight_g / 1000,
            cause=deaths.cause,
            description="",
            created_at=now,
            updated_at=now,
        )
    )
    session.execute(
        sa.update(ASSIGNMENTS)
        .where(ASSIGNMENTS.c.id == key)
        .values(population_count=remaining, biomass_kg=remaining * assignment.avg_weight_g / 1000)
    )
    session.commit()
    return {"fish": remaining}
