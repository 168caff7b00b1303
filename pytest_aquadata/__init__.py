"""A salmon farm for your tests: factories, whole batch histories, seeded databases.

The names below are the public ones, together with the modules `schema`, `factories`, `incidents`,
`imperfections`, `errors` and `django`. Each is imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .datasets.dataset import Dataset, open_dataset
    from .factories import bound
    from .factories.namespace import FactoryNamespace
    from .histories import Lifecycle, build_together
    from .plugin.fixture_types import CheckFunction, LifecycleFactory

__version__ = "0.1.0"

__all__ = [
    "CheckFunction",
    "Dataset",
    "FactoryNamespace",
    "Lifecycle",
    "LifecycleFactory",
    "bound",
    "build_together",
    "open_dataset",
]

_MODULES = {
    "CheckFunction": "plugin.fixture_types",
    "Dataset": "datasets.dataset",
    "FactoryNamespace": "factories.namespace",
    "Lifecycle": "histories",
    "LifecycleFactory": "plugin.fixture_types",
    "bound": "factories",
    "build_together": "histories",
    "open_dataset": "datasets.dataset",
}


def __getattr__(name: str) -> Any:
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
