"""URL of a Django project's test database.

Example, in `conftest.py` of a project that is tested with pytest-django::

    @pytest.fixture(scope="session")
    def aquadata_url(django_db_setup):
        return pytest_aquadata.django.database_url()
"""

from __future__ import annotations

from typing import Any

from .errors import SettingError


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
