"""Structure of the farm file, a YAML document that describes a farm by patterns and counts.

`sites` expands it into stations, halls, tanks, areas and rings; `farm_checks` checks its values.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from ..lifecycle.climate import SeaClimate
from ..lifecycle.lice import LiceRule
from ..lifecycle.stages import StageRule
from ..lifecycle.vaccination import Vaccination
from .existing_farm import ExistingGeography, StageRates


@dataclass(frozen=True)
class SpeciesEntry:
    """The farmed species and its optimal water."""

    name: str
    scientific_name: str
    description: str
    optimal_temp_c: tuple[float, float]
    optimal_oxygen_min_mg_l: float
    optimal_ph: tuple[float, float]


@dataclass(frozen=True)
class SupplierEntry:
    """A supplier of eyed eggs."""

    name: str
    contact_details: str
    certifications: str


@dataclass(frozen=True)
class UserEntry:
    """A user account; simulated records are entered by these users.

    AquaMind shows users what is in their geography (`FO` is Faroe Islands, `SC` is Scotland) and
    subsidiary.
    """

    username: str
    first_name: str
    last_name: str
    role: Literal["ADMIN", "MGR", "OPR", "VET", "QA", "FIN", "VIEW"]
    job_title: str
    department: str
    is_staff: bool
    is_superuser: bool
    geography: Literal["FO", "SC", "ALL"] = "ALL"
    subsidiary: Literal["BS", "FW", "FM", "LG", "ALL"] = "ALL"

    @property
    def full_name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}"


@dataclass(frozen=True)
class FeedEntry:
    """A feed for fish from `weight_from_g` up to that of the next feed; prices per kg."""

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
    """A type of tray, tank or ring."""

    name: str
    category: Literal["TRAY", "TANK", "PEN", "OTHER"]
    volume_m3: float


@dataclass(frozen=True)
class HallType:
    """A kind of hall, of which every station has one."""

    letter: str
    stage: int
    containers: int
    container_type: ContainerTypeEntry
    silo_capacity_kg: float


@dataclass(frozen=True)
class AreaType:
    """Rings and feed barges of every sea area."""

    rings: int
    ring_type: ContainerTypeEntry
    barges: int
    barge_capacity_kg: float


@dataclass(frozen=True)
class SensorSets:
    """Keys of the parameters measured in every container of halls and of areas."""

    hall: tuple[str, ...]
    area: tuple[str, ...]


@dataclass(frozen=True)
class Grid:
    """Positions in rows, from that of the first site; degrees."""

    latitude: float
    longitude: float
    latitude_step: float
    longitude_step: float
    columns: int

    def place(self, index: int) -> tuple[float, float]:
        """Return the latitude and longitude of the site with this index, from 0."""
        row, column = divmod(index, self.columns)
        latitude = self.latitude + row * self.latitude_step
        longitude = self.longitude + column * self.longitude_step
        return round(latitude, 6), round(longitude, 6)


@dataclass(frozen=True)
class SiteSeries:
    """Stations or areas numbered from 1; the # signs of the pattern are replaced by the number."""

    count: int
    pattern: str
    grid: Grid

    def name(self, prefix: str, number: int) -> str:
        """Return the name of the site with this number, after the geography's prefix."""
        numbered = re.sub("#+", lambda run: f"{number:0{len(run[0])}d}", self.pattern)
        return f"{prefix}-{numbered}"


@dataclass(frozen=True)
class Companies:
    """Names of the companies of a geography."""

    freshwater: str
    farming: str
    logistics: str


@dataclass(frozen=True)
class GradePrice:
    """Price of a grade, paid by the logistics company to the farming company."""

    grade: str
    price_per_kg: float


@dataclass(frozen=True)
class GeographyEntry:
    """A geography: climate, lice limits, sites, companies and prices."""

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
class FarmFile:
    """A whole farm file.

    Attributes:
        hall_turnaround_days: days that a hall is empty between two batches.
        area_fallow_days: days that a sea area is fallow between two batches.
        places: infrastructure of an existing database, used instead of patterns and counts; empty
            in a file.
        models: stage rates from the models of an existing database; empty in a file.
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
