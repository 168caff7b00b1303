"""Factories for small observations and models with values that are easy to check by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest

from pytest_aquadata.lifecycle.growth_analysis.models import (
    FcrModel,
    GrowthModels,
    MortalityRates,
    ProfileTemperatures,
    StageLimits,
    Stages,
    TgcModel,
    stage_model_names,
)
from pytest_aquadata.lifecycle.growth_analysis.observations import (
    EMPTY_SERIES,
    Assignments,
    BatchFacts,
    DailyRecords,
    Observations,
    Series,
    Transfers,
)

START = 20_000
"""Day number on which every batch starts."""

ObservationsOf = Callable[..., Observations]


def series(observed: Sequence[tuple[int, int, float]]) -> Series:
    """Return a series of (assignment, days since the start of the batch, value)."""
    if not observed:
        return EMPTY_SERIES
    assignment, day, value = zip(*observed, strict=True)
    return Series(
        np.array(assignment, np.int64), START + np.array(day, np.int64), np.array(value, float)
    )


@pytest.fixture(scope="session")
def observations_of() -> ObservationsOf:
    """Return a factory of observations: `observations_of(stays=[(first day, last day + 1)], ...)`.

    Assignments have the primary keys 1, 2, …; days count from the start of the batch. A transfer
    is (source, dest, day, fish, weight or nan, selection), with 0 for an assignment of another
    batch.
    """

    def make(
        stays: Sequence[tuple[int, int]] = ((0, 30),),
        *,
        stages: Sequence[int] = (),
        population: Sequence[int] = (),
        weight_g: Sequence[float] = (),
        samples: Sequence[tuple[int, int, float]] = (),
        weighings: Sequence[tuple[int, int, float]] = (),
        temperatures: Sequence[tuple[int, int, float]] = (),
        deaths: Sequence[tuple[int, int, float]] = (),
        feed: Sequence[tuple[int, int, float]] = (),
        transfers: Sequence[tuple[int, int, int, int, float, int]] = (),
        as_of: int = 10_000,
        is_over: bool = False,
    ) -> Observations:
        count = len(stays)
        first = START + np.array([stay[0] for stay in stays])
        departs = START + np.array([stay[1] for stay in stays])
        transfer_rows = np.array(transfers, float).reshape(-1, 6)
        integers = np.nan_to_num(transfer_rows).astype(np.int64)
        return Observations(
            batch=BatchFacts(1, "FAR-2024-001", 1, START, START + 900, is_over, 1000, None, None),
            as_of=START + as_of,
            assignments=Assignments(
                ids=np.arange(1, count + 1),
                containers=np.arange(101, count + 101),
                stage_ids=np.array(stages or [6] * count),
                first_day=first,
                end_day=np.minimum(departs, START + as_of + 1),
                is_active=departs > START + as_of,
                population=np.array(population or [1000] * count),
                weight_g=np.array(weight_g or [100.0] * count, float),
            ),
            samples=series(samples),
            transfers=Transfers(
                source=integers[:, 0] - 1,
                dest=integers[:, 1] - 1,
                day=START + integers[:, 2],
                moved=integers[:, 3],
                dead=np.zeros(len(transfer_rows), np.int64),
                weight_g=transfer_rows[:, 4],
                selection=integers[:, 5],
            ),
            daily=DailyRecords(
                series(temperatures), series(deaths), series(feed), series(weighings)
            ),
        )

    return make


@pytest.fixture(scope="session")
def models_of() -> Callable[..., GrowthModels]:
    """Return a factory of models of six stages: `models_of(tgc=2.75, profile_c=10.0)`."""

    def make(
        tgc: float | Sequence[float] | None = 2.75,
        *,
        profile_c: float | None = 10.0,
        daily_rate: float = 0.0,
        fcr: float = 1.0,
        max_weight_g: float = np.inf,
    ) -> GrowthModels:
        count = 6
        days = np.array([90, 90, 90, 90, 90, 450])
        min_weight_g = np.array([0.05, 0.17, 6.0, 60.0, 180.0, 500.0])
        profile = ProfileTemperatures(np.zeros(0, np.int64), np.zeros(0))
        if profile_c is not None:
            profile = ProfileTemperatures(np.array([1]), np.array([profile_c]))
        tgc_model = None
        if tgc is not None:
            tgc_model = TgcModel(np.broadcast_to(np.array(tgc) / 1000.0, count), profile)
        none = np.zeros(0)
        return GrowthModels(
            stages=Stages(
                ids=np.arange(1, count + 1),
                species=np.ones(count, np.int64),
                labels=("Egg&Alevin", "Fry", "Parr", "Smolt", "Post-Smolt", "Adult"),
                names=stage_model_names(count),
                days=days,
                min_weight_g=min_weight_g,
                max_weight_g=np.array([0.5, 6.0, 60.0, 180.0, 500.0, 7000.0]),
            ),
            limits=StageLimits(
                min_weight_g=min_weight_g,
                max_weight_g=np.full(count, max_weight_g),
                min_temp_c=np.full(count, -np.inf),
                max_temp_c=np.full(count, np.inf),
                days=np.zeros(count, np.int64),
                fresh_water=np.arange(count) < count - 1,
            ),
            tgc=tgc_model,
            fcr=FcrModel(np.full(count, fcr), days, np.zeros(0, np.int64), none, none, none),
            mortality=MortalityRates(np.full(count, daily_rate)),
        )

    return make
