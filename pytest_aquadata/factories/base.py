"""What all factories share: rows that are planned as a whole, so that their columns agree.

Each factory has a plan: a function of the company and of what the test has pinned that gives all
columns of a row. A column that nobody pins is taken from the plan; one that is pinned, in the
call, by a trait or in a subclass, is heard by the plan, and the others follow it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from typing import Any, ClassVar, Generic, TypeVar

import factory
import factory.builder
from factory import enums
from factory.alchemy import SQLAlchemyModelFactory, SQLAlchemyOptions
from factory.base import StubObject
from factory.declarations import SKIP, BaseDeclaration, SimpleParameter
from factory.errors import CyclicDefinitionError

from .binding import at_work, company_of, has_counter, paper, working
from .catalogue import key_name
from .company import Company

Row = TypeVar("Row")
_PLAN = "plan"


class Planned(BaseDeclaration):
    """A column that is taken from the plan."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """The plan's value; nothing where the plan leaves the model's own default."""
        return instance.plan.get(self.name, SKIP)


class Plan(BaseDeclaration):
    """The plan of a row, made once."""

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> dict[str, Any]:
        """Ask the factory for it."""
        maker = step.builder.factory_meta.factory
        with maker._working(step.builder.strategy) as company:
            return self._made_for(company, maker, PinnedValues(instance, step))

    def _made_for(self, company: Company, maker: Any, pins: PinnedValues) -> dict[str, Any]:
        values: dict[str, Any] = maker._plan(company, pins)
        model = maker._meta.model
        if maker._adds_rows and model is not dict:
            key = key_name(model)
            values = {**values, key: pins.get(key, values.get(key))}
            company.complete(model, values)
        return values


class PinnedValues:
    """What a test has pinned, and the parameters and parents of the row at hand."""

    __slots__ = ("_extras", "_instance", "_meta")

    def __init__(self, instance: Any, step: Any) -> None:
        """Look through a resolver of factory_boy."""
        self._instance = instance
        self._extras = step.builder.extras
        self._meta = step.builder.factory_meta

    def given(self, name: str) -> bool:
        """Whether a column or parent is pinned in the call, by a trait or in a subclass."""
        if name in self._extras:
            return not isinstance(self._extras[name], Planned | Parent)
        declared = self._meta.pre_declarations
        return name in declared and not isinstance(declared[name].declaration, Planned | Parent)

    def get(self, name: str, default: Any = None) -> Any:
        """The pinned value of a column, or a default."""
        if not self.given(name):
            return default
        try:
            value = getattr(self._instance, name)
        except CyclicDefinitionError:
            return default  # a trait that is off, or one that asks the plan in turn
        return default if value is SKIP else value

    def __getitem__(self, name: str) -> Any:
        """A parameter or parent, made if need be."""
        return getattr(self._instance, name)

    def columns(self, names: Iterable[str]) -> dict[str, Any]:
        """The pinned ones of some columns."""
        pinned = {name: self.get(name, SKIP) for name in names}
        return {name: value for name, value in pinned.items() if value is not SKIP}


Find = Callable[[Company, PinnedValues], Any]


class Parent(BaseDeclaration):
    """A row that this one belongs to: given, found by its key, found where it is, or made.

    Nothing is made when the key is pinned, so no row is left that nobody refers to. It is no
    SubFactory, because pytest-factoryboy would make every one of those, also those that there are
    not: the hall of a ring, the area of a tank.
    """

    UNROLL_CONTEXT_BEFORE_EVALUATION = False

    def __init__(
        self,
        maker: Any,
        key: str | None = None,
        found: Find | None = None,
        when: Find | None = None,
        **defaults: Any,
    ) -> None:
        """Declare a parent.

        Args:
            maker: the factory that makes it.
            key: the column that refers to it.
            found: looks for one that there is.
            when: tells whether there is such a parent at all.
            defaults: passed to the factory.
        """
        super().__init__(**defaults)
        self.maker = maker
        self.key = key
        self.found = found
        self.when = when

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """The parent."""
        maker = step.builder.factory_meta.factory
        with maker._working(step.builder.strategy) as company:
            return self._given_or_made(
                company, PinnedValues(instance, step), instance, step, overrides
            )

    def _given_or_made(
        self, company: Company, pins: PinnedValues, instance: Any, step: Any, overrides: Any
    ) -> Any:
        if self.key is not None and (key := pins.get(self.key)) is not None:
            return company.get(self.maker._meta.model, key)
        if self.when is not None and not self.when(company, pins):
            return None
        if self.found is not None and not overrides:
            found = self.found(company, pins)
            if found is not None:
                return found
        return super().evaluate_pre(instance, step, overrides)

    def evaluate(self, instance: Any, step: Any, extra: dict[str, Any]) -> Any:
        """Make it: a whole row also where a stub is asked for."""
        strategy = step.builder.strategy
        if strategy == enums.STUB_STRATEGY:
            strategy = enums.BUILD_STRATEGY
        builder = factory.builder.StepBuilder(self.maker._meta, extra, strategy)
        return builder.build(parent_step=step)


class Pinned(BaseDeclaration):
    """A parameter that takes the value of a column, if that is pinned."""

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """The pinned value, or None."""
        return PinnedValues(instance, step).get(self.column)


class Chosen(BaseDeclaration):
    """A parameter that flags choose: a trait that costs nothing when it is off.

    factory_boy's Trait asks for its flag by an error whose text lists every value of the row.
    """

    def __init__(self, otherwise: Any, **by_flag: Any) -> None:
        """Declare the choice.

        Args:
            otherwise: the value when no flag is on.
            by_flag: values by the flag that chooses them; the first that is on does.
        """
        super().__init__()
        self.otherwise = otherwise
        self.by_flag = by_flag

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """The value of the first flag that is on."""
        for flag, value in self.by_flag.items():
            if getattr(instance, flag):
                return value
        return self.otherwise


class Same(BaseDeclaration):
    """For a parent: what its child has under a name."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.name = name

    def evaluate_pre(self, instance: Any, step: Any, overrides: Any) -> Any:
        """The child's value."""
        return getattr(step.parent_step.stub, self.name)


class AquadataOptions(SQLAlchemyOptions):
    """Options of a factory: every column that is not declared is planned.

    Parameters are kept among the declarations and hidden from the model, so that a class may
    override them as it overrides a column.
    """

    base_declarations: dict[str, Any]
    hidden: frozenset[str] = frozenset()

    def contribute_to_class(self, factory: Any, **kwargs: Any) -> None:
        """Declare the columns of a mapped model, and take parameters among the declarations."""
        super().contribute_to_class(factory, **kwargs)
        table = getattr(self.model, "__table__", None)
        planned: dict[str, Any] = {}
        if table is not None and not self.abstract:
            planned = {_PLAN: Plan(), **{one.name: Planned(one.name) for one in table.columns}}
        simple = {
            name: one.value
            for name, one in self.parameters.items()
            if isinstance(one, SimpleParameter)
        }
        own = {name: value for name, value in vars(factory).items() if name in simple}
        self.base_declarations = {**planned, **self.base_declarations, **simple, **own}
        for name in simple:
            del self.parameters[name]
        inherited = (getattr(one, "_meta", None) for one in factory.__mro__[1:])
        self.hidden = frozenset({_PLAN, *simple}).union(
            *(getattr(one, "hidden", ()) for one in inherited)
        )
        self.pre_declarations, self.post_declarations = _parse(self.declarations)
        has_counter(self)

    def prepare_arguments(self, attributes: dict[str, Any]) -> Any:
        """Keep parameters from the model."""
        shown = {name: value for name, value in attributes.items() if name not in self.hidden}
        return super().prepare_arguments(shown)

    def instantiate(self, step: Any, args: Any, kwargs: Any) -> Any:
        """The row, and whatever belongs to it."""
        with self.factory._working(step.builder.strategy) as company:
            return self._made(company, step, args, kwargs)

    def _made(self, company: Company, step: Any, args: Any, kwargs: Any) -> Any:
        maker: Any = self.factory
        plan = step.attributes.get(_PLAN, {})
        if not maker._adds_rows:
            row = _changed(maker._found(company, plan), kwargs)
            company.used[maker] = step.attributes
            return _shaped(row, self.model, step.builder.strategy)
        if step.builder.strategy != enums.CREATE_STRATEGY and self.model is not dict:
            kwargs = {**_defaults(self.model), **kwargs}
        row = super().instantiate(step, args, kwargs)
        if self.model is not dict:
            if step.builder.strategy != enums.CREATE_STRATEGY:
                company.keep(self.model, row)
            maker._made(company, row, plan)
        company.used[maker] = step.attributes
        return row


def _defaults(model: Any) -> dict[str, Any]:
    """What the database, or SQLAlchemy as it writes, would put into columns that are not given."""
    values: dict[str, Any] = {}
    for column in model.__table__.columns:
        default = getattr(column.default, "arg", None)
        values[column.name] = default(None) if callable(default) else default
    return values


def _parse(declared: Any) -> Any:
    return factory.builder.parse_declarations(declared)


def _changed(row: Any, values: dict[str, Any]) -> Any:
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    return row


def _shaped(row: Any, model: Any, strategy: str) -> Any:
    """A row in the shape that was asked for: a model, a dict or a stub."""
    if model is not dict and strategy != enums.STUB_STRATEGY:
        return row
    values = {column.name: getattr(row, column.name) for column in row.__table__.columns}
    return values if model is dict else StubObject(**values)


class AquadataFactory(SQLAlchemyModelFactory, Generic[Row]):
    """A factory whose rows agree with all they belong to."""

    class Meta:
        abstract = True

    _options_class = AquadataOptions
    _adds_rows: ClassVar[bool] = True
    _shares: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        """All columns of a row, by name, that are not left to the model's default."""
        raise NotImplementedError

    @classmethod
    def _made(cls, at: Company, row: Any, plan: dict[str, Any]) -> None:
        """Do what follows from a new row."""

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        """The row itself, for a factory whose rows come with others."""
        raise NotImplementedError

    @classmethod
    def _company(cls) -> Company:
        make = cls._meta.sqlalchemy_session_factory
        return company_of(make() if make else cls._meta.sqlalchemy_session)

    @classmethod
    def _working(cls, strategy: str = enums.CREATE_STRATEGY) -> AbstractContextManager[Company]:
        choose = cls._company if strategy == enums.CREATE_STRATEGY else paper
        return at_work(choose, cls._meta.sqlalchemy_session_persistence == "commit")

    @classmethod
    def bulk(cls, size: int, **kwargs: Any) -> int:
        """Write so many rows and return how many; a factory that can, writes columns."""
        return len(cls.create_batch(size, **kwargs))

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Any:
        """Make a row, and all it needs, in one piece of work."""
        with cls._working(strategy):
            return super(SQLAlchemyModelFactory, cls)._generate(strategy, params)

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        """Add the row to the session at work. No class keeps a session."""
        company = working()
        wanted = cls._meta.sqlalchemy_get_or_create
        if wanted:
            found = company.find(model_class, **{name: kwargs[name] for name in wanted})
            if found is not None:
                return found
        row = model_class(*args, **kwargs)
        company.keep(model_class, row)
        return row

    @classmethod
    def create_batch(cls, size: int, **kwargs: Any) -> list[Row]:
        """Make so many rows in one flush, of the same parents unless these are given."""
        return cls._batch(enums.CREATE_STRATEGY, size, kwargs)

    @classmethod
    def build_batch(cls, size: int, **kwargs: Any) -> list[Row]:
        """The same on paper."""
        return cls._batch(enums.BUILD_STRATEGY, size, kwargs)

    @classmethod
    def stub_batch(cls, size: int, **kwargs: Any) -> list[Any]:
        """The same as stubs."""
        return cls._batch(enums.STUB_STRATEGY, size, kwargs)

    @classmethod
    def _batch(cls, strategy: str, size: int, kwargs: dict[str, Any]) -> list[Any]:
        if size <= 0:
            return []
        with cls._working(strategy) as company:
            return cls._rows(company, strategy, size, kwargs)

    @classmethod
    def _rows(cls, company: Company, strategy: str, size: int, kwargs: dict[str, Any]) -> list[Any]:
        """So many rows, one after another, of the parents of the first."""
        rows = [cls._generate(strategy, dict(kwargs))]
        used = company.used.get(cls, {})
        shared = {name: used[name] for name in cls._shares if used.get(name) is not None}
        nested = tuple(f"{name}__" for name in shared)
        others = {name: kwargs[name] for name in kwargs if not name.startswith(nested)}
        rows += [cls._generate(strategy, {**shared, **others}) for _ in range(size - 1)]
        return rows
