"""Factories and the lifecycle builder in Django's own connection and transaction."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Callable
from pathlib import Path

import pytest
from database_servers import Server

pytestmark = pytest.mark.slow

pytest.importorskip("pytest_django", reason="pip install django pytest-django")

Run = Callable[..., pytest.RunResult]

FARM = Path(__file__).parents[2] / "examples" / "django-project" / "farm"
SETTINGS = """
{before}
SECRET_KEY = "test"
INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "farm"]
ROOT_URLCONF = "farm.urls"
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATABASES = {{"default": {database}, "other": {{
    "ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:",
}}}}
"""
PYMYSQL = """
import pymysql
pymysql.version_info = (2, 2, 7, "final", 0)
pymysql.install_as_MySQLdb()
"""
CONFTEST = """
import pytest

@pytest.fixture
def aquadata_session(aquadata_django_session):
    return aquadata_django_session
"""
TESTS = """
import pytest
import sqlalchemy as sa
from django.db import connection, transaction
from django.test import TestCase
from django.utils import timezone
from farm import models

from pytest_aquadata.checks.suite import run_checks
from pytest_aquadata.django import bound_to_django
from pytest_aquadata.errors import SettingError, StoreError
from pytest_aquadata.factories import (
    BatchFactory, FeedingEventFactory,
)
from pytest_aquadata.schema import Batch, Species


def hard_checks_pass(session):
    if connection.vendor != "sqlite":  # slow on a server
        return True
    return run_checks(session.connection(), only=["hard"]).ok


@pytest.mark.parametrize("turn", [1, 2])
@pytest.mark.django_db
def test_django_sees_the_rows_at_once_and_rolls_them_back(aquadata_django_session, turn):
    assert models.Batch.objects.count() == 0
    meal = FeedingEventFactory(stage=6)
    seen = models.FeedingEvent.objects.get()
    for name in ("feeding_date", "feeding_time", "amount_kg", "created_at", "feed_cost"):
        assert getattr(seen, name) == getattr(meal, name), name
    assert FeedingEventFactory.bulk(300) == 300
    assert len(FeedingEventFactory.create_batch(20)) == 20
    assert models.FeedingEvent.objects.count() == 321
    assert hard_checks_pass(aquadata_django_session)


@pytest.mark.django_db
def test_rows_and_changes_of_django_are_seen(aquadata_django_session):
    batch = BatchFactory(stage=3, containers=1)
    models.Batch.objects.filter(pk=batch.id).update(notes="by Django")
    FeedingEventFactory(batch=batch)
    assert batch.notes == "by Django"
    mine = models.Species.objects.create(name="Mine", scientific_name="Salmo meus")
    assert aquadata_django_session.get_one(Species, mine.pk).scientific_name == "Salmo meus"
    assert aquadata_django_session.get_one(Species, mine.pk).created_at == mine.created_at
    after = BatchFactory()
    made = models.Batch.objects.create(
        batch_number="DJANGO-1", status="ACTIVE", start_date=timezone.now().date(), notes="",
        batch_type="STANDARD", lifecycle_stage_id=after.lifecycle_stage_id, species_id=mine.pk,
    )
    assert len({after.id, made.pk, BatchFactory().id}) == 3


@pytest.mark.django_db
def test_a_savepoint_of_django_takes_its_rows(aquadata_django_session):
    kept = BatchFactory()
    with pytest.raises(KeyError), transaction.atomic():
        FeedingEventFactory(stage=4)
        raise KeyError
    assert list(models.Batch.objects.values_list("id", flat=True)) == [kept.id]
    FeedingEventFactory(stage=4)
    with transaction.atomic():
        FeedingEventFactory(batch=aquadata_django_session.get_one(Batch, kept.id))
    assert models.Batch.objects.count() == 2
    assert hard_checks_pass(aquadata_django_session)


@pytest.mark.django_db
def test_a_failed_call_leaves_the_transaction_of_django_usable(aquadata_django_session):
    number = BatchFactory().batch_number
    with pytest.raises(sa.exc.IntegrityError):
        BatchFactory(batch_number=number, containers=1)
    assert models.Batch.objects.count() == 1
    BatchFactory()
    assert models.Batch.objects.count() == 2


@pytest.mark.django_db
def test_the_session_commits_nothing_and_refuses_a_rollback(aquadata_django_session):
    BatchFactory()
    aquadata_django_session.commit()
    with pytest.raises(StoreError, match="transaction.atomic"):
        aquadata_django_session.rollback()


@pytest.mark.django_db
def test_a_history_is_saved_in_the_transaction(aquadata_lifecycle, aquadata_django_session):
    history = aquadata_lifecycle(eggs=200_000, start="2025-01-01").until("fry", days=5)
    history.build().save(aquadata_django_session)
    assert models.Batch.objects.count() == 1
    assert models.FeedingEvent.objects.count() > 10
    assert BatchFactory().id == models.Batch.objects.latest("id").pk


@pytest.mark.django_db
def test_the_client_sees_the_rows(aquadata_factories, client):
    batch = aquadata_factories.batch(stage=3, containers=2)
    page = client.get(f"/batches/{batch.batch_number}/").json()
    assert page["stage"].startswith("Parr")
    assert page["containers"] == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_without_a_transaction_each_call_commits(aquadata_django_session, turn):
    assert models.Batch.objects.count() == 0
    number = BatchFactory(containers=1).batch_number
    assert not connection.in_atomic_block
    with pytest.raises(sa.exc.IntegrityError):
        BatchFactory(batch_number=number, containers=1)
    assert models.Batch.objects.count() == 1
    if connection.settings_dict["NAME"] != "file:memorydb_default?mode=memory&cache=shared":
        connection.close()
        assert models.Batch.objects.count() == 1
        BatchFactory()
        assert models.Batch.objects.count() == 2


@pytest.mark.django_db(databases=["default", "other"])
def test_another_alias_can_be_used():
    with bound_to_django("other") as session:
        batch = BatchFactory()
        assert models.Batch.objects.using("other").get().pk == batch.id
        assert models.Batch.objects.count() == 0
    with pytest.raises(SettingError, match="no DATABASES..third..*default, other"):
        bound_to_django("third").__enter__()


class TestOfDjango(TestCase):
    @classmethod
    def setUpTestData(cls):
        with bound_to_django() as session:
            cls.meal = FeedingEventFactory(stage=6)
            cls.number = session.get_one(Batch, cls.meal.batch_id).batch_number

    def test_rows_of_the_class(self):
        assert models.FeedingEvent.objects.get().amount_kg == self.meal.amount_kg
        models.FeedingEvent.objects.all().delete()

    def test_rows_of_the_class_again(self):
        assert models.FeedingEvent.objects.get().pk == self.meal.id
        with bound_to_django() as session:
            FeedingEventFactory(batch=session.get_one(Batch, self.meal.batch_id))
            assert BatchFactory().batch_number != self.number
        assert models.Batch.objects.count() == 2


@pytest.mark.django_db
def test_the_rows_of_the_class_are_gone():
    assert models.Batch.objects.count() == 0
"""


@pytest.fixture
def run_project(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., pytest.RunResult]:
    """Return a function that runs the tests of a Django project with a database."""

    def run_project(database: dict[str, object], *arguments: str) -> pytest.RunResult:
        is_mysql = "mysql" in str(database["ENGINE"])
        shutil.copytree(FARM, pytester.path / "farm")
        pytester.makeconftest(CONFTEST)
        pytester.makepyfile(
            test_farm=TESTS,
            project_settings=SETTINGS.format(before=PYMYSQL if is_mysql else "", database=database),
        )
        pytester.makeini("[pytest]\nDJANGO_SETTINGS_MODULE = project_settings\npythonpath = .\n")
        plugins = "xdist.plugin,pytest_aquadata.plugin,pytest_django.plugin"
        monkeypatch.setenv("PYTEST_PLUGINS", plugins)
        return run("--no-migrations", *arguments)

    return run_project


def passed(result: pytest.RunResult) -> int:
    outcomes = result.parseoutcomes()
    assert outcomes.keys() == {"passed"}
    return outcomes["passed"]


@pytest.mark.parametrize("name", [None, "test_farm.db"])
@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_rows_are_written_in_the_transaction_of_django_on_sqlite(
    run_project: Callable[..., pytest.RunResult], name: str | None, processes: str
) -> None:
    database = {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": "farm.db",
        "TEST": {"NAME": name},
    }
    assert passed(run_project(database, processes)) == 14


def server_settings(server: Server, engine: str, name: str) -> dict[str, object]:
    url = server.url
    return {
        "ENGINE": engine,
        "NAME": name,
        "USER": url.username or "",
        "PASSWORD": url.password or "",
        "HOST": url.host or "",
        "PORT": str(url.port or ""),
    }


@pytest.fixture
def database_name() -> str:

    return f"aquadata_{uuid.uuid4().hex[:12]}"


@pytest.mark.postgresql
def test_rows_are_written_in_the_transaction_of_django_on_postgresql(
    run_project: Callable[..., pytest.RunResult], postgresql_server: Server, database_name: str
) -> None:
    engine = "django.db.backends.postgresql"
    settings = server_settings(postgresql_server, engine, database_name)
    assert passed(run_project(settings, "-n0")) == 14


@pytest.mark.mariadb
def test_rows_are_written_in_the_transaction_of_django_on_mariadb(
    run_project: Callable[..., pytest.RunResult], mariadb_server: Server, database_name: str
) -> None:
    settings = server_settings(mariadb_server, "django.db.backends.mysql", database_name)
    assert passed(run_project(settings, "-n0")) == 14
