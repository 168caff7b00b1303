"""Declarations that factories are written with, besides those of factory_boy."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from factory import enums
from factory.builder import StepBuilder
from factory.declarations import SKIP, BaseDeclaration
from factory.errors import CyclicDefinitionError

from .context import FactoryContext
from .model_info import key_name


class Pins:
    """Pinned columns, parameters and parents of the row that is being made.

    A column or parent is pinned if a value is given for it in the call, by a trait or in a
    subclass.
    """

    __slots__ = ("_extras", "_instance", "_meta")

    def __init__(self, instance: Any, step: Any) -> None:
        """Read the attributes of a row through factory_boy's resolver and build step."""
        self._instance = instance
        self._extras = step.builder.extras
        self._meta = step.builder.factory_meta

    @property
    def factory(self) -> str:
        """Name of the factory."""
        return str(self._meta.factory.__name__)

    def given(self, name: str) -> Any:
        """Return the value of a column or parameter that the call itself gives, or None.

        A parameter that a flag decides, such as `stage` by `adult`, is given by the flag. The value
        of a declaration is not: it may differ from row to row.
        """
        if name in self._extras:
            is_declaration = enums.get_builder_phase(self._extras[name]) is not None
            return None if is_declaration else self.get(name)
        declared = self._meta.base_declarations.get(name)
        flags = declared.by_flag if isinstance(declared, FlagChoice) else ()
        is_decided = any(self._extras.get(flag) is True for flag in flags)
        return self[name] if is_decided else None

    def is_pinned(self, name: str) -> bool:
        """Return whether a column or parent is pinned."""
        if name in self._extras:
            return not isinstance(self._extras[name], PlannedColumn | Parent)
        declared = self._meta.pre_declarations
        return name in declared and not isinstance(
            declared[name].declaration, PlannedColumn | Parent
        )

    def get(self, name: str, default: Any = None) -> Any:
        """Return the pinned value of a column, or a default."""
        if not self.is_pinned(name):
            return default
        try:
            value = getattr(self._instance, name)
        except CyclicDefinitionError:
            return default  # a trait that is off, or a declaration that itself reads the plan
        return default if value is SKIP else self._meta.arguments.check(name, value)

    def __getitem__(self, name: str) -> Any:
        """Return the value of a parameter or parent; a missing parent is made."""
        return self._meta.arguments.check(name, getattr(self._instance, name))

    def columns(self, names: Iterable[str]) -> dict[str, Any]:
        """Return the pinned columns among these names, with their values."""
        pinned = {name: self.get(name, SKIP) for name in names}
        return {name: value for name, value in pinned.items() if value is not SKIP}


class RowPlan(BaseDeclaration):
    """The plan of a row: the values of all its columns, computed once by the factory."""

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> dict[str, Any]:
        """Return the factory's plan, completed with the row's key and timestamps."""
        factory_class = step.builder.factory_meta.factory
        with factory_class._factory_call(step.builder.strategy) as context:
            pins = Pins(instance, step)
            values: dict[str, Any] = factory_class._plan(context, pins)
            model = factory_class._meta.model
            if factory_class._creates_rows and model is not dict:
                key = key_name(model)
                values = {**values, key: pins.get(key, values.get(key))}
                context.writer.complete(model, values)
            return values


class PlannedColumn(BaseDeclaration):
    """A column whose value is taken from the plan."""

    def __init__(self, name: str) -> None:
        """Declare a column by its name."""
        super().__init__()
        self.name = name

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """Return the planned value, or SKIP where the plan leaves it to the model's default."""
        return instance.plan.get(self.name, SKIP)


Lookup = Callable[[FactoryContext, Pins], Any]


class Parent(BaseDeclaration):
    """A row that this one refers to: pinned, found, or made by its factory.

    It is found by its key if that is pinned, else by a lookup. Nothing is made when the key is
    pinned, so no row is left unused. It is not a SubFactory, because pytest-factoryboy would
    make a row for each of those, even for parents that a row lacks, such as the hall of a sea
    cage.
    """

    UNROLL_CONTEXT_BEFORE_EVALUATION = False

    def __init__(
        self,
        factory_class: Any,
        key: str | None = None,
        lookup: Lookup | None = None,
        condition: Lookup | None = None,
        **defaults: Any,
    ) -> None:
        """Declare a parent.

        Args:
            factory_class: factory that makes it.
            key: column that refers to it.
            lookup: returns an existing row, or None.
            condition: returns false if the row has no such parent, which is then None.
            defaults: arguments for the factory.
        """
        super().__init__(**defaults)
        self.factory_class = factory_class
        self.key = key
        self.lookup = lookup
        self.condition = condition

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """Return the parent's row."""
        factory_class = step.builder.factory_meta.factory
        with factory_class._factory_call(step.builder.strategy) as context:
            pins = Pins(instance, step)
            if self.key is not None and (key := pins.get(self.key)) is not None:
                return context.rows.get(self.factory_class._meta.model, key)
            if self.condition is not None and not self.condition(context, pins):
                return None
            if self.lookup is not None and not overrides:
                row = self.lookup(context, pins)
                if row is not None:
                    return row
            return super().evaluate_pre(instance, step, overrides)

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        """Make the parent's row: a whole one even for a stub."""
        strategy = step.builder.strategy
        if strategy == enums.STUB_STRATEGY:
            strategy = enums.BUILD_STRATEGY
        builder = StepBuilder(self.factory_class._meta, extra, strategy)
        return builder.build(parent_step=step)


class PinnedColumn(BaseDeclaration):
    """A parameter that takes the value of a column, or None if that is not pinned."""

    def __init__(self, column: str) -> None:
        """Declare a parameter by the column's name."""
        super().__init__()
        self.column = column

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """Return the pinned value, or None."""
        return Pins(instance, step).get(self.column)


class FlagChoice(BaseDeclaration):
    """A parameter whose value depends on which flag is on: a light kind of trait.

    factory_boy's own Trait is slow when it is off: it raises and formats an error that lists all
    values of the row.
    """

    def __init__(self, default: Any, **by_flag: Any) -> None:
        """Declare the choice.

        Args:
            default: value if no flag is on.
            by_flag: value for each flag; the first flag that is on decides.
        """
        super().__init__()
        self.default = default
        self.by_flag = by_flag

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """Return the value of the first flag that is on."""
        for flag, value in self.by_flag.items():
            if getattr(instance, flag):
                return value
        return self.default


class ChildAttribute(BaseDeclaration):
    """The value that the child has under a name, for the defaults of a Parent."""

    def __init__(self, name: str) -> None:
        """Declare the value by the attribute's name."""
        super().__init__()
        self.name = name

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """Return the child's value."""
        return getattr(step.parent_step.stub, self.name)


class EarliestPinnedDay(BaseDeclaration):
    """The earliest day that the child pins among some columns, for the defaults of a Parent."""

    def __init__(self, columns: Iterable[str]) -> None:
        """Declare the day by the names of columns that hold dates or instants."""
        super().__init__()
        self.columns = tuple(columns)

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """Return the day, or None if the child pins none of the columns."""
        child = step.parent_step
        pinned = Pins(child.stub, child).columns(self.columns).values()
        days = [value.date() if isinstance(value, datetime) else value for value in pinned]
        return min((day for day in days if day is not None), default=None)
