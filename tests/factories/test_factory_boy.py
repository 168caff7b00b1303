"""Features of factory_boy work: subclasses, declarations, traits, hooks, sub-factories."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import factory
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.factories import (
    BatchContainerAssignmentFactory,
    BatchFactory,
    FactoryError,
    FeedingEventFactory,
    SpeciesFactory,
    UserFactory,
)
from pytest_aquadata.factories.namespace import FactoryNamespace
from pytest_aquadata.schema import Batch, BatchContainerAssignment, FeedingEvent, JournalEntry

pytestmark = pytest.mark.usefixtures("aquadata_session")


class BigMealFactory(FeedingEventFactory):
    """A subclass that pins a column; the others follow it."""

    class Params:
        broadcast = factory.Trait(method="BROADCAST", notes="by hand")

    amount_kg = Decimal("50.00")
    notes = factory.Sequence(lambda n: f"meal {n}")


def test_a_subclass_can_pin_columns(assert_hard_checks: Callable[[], None]) -> None:
    meals = BigMealFactory.create_batch(3)
    assert [meal.amount_kg for meal in meals] == [Decimal("50.00")] * 3
    assert [meal.notes for meal in meals] == ["meal 0", "meal 1", "meal 2"]
    expected = float(5_000 / meals[0].batch_biomass_kg)
    assert float(meals[0].feeding_percentage) == pytest.approx(expected, abs=1e-6)
    assert_hard_checks()


@pytest.mark.parametrize("repetition", range(2))
def test_sequences_restart_with_every_test(repetition: int) -> None:
    assert BigMealFactory().notes == "meal 0"


def test_a_subclass_can_have_traits() -> None:
    assert BigMealFactory(broadcast=True).method == "BROADCAST"
    assert BigMealFactory().method == "AUTOMATIC"


def test_a_lazy_attribute_can_read_planned_columns() -> None:
    class NotedFactory(FeedingEventFactory):
        notes = factory.LazyAttribute(lambda row: f"{row.amount_kg} kg on {row.feeding_date}")

    meal = NotedFactory()
    assert meal.notes == f"{meal.amount_kg} kg on {meal.feeding_date}"


def test_a_post_generation_hook_gets_the_stored_row() -> None:
    ids: list[int] = []

    class HookedFactory(FeedingEventFactory):
        @factory.post_generation
        def record_id(self: FeedingEvent, create: bool, extracted: object) -> None:  # type: ignore[misc]
            assert create
            ids.append(self.id)

    meals = HookedFactory.create_batch(2)
    assert ids == [meal.id for meal in meals]


def test_double_underscores_pin_columns_of_parents(aquadata_session: Session) -> None:
    meal = FeedingEventFactory(
        assignment__batch__notes="the one", assignment__population_count=50_000
    )
    batch = aquadata_session.get_one(Batch, meal.batch_id)
    fish = aquadata_session.get_one(BatchContainerAssignment, meal.batch_assignment_id)
    assert batch.notes == "the one"
    assert fish.population_count == 50_000


def test_our_factories_can_be_sub_factories(aquadata_session: Session) -> None:
    class NoteFactory(factory.alchemy.SQLAlchemyModelFactory):
        class Meta:
            model = JournalEntry
            sqlalchemy_session = aquadata_session
            sqlalchemy_session_persistence = "flush"
            exclude = ("batch", "user")

        batch = factory.SubFactory(BatchFactory, stage=3)
        user = factory.SubFactory(UserFactory, username="vet")
        batch_id = factory.SelfAttribute("batch.id")
        user_id = factory.SelfAttribute("user.id")
        entry_date = factory.SelfAttribute("batch.created_at")
        created_at = factory.SelfAttribute("batch.created_at")
        updated_at = factory.SelfAttribute("batch.created_at")
        category = "issue"
        description = "gill disease"

    note = NoteFactory()
    assert aquadata_session.get_one(Batch, note.batch_id).batch_number.startswith("FAR-")


def test_a_subclass_can_get_or_create() -> None:
    class NamedFactory(BatchFactory):
        class Meta:
            sqlalchemy_get_or_create = ("batch_number",)

    first = NamedFactory(batch_number="FAR-2025-900")
    assert NamedFactory(batch_number="FAR-2025-900") is first


def test_parents_can_be_given_in_every_strategy() -> None:
    fish = BatchContainerAssignmentFactory.build(stage=4)
    meal = FeedingEventFactory.build(assignment=fish)
    assert meal.batch_assignment_id == fish.id
    assert meal.container_id == fish.container_id
    payload = factory.build(dict, FACTORY_CLASS=FeedingEventFactory, assignment=fish, notes="x")
    assert payload["batch_id"] == fish.batch_id
    assert payload["notes"] == "x"
    assert "id" not in payload
    stub = FeedingEventFactory.stub(assignment__population_count=10_000)
    assert float(stub.batch_biomass_kg) > 0


def test_build_stores_nothing(aquadata_session: Session) -> None:
    FeedingEventFactory.build()
    FeedingEventFactory.build_batch(300)
    assert not aquadata_session.new
    assert aquadata_session.scalar(sa.select(sa.func.count(Batch.id))) == 0


def test_the_namespace_offers_factories_by_model(aquadata_factories: FactoryNamespace) -> None:
    assert aquadata_factories.feeding_event is FeedingEventFactory
    assert aquadata_factories.species is SpeciesFactory
    assert aquadata_factories.tgc_model_stage().tgc_value >= 0
    assert aquadata_factories.batch(stage=4) in aquadata_factories.session
    assert "lice_count" in dir(aquadata_factories)
    with pytest.raises(FactoryError, match="no factory 'feding_event': did you mean feeding_event"):
        aquadata_factories.feding_event()
