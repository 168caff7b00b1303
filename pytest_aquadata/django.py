"""Django projects: the URL of a test database, and factories in Django's own transaction.

Example, in `conftest.py` of a project that is tested with pytest-django::

    @pytest.fixture(scope="session")
    def aquadata_url(django_db_setup):
        return pytest_aquadata.django.database_url()

    @pytest.fixture
    def aquadata_session(aquadata_django_session):
        return aquadata_django_session

and in a `TestCase`::

    @classmethod
    def setUpTestData(cls):
        with bound_to_django():
            cls.meal = FeedingEventFactory()
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .errors import SettingError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from .factories import FactorySettings


@contextmanager
def bound_to_django(
    alias: str = "default", settings: FactorySettings | None = None
) -> Iterator[Session]:
    """Let all factories write into Django's own connection and transaction while the block runs.

    Django sees the rows at once, and they go when Django rolls its transaction back. The session
    also takes histories of the lifecycle builder. Outside of a transaction each factory call
    commits.

    Args:
        alias: key of the database in `settings.DATABASES`.
        settings: today, seed and subject of the rows.

    Yields:
        A session in Django's transaction. Its `rollback` is refused: use `transaction.atomic`.

    Raises:
        SettingError: when it is of another kind than PostgreSQL, MariaDB and SQLite.
    """
    from .factories import bound
    from .factories.django_session import django_session

    with django_session(alias) as session, bound(session, settings):
        yield session


def database_url(alias: str = "default") -> str:
    """Return the URL of a database of Django; in tests, of the test database.

    Args:
        alias: key of the database in `settings.DATABASES`.

    Raises:
        SettingError: when it is of another kind than PostgreSQL, MariaDB and SQLite, or in memory.
    """
    from django.db import connections
    from sqlalchemy import URL

    from .databases.dialect import all_dialects

    settings: dict[str, Any] = connections[alias].settings_dict
    engine, name = str(settings["ENGINE"]), str(settings["NAME"])
    dialect = next((each for each in all_dialects() if engine in each.django_engines), None)
    if dialect is None:
        raise SettingError(
            f"DATABASES[{alias!r}] uses {engine}; aquadata fills PostgreSQL, MariaDB and SQLite"
        )
    if not dialect.is_server and ("mode=memory" in name or name == ":memory:"):
        raise SettingError(
            f"the test database of DATABASES[{alias!r}] is in memory and private to its "
            'connection; set its TEST["NAME"] to a file, or test on PostgreSQL or MariaDB'
        )
    if not dialect.is_server:
        return URL.create(dialect.name, database=name).render_as_string()
    return URL.create(
        dialect.name,
        username=settings["USER"] or None,
        password=settings["PASSWORD"] or None,
        host=settings["HOST"] or None,
        port=int(settings["PORT"]) if settings["PORT"] else None,
        database=name,
    ).render_as_string(hide_password=False)
