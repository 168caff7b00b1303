"""Kill builds at random moments, resume them, and see that nothing differs and nothing is left.

    python benchmarks/chaos.py
    python benchmarks/chaos.py --builds 2 --races 1 --readings 0

A round builds the small preset in one of three ways (by the command alone, by the command with
processes of its own, by pytest-xdist into a cache), kills one of its processes one to three times
with SIGKILL, and does it again until it is finished. Then the digest must be that of a build that
nobody disturbed, and no process, lock or temporary file may be left. A race lets two processes ask
for one dataset of the cache at once: one builds it, both get it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

TOKEN = "AQUADATA_CHAOS_ROUND"
TRIES = 12
SECONDS_TO_END = 20.0
WAYS = ("command", "command with processes", "pytest-xdist")
WITH_PROCESSES = (
    "import sys; from pytest_aquadata.build import run; run._ROWS_WORTH_A_POOL = 0; "
    "from pytest_aquadata.cli import main; sys.exit(main(sys.argv[1:]))"
)
TEST = """
import pytest

@pytest.mark.parametrize("turn", range(3))
def test_it(aquadata_small, turn):
    assert len(aquadata_small.batches) == 8
"""
ASK = """
import json, sys
from pathlib import Path
from pytest_aquadata.build.cache import cached_dataset
from pytest_aquadata.build.progress import Silent
from pytest_aquadata.build.seeding import resolve
readings = int(sys.argv[2]) if sys.argv[2] else None
build = resolve("small", farm=None, as_of=None, seed=1, readings=readings)
print("ready", flush=True)
sys.stdin.readline()
with cached_dataset(
    build, cache_dir=Path(sys.argv[1]), no_cache=False, workers=2, progress=Silent()
) as dataset:
    print(json.dumps([dataset.fresh, dataset.manifest.digest, len(dataset.batches)]))
"""


@dataclass
class Round:
    """One build, its ways and its kills.

    Attributes:
        folder: everything it writes is here.
        way: how it is built.
        readings: option of readings, if any.
        killed: what was killed, in words.
    """

    folder: Path
    way: str
    readings: list[str]
    killed: list[str] = field(default_factory=list)

    @property
    def token(self) -> str:
        """What marks the processes of this round."""
        return f"{TOKEN}={self.folder}"

    def start(self) -> subprocess.Popen[bytes]:
        """Begin to build, or go on."""
        name, _, value = self.token.partition("=")
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        return subprocess.Popen(
            self._command(),
            cwd=self.folder,
            env={**os.environ, name: value, "TMPDIR": str(temporary)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )

    def _command(self) -> list[str]:
        if self.way == "pytest-xdist":
            (self.folder / "test_it.py").write_text(TEST, encoding="utf-8")
            options = [f"--aquadata-{option}" for option in self.readings]
            return [
                *(sys.executable, "-m", "pytest", "-n2", "-p", "no:cacheprovider"),
                *("--aquadata-cache-dir=data", *options),
            ]
        (self.folder / "data").mkdir(exist_ok=True)
        how = ["-c", WITH_PROCESSES] if "processes" in self.way else ["-m", "pytest_aquadata"]
        options = [f"--{option}" for option in self.readings]
        url = "--url=sqlite:///data/small.db"
        return [sys.executable, *how, "seed", "small", url, "--workers=2", "--resume", *options]

    def processes(self) -> list[int]:
        """All living processes of this round."""
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/environ")
            if self._is_ours(path)
        ]

    def _is_ours(self, environment: Path) -> bool:
        try:
            return self.token.encode() in environment.read_bytes().split(b"\0")
        except OSError:
            return False

    def database(self) -> Path | None:
        """What was built, if it is finished."""
        return next((self.folder / "data").glob("*.db"), None)


def main() -> None:
    """Run the rounds and the races that the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builds", type=int, default=50)
    parser.add_argument("--races", type=int, default=20)
    parser.add_argument("--readings", type=int)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    dice = random.Random(asked.seed)
    readings = [] if asked.readings is None else [f"readings={asked.readings}"]
    seconds, digest = undisturbed(readings)
    print(f"undisturbed: {seconds:.1f} s, digest {digest[:12]}", flush=True)
    kills: Counter[str] = Counter()
    for number in range(asked.builds):
        kills.update(disturbed(WAYS[number % len(WAYS)], readings, seconds, digest, dice, number))
    for number in range(asked.races):
        race(asked.readings, digest, number)
    told = ", ".join(f"{count} of {what}" for what, count in sorted(kills.items()))
    print(f"{asked.builds} builds with {kills.total()} kills ({told}): equal digests, nothing left")
    print(f"{asked.races} races: one built, both right")


def undisturbed(readings: list[str]) -> tuple[float, str]:
    """How long a build takes, and its digest."""
    with tempfile.TemporaryDirectory() as folder:
        one = Round(Path(folder), WAYS[0], readings)
        started = time.perf_counter()
        if one.start().wait():
            sys.exit("aquadata seed small failed")
        return time.perf_counter() - started, digest_of(one)


def disturbed(
    way: str, readings: list[str], seconds: float, digest: str, dice: random.Random, number: int
) -> list[str]:
    """Build with one to three kills; what was killed."""
    with tempfile.TemporaryDirectory() as folder:
        one = Round(Path(folder), way, readings)
        kills = dice.randint(1, 3)
        started = 0
        while one.database() is None or not one.killed:
            if one.database() is not None:
                one.database().unlink()
            started += 1
            expect(started <= TRIES, one, f"not finished after {TRIES} tries")
            process = one.start()
            while process.poll() is None and kills:
                time.sleep(dice.uniform(0.05, 0.9 * seconds))
                if process.poll() is None and strike(one, process.pid, dice):
                    kills -= 1
            process.wait()
            expect_no_process(one)
        same = digest_of(one)
        expect(same == digest, one, f"digest {same[:12]}")
        left = sorted(path.name for path in one.folder.glob("data/*"))
        expect(left == [one.database().name], one, f"left in its folder: {left}")
        temporary = [path.name for path in one.folder.glob("tmp/*")]
        expect(set(temporary) <= {"pytest-of-" + user()}, one, f"left: {temporary}")
        print(
            f"{number + 1:3} {way}: {started} starts, killed {one.killed or 'nothing'}", flush=True
        )
        return one.killed


def strike(one: Round, leader: int, dice: random.Random) -> bool:
    """Kill one process of a round."""
    living = one.processes()
    if not living:
        return False
    victim = dice.choice(sorted(living))
    what = kind_of(victim, leader, one.way)
    try:
        os.kill(victim, signal.SIGKILL)
    except ProcessLookupError:
        return False
    one.killed.append(what)
    return True


def kind_of(pid: int, leader: int, way: str) -> str:
    """What a process is, in words."""
    if pid == leader:
        return "the controller" if way == "pytest-xdist" else "the command"
    return "a worker" if way == "pytest-xdist" else "a helping process"


def expect_no_process(one: Round) -> None:
    """All processes of a round end with the one that leads them."""
    give_up = time.monotonic() + SECONDS_TO_END
    while one.processes() and time.monotonic() < give_up:
        time.sleep(0.05)
    living = one.processes()
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    expect(not living, one, f"orphans after {SECONDS_TO_END:.0f} s: {living}")


def race(readings: int | None, digest: str, number: int) -> None:
    """Two processes ask for one dataset at once."""
    with tempfile.TemporaryDirectory() as folder, two_asking(folder, readings) as asking:
        for process in asking:
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [json.loads(process.communicate(timeout=300)[0]) for process in asking]
        built = [fresh for fresh, _, _ in told]
        left = [path.suffix for path in Path(folder).iterdir()]
        good = sorted(built) == [False, True] and left == [".db"]
        if not good or {(same, batches) for _, same, batches in told} != {(digest, 8)}:
            sys.exit(f"race {number + 1} went wrong: {told}, {left}")


@contextmanager
def two_asking(folder: str, readings: int | None) -> Iterator[list[subprocess.Popen[str]]]:
    """Two processes that are about to ask."""
    option = "" if readings is None else str(readings)
    asking = [
        subprocess.Popen(
            [sys.executable, "-c", ASK, folder, option],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in asking:
        process.stdout.readline()
    yield asking


def digest_of(one: Round) -> str:
    """The digest of what was built, from the rows' manifest."""
    url = f"--url=sqlite:///{one.database()}"
    command = [sys.executable, "-m", "pytest_aquadata", "info", url, "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["digest"]


def expect(holds: bool, one: Round, what: str) -> None:
    """End with a word of what went wrong, and how it came."""
    if not holds:
        sys.exit(f"{one.way}, killed {one.killed}: {what}")


def user() -> str:
    """The name that pytest gives its temporary folder."""
    import getpass

    return getpass.getuser()


if __name__ == "__main__":
    main()
