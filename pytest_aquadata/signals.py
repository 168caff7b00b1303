"""Signals during a build: deferred while a batch is written, and turned into an orderly end."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

_TERMINATING = (signal.SIGTERM, signal.SIGHUP)
_ENDING = (signal.SIGINT, *_TERMINATING)
_DEFERRED = (signal.SIGALRM, signal.SIGUSR1, signal.SIGUSR2, *_ENDING)


class _TerminatedError(BaseException):
    """A signal that ends the process arrived; its number is the argument."""


@contextmanager
def signals_deferred(end: Callable[[], None] | None = None) -> Iterator[None]:
    """Call the handlers of signals that arrive in a block when it ends.

    A handler may raise any exception, such as a test's time limit: within the block that could be
    taken for an error of the block itself. Does nothing outside the main thread, where no handler
    is called.

    Args:
        end: ends the block early; called when Ctrl-C, SIGTERM or SIGHUP arrives.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handlers = {
        number: handler for number in _DEFERRED if callable(handler := signal.getsignal(number))
    }
    arrived: list[tuple[int, FrameType | None]] = []

    def defer(number: int, frame: FrameType | None) -> None:
        arrived.append((number, frame))
        if end is not None and number in _ENDING:
            end()

    for deferred in handlers:
        signal.signal(deferred, defer)
    try:
        yield
    finally:
        for deferred, handler in handlers.items():
            signal.signal(deferred, handler)
        for number, frame in arrived:
            handlers[signal.Signals(number)](number, frame)


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Leave a block by an exception when SIGTERM or SIGHUP arrives, then end the process by it.

    The block removes its temporary files and releases its locks on the way. Handlers that the
    program has set stay. Does nothing outside the main thread.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    defaults = [number for number in _TERMINATING if signal.getsignal(number) is signal.SIG_DFL]
    for number in defaults:
        signal.signal(number, _terminate)
    try:
        yield
    except _TerminatedError as error:
        _restore(defaults)
        os.kill(os.getpid(), error.args[0])
        raise
    finally:
        _restore(defaults)


def _terminate(number: int, _: FrameType | None) -> None:
    raise _TerminatedError(number)


def _restore(numbers: list[signal.Signals]) -> None:
    for number in numbers:
        if signal.getsignal(number) is _terminate:
            signal.signal(number, signal.SIG_DFL)
