"""The base class of all factories, and the options that make columns planned.

A row is made in four steps:

1. Pins: columns given in the call, by a trait or in a subclass.
2. Parents: rows it refers to, declared as `Parent` in `Params`, are found or made.
3. Plan: `_plan` returns the values of all columns, computed from pins and parents, so that they
   agree. A column that is not pinned takes its planned value.
4. Rows that follow: `_after_instantiate` makes what follows from the row, such as the fish of a
   sample, or records it for later rows, such as deaths of a fish group.

A factory with `_creates_rows = False` returns a row that another factory makes together with
others, such as a lot of a harvest: `_find_row` returns it.

All rows of an outermost factory call are written in one flush at its end, unless only the
database knows their keys. A call that fails leaves no unwritten rows behind.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from factory import enums
from factory.alchemy import SQLAlchemyModelFactory, SQLAlchemyOptions
from factory.base import StubObject
from factory.builder import parse_declarations
from factory.declarations import SimpleParameter

from ..schema import BatchContainerAssignment
from .arguments import Arguments
from .binding import bindings, current_context, factory_call
from .context import FactoryContext
from .declarations import Pins, PlannedColumn, RowPlan
from .errors import FactoryError
from .row_checks import require_order, require_own_fish, require_parents
from .seeded_generators import is_users_declaration, seeded_generators
from .value_checks import checked_size

Row = TypeVar("Row")
_PLAN = "plan"


class AquadataOptions(SQLAlchemyOptions):
    """Options of a factory that declare every column of the model as planned.

    Parameters become declarations that are hidden from the model, so that a subclass may override
    them as it overrides a column.
    """

    base_declarations: dict[str, Any]
    hidden: frozenset[str] = frozenset()
    uses_generators: bool = False
    _arguments: Arguments | None = None

    def contribute_to_class(self, factory: Any, **kwargs: Any) -> None:
        """Declare the columns of the model as planned, and parameters as hidden declarations."""
        super().contribute_to_class(factory, **kwargs)
        table = getattr(self.model, "__table__", None)
        planned: dict[str, Any] = {}
        if table is not None and not self.abstract:
            columns = {column.name: PlannedColumn(column.name) for column in table.columns}
            planned = {_PLAN: RowPlan(), **columns}
        parameters = {
            name: parameter.value
            for name, parameter in self.parameters.items()
            if isinstance(parameter, SimpleParameter)
        }
        overridden = {name: value for name, value in vars(factory).items() if name in parameters}
        self.base_declarations = {**planned, **self.base_declarations, **parameters, **overridden}
        for name in parameters:
            del self.parameters[name]
        inherited = (getattr(base, "_meta", None) for base in factory.__mro__[1:])
        self.hidden = frozenset({_PLAN, *parameters}).union(
            *(getattr(options, "hidden", ()) for options in inherited)
        )
        self.pre_declarations, self.post_declarations = parse_declarations(self.declarations)
        self.uses_generators = any(map(is_users_declaration, self.declarations.values()))

    @property
    def _counter(self) -> Any:
        """The factory's sequence: each binding and each test has its own."""
        return bindings.memory().sequences.get(self)

    @_counter.setter
    def _counter(self, counter: Any) -> None:
        if counter is not None:
            bindings.memory().sequences[self] = counter

    def _get_counter_reference(self) -> Any:
        """Return the options that count: these, if the factory sets its first number itself."""
        if "_setup_next_sequence" in vars(self.factory):
            return self
        return super()._get_counter_reference()

    def prepare_arguments(self, attributes: dict[str, Any]) -> Any:
        """Return the arguments of the model, checked, without parameters and the plan."""
        shown = {name: value for name, value in attributes.items() if name not in self.hidden}
        positional, columns = super().prepare_arguments(shown)
        check = self.arguments.check
        return positional, {name: check(name, value) for name, value in columns.items()}

    @property
    def arguments(self) -> Arguments:
        """The arguments that the factory accepts."""
        if self._arguments is None:
            self._arguments = Arguments(self)
        return self._arguments

    def instantiate(self, step: Any, args: Any, kwargs: Any) -> Any:
        """Return the row, made or found, after what follows from it."""
        factory_class: Any = self.factory
        strategy = step.builder.strategy
        plan = step.attributes.get(_PLAN, {})
        with factory_class._factory_call(strategy) as context:
            if factory_class._creates_rows:
                self._check_row(context, step, kwargs)
                row = self._new_row(context, step, args, kwargs)
                if self.model is not dict and row is not context.found:
                    factory_class._after_instantiate(context, row, plan)
            else:
                row = factory_class._find_row(context, plan)
                self._check_row(context, step, {**_columns_of(row), **kwargs})
                row = _in_shape(_updated(row, kwargs), self.model, strategy)
            context.resolved[factory_class] = step.attributes
            return row

    def _check_row(self, context: FactoryContext, step: Any, columns: dict[str, Any]) -> None:
        """Require that the columns of a row agree with each other and with its parents."""
        model = self.arguments.model
        if model is None or not step.builder.extras:
            return
        pins = Pins(step.stub, step)
        require_order(pins.factory, model, columns)
        require_parents(context, pins, model, columns)
        assignment = step.attributes.get("assignment")
        if assignment is not None and model is not BatchContainerAssignment:
            require_own_fish(context, pins, assignment, columns)

    def _new_row(self, context: FactoryContext, step: Any, args: Any, kwargs: Any) -> Any:
        is_built = step.builder.strategy != enums.CREATE_STRATEGY and self.model is not dict
        if is_built:
            kwargs = {**_column_defaults(self.model), **kwargs}
        row = super().instantiate(step, args, kwargs)
        if is_built:
            context.writer.register(self.model, row)
        return row


def _column_defaults(model: Any) -> dict[str, Any]:
    """Return the defaults that SQLAlchemy fills in on insert, for rows that are only built."""
    values: dict[str, Any] = {}
    for column in model.__table__.columns:
        default = getattr(column.default, "arg", None)
        values[column.name] = default(None) if callable(default) else default
    return values


def _updated(row: Any, values: dict[str, Any]) -> Any:
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
    return row


def _in_shape(row: Any, model: Any, strategy: str) -> Any:
    """Return a row as its model, as a dict or as a stub, as the call asks for."""
    if model is not dict and strategy != enums.STUB_STRATEGY:
        return row
    values = _columns_of(row)
    return values if model is dict else StubObject(**values)


def _columns_of(row: Any) -> dict[str, Any]:
    return {column.name: getattr(row, column.name) for column in row.__table__.columns}


class AquadataFactory(SQLAlchemyModelFactory, Generic[Row]):
    """A factory whose rows agree with all rows that they refer to.

    `Row` is the model: `BatchFactory()` returns a `Batch`.
    """

    class Meta:
        abstract = True

    _options_class = AquadataOptions
    _creates_rows: ClassVar[bool] = True
    _shared_parents: ClassVar[tuple[str, ...]] = ()
    """Parents that the rows of one `create_batch` have in common."""

    if TYPE_CHECKING:  # for type checkers: a call of the class returns a row

        def __new__(cls, **kwargs: Any) -> Row:  # type: ignore[misc]
            """Make a row and write it."""

        @classmethod
        def create(cls, **kwargs: Any) -> Row:
            """Make a row and write it."""

        @classmethod
        def build(cls, **kwargs: Any) -> Row:
            """Build a row without storing it."""

    @classmethod
    def create_batch(cls, size: int, **kwargs: Any) -> list[Row]:
        """Make several rows in one flush; they share parents that are not given.

        Args:
            size: number of rows.
            kwargs: columns and parameters of each row.

        Raises:
            FactoryError: for a size below 0, or an argument that cannot be.
        """
        return cls._make_batch(enums.CREATE_STRATEGY, size, kwargs)

    @classmethod
    def build_batch(cls, size: int, **kwargs: Any) -> list[Row]:
        """Build several rows without storing them; arguments are those of `create_batch`."""
        return cls._make_batch(enums.BUILD_STRATEGY, size, kwargs)

    @classmethod
    def stub_batch(cls, size: int, **kwargs: Any) -> list[Any]:
        """Make several stubs; arguments are those of `create_batch`."""
        return cls._make_batch(enums.STUB_STRATEGY, size, kwargs)

    @classmethod
    def bulk(cls, size: int, **kwargs: Any) -> int:
        """Write several rows and return their number; some factories do it without objects.

        Args:
            size: number of rows.
            kwargs: columns and parameters of each row.
        """
        rows = checked_size(f"{cls.__name__}.bulk", size, least=1)
        return cls._insert_rows(rows, cls._meta.arguments.check_call(kwargs))

    @classmethod
    def _insert_rows(cls, size: int, kwargs: dict[str, Any]) -> int:
        """Write rows and return their number."""
        return len(cls.create_batch(size, **kwargs))

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        """Return the values of all columns that are not left to the model's defaults.

        Values under names that are not columns are passed on to `_after_instantiate` or
        `_find_row`.
        """
        raise NotImplementedError

    @classmethod
    def _after_instantiate(cls, context: FactoryContext, row: Any, plan: dict[str, Any]) -> None:
        """Make or record what follows from a new row."""

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        """Return the row, in a factory whose rows are made together with others."""
        raise NotImplementedError

    @classmethod
    def _factory_call(
        cls, strategy: str = enums.CREATE_STRATEGY
    ) -> AbstractContextManager[FactoryContext]:
        is_stored = strategy == enums.CREATE_STRATEGY
        choose = cls._session_context if is_stored else bindings.build_context
        return factory_call(choose, cls._meta.sqlalchemy_session_persistence == "commit")

    @classmethod
    def _session_context(cls) -> FactoryContext:
        make = cls._meta.sqlalchemy_session_factory
        return bindings.session_context(make() if make else cls._meta.sqlalchemy_session)

    @classmethod
    def _generate(cls, strategy: str, params: dict[str, Any]) -> Any:
        """Make a row, in the running factory call or in one of its own."""
        params = cls._meta.arguments.check_call(params)
        with cls._factory_call(strategy) as context, cls._seeded(context, params):
            # Not through SQLAlchemyModelFactory, which would keep a session in the class.
            return super(SQLAlchemyModelFactory, cls)._generate(strategy, params)

    @classmethod
    def _seeded(
        cls, context: FactoryContext, params: dict[str, Any]
    ) -> AbstractContextManager[None]:
        """Return a block in which declarations of the user draw from generators of the row."""
        if not cls._meta.uses_generators and not any(map(is_users_declaration, params.values())):
            return nullcontext()
        name = f"{cls.__module__}.{cls.__qualname__}"
        return seeded_generators(
            context.random_stream("declarations", name, context.next_number(f"row of {name}"))
        )

    @classmethod
    def _create(cls, model_class: Any, *args: Any, **kwargs: Any) -> Any:
        """Add a row to the current context, or find it by `sqlalchemy_get_or_create`."""
        context = current_context()
        key_names = cls._meta.sqlalchemy_get_or_create
        if key_names:
            row = context.rows.find(model_class, **cls._key_values(key_names, kwargs))
            if row is not None:
                context.found = row
                return row
        row = model_class(*args, **kwargs)
        context.writer.register(model_class, row)
        return row

    @classmethod
    def _key_values(cls, names: Sequence[str], values: dict[str, Any]) -> dict[str, Any]:
        missing = [name for name in names if name not in values]
        if missing:
            raise FactoryError(
                f"{cls.__name__} finds rows by {missing[0]}, of which it has no value: give "
                "sqlalchemy_get_or_create columns of the model"
            )
        return {name: values[name] for name in names}

    @classmethod
    def _make_batch(cls, strategy: str, size: int, kwargs: dict[str, Any]) -> list[Any]:
        size = checked_size(f"{cls.__name__}.{strategy}_batch", size)
        kwargs = cls._meta.arguments.check_call(kwargs)
        if not size:
            return []
        with cls._factory_call(strategy) as context:
            return cls._make_rows(context, strategy, size, kwargs)

    @classmethod
    def _make_rows(
        cls, context: FactoryContext, strategy: str, size: int, kwargs: dict[str, Any]
    ) -> list[Any]:
        """Make rows one after another; all have the shared parents of the first."""
        make: Callable[..., Any] = getattr(cls, strategy)
        rows = [make(**kwargs)]
        resolved = context.resolved.get(cls, {})
        shared = {
            name: resolved[name] for name in cls._shared_parents if resolved.get(name) is not None
        }
        nested = tuple(f"{name}__" for name in shared)
        others = {name: kwargs[name] for name in kwargs if not name.startswith(nested)}
        rows += [make(**{**shared, **others}) for _ in range(size - 1)]
        return rows
