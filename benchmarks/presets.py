"""Build presets into a database and print rows, seconds, rows a second and peak memory of each.

    python benchmarks/presets.py small medium
    python benchmarks/presets.py full --workers 2
    python benchmarks/presets.py medium --url postgresql://me@host/empty

Every preset is built by a fresh process, as a user would with `aquadata seed`; the seconds are
those of the whole command. It goes into a SQLite file in a temporary folder unless a URL is
given: of a database that is empty, or holds a build that may be replaced. Peak memory is that of
the largest process of ours, as the operating system counts it.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Measured:
    """One build."""

    preset: str
    rows: int
    size_bytes: int
    seconds: float
    peak_mb: float
    digest: str


def main() -> None:
    """Measure the presets that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("presets", nargs="*", default=["small", "medium"])
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--url")
    asked = parser.parse_args()
    print("preset           rows      MB  seconds    rows/s  peak MB  digest")
    for preset in asked.presets:
        for _ in range(asked.repeat):
            print(line(measure(preset, asked.workers, asked.url)), flush=True)


def measure(preset: str, workers: int, database: str | None) -> Measured:
    """Build a preset once and look at what it took."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"--url={database or f'sqlite:///{folder}/{preset}.db'}"
        aquadata = [sys.executable, "-m", "pytest_aquadata"]
        command = [*aquadata, "seed", preset, url, f"--workers={workers}"]
        if database:
            command.append("--replace")
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if status:
            sys.exit(f"aquadata seed {preset} failed")
        described = subprocess.run(
            [*aquadata, "info", url, "--json"], check=True, capture_output=True
        )
        info = json.loads(described.stdout)
    return Measured(
        preset,
        info["total_rows"],
        info["size_bytes"],
        seconds,
        usage.ru_maxrss / 1024,
        info["digest"],
    )


def line(one: Measured) -> str:
    """What was measured, in a line."""
    return (
        f"{one.preset:8} {one.rows:12,} {one.size_bytes / 1e6:7,.0f} {one.seconds:8.1f} "
        f"{one.rows / one.seconds:9,.0f} {one.peak_mb:8,.0f}  {one.digest[:12]}"
    )


if __name__ == "__main__":
    main()
