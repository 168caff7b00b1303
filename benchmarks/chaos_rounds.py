"""One round of `chaos.py`: a way of writing a database, its processes, and its result."""

from __future__ import annotations

import getpass
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from chaos_server import Server
from chaos_ways import CHANGES, NO_CACHE, OF_PYTEST, command, prepare, rows_of

TOKEN = "AQUADATA_CHAOS_ROUND"
CONNECTIONS_CUT = 0.5
"""Share of interruptions that end a connection, for builds on a server."""
SIGNALS = {
    signal.SIGKILL: 6,
    signal.SIGINT: 2,
    signal.SIGTERM: 1,
    signal.SIGHUP: 1,
    signal.SIGSTOP: 3,
}
"""Signals, with their weights."""


@dataclass
class Round:
    """One run and its interruptions.

    Attributes:
        folder: folder of everything that is written.
        way: how it is written, one of `chaos_ways.WAYS`.
        readings: the option `readings`, if any.
        base: a SQLite file with a build, for ways that change one.
        appended: the same file with a second build.
        server: database server; a SQLite file if None.
        interruptions: the interruptions so far, in words.
    """

    folder: Path
    way: str
    readings: list[str]
    base: Path
    appended: Path
    server: Server | None = None
    interruptions: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        """Way and server, in words."""
        return f"{self.way} on {self.server.backend}" if self.server else self.way

    @property
    def file(self) -> Path:
        """The SQLite file of a command."""
        return self.folder / "data" / "small.db"

    def prepare(self) -> None:
        """Create the database, if the run does not."""
        prepare(self.way, self.folder, self.base, self.appended)
        if self.server and self.way not in OF_PYTEST:
            self.server.create()

    def start_again(self) -> None:
        """Remove what a run has written that was finished before it was interrupted."""
        if self.server:
            self.server.drop()
        shutil.rmtree(self.folder / "data")
        self.prepare()

    def start(self) -> subprocess.Popen[bytes]:
        """Start or resume the run."""
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        url = self.server.url if self.server else "sqlite:///data/small.db"
        cache_url = self.server.address if self.server else None
        with (self.folder / "output").open("wb") as output:
            return subprocess.Popen(
                command(self.way, self.folder, url, cache_url, self.readings),
                cwd=self.folder,
                env={**os.environ, TOKEN: str(self.folder), "TMPDIR": str(temporary)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def processes(self) -> list[int]:
        """Return the ids of all living processes of this round."""
        return [
            int(path.parent.name)
            for path in Path("/proc").glob("[0-9]*/environ")
            if self._is_ours(path)
        ]

    def _is_ours(self, environment: Path) -> bool:
        token = f"{TOKEN}={self.folder}".encode()
        try:
            return token in environment.read_bytes().split(b"\0")
        except OSError:
            return False

    def result(self) -> str | None:
        """Return the digest of the build, or the rows of a changed database; None if unfinished."""
        if self.way in CHANGES:
            return rows_of(self.file)
        if self.way == NO_CACHE:
            return None
        url = self._built()
        return url and digest_of(url)

    def _built(self) -> str | None:
        if self.server:
            return self.server.url if self.server.is_built() else None
        file = next((self.folder / "data").glob("*.db"), None)
        return file and f"sqlite:///{file}"

    def leftovers(self) -> list[str]:
        """Return the names of files and databases that a finished run should not have left."""
        # a dataset of the cache has a record
        kept = (".db", ".json")
        left = [path.name for path in self.folder.glob("data/*") if path.suffix not in kept]
        allowed = {f"pytest-of-{getpass.getuser()}", f"aquadata-{os.getuid()}"}
        left += [path.name for path in self.folder.glob("tmp/*") if path.name not in allowed]
        left += [path.name for path in self.folder.glob(f"tmp/aquadata-{os.getuid()}/*")]
        databases = self.server.databases() if self.server else []
        return left + databases[2 if self.way in OF_PYTEST else 1 :]

    def interrupt(self, leader: int, dice: random.Random) -> bool:
        """Send a signal to a process of the round, or end one of its connections."""
        connections = self.server.connections() if self.server else []
        if connections and dice.random() < CONNECTIONS_CUT:
            self.server.cut(dice.choice(connections))
            self.interruptions.append("a cut connection")
            return True
        sent = dice.choices(list(SIGNALS), list(SIGNALS.values()))[0]
        living = sorted(self.processes())
        if sent == signal.SIGSTOP:
            living = [pid for pid in living if is_of_pool(pid)]
        if not living:
            return False
        pid = dice.choice(living) if sent in (signal.SIGKILL, signal.SIGSTOP) else leader
        role = self._role_of(pid, leader)
        try:
            if sent == signal.SIGINT:
                os.killpg(leader, sent)
            else:
                os.kill(pid, sent)
        except ProcessLookupError:
            return False
        self.interruptions.append(f"{sent.name} to {'all' if sent == signal.SIGINT else role}")
        return True

    def _role_of(self, pid: int, leader: int) -> str:
        if pid == leader:
            return "the controller" if self.way in OF_PYTEST else "the command"
        if is_of_pool(pid) or self.way not in OF_PYTEST:
            return "a process of the pool"
        return "a worker"


def is_of_pool(pid: int) -> bool:
    """Return whether a process belongs to the pool of a build."""
    with suppress(OSError):
        return b"jobs.worker_main" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False


def digest_of(url: str) -> str:
    """Return the digest of a finished build."""
    told = [sys.executable, "-m", "pytest_aquadata", "info", f"--url={url}", "--json"]
    return json.loads(subprocess.run(told, check=True, capture_output=True).stdout)["digest"]


def living_after(round_: Round, seconds: float) -> list[int]:
    """Wait for the processes of a round to end; kill and return those that have not."""
    give_up = time.monotonic() + seconds
    while round_.processes() and time.monotonic() < give_up:
        time.sleep(0.05)
    living = round_.processes()
    for pid in living:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return living
