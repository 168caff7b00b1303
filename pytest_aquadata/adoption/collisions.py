"""Collisions of a schedule with the batches of an existing database."""

from __future__ import annotations

from ..errors import StoreError
from ..presets.schedule import Schedule
from ..presets.site_bookings import Occupancy

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
