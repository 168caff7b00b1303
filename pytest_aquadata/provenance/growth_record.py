"""Record of what a growth analysis wrote for the batches of builds, kept with their metadata."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import sqlalchemy as sa

from ..databases.metadata_table import entry_name, metadata_table
from ..datasets.build_metadata import builds_by_number, manifests_by_number
from ..lifecycle.growth_analysis.result_columns import PROJECTIONS, SCENARIOS
from .derived_rows import (
    GROWTH,
    RESULT_TABLES,
    DerivedRows,
    Results,
    read_results,
    results_json,
    written_results,
)


class GrowthRecord:
    """Records the rows that an analysis leaves, so that `wipe` recognises changes by others.

    Batches that no build wrote are not recorded.
    """

    def __init__(self, connection: sa.Connection, metadata: Mapping[str, str]) -> None:
        """Read the manifests and earlier records.

        Args:
            connection: to the database; its transactions are the caller's.
            metadata: all entries of `aquadata_build`.

        Raises:
            StoreError: if they are damaged.
        """
        self._connection = connection
        self._results: dict[int, dict[str, Results]] = {}
        self._builds: dict[int, tuple[int, DerivedRows]] = {}
        builds = builds_by_number(metadata)
        for number, manifest in manifests_by_number(metadata).items():
            self._results[number] = read_results(builds[number].get(GROWTH))
            derived = DerivedRows(connection, manifest, self._results[number])
            self._builds |= dict.fromkeys(derived.batches, (number, derived))

    def scenarios(self, batch: int) -> frozenset[int] | None:
        """Return the scenarios of a batch that a build or an analysis inserted.

        None for a batch that no build wrote.
        """
        if batch not in self._builds:
            return None
        return frozenset(self._builds[batch][1].scenarios(batch))

    def changed_tables(self, batch: int, *, with_states: bool) -> Mapping[str, frozenset[int]]:
        """Return the tables in which others changed results of a batch.

        Args:
            batch: primary key of the batch.
            with_states: compare the daily states, too.

        Returns:
            The primary keys of the rows that others inserted, by table.
        """
        if batch not in self._builds:
            return {}
        derived = self._builds[batch][1]
        tables = RESULT_TABLES if with_states else (SCENARIOS, PROJECTIONS)
        return {
            table: derived.inserted_keys(batch, table)
            for table in tables
            if not derived.is_intact(batch, table)
        }

    def write(
        self, batch: int, inserted: Collection[int], changed: Mapping[str, frozenset[int]]
    ) -> None:
        """Record the results of a batch as they are now.

        Args:
            batch: primary key of the batch.
            inserted: primary keys of the scenarios that the analysis inserted.
            changed: tables with changes of others that the analysis did not replace, as
                `changed_tables` returns them.
        """
        if batch not in self._builds:
            return
        number, derived = self._builds[batch]
        own = [*derived.scenarios(batch), *inserted]
        self._results[number][derived.batches[batch].name] = {
            table: written_results(derived.present(batch, table, own), table, changed.get(table))
            for table in RESULT_TABLES
        }
        self._save(entry_name(number, GROWTH), results_json(self._results[number]))

    def _save(self, name: str, value: str) -> None:
        self._connection.execute(sa.delete(metadata_table).where(metadata_table.c.name == name))
        self._connection.execute(sa.insert(metadata_table), {"name": name, "value": value})
