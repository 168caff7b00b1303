"""Databases named by URLs, as users write them."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from ..errors import StoreError
from ..text import mask_password
from .dialect import dialect_of, with_known_name
from .location import DatabaseLocation

_PASSWORD_KEYS = ("password", "passwd")
"""Parameters of drivers in which the query of a URL may have the password."""


def parse_url(url: str) -> sa.URL:
    """Return a parsed URL.

    Raises:
        StoreError: if it is not a URL.
    """
    try:
        parsed = sa.make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            f"the database URL {mask_password(url)!r} cannot be read; write it like "
            "sqlite:///farm.db or postgresql://user@host/farm"
        ) from None
    return _with_password_of_query(with_known_name(parsed))


def _with_password_of_query(url: sa.URL) -> sa.URL:
    """Return a URL with its password in its place, where SQLAlchemy hides it, not in the query."""
    for name in _PASSWORD_KEYS:
        password = url.query.get(name)
        if isinstance(password, str):
            url = url.set(password=password).difference_update_query([name])
    return url


def database_url(url: str) -> sa.URL:
    """Return the parsed URL of a database, existing or not, with its driver.

    Raises:
        StoreError: if it is not a URL, or not one of a supported database.
    """
    parsed = parse_url(url)
    return dialect_of(parsed).checked_url(parsed)


def absolute_url(url: str, folder: Path) -> str:
    """Return a URL that names the same database from every current folder.

    Args:
        url: URL of a database; that of a file may be relative.
        folder: folder where a relative path starts.

    Raises:
        StoreError: if it is not a URL, or not one of a supported database.
    """
    parsed = parse_url(url)
    absolute = dialect_of(parsed).absolute_url(parsed, folder)
    return url if absolute == parsed else absolute.render_as_string(hide_password=False)


def database_location(url: str) -> DatabaseLocation:
    """Return the location of the dataset at a URL.

    Raises:
        StoreError: if it is not a URL, or not one of a supported database.
    """
    checked = database_url(url)
    return dialect_of(checked).location(checked)
