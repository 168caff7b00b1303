"""Primary keys of the master data that simulated rows refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class MasterKeys:
    """Primary keys of the master data by natural key.

    Attributes:
        species: primary key of the farmed species.
        stages: by stage order.
        feeds: by pellet size in mm.
        parameters: environmental parameters by key (`temperature`, `oxygen`, ...).
        users: by user name.
        suppliers: egg suppliers, in the order of the farm file.
        grades: product grades by code.
        geographies: by name.
        vaccines: by name.
        lice_types: by species, gender and development stage.
        health_parameters: in the order of their scores.
        sample_types: by name.
        content_types: by model, such as `batchtransferworkflow`.
    """

    species: int
    stages: Mapping[int, int]
    feeds: Mapping[float, int]
    parameters: Mapping[str, int]
    users: Mapping[str, int]
    suppliers: tuple[int, ...]
    grades: Mapping[str, int]
    geographies: Mapping[str, int]
    vaccines: Mapping[str, int]
    lice_types: Mapping[tuple[str, str, str], int]
    health_parameters: tuple[int, ...]
    sample_types: Mapping[str, int]
    content_types: Mapping[str, int]


@dataclass(frozen=True)
class Price:
    """A price between two companies: primary key of its policy and price per kg."""

    policy: int
    per_kg: float


@dataclass(frozen=True)
class Trade:
    """Prices between the companies of a geography.

    Attributes:
        currency: currency of all prices.
        farming_company: primary key of the company at sea.
        smolt: price that it pays for fish put to sea.
        grades: price that it gets for harvested fish, by grade.
        sites: primary keys of its sites, by name of the sea area.
    """

    currency: str
    farming_company: int
    smolt: Price
    grades: Mapping[str, Price]
    sites: Mapping[str, int]
