"""Detectors of wrong feeding records; each returns the ids of suspicious rows."""

import pandas as pd

_SAME_MEAL = ["batch_id", "container_id", "feeding_date", "feeding_time"]
_PERCENT_TOLERANCE = 1e-4


def mistyped(meals: pd.DataFrame) -> set[int]:
    """Find meals whose amount contradicts the recorded percentage of biomass."""
    percent = 100 * meals.amount_kg.astype(float) / meals.batch_biomass_kg.astype(float)
    is_wrong = (percent - meals.feeding_percentage.astype(float)).abs() > _PERCENT_TOLERANCE
    return set(meals.id[is_wrong])


def duplicated(meals: pd.DataFrame) -> set[int]:
    """Find meals that repeat a meal with a lower id."""
    return set(meals.sort_values("id").loc[lambda rows: rows.duplicated(_SAME_MEAL)].id)


def late(meals: pd.DataFrame) -> set[int]:
    """Find meals that were recorded on a later day than they were fed."""
    fed_on = pd.to_datetime(meals.feeding_date, utc=True)
    return set(meals.id[meals.created_at - fed_on >= pd.Timedelta(days=1)])
