"""Assignment of lifecycle stages to the halls of an existing station.

A hall keeps the stage of the letter at the end of its name, if the farm file has a hall with that
letter. If no hall of a station has such a letter and the station has at least one hall a stage,
halls are assigned by size: the smallest containers to the youngest fish. Any other hall gets the
stage whose usual containers are most similar in size to its own.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from statistics import median

from ..presets.existing_farm import ExistingContainer
from ..presets.farm_file import HallType

_FINAL_LETTER = re.compile(r"(?:^|[\s_-])([A-Z])$")


def assign_hall_types(
    names: Mapping[int, str],
    containers: Mapping[int, tuple[ExistingContainer, ...]],
    hall_types: Sequence[HallType],
) -> Mapping[int, HallType]:
    """Return the hall type of every hall of a station.

    Args:
        names: names of the station's halls by primary key.
        containers: containers of each hall, at least one.
        hall_types: hall types of the farm file.
    """
    volumes_m3 = {
        key: median(container.volume_m3 for container in containers[key]) for key in names
    }
    assigned = _by_letter(names, hall_types)
    if not assigned and len(names) >= len(hall_types):
        assigned = _by_size(volumes_m3, hall_types)
    return {key: assigned.get(key) or _most_similar(volumes_m3[key], hall_types) for key in names}


def _by_letter(names: Mapping[int, str], hall_types: Sequence[HallType]) -> dict[int, HallType]:
    by_letter = {hall_type.letter: hall_type for hall_type in hall_types}
    return {
        key: by_letter[match[1]]
        for key, name in names.items()
        if (match := _FINAL_LETTER.search(name)) is not None and match[1] in by_letter
    }


def _by_size(
    volumes_m3: Mapping[int, float], hall_types: Sequence[HallType]
) -> dict[int, HallType]:
    keys = sorted(volumes_m3, key=lambda key: (volumes_m3[key], key))
    return {
        key: hall_types[position * len(hall_types) // len(keys)]
        for position, key in enumerate(keys)
    }


def _most_similar(volume_m3: float, hall_types: Sequence[HallType]) -> HallType:
    log_volume = math.log(volume_m3)
    return min(
        hall_types,
        key=lambda hall_type: (
            abs(math.log(hall_type.container_type.volume_m3) - log_volume),
            hall_type.stage,
        ),
    )
