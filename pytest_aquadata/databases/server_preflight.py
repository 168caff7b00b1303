"""Checks of a database on a server before a build, and the metadata of builds in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from ..errors import StoreError
from ..schema import TABLES
from ..text import mask_password
from .connections import as_store_errors
from .metadata_table import METADATA_TABLE, UNFINISHED, has_metadata, read_metadata
from .own_objects import refuse_taken_names
from .server_dialect import server_engine


def prepare_server(url: sa.URL, *, replace: bool) -> None:
    """Check that a build can be written to a database.

    Args:
        url: as `server_url` returns it.
        replace: True if an earlier build may be replaced.

    Raises:
        StoreError: if not; the message says what to do instead.
    """
    database_name = mask_password(str(url))
    with _reading(url, f"cannot write {database_name}") as connection:
        if UNFINISHED in read_metadata(connection):
            return
        present = set(sa.inspect(connection).get_table_names())
        refuse_taken_names(connection)
        if replace:
            _check_replaceable(present, database_name)
            return
        for name in ("batch_batch", *TABLES):
            if name in present and _has_rows(connection, name):
                raise StoreError(
                    f"{database_name} already holds data (there are rows in {name}); use --replace "
                    "to build it again if aquadata built it, --reuse to open it if it is the same "
                    "build, or give another --url"
                )


def has_finished_build(url: sa.URL) -> bool:
    """Return whether a database has metadata, and not of an unfinished build."""
    with _reading(url, f"cannot read {mask_password(str(url))}") as connection:
        metadata = read_metadata(connection)
        return bool(metadata) and UNFINISHED not in metadata


def finished_metadata(url: sa.URL) -> Mapping[str, str]:
    """Return the metadata of finished builds by name.

    Raises:
        StoreError: if there is no finished build.
    """
    database_name = mask_password(str(url))
    with _reading(url, f"cannot read {database_name}") as connection:
        if not has_metadata(connection):
            raise StoreError(
                f"{database_name} was not built by aquadata: it has no table {METADATA_TABLE}"
            )
        metadata = read_metadata(connection)
    if UNFINISHED in metadata:
        raise StoreError(f"the build in {database_name} is not finished; continue it with --resume")
    return metadata


def _has_rows(connection: sa.Connection, name: str) -> bool:
    query = sa.select(sa.literal(1)).select_from(TABLES[name]).limit(1)
    return connection.execute(query).first() is not None


def _check_replaceable(present: set[str], database_name: str) -> None:
    if METADATA_TABLE not in present and present:
        raise StoreError(
            f"{database_name} was not built by aquadata, so --replace leaves it; give another --url"
        )
    foreign = sorted(present - TABLES.keys() - {METADATA_TABLE})
    if foreign:
        raise StoreError(
            f"{database_name} also holds tables that aquadata did not make "
            f"({', '.join(foreign[:3])}), so "
            "--replace leaves it; give another --url"
        )


@contextmanager
def _reading(url: sa.URL, doing: str) -> Iterator[sa.Connection]:
    engine = server_engine(url, read_only=True)
    try:
        with as_store_errors(doing), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
