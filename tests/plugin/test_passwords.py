"""Passwords: used to connect, and never shown or kept."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.databases.server_dialect import server_url
from pytest_aquadata.datasets.dataset import open_dataset

Run = Callable[..., pytest.RunResult]

PASSWORD = "s3cret-Fjord"


def test_a_password_is_never_shown(
    pytester: pytest.Pytester, run: Run, server: Server, pair: Path
) -> None:
    """Not in header, progress, summaries, logs or what is kept with the data."""
    pytester.makepyfile("def test_read(aquadata):\n    assert aquadata.batches")
    pytester.makeconftest(
        f"""
        import os
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_url():
            return os.environ["FARM"]

        @pytest.fixture(scope="session")
        def aquadata_schedule():
            return {str(pair)!r}
        """
    )
    with _with_password(server) as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("FARM", url)
        results = [
            run("-v", "-n2", "--aquadata-log-dir=logs"),
            run("-v", f"--aquadata-preset={pair}", f"--aquadata-url={url}", "--aquadata-reuse"),
            run("-v", f"--aquadata-preset={pair}", f"--aquadata-url={url}"),
            run(
                "-v", f"--aquadata-preset={pair}", f"--aquadata-url={url.replace('/aq', '/no_aq')}"
            ),
        ]
        assert [one.ret for one in results] == [0, 0, 4, 4]
        shown = "".join(str(one.stdout) + str(one.stderr) for one in results)
        with open_dataset(url) as dataset, dataset.connection() as connection:
            kept = connection.execute(sa.text("SELECT value FROM aquadata_build")).scalars().all()
    logs = [file.read_text() for file in pytester.path.joinpath("logs").iterdir()]
    assert "***@" in shown
    assert all(PASSWORD not in text for text in (shown, *kept, *logs))


@contextlib.contextmanager
def _with_password(server: Server) -> Iterator[str]:
    """A new database, and the URL of a user who has a password."""
    user = f"aq_{uuid.uuid4().hex[:12]}"
    with server.database() as database:
        name = sa.make_url(database).database
        if server.kind == "postgresql":
            grants = [
                f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'",
                f"ALTER DATABASE {name} OWNER TO {user}",
            ]
            gone = [f"ALTER DATABASE {name} OWNER TO CURRENT_USER", f"DROP ROLE {user}"]
        else:
            grants = [
                f"CREATE USER {user} IDENTIFIED BY '{PASSWORD}'",
                f"GRANT ALL ON {name}.* TO {user}",
            ]
            gone = [f"DROP USER {user}"]
        server.execute(*grants)
        try:
            where = sa.make_url(database).set(username=user, password=PASSWORD)
            yield where.render_as_string(hide_password=False)
        finally:
            if server.kind == "postgresql":
                _give_back(server, database, user)
            server.execute(*gone)


def _give_back(server: Server, database: str, user: str) -> None:
    """Let a role go that owns tables."""
    there = Server(server.kind, server_url(sa.make_url(database)))
    there.execute(f"REASSIGN OWNED BY {user} TO CURRENT_USER", f"DROP OWNED BY {user}")
