"""No command prints a password, whether it can read the URL and reach the server or not."""

from __future__ import annotations

from pathlib import Path

import pytest

from pytest_aquadata.cli.main import EXIT_ERROR, main

SECRET = "cAnary7"
COMMANDS = [
    ("seed", "small", "--url"),
    ("info", "--url"),
    ("verify", "--url"),
    ("grow", "--url"),
    ("wipe", "--url"),
]
URLS = [
    f"postgresql://me:{SECRET}@127.0.0.1:1/farm",
    f"postgresql+psycopg://127.0.0.1:1/farm?user=me&password={SECRET}",
    f"postgres://127.0.0.1:1/farm?user=me&PASSWORD={SECRET}",
    f"postgresql://127.0.0.1:1/farm?sslpassword={SECRET}",
    f"postgresql://127.0.0.1:1/farm?options=-capp.password%3D{SECRET}%20-e",
    f"postgresql://me:x@{SECRET}@127.0.0.1:1/farm",
    f"postgresql://me:{SECRET}@127.0.0.1:port/farm",
    f"mariadb://me:{SECRET}@127.0.0.1:1/farm",
    f"mariadb://127.0.0.1:1/farm?user=me&passwd={SECRET}",
    f"mariadb://127.0.0.1:1/farm?colour={SECRET}&password={SECRET}",
    f"sqlite://me:{SECRET}@host/farm.db",
    f"oracle://me:{SECRET}@host/farm",
    f"postgresql//me:{SECRET}@host/farm",
    f"me:{SECRET}@host",
    f"host=localhost password={SECRET} dbname=farm",
]


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_refused_url_is_one_line_without_its_password(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...], url: str
) -> None:
    assert main([*command, url]) == EXIT_ERROR
    out, err = capsys.readouterr()
    assert SECRET not in out + err.replace(f"colour={SECRET}", "")
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize("url", URLS)
def test_a_url_in_the_environment_is_not_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("AQUADATA_URL", url)
    monkeypatch.setenv("AQUADATA_CACHE_URL", url)
    with pytest.raises(SystemExit):
        main(["seed", "--help"])
    assert main(["cache", "list"]) == EXIT_ERROR
    assert main(["seed", url]) == EXIT_ERROR
    out, err = capsys.readouterr()
    assert SECRET not in out + err.replace(f"colour={SECRET}", "")


@pytest.mark.parametrize("value", [None, ""])
def test_a_password_for_users_that_is_missing_stops_before_the_build(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    value: str | None,
) -> None:
    if value is not None:
        monkeypatch.setenv("UAT_PASSWORD", value)
    file = tmp_path / "farm.db"
    command = ["seed", "small", "--url", f"sqlite:///{file}", "--passwords-from", "UAT_PASSWORD"]
    assert main(command) == EXIT_ERROR
    out, err = capsys.readouterr()
    assert "--passwords-from UAT_PASSWORD: the environment has no such variable" in err
    assert len((out + err).splitlines()) == 1
    assert not file.exists()
