"""Names that stay unique when others write to the same database."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.dialect import find_dialect
from ..schema import Batch
from .identity_map import IdentityMap
from .model_info import Model, unique_texts


class UniqueNames:
    """Qualifies names by a token of the subject, unless the database is ours alone.

    Attributes:
        token: eight hexadecimal digits of the subject, the same in every process and test order.
    """

    def __init__(
        self,
        session: Session | None,
        subject: str,
        rows: IdentityMap,
        *,
        qualified: bool = False,
    ) -> None:
        """Qualify the names of a subject, such as a test's id.

        Args:
            session: session that is queried; None if rows are only built.
            subject: name of the subject.
            rows: where rows are looked for.
            qualified: True to qualify names even for a sole writer.
        """
        self._session = session
        self._rows = rows
        digest = blake2b(subject.encode(), digest_size=4, person=b"factories")
        self.token = digest.hexdigest().upper()
        self._is_sole_writer: bool | None = False if qualified else None

    @property
    def is_sole_writer(self) -> bool:
        """True if nobody else can have rows: no session, or a database file without batches.

        The database is asked once, before the first batch is made here.
        """
        if self._is_sole_writer is None:
            session = self._session
            self._is_sole_writer = session is None or (
                _is_in_file(session) and session.scalar(sa.select(Batch.id).limit(1)) is None
            )
        return self._is_sole_writer

    @property
    def prefix(self) -> str:
        """Prefix of a number: the token and a hyphen, or nothing."""
        return "" if self.is_sole_writer else f"{self.token}-"

    def qualify(self, name: str) -> str:
        """Return a name with the token, or as it is for a sole writer."""
        return name if self.is_sole_writer else f"{name} {self.token}"

    def qualify_values(self, model: Model, values: dict[str, Any]) -> dict[str, Any]:
        """Return a row's values with those of its unique text columns qualified.

        For a sole writer, only those are qualified that another row has.
        """
        names = [name for name in unique_texts(model) if isinstance(values.get(name), str)]
        if self.is_sole_writer:
            taken = [name for name in names if not self.is_free(model, name, values[name])]
            return {**values, **{name: f"{values[name]} {self.token}" for name in taken}}
        return {**values, **{name: self.qualify(values[name]) for name in names}}

    def is_free(self, model: Model, column: str, name: str) -> bool:
        """Return whether no row has a name in a column."""
        return self._rows.find(model, **{column: name}) is None

    def highest_number(self, model: Model, column: str, form: str) -> int:
        """Return the highest number that follows a text in the values of a column; 0 for none."""
        attribute = getattr(model, column)
        values = self._rows.values(model, attribute, attribute.startswith(form, autoescape=True))
        numbers = [value[len(form) :] for value in values]
        return max((int(number) for number in numbers if number.isdecimal()), default=0)


def _is_in_file(session: Session) -> bool:
    dialect = find_dialect(session.get_bind())
    return dialect is not None and not dialect.is_server
