"""Imports of installed packages where a project has modules of the same names."""

from __future__ import annotations

import site
import sys
import sysconfig
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .errors import SettingError

_PACKAGES = {
    "numpy": "ndarray",
    "sqlalchemy": "create_engine",
    "yaml": "SafeLoader",
    "cattrs": "Converter",
    "filelock": "FileLock",
    "platformdirs": "user_cache_path",
}
"""Packages that a build imports, each with a name that it defines."""


@contextmanager
def installed_first(*projects: Path) -> Iterator[None]:
    """Search folders of projects last in a block.

    Otherwise a `yaml.py` beside the tests, whose folder pytest puts first, would be imported in
    place of the package. Nothing changes for modules that have been imported.

    Args:
        *projects: folders; the folders in them are searched last, too.

    Raises:
        SettingError: when such a module has already been imported.
    """
    _refuse_others()
    before = list(sys.path)
    own = _interpreter_folders()
    # pytest itself may keep a reference to the list
    sys.path.sort(key=lambda folder: folder not in own and _is_inside(folder, projects))
    ordered = list(sys.path)
    try:
        yield
    finally:
        if sys.path == ordered:
            sys.path[:] = before


def _refuse_others() -> None:
    """Raise if a module of another program has the name of a package that a build imports."""
    for name, attribute in _PACKAGES.items():
        module = sys.modules.get(name)
        if module is not None and not hasattr(module, attribute):
            raise SettingError(
                f"{getattr(module, '__file__', None) or 'a module'} has been imported as {name}, "
                "which is the name of a package that aquadata needs; rename that file"
            )


def _interpreter_folders() -> set[str]:
    """Return the folders of the standard library and of installed packages."""
    folders = {sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")}
    folders.add(str(Path(sysconfig.get_path("platstdlib"), "lib-dynload")))
    return folders | {*site.getsitepackages(), site.getusersitepackages()}


def _is_inside(folder: str, projects: tuple[Path, ...]) -> bool:
    """Return whether an entry of the path is one of these folders, or in one."""
    resolved = Path(folder).resolve()
    return any(resolved.is_relative_to(project.resolve()) for project in projects)
