"""Passwords of a build's users: Django accepts them, and they are no change of the build."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from pytest_aquadata.databases.metadata_table import read_metadata
from pytest_aquadata.datasets.build_metadata import manifests_by_number
from pytest_aquadata.datasets.manifest import Manifest
from pytest_aquadata.provenance.user_passwords import hashed_password, set_passwords
from pytest_aquadata.provenance.wipe import wipe

pytestmark = pytest.mark.slow


def manifest_of(engine: sa.Engine) -> Manifest:
    with engine.connect() as connection:
        (manifest,) = manifests_by_number(read_metadata(connection)).values()
    return manifest


def test_django_accepts_the_password_and_no_other() -> None:
    hashers = pytest.importorskip("django.contrib.auth.hashers")
    encoded = hashed_password("Sjógvur 7")
    hasher = hashers.PBKDF2PasswordHasher()
    assert hasher.verify("Sjógvur 7", encoded)
    assert not hasher.verify("Sjógvur 8", encoded)
    assert encoded != hashed_password("Sjógvur 7")


@pytest.mark.parametrize("kind", ["sqlite"], indirect=True)
def test_only_users_of_the_build_get_it_and_wipe_removes_them(url: str) -> None:
    engine = sa.create_engine(url)
    insert = (
        "INSERT INTO auth_user SELECT 99, 'own', last_login, is_superuser, 'other', first_name, "
        "last_name, email, is_staff, is_active, date_joined FROM auth_user WHERE id = 1"
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(insert)
    manifest = manifest_of(engine)
    assert set_passwords(url, manifest, "secret") == manifest.tables["auth_user"].rows
    with engine.begin() as connection:
        found = list(connection.exec_driver_sql("SELECT id, password FROM auth_user ORDER BY id"))
        connection.exec_driver_sql("UPDATE auth_user SET last_login = date_joined WHERE id = 2")
    *own, other = [password for _, password in found]
    assert len(set(own)) == len(own)
    assert all(password.startswith("pbkdf2_sha256$600000$") for password in own)
    assert other == "own"
    wipe(url, manifest.digest)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT id FROM auth_user").scalars().all() == [99]
    engine.dispose()
