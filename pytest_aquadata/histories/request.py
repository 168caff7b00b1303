"""What is asked of one batch's history: pinned values, incidents, imperfections, and its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ..lifecycle.imperfections import Imperfection
from ..lifecycle.incidents import Incident
from ..presets.farm import Farm


@dataclass(frozen=True)
class PinnedValues:
    """Values that the simulation has to meet, by stage order.

    Attributes:
        days: days of a stage.
        arrivals: the day on which fish come into a stage.
        weight_g: mean weight of the fish as they leave a stage.
        monthly_mortality_pct: fish lost in 30 days, percent.
        fish: fish that come into a stage; of one stage at most.
        containers: how many containers are taken, or which.
        sites: names of the halls and the area it must have.
    """

    days: Mapping[int, int] = field(default_factory=dict)
    arrivals: Mapping[int, date] = field(default_factory=dict)
    weight_g: Mapping[int, float] = field(default_factory=dict)
    monthly_mortality_pct: Mapping[int, float] = field(default_factory=dict)
    fish: Mapping[int, int] = field(default_factory=dict)
    containers: Mapping[int, int | tuple[str, ...]] = field(default_factory=dict)
    sites: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class HistoryEnd:
    """Where a history ends: on a day, or so many days into a stage; after harvest if neither."""

    day: date | None = None
    stage: int | None = None
    days: int = 0


@dataclass(frozen=True)
class HistoryRequest:
    """What is asked of one batch's history.

    Attributes:
        farm: the farm it lives on.
        geography: name of its geography.
        start: the day its eggs are delivered.
        seed: seed of all randomness.
        eggs: eggs ordered; as a planner orders them if None.
        harvest_weight_g: mean weight aimed at; usual in the geography if None.
        number: its batch number; the next one of the geography if None.
        readings_per_day: readings of each sensor a day.
        end: where the history ends.
        pins: values it has to meet.
        incidents: what happens to it.
        imperfections: what its records lack.
    """

    farm: Farm
    geography: str
    start: date
    seed: int
    eggs: int | None = None
    harvest_weight_g: int | None = None
    number: str | None = None
    readings_per_day: int = 1
    end: HistoryEnd = HistoryEnd()
    pins: PinnedValues = PinnedValues()
    incidents: tuple[Incident, ...] = ()
    imperfections: tuple[Imperfection, ...] = ()
