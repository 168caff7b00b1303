"""Delousing: triggered by counts near the limit; methods, efficacy, and effects on the fish."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .biology import (
    DELAY_AFTER_COUNT_DAYS,
    FISH_COUNTED,
    HARD_OPERATION_FACTOR,
    HARD_OPERATION_SHARE,
    RINGS_A_DAY,
    TREATMENT_DEATH_DECAY_DAYS,
)
from .lice import ATTACHED, FEMALE, STAGES, InfectionPressure, LiceRule, count_lice, next_day
from .numerics import exp
from .randomness import stream


@dataclass(frozen=True)
class Method:
    """A method of delousing.

    Attributes:
        name: short name.
        treatment_type: value of the treatment's type in the database.
        mobile_efficacy: lowest and highest share of mobile lice removed.
        attached_efficacy: share of attached lice removed.
        lasting_days: days over which it acts; 1 for an immediate effect.
        fasting_days: days without feed before it.
        stress: how hard it is on the fish, 0 to 1.
        withholding_days: days before the fish may be harvested.
        dosage: text of the treatment's dosage.
        description: text of the treatment's description.
    """

    name: str
    treatment_type: str
    mobile_efficacy: tuple[float, float]
    attached_efficacy: float
    lasting_days: int
    fasting_days: int
    stress: float
    withholding_days: int
    dosage: str
    description: str


METHODS = (
    Method("thermal", "physical", (0.85, 0.99), 0.0, 1, 3, 1.0, 0,
           "34 °C for 30 s", "Thermal delousing"),
    Method("freshwater", "other", (0.78, 0.92), 0.60, 1, 1, 0.35, 0,
           "fresh water for 6 h", "Freshwater bath in a well-boat"),
    Method("mechanical", "physical", (0.75, 0.95), 0.0, 1, 3, 0.8, 0,
           "flushing and brushing", "Mechanical delousing"),
    Method("emamectin", "medication", (0.75, 0.92), 0.80, 14, 0, 0.05, 60,
           "50 µg/kg a day for 7 days", "In-feed emamectin benzoate"),
)  # fmt: skip
"""Thermal and mechanical remove 75-100 % of mobiles and no attached stages; freshwater about 85 %;
in-feed emamectin works slowly and has a withdrawal period. Fasting 1-3 days [U]."""

MEDICINAL = 3
_DAYS_BETWEEN_TREATMENTS = 12
"""A ring is not treated again within this time."""
_NO_TREATMENT_BEFORE_HARVEST_DAYS = 6
"""Rings as close as this to the harvest window are harvested instead of treated."""
_SHARE_OF_LIMIT_TREATED = 0.85
"""Share of the limit above which other rings are treated when one ring exceeds it."""


@dataclass(frozen=True)
class Delousing:
    """One delousing of one ring.

    Attributes:
        ring: position of the ring.
        day: first day, counted from arrival at sea.
        method: position in `METHODS`.
        efficacy: share of mobile lice removed.
        excess_mortality: deaths that it adds on the day, in times the normal death rate.
        counted: day of the count that led to it.
        females_per_fish: adult females per fish in that count.
    """

    ring: int
    day: int
    method: int
    efficacy: float
    excess_mortality: float
    counted: int
    females_per_fish: float


@dataclass(frozen=True)
class LiceHistory:
    """The lice of one sea stay.

    Attributes:
        count_days: days of the counts, from arrival at sea.
        counts: lice found, shape (counts, lice stages, rings).
        treatments: delousings, in order of the days of their counts.
    """

    count_days: NDArray[np.int64]
    counts: NDArray[np.int64]
    treatments: tuple[Delousing, ...]

    def fasting(self, rings: int, days: int) -> NDArray[np.bool_]:
        """Return the days without feed because of treatments, by ring and day."""
        fasts = np.zeros((rings, days), np.bool_)
        for delousing in self.treatments:
            before = METHODS[delousing.method].fasting_days
            if before:
                fasts[delousing.ring, max(delousing.day - before, 0) : delousing.day + 1] = True
        return fasts

    def excess_mortality(self, rings: int, days: int) -> NDArray[np.float64]:
        """Return the death rate that treatments add, in times the normal one, by ring and day."""
        added = np.zeros((rings, days))
        decay = exp(-np.arange(days) / float(TREATMENT_DEATH_DECAY_DAYS))
        for delousing in self.treatments:
            ring, day = delousing.ring, delousing.day
            if day < days:
                added[ring, day:] += delousing.excess_mortality * decay[: days - day]
        return added


def simulate_lice(
    seed: int,
    batch: str,
    rule: LiceRule,
    pressure: InfectionPressure,
    limit: NDArray[np.float64],
    harvest_starts: int,
) -> LiceHistory:
    """Simulate the lice of a sea stay day by day, with counts and treatments.

    Args:
        seed: seed of the build.
        batch: batch number.
        rule: rule for the days of counts.
        pressure: infection pressure and development rates.
        limit: legal limit of adult females per fish on each day.
        harvest_starts: day at sea on which the first ring is harvested.
    """
    rings, days = pressure.outside.shape
    rng = stream(seed, batch, "lice counts")
    lice = np.zeros((len(STAGES), rings))
    due: dict[int, list[Delousing]] = {}
    treatments: list[Delousing] = []
    last = np.full(rings, -_DAYS_BETWEEN_TREATMENTS)
    count_days: list[int] = []
    counts: list[NDArray[np.int64]] = []
    operations = 0
    for day in range(days):
        for delousing in due.get(day, ()):
            lice[:, delousing.ring] *= 1.0 - _share_removed(delousing)
        if rule.is_count_day(day):
            counted_lice = count_lice(lice, rng)
            count_days.append(day)
            counts.append(counted_lice)
            selected = _rings_to_treat(counted_lice[FEMALE], limit[day], day, last, harvest_starts)
            if len(selected):
                decided = _operation(
                    seed, batch, operations, selected, counted_lice, day, harvest_starts
                )
                operations += 1
                for delousing in decided:
                    last[delousing.ring] = delousing.day
                    for later in range(METHODS[delousing.method].lasting_days):
                        due.setdefault(delousing.day + later, []).append(delousing)
                treatments.extend(delousing for delousing in decided if delousing.day < days)
        lice = next_day(lice, pressure, day)
    stacked = np.stack(counts) if counts else np.zeros((0, len(STAGES), rings), np.int64)
    return LiceHistory(np.array(count_days, dtype=np.int64), stacked, tuple(treatments))


def _rings_to_treat(
    females: NDArray[np.int64],
    limit: float,
    day: int,
    last: NDArray[np.int64],
    harvest_starts: int,
) -> NDArray[np.int64]:
    """Return the rings to treat after a count, most lice first."""
    allowed = limit * float(FISH_COUNTED)
    if not (females > allowed).any() or day > harvest_starts - _NO_TREATMENT_BEFORE_HARVEST_DAYS:
        return np.zeros(0, np.int64)
    near = (females > _SHARE_OF_LIMIT_TREATED * allowed) & (day - last >= _DAYS_BETWEEN_TREATMENTS)
    rings = np.flatnonzero(near)
    return rings[np.argsort(-females[rings], kind="stable")]


def _operation(
    seed: int,
    batch: str,
    number: int,
    rings: NDArray[np.int64],
    counted_lice: NDArray[np.int64],
    day: int,
    harvest_starts: int,
) -> list[Delousing]:
    """Return the delousings of one operation, which treats rings in turn by one method."""
    rng = stream(seed, batch, "delousing", number)
    method = number % len(METHODS)
    if method == MEDICINAL and day + METHODS[MEDICINAL].withholding_days + 30 > harvest_starts:
        method = 0
    low, high = METHODS[method].mobile_efficacy
    is_hard = rng.random() < HARD_OPERATION_SHARE
    worst = (HARD_OPERATION_FACTOR - 1.0) * METHODS[method].stress if is_hard else 0.4
    decided = []
    for turn, ring in enumerate(rings.tolist()):
        decided.append(
            Delousing(
                ring=ring,
                day=day + int(DELAY_AFTER_COUNT_DAYS) + turn // int(RINGS_A_DAY),
                method=method,
                efficacy=float(rng.uniform(low, high)),
                excess_mortality=worst * float(rng.uniform(0.3, 1.0)),
                counted=day,
                females_per_fish=float(counted_lice[FEMALE, ring]) / float(FISH_COUNTED),
            )
        )
    return decided


def _share_removed(delousing: Delousing) -> NDArray[np.float64]:
    """Return the share of each lice stage removed on each day of a treatment."""
    method = METHODS[delousing.method]
    whole = np.full(len(STAGES), delousing.efficacy)
    whole[ATTACHED] = method.attached_efficacy
    if method.lasting_days == 1:
        return whole
    return 1.0 - exp(
        np.array([_log_remaining(share) for share in whole.tolist()]) / method.lasting_days
    )


def _log_remaining(share: float) -> float:
    return math.log(1.0 - share)
