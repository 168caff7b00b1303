"""Build one preset under many interpreters, numpys, processors and locales; compare digests.

    python benchmarks/same_everywhere.py --python python3.11 python3.12 python3.13
    python benchmarks/same_everywhere.py --preset small --readings 0 --numpy 1.26.4

For every interpreter and numpy a virtual environment is created in `--environments` and kept for
the next run; a numpy without a wheel for an interpreter is reported and left out. The newest numpy
is always included. The last environment is then run with other instruction sets, OpenBLAS kernels,
hash seeds, time zones, languages and numbers of workers.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[1]
NEEDED = ["SQLAlchemy", "cattrs", "PyYAML", "filelock", "platformdirs", "rich"]
DISPATCHED = """
try:
    from numpy._core import _multiarray_umath as math
except ImportError:
    from numpy.core import _multiarray_umath as math
print(*(name for name in math.__cpu_dispatch__ if math.__cpu_features__.get(name)))
"""
SETTINGS: Mapping[str, Mapping[str, str]] = {
    "OpenBLAS for Nehalem": {"OPENBLAS_CORETYPE": "Nehalem"},
    "OpenBLAS for Haswell": {"OPENBLAS_CORETYPE": "Haswell"},
    "one thread of OpenBLAS": {"OPENBLAS_NUM_THREADS": "1"},
    "hash seed 0": {"PYTHONHASHSEED": "0"},
    "hash seed 4294967295": {"PYTHONHASHSEED": "4294967295"},
    "Kiritimati, 14 h east": {"TZ": "Pacific/Kiritimati"},
    "Marquesas, 9.5 h west": {"TZ": "Pacific/Marquesas"},
    "C": {"LC_ALL": "C", "PYTHONUTF8": "0"},
    "Turkish": {"LC_ALL": "tr_TR.UTF-8"},
    "optimised Python": {"PYTHONOPTIMIZE": "1"},
}


@dataclass(frozen=True)
class Place:
    """Environment of a build.

    Attributes:
        name: description for people.
        python: interpreter.
        settings: environment variables.
        workers: processes.
    """

    name: str
    python: Path
    settings: Mapping[str, str] = field(default_factory=dict)
    workers: int = 1


def main() -> None:
    """Compare all environments; exit with 1 if digests differ."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--preset", default="small")
    parser.add_argument("--readings", default="1")
    parser.add_argument("--python", nargs="+", default=[sys.executable])
    parser.add_argument("--numpy", nargs="*", default=["1.26.4"])
    parser.add_argument(
        "--environments", type=Path, default=Path(tempfile.gettempdir(), "aquadata-environments")
    )
    arguments = parser.parse_args()
    places_by_digest: dict[str, list[str]] = {}
    for place in places(arguments.environments, arguments.python, [*arguments.numpy, ""]):
        digest = built(place, arguments.preset, arguments.readings)
        print(f"{digest[:16]}  {place.name}", flush=True)
        places_by_digest.setdefault(digest, []).append(place.name)
    if len(places_by_digest) > 1:
        sys.exit(f"{len(places_by_digest)} different digests")
    print(f"{sum(map(len, places_by_digest.values()))} places, one digest")


def places(folder: Path, pythons: list[str], numpys: list[str]) -> Iterator[Place]:
    """Yield every interpreter with every numpy, then the last one with other settings."""
    last: Path | None = None
    for python in pythons:
        for numpy in numpys:
            interpreter = environment(folder, python, numpy)
            if interpreter is None:
                print(f"{'none':16}  {Path(python).name} has no numpy {numpy}")
                continue
            version = output_of(
                interpreter, "import numpy, sys; print(sys.version.split()[0], numpy.__version__)"
            )
            yield Place(f"Python {version.replace(' ', ', numpy ')}", interpreter)
            last = interpreter
    if last is None:
        sys.exit("no interpreter has any of these numpys")
    features = output_of(last, DISPATCHED)
    yield Place("no vector instructions", last, {"NPY_DISABLE_CPU_FEATURES": features})
    yield Place(
        "without the best of them", last, {"NPY_DISABLE_CPU_FEATURES": features.split()[-1]}
    )
    for name, settings in SETTINGS.items():
        yield Place(name, last, settings)
    for workers in (2, 3, 5):
        yield Place(f"{workers} processes", last, workers=workers)


def environment(folder: Path, python: str, numpy: str) -> Path | None:
    """Return the interpreter of a virtual environment with this numpy, or with the newest one."""
    folder_of_environment = folder / f"{Path(python).name}-{numpy or 'newest'}"
    interpreter = folder_of_environment / "bin" / "python"
    ready = folder_of_environment / "ready"
    if not ready.exists():
        subprocess.run([python, "-m", "venv", "--clear", str(folder_of_environment)], check=True)
        requirement = f"numpy=={numpy}" if numpy else "numpy"
        pip = [str(interpreter), "-m", "pip", "install", "-q", "--only-binary=:all:"]
        if subprocess.run([*pip, requirement, *NEEDED], stderr=subprocess.DEVNULL).returncode:
            return None
        ready.touch()
    return interpreter


def output_of(python: Path, code: str) -> str:
    """Return the output of a Python program."""
    return subprocess.run(
        [python, "-c", code], check=True, capture_output=True, text=True
    ).stdout.strip()


def built(place: Place, preset: str, readings: str) -> str:
    """Build the preset and return its digest."""
    surroundings = {**os.environ, "PYTHONPATH": str(ROOT), **place.settings}
    command = [place.python, "-c", _COMMAND]
    with tempfile.TemporaryDirectory() as folder:
        url = f"--url=sqlite:///{folder}/{preset}.db"
        seed = ["seed", preset, url, f"--readings={readings}", f"--workers={place.workers}"]
        subprocess.run([*command, *seed], check=True, capture_output=True, env=surroundings)
        info = subprocess.run(
            [*command, "info", url, "--json"], check=True, capture_output=True, env=surroundings
        )
    return json.loads(info.stdout)["digest"]


_COMMAND = """
import sys
from pytest_aquadata.generation import pipeline
pipeline._ROWS_WORTH_A_POOL = 0
from pytest_aquadata.cli.main import main
sys.exit(main(sys.argv[1:]))
"""

if __name__ == "__main__":
    main()
