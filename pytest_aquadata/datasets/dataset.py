"""A finished dataset: what the session fixtures give to a test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.column_reader import read_columns
from ..databases.layout import table_as_found
from ..databases.location import DatabaseLocation, SqliteLocation, database_location
from ..errors import StoreError
from ..lifecycle.columns import Columns
from ..presets.documents import read_document
from ..presets.farm import Farm, farm_from_text
from ..presets.schedule import Schedule
from ..schema import (
    TABLES,
    Area,
    Batch,
    BatchContainerAssignment,
    Container,
    FreshwaterStation,
    Geography,
    Hall,
    LifeCycleStage,
)
from .build_metadata import FARM, MANIFEST, SCHEDULE, latest_build
from .lookup import BatchInfo, BatchWanted, find_batch
from .manifest import Manifest
from .read_only import explain_read_only


class Dataset:
    """A company in a database, open for reading.

    Use it as a context manager, or call `close`.
    """

    def __init__(
        self,
        place: Path | DatabaseLocation,
        *,
        writable: bool = False,
        held: ExitStack | None = None,
        fresh: bool = False,
    ) -> None:
        """Open a database that aquadata built.

        Args:
            place: the SQLite file, or where else it lives.
            writable: whether it may be changed.
            held: what is closed with the dataset.
            fresh: whether it was built just now, and not found.

        Raises:
            StoreError: when it is no database of ours.
        """
        self._home = SqliteLocation(place) if isinstance(place, Path) else place
        self._held = held
        self.fresh = fresh
        self._notes = latest_build(self._home.notes()) or {}
        if not self._notes:
            raise StoreError(f"{self._home.where} holds no finished build of aquadata; seed it")
        self.manifest = Manifest.from_json(self._notes[MANIFEST])
        self.url = self._home.url
        self.engine = self._home.engine(writable=writable)
        if not writable:
            explain_read_only(self.engine, self.manifest.preset)

    def session(self) -> Session:
        """A new session."""
        return Session(self.engine)

    def connection(self) -> sa.Connection:
        """A new connection."""
        return self.engine.connect()

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows of every table that has any, as they were built."""
        return {name: written.rows for name, written in self.manifest.tables.items()}

    @property
    def size_bytes(self) -> int:
        """Size of the database."""
        return self._home.size_bytes()

    @property
    def as_of(self) -> date:
        """The farm's today."""
        return date.fromisoformat(self.manifest.as_of)

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule it was built from."""
        return read_document(self._notes[SCHEDULE], Schedule, "schedule")

    @cached_property
    def farm(self) -> Farm:
        """The farm it was built for."""
        return farm_from_text(self.schedule.farm, self._notes[FARM])

    @cached_property
    def batches(self) -> tuple[BatchInfo, ...]:
        """All batches, in the order of their start."""
        first = (
            sa.select(
                BatchContainerAssignment.batch_id,
                sa.func.min(BatchContainerAssignment.container_id).label("container_id"),
            )
            .group_by(BatchContainerAssignment.batch_id)
            .subquery()
        )
        geography_id = sa.func.coalesce(FreshwaterStation.geography_id, Area.geography_id)
        query = (
            sa.select(
                Batch.id,
                Batch.batch_number,
                Geography.name,
                LifeCycleStage.order,
                Batch.status,
                Batch.start_date,
                Batch.expected_end_date,
            )
            .join(first, first.c.batch_id == Batch.id)
            .join(LifeCycleStage, LifeCycleStage.id == Batch.lifecycle_stage_id)
            .join(Container, Container.id == first.c.container_id)
            .outerjoin(Hall, Hall.id == Container.hall_id)
            .outerjoin(FreshwaterStation, FreshwaterStation.id == Hall.freshwater_station_id)
            .outerjoin(Area, Area.id == Container.area_id)
            .join(Geography, Geography.id == geography_id)
            .order_by(Batch.start_date, Batch.id)
        )
        with self.connection() as connection:
            rows = connection.execute(query).all()
        return tuple(
            BatchInfo(
                id=key,
                number=number,
                geography=geography,
                stage=stage,
                status=status,
                start=start,
                days_to_harvest=(ends - self.as_of).days if status == "ACTIVE" and ends else None,
            )
            for key, number, geography, stage, status, start, ends in rows
        )

    def batch(
        self,
        number: str | None = None,
        *,
        geography: str | None = None,
        stage: int | None = None,
        status: str | None = None,
        near_harvest: bool | None = None,
        min_days_to_harvest: int | None = None,
        max_days_to_harvest: int | None = None,
    ) -> BatchInfo:
        """The first batch, by start, that is as a test wants it; what is None does not matter.

        Args:
            number: batch number.
            geography: name of the geography.
            stage: order of the lifecycle stage it is in, or was in last.
            status: `ACTIVE` or `COMPLETED`.
            near_harvest: whether all of it will be harvested within 60 days.
            min_days_to_harvest: the fewest days to the end of its harvest.
            max_days_to_harvest: the most days to the end of its harvest.

        Raises:
            NothingFound: when there is none; the message says why, and what there is.
        """
        wanted = BatchWanted(
            number=number,
            geography=geography,
            stage=stage,
            status=status,
            near_harvest=near_harvest,
            min_days_to_harvest=min_days_to_harvest,
            max_days_to_harvest=max_days_to_harvest,
        )
        return find_batch(self.batches, wanted, self.manifest.preset)

    def table(self, name: str) -> Columns:
        """All rows of a table as columns, in the order of the primary key.

        Raises:
            StoreError: when there is no such table.
        """
        if name not in TABLES:
            raise StoreError(f"there is no table {name}; see Dataset.counts")
        with self.connection() as connection:
            return read_columns(connection, table_as_found(connection, name))

    @contextmanager
    def clone(self) -> Iterator[Dataset]:
        """A private copy that may be changed, gone when the block ends.

        A file is copied as it is, and so is a database of PostgreSQL that nobody else uses. What
        others use there, and any database of MariaDB, is loaded again, which takes longer.
        """
        # idle connections would keep PostgreSQL from copying
        self.engine.dispose()
        with self._home.copy() as home, Dataset(home, writable=True) as dataset:
            yield dataset

    def close(self) -> None:
        """Close all connections; remove the files if they were made for this dataset alone."""
        self.engine.dispose()
        if self._held is not None:
            self._held.close()

    def __enter__(self) -> Dataset:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_dataset(url: str, *, fresh: bool = False) -> Dataset:
    """The dataset in a database that aquadata built, open for reading.

    Args:
        url: the database.
        fresh: whether it was built just now.

    Raises:
        StoreError: when the URL names no such database.
    """
    return Dataset(database_location(url), fresh=fresh)
