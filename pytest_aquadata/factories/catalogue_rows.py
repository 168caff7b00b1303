"""Rows of the standard farm's master data, found in the database or added to it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, cast

from ..schema import Base, ContentType
from .catalogue import NATURAL_KEYS, entries, entry_position
from .identity_map import IdentityMap
from .model_info import Model, key_name, parent_models
from .session_writer import SessionWriter
from .unique_names import UniqueNames

Row = TypeVar("Row", bound=Base)


class CatalogueRows:
    """The catalogue's entries as rows of one database, each found or added once.

    Attributes:
        keys: models and primary keys of the rows that are remembered.
    """

    def __init__(self, rows: IdentityMap, writer: SessionWriter, names: UniqueNames) -> None:
        """Begin with no entry looked up.

        Args:
            rows: where rows are looked for.
            writer: adds those that are missing.
            names: qualifies the unique names of added rows.
        """
        self._rows = rows
        self._writer = writer
        self._names = names
        self._found: dict[tuple[Model, int], Base] = {}
        self.keys: list[tuple[Model, int]] = []

    def clear(self) -> None:
        """Forget all rows."""
        self._found.clear()
        self.keys.clear()

    def row(self, model: type[Row], position: int = 0) -> Row:
        """Return the row of an entry.

        Args:
            model: model of the catalogue.
            position: position among the model's entries, from 0, modulo their number.
        """
        position %= len(entries(model))
        row = self._found.get((model, position))
        if row is None:
            if model is ContentType and position:
                # Always inserted in one order: otherwise two workers could block each other.
                self.row(model, position - 1)
            values = self.row_values(model, position)
            row = self._find(model, values) or self._writer.add(
                model, **self._names.qualify_values(model, values)
            )
            self._found[model, position] = row
            self.keys.append((model, getattr(row, key_name(model))))
        return cast(Row, row)

    def row_where(self, model: type[Row], /, **values: Any) -> Row:
        """Return the row of the first entry that has these values."""
        return self.row(model, entry_position(model, **values))

    def row_values(self, model: Model, position: int) -> dict[str, Any]:
        """Return an entry's values, with foreign keys as they are in this database."""
        values = dict(entries(model)[position])
        for name, parent_model in parent_models(model).items():
            if values.get(name) is not None:
                parent = self.row(parent_model, values[name] - 1)
                values[name] = getattr(parent, key_name(parent_model))
        return values

    def _find(self, model: type[Row], values: Mapping[str, Any]) -> Row | None:
        """Return the row with the natural key of these values: as it is, or qualified."""
        key = {name: values[name] for name in NATURAL_KEYS[model]}
        row = self._rows.find(model, **key)
        if row is None and not self._names.is_sole_writer:
            row = self._rows.find(model, **self._names.qualify_values(model, key))
        return row
