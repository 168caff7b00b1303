"""What holds for every factory: one a table, rows that pass all hard checks, four strategies."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import factory
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import pytest_aquadata.factories as factories
from pytest_aquadata.factories import AquadataFactory
from pytest_aquadata.schema import Base

NAMES = sorted(
    name for name in factories.__all__ if name.endswith("Factory") and name != "AquadataFactory"
)
every_factory = pytest.mark.parametrize("name", NAMES)


def made_by(name: str) -> type[AquadataFactory[Any]]:
    found: type[AquadataFactory[Any]] = getattr(factories, name)
    return found


def test_every_model_has_its_factory() -> None:
    models = {mapper.class_.__name__ for mapper in Base.registry.mappers}
    assert {f"{model}Factory" for model in models} == set(NAMES)


@every_factory
def test_rows_of_one_factory_pass_the_hard_checks(
    name: str, aquadata_session: Session, all_hold: Callable[[], None]
) -> None:
    maker = made_by(name)
    row = maker()
    assert isinstance(row, maker._meta.model)
    assert row in aquadata_session
    assert not sa.inspect(row).pending
    all_hold()


@pytest.mark.parametrize("order", range(3))
def test_rows_of_all_factories_pass_the_hard_checks_together(
    order: int, aquadata_session: Session, all_hold: Callable[[], None]
) -> None:
    names = NAMES * 2
    random.Random(order).shuffle(names)
    for name in names:
        made_by(name)()
    for name in names[: len(NAMES)]:
        assert len(made_by(name).create_batch(2)) == 2
    all_hold()
    for model in (mapper.class_ for mapper in Base.registry.mappers):
        assert aquadata_session.scalar(sa.select(sa.func.count()).select_from(model)), model


@every_factory
def test_rows_can_be_built_without_a_database(name: str) -> None:
    maker = made_by(name)
    row = maker.build()
    assert isinstance(row, maker._meta.model)
    assert sa.inspect(row).transient
    required = [
        column.name
        for column in maker._meta.model.__table__.columns
        if not column.nullable and column.default is None
    ]
    assert [one for one in required if getattr(row, one) is None] == []
    assert len(maker.build_batch(2)) == 2


@every_factory
def test_rows_can_be_stubs_and_dicts(name: str) -> None:
    maker = made_by(name)
    columns = set(maker._meta.model.__table__.columns.keys())
    values = factory.build(dict, FACTORY_CLASS=maker)
    assert isinstance(values, dict)
    assert values
    assert values.keys() <= columns
    stub = maker.stub()
    assert vars(stub).keys() <= columns
    assert len(maker.stub_batch(2)) == 2
