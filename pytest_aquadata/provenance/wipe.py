"""Removal of one build from a database; all other rows stay."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import sqlalchemy as sa

from ..databases.connections import as_store_errors
from ..databases.dialect import dialect_of
from ..databases.metadata_table import (
    METADATA_TABLE,
    UNFINISHED,
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
from ..text import counted, mask_password
from .derived_rows import GROWTH, DerivedRows, read_results
from .drift import DriftCheck
from .ownership import BATCHES, Ownership
from .references import ReferenceCheck

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
        force: True to remove rows of the build that were changed since, too; rows of others are
            never removed.

    Raises:
        StoreError: if there is no such build, if its rows were changed, if others inserted rows
            among them or refer to them, or if a trigger would run.
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
        self._dialect = dialect_of(connection)
        self._inspector = sa.inspect(connection)

    def run(self, digest: str | None, force: bool) -> WipedBuild:
        """Remove a build; the caller commits."""
        if not has_metadata(self._connection):
            raise StoreError(
                f"{self._database_name} holds no build of aquadata: it has no table "
                f"{METADATA_TABLE}"
            )
        if not self._dialect.try_lock(self._connection):
            raise StoreError(
                f"another process is building into {self._database_name} right now; wait for it "
                "to finish"
            )
        metadata = read_metadata(self._connection)
        if UNFINISHED in metadata:
            raise StoreError(
                f"the build in {self._database_name} is not finished: seed it again, which removes "
                "what is there, or continue it with --resume"
            )
        manifests = dict(manifests_by_number(metadata))
        number = self._number_of(manifests, digest)
        manifest = manifests.pop(number)
        self._refuse_other_schema(manifest)
        entries = builds_by_number(metadata)[number]
        derived = DerivedRows(self._connection, manifest, read_results(entries.get(GROWTH)))
        ownership = Ownership(
            manifest.keys,
            derived.scenarios(),
            self._inspector.get_table_names(),
            has_runs=derived.has_runs,
        )
        drift = DriftCheck(self._connection, manifest, derived)
        self._refuse_triggers(ownership)
        references = ReferenceCheck(self._connection, ownership)
        self._dialect.lock_tables(self._connection, self._tables_to_lock(ownership, references))
        self._refuse_inserted(drift, derived)
        self._refuse_referenced(references, ownership, manifests.values())
        if not force:
            self._refuse_changed(drift)
        removed = self._delete(ownership)
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

    def _refuse_other_schema(self, manifest: Manifest) -> None:
        """Raise if the manifest is of a version or of tables that cannot be found any more."""
        if not manifest.keys:
            raise StoreError(
                f"the build in {self._database_name} is of an older version and has no ranges of "
                "keys; build it again with --replace, or remove the database"
            )
        present = set(self._inspector.get_table_names())
        if missing := sorted(name for name in manifest.keys if name not in TABLES.keys() & present):
            raise StoreError(
                f"cannot wipe {self._database_name}: its manifest names the table {missing[0]}, "
                "which it does not have; nothing was removed"
            )

    def _refuse_triggers(self, ownership: Ownership) -> None:
        """Raise if deleting rows would run code of others, which could delete rows of others."""
        fold, own = self._dialect.folded_name, set(ownership.tables)
        for found in self._dialect.objects(self._connection):
            if found.fires_on_delete and found.schema is None and fold(found.table or "") in own:
                raise StoreError(
                    f"cannot wipe {self._database_name}: {found.shown_name} on {found.table} would "
                    "run when rows are deleted; disable or drop it first; nothing was removed"
                )

    def _tables_to_lock(
        self, ownership: Ownership, references: ReferenceCheck
    ) -> list[tuple[str | None, str]]:
        """Return the tables that rows are deleted from, and those that refer to them."""
        referring = [(reference.schema, reference.table) for reference in references.references]
        return [*((None, name) for name in ownership.tables), *referring]

    def _refuse_inserted(self, drift: DriftCheck, derived: DerivedRows) -> None:
        """Raise if others inserted rows between the keys of the build or for its batches."""
        for name, rows, first, last in drift.inserted():
            raise StoreError(
                f"{name} in {self._database_name} has {counted(rows, 'row', 'rows')} with keys "
                f"from {first} to {last} that the build did not write: give them other keys first; "
                "nothing was removed"
            )
        for name, rows in derived.inserted().items():
            raise StoreError(
                f"{name} in {self._database_name} has {counted(rows, 'row', 'rows')} of the "
                "build's batches that neither the build nor `aquadata grow` wrote: remove them "
                "first; nothing was removed"
            )

    def _refuse_changed(self, drift: DriftCheck) -> None:
        """Raise if rows differ from those written: a free key may be of another row by now."""
        changed = list(drift.changed())
        if changed:
            raise StoreError(
                f"rows of the build in {self._database_name} were changed, removed or replaced "
                f"since: {_listed(changed)}; --force removes the rows that have its keys now; "
                "nothing was removed"
            )

    def _refuse_referenced(
        self, check: ReferenceCheck, ownership: Ownership, others: Iterable[Manifest]
    ) -> None:
        """Raise if rows that the build did not write refer to its rows."""
        references = [str(found) for found in check.found()]
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
        self._dialect.suspend_foreign_keys(self._connection)
        tables = [TABLES[name] for name in ownership.keys]
        ordered = sa.schema.sort_tables_and_constraints(tables)  # type: ignore[no-untyped-call]
        names = [table.name for table, _ in reversed(list(ordered)) if table is not None]
        self._unpin(ownership)
        removed = {}
        for name in (*ownership.derived, *names):
            rows = ownership.rows(name)
            deleted = self._connection.execute(sa.delete(rows).where(ownership.own(name, rows)))
            if deleted.rowcount:
                removed[name] = deleted.rowcount
        return removed

    def _unpin(self, ownership: Ownership) -> None:
        """Set pinned scenarios of batches to null: batches and scenarios refer to each other."""
        if BATCHES in ownership.keys:
            columns = self._columns(BATCHES)
            pins = later_versions.REPLACED_REFERENCES[BATCHES]
            (pin,) = (name for name in pins if name in columns)
            batches = ownership.rows(BATCHES, pin)
            self._connection.execute(
                sa.update(batches).where(ownership.own(BATCHES, batches)).values(**{pin: None})
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
