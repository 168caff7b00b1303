"""Passwords for the users of a build, hashed as Django does."""

from __future__ import annotations

import base64
import hashlib
import secrets
import string

import sqlalchemy as sa

from ..databases.connections import as_store_errors
from ..databases.dialect import dialect_of
from ..databases.urls import database_url
from ..datasets.manifest import Manifest
from ..schema import TABLES
from ..text import mask_password

_ITERATIONS = 600_000
"""Iterations of Django 4.2; later versions hash again with more at the first sign-in."""
_SALT_CHARACTERS = string.ascii_letters + string.digits
_SALT_LENGTH = 22
_USERS = "auth_user"


def set_passwords(url: str, manifest: Manifest, password: str) -> int:
    """Set one password for the users that a build added; return how many there are.

    Users that were in the database before the build keep theirs.

    Args:
        url: of the database.
        manifest: of the build.
        password: in clear text.

    Raises:
        StoreError: if the database cannot be written.
    """
    own = manifest.keys.get(_USERS)
    if own is None:
        return 0
    users = TABLES[_USERS]
    target = database_url(url)
    dialect = dialect_of(target)
    engine = dialect.open_engine(target)
    try:
        doing = f"cannot set passwords in {mask_password(url)}"
        with as_store_errors(doing), engine.connect() as connection:
            dialect.begin(connection, write=True)
            query = sa.select(users.c.id).where(users.c.id.between(own.first, own.last))
            keys = list(connection.execute(query).scalars())
            for key in keys:
                connection.execute(
                    sa.update(users)
                    .where(users.c.id == key)
                    .values(password=hashed_password(password))
                )
            connection.commit()
            return len(keys)
    finally:
        engine.dispose()


def hashed_password(password: str) -> str:
    """Return a password as Django's PBKDF2 hasher stores it, with a random salt."""
    salt = "".join(secrets.choice(_SALT_CHARACTERS) for _ in range(_SALT_LENGTH))
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), _ITERATIONS)
    return f"pbkdf2_sha256${_ITERATIONS}${salt}${base64.b64encode(digest).decode('ascii')}"
