"""Errors of the package. A message is one line: what was asked, what is wrong, what to do."""

from __future__ import annotations

import errno

NO_SPACE = "there is no space left on the disk; free some, or give another --url"

NO_MEMORY = "there is not enough memory; end other programs, or give fewer --workers"


class AquadataError(Exception):
    """Base class of all errors of the package."""


class SettingError(AquadataError):
    """A setting (option, ini key or environment variable) has a value that is not valid."""


class DocumentError(AquadataError):
    """A farm or schedule file cannot be read; the message names file, key and reason."""


class PlanError(AquadataError):
    """The farm cannot hold the requested batches; the message names the limit."""


class StoreError(AquadataError):
    """The database cannot be written or read."""


class ReadOnly(StoreError):
    """A test tried to write to a shared dataset; the message names the fixture to use instead."""


class NothingFound(StoreError, LookupError):
    """No row of a dataset matches; the message lists the conditions and the existing values."""


class BuildError(AquadataError):
    """A build failed; the database holds none of it, or whole batches that `--resume` continues."""


class ChecksFailed(BuildError):
    """The built data violates a hard check; the build is discarded."""


class Interrupted(KeyboardInterrupt):
    """The user interrupted a build; the message says what remains of it."""


class HistoryError(AquadataError):
    """A batch's history cannot be simulated as requested; the message names the contradiction."""


class FactoryError(AquadataError):
    """A factory cannot make the row that was asked for; the message says what to ask for."""


def cannot_write(path: object, error: OSError) -> StoreError:
    """Return the error for a path that the operating system does not let a build write."""
    reason = NO_SPACE if error.errno == errno.ENOSPC else error.strerror or str(error)
    about_other_file = error.filename is not None and str(error.filename) != str(path)
    named = f"{error.filename} {reason}" if about_other_file and error.strerror else reason
    return StoreError(f"cannot write {path}: {named}")
