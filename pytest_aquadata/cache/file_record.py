"""The record of a cached file: it shows that the file is ours, and that nobody has changed it.

A file `NAME.json` beside each dataset `NAME.db`. It is written before the build begins, and again
when the file is complete. A lock of the operating system on it marks the dataset as in use, and its
modification time is the time of the last use.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from ..files import write_atomically
from ..held_folders import HeldFolder

SUFFIX = ".json"
"""End of the name of a record."""
_MADE_BY = "pytest-aquadata, record of a cached dataset"


@dataclass(frozen=True)
class FileRecord:
    """Record of a cached file.

    Attributes:
        name: name of the file.
        made_by: shows that aquadata wrote this.
        state: inode, size, and times of change of the file, in nanoseconds; empty until it is
            complete.
        sha256: digest of its content.
    """

    name: str
    made_by: str = _MADE_BY
    state: tuple[int, ...] = ()
    sha256: str = ""

    @property
    def is_complete(self) -> bool:
        """True if the file was complete when this was written."""
        return bool(self.state)

    def fits(self, folder: HeldFolder) -> bool:
        """Return whether the file has the content that was recorded.

        It is read only if its times have changed, for example because it was copied.
        """
        status = folder.status(self.name)
        if not self.is_complete or status is None or not folder.has_own_file(self.name):
            return False
        if _state(status) == self.state:
            return True
        if status.st_size != self.state[1] or _digest(folder, self.name) != self.sha256:
            return False
        with suppress(OSError):
            _update(folder, self)
        return True


def record_name(name: str) -> str:
    """Return the name of the record of a file."""
    return Path(name).with_suffix(SUFFIX).name


def read_record(folder: HeldFolder, name: str) -> FileRecord | None:
    """Return the record of a file; None if there is none that aquadata wrote for it."""
    try:
        values = json.loads(folder.read(record_name(name)))
        record = FileRecord(**{**values, "state": tuple(map(int, values["state"]))})
    except (OSError, ValueError, TypeError, KeyError):
        return None
    return record if (record.name, record.made_by) == (name, _MADE_BY) else None


def write_new_record(folder: HeldFolder, name: str) -> None:
    """Write the record of a file that is going to be built.

    Raises:
        FileExistsError: when anything has its name.
    """
    descriptor = folder.create(record_name(name))
    try:
        os.write(descriptor, _text(FileRecord(name)))
    finally:
        os.close(descriptor)


def complete_record(folder: HeldFolder, name: str) -> None:
    """Write the record of a file that is complete."""
    status = folder.status(name)
    assert status is not None
    record = FileRecord(name, state=_state(status), sha256=_digest(folder, name))
    write_atomically(folder.path / record_name(name), _text(record))


def _update(folder: HeldFolder, record: FileRecord) -> None:
    """Write the present state of a file to its record, which others may have locked."""
    status = folder.status(record.name)
    assert status is not None
    text = _text(FileRecord(record.name, state=_state(status), sha256=record.sha256))
    descriptor = folder.open(record_name(record.name), os.O_RDWR)
    try:
        os.ftruncate(descriptor, os.pwrite(descriptor, text, 0))
    finally:
        os.close(descriptor)


def _text(record: FileRecord) -> bytes:
    return json.dumps(asdict(record)).encode()


def _state(status: os.stat_result) -> tuple[int, ...]:
    return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def _digest(folder: HeldFolder, name: str) -> str:
    with open(folder.open(name), "rb") as file:  # noqa: PTH123
        return hashlib.file_digest(file, "sha256").hexdigest()
