"""Arguments of factories that cannot be are refused in one line that names the parameter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any

import factory
import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import pytest_aquadata.factories as factories
from pytest_aquadata.factories import (
    AreaFactory,
    BatchContainerAssignmentFactory,
    BatchFactory,
    ContainerFactory,
    EnvironmentalReadingFactory,
    FactoryError,
    FeedFactory,
    FeedingEventFactory,
    GrowthSampleFactory,
    HallFactory,
    HarvestEventFactory,
    LiceCountFactory,
    TreatmentFactory,
)
from pytest_aquadata.factories.column_checks import column_checks
from pytest_aquadata.schema import Base

pytestmark = pytest.mark.usefixtures("aquadata_session")

NAN, INF = float("nan"), float("inf")
EARLY = datetime(2001, 1, 1, tzinfo=UTC)


def refused(make: Callable[[], object]) -> str:
    """Return the message with which a call is refused."""
    with pytest.raises(FactoryError) as raised:
        make()
    message = str(raised.value)
    assert "\n" not in message
    return message


@pytest.mark.parametrize(
    ("name", "arguments", "expected"),
    [
        ("FeedingEvent", {"amount_kg": -5}, "FeedingEventFactory: amount_kg=-5 is negative; give"),
        ("FeedingEvent", {"amount_kg": 0}, "amount_kg=0 is too low: the lowest is 0.0001"),
        ("FeedingEvent", {"amount_kg": NAN}, "amount_kg=nan is not a finite number"),
        ("FeedingEvent", {"amount_kg": INF}, "amount_kg=inf is not a finite number"),
        ("FeedingEvent", {"amount_kg": Decimal("NaN")}, "amount_kg=NaN is not a finite number"),
        ("FeedingEvent", {"amount_kg": "5"}, "amount_kg='5' is not a number"),
        ("FeedingEvent", {"amount_kg": True}, "amount_kg=True is not a number"),
        ("FeedingEvent", {"amount_kg": 1e9}, "is too high: the highest is 999,999.9999"),
        ("FeedingEvent", {"amount_kg": 500_000}, "amount_kg=500000 is more than the fish weigh"),
        ("FeedingEvent", {"amount_kg": None}, "amount_kg=None cannot be stored"),
        ("FeedingEvent", {"created_at": None}, "created_at=None cannot be stored"),
        ("FeedingEvent", {"amout_kg": 5}, "no amout_kg; did you mean amount_kg?"),
        ("FeedingEvent", {"feeding_date": "soon"}, "feeding_date='soon' is not a date"),
        ("FeedingEvent", {"feeding_date": EARLY}, "is an instant, not a date"),
        (
            "FeedingEvent",
            {"assignment__day": 9, "feeding_date": date(1999, 1, 1)},
            "is before the fish arrived, on",
        ),
        ("FeedingEvent", {"feeding_time": "noon"}, "feeding_time='noon' is not a time of day"),
        ("FeedingEvent", {"stage": 2, "adult": True}, "adult=True and stage=2 contradict"),
        ("FeedingEvent", {"stage": 7}, "stage=7: there is no stage 7; give 1"),
        ("FeedingEvent", {"stage": "adult"}, "there is no stage 'adult'; give 1"),
        ("FeedingEvent", {"adult": "yes"}, "adult='yes' is not a truth value"),
        ("FeedingEvent", {"method": "manual"}, "choose one of MANUAL, AUTOMATIC, BROADCAST"),
        ("FeedingEvent", {"feed": FeedFactory}, "FeedFactory'> is a class, not a row"),
        ("FeedingEvent", {"batch": 3}, "give a Batch, or its key as batch_id="),
        ("FeedingEvent", {"recorded_by_id": 999}, "there is no User with the key 999"),
        ("FeedingEvent", {"batch_id": "3"}, "batch_id='3' is not a key; give the id of a Batch"),
        ("FeedingEvent", {"feed__name": "x"}, "feed has no arguments of its own"),
        ("FeedingEvent", {"assignment__pop_count": 5}, "mean assignment__population_count?"),
        ("FeedingEvent", {"assignment__batch__nots": ""}, "mean assignment__batch__notes?"),
        ("FeedingEvent", {"assignment__batch__stage": 9}, "assignment__batch__stage=9: there"),
        ("GrowthSample", {"batch_id": 1}, "there is no batch_id; did you mean batch?"),
        ("GrowthSample", {"sample_size": 2.5}, "sample_size=2.5 is not a whole number"),
        ("GrowthSample", {"sample_size": 1_000_000}, "is more than the 199,440 fish of assignment"),
        (
            "GrowthSample",
            {"assignment__day": 9, "sample_date": "2001-01-01"},
            "is before the fish arrived",
        ),
        ("LiceCount", {"count_date": datetime(2025, 11, 1)}, "has no time zone"),
        ("LiceCount", {"count_date": date(2025, 11, 1)}, "is a date, not an instant"),
        ("LiceCount", {"count_date": "2025-11-01"}, "has no time zone"),
        ("LiceCount", {"assignment__day": 9, "count_date": EARLY}, "is before the fish arrived"),
        ("LiceCount", {"confidence_level": 2}, "confidence_level=2 is too high"),
        ("LiceCount", {"fish_sampled": 10**7}, "is more than the"),
        ("MortalityEvent", {"count": -1}, "count=-1 is negative"),
        ("MortalityRecord", {"count": 10**8}, "is more than the"),
        (
            "HarvestEvent",
            {"assignment__day": 500, "event_date": EARLY},
            "is before the fish arrived",
        ),
        ("HarvestLot", {"unit_count": 10**8}, "fish of harvest"),
        ("BatchContainerAssignment", {"population_count": 10**7}, "holds at most"),
        ("BatchContainerAssignment", {"departure_date": "2001-01-01"}, "is after departure_date="),
        ("Batch", {"start_date": "0001-01-01"}, "give a year from 1900 to 2199"),
        ("Batch", {"start_date": "2025-11-01", "stage": 6}, "start_date=2025-11-01 is too late"),
        ("Batch", {"start_date": "2025-11-01", "expected_end_date": "2025-01-01"}, "is after"),
        ("Batch", {"day": 500, "stage": 2}, "day=500 is after stage 2, which lasts"),
        ("Batch", {"day": 5, "weight_g": 5}, "day and weight_g both say how old"),
        ("Batch", {"weight_g": 4_000, "stage": 2}, "weight_g=4000 is not a weight of stage 2"),
        ("Batch", {"weight_g": -3}, "weight_g=-3 is negative"),
        ("Batch", {"near_harvest": True, "stage": 2}, "contradict each other"),
        ("Batch", {"containers": -1}, "containers=-1 is negative"),
        ("Batch", {"geography": "Scotlnd"}, "did you mean 'Scotland'?"),
        ("Batch", {"geography": 5}, "geography=5 is no geography"),
        ("Batch", {"batch_number": "x" * 51}, "is too long: it has 51 characters; give at most 50"),
        ("Batch", {"batch_number": " "}, "batch_number=' ' is blank"),
        ("Batch", {"notes": "a\x00b"}, "has a character that databases do not store"),
        ("Batch", {"notes": "\ud800"}, "has a character that databases do not store"),
        ("Batch", {"created_at": datetime(2025, 1, 1)}, "has no time zone"),
        ("BatchComposition", {"percentage": 120}, "percentage=120 is too high: the highest is 100"),
        ("Hall", {"stage": 6}, "fish live at sea"),
        ("Container", {"ring": True, "tray": True}, "ring=True and tray=True contradict"),
        ("Container", {"hall": None}, "neither a hall nor an area"),
        ("Area", {"latitude": 95}, "latitude=95 is too high: the highest is 90"),
        ("Area", {"longitude": -181}, "longitude=-181 is too low: the lowest is -180"),
        ("EnvironmentalReading", {"value": 95}, "value=95 is too high: the highest is 40"),
        ("EnvironmentalReading", {"parameter": "oxygen", "value": -3}, "value=-3 is negative"),
        ("EnvironmentalReading", {"parameter": "oxigen"}, "did you mean 'oxygen'?"),
        ("WeatherData", {"temperature": 100}, "temperature=100 is too high"),
        ("PhotoperiodData", {"day_length_hours": 25}, "day_length_hours=25 is too high"),
        ("TransferAction", {"transferred_count": 10**9}, "is more than source_population_before="),
        ("TransferAction", {"water_temp_c": 80}, "water_temp_c=80 is too high"),
        (
            "BatchFeedingSummary",
            {"period_start": "2025-11-10", "period_end": "2025-11-01"},
            "after",
        ),
        ("Treatment", {"duration_days": -1}, "duration_days=-1 is negative"),
        ("HealthLabSample", {"date_sent_to_lab": "2025-01-01"}, "is after date_sent_to_lab="),
        ("HealthLabSample", {"quantitative_results": {"a": {1}}}, "cannot be written as JSON"),
        ("FishParameterScore", {"score": 9}, "give 0 to 3"),
        ("JournalEntry", {"batch__day": 9, "entry_date": EARLY}, "is before the batch started"),
        ("FeedPurchase", {"quantity_kg": 0}, "quantity_kg=0 is too low: the lowest is 0.01"),
        ("User", {"email": 5}, "email=5 is not a text"),
        ("Species", {"place": -1}, "place=-1 is negative"),
    ],
    ids=str,
)
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_parameter(
    name: str, arguments: dict[str, Any], expected: str, aquadata_session: Session
) -> None:
    message = refused(lambda: getattr(factories, f"{name}Factory")(**arguments))
    assert expected in message
    assert not aquadata_session.new


def test_rows_that_contradict_each_other_are_refused() -> None:
    fish, batch = BatchContainerAssignmentFactory(stage=3), BatchFactory()
    for arguments, expected in (
        ({"batch": batch}, "has fish of batch"),
        ({"batch_id": batch.id}, f"batch_id={batch.id} is not that of assignment"),
        ({"stage": 6}, "has fish of stage 3, not of stage=6"),
        ({"adult": True}, "has fish of stage 3, not of stage=6"),
        ({"assignment__notes": "x"}, "assignment__notes is about a new assignment"),
        ({"feed": batch}, "feed=<Batch> is a row of another model: Batch; give a Feed"),
    ):
        values: dict[str, Any] = {"assignment": fish, **arguments}
        assert expected in refused(lambda values=values: FeedingEventFactory(**values))  # type: ignore[misc]
    assert "are different rows" in refused(
        lambda: FeedingEventFactory(batch=batch, batch_id=batch.id + 1)
    )
    assert "is a row, not a key; give its .id" in refused(
        lambda: FeedingEventFactory(batch_id=batch)
    )


def test_a_container_of_other_fish_is_refused() -> None:
    ring, tank = ContainerFactory(ring=True), ContainerFactory(stage=2)
    make = BatchContainerAssignmentFactory
    assert "is at sea, where fish of stage 2" in refused(lambda: make(container=ring, stage=2))
    assert "is in a hall, where fish of stage 6" in refused(lambda: make(container=tank, stage=6))
    assert make(container=ring, stage=6).container_id == ring.id
    hall, area = HallFactory(stage=2), AreaFactory()
    assert "stage=6 does not live in a hall" in refused(
        lambda: ContainerFactory(hall=hall, stage=6)
    )
    assert "a hall and an area" in refused(lambda: ContainerFactory(hall=hall, area=area))


def test_a_harvest_within_the_withdrawal_period_is_refused() -> None:
    fish = BatchContainerAssignmentFactory(near_harvest=True)
    treatment = TreatmentFactory(assignment=fish, medicated=True)
    assert "is within the withdrawal period" in refused(
        lambda: HarvestEventFactory(assignment=fish, event_date=treatment.treatment_date)
    )


@pytest.mark.parametrize("method", ["create_batch", "build_batch", "stub_batch", "bulk"])
@pytest.mark.parametrize("size", [-1, "3", 2.0, True, None, [3]])
def test_a_number_of_rows_that_is_none_is_refused(method: str, size: Any) -> None:
    message = refused(lambda: getattr(FeedingEventFactory, method)(size))
    assert f"FeedingEventFactory.{method}(" in message


def test_no_rows_are_a_list_without_rows_but_nothing_to_write_in_bulk() -> None:
    assert FeedingEventFactory.create_batch(0) == []
    assert "bulk(0)" in refused(lambda: FeedingEventFactory.bulk(0))


@pytest.mark.parametrize("method", ["create_batch", "build_batch", "bulk"])
def test_many_rows_are_checked_as_one_is(method: str) -> None:
    make = getattr(FeedingEventFactory, method)
    assert "amount_kg=-1 is negative" in refused(lambda: make(3, amount_kg=-1))
    assert "there is no stage 7" in refused(lambda: make(3, stage=7))
    assert "did you mean stage" in refused(lambda: make(3, stge=6))


def test_values_of_declarations_and_subclasses_are_checked() -> None:
    class NegativeFactory(FeedingEventFactory):
        amount_kg = -5

    class LazyFactory(FeedingEventFactory):
        amount_kg = factory.LazyAttribute(lambda row: NAN)

    class BroadcastFactory(FeedingEventFactory):
        class Params:
            broadcast = factory.Trait(method="BY HAND")

    assert "NegativeFactory: amount_kg=-5 is negative" in refused(NegativeFactory)
    assert "LazyFactory: amount_kg=nan is not a finite" in refused(LazyFactory)
    assert "method='BY HAND' is none of" in refused(lambda: BroadcastFactory(broadcast=True))
    assert "notes=5 is not a text" in refused(
        lambda: FeedingEventFactory(notes=factory.Sequence(lambda n: 5))
    )


def test_a_parameter_of_a_users_subclass_has_any_value() -> None:
    class OwnFactory(FeedingEventFactory):
        class Params:
            day = "monday"
            weight_g = None

        notes = factory.LazyAttribute(lambda row: f"{row.day} {row.weight_g}")

    assert OwnFactory(day="tuesday", weight_g="light").notes == "tuesday light"


def test_values_in_another_form_are_taken(aquadata_session: Session) -> None:
    meal = FeedingEventFactory(
        feeding_date="2025-11-01", feeding_time="08:30", amount_kg=np.float64(5)
    )
    assert (meal.feeding_date, meal.feeding_time) == (date(2025, 11, 1), time(8, 30))
    assert meal.amount_kg == 5
    assert GrowthSampleFactory(sample_size=np.int64(12)).sample_size == 12
    assert GrowthSampleFactory(sample_size=1e1).sample_size == 10
    count = LiceCountFactory(count_date="2025-11-01T10:00:00+01:00")
    assert count.count_date == datetime(2025, 11, 1, 9, tzinfo=UTC)
    assert BatchFactory(arrives="2025-11-01").start_date < date(2025, 11, 1)
    assert EnvironmentalReadingFactory(value=Decimal("9.5")).value == Decimal("9.5")
    aquadata_session.flush()


def test_every_column_has_a_check_that_accepts_what_factories_make(
    factory_class: type[factories.AquadataFactory[Any]],
) -> None:
    row = factory_class()
    for name, check in column_checks(factory_class._meta.model).items():
        value = getattr(row, name)
        assert check(name, value) == value


def test_every_number_is_limited() -> None:
    for mapper in Base.registry.mappers:
        checks = column_checks(mapper.class_)
        for column in sa.inspect(mapper.class_).columns:
            if isinstance(column.type, sa.Numeric | sa.Integer):
                message = refused(
                    lambda check=checks[column.name], name=column.name: check(name, NAN)  # type: ignore[misc]
                )
                assert message.startswith(f"{column.name}=nan is not")
