"""The part of a farm that an existing database defines: infrastructure and stage rates."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ExistingSensor:
    """A sensor in an existing database."""

    key: int
    name: str
    parameter: str


@dataclass(frozen=True)
class ExistingContainer:
    """A tray, tank or ring in an existing database."""

    key: int
    name: str
    volume_m3: float
    max_biomass_kg: float
    sensors: tuple[ExistingSensor, ...]


@dataclass(frozen=True)
class ExistingFeedContainer:
    """A silo or barge in an existing database, or a new one if its key is negative."""

    key: int
    name: str
    capacity_kg: float


@dataclass(frozen=True)
class ExistingSite:
    """A hall or sea area in an existing database.

    Attributes:
        key: primary key in the database.
        station: name of the hall's station; empty for an area.
        stage: order of the stage that it houses.
    """

    key: int
    name: str
    station: str
    stage: int
    containers: tuple[ExistingContainer, ...]
    feed_containers: tuple[ExistingFeedContainer, ...]


@dataclass(frozen=True)
class ExistingLocation:
    """Position of a station or area in an existing database, in degrees."""

    key: int
    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class ExistingGeography:
    """The infrastructure of a geography in an existing database."""

    key: int
    name: str
    stations: tuple[ExistingLocation, ...]
    areas: tuple[ExistingLocation, ...]
    sites: tuple[ExistingSite, ...]


@dataclass(frozen=True)
class StageRates:
    """Growth, feed conversion and mortality of a stage, from a database's models of a geography.

    Attributes:
        month: start month of the batches that they apply to, 1 to 12; 0 for all.
    """

    geography: str
    stage: int
    tgc_per_1000: float
    fcr: float
    fcr_end: float
    monthly_mortality_pct: float
    early_monthly_mortality_pct: float
    month: int = 0
