"""Sites of a farm: halls and sea areas with their containers, sensors and feed containers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal


@dataclass(frozen=True, slots=True)
class Probe:
    """One sensor in one container."""

    id: int
    name: str
    parameter: str


@dataclass(frozen=True, slots=True)
class FishContainer:
    """A tray, tank or ring that holds fish."""

    id: int
    name: str
    volume_m3: float
    max_biomass_kg: float
    sensors: tuple[Probe, ...]


@dataclass(frozen=True, slots=True)
class FeedStore:
    """A feed container: a silo or barge that the fish of a site eat from."""

    id: int
    name: str
    capacity_kg: float


@dataclass(frozen=True)
class Site:
    """A hall or a sea area; one batch occupies it as a whole.

    Attributes:
        id: primary key of the hall or area.
        name: unique name of the hall or area.
        kind: `hall` or `area`.
        geography: name of the geography.
        stages: orders of the lifecycle stages kept in it.
        containers: in the order of their numbers.
        feed_containers: in the order of their numbers.
    """

    id: int
    name: str
    kind: Literal["hall", "area"]
    geography: str
    stages: tuple[int, ...]
    containers: tuple[FishContainer, ...]
    feed_containers: tuple[FeedStore, ...]

    @cached_property
    def container_by_name(self) -> Mapping[str, FishContainer]:
        """The site's containers by name."""
        return {container.name: container for container in self.containers}

    @cached_property
    def feed_container_by_name(self) -> Mapping[str, FeedStore]:
        """The site's feed containers by name."""
        return {container.name: container for container in self.feed_containers}
