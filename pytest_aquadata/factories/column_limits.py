"""Limits of numeric columns: those that the schema declares, and those of fish, water and weather.

A number is not negative unless its column is listed here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa

from ..schema.types import ExactDecimal


@dataclass(frozen=True, slots=True)
class ColumnLimits:
    """Lowest and highest value of a column, both included; None if there is no such limit."""

    low: Decimal | None = None
    high: Decimal | None = None


_ANY = ColumnLimits()
NOT_NEGATIVE = ColumnLimits(Decimal(0))
"""Limits of a number that is not negative."""
_PERCENT = ColumnLimits(Decimal(0), Decimal(100))
_WATER_C = ColumnLimits(Decimal(-2), Decimal(40))
_OXYGEN_MG_L = ColumnLimits(Decimal(0), Decimal(40))
_PH = ColumnLimits(Decimal(0), Decimal(14))
_FISH_G = ColumnLimits(Decimal(0), Decimal(50_000))
_FISH_CM = ColumnLimits(Decimal(0), Decimal(200))

_BY_TABLE: Mapping[tuple[str, str], ColumnLimits] = {
    ("environmental_weatherdata", "temperature"): ColumnLimits(Decimal(-90), Decimal(60)),
}
_BY_NAME: Mapping[str, ColumnLimits] = {
    "amount": _ANY,
    "avg_k_factor": ColumnLimits(Decimal(0), Decimal(10)),
    "condition_factor": ColumnLimits(Decimal(0), Decimal(10)),
    "confidence_level": ColumnLimits(Decimal(0), Decimal(1)),
    "day_number": ColumnLimits(Decimal(0), Decimal(36_500)),
    "duration_days": ColumnLimits(Decimal(0), Decimal(36_500)),
    "exponent_m": _ANY,
    "exponent_n": _ANY,
    "markup_percent": ColumnLimits(Decimal(-100)),
    "max_temperature_c": _WATER_C,
    "max_value": _ANY,
    "min_temperature_c": _WATER_C,
    "min_value": _ANY,
    "optimal_max": _ANY,
    "optimal_min": _ANY,
    "optimal_oxygen_min": _OXYGEN_MG_L,
    "optimal_ph_max": _PH,
    "optimal_ph_min": _PH,
    "optimal_temperature_max": _WATER_C,
    "optimal_temperature_min": _WATER_C,
    "oxygen": _OXYGEN_MG_L,
    "oxygen_level": _OXYGEN_MG_L,
    "ph": _PH,
    "salinity": ColumnLimits(Decimal(0), Decimal(45)),
    "temp_c": _WATER_C,
    "temperature": _WATER_C,
    "temperature_exponent": _ANY,
    "value": _ANY,
    "water_temp_c": _WATER_C,
    "water_temp_on_arrival": _WATER_C,
    "wave_height": ColumnLimits(Decimal(0), Decimal(40)),
    "weight_exponent": _ANY,
    "wind_speed": ColumnLimits(Decimal(0), Decimal(150)),
}
_BY_SUFFIX: Mapping[str, ColumnLimits] = {
    "_percentage": _PERCENT,
    "_percent": _PERCENT,
    "_g": _FISH_G,
    "_cm": _FISH_CM,
}
_INTEGER_BITS: tuple[tuple[type[sa.Integer], int], ...] = (
    (sa.BigInteger, 64),
    (sa.SmallInteger, 16),
    (sa.Integer, 32),
)

READING_LIMITS: Mapping[str, ColumnLimits] = {
    "temperature": _WATER_C,
    "oxygen": _OXYGEN_MG_L,
    "ph": _PH,
    "salinity": ColumnLimits(Decimal(0), Decimal(45)),
}
"""Limits of sensor readings by key of the parameter; those of other parameters are not negative."""


def limits_of(column: sa.Column[object]) -> ColumnLimits:
    """Return the limits of a numeric column, and those of what its type can hold."""
    info = column.info
    named = ColumnLimits(info.get("minimum"), info.get("maximum"))
    if named == _ANY or named.low is None or named.high is None:
        known = _known_limits(column)
        named = ColumnLimits(
            known.low if named.low is None else named.low,
            known.high if named.high is None else named.high,
        )
    least, most = _type_limits(column.type)
    return ColumnLimits(
        least if named.low is None else named.low, most if named.high is None else named.high
    )


def _known_limits(column: sa.Column[object]) -> ColumnLimits:
    by_table = _BY_TABLE.get((column.table.name, column.name))
    if by_table is not None:
        return by_table
    if column.name in _BY_NAME:
        return _BY_NAME[column.name]
    for suffix, limits in _BY_SUFFIX.items():
        if column.name.endswith(suffix):
            return limits
    return NOT_NEGATIVE


def _type_limits(type_: object) -> tuple[Decimal | None, Decimal | None]:
    """Return the lowest and highest value that a type can hold; None for a float."""
    if isinstance(type_, ExactDecimal):
        most = Decimal(10) ** (type_.precision - type_.scale) - Decimal(10) ** -type_.scale
        return -most, most
    for integer_type, bits in _INTEGER_BITS:
        if isinstance(type_, integer_type):
            return Decimal(-(2 ** (bits - 1))), Decimal(2 ** (bits - 1) - 1)
    return None, None
