"""What an interrupted build has left on a server is removed only if nothing of others is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from database_servers import Server

from pytest_aquadata.databases.connections import execute_literally
from pytest_aquadata.errors import Interrupted, StoreError
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import seed
from pytest_aquadata.jobs.progress import Silent

pytestmark = pytest.mark.slow

Execute = Callable[..., list[object]]


@pytest.fixture
def request_(server_database: str, pair: Path, monkeypatch: pytest.MonkeyPatch) -> SeedRequest:
    """A build of two batches that was interrupted after the first."""

    class Interrupting(Silent):
        def batches(self, done: int, total: int, rows: int) -> None:
            raise KeyboardInterrupt

    request = SeedRequest(str(pair), server_database)
    with pytest.raises(Interrupted, match="1 of 2 batches are kept"):
        seed(request, Interrupting())
    return request


@pytest.fixture
def execute(server_database: str) -> Iterator[Execute]:
    """Function that executes statements of a user; it returns the first values of the last one."""
    engine = sa.create_engine(server_database, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:

        def run(*statements: str) -> list[object]:
            results = [execute_literally(connection, statement) for statement in statements]
            return list(results[-1].scalars()) if results[-1].returns_rows else []

        yield run
    engine.dispose()


def refused(request: SeedRequest, reason: str) -> None:
    with pytest.raises(StoreError, match=reason) as error:
        seed(request, Silent())
    assert len(str(error.value).splitlines()) == 1


def test_rows_tables_and_triggers_of_others_stop_the_removal(
    server: Server, request_: SeedRequest, execute: Execute
) -> None:
    species = (
        "INSERT INTO batch_species (id, name, scientific_name, description, created_at, updated_at)"
        " VALUES (990, 'Mine', 'Mine', '', '2025-01-01 00:00:00', '2025-01-01 00:00:00')"
    )
    execute(species)
    refused(request_, "unfinished build, and batch_species has 1 row that it did not write")
    assert execute("SELECT name FROM batch_species WHERE id = 990") == ["Mine"]
    execute("DELETE FROM batch_species WHERE id = 990")

    rule = "CREATE RULE mine AS ON DELETE TO batch_species DO ALSO SELECT 1"
    undo = "DROP RULE mine ON batch_species"
    if server.kind == "mariadb":
        rule = "CREATE TRIGGER mine AFTER DELETE ON batch_species FOR EACH ROW SET @mine = 1"
        undo = "DROP TRIGGER mine"
    execute(rule)
    refused(request_, r"cannot remove the build in .* mine is on batch_species, and aquadata did")
    execute(undo)

    unique = "ALTER TABLE batch_species ADD CONSTRAINT mine_key UNIQUE (id)"
    key = "CREATE TABLE mine (id bigint REFERENCES batch_species (id) ON DELETE CASCADE)"
    undo_unique = "ALTER TABLE batch_species DROP CONSTRAINT mine_key"
    execute(unique, key, "INSERT INTO mine SELECT min(id) FROM batch_species")
    refused(request_, r"cannot remove the build in .* mine refers to batch_species, and aquadata")
    assert len(execute("SELECT id FROM mine")) == 1
    execute("DROP TABLE mine", undo_unique)

    assert execute("SELECT count(*) FROM batch_batch") == [1]
    seed(request_, Silent()).close()
    assert execute("SELECT count(*) FROM batch_batch") == [2]
