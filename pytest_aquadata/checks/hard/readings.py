"""Hard checks of sensor readings.

Readings are most of the rows, so each check scans the table or an index of it once. The outer joins
make the database scan the readings in stored order and look up the other table.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from ...schema import (
    BatchContainerAssignment,
    EnvironmentalParameter,
    EnvironmentalReading,
    Sensor,
)
from ..context import Query
from ..dates import day_number
from .query import hard

_SUBJECT = "readings"
_SENSOR_TYPES = {
    "temperature": "TEMPERATURE",
    "dissolved oxygen": "OXYGEN",
    "ph": "PH",
    "salinity": "SALINITY",
    "co2": "CO2",
}
"""Sensor type by the parameter's name in lower case; `OTHER` for other parameters. AquaMind's
bootstrap scripts write the name of the parameter instead."""


def outside() -> Query:
    """Select assignments and parameters with readings before arrival or after departure.

    Uses the index by assignment, parameter and time: two look-ups for each pair.
    """
    assignment = BatchContainerAssignment

    def edge(which: sa.SQLColumnExpression[Any]) -> sa.ScalarSelect[Any]:
        return (
            sa.select(which)
            .where(
                EnvironmentalReading.batch_container_assignment_id == assignment.id,
                EnvironmentalReading.parameter_id == EnvironmentalParameter.id,
            )
            .correlate(assignment, EnvironmentalParameter)
            .scalar_subquery()
        )

    edges = (
        sa.select(
            assignment.id.label("assignment"),
            EnvironmentalParameter.name.label("parameter"),
            assignment.assignment_date,
            assignment.departure_date,
            edge(sa.func.min(EnvironmentalReading.reading_time)).label("first_reading"),
            edge(sa.func.max(EnvironmentalReading.reading_time)).label("last_reading"),
        )
        .join_from(assignment, EnvironmentalParameter, sa.true())
        .subquery("edges")
    )
    return sa.select(edges).where(
        sa.or_(
            day_number(edges.c.first_reading) < day_number(edges.c.assignment_date),
            day_number(edges.c.last_reading) > day_number(edges.c.departure_date),
        )
    )


def disagreeing() -> Query:
    """Select readings whose batch or container is not that of their assignment."""
    reading, assignment = EnvironmentalReading, BatchContainerAssignment
    return (
        sa.select(
            reading.id,
            assignment.id.label("assignment"),
            reading.batch_id,
            assignment.batch_id.label("assignment_batch_id"),
            reading.container_id,
            assignment.container_id.label("assignment_container_id"),
        )
        .outerjoin(assignment, assignment.id == reading.batch_container_assignment_id)
        .where(
            sa.or_(
                reading.batch_id != assignment.batch_id,
                reading.container_id != assignment.container_id,
            )
        )
    )


def wrong_sensor() -> Query:
    """Select readings of a sensor in another container, or of a sensor for another parameter."""
    reading, sensors = EnvironmentalReading, _sensors()
    return (
        sa.select(
            reading.id,
            sensors.c.name.label("sensor"),
            reading.container_id,
            sensors.c.container_id.label("sensor_container_id"),
            reading.parameter_id,
            sensors.c.parameter_id.label("sensor_parameter_id"),
        )
        .join_from(reading, sensors, sensors.c.id == reading.sensor_id)
        .where(
            sa.or_(
                reading.container_id != sensors.c.container_id,
                reading.parameter_id != sensors.c.parameter_id,
                sensors.c.parameter_id.is_(None),
            )
        )
    )


def _sensors() -> sa.Subquery:
    """Select sensors that have readings, with the parameter they measure.

    It is the parameter of one of their readings, or null if it does not fit the sensor's type.
    DISTINCT makes SQLite evaluate the subquery once, not for each reading.
    """
    measured = (
        sa.select(EnvironmentalReading.parameter_id)
        .where(EnvironmentalReading.sensor_id == Sensor.id)
        .limit(1)
        .scalar_subquery()
    )
    parameter = sa.func.lower(EnvironmentalParameter.name)
    fitting = sa.case(_SENSOR_TYPES, value=parameter, else_="OTHER")
    fits = sa.or_(Sensor.sensor_type == fitting, sa.func.lower(Sensor.sensor_type) == parameter)
    suited = sa.case((fits, EnvironmentalParameter.id))
    return (
        sa.select(Sensor.id, Sensor.name, Sensor.container_id, suited.label("parameter_id"))
        .join_from(Sensor, EnvironmentalParameter, EnvironmentalParameter.id == measured)
        .distinct()
        .subquery("sensors")
    )


def twice_at_once() -> Query:
    """Select instants at which a sensor has more than one reading.

    Candidates are searched by container, parameter and time, for which there is an index.
    """
    reading = EnvironmentalReading
    crowded = (
        sa.select(reading.container_id, reading.parameter_id, reading.reading_time)
        .group_by(reading.container_id, reading.parameter_id, reading.reading_time)
        .having(sa.func.count() > 1)
        .cte("crowded")
    )
    readings = sa.func.count()
    return (
        sa.select(reading.sensor_id, reading.reading_time, readings.label("readings"))
        .join(
            crowded,
            sa.and_(
                crowded.c.container_id == reading.container_id,
                crowded.c.parameter_id == reading.parameter_id,
                crowded.c.reading_time == reading.reading_time,
            ),
        )
        .where(reading.sensor_id.is_not(None))
        .group_by(reading.sensor_id, reading.reading_time)
        .having(readings > 1)
    )


CHECKS = (
    hard(
        _SUBJECT,
        "readings-inside-assignments",
        "The readings of an assignment are between its arrival and its departure.",
        outside,
    ),
    hard(
        _SUBJECT,
        "readings-agree-with-assignments",
        "A reading names the batch and container of its assignment.",
        disagreeing,
    ),
    hard(
        _SUBJECT,
        "readings-come-from-their-sensor",
        "A reading comes from a sensor of its container, and a sensor measures one parameter.",
        wrong_sensor,
    ),
    hard(
        _SUBJECT,
        "one-reading-a-sensor-and-instant",
        "A sensor has one reading at a time.",
        twice_at_once,
    ),
)
