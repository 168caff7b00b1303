"""Removal of one build from a database; all other rows stay."""

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
from ..datasets.build_metadata import builds_by_number, manifests_by_number
from ..datasets.manifest import KeyRange, Manifest
from ..errors import StoreError
from ..schema import TABLES, later_versions
from ..text import mask_password
from .drift import DriftCheck
from .ownership import Ownership

_MOST_SHOWN = 4
SHOWN_DIGITS = 12
"""Digits of a digest in messages."""


@dataclass(frozen=True)
class WipedBuild:
    """A build that was removed.

    Attributes:
        manifest: of the build.
        rows: number of rows removed by table.
    """

    manifest: Manifest
    rows: Mapping[str, int]


def wipe(url: str, build: str | None = None, *, force: bool = False) -> WipedBuild:
    """Remove the rows of one build, and growth analysis of its batches, in one transaction.

    Args:
        url: of the database.
        build: digest of the build, or its first digits; None if there is only one.
        force: True to remove rows that were changed since the build, too.

    Raises:
        StoreError: if there is no such build, if its rows were changed, or if rows that it did
            not write refer to its rows.
    """
    target = database_url(url)
    database_name, dialect = mask_password(url), dialect_of(target)
    engine = dialect.open_engine(target)
    try:
        with as_store_errors(f"cannot wipe {database_name}"), engine.connect() as connection:
            dialect.begin(connection, write=True)
            wiped = _Wipe(connection, database_name).run(build, force)
            connection.commit()
            return wiped
    finally:
        engine.dispose()


class _Wipe:
    """The removal of one build in an open transaction."""

    def __init__(self, connection: sa.Connection, database_name: str) -> None:
        self._connection = connection
        self._database_name = database_name
        self._inspector = sa.inspect(connection)

    def run(self, digest: str | None, force: bool) -> WipedBuild:
        """Remove a build; the caller commits."""
        if not has_metadata(self._connection):
            raise StoreError(
                f"{self._database_name} holds no build of aquadata: it has no table "
                f"{METADATA_TABLE}"
            )
        metadata = read_metadata(self._connection)
        manifests = dict(manifests_by_number(metadata))
        number = self._number_of(manifests, digest)
        manifest = manifests.pop(number)
        keys = manifest.keys
        if not keys:
            raise StoreError(
                f"the build in {self._database_name} is of an older version and has no ranges of "
                "keys; build it again with --replace, or remove the database"
            )
        ownership = Ownership(keys, has_runs=self._has_runs())
        self._refuse_inserted(manifest, ownership)
        self._refuse_referenced(ownership, manifests.values())
        if not force:
            self._refuse_changed(manifest, ownership)
        removed = self._delete(ownership)
        entries = builds_by_number(metadata)[number]
        self._delete_metadata([entry_name(number, name) for name in entries])
        return WipedBuild(manifest, removed)

    def _number_of(self, manifests: Mapping[int, Manifest], digest: str | None) -> int:
        if not manifests:
            raise StoreError(f"{self._database_name} holds no finished build of aquadata")
        builds = ", ".join(
            f"{manifest.digest[:SHOWN_DIGITS]} ({manifest.preset})"
            for manifest in manifests.values()
        )
        if digest is None and len(manifests) > 1:
            raise StoreError(
                f"{self._database_name} holds {len(manifests)} builds, {builds}: give one as "
                "--build"
            )
        matching = [
            number
            for number, manifest in manifests.items()
            if digest is None or (digest and manifest.digest.startswith(digest.lower()))
        ]
        if len(matching) != 1:
            raise StoreError(
                f"{self._database_name} holds {len(matching)} builds whose digest begins with "
                f"{digest!r}: give one of {builds}"
            )
        return matching[0]

    def _has_runs(self) -> bool:
        _, run_column = later_versions.REPLACED_REFERENCES["batch_batch"]
        return run_column in self._columns("batch_batch")

    def _refuse_inserted(self, manifest: Manifest, ownership: Ownership) -> None:
        """Raise if rows were inserted between the keys of the build."""
        for name in ownership.keys:
            rows = ownership.rows(name)
            count = sa.select(sa.func.count()).select_from(rows).where(ownership.own(rows))
            inserted = self._connection.execute(count).scalar_one() - manifest.tables[name].rows
            if inserted > 0:
                keys = ownership.keys[name]
                raise StoreError(
                    f"{name} in {self._database_name} has {inserted:,} rows with keys from "
                    f"{keys.first} to {keys.last} that the build did not write: give them other "
                    "keys first; nothing was removed"
                )

    def _refuse_changed(self, manifest: Manifest, ownership: Ownership) -> None:
        """Raise if rows differ from those written: a free key may be of another row by now."""
        changed = list(DriftCheck(self._connection, manifest, ownership).changed())
        if changed:
            raise StoreError(
                f"rows of the build in {self._database_name} were changed, removed or replaced "
                f"since: {_listed(changed)}; --force removes the rows that have its keys now; "
                "nothing was removed"
            )

    def _refuse_referenced(self, ownership: Ownership, others: Iterable[Manifest]) -> None:
        """Raise if rows that the build did not write refer to its rows."""
        references = []
        for name in self._inspector.get_table_names():
            for key in self._inspector.get_foreign_keys(name):
                target = key["referred_table"]
                if target in ownership.tables and len(key["constrained_columns"]) == 1:
                    (column,) = key["constrained_columns"]
                    if count := self._count_references(ownership, name, column, target):
                        references.append(f"{count:,} rows of {name} through {column}")
        if not references:
            return
        dependent = [
            manifest.digest[:SHOWN_DIGITS]
            for manifest in others
            if self._depends_on(manifest, ownership.keys)
        ]
        advice = "remove them first"
        if dependent:
            advice = f"build {', '.join(dependent)} uses rows of this build: wipe it first"
        raise StoreError(
            f"cannot wipe {self._database_name}: rows that the build did not write refer to its "
            f"rows, {_listed(references)}; {advice}; nothing was removed"
        )

    def _count_references(self, ownership: Ownership, name: str, column: str, target: str) -> int:
        """Return how many rows that the build did not write refer to its rows in a table."""
        rows = ownership.rows(name, column)
        query = sa.select(sa.func.count()).select_from(rows)
        query = query.where(
            ownership.refers_to_own(target, rows.c[column]), ownership.not_own(rows)
        )
        return int(self._connection.execute(query).scalar_one())

    def _depends_on(self, other: Manifest, keys: Mapping[str, KeyRange]) -> bool:
        """Return whether another build uses master data or infrastructure with these keys."""
        for name, own in other.keys.items():
            table = TABLES[name]
            for key in table.foreign_keys:
                target = keys.get(key.column.table.name)
                if target is None or key.parent.name not in self._columns(name):
                    continue
                query = sa.select(table.columns[0]).where(
                    table.columns[0].between(own.first, own.last),
                    key.parent.between(target.first, target.last),
                )
                if self._connection.execute(query.limit(1)).first() is not None:
                    return True
        return False

    def _columns(self, name: str) -> set[str]:
        return {column["name"] for column in self._inspector.get_columns(name)}

    def _delete(self, ownership: Ownership) -> Mapping[str, int]:
        """Delete the rows, children before their parents; return how many by table."""
        dialect_of(self._connection).suspend_foreign_keys(self._connection)
        tables = [TABLES[name] for name in ownership.keys]
        ordered = sa.schema.sort_tables_and_constraints(tables)  # type: ignore[no-untyped-call]
        names = [table.name for table, _ in reversed(list(ordered)) if table is not None]
        self._unpin(ownership)
        removed = {}
        for name in (*ownership.derived, *names):
            rows = ownership.rows(name)
            deleted = self._connection.execute(sa.delete(rows).where(ownership.own(rows)))
            if deleted.rowcount:
                removed[name] = deleted.rowcount
        return removed

    def _unpin(self, ownership: Ownership) -> None:
        """Set pinned scenarios of batches to null: batches and scenarios refer to each other."""
        if "batch_batch" in ownership.keys:
            columns = self._columns("batch_batch")
            pins = later_versions.REPLACED_REFERENCES["batch_batch"]
            (pin,) = (name for name in pins if name in columns)
            batches = ownership.rows("batch_batch", pin)
            self._connection.execute(
                sa.update(batches).where(ownership.own(batches)).values(**{pin: None})
            )

    def _delete_metadata(self, names: Iterable[str]) -> None:
        """Delete the metadata of the build, and drop the table if it is then empty."""
        own = metadata_table.c.name.in_(list(names))
        self._connection.execute(sa.delete(metadata_table).where(own))
        if self._connection.execute(sa.select(metadata_table.c.name).limit(1)).first() is None:
            metadata_table.drop(self._connection)


def _listed(findings: list[str]) -> str:
    more = f" and {len(findings) - _MOST_SHOWN} more" if len(findings) > _MOST_SHOWN else ""
    return ", ".join(findings[:_MOST_SHOWN]) + more
