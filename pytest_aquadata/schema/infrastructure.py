"""Infrastructure: geographies, stations, halls, sea areas, containers, feed containers, sensors."""

import datetime as dt
from decimal import Decimal

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column
from sqlalchemy.schema import conv

from .base import Base, between, one_of, reference
from .types import BigId, ExactDecimal, Stamp

EITHER_HALL_OR_AREA = "(hall_id IS NULL) <> (area_id IS NULL)"


class Geography(Base):
    """A country or region."""

    __tablename__ = "infrastructure_geography"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100), unique=True)
    description: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class Area(Base):
    """A sea area with rings.

    Attributes:
        latitude: degrees.
        longitude: degrees.
        max_biomass: kg.
    """

    __tablename__ = "infrastructure_area"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100))
    latitude: Mapped[Decimal] = mapped_column(ExactDecimal(9, 6), info=between(-90, 90))
    longitude: Mapped[Decimal] = mapped_column(ExactDecimal(9, 6), info=between(-180, 180))
    max_biomass: Mapped[Decimal] = mapped_column(ExactDecimal(12, 2))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    geography_id: Mapped[int] = mapped_column(reference("infrastructure_geography.id"), index=True)


class FreshwaterStation(Base):
    """A station on land, with halls.

    Attributes:
        latitude: degrees.
        longitude: degrees.
    """

    __tablename__ = "infrastructure_freshwaterstation"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100))
    station_type: Mapped[str] = mapped_column(String(20), info=one_of("FRESHWATER", "BROODSTOCK"))
    latitude: Mapped[Decimal] = mapped_column(ExactDecimal(9, 6), info=between(-90, 90))
    longitude: Mapped[Decimal] = mapped_column(ExactDecimal(9, 6), info=between(-180, 180))
    description: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    geography_id: Mapped[int] = mapped_column(reference("infrastructure_geography.id"), index=True)


class Hall(Base):
    """A hall of a freshwater station, for one stage; `area_sqm` in m²."""

    __tablename__ = "infrastructure_hall"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str] = mapped_column(default="")
    area_sqm: Mapped[Decimal | None] = mapped_column(ExactDecimal(10, 2))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    freshwater_station_id: Mapped[int] = mapped_column(
        reference("infrastructure_freshwaterstation.id"), index=True
    )


class ContainerType(Base):
    """A type of container: tray, tank or pen."""

    __tablename__ = "infrastructure_containertype"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100))
    category: Mapped[str] = mapped_column(String(20), info=one_of("TANK", "PEN", "TRAY", "OTHER"))
    max_volume_m3: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    description: Mapped[str] = mapped_column(default="")
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]


class Container(Base):
    """A tray, tank or ring for fish, in a hall or in a sea area."""

    __tablename__ = "infrastructure_container"
    __table_args__ = (
        CheckConstraint(EITHER_HALL_OR_AREA, name=conv("container_in_either_hall_or_area")),
    )

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100))
    volume_m3: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    max_biomass_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    area_id: Mapped[int | None] = mapped_column(reference("infrastructure_area.id"), index=True)
    container_type_id: Mapped[int] = mapped_column(
        reference("infrastructure_containertype.id"), index=True
    )
    hall_id: Mapped[int | None] = mapped_column(reference("infrastructure_hall.id"), index=True)
    feed_recommendations_enabled: Mapped[bool] = mapped_column(default=True)


class FeedContainer(Base):
    """A feed silo of a hall or feed barge of a sea area."""

    __tablename__ = "infrastructure_feedcontainer"
    __table_args__ = (
        CheckConstraint(EITHER_HALL_OR_AREA, name=conv("feed_container_in_either_hall_or_area")),
    )

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100))
    container_type: Mapped[str] = mapped_column(
        String(20), info=one_of("SILO", "BARGE", "TANK", "OTHER")
    )
    capacity_kg: Mapped[Decimal] = mapped_column(ExactDecimal(10, 2))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    area_id: Mapped[int | None] = mapped_column(reference("infrastructure_area.id"), index=True)
    hall_id: Mapped[int | None] = mapped_column(reference("infrastructure_hall.id"), index=True)


class Sensor(Base):
    """A sensor in a container."""

    __tablename__ = "infrastructure_sensor"

    id: Mapped[BigId]
    name: Mapped[str] = mapped_column(String(100))
    sensor_type: Mapped[str] = mapped_column(
        String(20), info=one_of("TEMPERATURE", "OXYGEN", "PH", "SALINITY", "CO2", "OTHER")
    )
    serial_number: Mapped[str] = mapped_column(String(100), default="")
    manufacturer: Mapped[str] = mapped_column(String(100), default="")
    installation_date: Mapped[dt.date | None]
    last_calibration_date: Mapped[dt.date | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[Stamp]
    updated_at: Mapped[Stamp]
    container_id: Mapped[int] = mapped_column(reference("infrastructure_container.id"), index=True)
