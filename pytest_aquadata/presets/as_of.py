"""Range check of the farm's today."""

from __future__ import annotations

from datetime import date

from ..errors import PlanError
from ..settings import EARLIEST_AS_OF, LATEST_AS_OF


def check_as_of(day: date) -> None:
    """Refuse a farm's today for which related dates could overflow a database's date type.

    Raises:
        PlanError: if the day is outside the range.
    """
    if not EARLIEST_AS_OF <= day <= LATEST_AS_OF:
        raise PlanError(
            f"the farm's today must be from {EARLIEST_AS_OF} to {LATEST_AS_OF}, not {day}"
        )
