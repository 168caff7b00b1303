"""Soft checks of the data against the farm file: sea climate and harvest weight.

They apply to every geography of the farm, also to those without published figures.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from ...presets.sites import FarmGeography
from ..context import CheckContext
from ..model import Bound, Finding
from .arrays import Mask
from .daily_water import DailyWater, at_sea, water
from .farm_geographies import assignments_in, load_geographies
from .harvest import batch_weights
from .populations import completed_batches, days_with
from .soft_check import UNSOURCED, require, soft, with_rows
from .water import monthly_means

_SUBJECT = "farm"
_LEAST_MONTHS = 6
_SALINITY_SPREAD = 0.5
"""Deviation of a day from the usual salinity without run-off."""
_WEIGHT_TOLERANCE = 0.10


def _geographies(
    context: CheckContext, mask_of: Callable[[str], Mask]
) -> Iterator[tuple[FarmGeography, Mask]]:
    """Yield each of the farm's geographies with data, and the mask of its data."""
    for name, geography in context.get(load_geographies).items():
        mask = mask_of(name)
        if mask.any():
            yield geography, mask


def _readings_at_sea(
    context: CheckContext, parameter: str
) -> Iterator[tuple[FarmGeography, DailyWater]]:
    readings = at_sea(context, water(context, parameter))

    def mask_of(name: str) -> Mask:
        return assignments_in(context, name)[readings.assignment]

    for geography, mask in _geographies(context, mask_of):
        yield geography, readings.where(mask)


def sea_temperature(context: CheckContext) -> Finding:
    """Return the largest deviation of a geography's calendar month from its climate, in °C."""
    largest: dict[str, float] = {}
    for geography, readings in _readings_at_sea(context, "temperature"):
        off = np.abs(monthly_means(readings) - np.array(geography.climate.monthly_temp_c))
        if np.isfinite(off).sum() >= _LEAST_MONTHS:
            largest[geography.name] = float(np.nanmax(off))
    require(len(largest) > 0, "months of sea temperature in a geography of the farm")
    rows = [{"geography": name, "off_c": round(off, 2)} for name, off in largest.items()]
    return with_rows(max(largest.values()), rows)


def salinity(context: CheckContext) -> float:
    """Return the share of days at sea within the salinity of their geography."""
    days = within = 0
    for geography, readings in _readings_at_sea(context, "salinity"):
        climate = geography.climate
        low = climate.salinity - climate.runoff_salinity - _SALINITY_SPREAD
        high = climate.salinity + _SALINITY_SPREAD
        days += len(readings)
        within += int(((readings.mean >= low) & (readings.mean <= high)).sum())
    require(days > 0, "readings of salinity in a geography of the farm")
    return within / days


def harvest_weight(context: CheckContext) -> float:
    """Return the share of completed batches within the harvest weights of their geography."""
    weights, assignment = batch_weights(context)

    def mask_of(name: str) -> Mask:
        return assignments_in(context, name)[assignment]

    batches = within = 0
    for geography, mask in _geographies(context, mask_of):
        low_g, high_g = geography.harvest_weight_g
        grams = 1000.0 * weights[mask]
        low_g, high_g = low_g * (1 - _WEIGHT_TOLERANCE), high_g * (1 + _WEIGHT_TOLERANCE)
        batches += len(grams)
        within += int(((grams >= low_g) & (grams <= high_g)).sum())
    require(batches > 0, "batches harvested in a geography of the farm")
    return within / batches


CHECKS = (
    soft(
        _SUBJECT,
        "sea-temperature-of-the-farm",
        "Each calendar month at sea is as warm as the farm file says for the geography.",
        sea_temperature,
        Bound(high=1.0, unit="°C off"),
        "the farm's monthly_temp_c; a year differs by 0.3 to 0.5",
        needs=days_with("temperature", 180, sea=True),
    ),
    soft(
        _SUBJECT,
        "salinity-of-the-farm",
        "The sea is as saline as the farm file says for the geography.",
        salinity,
        Bound(low=0.95, unit="of days"),
        "the farm's salinity and runoff_salinity; the share is a " + UNSOURCED,
        needs=days_with("salinity", 100, sea=True),
    ),
    soft(
        _SUBJECT,
        "harvest-weight-of-the-farm",
        "Batches are harvested at the weights that the farm file says for the geography.",
        harvest_weight,
        Bound(low=0.95, unit="of batches"),
        "the farm's harvest_weight_g, a tenth allowed; the share is a " + UNSOURCED,
        needs=completed_batches(5),
    ),
)
