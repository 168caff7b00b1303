"""Every error the package raises on purpose: one line that says what to do."""

from __future__ import annotations

import errno

NO_SPACE = "there is no space left on the disk; free some, or give another --url"


class AquadataError(Exception):
    """Something the user asked for cannot be done; the message says what to do about it."""


class SettingError(AquadataError):
    """A setting (option, ini key, environment variable) has a value that makes no sense."""


class DocumentError(AquadataError):
    """A farm or schedule file cannot be read; the message names file, key and reason."""


class PlanError(AquadataError):
    """The farm cannot hold what was asked of it; the message names the binding constraint."""


class StoreError(AquadataError):
    """The database cannot be written or read as asked."""


class ReadOnly(StoreError):
    """A dataset that all tests share was written to; the message says where to write instead."""


class NothingFound(StoreError, LookupError):
    """Nothing in a dataset is as it was asked for; the message says why, and what there is."""


class BuildError(AquadataError):
    """A build stopped before it was finished; nothing half-written is left behind."""


class ChecksFailed(BuildError):
    """What was built breaks a hard check; it is thrown away."""


class Interrupted(KeyboardInterrupt):
    """The user has stopped a build; the message says what is kept of it."""


class HistoryError(AquadataError):
    """A batch's history cannot be as it was asked for; the message names what contradicts what."""


def cannot_write(where: object, error: OSError) -> StoreError:
    """What to say when the operating system does not let a build write."""
    reason = NO_SPACE if error.errno == errno.ENOSPC else error.strerror or error
    return StoreError(f"cannot write {where}: {reason}")
