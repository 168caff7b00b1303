"""Build a preset under pytest-xdist with several numbers of workers; compare wall time and CPU.

    python benchmarks/parallel.py --preset medium
    python benchmarks/parallel.py --preset small --repeat 5
    python benchmarks/parallel.py --cache-url postgresql://postgres@127.0.0.1/postgres

Every round builds the preset anew once for each way, one after another, so that what else the
machine does falls on all ways alike; ratios are taken within a round and their median is told.
What pytest and its workers cost without a build (the dataset is there already) is measured in the
same round and taken off. `-n1` and `-n2` are held to one process a worker for the wall time; for
the CPU `-n1` and `-n4` may do as they like, within the processors there are. The CPU is that of
pytest and its processes, not that of a database server.

With --cache-url the dataset goes to that server's cache, which keeps the last one built.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

TEST = """
import pytest

@pytest.mark.parametrize("turn", range(16))
def test_it(aquadata_{preset}, turn):
    assert aquadata_{preset}.manifest.rows
"""
WALL_WANTED, CPU_ALLOWED = 1.7, 1.15


@dataclass(frozen=True)
class Cost:
    """What a run took."""

    wall_s: float
    cpu_s: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall_s - other.wall_s, self.cpu_s - other.cpu_s)


def main() -> None:
    """Measure what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="medium")
    parser.add_argument("--readings")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cache-url", metavar="URL")
    asked = parser.parse_args()
    where = "dir=cache" if asked.cache_url is None else f"url={asked.cache_url}"
    more = [f"--aquadata-readings={asked.readings}"] if asked.readings else []
    more.append(f"--aquadata-cache-{where}")
    speedups, cpu_ratios = [], []
    print("      -n1 alone      -n2 at one each   -n1            -n4")
    for _ in range(asked.repeat):
        one, two, free, four = (
            cost(asked.preset, [workers, *limit, *more])
            for workers, limit in (
                ("-n1", ["--aquadata-workers=1"]),
                ("-n2", ["--aquadata-workers=2"]),
                ("-n1", []),
                ("-n4", []),
            )
        )
        speedups.append(one.wall_s / two.wall_s)
        cpu_ratios.append(four.cpu_s / free.cpu_s)
        print(
            *(f"{each.wall_s:6.1f} s {each.cpu_s:5.1f} CPU" for each in (one, two, free, four)),
            flush=True,
        )
    told("wall time, -n1 over -n2", speedups, f"at least {WALL_WANTED}")
    told("CPU, -n4 over -n1", cpu_ratios, f"at most {CPU_ALLOWED}")


def told(what: str, ratios: list[float], wanted: str) -> None:
    """Say a ratio, its spread and what it should be."""
    print(
        f"{what}: {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f}); "
        f"wanted {wanted}"
    )


def cost(preset: str, options: list[str]) -> Cost:
    """What the build of a preset takes, without what the run of pytest takes itself."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_it.py").write_text(TEST.format(preset=preset), encoding="utf-8")
        built = run(folder, [*options, "--aquadata-rebuild"])
        return built - run(folder, options)


def run(folder: str, options: list[str]) -> Cost:
    """One run of pytest."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
            *options,
        ],
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)
    return Cost(time.perf_counter() - started, cpu)


if __name__ == "__main__":
    main()
