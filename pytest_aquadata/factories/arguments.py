"""Arguments of factories: unknown names, values that cannot be, and contradictions.

A call is checked before anything is made. Values that a trait, a subclass or a declaration gives
are checked when they are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import numpy as np
from factory.builder import DeclarationSet
from factory.declarations import SKIP, BaseDeclaration
from factory.enums import get_builder_phase

from ..schema import (
    Batch,
    Container,
    Feed,
    FeedContainerStock,
    Geography,
    IndividualFishObservation,
    LiceType,
    MortalityReason,
    ProductGrade,
    SampleType,
    User,
)
from ..text import nearest
from .column_checks import column_checks
from .column_limits import ColumnLimits
from .declarations import FlagChoice, Parent, PlannedColumn, RowPlan
from .errors import FactoryError
from .standard_farm import LAST_STAGE
from .value_checks import (
    ValueCheck,
    date_check,
    flag_check,
    integer_check,
    number_check,
    refusal,
    row_check,
    shown,
)

_PACKAGE = f"{__package__}."
_SIMILAR = 0.6
_LONGEST_STAGE_DAYS = 900
_HEAVIEST_G = 50_000


def _optional(check: ValueCheck) -> ValueCheck:
    """Return a check that accepts None, which leaves a parameter to its default."""

    def check_or_default(place: str, value: Any) -> Any:
        return None if value is None else check(place, value)

    return check_or_default


def _geography_check(place: str, value: Any) -> Any:
    """Return the name or the row of a geography."""
    if value is None or isinstance(value, str | Geography):
        return value
    raise refusal(place, value, "is no geography", "give its name or its row")


def _stage_check(place: str, value: Any) -> int:
    """Return the order of a stage."""
    is_whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not is_whole or not 1 <= value <= LAST_STAGE:
        raise FactoryError(
            f"{place}={shown(value)}: there is no stage {shown(value)}; give 1 (egg and alevin) "
            f"to {LAST_STAGE} (adult)"
        )
    return int(value)


def _text_parameter(place: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    raise refusal(place, value, "is not a text", "give a str")


def _numbers(low: str, high: int) -> ColumnLimits:
    return ColumnLimits(Decimal(low), Decimal(high))


_AGES = ("day", "arrives", "weight_g", "harvest_share")
"""Arguments of which at most one says how old the fish of a batch are."""
_AGES_OF = "harvest_share"

_ROWS = {
    "batch": Batch,
    "container": Container,
    "feed": Feed,
    "individual_fish_observation": IndividualFishObservation,
    "lice_type": LiceType,
    "product_grade": ProductGrade,
    "reason": MortalityReason,
    "sample_type": SampleType,
    "stock": FeedContainerStock,
    "user": User,
}
"""Models of the rows that parameters take, besides the parents that a factory declares."""

_PARAMETERS: Mapping[str, ValueCheck] = {
    "stage": _optional(_stage_check),
    "day": _optional(integer_check(_numbers("0", _LONGEST_STAGE_DAYS))),
    "arrives": _optional(date_check),
    "present_on": _optional(date_check),
    "weight_g": _optional(number_check(_numbers("0.0001", _HEAVIEST_G))),
    "harvest_share": _optional(number_check(_numbers("0.01", 2))),
    "containers": integer_check(_numbers("0", 1_000)),
    "place": _optional(integer_check(_numbers("0", 100_000))),
    "geography": _geography_check,
    "parameter": _optional(_text_parameter),
}
"""Checks of the parameters that several factories have in common, by name."""


class Arguments:
    """The arguments that a factory accepts, and their checks.

    Attributes:
        model: model of the factory; None for an abstract factory.
    """

    def __init__(self, options: Any) -> None:
        """Read the declarations of a factory.

        Args:
            options: the factory's `_meta`.
        """
        self._factory = options.factory.__name__
        self._pre, self._post = options.pre_declarations, options.post_declarations
        self._traits = set(options.parameters)
        declared = dict(options.base_declarations)
        self.model = _model_of(options.factory)
        self._columns = {} if self.model is None else column_checks(self.model)
        self._checks: dict[str, ValueCheck] = {
            name: check
            for name in _own_parameters(options.factory)
            if (check := _parameter_check(name, declared.get(name))) is not None
        } | dict(self._columns)
        self._parents = {
            name: declaration
            for name, declaration in declared.items()
            if isinstance(declaration, Parent)
        }
        self._choices = {
            name: declaration
            for name, declaration in declared.items()
            if isinstance(declaration, FlagChoice)
        }

    @property
    def _names(self) -> set[str]:
        names = {*self._pre, *self._post, *self._traits, *self._columns}
        return names - {name for name in self._pre if _is_hidden(self._pre[name].declaration)}

    def check_call(self, arguments: Mapping[str, Any], path: str = "") -> dict[str, Any]:
        """Return the arguments of a call as columns hold them.

        Args:
            arguments: arguments by name, also those of parents, as in `assignment__notes`.
            path: what precedes a name in messages, such as `F: assignment__`; empty for a call of
                this factory.

        Raises:
            FactoryError: for an unknown name, a value that cannot be or a contradiction.
        """
        path = path or f"{self._factory}: "
        checked: dict[str, Any] = {}
        nested: dict[str, dict[str, Any]] = {}
        for name, value in arguments.items():
            head, own = DeclarationSet.split(name)
            if own is None:
                self._require_known(path, name)
                checked[name] = self.check(name, value, path)
            elif head:  # `__sequence` is factory_boy's
                nested.setdefault(head, {})[own] = value
            else:
                checked[name] = value
        for head, own_arguments in nested.items():
            of_head = self._check_nested(path, head, own_arguments, arguments)
            checked |= {f"{head}__{name}": value for name, value in of_head.items()}
        if checked:
            self._require_agreement(path, checked)
        return checked

    def check(self, name: str, value: Any, path: str = "") -> Any:
        """Return the value of a column or parameter as the column holds it.

        Raises:
            FactoryError: if it cannot be.
        """
        check = self._checks.get(name)
        if check is None or value is SKIP or get_builder_phase(value) is not None:
            return value
        return check(f"{path or f'{self._factory}: '}{name}", value)

    def _require_known(self, path: str, name: str) -> None:
        if name in self._pre or name in self._post or name in self._traits:
            return
        if name in self._columns:
            return
        similar = nearest(name, self._names, _SIMILAR) or nearest(
            name.removesuffix("_id"), self._names, _SIMILAR
        )
        factory, _, own_path = path.partition(": ")
        hint = f"did you mean {own_path}{similar}?" if similar else f"see help({self._factory})"
        raise FactoryError(f"{factory}: there is no {own_path}{name}; {hint}")

    def _check_nested(
        self, path: str, head: str, own: Mapping[str, Any], arguments: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """Return the arguments of a parent as its columns hold them."""
        if head in self._post:
            return own
        self._require_known(path, head)
        shown_name = f"{path}{head}__{next(iter(own))}"
        declaration = arguments.get(head)
        if not isinstance(declaration, BaseDeclaration):
            key = self._parents[head].key if head in self._parents else None
            for given in (head, key):
                if given is not None and arguments.get(given) is not None:
                    raise FactoryError(
                        f"{shown_name} is about a new {head}, and {given}= gives an existing one; "
                        "leave out one of the two"
                    )
            declaration = self._pre[head].declaration if head in self._pre else None
        if isinstance(declaration, Parent):
            return _arguments_of(declaration.factory_class).check_call(own, f"{path}{head}__")
        if isinstance(declaration, PlannedColumn) or not isinstance(declaration, BaseDeclaration):
            raise FactoryError(
                f"{shown_name}: {head} has no arguments of its own; give {head}= instead"
            )
        return own

    def _require_agreement(self, path: str, checked: Mapping[str, Any]) -> None:
        """Require that flags, the parameters that they decide, rows and keys agree."""
        for name, choice in self._choices.items():
            given = {
                f"{flag}=True": value
                for flag, value in choice.by_flag.items()
                if checked.get(flag) is True
            }
            value = checked.get(name)
            if value is not None and not isinstance(value, BaseDeclaration):
                given[f"{name}={shown(value)}"] = value
            if len(set(given.values())) > 1:
                first, second = list(given)[:2]
                raise FactoryError(
                    f"{path}{first} and {second} contradict each other; leave out one of the two"
                )
        given_ages = [
            name
            for name in _AGES
            if checked.get(name) is not None and get_builder_phase(checked[name]) is None
        ]
        if len(given_ages) > 1 and _AGES_OF in self._names:
            raise FactoryError(
                f"{path}{given_ages[0]} and {given_ages[1]} both say how old the fish are; leave "
                "out one of the two"
            )
        for name, row, key, value in self._given_twice(checked):
            if getattr(row, key) != value:
                raise FactoryError(
                    f"{path}{name} and {name}_id={value} are different "
                    "rows; leave out one of the two"
                )

    def _given_twice(self, checked: Mapping[str, Any]) -> Iterator[tuple[str, Any, str, Any]]:
        """Yield the rows that are given together with a key: name, row, its key, and the key."""
        for name, row in checked.items():
            value = checked.get(f"{name}_id")
            if isinstance(value, int) and hasattr(row, "__table__"):
                yield name, row, next(iter(row.__table__.primary_key)).name, value


def _is_hidden(declaration: Any) -> bool:
    return isinstance(declaration, RowPlan)


def _model_of(factory_class: Any) -> Any:
    """Return the mapped model of a factory, even while factory_boy builds a dict instead."""
    models = (base._meta.model for base in factory_class.__mro__ if hasattr(base, "_meta"))
    return next((model for model in models if hasattr(model, "__table__")), None)


def _own_parameters(factory_class: Any) -> set[str]:
    """Return the parameters that the factories of this package declare, not those of users."""
    bases = [base for base in factory_class.__mro__ if base.__module__.startswith(_PACKAGE)]
    return {name for base in bases for name in getattr(base._meta, "hidden", ())}


def _arguments_of(factory_class: Any) -> Arguments:
    arguments: Arguments = factory_class._meta.arguments
    return arguments


def _parameter_check(name: str, declaration: Any) -> ValueCheck | None:
    """Return the check of a parameter by its name and declaration; None for a user's own."""
    if isinstance(declaration, Parent):
        return row_check(_model_of(declaration.factory_class), declaration.key)
    if isinstance(declaration, bool):
        return flag_check
    if name in _ROWS and declaration is None:
        return row_check(_ROWS[name], f"{name}_id")
    return _PARAMETERS.get(name)
