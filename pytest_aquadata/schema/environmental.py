"""Sensor readings, weather and daylight."""

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from .base import Base, RowidKey, between, reference
from .types import BigId, ExactDecimal, Stamp


class EnvironmentalParameter(Base):
    """An environmental parameter with its unit, acceptable range and optimal range."""

    __tablename__ = "environmental_environmentalparameter"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100))
    unit: Mapped[str] = mapped_column(String(20))
    description: Mapped[str] = mapped_column(default="")
    min_value: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    max_value: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    optimal_min: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    optimal_max: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class EnvironmentalReading(Base):
    """A reading of a parameter by a sensor or by hand, in the unit of the parameter."""

    __tablename__ = "environmental_environmentalreading"
    __table_args__ = (
        RowidKey("id", "reading_time"),
        Index("environmental_reading_by_batch", "batch_id", "parameter_id", "reading_time"),
        Index("environmental_reading_by_container", "container_id", "parameter_id", "reading_time"),
        Index(
            "environmental_reading_by_assignment",
            "batch_container_assignment_id",
            "parameter_id",
            "reading_time",
        ),
        # No indexes on parameter_id and recorded_by_id: they have too few distinct values.
    )

    id: Mapped[BigId]
    value: Mapped[Decimal] = mapped_column(ExactDecimal(10, 4))
    reading_time: Mapped[dt.datetime] = mapped_column(primary_key=True)
    is_manual: Mapped[bool] = mapped_column(default=False)
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    batch_id: Mapped[int | None] = mapped_column(reference("batch_batch.id"))
    container_id: Mapped[int | None] = mapped_column(reference("infrastructure_container.id"))
    parameter_id: Mapped[int] = mapped_column(reference("environmental_environmentalparameter.id"))
    recorded_by_id: Mapped[int | None] = mapped_column(reference("auth_user.id"))
    sensor_id: Mapped[int | None] = mapped_column(reference("infrastructure_sensor.id"), index=True)
    batch_container_assignment_id: Mapped[int | None] = mapped_column(
        reference("batch_batchcontainerassignment.id")
    )


class PhotoperiodData(Base):
    """Hours of daylight in a sea area on one day."""

    __tablename__ = "environmental_photoperioddata"
    __table_args__ = (UniqueConstraint("area_id", "date"),)

    id: Mapped[BigId]
    date: Mapped[dt.date]
    day_length_hours: Mapped[Decimal] = mapped_column(ExactDecimal(5, 2), info=between(0, 24))
    light_intensity: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    is_interpolated: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    area_id: Mapped[int] = mapped_column(reference("infrastructure_area.id"))


class WeatherData(Base):
    """Weather in a sea area at one instant.

    Attributes:
        temperature: air temperature, °C.
        wind_speed: m/s.
        wind_direction: degrees.
        precipitation: mm.
        wave_height: m.
        wave_period: s.
        wave_direction: degrees.
        cloud_cover: percent.
    """

    __tablename__ = "environmental_weatherdata"
    __table_args__ = (
        RowidKey("id", "timestamp"),
        Index(None, "area_id", "timestamp"),
    )

    id: Mapped[BigId]
    timestamp: Mapped[dt.datetime] = mapped_column(primary_key=True)
    temperature: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    wind_speed: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 2))
    wind_direction: Mapped[int | None] = mapped_column(info=between(0, 360))
    precipitation: Mapped[Decimal | None] = mapped_column(ExactDecimal(6, 2))
    wave_height: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    wave_period: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    wave_direction: Mapped[int | None] = mapped_column(info=between(0, 360))
    cloud_cover: Mapped[int | None] = mapped_column(info=between(0, 100))
    created_at: Mapped[Stamp]
    area_id: Mapped[int] = mapped_column(reference("infrastructure_area.id"))


class StageTransitionEnvironmental(Base):
    """Water during a transfer workflow.

    Attributes:
        temperature: °C.
        oxygen: mg/L.
        salinity: PSU.
    """

    __tablename__ = "environmental_stagetransitionenvironmental"

    id: Mapped[BigId]
    temperature: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    oxygen: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    salinity: Mapped[Decimal | None] = mapped_column(ExactDecimal(5, 2))
    ph: Mapped[Decimal | None] = mapped_column(ExactDecimal(4, 2))
    additional_parameters: Mapped[dict[str, Any] | None]
    notes: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    batch_transfer_workflow_id: Mapped[int] = mapped_column(
        reference("batch_batchtransferworkflow.id"), index=True
    )
