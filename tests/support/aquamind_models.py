"""Models of growth, feed conversion and mortality, as AquaMind's users enter them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from pytest_aquadata.schema import TABLES

NAMES = ("Egg&Alevin", "Fry", "Parr", "Smolt", "Post-Smolt", "Adult")
CHOICES = (("egg", "alevin"), ("fry",), ("parr",), ("smolt",), ("post_smolt",), ("harvest",))
TGC = (0.0, 0.9703, 1.9406, 2.0672, 2.2189, 2.6)
"""Growth by stage per 1,000 degree-days, about as in the standard farm."""
DAILY_PCT = (0.0843, 0.0506, 0.0203, 0.0152, 0.0152, 0.0203)
FCR = (1.0, 1.4, 1.5, 1.6, 1.6, 1.7)


@dataclass(frozen=True)
class Models:
    """Values of the models by stage."""

    tgc: tuple[float, ...] = TGC
    daily_pct: tuple[float, ...] = DAILY_PCT
    fcr: tuple[float, ...] = FCR


OTHER = Models(tuple(value * 0.8 for value in TGC), tuple(value * 0.8 for value in DAILY_PCT))


def insert(connection: sa.Connection, table: str, **values: Any) -> None:
    stamp = datetime(2025, 1, 1, tzinfo=UTC)
    stamps = {name: stamp for name in ("created_at", "updated_at") if name in TABLES[table].columns}
    connection.execute(sa.insert(TABLES[table]).values(**stamps, **values))


def stage_rows(values: tuple[float, ...], names: str) -> list[tuple[str, float]]:
    """Return rows under the names of the stages, or under the choices, or nonsense beside names."""
    by_name = list(zip(NAMES, values, strict=True))
    by_choice = [
        (choice, value)
        for choices, value in zip(CHOICES, values, strict=True)
        for choice in choices
    ]
    if names == "both":
        return [*by_name, *((choice, value * 0.6) for choice, value in by_choice)]
    return by_name if names == "stages" else by_choice


def insert_models(connection: sa.Connection, models: Models, names: str = "stages") -> None:
    """Insert models for Scotland; those of the Faroe Islands and of other months come first."""
    periods = ("Year-round", "January", "July")
    tgc_models = [("Faroe Islands", period, OTHER) for period in periods]
    tgc_models += [("Scotland", "Year-round", OTHER)]
    tgc_models += [("Scotland", period, models) for period in periods[1:]]
    for key, (location, period, of_place) in enumerate(tgc_models, start=1):
        insert(
            connection, "scenario_tgcmodel", model_id=key, name=f"{location} {period}",
            location=location, release_period=period, tgc_value=0.0026, profile_id=1,
        )  # fmt: skip
        for name, value in stage_rows(of_place.tgc, names):
            insert(
                connection, "scenario_tgc_model_stage", tgc_model_id=key, lifecycle_stage=name,
                tgc_value=round(value, 4),
            )  # fmt: skip
    for key, (place, of_place) in enumerate(
        (("Faroe Islands", OTHER), ("Scotland", models)), start=1
    ):
        insert(connection, "scenario_fcrmodel", model_id=key, name=f"{place} feed")
        insert(
            connection, "scenario_mortalitymodel", model_id=key, name=f"{place} deaths",
            frequency="daily", rate=0.03,
        )  # fmt: skip
        for order, value in enumerate(of_place.fcr, start=1):
            insert(
                connection, "scenario_fcrmodelstage", model_id=key, stage_id=order,
                fcr_value=value, duration_days=450 if order == 6 else 90,
            )  # fmt: skip
        for name, value in stage_rows(of_place.daily_pct, names):
            insert(
                connection, "scenario_mortality_model_stage", mortality_model_id=key,
                lifecycle_stage=name, daily_rate_percent=round(value, 3),
                weekly_rate_percent=round(7 * value, 3),
            )  # fmt: skip
    connection.commit()
