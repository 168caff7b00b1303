"""Seeding: databases that are accepted, replaced, reused, or refused without a change."""

from __future__ import annotations

import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.errors import AquadataError, PlanError, StoreError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.generation.estimate import estimate
from pytest_aquadata.generation.request import SeedRequest, default_url
from pytest_aquadata.generation.seeding import plan_build, seed_database
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.presets.documents import write_document
from pytest_aquadata.schema import Batch
from pytest_aquadata.settings import DEFAULT_AS_OF

pytestmark = pytest.mark.slow

Usage = namedtuple("Usage", ["total", "used", "free"])
Refuse = Callable[..., str]


def seed(build: BuildSpec, path: Path, replace: bool = False, reuse: bool = False) -> Dataset:
    request = SeedRequest("tiny", f"sqlite:///{path}", replace=replace, reuse=reuse)
    return seed_database(build, request, Silent())


@pytest.fixture
def refused(path: Path) -> Refuse:
    """Seed, expect a refusal, check that no file has changed, and return the message."""

    def refuse(build: BuildSpec, target: Path | None = None, **options: bool) -> str:
        target = target or path
        before = target.read_bytes() if target.is_file() else None
        files = sorted(path.parent.rglob("*"))
        with pytest.raises(StoreError) as error:
            seed(build, target, **options)
        assert "\n" not in str(error.value)
        assert (target.read_bytes() if target.is_file() else None) == before
        assert sorted(path.parent.rglob("*")) == files
        return str(error.value)

    return refuse


def touch(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(sql)


def test_a_new_file_is_written(tiny: BuildSpec, path: Path) -> None:
    with seed(tiny, path) as dataset:
        assert len(dataset.batches) == 1
    assert list(path.parent.iterdir()) == [path]


def test_a_database_with_other_tables_gets_the_farm_as_well(tiny: BuildSpec, path: Path) -> None:
    touch(path, "CREATE TABLE mine (id INTEGER); INSERT INTO mine VALUES (7);")
    with seed(tiny, path) as dataset, dataset.connection() as connection:
        assert connection.scalar(sa.text("SELECT id FROM mine")) == 7
        assert connection.scalar(sa.select(sa.func.count()).select_from(Batch)) == 1


def test_an_empty_file_is_accepted(tiny: BuildSpec, path: Path) -> None:
    path.touch()
    with seed(tiny, path) as dataset:
        assert len(dataset.batches) == 1


def test_a_file_that_is_not_a_database_is_refused(
    tiny: BuildSpec, path: Path, refused: Refuse
) -> None:
    path.write_text("Dear diary, today I went fishing. " * 40)
    assert "is no SQLite database; give another --url" in refused(tiny)
    assert "is no SQLite database" in refused(tiny, replace=True)
    assert "is no SQLite database" in refused(tiny, reuse=True)


def test_a_database_that_holds_data_is_refused(
    tiny: BuildSpec, path: Path, refused: Refuse
) -> None:
    seed(tiny, path).close()
    message = refused(tiny)
    assert message.startswith(f"{path} already holds data (batch_batch has 1)")
    assert "--replace" in message
    assert "--reuse" in message


def test_a_missing_folder_is_refused(tiny: BuildSpec, path: Path, refused: Refuse) -> None:
    target = path.parent / "nowhere" / "farm.db"
    message = refused(tiny, target)
    assert f"there is no folder {target.parent}; create it first" in message


def test_a_folder_with_the_name_of_the_file_is_refused(
    tiny: BuildSpec, path: Path, refused: Refuse
) -> None:
    path.mkdir()
    assert "it is no file; give another --url" in refused(tiny)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("sqlite://", "names no file"),
        ("sqlite:///:memory:", "names no file"),
        ("sqlite:///farm%00.db", r"'farm\x00.db' has control characters"),
        ("sqlite:///farm%1b[2J.db", "has control characters"),
        ("sqlite:///file:farm.db?uri=true&vfs=unix-none", "vfs=unix-none, which is not supported"),
        ("sqlite:///file:farm.db?uri=true&immutable=1", "immutable=1, which is not supported"),
        ("sqlite:///farm.db?mode=write", "mode=write, which is not supported"),
        ("farm.db", "cannot be read; write it like sqlite:///farm.db"),
        ("", "cannot be read"),
        ("sqlite:/farm.db", "cannot be read"),
        ("oracle://me:s3cret@host/farm", "oracle"),
        ("nosuch://me:s3cret@host/farm", "nosuch"),
        ("postgresql://me:s3cret@host:port/farm", "cannot be read"),
    ],
)
def test_an_unusable_url_is_refused_without_its_password(
    tiny: BuildSpec, url: str, message: str
) -> None:
    with pytest.raises(StoreError) as error:
        seed_database(tiny, SeedRequest("tiny", url), Silent())
    assert message in str(error.value)
    assert "s3cret" not in str(error.value)


def test_a_dataset_may_be_replaced(tiny: BuildSpec, path: Path) -> None:
    seed(tiny, path).close()
    with seed(replace(tiny, seed=5), path, replace=True) as dataset:
        assert dataset.manifest.seed == 5
    assert list(path.parent.iterdir()) == [path]


def test_a_database_that_aquadata_did_not_build_is_not_replaced(
    tiny: BuildSpec, path: Path, refused: Refuse
) -> None:
    touch(path, "CREATE TABLE mine (id INTEGER);")
    assert "was not built by aquadata, so --replace leaves it" in refused(tiny, replace=True)


def test_a_build_with_other_tables_beside_it_is_not_replaced(
    tiny: BuildSpec, path: Path, refused: Refuse
) -> None:
    seed(tiny, path).close()
    touch(path, "CREATE TABLE mine (id INTEGER);")
    message = refused(tiny, replace=True)
    assert "also holds tables that aquadata did not make (mine)" in message


def test_replace_without_a_database_builds(tiny: BuildSpec, path: Path) -> None:
    with seed(tiny, path, replace=True) as dataset:
        assert len(dataset.batches) == 1


def test_the_same_build_is_reused(tiny: BuildSpec, path: Path) -> None:
    with seed(tiny, path) as first:
        written = path.stat().st_mtime_ns
    with seed(tiny, path, reuse=True) as again:
        assert again.manifest == first.manifest
    assert path.stat().st_mtime_ns == written


def test_reuse_without_a_database_builds(tiny: BuildSpec, path: Path) -> None:
    with seed(tiny, path, reuse=True) as dataset:
        assert len(dataset.batches) == 1


def test_another_build_is_not_reused(tiny: BuildSpec, path: Path, refused: Refuse) -> None:
    seed(tiny, path).close()
    other = replace(tiny, seed=7, as_of=tiny.as_of + timedelta(days=1))
    message = refused(other, reuse=True)
    assert "seed is 1, not 7" in message
    assert "as_of is 2025-11-21, not 2025-11-22" in message
    assert "--replace" in message


def test_a_database_that_aquadata_did_not_build_is_not_reused(
    tiny: BuildSpec, path: Path, refused: Refuse
) -> None:
    touch(path, "CREATE TABLE mine (id INTEGER);")
    assert "was not built by aquadata" in refused(tiny, reuse=True)


def test_replace_and_reuse_together_are_refused(tiny: BuildSpec, refused: Refuse) -> None:
    assert "contradict" in refused(tiny, replace=True, reuse=True)


@pytest.mark.parametrize(
    ("free", "text"), [(4_000_000, "4.0 MB"), (40_960, "41 kB"), (512, "512 bytes"), (0, "0 bytes")]
)
def test_too_little_disk_space_is_refused_before_the_build(
    tiny: BuildSpec, refused: Refuse, monkeypatch: pytest.MonkeyPatch, free: int, text: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(10**12, 10**12, free))
    message = refused(tiny)
    assert f"MB are needed and {text} are free; make room, or give another --url" in message


@pytest.mark.parametrize("preset", ["small", "tiny"])
def test_the_estimate_is_close_to_the_result(
    small: Dataset, small_build: BuildSpec, tiny: BuildSpec, path: Path, preset: str
) -> None:
    if preset == "small":
        expected, rows, size = estimate(small_build), small.manifest.rows, small.size_bytes
    else:
        with seed(tiny, path) as dataset:
            expected, rows, size = estimate(tiny), dataset.manifest.rows, dataset.size_bytes
    assert expected.rows == pytest.approx(rows, rel=0.25)
    assert 0.7 * size <= expected.size_bytes <= 1.6 * size


def test_presets_are_found_by_name() -> None:
    build = plan_build(SeedRequest("small", seed=3, readings=2))
    assert build.as_of == DEFAULT_AS_OF == date(2025, 11, 21)
    assert build.seed == 3
    assert build.schedule.readings_per_day == 2
    assert len(build.batches) == 8


def test_schedules_are_found_by_path(small_build: BuildSpec, tmp_path: Path) -> None:
    path = tmp_path / "mine.yml"
    path.write_text(write_document(small_build.schedule), encoding="utf-8")
    build = plan_build(SeedRequest(str(path)))
    assert build.schedule == small_build.schedule
    assert build.as_of == small_build.schedule.as_of


def test_batches_that_start_later_are_left_out(small_build: BuildSpec, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(write_document(small_build.schedule), encoding="utf-8")
    starts = [batch.starts for batch in small_build.schedule.batches]
    build = plan_build(SeedRequest(str(path), as_of=starts[3]))
    assert len(build.batches) == 4


def test_a_day_before_all_batches_is_refused(small_build: BuildSpec, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(write_document(small_build.schedule), encoding="utf-8")
    first = small_build.schedule.batches[0].starts
    with pytest.raises(PlanError, match=rf"has started by .*; the first does on {first}: give"):
        plan_build(SeedRequest(str(path), as_of=first - timedelta(days=1)))


@pytest.mark.parametrize("preset", ["smal", "", "mine.yaml", "/nowhere/mine.yml", "small.txt"])
def test_an_unknown_preset_is_refused_in_one_line(preset: str) -> None:
    with pytest.raises(AquadataError) as error:
        plan_build(SeedRequest(preset))
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("today", [date(1, 6, 1), date(1999, 12, 31), date(9999, 6, 1)])
@pytest.mark.parametrize("is_preset", [True, False])
def test_a_today_that_is_decades_away_is_refused(
    today: date, is_preset: bool, small_build: BuildSpec, tmp_path: Path
) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(write_document(small_build.schedule), encoding="utf-8")
    company = "small" if is_preset else str(path)
    with pytest.raises(PlanError, match=f"from 2000-01-01 to 2099-12-31, not {today}"):
        plan_build(SeedRequest(company, as_of=today))


@pytest.mark.parametrize(
    ("preset", "url"),
    [("small", "sqlite:///small.db"), ("plans/my farm.yaml", "sqlite:///my-farm.db")],
)
def test_the_default_database_is_named_after_the_preset(preset: str, url: str) -> None:
    assert default_url(preset) == url
