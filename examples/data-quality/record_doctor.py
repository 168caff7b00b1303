"""Finds feeding records that cannot be right. Each detector gives the ids of the rows it doubts."""

import pandas as pd

_SAME_MEAL = ["batch_id", "container_id", "feeding_date", "feeding_time"]
_PERCENT_TOLERANCE = 1e-4


def mistyped(meals: pd.DataFrame) -> set[int]:
    """Meals whose amount does not agree with the percentage of biomass written beside it."""
    percent = 100 * meals.amount_kg.astype(float) / meals.batch_biomass_kg.astype(float)
    doubtful = (percent - meals.feeding_percentage.astype(float)).abs() > _PERCENT_TOLERANCE
    return set(meals.id[doubtful])


def duplicated(meals: pd.DataFrame) -> set[int]:
    """Meals that repeat one with a lower id."""
    return set(meals.sort_values("id").loc[lambda rows: rows.duplicated(_SAME_MEAL)].id)


def late(meals: pd.DataFrame) -> set[int]:
    """Meals that were written down on a later day than they were given."""
    given = pd.to_datetime(meals.feeding_date, utc=True)
    return set(meals.id[meals.created_at - given >= pd.Timedelta(days=1)])
