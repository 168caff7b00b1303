"""Inputs of the growth analysis of a batch besides its records: today, models and an owner.

In a database to which builds were added, nothing of a build reaches the batches of others: their
results are the same with and without it, and stay when it is wiped.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import date

import sqlalchemy as sa

from ..datasets.build_metadata import added_keys, manifests_by_number
from ..datasets.manifest import Manifest
from ..lifecycle.days import day_number
from ..lifecycle.growth_analysis.column_access import day_numbers
from ..lifecycle.growth_analysis.model_library import CHOSEN_MODELS, TGC, ModelLibrary

_USERS, _BATCHES = "auth_user", "batch_batch"
_OWNERS = ("manager", "system_admin", "admin")
_LATEST_RECORDS = """
    SELECT batch_id, max(assignment_date) FROM batch_batchcontainerassignment GROUP BY 1
    UNION ALL SELECT batch_id, max(event_date) FROM batch_mortalityevent GROUP BY 1
    UNION ALL SELECT batch_id, max(feeding_date) FROM inventory_feedingevent GROUP BY 1"""


@dataclass(frozen=True)
class BatchContext:
    """Inputs of the analysis of a batch besides its records.

    Attributes:
        today: today, as a day number.
        library: the models of the database, of which those that suit the batch can be chosen.
        owner: primary key of the user to whom new scenarios belong; None without users.
    """

    today: int
    library: ModelLibrary
    owner: int | None


class BatchContexts:
    """The contexts of all batches of a database."""

    def __init__(
        self,
        connection: sa.Connection,
        metadata: Mapping[str, str],
        library: ModelLibrary,
        as_of: date | None,
    ) -> None:
        """Read the builds, users and latest records of a database.

        Args:
            connection: to the database.
            metadata: all entries of `aquadata_build`.
            library: the models of the database.
            as_of: today; if None it follows from the builds and records.

        Raises:
            StoreError: if the metadata are damaged.
        """
        query = sa.text("SELECT id, username FROM auth_user WHERE is_active ORDER BY id")
        self._users: Mapping[int, str] = dict(map(tuple, connection.execute(query)))
        self._added = added_keys(metadata, (*CHOSEN_MODELS, _USERS))
        self._library = library
        self._as_of = None if as_of is None else day_number(as_of)
        manifests = manifests_by_number(metadata).values()
        self._appended = [manifest for manifest in manifests if manifest.is_append_build]
        self._built = max(
            (_day(manifest) for manifest in manifests if not manifest.is_append_build), default=0
        )
        self._latest: Mapping[int, int] = {}
        if as_of is None and (self._appended or not manifests):
            self._latest = _latest_records(connection)
        self.others = BatchContext(
            self._today(self._built, lambda batch: self._build_of(batch) is None),
            library.without(self._added),
            self._owner(self._added[_USERS]),
        )
        self._contexts = [
            self._of_build(position, manifest) for position, manifest in enumerate(self._appended)
        ]

    @property
    def today(self) -> int:
        """The latest today of any batch, as a day number."""
        return max(context.today for context in (self.others, *self._contexts))

    def of(self, batch: int) -> BatchContext:
        """Return the context of a batch with this primary key."""
        build = self._build_of(batch)
        return self.others if build is None else self._contexts[build]

    def _build_of(self, batch: int) -> int | None:
        """Return the position of the append build that wrote a batch; None for another batch."""
        for position, manifest in enumerate(self._appended):
            keys = manifest.keys.get(_BATCHES)
            if keys is not None and keys.first <= batch <= keys.last:
                return position
        return None

    def _of_build(self, position: int, manifest: Manifest) -> BatchContext:
        today = self._today(_day(manifest), lambda batch: self._build_of(batch) == position)
        return BatchContext(today, self._library_of(manifest), self._owner(()))

    def _library_of(self, manifest: Manifest) -> ModelLibrary:
        """Return the models of a build: those of the database if it was built with them."""
        if TGC not in manifest.keys and not (manifest.used or {}).get(TGC):
            return self._library.without(self._added)
        hidden = {}
        for table in CHOSEN_MODELS:
            every, own = set(self._library.keys(table)), manifest.keys.get(table)
            kept = set(range(own.first, own.last + 1)) if own else set(self._added[table])
            hidden[table] = every - kept if kept else ()
        return self._library.without(hidden)

    def _owner(self, excluded: Collection[int]) -> int | None:
        """Return the user to whom new scenarios belong: a manager or administrator, else any."""

        def rank(key: int) -> tuple[int, int]:
            name = self._users[key]
            return (_OWNERS.index(name) if name in _OWNERS else len(_OWNERS)), key

        return min(set(self._users).difference(excluded), key=rank, default=None)

    def _today(self, built: int, is_meant: Callable[[int], bool]) -> int:
        """Return the given day; else that of the build, or a later one with records.

        Args:
            built: the day of the build.
            is_meant: whether the records of a batch count.
        """
        if self._as_of is not None:
            return self._as_of
        return max(built, *(day for batch, day in self._latest.items() if is_meant(batch)), 0)


def _day(manifest: Manifest) -> int:
    return day_number(date.fromisoformat(manifest.as_of))


def _latest_records(connection: sa.Connection) -> Mapping[int, int]:
    """Return the last day with records by primary key of the batch."""
    latest: dict[int, int] = {}
    for batch, day in connection.execute(sa.text(_LATEST_RECORDS)):
        if batch is not None and day is not None:
            latest[batch] = max(latest.get(batch, 0), int(day_numbers([day])[0]))
    return latest
