"""Append builds beside others: planned at once, killed in the middle."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from pytest_aquadata.datasets.manifest import Manifest
from pytest_aquadata.errors import StoreError
from pytest_aquadata.generation.existing_databases import Planner, existing_store, plan_for_existing
from pytest_aquadata.generation.pipeline import build_into
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.presets.farm import Farm
from pytest_aquadata.provenance.wipe import wipe

pytestmark = [pytest.mark.slow, pytest.mark.parametrize("version", ["v61"])]

Contents = Callable[[str], dict[str, list[str]]]
Fill = Callable[..., Manifest]

KILLED = """
import os, signal, sys
from pytest_aquadata.cli.main import main
from pytest_aquadata.databases import existing_tables

def killed(*arguments):
    os.kill(os.getpid(), signal.SIGKILL)

existing_tables.next_build_number = killed
main(["seed", sys.argv[1], "--append", "--url", sys.argv[2]])
"""


def rows_of(contents: Contents, url: str) -> dict[str, list[str]]:
    tables = contents(url)
    tables.pop("sqlite_sequence", None)
    return tables


def test_the_second_of_two_appends_planned_at_once_is_refused(
    aquamind_url: str, fill: Fill, small_farm: Farm, plan: Planner, contents: Contents
) -> None:
    late = plan_for_existing(
        aquamind_url, small_farm, plan, append=True, use_places=True, use_models=False
    )
    fill(aquamind_url)
    before = contents(aquamind_url)
    with pytest.raises(StoreError, match=r"since this build was planned; .*: seed again") as error:
        build_into(late, existing_store(aquamind_url), 1, Silent())
    assert len(str(error.value).splitlines()) == 1
    assert contents(aquamind_url) == before


def test_an_append_killed_before_its_commit_leaves_no_rows_and_no_obstacle(
    aquamind_url: str, pair: Path, fill: Fill, contents: Contents
) -> None:
    before = rows_of(contents, aquamind_url)
    command = [sys.executable, "-c", KILLED, str(pair), aquamind_url]
    assert subprocess.run(command, check=False).returncode == -signal.SIGKILL
    after = rows_of(contents, aquamind_url)
    assert after.pop("aquadata_build", []) == []
    assert after == before
    fill(aquamind_url)
    wipe(aquamind_url)
    assert rows_of(contents, aquamind_url) == before
    assert not sa.inspect(sa.create_engine(aquamind_url)).has_table("aquadata_build")
