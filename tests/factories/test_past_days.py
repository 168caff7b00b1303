from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy.orm import Session

import pytest_aquadata.factories as factories

DAY = date(2023, 5, 1)
INSTANT = datetime(2023, 5, 1, 8, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "column", "value"),
    [
        ("FeedingEvent", "feeding_date", DAY),
        ("FeedingEvent", "feeding_date", "2023-05-01"),
        ("MortalityEvent", "event_date", DAY),
        ("LiceCount", "count_date", INSTANT),
        ("GrowthSample", "sample_date", DAY),
        ("Treatment", "treatment_date", INSTANT),
        ("EnvironmentalReading", "reading_time", INSTANT),
        ("HarvestEvent", "event_date", INSTANT),
        ("JournalEntry", "entry_date", INSTANT),
        ("HealthSamplingEvent", "sampling_date", DAY),
        ("ContainerFeedingSummary", "period_start", DAY),
        ("BatchFeedingSummary", "period_end", DAY),
    ],
)
def test_a_day_in_the_past_is_enough(
    name: str,
    column: str,
    value: Any,
    aquadata_session: Session,
    assert_hard_checks: Callable[[], None],
) -> None:
    row = getattr(factories, f"{name}Factory")(**{column: value})
    given = getattr(row, column)
    assert (given.date() if isinstance(given, datetime) else given) == DAY
    assert_hard_checks()


def test_a_day_within_the_usual_stay_changes_nothing(aquadata_session: Session) -> None:
    usual = factories.FeedingEventFactory().batch_id
    day = factories.FeedingEventFactory().feeding_date
    dated = factories.FeedingEventFactory(feeding_date=day).batch_id
    starts = {
        aquadata_session.get_one(factories.BatchFactory._meta.model, key).start_date
        for key in (usual, dated)
    }
    assert len(starts) == 1
