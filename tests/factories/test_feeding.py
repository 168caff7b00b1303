"""Meals and the rows they need: one batch, its fish, suitable feed, and stock that is drawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.factories import (
    BatchContainerAssignmentFactory,
    BatchFactory,
    ContainerFactory,
    FactoryError,
    FeedContainerStockFactory,
    FeedFactory,
    FeedingEventFactory,
    FeedPurchaseFactory,
    MortalityEventFactory,
)
from pytest_aquadata.schema import (
    Batch,
    BatchContainerAssignment,
    Container,
    Feed,
    FeedContainer,
    FeedContainerStock,
    FeedingEvent,
    FeedPurchase,
    LifeCycleStage,
)
from pytest_aquadata.settings import DEFAULT_AS_OF

pytestmark = pytest.mark.usefixtures("aquadata_session")


def count_rows(session: Session, model: type) -> int:
    return session.scalar(sa.select(sa.func.count()).select_from(model)) or 0


@pytest.mark.parametrize("stage", [2, 3, 4, 5, 6])
def test_rows_that_a_meal_refers_to_agree(stage: int, aquadata_session: Session) -> None:
    meal = FeedingEventFactory(stage=stage)
    fish = aquadata_session.get_one(BatchContainerAssignment, meal.batch_assignment_id)
    assert fish.batch_id == meal.batch_id
    assert fish.container_id == meal.container_id
    assert fish.assignment_date <= meal.feeding_date
    assert fish.departure_date is None
    assert aquadata_session.get_one(LifeCycleStage, fish.lifecycle_stage_id).order == stage
    mass = fish.population_count * fish.avg_weight_g / 1000
    assert abs(meal.batch_biomass_kg - mass) <= Decimal("0.01")
    share = float(100 * meal.amount_kg / meal.batch_biomass_kg)
    assert float(meal.feeding_percentage) == pytest.approx(share, abs=1e-6)
    container = aquadata_session.get_one(Container, meal.container_id)
    assert (container.area_id is not None) == (stage == 6)


def test_a_meal_is_drawn_from_stock_at_its_cost(aquadata_session: Session) -> None:
    meal = FeedingEventFactory()
    purchase = aquadata_session.scalars(sa.select(FeedPurchase)).one()
    stock = aquadata_session.scalars(sa.select(FeedContainerStock)).one()
    silo = aquadata_session.get_one(FeedContainer, stock.feed_container_id)
    container = aquadata_session.get_one(Container, meal.container_id)
    assert purchase.feed_id == meal.feed_id
    assert purchase.quantity_kg - stock.quantity_kg == meal.amount_kg
    assert meal.feed_cost == round(meal.amount_kg * purchase.cost_per_kg, 2)
    assert silo.hall_id == container.hall_id
    assert stock.entry_date.date() <= meal.feeding_date


@pytest.mark.parametrize(
    ("weight_g", "pellet_mm"), [(0.5, "0.50"), (40, "3.00"), (600, "6.00"), (4200, "11.00")]
)
def test_the_pellet_size_suits_the_fish(
    weight_g: float, pellet_mm: str, aquadata_session: Session
) -> None:
    meal = FeedingEventFactory(assignment__avg_weight_g=weight_g)
    feed = aquadata_session.get_one(Feed, meal.feed_id)
    assert feed.pellet_size_mm == Decimal(pellet_mm)


def test_percentage_stock_and_cost_follow_a_pinned_amount(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    meal = FeedingEventFactory(amount_kg=Decimal("12.34"))
    stock = aquadata_session.scalars(sa.select(FeedContainerStock)).one()
    purchase = aquadata_session.scalars(sa.select(FeedPurchase)).one()
    assert meal.amount_kg == Decimal("12.34")
    assert purchase.quantity_kg - stock.quantity_kg == Decimal("12.34")
    share = 1234 / float(meal.batch_biomass_kg)
    assert float(meal.feeding_percentage) == pytest.approx(share, abs=1e-6)
    assert_hard_checks()


def test_more_feed_than_a_silo_holds_is_bought_in_several_lots(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    fish = BatchContainerAssignmentFactory()
    FeedingEventFactory.create_batch(
        300, assignment=fish, amount_kg=100, feeding_date=DEFAULT_AS_OF
    )
    assert count_rows(aquadata_session, FeedPurchase) >= 3
    assert_hard_checks()


def test_meals_of_one_assignment_go_back_in_time() -> None:
    fish = BatchContainerAssignmentFactory(stage=4)
    meals = [FeedingEventFactory(assignment=fish) for _ in range(5)]
    today = meals[0].feeding_date
    assert [(today - meal.feeding_date).days for meal in meals] == [0, 0, 1, 1, 2]
    assert len({(meal.feeding_date, meal.feeding_time) for meal in meals}) == 5


def test_meals_of_a_batch_use_its_assignment(aquadata_session: Session) -> None:
    batch = BatchFactory(stage=3, containers=1)
    first, second = FeedingEventFactory(batch=batch), FeedingEventFactory(batch_id=batch.id)
    assert first.batch_id == second.batch_id == batch.id
    assert first.batch_assignment_id == second.batch_assignment_id
    assert count_rows(aquadata_session, Batch) == 1


def test_an_assignment_is_made_for_a_batch_without_fish(aquadata_session: Session) -> None:
    batch = BatchFactory(stage=3)
    assert FeedingEventFactory(batch=batch).batch_id == batch.id
    other = BatchFactory(stage=4)
    meal = FeedingEventFactory(batch_id=other.id, assignment__population_count=9_000)
    assert meal.batch_id == other.id
    assert count_rows(aquadata_session, Batch) == 2


def test_a_pinned_key_makes_no_other_assignment(aquadata_session: Session) -> None:
    fish = BatchContainerAssignmentFactory(stage=3)
    before = count_rows(aquadata_session, BatchContainerAssignment)
    meal = FeedingEventFactory(batch_assignment_id=fish.id)
    assert meal.batch_id == fish.batch_id
    assert count_rows(aquadata_session, BatchContainerAssignment) == before
    assert count_rows(aquadata_session, Batch) == 1


def test_deaths_reduce_the_population_but_not_the_biomass_fed_that_day(
    assert_hard_checks: Callable[[], None],
) -> None:
    fish = BatchContainerAssignmentFactory(stage=5)
    before = fish.population_count
    dead = MortalityEventFactory(assignment=fish, count=1_000)
    meal = FeedingEventFactory(assignment=fish)
    assert fish.population_count == before - 1_000
    assert meal.feeding_date == dead.event_date
    weight_kg = float(meal.batch_biomass_kg) / before
    assert float(dead.biomass_kg) / 1_000 == pytest.approx(weight_kg, rel=1e-4)
    assert_hard_checks()


def test_a_meal_can_be_drawn_from_a_given_stock(aquadata_session: Session) -> None:
    stock = FeedContainerStockFactory(
        feed_purchase=FeedPurchaseFactory(feed=FeedFactory(weight_g=3_500), quantity_kg=900)
    )
    meal = FeedingEventFactory(adult=True, stock=stock, amount_kg=100)
    purchase = aquadata_session.get_one(FeedPurchase, stock.feed_purchase_id)
    assert stock.quantity_kg == 800
    assert meal.feed_id == purchase.feed_id
    with pytest.raises(FactoryError, match="holds 800 kg and the meal needs 900"):
        FeedingEventFactory(adult=True, stock=stock, amount_kg=900)


def test_eggs_are_not_fed() -> None:
    with pytest.raises(FactoryError, match="stage 1 live on their yolk"):
        FeedingEventFactory(stage=1)


def test_a_failed_call_leaves_no_rows(aquadata_session: Session) -> None:
    FeedingEventFactory()
    before = {model: count_rows(aquadata_session, model) for model in (Batch, Container, Feed)}
    with pytest.raises(FactoryError):
        FeedingEventFactory(stage=1)
    assert not aquadata_session.new
    after = {model: count_rows(aquadata_session, model) for model in (Batch, Container, Feed)}
    assert after == before
    FeedingEventFactory()


def test_fish_can_be_placed_in_a_given_container(aquadata_session: Session) -> None:
    ring = ContainerFactory(ring=True)
    fish = BatchContainerAssignmentFactory(adult=True, container=ring)
    meal = FeedingEventFactory(assignment=fish)
    stock = aquadata_session.scalars(sa.select(FeedContainerStock)).one()
    barge = aquadata_session.get_one(FeedContainer, stock.feed_container_id)
    assert meal.container_id == ring.id
    assert barge.area_id == ring.area_id


def test_create_batch_stores_meals_of_one_batch(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    meals = FeedingEventFactory.create_batch(500)
    assert len({meal.id for meal in meals}) == 500
    assert len({meal.batch_id for meal in meals}) == 1
    assert all(sa.inspect(meal).persistent for meal in meals)
    stored = aquadata_session.scalars(
        sa.select(FeedingEvent).execution_options(populate_existing=True)
    ).all()
    assert {meal.id for meal in stored} == {meal.id for meal in meals}
    assert_hard_checks()


def test_create_batch_equals_meals_made_one_by_one(aquadata_session: Session) -> None:
    def values_of(meal: FeedingEvent) -> tuple[object, ...]:
        names = ("feeding_date", "feeding_time", "amount_kg", "batch_biomass_kg", "feed_id")
        return (*(getattr(meal, name) for name in names), round(float(meal.feeding_percentage), 6))

    first, second = (BatchContainerAssignmentFactory(stage=2) for _ in range(2))
    singly = [FeedingEventFactory(assignment=first) for _ in range(100)]
    together = FeedingEventFactory.create_batch(100, assignment=second)
    assert [values_of(meal) for meal in singly] == [values_of(meal) for meal in together]
    assert [meal.feed_cost for meal in singly] == [meal.feed_cost for meal in together]


@pytest.mark.parametrize("arguments", [{}, {"stage": 6}, {"batch": None}])
def test_bulk_writes_meals_that_pass_the_hard_checks(
    arguments: dict[str, object], aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    assert FeedingEventFactory.bulk(1_500, **arguments) == 1_500
    assert count_rows(aquadata_session, FeedingEvent) == 1_500
    FeedingEventFactory.bulk(100, **arguments)
    FeedingEventFactory()
    assert_hard_checks()


def test_bulk_with_a_pinned_column_makes_meals_one_by_one(
    aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    assert FeedingEventFactory.bulk(20, method="BROADCAST") == 20
    methods = aquadata_session.scalars(sa.select(FeedingEvent.method)).all()
    assert methods == ["BROADCAST"] * 20
    assert_hard_checks()


def test_a_size_of_zero_makes_no_meals(aquadata_session: Session) -> None:
    assert FeedingEventFactory.create_batch(0) == []
    assert count_rows(aquadata_session, FeedingEvent) == 0


def test_create_batch_flushes_once(aquadata_session: Session) -> None:
    FeedingEventFactory()
    flushes: list[object] = []
    sa.event.listen(aquadata_session, "after_flush", lambda *_: flushes.append(1))
    FeedingEventFactory.create_batch(2_000)
    assert len(flushes) == 1


def test_the_day_of_a_meal_can_be_pinned(assert_hard_checks: Callable[[], None]) -> None:
    fish = BatchContainerAssignmentFactory(stage=4)
    day = fish.assignment_date + timedelta(days=3)
    meal = FeedingEventFactory(assignment=fish, feeding_date=day)
    assert meal.feeding_date == day
    assert meal.batch_biomass_kg < fish.biomass_kg
    assert_hard_checks()
