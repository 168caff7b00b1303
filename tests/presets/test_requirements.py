"""Requirements of a batch: harvest dates, and errors for batches that cannot be raised."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from pytest_aquadata.errors import PlanError
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.presets.requirements import UnplacedBatch, batch_requirements


def test_a_harvest_weight_that_is_never_reached_is_refused(farm: Farm) -> None:
    faroe = farm.geographies[0]
    climate = replace(faroe.climate, monthly_temp_c=(2.0,) * 12)
    cold = replace(faroe, entry=replace(faroe.entry, climate=climate))
    batch = UnplacedBatch("FAR-2025-001", date(2022, 1, 1), 3_400_000, 5500)
    with pytest.raises(PlanError, match=r"Faroe Islands on 2023-03-27 do not reach 5,500 g in 900"):
        batch_requirements(farm, cold, batch, 1)


def test_more_fish_than_an_area_holds_are_refused(farm: Farm) -> None:
    batch = UnplacedBatch("FAR-2025-001", date(2022, 1, 1), 20_000_000, 5500)
    with pytest.raises(PlanError, match=r"needs \d+ containers in stage 6 .* has 20: order fewer"):
        batch_requirements(farm, farm.geographies[0], batch, 1)


def test_heavier_fish_are_harvested_later(farm: Farm) -> None:
    starts = [
        batch_requirements(
            farm,
            farm.geographies[1],
            UnplacedBatch("SCO-1", date(2022, 1, 1), 3_400_000, weight),
            1,
        ).harvest_starts
        for weight in (4500, 5000, 5500)
    ]
    assert starts == sorted(set(starts))
