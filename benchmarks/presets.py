"""Build presets into a database; print rows, seconds, rows per second and peak memory of each.

    python benchmarks/presets.py small medium
    python benchmarks/presets.py full --workers 2
    python benchmarks/presets.py medium --url postgresql://me@host/empty

Every preset is built by `aquadata seed` in a new process; the seconds are those of the whole
command. It is built into a temporary SQLite file, or into the database of `--url`, which must be
empty or hold a build that may be replaced. Peak memory is that of the largest process.
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
    """Result of one build."""

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
    arguments = parser.parse_args()
    print("preset           rows      MB  seconds    rows/s  peak MB  digest")
    for preset in arguments.presets:
        for _ in range(arguments.repeat):
            print(line(measure(preset, arguments.workers, arguments.url)), flush=True)


def measure(preset: str, workers: int, database: str | None) -> Measured:
    """Build a preset once."""
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


def line(result: Measured) -> str:
    """Return the result as a line of the table."""
    return (
        f"{result.preset:8} {result.rows:12,} {result.size_bytes / 1e6:7,.0f} "
        f"{result.seconds:8.1f} {result.rows / result.seconds:9,.0f} {result.peak_mb:8,.0f}  "
        f"{result.digest[:12]}"
    )


if __name__ == "__main__":
    main()
