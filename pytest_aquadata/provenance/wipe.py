"""Removing one build from a database, by its manifest, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ..databases.connections import as_store_errors
from ..databases.dialect import dialect_of
from ..databases.metadata_table import (
    METADATA_TABLE,
    entry_name,
    has_metadata,
    metadata_table,
    read_metadata,
)
from ..databases.urls import database_url
from ..datasets.build_metadata import builds_in, manifests_in
from ..datasets.manifest import KeyRange, Manifest
from ..errors import StoreError
from ..schema import TABLES, later_versions
from ..text import mask_password
from .drift import DriftCheck
from .ownership import Ownership

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


def wipe(url: str, build: str | None = None, *, force: bool = False) -> Wiped:
    """Remove the rows of one build, and what growth analysis derived from them: all or none.

    Args:
        url: the database.
        build: digest of the build, or how it begins; the only one there if None.
        force: whether to remove rows, too, that are not as the build wrote them.

    Raises:
        StoreError: when there is no such build, when its rows were changed, or when rows that it
            did not write refer to its own.
    """
    target = database_url(url)
    dialect = dialect_of(target)
    engine = dialect.open_engine(target)
    try:
        with (
            as_store_errors(f"cannot wipe {mask_password(str(target))}"),
            engine.connect() as connection,
        ):
            dialect.begin(connection, write=True)
            wiped = _Wiping(connection, mask_password(str(target))).wipe(build, force)
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

    def wipe(self, digest: str | None, force: bool) -> Wiped:
        """Remove a build; the transaction is left open."""
        if not has_metadata(self._connection):
            raise StoreError(
                f"{self._where} holds no build of aquadata: it has no table {METADATA_TABLE}"
            )
        metadata = read_metadata(self._connection)
        manifests = dict(manifests_in(metadata))
        number = self._chosen(manifests, digest)
        manifest = manifests.pop(number)
        keys = manifest.keys
        if not keys:
            raise StoreError(
                f"the build in {self._where} does not say which keys it wrote, as older versions "
                "did not; build anew with --replace, or remove the database"
            )
        own = Ownership(keys, has_runs=self._has_runs())
        self._refuse_strangers(manifest, own)
        self._refuse_attached(own, manifests.values())
        if not force:
            self._refuse_changed(manifest, own)
        removed = self._delete(own)
        self._forget([entry_name(number, name) for name in builds_in(metadata)[number]])
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

    def _has_runs(self) -> bool:
        return later_versions.REPLACED_REFERENCES["batch_batch"][1] in self._columns("batch_batch")

    def _refuse_strangers(self, manifest: Manifest, own: Ownership) -> None:
        """Between the keys of a build there are only its own rows."""
        for name in own.keys:
            rows = own.rows(name)
            counted = sa.select(sa.func.count()).select_from(rows).where(own.own(rows))
            more = self._connection.execute(counted).scalar_one() - manifest.tables[name].rows
            if more > 0:
                keys = own.keys[name]
                raise StoreError(
                    f"{name} in {self._where} has {more:,} rows with keys from {keys.first} to "
                    f"{keys.last} that the build did not write: give them other keys first; "
                    "nothing was removed"
                )

    def _refuse_changed(self, manifest: Manifest, own: Ownership) -> None:
        """Rows are as the build wrote them: a key that was freed may be another's row by now."""
        changed = list(DriftCheck(self._connection, manifest, own).changed())
        if changed:
            more = f" and {len(changed) - _TOLD} more" if len(changed) > _TOLD else ""
            raise StoreError(
                f"rows of the build in {self._where} were changed, removed or replaced since: "
                f"{', '.join(changed[:_TOLD])}{more}; --force removes what has their keys now; "
                "nothing was removed"
            )

    def _refuse_attached(self, own: Ownership, others: Iterable[Manifest]) -> None:
        """Rows of others must not refer to a build's rows."""
        found = []
        for name in self._inspector.get_table_names():
            for key in self._inspector.get_foreign_keys(name):
                target = key["referred_table"]
                if target in own.tables and len(key["constrained_columns"]) == 1:
                    (column,) = key["constrained_columns"]
                    if rows := self._attached(own, name, column, target):
                        found.append(f"{rows:,} rows of {name} through {column}")
        if not found:
            return
        more = f" and {len(found) - _TOLD} more" if len(found) > _TOLD else ""
        standing = [one for one in others if self._stands_on(one, own.keys)]
        hint = "remove them first"
        if standing:
            named = ", ".join(one.digest[:SHOWN_DIGITS] for one in standing)
            hint = f"build {named} stands on this one: wipe that first"
        raise StoreError(
            f"cannot wipe {self._where}: rows that the build did not write refer to it, "
            f"{', '.join(found[:_TOLD])}{more}; {hint}; nothing was removed"
        )

    def _attached(self, own: Ownership, name: str, column: str, target: str) -> int:
        """How many rows of others refer to rows of the build."""
        rows = own.rows(name, column)
        query = sa.select(sa.func.count()).select_from(rows)
        query = query.where(own.holds(target, rows.c[column]), own.not_own(rows))
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

    def _delete(self, own: Ownership) -> Mapping[str, int]:
        """Delete the rows, children before their parents."""
        dialect_of(self._connection).suspend_foreign_keys(self._connection)
        tables = [TABLES[name] for name in own.keys]
        ordered = sa.schema.sort_tables_and_constraints(tables)  # type: ignore[no-untyped-call]
        names = [table.name for table, _ in reversed(list(ordered)) if table is not None]
        self._unpin(own)
        removed = {}
        for name in (*own.derived, *names):
            rows = own.rows(name)
            gone = self._connection.execute(sa.delete(rows).where(own.own(rows)))
            if gone.rowcount:
                removed[name] = gone.rowcount
        return removed

    def _unpin(self, own: Ownership) -> None:
        """Batches and their scenarios refer to each other: this way they can go in any order."""
        if "batch_batch" in own.keys:
            there = self._columns("batch_batch")
            (pin,) = (
                one for one in later_versions.REPLACED_REFERENCES["batch_batch"] if one in there
            )
            batches = own.rows("batch_batch", pin)
            self._connection.execute(
                sa.update(batches).where(own.own(batches)).values(**{pin: None})
            )

    def _forget(self, names: Iterable[str]) -> None:
        """Remove the notes of a build, and the table that held them if it is empty then."""
        self._connection.execute(
            sa.delete(metadata_table).where(metadata_table.c.name.in_(list(names)))
        )
        if self._connection.execute(sa.select(metadata_table.c.name).limit(1)).first() is None:
            metadata_table.drop(self._connection)


def _within(table: sa.Table, keys: KeyRange) -> sa.ColumnElement[bool]:
    return table.columns[0].between(keys.first, keys.last)
