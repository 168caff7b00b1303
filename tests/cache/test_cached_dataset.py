"""The cache: a dataset is built once, and opened afterwards."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

import pytest_aquadata
from pytest_aquadata.cache import cached_dataset as cache
from pytest_aquadata.cache.cached_dataset import Cache, cache_key, cached_dataset
from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.errors import BuildError, StoreError
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.presets.schedule import with_readings
from pytest_aquadata.schema import Batch

pytestmark = pytest.mark.slow


class Watched(Silent):
    """Records whether something was built."""

    built = False

    def phase(self, name: str) -> None:
        self.built = True


def get(build: BuildSpec, folder: Path | None, no_cache: bool = False) -> tuple[Dataset, bool]:
    """Return the dataset, and whether it was built."""
    watched = Watched()
    where = None if no_cache else Cache(folder)
    dataset = cached_dataset(build, cache=where, workers=1, progress=watched)
    return dataset, watched.built


def test_a_cached_dataset_is_opened_without_a_build(tiny: BuildSpec, tmp_path: Path) -> None:
    first, built = get(tiny, tmp_path)
    assert built
    second, built = get(tiny, tmp_path)
    assert not built
    assert second.url == first.url
    assert second.manifest == first.manifest


def test_the_key_covers_the_code_that_determines_the_rows() -> None:
    package = Path(pytest_aquadata.__file__).parent
    assert {"databases", "generation", "lifecycle", "presets", "schema"} <= set(cache._CODE)
    assert [name for name in cache._CODE if not list((package / name).glob("*.py"))] == []


CHANGES = {
    "another seed": lambda build: replace(build, seed=2),
    "another day": lambda build: replace(build, as_of=build.as_of + timedelta(days=1)),
    "other readings": lambda build: replace(build, schedule=with_readings(build.schedule, 3)),
    "another farm": lambda build: replace(build, farm=replace(build.farm, digest="other")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_other_inputs_give_another_key(tiny: BuildSpec, change: str) -> None:
    assert cache_key(CHANGES[change](tiny)) != cache_key(tiny)


def test_the_key_is_the_same_in_every_process(tiny: BuildSpec) -> None:
    code = (
        "from dataclasses import replace\n"
        "from pytest_aquadata.cache.cached_dataset import cache_key\n"
        "from pytest_aquadata.generation.request import SeedRequest\n"
        "from pytest_aquadata.generation.seeding import plan_build\n"
        "build = plan_build(SeedRequest('small'))\n"
        "fry = build.schedule.batches[-2]\n"
        "print(cache_key(replace(build, schedule=replace(build.schedule, batches=(fry,)))))"
    )
    assert run_python(code).stdout.strip() == cache_key(tiny)


def test_a_cached_file_is_read_only(tiny: BuildSpec, tmp_path: Path) -> None:
    dataset, _ = get(tiny, tmp_path)
    assert Path(dataset.location_url.removeprefix("sqlite:///")).stat().st_mode & 0o777 == 0o400


def test_the_cache_folder_is_private_to_its_user(tiny: BuildSpec, tmp_path: Path) -> None:
    get(tiny, tmp_path / "deep" / "down")
    assert (tmp_path / "deep" / "down").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_cannot_be_created_is_an_error(tiny: BuildSpec, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot keep datasets in .*; give another folder"):
        get(tiny, tmp_path / "file" / "cache")


def run_python(code: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", code, *arguments],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )


RACING = """
import sys
from dataclasses import replace
from pathlib import Path
from pytest_aquadata.cache.cached_dataset import Cache, cached_dataset
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build

class Watched(Silent):
    def phase(self, name):
        print("building")

build = plan_build(SeedRequest("small", readings=0))
build = replace(build, schedule=replace(build.schedule, batches=build.schedule.batches[-3:]))
print("ready", flush=True)
sys.stdin.readline()
where = Cache(Path(sys.argv[1]))
dataset = cached_dataset(build, cache=where, workers=1, progress=Watched())
print("counted", dataset.counts["batch_batch"], len(dataset.batches))
"""


def test_only_one_of_two_racing_processes_builds(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", RACING, str(tmp_path)],
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=60)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    assert sorted("building" in output for output in outputs) == [False, True]
    assert all("counted 3 3" in output for output in outputs)
    assert len(list(tmp_path.glob("*.db"))) == 1


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder for this test alone."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def test_a_dataset_without_cache_leaves_no_files(
    tiny: BuildSpec, temporary: Path, tmp_path: Path
) -> None:
    dataset, built = get(tiny, tmp_path / "cache", no_cache=True)
    with dataset:
        assert built
        assert len(dataset.batches) == 1
    assert list(temporary.glob("*/*")) == []
    assert not (tmp_path / "cache").exists()


def fail(*_: object, **__: object) -> None:
    raise BuildError("no")


def test_a_failed_build_without_cache_leaves_no_files(
    tiny: BuildSpec, temporary: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "build_into", fail)
    with pytest.raises(BuildError):
        get(tiny, None, no_cache=True)
    assert list(temporary.glob("*/*")) == []


def test_a_failed_build_is_not_cached(
    tiny: BuildSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(cache, "build_into", fail)
        with pytest.raises(BuildError):
            get(tiny, tmp_path)
    _, built = get(tiny, tmp_path)
    assert built


def test_a_truncated_entry_is_built_again(tiny: BuildSpec, tmp_path: Path) -> None:
    first, _ = get(tiny, tmp_path)
    first.close()
    (path,) = tmp_path.glob("*.db")
    path.chmod(0o600)
    os.truncate(path, path.stat().st_size - 5000)
    again, built = get(tiny, tmp_path)
    with again:
        assert built
        assert again.manifest.digest == first.manifest.digest
        assert len(again.batches) == 1


class Noticed(Watched):
    def __init__(self) -> None:
        self.notices: list[str] = []

    def notice(self, line: str) -> None:
        self.notices.append(line)


def test_an_entry_that_was_changed_is_built_again(tiny: BuildSpec, tmp_path: Path) -> None:
    """Root may write to a file that is read-only, and so may a user who changes its mode."""
    first, _ = get(tiny, tmp_path)
    first.close()
    (path,) = tmp_path.glob("*.db")
    path.chmod(0o600)
    engine = sa.create_engine(f"sqlite:///{path}")
    with engine.begin() as connection:
        connection.execute(sa.update(Batch).values(status="TERMINATED"))
    engine.dispose()
    path.chmod(0o400)
    watched = Noticed()
    with cached_dataset(tiny, cache=Cache(tmp_path), workers=1, progress=watched) as again:
        assert [batch.status for batch in again.batches] == ["ACTIVE"]
    (line,) = watched.notices
    assert line == (
        f"the cached dataset {path} was changed after it was built; it is not used, and is built "
        "again"
    )
    with get(tiny, tmp_path)[0] as opened:
        assert not opened.fresh


def test_rebuild_builds_again_once(tiny: BuildSpec, tmp_path: Path) -> None:
    get(tiny, tmp_path)[0].close()
    (path,) = tmp_path.glob("*.db")
    before = path.stat().st_ino
    rebuilt = tmp_path / "rebuilt"
    rebuilt.mkdir()
    builds = []
    for _ in range(2):
        watched = Watched()
        where = Cache(tmp_path, rebuild=rebuilt)
        cached_dataset(tiny, cache=where, workers=1, progress=watched).close()
        builds.append(watched.built)
    assert builds == [True, False]
    assert path.stat().st_ino != before


def test_a_dataset_in_use_is_not_rebuilt(tiny: BuildSpec, tmp_path: Path) -> None:
    where = Cache(tmp_path, rebuild=tmp_path)
    with get(tiny, tmp_path)[0], pytest.raises(StoreError, match="is in use by another process"):
        cached_dataset(tiny, cache=where, workers=1, progress=Silent())


def test_above_the_size_limit_the_least_recently_used_is_removed(
    tiny: BuildSpec, tmp_path: Path
) -> None:
    where = Cache(tmp_path, limit_bytes=0)
    for seed in (1, 2):
        cached_dataset(replace(tiny, seed=seed), cache=where, workers=1, progress=Silent()).close()
    (left,) = tmp_path.glob("*.db")
    assert cache_key(replace(tiny, seed=2)) in left.name
