"""Under pytest-xdist: one correct dataset for all workers, even if some of them die."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from database_servers import Server

from pytest_aquadata.cache.backend import CacheEntry
from pytest_aquadata.cache.cached_dataset import Cache

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]

QUICK = ("--aquadata-readings=0", "--aquadata-cache-dir=cache")
CONFTEST = """
    import os, signal, time
    from dataclasses import replace
    from pathlib import Path

    import pytest
    from pytest_aquadata.generation import batch_runner, pipeline, seeding

    plan_build = seeding.plan_build
    def three_batches(request):
        build = plan_build(request)
        return replace(build, schedule=replace(build.schedule, batches=build.schedule.batches[-3:]))
    seeding.plan_build = three_batches

    def once(name):
        try:
            Path(name).touch(exist_ok=False)
        except FileExistsError:
            return False
        return True

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    def before(owner, name, first):
        original = getattr(owner, name)
        def patched(*arguments):
            first()
            return original(*arguments)
        setattr(owner, name, patched)
"""
TESTS = """
    from pathlib import Path
    import pytest

    @pytest.mark.parametrize("turn", range(4))
    def test_digest(aquadata_small, turn, worker_id):
        Path(f"{worker_id}-{turn}.digest").write_text(aquadata_small.manifest.digest)
        assert len(aquadata_small.batches) == 3
"""
COPIES = """
    import logging
    from pathlib import Path
    import pytest

    @pytest.mark.parametrize("turn", range(2))
    def test_copy(aquadata_small, turn, worker_id, caplog):
        Path(f"{worker_id}-{turn}.url").write_text(aquadata_small.url)
        caplog.set_level(logging.INFO)
        with aquadata_small.clone() as copy:
            assert copy.manifest.digest == aquadata_small.manifest.digest
        if aquadata_small.url.startswith("postgresql"):
            assert not caplog.messages
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> Callable[[str], Path]:
    """Make a project whose `small` has three batches; `more` is added to its conftest.py."""

    def make(more: str = "") -> Path:
        pytester.makeconftest(CONFTEST + more)
        for name in ("test_one", "test_two"):
            pytester.makepyfile(**{name: TESTS})
        return pytester.path

    return make


def digest(folder: Path) -> str:
    """Return the one digest that all tests wrote."""
    (written,) = {file.read_text(encoding="utf-8") for file in folder.glob("*.digest")}
    return written


def cache_file(folder: Path) -> Path:
    """Return the only dataset in the cache; beside it is its record, and nothing else."""
    file, record = sorted((folder / "cache").iterdir())
    assert record == file.with_suffix(".json")
    return file


def built_datasets(result: pytest.RunResult) -> int:
    """Return the number of datasets that were built, from the summary."""
    return len(re.findall(r"^small: .* built by", result.stdout.str(), re.MULTILINE))


@pytest.fixture(scope="session")
def expected_digest(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Digest of the three batches, built by one process."""
    from dataclasses import replace

    from pytest_aquadata.cache.cached_dataset import Cache, cached_dataset
    from pytest_aquadata.generation.request import SeedRequest
    from pytest_aquadata.generation.seeding import plan_build
    from pytest_aquadata.jobs.progress import Silent

    build = plan_build(SeedRequest("small", readings=0))
    three_batches = replace(
        build, schedule=replace(build.schedule, batches=build.schedule.batches[-3:])
    )
    with cached_dataset(
        three_batches,
        cache=Cache(tmp_path_factory.mktemp("expected")),
        workers=1,
        progress=Silent(),
    ) as dataset:
        return dataset.manifest.digest


@pytest.mark.parametrize(
    "mode",
    [
        ["-n2", "--dist=loadscope"],
        ["-n2", "--dist=loadfile"],
        ["-n2", "--dist=loadgroup"],
        ["-n2", "--dist=worksteal"],
        ["--dist=each", "--tx=2*popen"],
    ],
    ids=" ".join,
)
def test_all_workers_get_one_dataset(
    project: Callable[..., Path], run: Run, expected_digest: str, mode: list[str]
) -> None:
    folder = project()
    result = run(*QUICK, *mode)
    assert result.ret == pytest.ExitCode.OK
    assert digest(folder) == expected_digest
    assert built_datasets(result) == 1
    assert cache_file(folder).suffix == ".db"


@pytest.fixture
def server_cache(server: Server, pytester: pytest.Pytester) -> Iterator[Cache]:
    """Cache on a server; what the test builds there is removed."""
    cache = Cache(server=server.url.render_as_string(hide_password=False))
    yield cache
    for key in {file.read_text(encoding="utf-8")[-20:] for file in pytester.path.glob("*.url")}:
        cache.backend.remove(CacheEntry("small", key, 0, 0.0))


def test_all_workers_get_one_dataset_on_a_server(
    project: Callable[..., Path],
    pytester: pytest.Pytester,
    run: Run,
    expected_digest: str,
    server_cache: Cache,
) -> None:
    """Workers that waited for the dataset do not block its clones."""
    folder = project()
    pytester.makepyfile(test_copies=COPIES)
    result = run(
        *("--aquadata-readings=0", "--aquadata-rebuild", "-n2"),
        f"--aquadata-cache-url={server_cache.server}",
    )
    assert result.ret == pytest.ExitCode.OK
    assert digest(folder) == expected_digest
    assert built_datasets(result) == 1


def test_the_order_of_tests_does_not_matter(
    project: Callable[..., Path], run: Run, expected_digest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = project()
    # pytest-randomly looks for xdist by the name it has when pytest finds it by itself
    monkeypatch.setenv("PYTEST_PLUGINS", "pytest_aquadata.plugin")
    result = run("-p", "xdist", "-p", "randomly", *QUICK, "-n3")
    result.stdout.fnmatch_lines(["Using --randomly-seed=*"])
    assert result.ret == pytest.ExitCode.OK
    assert digest(folder) == expected_digest
    assert built_datasets(result) == 1


def test_progress_is_printed_and_the_report_is_printed_once(
    project: Callable[..., Path], run: Run
) -> None:
    folder = project()
    result = run(*QUICK, "-n2", "-v")
    result.stdout.fnmatch_lines(
        [
            "aquadata: small on gw?: *",
            "aquadata: SCO-2025-???: * rows in * s",
            "*= aquadata datasets =*",
            "small: 3 batches, * rows, built by * in * s, * rows/s",
            "  database: sqlite:////*/cache/small-*.db",
            "  slowest batches: *, *, *",
            "  the same again: aquadata seed small --seed=1 --as-of=2025-11-21 --readings=0",
            "  utilisation *",
        ]
    )
    assert result.stdout.str().count("slowest batches") == 1
    before = cache_file(folder).stat().st_ino
    result = run(*QUICK, "-n2")
    urls = re.findall(r"^small: [\d,]+ rows, found in (\S+)$", result.stdout.str(), re.MULTILINE)
    assert urls == [f"sqlite:///{cache_file(folder).resolve()}"]
    assert cache_file(folder).stat().st_ino == before


DEATHS = {
    "before the first batch": """
    before(batch_runner, "simulate", lambda: once("died") and die())
    """,
    "after the first batch": """
    simulated = []
    before(batch_runner, "simulate", lambda: simulated and once("died") and die())
    before(batch_runner, "simulate", lambda: simulated.append(1))
    """,
    "twice": """
    before(batch_runner, "simulate", lambda: (once("died") or once("again")) and die())
    """,
}


@pytest.mark.parametrize("death", DEATHS)
def test_when_the_worker_that_builds_dies_another_one_builds(
    project: Callable[..., Path], run: Run, expected_digest: str, death: str
) -> None:
    folder = project(DEATHS[death])
    result = run(*QUICK, "-n2")
    outcomes = result.parseoutcomes()
    crashed = 2 if (folder / "again").exists() else 1
    assert (folder / "died").exists()
    assert outcomes["failed"] == crashed
    assert outcomes["passed"] == 8 - crashed
    result.stdout.fnmatch_lines(["*worker 'gw?' crashed while running*"])
    assert digest(folder) == expected_digest
    assert cache_file(folder).suffix == ".db"


POOL_PROCESS_DIES = """
    import os, signal
    from pathlib import Path
    from pytest_aquadata.generation import process_runner
    pipeline._ROWS_WORTH_A_POOL = 0
    def kill_one():
        for children in Path("/proc/self/task").glob("*/children"):
            for pid in children.read_text().split():
                once("died") and os.kill(int(pid), signal.SIGKILL)
    before(process_runner, "wait", kill_one)
"""


def test_the_death_of_a_process_of_the_pool_is_survived(
    project: Callable[..., Path], run: Run, expected_digest: str
) -> None:
    folder = project(POOL_PROCESS_DIES)
    result = run(*QUICK, "-n2", "--aquadata-workers=2")
    assert (folder / "died").exists()
    assert result.parseoutcomes() == {"passed": 8}
    assert digest(folder) == expected_digest
    assert built_datasets(result) == 1
    assert cache_file(folder).suffix == ".db"


def test_a_run_that_stops_early_leaves_a_complete_dataset_or_none(
    project: Callable[..., Path], pytester: pytest.Pytester, run: Run, expected_digest: str
) -> None:
    folder = project()
    failing = "import pytest\n@pytest.mark.parametrize('n', range(4))\ndef test_no(n): assert 0"
    pytester.makepyfile(test_fails=failing)
    assert run(*QUICK, "-n2", "--maxfail=1").ret != pytest.ExitCode.OK
    assert all(file.suffix in (".db", ".json") for file in (folder / "cache").glob("*"))
    pytester.makepyfile(test_fails="")
    assert run(*QUICK, "-n2", "--lf").ret == pytest.ExitCode.OK
    assert digest(folder) == expected_digest


def test_without_the_cache_one_dataset_is_built_for_all_workers(
    project: Callable[..., Path], pytester: pytest.Pytester, run: Run, expected_digest: str
) -> None:
    folder = project()
    result = run("--aquadata-readings=0", "--aquadata-no-cache", "-n2", f"--basetemp={folder}/tmp")
    assert result.ret == pytest.ExitCode.OK
    assert digest(folder) == expected_digest
    assert built_datasets(result) == 1
    assert not list((folder / "tmp").glob("aquadata*"))


def test_two_sessions_at_once_build_one_dataset(
    project: Callable[..., Path], run: Run, expected_digest: str
) -> None:
    folder = project()
    run("--version")
    command = [sys.executable, "-m", "pytest", "-W", "error", "-n2", *QUICK]
    sessions = [
        subprocess.Popen(
            [*command, f"--basetemp={folder}/tmp{number}", "-p", "no:cacheprovider"],
            cwd=folder,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(2)
    ]
    outputs = [session.communicate(timeout=120)[0] for session in sessions]
    assert [session.returncode for session in sessions] == [0, 0], outputs
    assert sum(len(re.findall("built by", output)) for output in outputs) == 1
    assert digest(folder) == expected_digest
    assert cache_file(folder).suffix == ".db"
