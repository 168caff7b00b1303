"""Type checkers accept the examples of the manuals, and find wrong uses of the public names."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MANUALS = ("README.md", *sorted(f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")))
CHECKERS = [name for name in ("mypy", "pyright") if find_spec(name)]
"""Type checkers that are installed; tox's environment `typing` has both."""

RIGHT = """
from typing_extensions import assert_type

from pytest_aquadata import FactoryNamespace, Lifecycle, LifecycleFactory, build_together
from pytest_aquadata.factories import BatchFactory, FeedingEventFactory
from pytest_aquadata.schema import Batch, FeedingEvent

assert_type(FeedingEventFactory(amount_kg=5), FeedingEvent)
assert_type(FeedingEventFactory.create(), FeedingEvent)
assert_type(FeedingEventFactory.build(), FeedingEvent)
assert_type(FeedingEventFactory.create_batch(3), list[FeedingEvent])
assert_type(FeedingEventFactory.build_batch(3), list[FeedingEvent])
assert_type(FeedingEventFactory.bulk(3), int)


class OwnBatchFactory(BatchFactory):
    notes = "own"


assert_type(OwnBatchFactory(), Batch)


def test_factories(aquadata_factories: FactoryNamespace) -> None:
    assert_type(aquadata_factories.feeding_event(), FeedingEvent)


def test_lifecycle(aquadata_lifecycle: LifecycleFactory) -> None:
    assert_type(aquadata_lifecycle("Scotland", eggs=2_000_000), Lifecycle)
    assert_type(build_together(Lifecycle.of())[0].number, str)
"""
WRONG = """
from pytest_aquadata import CheckFunction, Dataset, FactoryNamespace, LifecycleFactory
from pytest_aquadata.factories import FeedingEventFactory
from pytest_aquadata.imperfections import missing
from pytest_aquadata.incidents import lice_surge
from pytest_aquadata.schema import Batch


def test_datasets(aquadata_small: Dataset, aquadata_checks: CheckFunction) -> None:
    aquadata_small.batch(stge=3)  # wrong
    number: int = aquadata_small.batch(stage=3).number  # wrong
    aquadata_checks(5)  # wrong
    aquadata_checks(aquadata_small, onyl=["hard"])  # wrong


def test_lifecycle(aquadata_lifecycle: LifecycleFactory) -> None:
    aquadata_lifecycle(egs=3)  # wrong
    aquadata_lifecycle(eggs="3")  # wrong
    aquadata_lifecycle().with_incident("lice")  # wrong
    aquadata_lifecycle().with_imperfection(lice_surge(480))  # wrong
    aquadata_lifecycle().until("adult", days="3")  # wrong
    lice_surge(dya=3)  # wrong
    lice_surge(480, rings=2.5)  # wrong
    missing("health_licecount", 0.1)  # wrong


def test_factories(aquadata_factories: FactoryNamespace) -> None:
    aquadata_factories.feding_event()  # wrong
    one: Batch = FeedingEventFactory()  # wrong
    many: list[Batch] = FeedingEventFactory.create_batch(3)  # wrong
    built: Batch = FeedingEventFactory.build()  # wrong
    named: Batch = aquadata_factories.feeding_event()  # wrong
    FeedingEventFactory().no_such_column  # wrong
"""


def examples() -> list[str]:
    """Return the Python code blocks of the manuals."""
    pages = [(ROOT / manual).read_text(encoding="utf-8") for manual in MANUALS]
    block = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return [code for page in pages for code in block.findall(page)]


def errors_of(checker: str, folder: Path) -> list[tuple[str, int, str]]:
    """Return the errors that a type checker finds in the files of a folder: file, line, message."""
    strict = '{"typeCheckingMode": "strict", "reportUnusedExpression": false}'
    (folder / "pyrightconfig.json").write_text(strict, encoding="utf-8")
    arguments = {
        "mypy": [
            "--strict",
            "--config-file=",
            "--follow-imports=silent",
            "--cache-dir=.mypy_cache",
        ],
        "pyright": ["--project", ".", "--pythonpath", sys.executable],
    }[checker]
    files = sorted(path.name for path in folder.glob("*.py")) if checker == "mypy" else []
    environment = {**os.environ, "MYPYPATH": str(ROOT), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(
        [sys.executable, "-m", checker, *arguments, *files],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stdout + done.stderr
    found = re.findall(
        r"^\s*(?:\S*/)?(\w+\.py):(\d+)(?::\d+)?(?: -|:) error: (.*)$", done.stdout, re.MULTILINE
    )
    return [(file, int(line), message) for file, line, message in found]


@pytest.mark.slow
@pytest.mark.parametrize("checker", CHECKERS)
def test_examples_are_accepted_and_wrong_uses_are_found(checker: str, tmp_path: Path) -> None:
    for number, code in enumerate(examples()):
        (tmp_path / f"example_{number}.py").write_text(code, encoding="utf-8")
    (tmp_path / "right.py").write_text(RIGHT, encoding="utf-8")
    (tmp_path / "wrong.py").write_text(WRONG, encoding="utf-8")
    errors = errors_of(checker, tmp_path)
    assert [error for error in errors if error[0] != "wrong.py"] == []
    expected = {
        number for number, line in enumerate(WRONG.splitlines(), 1) if line.endswith("# wrong")
    }
    assert {line for file, line, _ in errors if file == "wrong.py"} == expected


def test_the_namespace_declares_every_factory() -> None:
    from pytest_aquadata.factories import namespace

    text = Path(namespace.__file__).read_text(encoding="utf-8")
    declared = dict(re.findall(r"^        (\w+): type\[factories\.(\w+)\]$", text, re.MULTILINE))
    factories = namespace.factories_by_name()
    assert declared == {name: factory.__name__ for name, factory in factories.items()}
