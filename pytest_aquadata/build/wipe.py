"""Removing one build from a database, by its manifest, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ..errors import StoreError
from ..schema import TABLES
from ..stores.connecting import masked, told_apart
from ..stores.existing import open_engine
from ..stores.server import notes_table
from ..stores.store import NOTES, note_name
from .manifest import KeyRange, Manifest
from .notes import builds_in, manifests_in
from .targets import database_url

_TOLD = 4
SHOWN_DIGITS = 12
"""Digits of a digest that people are shown."""


@dataclass(frozen=True)
class Wiped:
    """What was removed.

    Attributes:
        manifest: of the build that is gone.
        rows: rows removed, by table.
    """

    manifest: Manifest
    rows: Mapping[str, int]


def wipe(url: str, build: str | None = None) -> Wiped:
    """Remove the rows of one build, all or none.

    Args:
        url: the database.
        build: digest of the build, or how it begins; the only one there if None.

    Raises:
        StoreError: when there is no such build, or rows that it did not write refer to its own.
    """
    target = database_url(url)
    engine = open_engine(target)
    try:
        with told_apart(f"cannot wipe {masked(target)}"), engine.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            wiped = _Wiping(connection, masked(target)).wipe(build)
            connection.commit()
            return wiped
    finally:
        engine.dispose()


class _Wiping:
    """One build on its way out, within a transaction."""

    def __init__(self, connection: sa.Connection, where: str) -> None:
        self._connection = connection
        self._where = where
        self._inspector = sa.inspect(connection)

    def wipe(self, digest: str | None) -> Wiped:
        """Remove a build; the transaction is left open."""
        if not self._inspector.has_table(NOTES):
            raise StoreError(f"{self._where} holds no build of aquadata: it has no table {NOTES}")
        rows = self._connection.execute(sa.select(notes_table.c.name, notes_table.c.value))
        notes = dict(rows.all())
        manifests = dict(manifests_in(notes))
        number = self._chosen(manifests, digest)
        manifest = manifests.pop(number)
        keys = manifest.keys
        if not keys:
            raise StoreError(
                f"the build in {self._where} does not say which keys it wrote, as older versions "
                "did not; build anew with --replace, or remove the database"
            )
        self._refuse_strangers(manifest)
        self._refuse_attached(keys, manifests.values())
        removed = self._delete(keys)
        self._forget([note_name(number, name) for name in builds_in(notes)[number]])
        return Wiped(manifest, removed)

    def _chosen(self, manifests: Mapping[int, Manifest], digest: str | None) -> int:
        told = ", ".join(
            f"{one.digest[:SHOWN_DIGITS]} ({one.preset})" for one in manifests.values()
        )
        if not manifests:
            raise StoreError(f"{self._where} holds no finished build of aquadata")
        if digest is None and len(manifests) > 1:
            raise StoreError(f"{self._where} holds {len(manifests)} builds, {told}: name one")
        matching = [
            number
            for number, manifest in manifests.items()
            if digest is None or (digest and manifest.digest.startswith(digest.lower()))
        ]
        if len(matching) != 1:
            raise StoreError(f"{self._where} holds no single build {digest}; there is {told}")
        return matching[0]

    def _refuse_strangers(self, manifest: Manifest) -> None:
        """Between the keys of a build there are only its own rows."""
        for name, keys in manifest.keys.items():
            table = TABLES[name]
            counted = sa.select(sa.func.count()).select_from(table).where(_within(table, keys))
            held = self._connection.execute(counted).scalar_one()
            if held > manifest.tables[name].rows:
                raise StoreError(
                    f"{name} in {self._where} has {held - manifest.tables[name].rows:,} rows with "
                    f"keys from {keys.first} to {keys.last} that the build did not write: give "
                    "them other keys first; nothing was removed"
                )

    def _refuse_attached(self, keys: Mapping[str, KeyRange], others: Iterable[Manifest]) -> None:
        """Rows of others must not refer to a build's rows."""
        found = []
        for name in self._inspector.get_table_names():
            for key in self._inspector.get_foreign_keys(name):
                target = key["referred_table"]
                if target in keys and len(key["constrained_columns"]) == 1:
                    (column,) = key["constrained_columns"]
                    if rows := self._attached(name, column, keys.get(name), keys[target]):
                        found.append(f"{rows:,} rows of {name} through {column}")
        if not found:
            return
        more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
        standing = [one for one in others if self._stands_on(one, keys)]
        hint = "remove them first"
        if standing:
            named = ", ".join(one.digest[:SHOWN_DIGITS] for one in standing)
            hint = f"build {named} stands on this one: wipe that first"
        raise StoreError(
            f"cannot wipe {self._where}: rows that the build did not write refer to it, "
            f"{', '.join(found[:_TOLD])}{more}; {hint}; nothing was removed"
        )

    def _attached(self, name: str, column: str, own: KeyRange | None, target: KeyRange) -> int:
        """How many rows of others refer to a range of keys."""
        referring: sa.ColumnClause[int] = sa.column(column)
        query = (
            sa.select(sa.func.count())
            .select_from(sa.table(name))
            .where(referring.between(target.first, target.last))
        )
        if own is not None:
            key: sa.ColumnClause[int] = sa.column(TABLES[name].columns[0].name)
            query = query.where(~key.between(own.first, own.last))
        return int(self._connection.execute(query).scalar_one())

    def _stands_on(self, other: Manifest, keys: Mapping[str, KeyRange]) -> bool:
        """Whether another build uses master data or places of one."""
        for name, own in other.keys.items():
            table = TABLES[name]
            for key in table.foreign_keys:
                target = keys.get(key.column.table.name)
                if target is None or key.parent.name not in self._columns(name):
                    continue
                query = sa.select(table.columns[0]).where(
                    _within(table, own), key.parent.between(target.first, target.last)
                )
                if self._connection.execute(query.limit(1)).first() is not None:
                    return True
        return False

    def _columns(self, name: str) -> set[str]:
        return {one["name"] for one in self._inspector.get_columns(name)}

    def _delete(self, keys: Mapping[str, KeyRange]) -> Mapping[str, int]:
        """Delete the rows, children before their parents."""
        if self._connection.dialect.name in ("mysql", "mariadb"):
            self._connection.exec_driver_sql("SET SESSION foreign_key_checks = 0")
        tables = [TABLES[name] for name in keys]
        ordered = sa.schema.sort_tables_and_constraints(tables)  # type: ignore[no-untyped-call]
        removed = {}
        for table, _ in reversed(list(ordered)):
            if table is not None:
                gone = self._connection.execute(
                    sa.delete(table).where(_within(table, keys[table.name]))
                )
                removed[table.name] = gone.rowcount
        return removed

    def _forget(self, names: Iterable[str]) -> None:
        """Remove the notes of a build, and the table that held them if it is empty then."""
        self._connection.execute(sa.delete(notes_table).where(notes_table.c.name.in_(list(names))))
        if self._connection.execute(sa.select(notes_table.c.name).limit(1)).first() is None:
            notes_table.drop(self._connection)


def _within(table: sa.Table, keys: KeyRange) -> sa.ColumnElement[bool]:
    return table.columns[0].between(keys.first, keys.last)
