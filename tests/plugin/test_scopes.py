"""Fixtures of wider scope and random declarations: the same rows whatever test runs first."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]

TESTS = """
import json, random
from pathlib import Path

import factory, factory.fuzzy
import numpy as np
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from pytest_aquadata.factories import BatchFactory, GrowthSampleFactory, bound
from pytest_aquadata.schema import Base

FOLDER = Path(__file__).parent / "values"


class NotedFactory(BatchFactory):
    class Params:
        text = factory.Faker("sentence", locale="de_DE")
        number = factory.fuzzy.FuzzyInteger(10**6)
        share = factory.LazyFunction(random.random)
        normal = factory.LazyFunction(lambda: np.random.random())

    notes = factory.LazyAttribute(lambda row: f"{row.text} {row.number} {row.share} {row.normal}")


def write(name, *values):
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / f"{name}.json"
    text = json.dumps([str(value) for value in values])
    assert not file.exists() or file.read_text() == text, name
    file.write_text(text)


@pytest.fixture(scope="session")
def session():
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session, bound(session):
        yield session
    engine.dispose()


@pytest.fixture(scope="session")
def built():
    return GrowthSampleFactory.build(stage=6).avg_weight_g, NotedFactory.build().notes


@pytest.fixture(scope="module")
def sample(session):
    return GrowthSampleFactory(stage=6)


@pytest.fixture(scope="class", params=["a", "b"])
def noted(session, request):
    return NotedFactory()


class TestFirst:
    def test_sample(self, sample, built):
        write("sample", sample.avg_weight_g, *built)

    def test_noted(self, noted, request):
        write(f"first {request.node.callspec.id}", noted.notes, noted.batch_number)


class TestSecond:
    def test_noted(self, noted, request):
        write(f"second {request.node.callspec.id}", noted.notes, noted.batch_number)

    def test_own(self, session, sample):
        write("own", NotedFactory().notes, GrowthSampleFactory(stage=6).avg_weight_g)

    def test_all(self, session, sample, built, noted, request):
        write("sample", sample.avg_weight_g, *built)
        write(f"second {request.node.callspec.id}", noted.notes, noted.batch_number)


class TestXunit:
    @classmethod
    def setup_class(cls):
        cls.notes = NotedFactory.build().notes

    def test_notes(self):
        write("xunit", self.notes)
"""


def written(folder: Path) -> dict[str, object]:
    values = {file.stem: json.loads(file.read_text()) for file in (folder / "values").iterdir()}
    for file in (folder / "values").iterdir():
        file.unlink()
    return values


def test_wider_fixtures_give_the_same_rows_in_any_order(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytester.makepyfile(test_farm=TESTS)
    run().assert_outcomes(passed=9)
    first = written(pytester.path)
    assert len(first) == 7
    notes = [str(values) for values in first.values()]
    assert len(set(notes)) == len(notes)
    run("-n2").assert_outcomes(passed=9)
    assert written(pytester.path) == first
    run("-k", "TestSecond").assert_outcomes(passed=5, deselected=4)
    assert written(pytester.path).items() <= first.items()
    pytester.makeconftest("def pytest_collection_modifyitems(items):\n    items.reverse()\n")
    run().assert_outcomes(passed=9)
    assert written(pytester.path) == first
    pytest.importorskip("pytest_randomly")
    plugins = "xdist.plugin,pytest_aquadata.plugin,pytest_randomly"
    monkeypatch.setenv("PYTEST_PLUGINS", plugins)
    run("-p", "pytest_randomly").assert_outcomes(passed=9)
    assert written(pytester.path) == first
