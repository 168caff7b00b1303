"""Build a preset under pytest-xdist with different numbers of workers; compare wall and CPU time.

    python benchmarks/parallel.py --preset medium
    python benchmarks/parallel.py --preset small --repeat 5
    python benchmarks/parallel.py --cache-url postgresql://postgres@127.0.0.1/postgres

One worker builds, with processes of its own; the others wait for it. Each round builds the preset
once in every way, one after another, so that other load on the machine affects all of them. Ratios
are taken within a round; their median is printed. The cost of the same run without a build (the
dataset is in the cache) is subtracted. For the wall time `-n1` simulates with one process and `-n2`
with two; for the CPU time `-n1` and `-n4` use one process for each processor. CPU time excludes a
database server.

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

@pytest.mark.parametrize("number", range(16))
def test_it(aquadata_{preset}, number):
    assert aquadata_{preset}.manifest.rows
"""
LEAST_SPEEDUP, MOST_CPU = 1.7, 1.15


@dataclass(frozen=True)
class Cost:
    """Wall and CPU time of a run."""

    wall_s: float
    cpu_s: float

    def __sub__(self, other: Cost) -> Cost:
        return Cost(self.wall_s - other.wall_s, self.cpu_s - other.cpu_s)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="medium")
    parser.add_argument("--readings")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--cache-url", metavar="URL")
    arguments = parser.parse_args()
    cache_option = "dir=cache" if arguments.cache_url is None else f"url={arguments.cache_url}"
    more = [f"--aquadata-readings={arguments.readings}"] if arguments.readings else []
    more.append(f"--aquadata-cache-{cache_option}")
    speedups, cpu_ratios = [], []
    print("      -n1 alone      -n2 at one each   -n1            -n4")
    for _ in range(arguments.repeat):
        one_process, two_processes, one_worker, four_workers = (
            cost(arguments.preset, [workers, *limit, *more])
            for workers, limit in (
                ("-n1", ["--aquadata-workers=1"]),
                ("-n2", ["--aquadata-workers=2"]),
                ("-n1", []),
                ("-n4", []),
            )
        )
        speedups.append(one_process.wall_s / two_processes.wall_s)
        cpu_ratios.append(four_workers.cpu_s / one_worker.cpu_s)
        print(
            *(
                f"{total.wall_s:6.1f} s {total.cpu_s:5.1f} CPU"
                for total in (one_process, two_processes, one_worker, four_workers)
            ),
            flush=True,
        )
    print_ratio("wall time, -n1 over -n2", speedups, f"at least {LEAST_SPEEDUP}")
    print_ratio("CPU, -n4 over -n1", cpu_ratios, f"at most {MOST_CPU}")


def print_ratio(title: str, ratios: list[float], target: str) -> None:
    """Print the median of a ratio, its range and the target."""
    print(
        f"{title}: {statistics.median(ratios):.2f} (from {min(ratios):.2f} to {max(ratios):.2f}); "
        f"target {target}"
    )


def cost(preset: str, options: list[str]) -> Cost:
    """Return the cost of a build, without that of the pytest run around it."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "test_it.py").write_text(TEST.format(preset=preset), encoding="utf-8")
        built = run(folder, [*options, "--aquadata-rebuild"])
        return built - run(folder, options)


def run(folder: str, options: list[str]) -> Cost:
    """Run pytest once."""
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
