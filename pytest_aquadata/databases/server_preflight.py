"""Whether a build may go into a database on a server, and what one has left there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import sqlalchemy as sa

from ..errors import StoreError
from ..schema import TABLES
from .connections import as_store_errors, masked, server_engine
from .server_store import notes_table
from .store import NOTES, PARTS, UNFINISHED


def prepare_server(url: sa.URL, *, replace: bool) -> None:
    """Make sure that a build may go into a database.

    Args:
        url: as `server_url` gives it.
        replace: whether a build that it holds may be replaced.

    Raises:
        StoreError: when it may not, with what to do instead.
    """
    where = masked(url)
    with _reading(url, f"cannot write {where}") as connection:
        present = set(sa.inspect(connection).get_table_names())
        if NOTES in present and UNFINISHED in _notes(connection):
            return
        if replace:
            _check_replaceable(present, where)
            return
        for name in ("batch_batch", *TABLES):
            if name in present and _has_rows(connection, name):
                raise StoreError(
                    f"{where} already holds data (there are rows in {name}); use --replace to "
                    "build it anew if aquadata built it, --reuse to go on with it if it is the "
                    "same build, or give another --url"
                )


def _has_rows(connection: sa.Connection, name: str) -> bool:
    query = sa.select(sa.literal(1)).select_from(TABLES[name]).limit(1)
    return connection.execute(query).first() is not None


def _check_replaceable(present: set[str], where: str) -> None:
    if NOTES not in present and present:
        raise StoreError(
            f"{where} was not built by aquadata, so --replace leaves it; give another --url"
        )
    foreign = sorted(present - TABLES.keys() - {NOTES, PARTS})
    if foreign:
        raise StoreError(
            f"{where} also holds tables that aquadata did not make ({', '.join(foreign[:3])}), so "
            "--replace leaves it; give another --url"
        )


def holds_build(url: sa.URL) -> bool:
    """Whether a database holds a finished build."""
    with _reading(url, f"cannot read {masked(url)}") as connection:
        if not sa.inspect(connection).has_table(NOTES):
            return False
        return UNFINISHED not in _notes(connection)


def finished_notes(url: sa.URL) -> Mapping[str, str]:
    """What a finished build kept with its data, by name.

    Raises:
        StoreError: when there is none.
    """
    where = masked(url)
    with _reading(url, f"cannot read {where}") as connection:
        if not sa.inspect(connection).has_table(NOTES):
            raise StoreError(f"{where} was not built by aquadata: it has no table {NOTES}")
        notes = _notes(connection)
    if UNFINISHED in notes:
        raise StoreError(f"the build in {where} is not finished; go on with it, with --resume")
    return notes


def _notes(connection: sa.Connection) -> Mapping[str, str]:
    rows = connection.execute(sa.select(notes_table.c.name, notes_table.c.value))
    return dict(rows.all())


@contextmanager
def _reading(url: sa.URL, doing: str) -> Iterator[sa.Connection]:
    engine = server_engine(url, read_only=True)
    try:
        with as_store_errors(doing), engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()
