"""The farm file: what a YAML document says of a farm, in patterns and counts.

`farm` expands it into every station, hall, tank, area and ring. The rules that its values must
keep are in `farm_checks`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..lifecycle.climate import SeaClimate
from ..lifecycle.lice import LiceRule
from ..lifecycle.stages import StageRule
from ..lifecycle.vaccination import Vaccination


@dataclass(frozen=True)
class SpeciesEntry:
    """The farmed species and the water it does best in."""

    name: str
    scientific_name: str
    description: str
    optimal_temp_c: tuple[float, float]
    optimal_oxygen_min_mg_l: float
    optimal_ph: tuple[float, float]


@dataclass(frozen=True)
class SupplierEntry:
    """Who sells eyed eggs."""

    name: str
    contact_details: str
    certifications: str


@dataclass(frozen=True)
class UserEntry:
    """Somebody who keeps the records."""

    username: str
    first_name: str
    last_name: str
    role: Literal["ADMIN", "MGR", "OPR", "VET", "QA", "FIN", "VIEW"]
    job_title: str
    department: str
    is_staff: bool
    is_superuser: bool

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class FeedEntry:
    """A feed, eaten from a weight upwards until the next one takes over."""

    pellet_size_mm: float
    weight_from_g: float
    name: str
    brand: str
    size_category: Literal["MICRO", "SMALL", "MEDIUM", "LARGE"]
    protein_pct: float
    fat_pct: float
    carbohydrate_pct: float
    price_per_kg: float


@dataclass(frozen=True)
class ContainerTypeEntry:
    """A model of tray, tank or ring."""

    name: str
    category: Literal["TRAY", "TANK", "PEN", "OTHER"]
    volume_m3: float


@dataclass(frozen=True)
class HallType:
    """The halls of one letter, one at every station."""

    letter: str
    stage: int
    containers: int
    container_type: ContainerTypeEntry
    silo_capacity_kg: float


@dataclass(frozen=True)
class AreaType:
    """What every sea area has: rings to hold fish, barges to feed them from."""

    rings: int
    ring_type: ContainerTypeEntry
    barges: int
    barge_capacity_kg: float


@dataclass(frozen=True)
class SensorSets:
    """Environmental parameters measured in every tank and in every ring, by key."""

    hall: tuple[str, ...]
    area: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """Places laid out row by row from a first one."""

    latitude: float
    longitude: float
    latitude_step: float
    longitude_step: float
    columns: int

    def place(self, index: int) -> tuple[float, float]:
        """Latitude and longitude of the place with this index, from 0."""
        row, column = divmod(index, self.columns)
        latitude = self.latitude + row * self.latitude_step
        longitude = self.longitude + column * self.longitude_step
        return round(latitude, 6), round(longitude, 6)


@dataclass(frozen=True)
class SiteSeries:
    """Stations or areas numbered from 1; a run of # in the pattern stands for the number."""

    count: int
    pattern: str
    grid: Grid

    def name(self, prefix: str, number: int) -> str:
        """The name of the site with this number, behind the geography's prefix."""
        numbered = re.sub("#+", lambda run: f"{number:0{len(run[0])}d}", self.pattern)
        return f"{prefix}-{numbered}"


@dataclass(frozen=True)
class Companies:
    """The legal entities of a geography."""

    freshwater: str
    farming: str
    logistics: str


@dataclass(frozen=True)
class GradePrice:
    """What the harvest company pays the farming company for a grade."""

    grade: str
    price_per_kg: float


@dataclass(frozen=True)
class GeographyEntry:
    """One geography as the file describes it."""

    name: str
    code: str
    site_prefix: str
    description: str
    currency: str
    harvest_weight_g: tuple[float, float]
    climate: SeaClimate
    lice: LiceRule
    stations: SiteSeries
    areas: SiteSeries
    companies: Companies
    smolt_price_per_kg: float
    grade_prices: tuple[GradePrice, ...]


@dataclass(frozen=True)
class ExistingSensor:
    """A sensor that a database holds."""

    key: int
    name: str
    parameter: str


@dataclass(frozen=True)
class ExistingContainer:
    """A tray, tank or ring that a database holds."""

    key: int
    name: str
    volume_m3: float
    max_biomass_kg: float
    sensors: tuple[ExistingSensor, ...]


@dataclass(frozen=True)
class ExistingFeedContainer:
    """A silo or barge that a database holds."""

    key: int
    name: str
    capacity_kg: float


@dataclass(frozen=True)
class ExistingSite:
    """A hall or sea area that a database holds.

    Attributes:
        key: its primary key there, as that of the others here.
        station: name of the hall's station; empty for an area.
        stage: order of the stage kept in it.
    """

    key: int
    name: str
    station: str
    stage: int
    containers: tuple[ExistingContainer, ...]
    feed_containers: tuple[ExistingFeedContainer, ...]


@dataclass(frozen=True)
class ExistingLocation:
    """A station or area that a database holds, and where it lies."""

    key: int
    name: str
    latitude: float
    longitude: float


@dataclass(frozen=True)
class ExistingGeography:
    """The places of a geography that a database holds."""

    key: int
    name: str
    stations: tuple[ExistingLocation, ...]
    areas: tuple[ExistingLocation, ...]
    sites: tuple[ExistingSite, ...]


@dataclass(frozen=True)
class StageRates:
    """What a geography's models say of a stage, in place of the stage's own rule."""

    geography: str
    stage: int
    tgc_per_1000: float
    fcr: float
    fcr_end: float
    monthly_mortality_pct: float
    early_monthly_mortality_pct: float


@dataclass(frozen=True)
class FarmFile:
    """A whole farm file.

    Attributes:
        hall_turnaround_days: days a hall stands empty between two batches.
        area_fallow_days: days a sea area lies fallow between two batches.
        places: the places one by one, of a farm found in a database; they stand for the patterns
            and counts of the rest. None in a file that people write.
        models: rules of stages that a database's models set.
    """

    name: str
    hall_turnaround_days: int
    area_fallow_days: int
    species: SpeciesEntry
    suppliers: tuple[SupplierEntry, ...]
    users: tuple[UserEntry, ...]
    stages: tuple[StageRule, ...]
    vaccinations: tuple[Vaccination, ...]
    feeds: tuple[FeedEntry, ...]
    halls: tuple[HallType, ...]
    area: AreaType
    sensors: SensorSets
    geographies: tuple[GeographyEntry, ...]
    places: tuple[ExistingGeography, ...] = ()
    models: tuple[StageRates, ...] = ()
