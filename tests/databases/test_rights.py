"""Users without a right: one line says which is missing, and nothing is half-written."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.cli.main import EXIT_ERROR, main
from pytest_aquadata.datasets.dataset import open_dataset
from pytest_aquadata.errors import StoreError
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed
from pytest_aquadata.jobs.progress import Silent

pytestmark = pytest.mark.slow


@pytest.fixture
def user(server: Server) -> Iterator[str]:
    """A user who may read everything on the server, and change nothing."""
    name = f"aq{uuid.uuid4().hex[:12]}"
    server.execute(f"CREATE USER {name}")
    if server.kind == "postgresql":
        server.execute(f"GRANT pg_read_all_data TO {name}")
    else:
        server.execute(f"GRANT SELECT ON *.* TO {name}")
    try:
        yield name
    finally:
        server.execute(f"DROP USER {name}")


def tables_of(url: str) -> set[str]:
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        names = set(sa.inspect(connection).get_table_names())
    engine.dispose()
    return names


def test_a_user_who_may_only_read_is_told_the_right_that_is_missing(
    server: Server,
    server_database: str,
    user: str,
    pair: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    url = sa.make_url(server_database).set(username=user).render_as_string()

    def refused(*arguments: str) -> str:
        capsys.readouterr()
        assert main([*arguments, "--url", url]) == EXIT_ERROR, arguments
        *progress, message = capsys.readouterr().err.strip().splitlines()
        assert all(line.startswith("aquadata: ") for line in (*progress, message))
        return message.partition("; ")[2]

    assert refused("seed", str(pair)) == "the user must be allowed to create tables there"
    assert tables_of(server_database) == set()
    seed(SeedRequest(str(pair), server_database), Silent()).close()
    before = tables_of(server_database)
    assert main(["info", "--url", url]) == 0
    change = "the user must be allowed to read and change the tables there"
    temporary = "the user must be allowed to create tables and temporary tables there"
    assert change in refused("wipe")
    assert refused("grow") == temporary if server.kind == "mariadb" else change in refused("grow")
    assert change in refused("seed", str(pair), "--replace")
    copying = temporary if server.kind == "mariadb" else "be allowed to create databases"
    with open_dataset(url) as dataset:
        assert len(dataset.batches) == 2
        with pytest.raises(StoreError, match=copying), dataset.clone():
            pass
    assert tables_of(server_database) == before
