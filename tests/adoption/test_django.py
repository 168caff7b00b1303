"""Seeding of the test database of a Django project."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

pytestmark = pytest.mark.slow

pytest.importorskip("django", reason="pip install django pytest-django")
pytest.importorskip("pytest_django", reason="pip install django pytest-django")

SETTINGS = """
SECRET_KEY = "test"
INSTALLED_APPS = ["farm"]
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {"default": {
    "ENGINE": "django.db.backends.sqlite3", "NAME": "live.db", "TEST": {"NAME": %s},
}}
"""
MODELS = """
from django.db import models


class Batch(models.Model):
    batch_number = models.CharField(max_length=50, unique=True)

    class Meta:
        managed = False
        db_table = "batch_batch"


class Reading(models.Model):
    reading_time = models.DateTimeField()
    value = models.DecimalField(max_digits=10, decimal_places=4)

    class Meta:
        managed = False
        db_table = "environmental_environmentalreading"


class Meal(models.Model):
    feeding_time = models.TimeField()

    class Meta:
        managed = False
        db_table = "inventory_feedingevent"


class Supplier(models.Model):
    name = models.CharField(max_length=100)
    contact_details = models.TextField()
    certifications = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        managed = False
        db_table = "broodstock_eggsupplier"
"""
MIGRATION = """
import json
from pathlib import Path

from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL([(ddl, None) for ddl in json.loads(Path("tables.json").read_text())])
    ]
"""
CONFTEST = """
import pytest
import pytest_aquadata.django


@pytest.fixture(scope="session")
def aquadata_url(django_db_setup):
    return pytest_aquadata.django.database_url()
"""
TESTS = """
import datetime as dt

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

import pytest_aquadata.django
from pytest_aquadata import bound
from pytest_aquadata.factories import EnvironmentalReadingFactory, FeedingEventFactory

from farm.models import Batch, Meal, Reading, Supplier


@pytest.mark.django_db
def test_the_database_holds_the_dataset(aquadata_small):
    assert Batch.objects.count() == len(aquadata_small.batches) == 8
    first = Reading.objects.order_by("reading_time").first()
    assert first.reading_time.utcoffset().total_seconds() == 0
    assert Reading.objects.filter(pk=first.pk, reading_time=first.reading_time).exists()
    assert not Reading.objects.filter(reading_time__lt=first.reading_time).exists()
    meal = Meal.objects.first()
    same_time = Meal.objects.filter(feeding_time=meal.feeding_time)
    assert same_time.count() > 1
    assert not Meal.objects.filter(pk=meal.pk, feeding_time__lt=meal.feeding_time).exists()
    assert Supplier.objects.create(name="Mine").pk > 3


@pytest.mark.django_db(transaction=True)
def test_rows_of_factories_are_found_by_equality(aquadata_small):
    engine = sa.create_engine(pytest_aquadata.django.database_url())
    moment = dt.datetime.combine(aquadata_small.as_of, dt.time(3), dt.UTC)
    with Session(engine) as session, bound(session):
        reading = EnvironmentalReadingFactory(reading_time=moment)
        meal = FeedingEventFactory(feeding_time=dt.time(6))
        session.commit()
        keys = reading.id, meal.id
    engine.dispose()
    assert Reading.objects.get(reading_time=moment).pk == keys[0]
    assert Meal.objects.filter(pk=keys[1], feeding_time=dt.time(6)).exists()


@pytest.mark.django_db
def test_rows_of_another_test_are_rolled_back(aquadata_small):
    assert not Supplier.objects.filter(name="Mine").exists()
"""


@pytest.fixture
def project(pytester: pytest.Pytester, aquamind_ddl: Callable[[str, str], list[str]]) -> str:
    """Create a Django project; return its settings, with a gap for the test database's name."""
    tables = [ddl for ddl in aquamind_ddl("v61", "sqlite") if not ddl.startswith("PRAGMA")]
    pytester.path.joinpath("tables.json").write_text(json.dumps(tables))
    farm = pytester.mkpydir("farm")
    farm.joinpath("models.py").write_text(MODELS)
    farm.joinpath("migrations").mkdir()
    farm.joinpath("migrations", "__init__.py").touch()
    farm.joinpath("migrations", "0001_initial.py").write_text(MIGRATION)
    pytester.makeconftest(CONFTEST)
    pytester.makepyfile(test_farm=TESTS)
    pytester.makeini("[pytest]\nDJANGO_SETTINGS_MODULE = project_settings\npythonpath = .\n")
    return SETTINGS


@pytest.fixture
def run_django(
    run: Callable[..., pytest.RunResult], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pytest.RunResult]:
    monkeypatch.setenv("PYTEST_PLUGINS", "xdist.plugin,pytest_aquadata.plugin,pytest_django.plugin")
    return run


def test_the_test_database_of_django_is_seeded(
    pytester: pytest.Pytester, project: str, run_django: Callable[..., pytest.RunResult]
) -> None:
    pytester.makepyfile(project_settings=project % "'test.db'")
    run_django("--aquadata-readings=1").assert_outcomes(passed=3)


def test_an_in_memory_database_is_refused(
    pytester: pytest.Pytester, project: str, run_django: Callable[..., pytest.RunResult]
) -> None:
    pytester.makepyfile(project_settings=project % "None")
    result = run_django()
    result.assert_outcomes(errors=3)
    result.stdout.fnmatch_lines(["*is in memory and private to its connection*"])
