"""Which session factories write to: the one bound, or the one a factory's own Meta names."""

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

from .company import Company, FactoryError, Setting

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncSession

_at_work: ContextVar[Company | None] = ContextVar("aquadata_company", default=None)
_bound: list[Company] = []
_papers: list[Company] = []
_of_sessions: WeakKeyDictionary[Session, Company] = WeakKeyDictionary()
_setting = Setting()
_with_counters: WeakSet[FactoryOptions] = WeakSet()


@contextmanager
def bound(
    session: Session | scoped_session[Any] | AsyncSession, setting: Setting | None = None
) -> Iterator[Company]:
    """Let all factories write to a session while the block runs.

    Every binding begins anew: numbers, sequences and random streams are those of its setting, and
    nothing of what was made before. With an `AsyncSession`, call factories inside `run_sync`.

    Args:
        session: where rows are added and flushed; never committed here, unless a factory's Meta
            asks for it.
        setting: what rows depend on besides what is asked for.
    """
    real = real_session(session)
    company = Company(real, setting or _setting)
    _begin_anew()
    event.listen(real, "after_soft_rollback", _forgetting(company))
    _bound.append(company)
    _papers.append(Company(None, company.setting))
    try:
        yield company
    finally:
        _bound.remove(company)
        _papers.pop()
        _begin_anew()


def begin_test(name: str) -> None:
    """Begin numbers, sequences and random streams anew, for a test of this name."""
    global _setting
    _setting = replace(Setting(), subject=name)
    _of_sessions.clear()
    _papers[:] = [Company(None, _setting)]
    _begin_anew()


def has_counter(options: FactoryOptions) -> None:
    """Have the sequence of a factory begin anew with everything else."""
    _with_counters.add(options)


def _begin_anew() -> None:
    for options in _with_counters:
        options._counter = None


def real_session(session: Session | scoped_session[Any] | AsyncSession) -> Session:
    """The session that does the work behind a scoped or asynchronous one."""
    if isinstance(session, scoped_session):
        return session()
    inner = getattr(session, "sync_session", session)
    if not isinstance(inner, Session):
        raise FactoryError(
            f"{type(session).__name__} is no session: bind a SQLAlchemy Session, scoped_session "
            "or AsyncSession"
        )
    return inner


def company_of(session: Session | scoped_session[Any] | None) -> Company:
    """The company of a session that a factory names, or of the session that is bound.

    Raises:
        FactoryError: when no session is named or bound.
    """
    if session is not None:
        real = real_session(session)
        if _bound and _bound[-1].session is real:
            return _bound[-1]
        if real not in _of_sessions:
            company = _of_sessions[real] = Company(real, _setting)
            event.listen(real, "after_soft_rollback", _forgetting(company))
        return _of_sessions[real]
    if not _bound:
        raise FactoryError(
            "factories have no session to write to: use the fixture aquadata_session or "
            "aquadata_factories, wrap the call in `with bound(session):`, or take .build()"
        )
    return _bound[-1]


def paper() -> Company:
    """The company whose rows are stored nowhere."""
    if not _papers:
        _papers.append(Company(None, _setting))
    return _papers[-1]


def working() -> Company:
    """The company that the factory at work makes rows for."""
    company = _at_work.get()
    if company is None:
        raise FactoryError("no factory is at work: this belongs inside a declaration")
    return company


@contextmanager
def at_work(choose: Callable[[], Company], commit: bool = False) -> Iterator[Company]:
    """Make rows for a company, and write them in one flush when the outermost call is done."""
    already = _at_work.get()
    if already is not None:
        yield already
        return
    company = choose()
    token = _at_work.set(company)
    try:
        company.begin()
        with company.unflushed():
            yield company
        company.finish(commit)
    except BaseException:
        company.abandon()
        raise
    finally:
        _at_work.reset(token)


def _forgetting(company: Company) -> Callable[..., None]:
    def forget(*_: Any) -> None:
        company.forget()

    return forget
