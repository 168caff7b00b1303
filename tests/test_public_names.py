"""The public names: they exist, cost nothing to import, and the manuals use no others."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import pytest_aquadata

ROOT = Path(__file__).parents[1]
NAMES = {
    "CheckFunction",
    "Dataset",
    "FactoryNamespace",
    "Lifecycle",
    "LifecycleFactory",
    "bound",
    "build_together",
    "open_dataset",
}
MODULES = {"django", "errors", "factories", "imperfections", "incidents", "schema"}
IMPORT = re.compile(
    r"^[ >.$]*(?:from (pytest_aquadata[\w.]*) import ([\w, ]+|\([\w,\s]+\))"
    r"|import (pytest_aquadata[\w.]*))",
    re.MULTILINE,
)


def test_the_package_has_the_public_names() -> None:
    assert set(pytest_aquadata.__all__) == NAMES
    assert set(dir(pytest_aquadata)) >= NAMES | {"__version__"}
    for name in NAMES:
        assert getattr(pytest_aquadata, name).__name__ == name


@pytest.mark.parametrize("module", sorted(MODULES))
def test_a_public_module_can_be_imported(module: str) -> None:
    assert import_module(f"pytest_aquadata.{module}").__doc__


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="'pytest_aquadata' has no attribute 'Datset'"):
        _ = pytest_aquadata.Datset


def test_incidents_and_imperfections_are_those_of_the_lifecycle() -> None:
    from pytest_aquadata import imperfections, incidents
    from pytest_aquadata.lifecycle import imperfections as all_imperfections
    from pytest_aquadata.lifecycle import incidents as all_incidents

    assert set(incidents.__all__) == set(all_incidents.__all__)
    assert incidents.lice_surge is all_incidents.lice_surge
    assert imperfections.missing is all_imperfections.missing


def test_importing_the_package_loads_no_other_module_of_it() -> None:
    code = (
        "import sys, pytest_aquadata; dir(pytest_aquadata); "
        "print(*sorted(name for name in sys.modules if name.startswith('pytest_aquadata')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["pytest_aquadata"]


def documents() -> Iterator[tuple[str, str]]:
    """Texts that users copy from: pages, example projects and docstrings."""
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("examples/**/*.py")]:
        yield str(page.relative_to(ROOT)), page.read_text(encoding="utf-8")
    for module in (ROOT / "pytest_aquadata").rglob("*.py"):
        for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                yield str(module.relative_to(ROOT)), ast.get_docstring(node) or ""


def test_the_manuals_import_public_names_only() -> None:
    public_modules = {"pytest_aquadata", *(f"pytest_aquadata.{name}" for name in MODULES)}
    imports = [(place, match) for place, text in documents() for match in IMPORT.finditer(text)]
    assert len(imports) > 10
    for place, match in imports:
        module = match[1] or match[3]
        assert module in public_modules, (place, match[0])
        if module == "pytest_aquadata" and match[2]:
            names = set(re.findall(r"\w+", match[2]))
            assert names <= NAMES | MODULES, (place, match[0])
