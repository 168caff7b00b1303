"""Passwords are used to connect, and are never printed or stored."""

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

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]

PASSWORD = "s3cret-Fjord"


def test_a_password_is_never_printed_or_stored(
    pytester: pytest.Pytester, run: Run, server: Server, pair: Path
) -> None:
    """Neither in header, progress, summaries and logs nor in the build metadata."""
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
        assert [result.ret for result in results] == [0, 0, 4, 4]
        printed = "".join(str(result.stdout) + str(result.stderr) for result in results)
        with open_dataset(url) as dataset, dataset.connection() as connection:
            metadata = (
                connection.execute(sa.text("SELECT value FROM aquadata_build")).scalars().all()
            )
    logs = [file.read_text() for file in pytester.path.joinpath("logs").iterdir()]
    assert "***@" in printed
    assert all(PASSWORD not in text for text in (printed, *metadata, *logs))


@contextlib.contextmanager
def _with_password(server: Server) -> Iterator[str]:
    """Create a database; yield its URL for a user with a password."""
    user = f"aq_{uuid.uuid4().hex[:12]}"
    with server.database() as database:
        name = sa.make_url(database).database
        if server.kind == "postgresql":
            grants = [
                f"CREATE ROLE {user} LOGIN PASSWORD '{PASSWORD}'",
                f"ALTER DATABASE {name} OWNER TO {user}",
            ]
            cleanup = [f"ALTER DATABASE {name} OWNER TO CURRENT_USER", f"DROP ROLE {user}"]
        else:
            grants = [
                f"CREATE USER {user} IDENTIFIED BY '{PASSWORD}'",
                f"GRANT ALL ON {name}.* TO {user}",
            ]
            cleanup = [f"DROP USER {user}"]
        server.execute(*grants)
        try:
            url = sa.make_url(database).set(username=user, password=PASSWORD)
            yield url.render_as_string(hide_password=False)
        finally:
            if server.kind == "postgresql":
                _drop_owned(server, database, user)
            server.execute(*cleanup)


def _drop_owned(server: Server, database: str, user: str) -> None:
    """Drop what a role owns in a database, so that the role can be dropped."""
    owner = Server(server.kind, server_url(sa.make_url(database)))
    owner.execute(f"REASSIGN OWNED BY {user} TO CURRENT_USER", f"DROP OWNED BY {user}")
