"""Primary keys of the master data that simulated rows refer to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class MasterKeys:
    """Where to find the master data by natural key.

    Attributes:
        species: primary key of the farmed species.
        stages: by stage order.
        feeds: by pellet size in mm.
        parameters: environmental parameters by key (`temperature`, `oxygen`, ...).
        users: by user name.
        suppliers: egg suppliers, in order.
        grades: product grades by code.
        geographies: by name.
    """

    species: int
    stages: Mapping[int, int]
    feeds: Mapping[float, int]
    parameters: Mapping[str, int]
    users: Mapping[str, int]
    suppliers: tuple[int, ...]
    grades: Mapping[str, int]
    geographies: Mapping[str, int]
