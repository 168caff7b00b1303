"""Interrupt builds at random moments, resume them, and check that all digests are equal.

    python benchmarks/chaos.py
    python benchmarks/chaos.py --builds 2 --races 1 --readings 0
    python benchmarks/chaos.py --server postgresql://root@127.0.0.1:5432/postgres
    python benchmarks/chaos.py --server mysql://root@127.0.0.1:3306/test --only mysql

A round builds the small preset in one of three ways: by the command in one process, by the command
with several processes, or by pytest-xdist into a cache; with `--server URL` the last two also run
on that server. It is interrupted one to three times and restarted until it is finished. An
interruption is SIGKILL to one of its processes, Ctrl-C to all of them, SIGTERM to the main process,
or the end of a database connection. The digest must be that of an undisturbed build, and no
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
OF_EACH = (6, 2, 2)
COMMAND, PROCESSES, XDIST = "command", "command with processes", "pytest-xdist"
WITH_PROCESSES = (
    "import sys; from pytest_aquadata.generation import pipeline; pipeline._ROWS_WORTH_A_POOL = 0; "
    "from pytest_aquadata.cli.main import main; sys.exit(main(sys.argv[1:]))"
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
        struck: the interruptions, in words.
    """

    folder: Path
    way: str
    readings: list[str]
    server: Server | None = None
    struck: list[str] = field(default_factory=list)

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
            where = f"url={self.server.address}" if self.server else "dir=data"
            return [
                *(sys.executable, "-m", "pytest", "-n2", "-p", "no:cacheprovider"),
                *(f"--aquadata-cache-{where}", *options),
            ]
        (self.folder / "data").mkdir(exist_ok=True)
        how = ["-c", WITH_PROCESSES] if self.way == PROCESSES else ["-m", "pytest_aquadata"]
        options = [f"--{option}" for option in self.readings]
        url = f"--url={self.url}"
        return [sys.executable, *how, "seed", "small", url, "--workers=2", "--resume", *options]

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
    seconds, digest = undisturbed(readings)
    print(f"undisturbed: {seconds:.1f} s, digest {digest[:12]}", flush=True)
    strikes: Counter[str] = Counter()
    ways = [
        (way, server)
        for server in (None, *arguments.server)
        for way in ((COMMAND, PROCESSES, XDIST) if server is None else (PROCESSES, XDIST))
        if arguments.only in f"{way} on {server}"
    ]
    for number in range(arguments.builds):
        way, server = ways[number % len(ways)]
        with tempfile.TemporaryDirectory() as folder:
            one = Round(Path(folder), way, readings, server and at(server, way, arguments.readings))
            one.prepare()
            try:
                starts = disturbed(one, seconds, digest, dice)
            finally:
                if one.server:
                    one.server.drop()
        strikes.update(one.struck)
        print(f"{number + 1:3} {one.name}: {starts} starts, {', '.join(one.struck)}", flush=True)
    for number in range(arguments.races):
        race(arguments.readings, digest, number)
    counts = ", ".join(f"{count} of {what}" for what, count in sorted(strikes.items()))
    total = strikes.total()
    print(
        f"{arguments.builds} builds, {total} interruptions ({counts}): equal digests, nothing left"
    )
    if arguments.races:
        print(f"{arguments.races} races: one built, both right")


def at(address: str, way: str, readings: int | None) -> Server:
    """Return the database of a round; for pytest-xdist that of the cache."""
    if way != XDIST:
        return Server(address, f"aquadata_chaos_{os.getpid()}")
    build = plan_build(SeedRequest("small", readings=readings))
    return Server(address, f"aquadata_small_{cache_key(build)}")


def undisturbed(readings: list[str]) -> tuple[float, str]:
    """Return the seconds and the digest of an undisturbed build."""
    with tempfile.TemporaryDirectory() as folder:
        one = Round(Path(folder), COMMAND, readings)
        started = time.perf_counter()
        if one.start().wait():
            sys.exit("aquadata seed small failed")
        return time.perf_counter() - started, digest_of(one)


def disturbed(one: Round, seconds: float, digest: str, dice: random.Random) -> int:
    """Build with one to three interruptions; return the number of starts."""
    strikes = dice.randint(1, 3)
    starts = 0
    while one.built() is None or not one.struck:
        if one.built() is not None:
            one.start_again()
        starts += 1
        expect(starts <= TRIES, one, f"not finished after {TRIES} tries")
        process = one.start()
        while process.poll() is None and strikes:
            time.sleep(dice.uniform(0.05, 0.9 * seconds))
            if process.poll() is None and strike(one, process.pid, dice):
                strikes -= 1
        process.wait()
        expect_no_process(one)
    same = digest_of(one)
    expect(same == digest, one, f"digest {same[:12]}")
    kept = one.server.databases() if one.server else []
    expect(len(kept) <= (2 if one.way == XDIST else 1), one, f"databases: {kept}")
    left = [path.name for path in one.folder.glob("data/*") if path.suffix != ".db"]
    temporary = [path.name for path in one.folder.glob("tmp/*")]
    expect(not left, one, f"left in its folder: {left}")
    expect(set(temporary) <= {f"pytest-of-{getpass.getuser()}"}, one, f"left: {temporary}")
    return starts


def strike(one: Round, leader: int, dice: random.Random) -> bool:
    """Send a signal to a process of the round, or end one of its connections."""
    connections = one.server.connections() if one.server else []
    living = sorted(one.processes())
    if connections and dice.random() < CONNECTIONS_CUT:
        one.server.cut(dice.choice(connections))
        one.struck.append("a cut connection")
        return True
    if not living:
        return False
    what = dice.choices(SIGNALS, OF_EACH)[0]
    victim = dice.choice(living) if what == signal.SIGKILL else leader
    try:
        if what == signal.SIGINT:
            os.killpg(leader, what)
        else:
            os.kill(victim, what)
    except ProcessLookupError:
        return False
    of_whom = "all" if what == signal.SIGINT else kind_of(victim, leader, one.way)
    one.struck.append(f"{what.name} to {of_whom}")
    return True


def kind_of(pid: int, leader: int, way: str) -> str:
    """Return the role of a process, in words."""
    if pid == leader:
        return "the controller" if way == XDIST else "the command"
    return "a worker" if way == XDIST else "a process of the pool"


def expect_no_process(one: Round) -> None:
    """Check that all processes of a round end with its main process."""
    give_up = time.monotonic() + SECONDS_TO_END
    while one.processes() and time.monotonic() < give_up:
        time.sleep(0.05)
    living = one.processes()
    for pid in living:
        os.kill(pid, signal.SIGKILL)
    expect(not living, one, f"orphans after {SECONDS_TO_END:.0f} s: {living}")


def race(readings: int | None, digest: str, number: int) -> None:
    """Let two processes ask for one dataset at once."""
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
    """Start two processes that are ready to ask."""
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
    """Return the digest of the finished build."""
    command = [sys.executable, "-m", "pytest_aquadata", "info", f"--url={one.built()}", "--json"]
    return json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["digest"]


def expect(holds: bool, one: Round, what: str) -> None:
    """Exit with a message if a condition does not hold."""
    if not holds:
        sys.exit(f"{one.name}, struck by {one.struck}: {what}")


if __name__ == "__main__":
    main()
