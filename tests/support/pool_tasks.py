"""Functions and writers for processes of a pool, which import them by name."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pytest_aquadata.databases.sqlite_store import ShardWriter
from pytest_aquadata.jobs import worker_launch
from pytest_aquadata.lifecycle.columns import BatchTables

worker_launch.ADDED_FOLDERS = (str(Path(__file__).parent),)

_TIMEOUT_S = 60.0

greeting = ""


def set_greeting(text: str) -> None:
    """Initialize a process of a pool."""
    global greeting
    greeting = text


def greet(name: str) -> str:
    return f"{greeting}, {name}"


def wait_until(condition: Callable[[], object], what: str = "") -> None:
    """Poll a condition that another process makes true."""
    give_up = time.monotonic() + _TIMEOUT_S
    while not condition():
        assert time.monotonic() < give_up, what
        time.sleep(0.01)


def meet(folder: Path, count: int) -> int:
    """Wait for this call in `count` processes at once; return the id of this one."""
    (folder / f"met-{os.getpid()}").touch()
    wait_until(lambda: len(list(folder.glob("met-*"))) >= count)
    return os.getpid()


def first_call(file: Path) -> bool:
    """Return True for the first of all processes that ask, and create the file."""
    try:
        file.touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def die_once(file: Path) -> int:
    """Kill the process of the first call."""
    if first_call(file):
        os.kill(os.getpid(), signal.SIGKILL)
    return os.getpid()


def block(file: Path) -> None:
    """Record that the call has begun, then sleep until the process ends."""
    file.touch()
    signal.pause()


def stop_once(file: Path) -> int:
    """Stop the process of the first call, as SIGSTOP does."""
    if first_call(file):
        file.write_text(str(os.getpid()), encoding="utf-8")
        os.kill(os.getpid(), signal.SIGSTOP)
    return os.getpid()


def work_until(file: Path) -> int:
    """Use the processor until a file exists."""
    while not file.exists():
        sum(range(1000))
    return os.getpid()


def write_to_stdout(text: str) -> None:
    os.write(1, text.encode())


class UnpicklableError(Exception):
    """Can be pickled, but not unpickled."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(first + second)


def raise_unpicklable() -> None:
    raise UnpicklableError("never ", "ever")


@dataclass(frozen=True)
class FailingWriter:
    """Raises an error the first time that it is given a batch."""

    writer: ShardWriter
    folder: Path
    name: str

    def write(self, name: str, entry: str, tables: BatchTables) -> None:
        if name == self.name and first_call(self.folder / "failed"):
            raise ArithmeticError("no such fish")
        self.writer.write(name, entry, tables)

    def shard(self, name: str) -> Path:
        return self.writer.shard(name)


@dataclass(frozen=True)
class KillingWriter:
    """Kills its process the first time that it is given a batch."""

    writer: ShardWriter
    folder: Path
    name: str

    def write(self, name: str, entry: str, tables: BatchTables) -> None:
        if name == self.name:
            die_once(self.folder / "died")
        self.writer.write(name, entry, tables)

    def shard(self, name: str) -> Path:
        return self.writer.shard(name)
