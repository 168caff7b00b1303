"""The state behind all rows that factories make for one session.

About the session it is assumed that

- its database has the tables of `pytest_aquadata.schema`, whose models are used;
- one thread uses it at a time;
- in a file database, such as SQLite, no other connection inserts rows during a factory call.

Other rows may be in the database: master data is found by its natural key, batches and
assignments are read from their rows, and names that must be unique are qualified.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, TypeVar, cast

import numpy as np
from sqlalchemy.orm import Session

from ..lifecycle.randomness import stream
from ..schema import Base
from ..settings import DEFAULT_AS_OF, DEFAULT_SEED
from .catalogue_rows import CatalogueRows
from .identity_map import IdentityMap
from .keys import keys_for
from .session_writer import SessionWriter
from .unique_names import UniqueNames

Registry = TypeVar("Registry")
Row = TypeVar("Row", bound=Base)


@dataclass(frozen=True)
class FactorySettings:
    """Inputs of rows besides the arguments of a factory.

    Attributes:
        today: the farm's today.
        seed: seed of all randomness.
        subject: for whom rows are made, such as a test's id. Random streams depend on it, and
            unique names carry its digest where others may write to the same database.
    """

    today: date = DEFAULT_AS_OF
    seed: int = DEFAULT_SEED
    subject: str = ""


class FactoryContext:
    """Everything that factories remember while they make rows for one session.

    Rows are remembered until the session loses any of them (it is rolled back or closed, a row is
    deleted or expunged), so that later rows can refer to them without a query. Each subject
    (sites, fish groups, feed queues, …) keeps its own typed registry here, of a class defined in
    its module.

    Attributes:
        settings: today, seed and subject of the rows.
        keys: primary keys for new rows.
        rows: rows by model and primary key.
        writer: writes new rows to the session.
        names: qualifies names that must be unique.
        catalogue: rows of the standard farm's master data.
        resolved: for each factory, the attributes of the last row it made in the current call.
        found: row that `sqlalchemy_get_or_create` has found last.
    """

    def __init__(
        self, session: Session | None, settings: FactorySettings, *, qualified: bool = False
    ) -> None:
        """Begin without rows.

        Args:
            session: session that rows are added to; None if rows are only built.
            settings: today, seed and subject of the rows.
            qualified: True to qualify unique names even in a database without batches.
        """
        self.settings = settings
        self.keys = keys_for(session)
        self.rows = IdentityMap(session, self.keys)
        self.writer = SessionWriter(session, self.keys, self.rows, self.now)
        self.names = UniqueNames(session, settings.subject, self.rows, qualified=qualified)
        self.catalogue = CatalogueRows(self.rows, self.writer, self.names)
        self.resolved: dict[type[object], Mapping[str, Any]] = {}
        self.found: Base | None = None
        self._registries: dict[type[object], object] = {}
        self._numbers: Counter[str] = Counter()
        self._has_lost_rows = False

    @property
    def session(self) -> Session | None:
        """The session that rows are added to; None if rows are only built."""
        return self.writer.session

    @property
    def today(self) -> date:
        """The farm's today."""
        return self.settings.today

    @property
    def now(self) -> datetime:
        """Six in the evening of the farm's today, in UTC."""
        return datetime.combine(self.settings.today, time(18), UTC)

    def next_number(self, subject: str) -> int:
        """Return the next number of a subject, from 1; no number is given twice."""
        self._numbers[subject] += 1
        return self._numbers[subject]

    def next_name(self, model: type[Base], column: str, form: str) -> str:
        """Return the next name of a form that no row has.

        Args:
            model: model of the rows.
            column: column of the name.
            form: a text in front of the number, which has three digits or more.
        """
        if form not in self._numbers:
            self._numbers[form] = self.names.highest_number(model, column, form)
        while True:
            name = f"{form}{self.next_number(form):03d}"
            if self.names.is_free(model, column, name):
                return name

    def random_stream(self, *subject: str | int) -> np.random.Generator:
        """Return the random stream of a subject, the same whenever it is asked for."""
        return stream(self.settings.seed, "factories", self.settings.subject, *subject)

    def registry(self, kind: type[Registry]) -> Registry:
        """Return the registry of a class, made without arguments when first asked for."""
        registry = self._registries.get(kind)
        if registry is None:
            registry = self._registries[kind] = kind()
        return cast(Registry, registry)

    def add(self, model: type[Row], /, **values: Any) -> Row:
        """Add a row of these values, completed with its primary key and timestamps."""
        return self.writer.add(model, **values)

    def forget(self) -> None:
        """Forget all rows, because they may be gone; numbers continue."""
        self._has_lost_rows = False
        self.found = None
        self.rows.clear()
        self.catalogue.clear()
        self._registries.clear()

    def forget_later(self) -> None:
        """Forget all rows before the next factory call."""
        self._has_lost_rows = True

    @contextmanager
    def call(self, commit: bool = False) -> Iterator[None]:
        """Run a factory call: write its rows in one flush, or none of them if it fails."""
        try:
            with self.writer.call(commit):
                if self._has_lost_rows or not self._are_remembered_rows_stored():
                    self.forget()
                self.resolved.clear()
                self.found = None
                yield
        except BaseException:
            self.forget()
            raise

    def _are_remembered_rows_stored(self) -> bool:
        """Return whether the newest row and all master data are still in the database.

        The newest row is the first to go when others roll back a transaction or savepoint.
        """
        newest = self.rows.newest
        return self.rows.are_stored([*self.catalogue.keys, *([newest] if newest else [])])
