"""Every biological constant that is not a rule of the farm file: value, unit, source.

A constant is a float that knows its unit and where it comes from. [U] marks an industry
convention without a primary source: a default, never a bound.
"""

from __future__ import annotations


class Constant(float):
    """A number with its unit and source."""

    unit: str
    source: str

    def __new__(cls, value: float, unit: str, source: str) -> Constant:
        """Make the number and remember where it comes from."""
        constant = super().__new__(cls, value)
        constant.unit = unit
        constant.source = source
        return constant

    def __reduce__(self) -> tuple[type[Constant], tuple[float, str, str]]:
        """Carry unit and source along when pickled."""
        return Constant, (float(self), self.unit, self.source)


# Growth

THERMAL_EFFICIENCY = (
    (1.0, 0.0),
    (2.0, 0.40),
    (4.0, 0.72),
    (6.0, 0.87),
    (8.0, 0.96),
    (10.0, 1.0),
    (12.0, 0.96),
    (14.0, 0.84),
    (16.0, 0.64),
    (18.0, 0.38),
    (20.0, 0.10),
    (22.0, 0.0),
)
"""Growth per degree-day relative to 10 °C, by °C: none below 1, best near 10, weak at 14, poor at
18 (shape after Jobling 2003 and Handeland et al. 2008). Growth per day peaks at 13 to 14 °C."""

GROWTH_CV_HALL = Constant(0.03, "CV of TGC between tanks", "chosen for a weight CV near 5 %")
GROWTH_CV_RING = Constant(
    0.055, "CV of TGC between rings", "weight CV 8-20 % between rings of a batch"
)
GROWTH_CV_BATCH = Constant(
    0.012, "CV of TGC between batches", "part of SD 0.49, Bailey et al. 2003"
)
APPETITE_SD = Constant(0.08, "SD of a day's growth", "day-to-day appetite [U]")
APPETITE_PHI = Constant(0.7, "correlation of days", "[U]")
FASTING_LOSS = Constant(0.0015, "share of weight per day", "routine metabolism of unfed salmon [U]")
SEA_START_EFFICIENCY = Constant(
    0.45, "share of normal growth", "first day at sea, osmotic adaptation"
)
SEA_START_DAYS = Constant(42, "days", "first weeks at sea until growth is normal")

# Eggs and alevins

EGG_WEIGHT_G = Constant(0.12, "g", "wet weight of an eyed egg [U]")
FIRST_FEEDING_WEIGHT_G = Constant(0.17, "g", "0.15-0.20 g at first feeding, Solberg")
DELIVERY_DEGREE_DAYS = Constant(350, "degree-days", "eyed eggs 350-420 dd after fertilisation [U]")
FIRST_FEEDING_DEGREE_DAYS = Constant(890, "degree-days", "first feeding at 800-900 dd [U]")
DEAD_ON_ARRIVAL = Constant(0.002, "share of eggs", "[U]")

# Size and condition

WEIGHT_CV = Constant(0.20, "CV within a container", "15-30 % [U]")
CONDITION_CV = Constant(0.075, "CV of K between fish", "6-9 %")
CONDITION_BY_STAGE = {1: 0.75, 2: 1.05, 3: 1.15, 4: 1.05, 5: 1.15, 6: 1.28}
"""Fulton's K by stage order: parr 1.0-1.35, smolt 0.95-1.15, sea 1.1-1.5; fry and alevin [U]."""
SAMPLING_BIAS_SD = Constant(0.01, "SD of a sample's bias", "small handling bias")

# Feeding

FASTING_BEFORE_TRANSFER_DAYS = Constant(2, "days", "1-2 days [U]")
FASTING_BEFORE_HARVEST_DAYS = Constant(3, "days", "2-5 days [U]")
WINTER_FCR = Constant(0.03, "added to FCR in midwinter", "rising in winter")

# Mortality

HAZARD_CV_BATCH = Constant(
    0.35, "SD of log hazard between batches", "IQR 0.06-0.67 %/month in halls"
)
HAZARD_SD_CONTAINER = Constant(0.9, "SD of log hazard between container-months", "heavily skewed")
HAZARD_PHI = Constant(0.96, "correlation of days", "autocorrelated daily counts")
DAILY_SHAPE = Constant(3.0, "gamma shape of a day's deaths", "over-dispersed daily counts")
EARLY_DAYS = Constant(90, "days", "first three months at sea, Bang Jensen 2020")
HANDLING_DEATHS = Constant(0.0008, "share of fish moved", "well-run pumping [U]")

# Harvest

COUNTING_SHORTFALL_MAX = Constant(0.03, "share of the book", "0-4 % fewer at harvest")
GUTTED_YIELD = Constant(0.84, "share of live weight", "0.82-0.86")
FILLET_YIELD = Constant(0.57, "share of live weight", "0.52-0.62")
WEIGHING_SD = Constant(0.015, "SD of harvested against book weight", "differs by a few percent")
