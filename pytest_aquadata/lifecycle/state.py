"""State of a batch over its life, computed by `life` and written by `events`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from .delousing import LiceHistory
from .disease import Outbreak
from .incidents.effects import Effects
from .incidents.losses import CountedLoss, daily_losses
from .incidents.scheduled import ScheduledIncident
from .places import FishContainer, Site
from .plan import PlannedStay
from .stages import StageRule
from .transfer import Move

_Number = TypeVar("_Number", np.int64, np.float64)


@dataclass(frozen=True)
class Delivery:
    """Delivery of the eggs, by tray.

    Attributes:
        planned: eggs ordered.
        received: eggs delivered, dead ones included.
        dead: eggs dead on arrival.
    """

    planned: NDArray[np.int64]
    received: NDArray[np.int64]
    dead: NDArray[np.int64]


@dataclass(frozen=True)
class StageLife:
    """A batch in one stage. Daily arrays have the shape (containers, planned days).

    Attributes:
        rule: rule of the stage.
        stay: the planned stay.
        site: the hall or area.
        containers: its containers, in the order of the plan.
        feed_containers: primary key of each container's feed container.
        assignment_ids: primary key of each container's assignment.
        first_day: day number of arrival.
        today: the farm's today, in days from arrival.
        departs: day of departure of each container, in days from arrival.
        population: fish at the start of each day and after the last, shape (containers, days + 1).
        weight_g: mean weight at the same times, same shape.
        deaths: fish that died on each day.
        cause: position of their main cause in `mortality.CAUSES`.
        temp_c: mean water temperature of each day.
        feed: decagrams fed on each day.
        pellet: position of the feed of each day.
        lice: lice of a sea stay; None in halls.
        outbreaks: outbreaks of disease.
        scheduled_incidents: incidents that begin in this stage.
        effects: their combined effects.
        lost: fish that they remove at once.
    """

    rule: StageRule
    stay: PlannedStay
    site: Site
    containers: tuple[FishContainer, ...]
    feed_containers: NDArray[np.int64]
    assignment_ids: NDArray[np.int64]
    first_day: int
    today: int
    departs: NDArray[np.int64]
    population: NDArray[np.int64]
    weight_g: NDArray[np.float64]
    deaths: NDArray[np.int64]
    cause: NDArray[np.int64]
    temp_c: NDArray[np.float64]
    feed: NDArray[np.int64]
    pellet: NDArray[np.int64]
    lice: LiceHistory | None
    outbreaks: tuple[Outbreak, ...]
    scheduled_incidents: tuple[ScheduledIncident, ...]
    effects: Effects
    lost: tuple[CountedLoss, ...]

    @property
    def days(self) -> int:
        """Planned days from arrival to the last departure."""
        return self.deaths.shape[1]

    @property
    def all_deaths(self) -> NDArray[np.int64]:
        """Fish that died on each day, with those that incidents killed at once."""
        if not self.lost:
            return self.deaths
        return self.deaths + daily_losses(self.lost, self.deaths.shape, deaths_only=True)

    @property
    def calendar(self) -> NDArray[np.int64]:
        """Day number of each planned day."""
        return self.first_day + np.arange(self.days)

    @property
    def container_ids(self) -> NDArray[np.int64]:
        """Primary key of each container."""
        return np.array([container.id for container in self.containers], dtype=np.int64)

    @property
    def has_left(self) -> NDArray[np.bool_]:
        """True for each container that the fish have left by today."""
        return self.departs <= self.today

    @property
    def lived(self) -> NDArray[np.bool_]:
        """True for the days up to today on which fish were in each container."""
        day = np.arange(self.days)
        return (day < self.departs[:, None]) & (day <= self.today)

    @property
    def last_moment(self) -> NDArray[np.int64]:
        """Position of each container's latest population and weight: at departure, or tonight."""
        return np.minimum(self.departs, self.today + 1)

    def latest(self, values: NDArray[_Number]) -> NDArray[_Number]:
        """Return the latest `population` or `weight_g` of each container."""
        return values[np.arange(len(values)), self.last_moment]


@dataclass(frozen=True)
class Life:
    """Life of a batch up to today.

    Attributes:
        delivery: delivery of the eggs.
        stages: stages begun by today.
        moves: transfers into the second and later stages.
    """

    delivery: Delivery
    stages: tuple[StageLife, ...]
    moves: tuple[Move, ...]
