"""A finished dataset, which the session fixtures give to tests."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import cached_property
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.column_reader import read_columns
from ..databases.layout import readable_table
from ..databases.location import DatabaseLocation
from ..databases.sqlite_location import SqliteLocation
from ..databases.urls import database_location
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
from .build_metadata import FARM, MANIFEST, SCHEDULE, entry_of, latest_build
from .lookup import BatchInfo, BatchQuery, find_batch
from .manifest import Manifest
from .read_only import explain_read_only


class Dataset:
    """A company in a database, open for reading.

    Use it as a context manager, or call `close`.

    Attributes:
        fresh: True if it was built in this session.
        manifest: what determined the build, and rows and digest of each table.
        url: URL of the database; sessions that are opened by it, too, refuse to write to a dataset
            that tests share.
        engine: SQLAlchemy engine; it refuses to write to a dataset that tests share.
    """

    def __init__(
        self,
        location: Path | DatabaseLocation,
        *,
        writable: bool = False,
        resources: ExitStack | None = None,
        fresh: bool = False,
    ) -> None:
        """Open a database that aquadata built.

        Args:
            location: a SQLite file, or the location of another database.
            writable: True if it may be changed.
            resources: closed with the dataset.
            fresh: True if it was built in this session.

        Raises:
            StoreError: if aquadata did not build the database.
        """
        self._location = SqliteLocation(location) if isinstance(location, Path) else location
        self._resources = resources
        self.fresh = fresh
        self._metadata = latest_build(self._location.build_metadata()) or {}
        if not self._metadata:
            raise StoreError(
                f"{self._location.display_name} holds no finished build of aquadata; seed it"
            )
        self.manifest = Manifest.from_json(self._metadata[MANIFEST])
        self.url = self._location.url if writable else self._location.read_only_url
        self.engine = self._location.engine(writable=writable)
        if not writable:
            explain_read_only(self.engine, self.manifest.preset)

    def session(self) -> Session:
        """Return a new session."""
        return Session(self.engine)

    def connection(self) -> sa.Connection:
        """Return a new connection."""
        return self.engine.connect()

    @property
    def counts(self) -> Mapping[str, int]:
        """Rows of every table that is not empty, at the time of the build."""
        return {name: written.rows for name, written in self.manifest.tables.items()}

    @property
    def size_bytes(self) -> int:
        """Size of the database."""
        return self._location.size_bytes()

    @property
    def location_url(self) -> str:
        """URL of the database as `--url` takes it, with the password; it allows changes."""
        return self._location.url

    @property
    def as_of(self) -> date:
        """The farm's current day."""
        return date.fromisoformat(self.manifest.as_of)

    @cached_property
    def schedule(self) -> Schedule:
        """The schedule of the build."""
        return read_document(entry_of(self._metadata, SCHEDULE), Schedule, "schedule")

    @cached_property
    def farm(self) -> Farm:
        """The farm of the build."""
        return farm_from_text(self.schedule.farm, entry_of(self._metadata, FARM))

    @cached_property
    def batches(self) -> tuple[BatchInfo, ...]:
        """All batches, in the order of their start dates."""
        first_container = (
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
            .join(first_container, first_container.c.batch_id == Batch.id)
            .join(LifeCycleStage, LifeCycleStage.id == Batch.lifecycle_stage_id)
            .join(Container, Container.id == first_container.c.container_id)
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
        """Return the first batch, by start date, that meets all conditions; None is no condition.

        Args:
            number: batch number.
            geography: name of the geography.
            stage: order of its current or last lifecycle stage.
            status: `ACTIVE` or `COMPLETED`.
            near_harvest: True if all of it will be harvested within 60 days.
            min_days_to_harvest: least number of days to the end of its harvest.
            max_days_to_harvest: greatest number of days to the end of its harvest.

        Raises:
            NothingFound: if there is none; the message lists the values that exist.
        """
        query = BatchQuery(
            number=number,
            geography=geography,
            stage=stage,
            status=status,
            near_harvest=near_harvest,
            min_days_to_harvest=min_days_to_harvest,
            max_days_to_harvest=max_days_to_harvest,
        )
        return find_batch(self.batches, query, self.manifest.preset)

    def table(self, name: str) -> Columns:
        """Return all rows of a table as columns, in the order of the primary key.

        Raises:
            StoreError: if there is no such table.
        """
        if name not in TABLES:
            raise StoreError(f"there is no table {name}; see Dataset.counts")
        with self.connection() as connection:
            return read_columns(connection, readable_table(connection, name))

    @contextmanager
    def clone(self) -> Iterator[Dataset]:
        """Copy the dataset; the copy may be changed and is removed at the end of the block.

        SQLite files are copied as files, and PostgreSQL copies a template, or a database without
        other connections. All others are loaded row by row, which takes longer.
        """
        # PostgreSQL does not copy a database that has connections, even idle ones
        self.engine.dispose()
        with self._location.copy() as location, Dataset(location, writable=True) as dataset:
            yield dataset

    def close(self) -> None:
        """Close all connections; remove the files if only this dataset uses them."""
        self.engine.dispose()
        if self._resources is not None:
            self._resources.close()

    def __enter__(self) -> Dataset:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_dataset(url: str, *, fresh: bool = False) -> Dataset:
    """Open a database that aquadata built for reading.

    Args:
        url: of the database.
        fresh: True if it was built in this session.

    Raises:
        StoreError: if the URL names no such database.
    """
    return Dataset(database_location(url), fresh=fresh)
