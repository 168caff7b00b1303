"""Files that appear under their name only when they are complete."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Give a path in the same folder to write to; it is renamed to `path` when the block ends.

    A file of that name is replaced. If the block fails, what it wrote is removed and `path` stays
    as it was. Permissions are those of any new file.
    """
    unfinished = path.with_name(f".{path.name}.{os.getpid()}-{uuid.uuid4().hex[:8]}")
    try:
        yield unfinished
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


def write_atomically(path: Path, content: str | bytes) -> None:
    """Write a file, text as UTF-8, so that no other process ever reads half of it.

    Raises:
        OSError: when it cannot be written; a file of that name is unchanged.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    with atomic_path(path) as unfinished:
        unfinished.write_bytes(data)
