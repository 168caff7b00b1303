"""The command that starts a process of the pool, and the modules that such a process can import.

A started process finds modules where its interpreter finds them by itself, and this package and the
packages it needs where this process has found them. It sees neither the current folder nor what
`PYTHONPATH`, pytest or a test has added to the path: a project may have a `yaml.py`, and its
modules may do anything when they are imported.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_PACKAGE = __name__.partition(".")[0]
_PACKAGES = (
    *(_PACKAGE, "numpy", "sqlalchemy", "yaml", "cattrs", "filelock", "platformdirs"),
    *("psycopg2", "pymysql"),
)
"""This package, and those that a build imports."""

ADDED_FOLDERS: tuple[str, ...] = ()
"""Further folders with modules, after all others."""

_IGNORED_VARIABLES = ("PYTHONPATH", "PYTHONSTARTUP", "PYTHONINSPECT", "PYTHONWARNINGS")
_FLAGS = {"ignore_environment": "-E", "no_user_site": "-s", "no_site": "-S"}
_PROGRAM = f"""
import json, sys
from importlib.machinery import PathFinder

folders, added = json.loads(sys.argv[1])

class PackageFinder:
    @staticmethod
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, [folders[name]]) if name in folders else None

sys.meta_path.insert(0, PackageFinder)
sys.path += [folder for folder in added if folder not in sys.path]
from {_PACKAGE}.jobs.worker_main import main
main()
"""


def launch_command() -> list[str]:
    """Return the command of a process that runs `worker_main.main`."""
    folders = dict(_package_folders())
    added = [*dict.fromkeys(folder for name, folder in folders.items() if name != _PACKAGE)]
    flags = [flag for name, flag in _FLAGS.items() if getattr(sys.flags, name)]
    places = json.dumps([folders, [*added, *ADDED_FOLDERS]])
    return [sys.executable, "-P", *flags, "-c", _PROGRAM, places]


def launch_environment() -> Mapping[str, str]:
    """Return the environment of a process, without what changes its path or prints."""
    return {name: value for name, value in os.environ.items() if name not in _IGNORED_VARIABLES}


def _package_folders() -> Iterator[tuple[str, str]]:
    """Yield each package that this process has imported, with the folder that it is in."""
    for name in _PACKAGES:
        file = getattr(sys.modules.get(name), "__file__", None)
        if file is not None:
            yield name, str(Path(file).absolute().parent.parent)
