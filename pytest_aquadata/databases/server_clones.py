"""Names of temporary copies of databases, by which a later process can recognise and remove them.

The end of a name is random, followed by a digest of the rest of the name. While a copy is in use,
the session that made it holds a lock with the random part, which ends with the session. So a
database with such a name and without such a lock was left by a process that was killed.
"""

from __future__ import annotations

import hashlib
import re
import uuid

_LONGEST_NAME = 63
"""Bytes of a database's name: PostgreSQL allows 63, MariaDB 64 characters."""
_NAME = re.compile(r"(?P<begin>.+_clone_)(?P<token>[0-9a-f]{12})(?P<digest>[0-9a-f]{8})", re.DOTALL)
_SUFFIX_BYTES = len("_clone_") + 20


def new_clone_name(source: str) -> str:
    """Return a new name that begins like another one, and is not too long in UTF-8."""
    begin = source.encode()[: _LONGEST_NAME - _SUFFIX_BYTES].decode(errors="ignore") + "_clone_"
    token = uuid.uuid4().hex[:12]
    return f"{begin}{token}{_digest(begin, token)}"


def clone_token(name: str) -> str | None:
    """Return the random part of the name of a copy; None for the name of another database."""
    match = _NAME.fullmatch(name)
    if match is None or match["digest"] != _digest(match["begin"], match["token"]):
        return None
    return match["token"]


def _digest(begin: str, token: str) -> str:
    return hashlib.sha256(f"pytest-aquadata copy {begin}{token}".encode()).hexdigest()[:8]
