"""What a subclass overrides holds in every way of making rows, in batches too."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import factory
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.factories import (
    BatchFactory,
    FactoryError,
    FeedingEventFactory,
)
from pytest_aquadata.schema import BatchContainerAssignment, FeedingEvent

pytestmark = pytest.mark.usefixtures("aquadata_session")


def notes(session: Session) -> list[str]:
    return list(session.scalars(sa.select(FeedingEvent.notes).order_by(FeedingEvent.id)))


class CreatedFactory(FeedingEventFactory):
    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        return super()._create(model_class, *args, **{**kwargs, "notes": "overridden"})


class AdjustedFactory(FeedingEventFactory):
    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "notes": "overridden"}


class GeneratedFactory(FeedingEventFactory):
    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Any:
        return super()._generate(strategy, {**params, "notes": "overridden"})


class PublicCreateFactory(FeedingEventFactory):
    @classmethod
    def create(cls, **kwargs: Any) -> Any:
        return super().create(**{**kwargs, "notes": "overridden"})


class AfterFactory(FeedingEventFactory):
    @classmethod
    def _after_postgeneration(cls, instance: Any, create: bool, results: Any = None) -> None:
        instance.notes = "overridden"


class Mixin:
    @classmethod
    def _adjust_kwargs(cls, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "notes": "overridden"}


class MixedFactory(Mixin, FeedingEventFactory):
    pass


class ExcludingFactory(FeedingEventFactory):
    class Meta:
        exclude = ("text",)

    text = "overridden"
    notes = factory.SelfAttribute("text")


class RenamingFactory(FeedingEventFactory):
    class Meta:
        rename = {"remark": "notes"}  # noqa: RUF012

    remark = "overridden"
    notes = factory.declarations.SKIP


class HookedFactory(FeedingEventFactory):
    @factory.post_generation
    def note(self: FeedingEvent, create: bool, extracted: object) -> None:  # type: ignore[misc]
        self.notes = "overridden"


class LowerFactory(CreatedFactory):
    """Overrides nothing itself."""


@pytest.mark.parametrize(
    "factory_class",
    [
        CreatedFactory,
        AdjustedFactory,
        GeneratedFactory,
        PublicCreateFactory,
        AfterFactory,
        MixedFactory,
        ExcludingFactory,
        RenamingFactory,
        HookedFactory,
        LowerFactory,
    ],
)
def test_an_override_holds_in_batches(
    factory_class: type[FeedingEventFactory], aquadata_session: Session
) -> None:
    factory_class()
    factory_class.create_batch(2)
    assert factory_class.bulk(2) == 2
    aquadata_session.flush()
    assert notes(aquadata_session) == ["overridden"] * 5


def test_an_override_of_build_holds_in_batches() -> None:
    class BuiltFactory(FeedingEventFactory):
        @classmethod
        def _build(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
            return super()._build(model_class, *args, **{**kwargs, "notes": "overridden"})

    assert [meal.notes for meal in BuiltFactory.build_batch(2)] == ["overridden"] * 2


def test_a_function_that_a_test_replaces_is_called_in_batches(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def adjusted(cls: Any, **kwargs: Any) -> dict[str, Any]:
        return {**kwargs, "notes": "replaced"}

    monkeypatch.setattr(FeedingEventFactory, "_adjust_kwargs", classmethod(adjusted))
    assert [meal.notes for meal in FeedingEventFactory.create_batch(2)] == ["replaced"] * 2


def test_a_parameter_of_a_subclass_holds_in_batches() -> None:
    class AdultMealFactory(FeedingEventFactory):
        class Params:
            stage = 6

    meal = AdultMealFactory()
    meals = AdultMealFactory.create_batch(2)
    assert {each.batch_id for each in meals} & {meal.batch_id} == set()
    assert all(each.amount_kg > 500 for each in (meal, *meals))


def test_a_trait_of_a_subclass_holds_in_batches() -> None:
    class RemarkedFactory(FeedingEventFactory):
        class Params:
            remarked = factory.Trait(notes="by trait")

    meals = RemarkedFactory.create_batch(2, remarked=True)
    assert [meal.notes for meal in meals] == ["by trait"] * 2


def test_the_first_number_of_a_sequence_can_be_overridden() -> None:
    class NumberedFactory(BatchFactory):
        notes = factory.Sequence(str)

        @classmethod
        def _setup_next_sequence(cls) -> int:
            return 70

    class TopFactory(FeedingEventFactory):
        notes = factory.Sequence(str)

    assert [batch.notes for batch in NumberedFactory.create_batch(2)] == ["70", "71"]
    TopFactory.reset_sequence(40, force=True)
    assert [meal.notes for meal in TopFactory.create_batch(2)] == ["40", "41"]


def test_a_declaration_given_in_the_call_holds_for_each_row_of_a_batch() -> None:
    meals = FeedingEventFactory.create_batch(2, batch=factory.LazyFunction(BatchFactory))
    assert len({meal.batch_id for meal in meals}) >= 1
    notes = factory.Iterator(["first", "second"])
    assert [meal.notes for meal in FeedingEventFactory.create_batch(2, notes=notes)] == [
        "first",
        "second",
    ]


def test_a_row_that_is_found_is_not_filled_again(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    class KeptFactory(BatchFactory):
        class Meta:
            sqlalchemy_get_or_create = ("batch_number",)

    first = KeptFactory(batch_number="FAR-2025-901", containers=1)
    assert KeptFactory.create_batch(2, batch_number="FAR-2025-901", containers=1) == [first, first]
    assert_hard_checks()
    count = sa.select(sa.func.count()).where(BatchContainerAssignment.is_active)
    assert aquadata_session.scalar(count) == 1


def test_get_or_create_by_a_name_that_is_no_column_is_refused() -> None:
    class WrongFactory(BatchFactory):
        class Meta:
            sqlalchemy_get_or_create = ("number",)

    with pytest.raises(FactoryError, match="WrongFactory finds rows by number"):
        WrongFactory()


def test_an_abstract_factory_makes_no_batch() -> None:
    class AbstractFactory(FeedingEventFactory):
        class Meta:
            abstract = True

    with pytest.raises(factory.errors.FactoryError, match="abstract"):
        AbstractFactory.create_batch(2)


def test_a_subclass_with_another_session_keeps_the_columns(aquadata_session: Session) -> None:
    class OwnSessionFactory(FeedingEventFactory):
        class Meta:
            sqlalchemy_session = aquadata_session

    meals = OwnSessionFactory.create_batch(300)
    assert {type(meal.amount_kg) for meal in meals} == {Decimal}
    assert OwnSessionFactory.bulk(10) == 10
