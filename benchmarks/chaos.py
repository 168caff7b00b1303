"""Interrupt builds at random moments, resume them, and check that all digests are equal.

    python benchmarks/chaos.py
    python benchmarks/chaos.py --builds 2 --races 1 --readings 0
    python benchmarks/chaos.py --server postgresql://root@127.0.0.1:5432/postgres
    python benchmarks/chaos.py --server mysql://root@127.0.0.1:3306/test --only mysql

A round builds the small preset in one of three ways: by the command in one process, by the command
with several processes, or by pytest-xdist into a cache; with `--server URL` the last two also run
on that server. It is interrupted one to three times and restarted until it is finished. An
interruption is SIGKILL to one of its processes, Ctrl-C to all of them, SIGTERM to the main process,
or the end of a database connection. The digest must be that of an uninterrupted build, and no
process, lock, temporary file or database may be left. In a race two processes ask for one dataset
of the cache at once: one builds it, both get it.
"""

from __future__ import annotations

import argparse
import getpass
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

from chaos_server import Server

from pytest_aquadata.cache.cached_dataset import cache_key
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build

TOKEN = "AQUADATA_CHAOS_ROUND"
TRIES = 12
SECONDS_TO_END = 20.0
CONNECTIONS_CUT = 0.5
"""Share of interruptions that end a connection, for builds on a server."""
SIGNALS = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
SIGNAL_WEIGHTS = (6, 2, 2)
COMMAND, PROCESSES, XDIST = "command", "command with processes", "pytest-xdist"
WITH_PROCESSES = (
    "import sys; from pytest_aquadata.generation import pipeline; pipeline._ROWS_WORTH_A_POOL = 0; "
    "from pytest_aquadata.cli.main import main; sys.exit(main(sys.argv[1:]))"
)
TEST = """
import pytest

@pytest.mark.parametrize("number", range(3))
def test_it(aquadata_small, number):
    assert len(aquadata_small.batches) == 8
"""
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


@dataclass
class Round:
    """One build and its interruptions.

    Attributes:
        folder: folder of everything that the build writes.
        way: how it is built.
        readings: the option `readings`, if any.
        server: database server; a SQLite file if None.
        interruptions: the interruptions so far, in words.
    """

    folder: Path
    way: str
    readings: list[str]
    server: Server | None = None
    interruptions: list[str] = field(default_factory=list)

    @property
    def token(self) -> str:
        """Environment variable that marks the processes of this round."""
        return f"{TOKEN}={self.folder}"

    def start(self) -> subprocess.Popen[bytes]:
        """Start or resume the build."""
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
        if self.way == XDIST:
            (self.folder / "test_it.py").write_text(TEST, encoding="utf-8")
            options = [f"--aquadata-{option}" for option in self.readings]
            cache_option = f"url={self.server.address}" if self.server else "dir=data"
            return [
                *(sys.executable, "-m", "pytest", "-n2", "-p", "no:cacheprovider"),
                *(f"--aquadata-cache-{cache_option}", *options),
            ]
        (self.folder / "data").mkdir(exist_ok=True)
        program = ["-c", WITH_PROCESSES] if self.way == PROCESSES else ["-m", "pytest_aquadata"]
        options = [f"--{option}" for option in self.readings]
        url = f"--url={self.url}"
        return [sys.executable, *program, "seed", "small", url, "--workers=2", "--resume", *options]

    @property
    def url(self) -> str:
        """URL of the database."""
        return self.server.url if self.server else "sqlite:///data/small.db"

    def processes(self) -> list[int]:
        """Return the ids of all living processes of this round."""
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

    def built(self) -> str | None:
        """Return the URL of the finished build, or None."""
        if self.server:
            return self.url if self.server.is_built() else None
        file = next((self.folder / "data").glob("*.db"), None)
        return file and f"sqlite:///{file}"

    @property
    def name(self) -> str:
        """Way and server, in words."""
        return f"{self.way} on {self.server.backend}" if self.server else self.way

    def prepare(self) -> None:
        """Create the database, if the build does not."""
        if self.server and self.way != XDIST:
            self.server.create()

    def start_again(self) -> None:
        """Remove a build that was finished before it was interrupted."""
        if self.server:
            self.server.drop()
            self.prepare()
        for file in (self.folder / "data").glob("*.db"):
            file.unlink()


def main() -> None:
    """Run the rounds and the races."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builds", type=int, default=50)
    parser.add_argument("--races", type=int, default=20)
    parser.add_argument("--readings", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", metavar="URL", action="append", default=[])
    parser.add_argument("--only", metavar="WAY", default="", help="part of the name of a way")
    arguments = parser.parse_args()
    dice = random.Random(arguments.seed)
    readings = [] if arguments.readings is None else [f"readings={arguments.readings}"]
    seconds, digest = uninterrupted(readings)
    print(f"uninterrupted: {seconds:.1f} s, digest {digest[:12]}", flush=True)
    totals: Counter[str] = Counter()
    ways = [
        (way, server)
        for server in (None, *arguments.server)
        for way in ((COMMAND, PROCESSES, XDIST) if server is None else (PROCESSES, XDIST))
        if arguments.only in f"{way} on {server}"
    ]
    for number in range(arguments.builds):
        way, server = ways[number % len(ways)]
        with tempfile.TemporaryDirectory() as folder:
            round_ = Round(
                Path(folder), way, readings, server and database_of(server, way, arguments.readings)
            )
            round_.prepare()
            try:
                starts = interrupted(round_, seconds, digest, dice)
            finally:
                if round_.server:
                    round_.server.drop()
        totals.update(round_.interruptions)
        print(
            f"{number + 1:3} {round_.name}: {starts} starts, {', '.join(round_.interruptions)}",
            flush=True,
        )
    for number in range(arguments.races):
        race(arguments.readings, digest, number)
    counts = ", ".join(f"{count} of {kind}" for kind, count in sorted(totals.items()))
    total = totals.total()
    print(
        f"{arguments.builds} builds, {total} interruptions ({counts}): equal digests, nothing left"
    )
    if arguments.races:
        print(f"{arguments.races} races: one built, both right")


def database_of(address: str, way: str, readings: int | None) -> Server:
    """Return the database of a round; with pytest-xdist it is that of the cache."""
    if way != XDIST:
        return Server(address, f"aquadata_chaos_{os.getpid()}")
    build = plan_build(SeedRequest("small", readings=readings))
    return Server(address, f"aquadata_small_{cache_key(build)}")


def uninterrupted(readings: list[str]) -> tuple[float, str]:
    """Return the seconds and the digest of an uninterrupted build."""
    with tempfile.TemporaryDirectory() as folder:
        round_ = Round(Path(folder), COMMAND, readings)
        started = time.perf_counter()
        if round_.start().wait():
            sys.exit("aquadata seed small failed")
        return time.perf_counter() - started, digest_of(round_)


def interrupted(round_: Round, seconds: float, digest: str, dice: random.Random) -> int:
    """Build with one to three interruptions; return the number of starts."""
    interruptions_left = dice.randint(1, 3)
    starts = 0
    while round_.built() is None or not round_.interruptions:
        if round_.built() is not None:
            round_.start_again()
        starts += 1
        expect(starts <= TRIES, round_, f"not finished after {TRIES} tries")
        process = round_.start()
        while process.poll() is None and interruptions_left:
            time.sleep(dice.uniform(0.05, 0.9 * seconds))
            if process.poll() is None and interrupt(round_, process.pid, dice):
                interruptions_left -= 1
        process.wait()
        expect_no_process(round_)
    same = digest_of(round_)
    expect(same == digest, round_, f"digest {same[:12]}")
    databases = round_.server.databases() if round_.server else []
    expect(len(databases) <= (2 if round_.way == XDIST else 1), round_, f"databases: {databases}")
    leftovers = [path.name for path in round_.folder.glob("data/*") if path.suffix != ".db"]
    temporary = [path.name for path in round_.folder.glob("tmp/*")]
    expect(not leftovers, round_, f"left in its folder: {leftovers}")
    expect(set(temporary) <= {f"pytest-of-{getpass.getuser()}"}, round_, f"left: {temporary}")
    return starts


def interrupt(round_: Round, leader: int, dice: random.Random) -> bool:
    """Send a signal to a process of the round, or end one of its connections."""
    connections = round_.server.connections() if round_.server else []
    living = sorted(round_.processes())
    if connections and dice.random() < CONNECTIONS_CUT:
        round_.server.cut(dice.choice(connections))
        round_.interruptions.append("a cut connection")
        return True
    if not living:
        return False
    sent = dice.choices(SIGNALS, SIGNAL_WEIGHTS)[0]
    pid = dice.choice(living) if sent == signal.SIGKILL else leader
    try:
        if sent == signal.SIGINT:
            os.killpg(leader, sent)
        else:
            os.kill(pid, sent)
    except ProcessLookupError:
        return False
    receiver = "all" if sent == signal.SIGINT else role_of(pid, leader, round_.way)
    round_.interruptions.append(f"{sent.name} to {receiver}")
    return True


def role_of(pid: int, leader: int, way: str) -> str:
    """Return the role of a process, in words."""
    if pid == leader:
        return "the controller" if way == XDIST else "the command"
    return "a worker" if way == XDIST else "a process of the pool"


def expect_no_process(round_: Round) -> None:
    """Check that all processes of a round end with its main process."""
    give_up = time.monotonic() + SECONDS_TO_END
    while round_.processes() and time.monotonic() < give_up:
        time.sleep(0.05)
    living = round_.processes()
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    expect(not living, round_, f"orphans after {SECONDS_TO_END:.0f} s: {living}")


def race(readings: int | None, digest: str, number: int) -> None:
    """Open one dataset of the cache from two processes at once."""
    with tempfile.TemporaryDirectory() as folder, two_clients(folder, readings) as clients:
        for process in clients:
            process.stdin.write("go\n")
            process.stdin.flush()
        answers = [json.loads(process.communicate(timeout=300)[0]) for process in clients]
        built = [fresh for fresh, _, _ in answers]
        suffixes = [path.suffix for path in Path(folder).iterdir()]
        good = sorted(built) == [False, True] and suffixes == [".db"]
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


def digest_of(round_: Round) -> str:
    """Return the digest of the finished build."""
    command = [sys.executable, "-m", "pytest_aquadata", "info", f"--url={round_.built()}", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["digest"]


def expect(holds: bool, round_: Round, message: str) -> None:
    """Exit with a message if a condition does not hold."""
    if not holds:
        sys.exit(f"{round_.name}; interrupted by {round_.interruptions}: {message}")


if __name__ == "__main__":
    main()
