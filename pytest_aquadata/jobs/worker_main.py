"""The program of a process of the pool: receive functions, call them, send what they return.

Messages are pickles that follow their length in eight bytes, over pipes that no other process can
open. The end of the input means that the owner of the pool has closed it, or has died.
"""

from __future__ import annotations

import ctypes
import os
import pickle
import select
import signal
import sys
import threading
import traceback
from collections.abc import Callable
from typing import Any, BinaryIO

from ..errors import BuildError

HEADER_BYTES = 8
_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until the input ends; the first message is the initializer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _end_with_owner()
    with _private_copy(0, "rb") as requests, _private_copy(1, "wb") as replies:
        while (size := requests.read(HEADER_BYTES)) and len(size) == HEADER_BYTES:
            message = requests.read(int.from_bytes(size, "big"))
            reply = _outcome(message)
            replies.write(len(reply).to_bytes(HEADER_BYTES, "big"))
            replies.write(reply)
            replies.flush()


def _end_with_owner() -> None:
    """Let the operating system end this process with the owner of the pool.

    On Linux this ends a process that is stopped, too. Elsewhere a thread waits until nobody can
    write to the input.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    threading.Thread(
        target=_exit_when_closed, args=(os.dup(0),), name="aquadata owner", daemon=True
    ).start()


def _exit_when_closed(requests: int) -> None:
    """End this process when the writing end of a pipe is closed, even during a call."""
    poll = select.poll()
    poll.register(requests, 0)
    poll.poll()
    os._exit(0)


def _private_copy(descriptor: int, mode: str) -> BinaryIO:
    """Return a file of a descriptor that is then replaced by the null device."""
    copy = os.dup(descriptor)
    with open(os.devnull, mode) as null:  # noqa: PTH123
        os.dup2(null.fileno(), descriptor)
    return os.fdopen(copy, mode)  # type: ignore[return-value]


def _outcome(message: bytes) -> bytes:
    """Return the pickle of what a function returns, or of the error and its traceback."""
    try:
        function: Callable[[], Any] = pickle.loads(message)
        return pickle.dumps((function(), None), pickle.HIGHEST_PROTOCOL)
    except BaseException as error:
        lines = "".join(traceback.format_exception(error))
        return pickle.dumps((_portable(error), lines), pickle.HIGHEST_PROTOCOL)


def _portable(error: BaseException) -> Exception:
    """Return an error that can be sent to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return BuildError(f"{type(error).__name__}: {error}")
    return error if isinstance(error, Exception) else BuildError(f"{type(error).__name__}: {error}")
