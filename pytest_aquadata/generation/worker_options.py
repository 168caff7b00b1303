"""Number of processes that work on a build, and of attempts at a batch."""

from __future__ import annotations

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class WorkerOptions:
    """Limits of the parallel work on a build.

    Attributes:
        workers: processes that simulate at once, at most.
        retries: further attempts at a batch that fails.
    """

    workers: int = 1
    retries: int = 1

    @staticmethod
    def of(workers: WorkerOptions | int) -> WorkerOptions:
        """Return options for a number of processes, or the options themselves."""
        return workers if isinstance(workers, WorkerOptions) else WorkerOptions(workers)


def usable_processors() -> int:
    """Return the number of processors that this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
