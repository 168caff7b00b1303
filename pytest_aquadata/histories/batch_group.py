"""Histories of batches that share a farm, as a sequence that can be saved together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import overload

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from .history import History
from .saving import save_batches


@dataclass(frozen=True)
class BatchGroup(Sequence[History]):
    """Histories that share a farm, in the order of the lifecycles given to `build_together`."""

    histories: tuple[History, ...]

    @overload
    def __getitem__(self, index: int) -> History: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[History]: ...

    def __getitem__(self, index: int | slice) -> History | Sequence[History]:
        """Return one history, or those of a slice."""
        return self.histories[index]

    def __len__(self) -> int:
        return len(self.histories)

    def save(self, into: Session | Connection) -> BatchGroup:
        """Insert all rows in the caller's transaction, and the farm's master data if missing.

        Args:
            into: session or connection to a database with the schema.

        Returns:
            The histories with the primary keys that they have in the database; see `History.save`.

        Raises:
            StoreError: if the database's content conflicts with the histories; then nothing is
                written.
        """
        shared = self.histories[0].shared
        offsets = save_batches(into, shared, [history.unsaved for history in self.histories])
        return BatchGroup(
            tuple(
                history.with_shifted_keys(by)
                for history, by in zip(self.histories, offsets, strict=True)
            )
        )
