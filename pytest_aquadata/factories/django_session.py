"""A session in Django's own connection: Django begins, commits and rolls back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NoReturn

from ..databases.dialect import find_dialect
from ..databases.guest_engine import guest_engine
from ..databases.session_blocks import GuestSession
from ..errors import SettingError, StoreError


class DjangoSession(GuestSession):
    """A session in the transaction of a connection of Django."""

    def __init__(self, alias: str) -> None:
        """Open a session.

        Args:
            alias: key of the database in Django's settings.
        """
        self._alias = alias
        self._connection: Any = _connection_of(alias)
        super().__init__(guest_engine(lambda: _connection_of(alias)))

    @contextmanager
    def atomic(self) -> Iterator[None]:
        """Run a block in a transaction or savepoint of Django.

        Loaded rows are read again when used, since Django may have changed them.
        """
        from django.db import transaction

        self._follow_connection()
        self.flush()
        self.expire_all()
        try:
            with transaction.atomic(using=self._alias):
                yield
        except BaseException:
            self.close()
            raise

    def rollback(self) -> NoReturn:
        """Refuse: the transaction is Django's.

        Raises:
            StoreError: always.
        """
        raise StoreError(
            "this session is in Django's transaction, which it cannot roll back: wrap the code in "
            "django.db.transaction.atomic() and let that roll back"
        )

    def _follow_connection(self) -> None:
        """Leave a connection that Django has closed meanwhile."""
        connection = _connection_of(self._alias)
        if connection is not self._connection:
            self.close()
            self._connection = connection


@contextmanager
def django_session(alias: str) -> Iterator[DjangoSession]:
    """Open a session in Django's transaction.

    Args:
        alias: key of the database in Django's settings.

    Raises:
        SettingError: if the database is not supported, or Django has none of this alias.
    """
    session = DjangoSession(alias)
    try:
        yield session
        if session.new or session.dirty or session.deleted:
            session.flush()
    finally:
        session.close()


def _connection_of(alias: str) -> Any:
    """Return the driver's connection that Django uses for a database in this thread."""
    import sqlalchemy as sa
    from django.db import connections

    if alias not in connections:
        raise SettingError(
            f"there is no DATABASES[{alias!r}] in Django's settings: give one of "
            f"{', '.join(connections)}"
        )
    django = connections[alias]
    if find_dialect(sa.make_url(f"{django.vendor}://")) is None:
        raise SettingError(
            f"DATABASES[{alias!r}] uses {django.settings_dict['ENGINE']}; aquadata fills "
            "PostgreSQL, MariaDB and SQLite"
        )
    django.ensure_connection()
    return django.connection
