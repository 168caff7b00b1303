"""Names that stay unique when others write to the same database."""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ..databases.dialect import find_dialect
from ..schema import Batch
from .model_info import Model, unique_texts


class UniqueNames:
    """Qualifies names by a token of the subject, unless the database is ours alone.

    Attributes:
        token: eight hexadecimal digits of the subject, the same in every process and test order.
    """

    def __init__(self, session: Session | None, subject: str) -> None:
        """Qualify the names of a subject, such as a test's id."""
        self._session = session
        digest = blake2b(subject.encode(), digest_size=4, person=b"factories")
        self.token = digest.hexdigest().upper()
        self._is_sole_writer: bool | None = None

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

    def forget(self) -> None:
        """Ask the database again when next needed."""
        self._is_sole_writer = None

    def qualify(self, name: str) -> str:
        """Return a name with the token, or as it is for a sole writer."""
        return name if self.is_sole_writer else f"{name} {self.token}"

    def qualify_values(self, model: Model, values: dict[str, Any]) -> dict[str, Any]:
        """Return a row's values with those of its unique text columns qualified."""
        if self.is_sole_writer:
            return values
        names = unique_texts(model)
        return {
            name: self.qualify(value) if name in names and isinstance(value, str) else value
            for name, value in values.items()
        }


def _is_in_file(session: Session) -> bool:
    dialect = find_dialect(session.get_bind())
    return dialect is not None and not dialect.is_server
