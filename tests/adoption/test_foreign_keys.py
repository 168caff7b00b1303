"""Check of foreign keys at the end of a build, for databases that do not check every row."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from pytest_aquadata.databases.column_types import complete
from pytest_aquadata.errors import StoreError
from pytest_aquadata.generation.existing_databases import existing_store
from pytest_aquadata.lifecycle.columns import integers, table
from pytest_aquadata.schema import TABLES

Contents = Callable[[str], dict[str, list[str]]]


@pytest.mark.parametrize("version", ["v61"])
def test_a_dangling_foreign_key_is_refused(aquamind_url: str, contents: Contents) -> None:
    before = contents(aquamind_url)
    rows = table(
        2,
        id=integers([1, 2]),
        name="x",
        freshwater_station_id=integers([7, 8]),
        created_at=0,
        updated_at=0,
    )
    store = existing_store(aquamind_url)
    store.begin()
    store.create_schema("")
    store.load("farm", "", {"infrastructure_hall": complete(TABLES["infrastructure_hall"], rows)})
    with pytest.raises(StoreError, match="infrastructure_hall"):
        store.finish()
    store.close(keep=False)
    assert contents(aquamind_url) == before
