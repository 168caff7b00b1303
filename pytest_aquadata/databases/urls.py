"""Databases named by URLs, as users write them."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError

from ..errors import StoreError
from .dialect import dialect_of
from .location import DatabaseLocation


def parse_url(url: str) -> sa.URL:
    """Return a parsed URL.

    Raises:
        StoreError: if it is not a URL.
    """
    try:
        return sa.make_url(url)
    except (ArgumentError, ValueError):
        raise StoreError(
            "the database URL cannot be read; write it like sqlite:///farm.db or "
            "postgresql://user:password@host/farm"
        ) from None


def database_url(url: str) -> sa.URL:
    """Return the parsed URL of a database, existing or not, with its driver.

    Raises:
        StoreError: if it is not a URL, or not one of a supported database.
    """
    parsed = parse_url(url)
    return dialect_of(parsed).checked_url(parsed)


def database_location(url: str) -> DatabaseLocation:
    """Return the location of the dataset at a URL.

    Raises:
        StoreError: if it is not a URL, or not one of a supported database.
    """
    checked = database_url(url)
    return dialect_of(checked).location(checked)
