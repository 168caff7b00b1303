"""The request for one batch's history: pinned values, incidents, imperfections and its end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from ..lifecycle.imperfections import Imperfection
from ..lifecycle.incidents import Incident
from ..presets.farm import Farm


@dataclass(frozen=True)
class PinnedValues:
    """Values that the simulation must meet, by stage order.

    Attributes:
        days: duration of a stage in days.
        arrivals: date on which fish enter a stage.
        weight_g: mean weight of the fish when they leave a stage.
        monthly_mortality_pct: percent of fish that die in 30 days.
        fish: number of fish that enter a stage; for at most one stage.
        containers: number of containers used, or their names.
        sites: names of halls and of the sea area.
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
    """The last day of a history: a date, or days into a stage; the end of harvest if neither."""

    day: date | None = None
    stage: int | None = None
    days: int = 0


@dataclass(frozen=True)
class HistoryRequest:
    """The request for one batch's history.

    Attributes:
        farm: farm of the batch.
        geography: name of its geography.
        start: date on which its eggs are delivered.
        seed: seed of all randomness.
        eggs: eggs ordered; a planner's choice if None.
        harvest_weight_g: target mean weight at harvest; a typical one for the geography if None.
        number: batch number; the next one of the geography if None.
        readings_per_day: readings of each sensor a day.
        end: end of the history.
        pins: values that it must meet.
        incidents: incidents that happen to it.
        imperfections: imperfections of its records.
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
