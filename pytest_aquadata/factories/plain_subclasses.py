"""Subclasses of factories that change nothing: only their rows may be computed as columns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .declarations import PlannedColumn, RowPlan

if TYPE_CHECKING:
    from .base import AquadataFactory

_PACKAGE = f"{__package__}."
_STATE = frozenset({"_meta", "_original_params", "_is_protocol"})
_OPTIONS = ("exclude", "rename", "inline_args", "sqlalchemy_get_or_create")


def is_plain_subclass(factory_class: type[AquadataFactory[Any]]) -> bool:
    """Return whether a factory makes rows as the package's factory that it derives from.

    It does not if it, a base class or an attribute set later overrides a method, or if it
    declares, pins or renames anything. Its Meta may name another session.
    """
    own: Any = next(base for base in factory_class.__mro__ if base.__module__.startswith(_PACKAGE))
    meta, own_meta = factory_class._meta, own._meta
    return (
        all(getattr(meta, name) == getattr(own_meta, name) for name in _OPTIONS)
        and _declared(meta) == _declared(own_meta)
        and not meta.parameters
        and not list(meta.post_declarations)
        and all(_is_own(factory_class, own, name) for name in _attribute_names(factory_class))
    )


def _declared(meta: Any) -> dict[str, object]:
    """Return the declarations of a factory by name; each class declares planned columns anew."""
    return {
        name: type(value) if isinstance(value, PlannedColumn | RowPlan) else value
        for name, value in meta.base_declarations.items()
    }


def _attribute_names(factory_class: type) -> set[str]:
    names = {name for base in factory_class.__mro__ for name in vars(base)}
    return {name for name in names - _STATE if not name.startswith("__")}


def _is_own(factory_class: type, own: type, name: str) -> bool:
    """Return whether an attribute is that of the package's class, and not set by a user."""
    value, own_value = getattr(factory_class, name, None), getattr(own, name, None)
    function = getattr(value, "__func__", value)
    if not callable(function):
        return bool(value == own_value)
    is_same = function is getattr(own_value, "__func__", own_value)
    return is_same and str(function.__module__).startswith((_PACKAGE, "factory."))
