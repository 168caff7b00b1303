"""Files that appear under their name only when they are complete, and names of files."""

from __future__ import annotations

import hashlib
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_LONGEST_NAME = 60
"""Bytes of a name that a file is named after; the file's own name adds to it."""


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


def digest_name(name: str) -> str:
    """Return a name for the file of a part: the name of the part may have any characters."""
    return f"part-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:32]}"


def file_name(name: str) -> str:
    """Return a name without its characters that have a meaning in paths, URLs or shells.

    Letters of any script, digits, `_`, `-` and dots stay; it begins with a letter, digit or `_`.
    """
    plain = re.sub(r"[^\w.-]+", "-", name).lstrip(".-").encode()[:_LONGEST_NAME]
    return plain.decode(errors="ignore").rstrip(".-") or "schedule"
