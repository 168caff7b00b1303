"""Two processes of `chaos.py` that ask for one dataset of the cache at once."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ASK = """
import json, sys
from pathlib import Path
from pytest_aquadata.cache.cached_dataset import Cache, cached_dataset
from pytest_aquadata.jobs.progress import Silent
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build
readings = int(sys.argv[2]) if sys.argv[2] else None
build = plan_build(SeedRequest("small", readings=readings))
print("ready", flush=True)
sys.stdin.readline()
with cached_dataset(
    build, cache=Cache(Path(sys.argv[1])), workers=2, progress=Silent()
) as dataset:
    print(json.dumps([dataset.fresh, dataset.manifest.digest, len(dataset.batches)]))
"""


def race(readings: int | None, digest: str, number: int) -> None:
    """Open one dataset of the cache from two processes at once."""
    with tempfile.TemporaryDirectory() as folder, two_clients(folder, readings) as clients:
        for process in clients:
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [json.loads(process.communicate(timeout=300)[0]) for process in clients]
        built = [fresh for fresh, _, _ in answers]
        suffixes = sorted(path.suffix for path in Path(folder).iterdir())
        good = sorted(built) == [False, True] and suffixes == [".db", ".json"]
        if not good or {(same, batches) for _, same, batches in answers} != {(digest, 8)}:
            sys.exit(f"race {number + 1} went wrong: {answers}, {suffixes}")


@contextmanager
def two_clients(folder: str, readings: int | None) -> Iterator[list[subprocess.Popen[str]]]:
    """Start two processes that wait for a line before they open the dataset."""
    option = "" if readings is None else str(readings)
    clients = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, folder, option],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in clients:
        process.stdout.readline()
    yield clients
