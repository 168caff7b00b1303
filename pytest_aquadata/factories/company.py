"""What factories write to: a session, the rows made in it so far, and the next free numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from functools import cache
from hashlib import blake2b
from typing import Any, TypeVar, cast

import numpy as np
import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.dialect import find_dialect
from ..errors import AquadataError
from ..lifecycle.columns import Columns
from ..lifecycle.randomness import stream
from ..schema import Base, Batch, ContentType
from ..settings import DEFAULT_AS_OF, DEFAULT_SEED
from .bulk import objects, write, written
from .catalogue import NATURAL_KEYS, Model, entries, key_name, parents, place_of, unique_texts
from .keys import Keys, keys_for

_Row = TypeVar("_Row", bound=Base)


class FactoryError(AquadataError):
    """A factory was asked for something that cannot be; the message says what to ask for."""


@dataclass(frozen=True)
class Setting:
    """What the rows of a company depend on besides what is asked for.

    Attributes:
        today: the farm's today.
        seed: seed of what varies from fish to fish.
        subject: for whom the rows are made, such as a test's id; names carry its digest where
            rows of others may be in the same database.
    """

    today: date = DEFAULT_AS_OF
    seed: int = DEFAULT_SEED
    subject: str = ""


class Company:
    """A salmon company in the making: on paper, or in a session.

    Rows that are added are remembered, so that what belongs together is found again without a
    query, until the session is rolled back.
    """

    def __init__(self, session: Session | None, setting: Setting) -> None:
        """Begin with nothing.

        Args:
            session: where rows are added; None to keep them on paper.
            setting: what rows depend on.
        """
        self.session = session
        self.setting = setting
        self._keys: Keys = keys_for(session)
        self._numbers: Counter[str] = Counter()
        self._pending: list[Base] = []
        self.forget()

    def forget(self) -> None:
        """Forget all rows: they have been rolled back. Numbers are not given twice even so."""
        self._entries: dict[tuple[Model, int], Base] = {}
        self._alone: bool | None = None
        self.memory: dict[Any, Any] = {}
        self.used: dict[Any, Mapping[str, Any]] = {}
        self._rows: dict[tuple[Model, Any], Base] = {}

    @property
    def today(self) -> date:
        """The farm's today."""
        return self.setting.today

    @property
    def now(self) -> datetime:
        """The evening of the farm's today."""
        return datetime.combine(self.setting.today, time(18), UTC)

    def number(self, subject: str) -> int:
        """The next number of a subject, from 1."""
        self._numbers[subject] += 1
        return self._numbers[subject]

    def own(self, name: str) -> str:
        """A name that must be unique, told apart from those of others who use the database."""
        return name if self.is_alone else f"{name} {self.token}"

    @property
    def token(self) -> str:
        """Letters that stand for the subject: the same in every process and order of tests."""
        digest = blake2b(self.setting.subject.encode(), digest_size=4, person=b"factories")
        return digest.hexdigest().upper()

    @property
    def is_alone(self) -> bool:
        """True if nobody else can have rows: on paper, or in a file without batches."""
        if self._alone is None:
            session = self.session
            self._alone = session is None or (
                _is_in_file(session) and session.scalar(sa.select(Batch.id).limit(1)) is None
            )
        return self._alone

    def stream(self, *subject: str | int) -> np.random.Generator:
        """A random stream that belongs to this company and subject, always the same."""
        return stream(self.setting.seed, "factories", self.setting.subject, *subject)

    def add(self, model: type[_Row], /, **values: Any) -> _Row:
        """A new row, with a primary key; stamps that are not given are those of now."""
        self.complete(model, values)
        row = model(**values)
        self.keep(model, row)
        return row

    def complete(self, model: Model, values: dict[str, Any]) -> None:
        """Give values their primary key and stamps, where these are missing."""
        key = key_name(model)
        if values.get(key) is None:
            taken = self._keys.take(cast(sa.Table, model.__table__))
            if taken is not None:
                values[key] = taken[0]
        for name in stamp_names(model):
            if values.get(name) is None:
                values[name] = self.now

    def keep(self, model: Model, row: Any) -> None:
        """Add a row that has been made, and remember it."""
        key = key_name(model)
        if self.session is not None:
            self.session.add(row)
            self._pending.append(row)
            if getattr(row, key) is None:
                self.session.flush()
        self._rows[model, getattr(row, key)] = row

    def keep_columns(self, model: Model, columns: Columns) -> list[Any]:
        """Add many rows that nothing refers to: written by columns where their keys are known."""
        rows = objects(model, columns)
        if self.session is None:
            return rows
        if key_name(model) in columns:
            self.flush()
            write(self.session, model, columns)
            written(rows)
        self.session.add_all(rows)
        return rows

    def flush(self) -> None:
        """Write what has been made so far."""
        if self.session is not None:
            self.session.flush()

    def take_keys(self, model: Model, rows: int) -> list[int] | None:
        """Keys for so many new rows of a table; None if only the database knows them."""
        taken = self._keys.take(cast(sa.Table, model.__table__), rows)
        return None if taken is None else list(taken)

    def get(self, model: type[_Row], key: Any) -> _Row:
        """The row with a primary key.

        Raises:
            FactoryError: when there is none.
        """
        found = self._rows.get((model, key))
        if found is None and self.session is not None:
            found = self.session.scalar(
                sa.select(model).where(getattr(model, key_name(model)) == key)
            )
        if found is None:
            raise FactoryError(
                f"there is no {model.__name__} with the key {key}: make it first, or leave it out "
                "and have one made"
            )
        self._rows[model, key] = found
        return cast(_Row, found)

    def entry(self, model: type[_Row], place: int = 0) -> _Row:
        """A row of the catalogue, found in the database or added to it.

        Args:
            model: a table of the catalogue.
            place: place in the catalogue from 0; beyond its end, it begins again.
        """
        place %= len(entries(model))
        known = self._entries.get((model, place))
        if known is None:
            if model is ContentType and place:
                self.entry(model, place - 1)  # always in one order: else two could block each other
            values = self.entry_values(model, place)
            known = self.find_entry(model, values) or self.add(model, **self.apart(model, values))
            self._entries[model, place] = known
        return cast(_Row, known)

    def entry_where(self, model: type[_Row], /, **values: Any) -> _Row:
        """The row of the catalogue that has these values, found or added."""
        return self.entry(model, place_of(model, **values))

    def entry_values(self, model: Model, place: int) -> dict[str, Any]:
        """The values of a row of the catalogue, with the keys that other rows have here."""
        values = dict(entries(model)[place])
        for name, parent in parents(model).items():
            if values.get(name) is not None:
                of = self.entry(parent, values[name] - 1)
                values[name] = getattr(of, key_name(parent))
        return values

    def apart(self, model: Model, values: dict[str, Any]) -> dict[str, Any]:
        """Values with their unique texts told apart from those of others in the database."""
        if self.is_alone:
            return values
        names = unique_texts(model)
        return {
            name: self.own(value) if name in names and isinstance(value, str) else value
            for name, value in values.items()
        }

    def find_entry(self, model: type[_Row], values: Mapping[str, Any]) -> _Row | None:
        """The row with the natural key of these values: everybody's, or else our own."""
        key = {name: values[name] for name in NATURAL_KEYS[model]}
        return self.find(model, **key) or (
            None if self.is_alone else self.find(model, **self.apart(model, key))
        )

    def find(self, model: type[_Row], /, **where: Any) -> _Row | None:
        """The first row with these values."""
        if self.session is None:
            for (kind, _), row in self._rows.items():
                if kind is model and all(getattr(row, one) == where[one] for one in where):
                    return cast(_Row, row)
            return None
        if self._keys.is_empty(cast(sa.Table, model.__table__)):
            return None
        conditions = [getattr(model, name) == value for name, value in where.items()]
        order = getattr(model, key_name(model))
        return self.session.scalar(sa.select(model).where(*conditions).order_by(order).limit(1))

    def rows(self, model: type[_Row], /, **where: Any) -> list[_Row]:
        """All rows with these values, in the order of their keys."""
        if self.session is None:
            kept = [row for (kind, _), row in self._rows.items() if kind is model]
            return [
                cast(_Row, row)
                for row in kept
                if all(getattr(row, name) == where[name] for name in where)
            ]
        conditions = [getattr(model, name) == value for name, value in where.items()]
        query = sa.select(model).where(*conditions).order_by(getattr(model, key_name(model)))
        return list(self.session.scalars(query))

    def count(self, model: Model, /, **where: Any) -> int:
        """How many rows have these values."""
        return len(self.rows(model, **where))

    def begin(self) -> None:
        """Get ready for one more call: see what others have written since the last."""
        self._pending.clear()
        self.used.clear()
        if self.session is not None:
            if self.session.new or self.session.dirty:
                self.session.flush()
            self._keys.refresh()

    def unflushed(self) -> AbstractContextManager[Any]:
        """Keeps queries from flushing rows one by one."""
        return nullcontext() if self.session is None else self.session.no_autoflush

    def finish(self, commit: bool = False) -> None:
        """Write what has been made, in one flush."""
        if self.session is not None:
            if commit:
                self.session.commit()
            else:
                self.session.flush()
        self._pending.clear()

    def abandon(self) -> None:
        """Take back what a call that failed has made."""
        if self.session is not None:
            for row in self._pending:
                if row in self.session.new:
                    self.session.expunge(row)
            for row in self.session.dirty:
                self.session.expire(row)
        self._pending.clear()
        self.forget()


@cache
def stamp_names(model: Model) -> tuple[str, ...]:
    """Columns that Django would fill from the clock."""
    columns = model.__table__.columns
    return tuple(column.name for column in columns if column.info.get("stamp"))


def _is_in_file(session: Session) -> bool:
    dialect = find_dialect(session.get_bind())
    return dialect is not None and not dialect.is_server
