"""The session that factories write to: the bound one, or the one that a factory's Meta names."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, WeakSet

from factory.base import FactoryOptions
from sqlalchemy import event
from sqlalchemy.orm import Session, scoped_session

from .context import FactoryContext, FactorySettings
from .errors import FactoryError

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession


class SessionBindings:
    """The contexts of all sessions that factories may write to in this process."""

    def __init__(self) -> None:
        """Begin with no session bound."""
        self._settings = FactorySettings()
        self._bound: list[FactoryContext] = []
        self._built: list[FactoryContext] = []
        self._by_session: WeakKeyDictionary[Session, FactoryContext] = WeakKeyDictionary()
        self._sequences: WeakSet[FactoryOptions] = WeakSet()

    @contextmanager
    def bind(self, session: Session, settings: FactorySettings | None) -> Iterator[FactoryContext]:
        """Bind a session while the block runs; the innermost binding is used."""
        context = _context_of(session, settings or self._settings)
        self._restart_sequences()
        self._bound.append(context)
        self._built.append(FactoryContext(None, context.settings))
        try:
            yield context
        finally:
            self._bound.remove(context)
            self._built.pop()
            self._restart_sequences()

    def begin_test(self, name: str) -> None:
        """Restart numbers, sequences and random streams, for a test of this name."""
        self._settings = replace(FactorySettings(), subject=name)
        self._by_session.clear()
        self._built[:] = [FactoryContext(None, self._settings)]
        self._restart_sequences()

    def add_sequence(self, options: FactoryOptions) -> None:
        """Restart the sequence of a factory with every binding and test."""
        self._sequences.add(options)

    def _restart_sequences(self) -> None:
        for options in self._sequences:
            options._counter = None

    def session_context(self, session: Session | scoped_session[Any] | None) -> FactoryContext:
        """Return the context of a session that a Meta names, or else of the bound session.

        Raises:
            FactoryError: if no session is named or bound.
        """
        if session is not None:
            return self._named_context(real_session(session))
        if not self._bound:
            raise FactoryError(
                "factories have no session to write to: use the fixture aquadata_session or "
                "aquadata_factories, wrap the call in `with bound(session):`, or call .build()"
            )
        return self._bound[-1]

    def _named_context(self, session: Session) -> FactoryContext:
        if self._bound and self._bound[-1].session is session:
            return self._bound[-1]
        if session not in self._by_session:
            self._by_session[session] = _context_of(session, self._settings)
        return self._by_session[session]

    def build_context(self) -> FactoryContext:
        """Return the context of rows that are built and stored nowhere."""
        if not self._built:
            self._built.append(FactoryContext(None, self._settings))
        return self._built[-1]


bindings = SessionBindings()
_current: ContextVar[FactoryContext | None] = ContextVar("aquadata_factory_context", default=None)


@contextmanager
def bound(
    session: Session | scoped_session[Any] | AsyncSession, settings: FactorySettings | None = None
) -> Iterator[FactoryContext]:
    """Let all factories write to a session while the block runs.

    Rows are flushed, and committed only if a factory's Meta asks for it. Each binding starts
    afresh: it remembers no earlier rows, and numbers, sequences and random streams depend on its
    settings alone. With an `AsyncSession`, call factories inside `run_sync`.

    Args:
        session: session that rows are added to.
        settings: today, seed and subject of the rows.

    Yields:
        The context of the session, with its settings.

    Raises:
        FactoryError: if it is not a session.
    """
    with bindings.bind(real_session(session), settings) as context:
        yield context


def begin_test(name: str) -> None:
    """Restart numbers, sequences and random streams, for a test of this name."""
    bindings.begin_test(name)


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


def real_session(session: Session | scoped_session[Any] | AsyncSession) -> Session:
    """Return the session that does the work behind a scoped or asynchronous one.

    Raises:
        FactoryError: if it is not a session.
    """
    if isinstance(session, scoped_session):
        return session()
    inner = getattr(session, "sync_session", session)
    if not isinstance(inner, Session):
        raise FactoryError(
            f"{type(session).__name__} is no session: bind a SQLAlchemy Session, scoped_session "
            "or AsyncSession"
        )
    return inner


def _context_of(session: Session, settings: FactorySettings) -> FactoryContext:
    """Return a new context that forgets its rows whenever the session is rolled back."""
    context = FactoryContext(session, settings)

    def forget(*_: Any) -> None:
        context.forget()

    event.listen(session, "after_soft_rollback", forget)
    return context
