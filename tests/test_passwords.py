"""Passwords in text are masked, however they are written."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.passwords import DatabaseUrl, mask_password, mask_passwords_in
from pytest_aquadata.settings import Settings, Source


@pytest.mark.parametrize(
    "url",
    [
        "sqlite:///farm.db",
        "sqlite:////tmp/a:b@c/x.db",
        "postgresql://me@host:5432/farm",
        "postgresql://host/farm?passfile=/home/me/.pgpass&service=farm",
        "host=localhost dbname=farm passfile=/home/me/.pgpass",
    ],
)
def test_a_url_without_a_password_is_shown_as_it_is(url: str) -> None:
    assert mask_password(url) == url


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("postgresql://me:secret@host:5432/farm", "postgresql://me:***@host:5432/farm"),
        ("mysql+pymysql://me:se@c/r:et@host/farm", "mysql+pymysql://me:***@host/farm"),
        ("postgresql://:secret@host/farm", "postgresql://:***@host/farm"),
        ("postgresql://me:secret@/farm?host=/tmp", "postgresql://me:***@/farm?host=/tmp"),
        ("sqlite://me:secret@host/farm", "sqlite://me:***@host/farm"),
    ],
)
def test_the_password_of_a_url_is_masked(url: str, masked: str) -> None:
    assert mask_password(url) == masked


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("postgresql//me:secret@host", "postgresql//me:***@host"),
        ("postgresql://me:p@secret@host:port/x", "postgresql://me:***@host:port/x"),
        ("postgresql:/me:secret@host", "postgresql:***@host"),
        ("postgresql:////me:secret@host/farm", "postgresql:////me:***@host/farm"),
        ("postgresql://me:secret", "postgresql://me:***"),
        ("me:secret@host", "me:***@host"),
        ("postgresql://me:sec?ret#@host/farm", "postgresql://me:***@host/farm"),
    ],
)
def test_a_malformed_url_is_masked(url: str, masked: str) -> None:
    assert mask_password(url) == masked


@pytest.mark.parametrize(
    ("query", "masked"),
    [
        ("user=me&password=secret&x=1", "user=me&password=***&x=1"),
        ("PASSWORD=secret", "PASSWORD=***"),
        ("p%61ssword=secret", "p%61ssword=***"),
        ("passwd=secret", "passwd=***"),
        ("sslpassword=secret", "sslpassword=***"),
        ("ssl_key_password=secret", "ssl_key_password=***"),
        ("password=two&secret", "password=***&***"),
        ("options=-c%20app.password%3Dsecret", "options=***"),
    ],
)
def test_secrets_in_a_query_are_masked(query: str, masked: str) -> None:
    assert mask_password(f"postgresql:///farm?{query}") == f"postgresql:///farm?{masked}"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("host=h password=secret dbname=farm", "host=h password=*** dbname=farm"),
        (r"password = 'a \' secret' host=h", "password = *** host=h"),
        ("connect(user='me', password='secret')", "connect(user='me', password=***)"),
        ("{'password': 'secret', 'user': 'me'}", "{'password': ***, 'user': 'me'}"),
        ("cannot read 'mysql://me:secret@host/x': no", "cannot read 'mysql://me:***@host/x': no"),
        ("unknown preset 'me:secret@host'", "unknown preset 'me:***@host'"),
    ],
)
def test_passwords_in_a_sentence_are_masked(text: str, masked: str) -> None:
    assert mask_passwords_in(text) == masked


@pytest.mark.parametrize(
    "text",
    [
        'password authentication failed for user "me"',
        "Access denied for user 'me'@'host' (using password: YES)",
        "farm.yaml:3: there is no key halls",
    ],
)
def test_a_sentence_about_passwords_is_not_changed(text: str) -> None:
    assert mask_passwords_in(text) == text


def test_representations_of_settings_and_requests_have_no_password() -> None:
    url = "postgresql://me:secret@host/farm?password=secret"
    given = {"AQUADATA_URL": url, "AQUADATA_CACHE_URL": url}
    settings = Settings.from_sources(Source.environment(given))
    assert settings.url == settings.cache_url == url
    request = SeedRequest("small", url)
    for shown in (settings, request, replace(request, seed=2), DatabaseUrl(url)):
        assert "secret" not in repr(shown)
        assert "me:***@host" in repr(shown)
    assert str(request.url) == url
