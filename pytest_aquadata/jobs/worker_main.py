"""A process that helps with a build: `python -m pytest_aquadata.jobs.worker_main FOLDER`.

It ends with the process that started it, however that one ends: its standard input is a pipe that
the operating system closes then.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path

from .queue import help_out


def main() -> None:
    """Work in the folder that the command line names."""
    threading.Thread(target=_end_with_leader, daemon=True).start()
    help_out(Path(sys.argv[1]))


def _end_with_leader() -> None:
    os.read(0, 1)
    os._exit(0)


if __name__ == "__main__":
    main()
