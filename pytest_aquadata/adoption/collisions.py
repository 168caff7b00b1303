"""Collisions of a schedule with the batches of an existing database."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from ..errors import StoreError
from ..presets.schedule import Schedule
from ..presets.site_bookings import Occupancy
from .master_data import highest_keys

_NUMBERS_IN_MESSAGE = 3


def refuse_collisions(schedule: Schedule, occupancy: Occupancy, name: str) -> None:
    """Refuse a schedule that uses existing batch numbers or occupied sites.

    Args:
        schedule: schedule of the append build.
        occupancy: sites and batch numbers in use.
        name: name of the database in messages.

    Raises:
        StoreError: names the first collision.
    """
    numbers = [batch.number for batch in schedule.batches if batch.number in occupancy.numbers]
    if numbers:
        raise StoreError(
            f"{name} already holds batch {', '.join(numbers[:_NUMBERS_IN_MESSAGE])}"
            f"{' and more' if len(numbers) > _NUMBERS_IN_MESSAGE else ''}: give the schedule's "
            "batches other numbers, or seed another database"
        )
    for batch in schedule.batches:
        for stay in batch.stays:
            until = occupancy.until.get(stay.site)
            if until is not None and stay.arrives < until:
                raise StoreError(
                    f"{name} has fish in {stay.site}, so {batch.number} cannot arrive there on "
                    f"{stay.arrives}: plan it in another site, or seed another database"
                )


def refuse_stale_plan(connection: sa.Connection, planned_on: Mapping[str, int], name: str) -> None:
    """Refuse to write a build if others have written to its tables since it was planned.

    Its primary keys, batch numbers and sites may be taken by now.

    Args:
        connection: connection that holds the lock of builds.
        planned_on: highest primary key by table when the build was planned.
        name: name of the database in messages.

    Raises:
        StoreError: names the first table.
    """
    for table, key in highest_keys(connection, planned_on).items():
        if key != planned_on[table]:
            raise StoreError(
                f"cannot write {name}: rows were added to or removed from {table} since this build "
                "was planned; nothing was written: seed again"
            )
