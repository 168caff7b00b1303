"""The types of fixtures that are functions, for annotations in tests.

```python
def test_fish_grow(aquadata_lifecycle: LifecycleFactory) -> None: ...
```
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy import Connection, Engine

    from ..checks.model import Report
    from ..datasets.dataset import Dataset
    from ..histories import Lifecycle
    from ..presets.farm import Farm


class LifecycleFactory(Protocol):
    """The fixture `aquadata_lifecycle`; its arguments are those of `Lifecycle.of`."""

    def __call__(
        self,
        geography: str | None = None,
        *,
        eggs: int | None = None,
        start: date | str = ...,
        harvest_weight_g: int | None = None,
        number: str | None = None,
        seed: int = ...,
        farm: Farm | None = None,
    ) -> Lifecycle:
        """Return a builder for a batch that is followed to the end of its harvest."""


class CheckFunction(Protocol):
    """The fixture `aquadata_checks`."""

    def __call__(
        self, data: Dataset | Engine | Connection, *, only: Collection[str] | None = None
    ) -> Report:
        """Run the check suite and return its report.

        Args:
            data: the database.
            only: names, subjects or kinds (`hard`, `soft`) of the checks; all if None.
        """
