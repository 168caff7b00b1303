"""Every biological constant that is not a rule of the farm file: value, unit, source.

A constant is a float with its unit and source. [U] marks an industry convention without a primary
source: a default, never a bound.
"""

from __future__ import annotations


class Constant(float):
    """A number with its unit and source."""

    unit: str
    source: str

    def __new__(cls, value: float, unit: str, source: str) -> Constant:
        """Create the number with its unit and source."""
        constant = super().__new__(cls, value)
        constant.unit = unit
        constant.source = source
        return constant

    def __reduce__(self) -> tuple[type[Constant], tuple[float, str, str]]:
        """Keep unit and source when pickled."""
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
    0.075, "CV of TGC between rings", "weight CV 8-20 % between rings of a batch"
)
GROWTH_CV_BATCH = Constant(
    0.012, "CV of TGC between batches", "part of SD 0.49, Bailey et al. 2003"
)
APPETITE_SD = Constant(0.08, "SD of a day's growth", "day-to-day appetite [U]")
APPETITE_PHI = Constant(0.7, "correlation of days", "[U]")
FASTING_LOSS = Constant(0.0015, "share of weight per day", "routine metabolism of unfed salmon [U]")
EXPECTED_GROWTH_AT_SEA = Constant(0.925, "share of full growth", "fasting, sickness take the rest")
EXPECTED_GROWTH_IN_HALLS = Constant(
    0.985, "share of full growth", "fasting, sickness take the rest"
)
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
HAZARD_SD_CONTAINER = Constant(0.75, "SD of log hazard between container-months", "heavily skewed")
HAZARD_SD_SITE = Constant(0.4, "SD of log hazard between months of a site", "heavily skewed")
HAZARD_PHI = Constant(0.96, "correlation of days", "autocorrelated daily counts")
EGG_UNEVENNESS = Constant(0.4, "of the log SDs above", "at most 5 % of eggs are lost")
DAILY_SHAPE = Constant(3.0, "gamma shape of a day's deaths", "over-dispersed daily counts")
EARLY_DAYS = Constant(90, "days", "first three months at sea, Bang Jensen 2020")
HANDLING_DEATHS = Constant(0.0008, "share of fish moved", "well-run pumping [U]")

# Harvest

HARVEST_WEIGHT_G = Constant(
    5400, "g", "live, where no plan says: middle of batch means of 4.3-6.6 kg in Scotland and Faroe"
)
COUNTING_SHORTFALL_MAX = Constant(0.03, "share of the book", "0-4 % fewer at harvest")
GUTTED_YIELD = Constant(0.84, "share of live weight", "0.82-0.86")
FILLET_YIELD = Constant(0.57, "share of live weight", "0.52-0.62")
WEIGHING_SD = Constant(0.015, "SD of harvested against book weight", "differs by a few percent")

# Sea lice (Lepeophtheirus salmonis unless noted)

CHALIMUS_DAYS_AT_10 = Constant(18.9, "days", "median time attached at 10 °C, Aldrin et al. 2017")
CHALIMUS_TEMP_EXPONENT = Constant(1.305, "power of 10/T", "Aldrin et al. 2017")
PREADULT_DAYS_AT_10 = Constant(
    10.7, "days", "median time as pre-adult at 10 °C, Aldrin et al. 2017"
)
PREADULT_TEMP_EXPONENT = Constant(0.866, "power of 10/T", "Aldrin et al. 2017")
ATTACHED_DEATH = Constant(0.05, "1/d", "background death of attached stages, order of Stien 2005")
PREADULT_DEATH = Constant(0.05, "1/d", "background death of pre-adults, order of Stien 2005")
FEMALE_DEATH = Constant(0.035, "1/d", "background death of adult females, order of Stien 2005")
MALE_DEATH = Constant(0.06, "1/d", "background death of adult males, order of Stien 2005")
OUTSIDE_PRESSURE = Constant(0.16, "lice per fish and day", "calibrated to 3-8 treatments [U]")
OWN_PRESSURE = Constant(0.17, "lice per adult female and day", "calibrated, see OUTSIDE_PRESSURE")
CALIGUS_PRESSURE = Constant(0.012, "lice per fish and day", "[U]")
CALIGUS_DEATH = Constant(0.05, "1/d", "[U]")
RING_CLUSTERING_SD = Constant(0.35, "SD of log pressure between rings", "clustering between rings")
LICE_DISPERSION = Constant(0.6, "negative binomial k of one fish", "many zeros, long right tail")
FISH_COUNTED = Constant(20, "fish", "a ring and count, Firum")

# Treatments

DELAY_AFTER_COUNT_DAYS = Constant(3, "days", "from a count to the first ring treated [U]")
RINGS_A_DAY = Constant(3, "rings", "treated by one vessel in a day [U]")
HARD_OPERATION_SHARE = Constant(0.30, "share of operations", "30 % show excess deaths")
HARD_OPERATION_FACTOR = Constant(9.0, "times the normal rate, at most", "up to 9 times on the day")
TREATMENT_DEATH_DECAY_DAYS = Constant(3.0, "days", "decaying over days")

# Disease

OUTBREAKS_A_YEAR_AT_SEA = Constant(0.9, "a batch and year", "[U]; gives infection its share")
OUTBREAKS_A_YEAR_IN_HALLS = Constant(0.35, "a batch and year", "[U]")
OUTBREAK_RISE_DAYS = Constant(8.0, "days", "[U]")
OUTBREAK_DECAY_DAYS = Constant(22.0, "days", "[U]")
OUTBREAK_FACTOR = Constant(4.5, "times the normal rate at the peak, typical", "[U]")
WARM_WATER_C = Constant(13.5, "°C", "above it oxygen demand and disease rise [U]")
WARM_WATER_RISE = Constant(0.35, "share a degree", "[U]")
