"""The session that factories write to: the bound one, or the one that a factory's Meta names.

A binding belongs to the thread or asyncio task that makes it, and to the tasks that this one
starts.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from factory.base import FactoryOptions
from sqlalchemy.orm import Session, scoped_session

from ..row_scopes import RowScope, scopes
from .context import FactoryContext, FactorySettings
from .errors import FactoryError
from .session_events import SessionEvents

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession, async_scoped_session

    AnySession = Session | scoped_session[Any] | AsyncSession | async_scoped_session[Any]

_INFO_KEY = "pytest_aquadata.factories"
"""Key of the context in the `info` of a session that a Meta names."""


@dataclass(eq=False)
class Memory:
    """Rows and numbers that factories keep for one session in one test scope.

    Attributes:
        built: context of rows that are built and stored nowhere.
        stored: context of rows that are stored; None without a session.
        sequences: the next number of each factory's sequence.
    """

    built: FactoryContext
    stored: FactoryContext | None = None
    sequences: dict[FactoryOptions, Any] = field(default_factory=dict)


class Binding:
    """A session that is bound while a block runs.

    Rows that a wider fixture or another test makes in it are remembered apart, so that they do
    not depend on the order of tests.
    """

    def __init__(self, source: AnySession, settings: FactorySettings | None) -> None:
        """Bind a session.

        Args:
            source: the session, or the registry that knows it.
            settings: settings of the rows; None for those of the test that runs.
        """
        self.is_open = True
        self._source = source
        self._settings = settings
        self._scope = scopes.current
        self._thread = threading.get_ident()
        self._task = _running_task()
        self._memories: WeakKeyDictionary[RowScope, Memory] = WeakKeyDictionary()
        self._events = SessionEvents(self._forget)

    @property
    def session(self) -> Session:
        """The session that rows are added to."""
        return real_session(self._source)

    @property
    def outlived_its_task(self) -> bool:
        """True in the thread of a binding whose task has ended, as that of an async fixture."""
        is_done = self._task is not None and self._task.done()
        return self.is_open and is_done and self._thread == threading.get_ident()

    def memory(self) -> Memory:
        """Return what is remembered in the current scope."""
        scope = self._scope if self._settings is not None else scopes.current
        session = self.session
        memory = self._memories.get(scope)
        if memory is None:
            settings = self._settings or FactorySettings(subject=scope.subject)
            memory = self._memories[scope] = Memory(FactoryContext(None, settings))
        if memory.stored is None or memory.stored.session is not session:
            is_later = scope is not self._scope
            memory.stored = FactoryContext(session, memory.built.settings, qualified=is_later)
            self._events.follow(session)
        return memory

    def close(self) -> None:
        """End the binding."""
        self.is_open = False
        self._events.stop()

    def _forget(self) -> None:
        for memory in self._memories.values():
            if memory.stored is not None:
                memory.stored.forget_later()


class SessionBindings:
    """The contexts of all sessions that factories may write to in this process."""

    def __init__(self) -> None:
        """Begin with no session bound."""
        self._bound: ContextVar[tuple[Binding, ...]] = ContextVar("aquadata_bound", default=())
        self._open: list[Binding] = []
        self._unbound: WeakKeyDictionary[RowScope, threading.local] = WeakKeyDictionary()

    @contextmanager
    def bind(
        self, source: AnySession, settings: FactorySettings | None
    ) -> Iterator[FactoryContext]:
        """Bind a session while the block runs; the innermost binding is used."""
        binding = Binding(source, settings)
        stored = binding.memory().stored
        assert stored is not None
        self._bound.set((*self._bound.get(), binding))
        self._open.append(binding)
        try:
            yield stored
        finally:
            # Not by a token: a fixture may end in another task than it began in.
            self._bound.set(tuple(each for each in self._bound.get() if each is not binding))
            self._open.remove(binding)
            binding.close()

    def innermost(self) -> Binding | None:
        """Return the innermost open binding of this thread or task."""
        for binding in reversed(self._bound.get()):
            if binding.is_open:
                return binding
        return next((each for each in reversed(self._open) if each.outlived_its_task), None)

    def memory(self) -> Memory:
        """Return what is remembered for the bound session, or in this thread if none is bound."""
        binding = self.innermost()
        if binding is not None:
            return binding.memory()
        local = self._unbound.setdefault(scopes.current, threading.local())
        memory: Memory | None = getattr(local, "memory", None)
        if memory is None:
            settings = FactorySettings(subject=scopes.current.subject)
            memory = local.memory = Memory(FactoryContext(None, settings))
        return memory

    def session_context(self, session: AnySession | None) -> FactoryContext:
        """Return the context of a session that a Meta names, or else of the bound session.

        Raises:
            FactoryError: if no session is named or bound.
        """
        binding = self.innermost()
        if session is not None:
            named = real_session(session)
            if binding is None or binding.session is not named:
                return _named_context(named)
        if binding is None:
            raise FactoryError(self._no_session())
        stored = binding.memory().stored
        assert stored is not None
        return stored

    def build_context(self) -> FactoryContext:
        """Return the context of rows that are built and stored nowhere."""
        return self.memory().built

    def _no_session(self) -> str:
        if self._open:
            return (
                "factories have no session in this thread or task, since another one has bound "
                "its own: wrap the call in `with bound(session):` here, with a session for this "
                "thread or task, or call .build()"
            )
        return (
            "factories have no session to write to: use the fixture aquadata_session or "
            "aquadata_factories, wrap the call in `with bound(session):`, or call .build()"
        )


bindings = SessionBindings()
_current: ContextVar[FactoryContext | None] = ContextVar("aquadata_factory_context", default=None)


@contextmanager
def bound(session: AnySession, settings: FactorySettings | None = None) -> Iterator[FactoryContext]:
    """Let all factories of this thread or task write to a session while the block runs.

    Rows are flushed, and committed only if a factory's Meta asks for it. Each binding starts
    afresh: it remembers no earlier rows, and sequences and random streams depend on its settings
    alone; numbers go on above those in the database. With an `AsyncSession`, call factories
    inside `run_sync`.

    Args:
        session: session that rows are added to.
        settings: today, seed and subject of the rows.

    Yields:
        The context of the session, with its settings.

    Raises:
        FactoryError: if it is not a session.
    """
    with bindings.bind(session, settings) as context:
        yield context


def begin_test(name: str) -> None:
    """Restart numbers, sequences and random streams, for a test of this name."""
    scopes.begin_test(name)


def current_context() -> FactoryContext:
    """Return the context of the factory call that is running.

    Raises:
        FactoryError: if no factory call is running.
    """
    context = _current.get()
    if context is None:
        raise FactoryError("no factory call is running: use this inside a declaration only")
    return context


@contextmanager
def factory_call(
    choose: Callable[[], FactoryContext], commit: bool = False
) -> Iterator[FactoryContext]:
    """Run a factory call; calls inside it share its context and its flush.

    Args:
        choose: returns the context of an outermost call.
        commit: commit at the end rather than flush.
    """
    context = _current.get()
    if context is not None:
        yield context
        return
    context = choose()
    token = _current.set(context)
    try:
        with context.call(commit):
            yield context
    finally:
        _current.reset(token)


def real_session(session: AnySession) -> Session:
    """Return the session that does the work behind a scoped or asynchronous one.

    Raises:
        FactoryError: if it is not a session.
    """
    if callable(getattr(session, "registry", None)):
        session = session.registry()  # type: ignore[union-attr]
    inner = getattr(session, "sync_session", session)
    if not isinstance(inner, Session):
        raise FactoryError(
            f"{type(session).__name__} is no session: bind a SQLAlchemy Session, scoped_session, "
            "AsyncSession or async_scoped_session"
        )
    return inner


def _named_context(session: Session) -> FactoryContext:
    """Return the context of a session that a Meta names, which the session itself keeps."""
    scope, context, events = session.info.get(_INFO_KEY, (None, None, None))
    if scope is scopes.current:
        known: FactoryContext = context
        return known
    if events is not None:
        events.stop()
    named = FactoryContext(session, FactorySettings(subject=scopes.current.subject))
    events = SessionEvents(named.forget_later)
    events.follow(session)
    session.info[_INFO_KEY] = (scopes.current, named, events)
    return named


def _running_task() -> asyncio.Task[Any] | None:
    try:
        return asyncio.current_task()
    except RuntimeError:  # no event loop runs
        return None
