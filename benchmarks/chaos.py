"""Interrupt builds at random moments, resume them, and check that all digests are equal.

    python benchmarks/chaos.py
    python benchmarks/chaos.py --builds 2 --races 1 --readings 0
    python benchmarks/chaos.py --server postgresql://root@127.0.0.1:5432/postgres
    python benchmarks/chaos.py --server mysql://root@127.0.0.1:3306/test --only mysql

A round writes the small preset in one of the ways of `chaos_ways.py`: by the command in one process
or several, by pytest-xdist with a cache, clones or neither, by an append build; or it wipes a
build, or calculates its growth again. With `--server URL` some also run on that server. It is
interrupted one to three times and restarted until it is finished. An interruption is SIGKILL to one
of its processes, Ctrl-C to all of them, SIGTERM or SIGHUP to the main process, SIGSTOP to a process
of the pool, or the end of a database connection. The result must be that of an uninterrupted run,
and no process, lock, temporary file or database may be left. In a race two processes ask for one
dataset of the cache at once: one builds it, both get it.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

from chaos_races import race
from chaos_rounds import Round, living_after
from chaos_server import Server
from chaos_ways import APPEND, CHANGES, COMMAND, OF_PYTEST, ON_SERVERS, WAYS

from pytest_aquadata.cache.cached_dataset import cache_key
from pytest_aquadata.generation.request import SeedRequest
from pytest_aquadata.generation.seeding import plan_build

TRIES = 12
SECONDS_TO_END = 20.0


def main() -> None:
    """Run the rounds and the races."""
    arguments = parse_arguments()
    dice = random.Random(arguments.seed)
    readings = [] if arguments.readings is None else [f"readings={arguments.readings}"]
    ways = [
        (way, server)
        for server in (None, *arguments.server)
        for way in (WAYS if server is None else ON_SERVERS)
        if arguments.only in f"{way} on {server}"
    ]
    totals: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as kept:
        base, appended = Path(kept, "base.db"), Path(kept, "appended.db")
        expected, seconds = expected_results({way for way, _ in ways}, readings, base, appended)
        for number in range(arguments.builds):
            way, address = ways[number % len(ways)]
            with tempfile.TemporaryDirectory() as folder:
                server = database_of(address, way, arguments.readings) if address else None
                round_ = Round(Path(folder), way, readings, base, appended, server)
                starts = interrupted(round_, seconds, expected.get(way), dice)
            totals.update(round_.interruptions)
            done = f"{number + 1:3} {round_.name}: {starts} starts"
            print(f"{done}, {', '.join(round_.interruptions)}", flush=True)
    for number in range(arguments.races):
        race(arguments.readings, expected[COMMAND], number)
    counts = ", ".join(f"{count} of {kind}" for kind, count in sorted(totals.items()))
    print(
        f"{arguments.builds} builds, {totals.total()} interruptions ({counts}): equal digests, "
        "nothing left"
    )
    if arguments.races:
        print(f"{arguments.races} races: one built, both right")


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--builds", type=int, default=50)
    parser.add_argument("--races", type=int, default=20)
    parser.add_argument("--readings", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--server", metavar="URL", action="append", default=[])
    parser.add_argument("--only", metavar="WAY", default="", help="part of the name of a way")
    return parser.parse_args()


def database_of(address: str, way: str, readings: int | None) -> Server:
    """Return the database of a round; with pytest-xdist it is that of the cache."""
    if way not in OF_PYTEST:
        return Server(address, f"aquadata_chaos_{os.getpid()}")
    build = plan_build(SeedRequest("small", readings=readings))
    return Server(address, f"aquadata_small_{cache_key(build)}")


def expected_results(
    ways: set[str], readings: list[str], base: Path, appended: Path
) -> tuple[Mapping[str, str], float]:
    """Return the results of uninterrupted runs by way, and the seconds of one build.

    The databases that some ways change are written on the way.
    """
    seconds, digest = uninterrupted(COMMAND, readings, base, appended, base)
    print(f"uninterrupted: {seconds:.1f} s, digest {digest[:12]}", flush=True)
    results = {way: digest for way in ways | {COMMAND} if way not in CHANGES}
    if ways & set(CHANGES):
        for way in (APPEND, *sorted(ways & set(CHANGES) - {APPEND})):
            _, results[way] = uninterrupted(
                way, readings, base, appended, appended if way == APPEND else None
            )
    return results, seconds


def uninterrupted(
    way: str, readings: list[str], base: Path, appended: Path, kept: Path | None
) -> tuple[float, str]:
    """Return the seconds and the result of an uninterrupted run; keep its file."""
    with tempfile.TemporaryDirectory() as folder:
        round_ = Round(Path(folder), way, readings, base, appended)
        round_.prepare()
        started = time.perf_counter()
        if round_.start().wait():
            sys.exit(f"{way} failed:\n{(round_.folder / 'output').read_text()}")
        seconds = time.perf_counter() - started
        result = round_.result()
        if kept is not None:
            round_.file.rename(kept)
        return seconds, result


def interrupted(round_: Round, seconds: float, expected: str | None, dice: random.Random) -> int:
    """Run with one to three interruptions; return the number of starts."""
    round_.prepare()
    try:
        starts = run_to_the_end(round_, seconds, expected, dice)
        if round_.result() is not None:
            expect(round_.result() == expected, round_, f"result {round_.result()}")
        expect(not round_.leftovers(), round_, f"left: {round_.leftovers()}")
        return starts
    finally:
        if round_.server:
            round_.server.drop()


def run_to_the_end(round_: Round, seconds: float, expected: str | None, dice: random.Random) -> int:
    """Start until a run is finished that was interrupted; return the number of starts."""
    interruptions_left = dice.randint(1, 3)
    is_finished, starts = False, 0
    while not is_finished:
        starts += 1
        expect(starts <= TRIES, round_, f"not finished after {TRIES} tries")
        process = round_.start()
        while process.poll() is None and interruptions_left:
            time.sleep(dice.uniform(0.05, 0.9 * seconds))
            if process.poll() is None and round_.interrupt(process.pid, dice):
                interruptions_left -= 1
        is_finished = process.wait() == 0
        living = living_after(round_, SECONDS_TO_END)
        expect(not living, round_, f"orphans after {SECONDS_TO_END:.0f} s: {living}")
        if is_finished and not round_.interruptions:
            is_finished = False
            round_.start_again()
        elif not is_finished and round_.way in CHANGES and round_.result() == expected:
            is_finished = True  # it was interrupted after its transaction
    return starts


def expect(holds: bool, round_: Round, message: str) -> None:
    """Exit with a message if a condition does not hold."""
    if not holds:
        output = (round_.folder / "output").read_text(errors="replace")[-3_000:]
        sys.exit(f"{round_.name}; interrupted by {round_.interruptions}: {message}\n{output}")


if __name__ == "__main__":
    main()
