"""Docstrings of factories: every parameter is described, and every example works as shown."""

from __future__ import annotations

import doctest
import inspect
import re
from typing import Any

from sqlalchemy.orm import Session

import pytest_aquadata.factories as factories
from pytest_aquadata.factories import AquadataFactory


def test_every_parameter_and_trait_is_described(factory_class: type[AquadataFactory[Any]]) -> None:
    text = inspect.getdoc(factory_class) or ""
    described = set(re.findall(r"^    (\w+)(?: \(.+?\))?: \S", text, flags=re.MULTILINE))
    inherited = getattr(factory_class.__mro__[1]._meta, "hidden", frozenset())
    assert described == factory_class._meta.hidden - inherited - {"plan"}


def test_the_example_gives_the_output_it_shows(
    factory_class: type[AquadataFactory[Any]], aquadata_session: Session
) -> None:
    text, name = inspect.getdoc(factory_class) or "", factory_class.__name__
    example = doctest.DocTestParser().get_doctest(text, vars(factories).copy(), name, None, None)
    assert example.examples
    report: list[str] = []
    result = doctest.DocTestRunner(verbose=False).run(example, out=report.append)
    assert result.failed == 0, "".join(report)
