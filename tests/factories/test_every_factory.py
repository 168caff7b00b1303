"""Properties of every factory: one per table, rows that pass all hard checks, all strategies."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import factory
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.factories import AquadataFactory
from pytest_aquadata.schema import Base

AnyFactory = type[AquadataFactory[Any]]


def test_every_model_has_one_factory(all_factories: list[AnyFactory]) -> None:
    names = sorted(f"{mapper.class_.__name__}Factory" for mapper in Base.registry.mappers)
    assert names == sorted(factory_class.__name__ for factory_class in all_factories)


def test_rows_of_one_factory_pass_the_hard_checks(
    factory_class: AnyFactory, aquadata_session: Session, assert_hard_checks: Callable[[], None]
) -> None:
    row = factory_class()
    assert isinstance(row, factory_class._meta.model)
    assert row in aquadata_session
    assert not sa.inspect(row).pending
    assert_hard_checks()


@pytest.mark.parametrize("seed", range(3))
def test_rows_of_all_factories_in_random_order_pass_the_hard_checks(
    seed: int,
    all_factories: list[AnyFactory],
    aquadata_session: Session,
    assert_hard_checks: Callable[[], None],
) -> None:
    shuffled = all_factories * 2
    random.Random(seed).shuffle(shuffled)
    for factory_class in shuffled:
        factory_class()
    for factory_class in shuffled[: len(all_factories)]:
        assert len(factory_class.create_batch(2)) == 2
    assert_hard_checks()
    for mapper in Base.registry.mappers:
        query = sa.select(sa.func.count()).select_from(mapper.class_)
        assert aquadata_session.scalar(query), mapper.class_


def test_rows_can_be_built_without_a_database(factory_class: AnyFactory) -> None:
    row = factory_class.build()
    assert isinstance(row, factory_class._meta.model)
    assert sa.inspect(row).transient
    required = [
        column.name
        for column in factory_class._meta.model.__table__.columns
        if not column.nullable and column.default is None
    ]
    assert [name for name in required if getattr(row, name) is None] == []
    assert len(factory_class.build_batch(2)) == 2


def test_rows_can_be_stubs_and_dicts(factory_class: AnyFactory) -> None:
    columns = set(factory_class._meta.model.__table__.columns.keys())
    values = factory.build(dict, FACTORY_CLASS=factory_class)
    assert isinstance(values, dict)
    assert values
    assert values.keys() <= columns
    stub = factory_class.stub()
    assert vars(stub).keys() <= columns
    assert len(factory_class.stub_batch(2)) == 2
