"""Each database answers the whole contract, and no other module asks for a database's name."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

import pytest_aquadata
from pytest_aquadata.databases.dialect import Dialect, all_dialects, dialect_of, find_dialect
from pytest_aquadata.databases.server_dialect import ServerDialect, server_dialect_of
from pytest_aquadata.errors import StoreError
from pytest_aquadata.schema.types import Instant

PACKAGE = Path(pytest_aquadata.__file__).parent
NAMES = {"sqlite", "postgresql", "postgres", "mysql", "mariadb"}
NAME_ATTRIBUTES = {"get_backend_name", "drivername"}
MAY_NAME_DATABASES = ("databases", "schema")
"""The dialects, and the types of the schema, which SQLAlchemy asks for a variant a database."""


def names_of_databases(source: str) -> Iterator[int]:
    """Lines of a module that have a database's name as a value, or read one."""
    for node in ast.walk(ast.parse(source)):
        is_name = isinstance(node, ast.Constant) and node.value in NAMES
        reads_name = isinstance(node, ast.Attribute) and (
            node.attr in NAME_ATTRIBUTES
            or (node.attr == "name" and ast.unparse(node.value).endswith(".dialect"))
        )
        if is_name or reads_name:
            yield node.lineno


def test_only_dialects_know_the_name_of_a_database() -> None:
    places = [
        f"{module.relative_to(PACKAGE)}:{line}"
        for module in sorted(PACKAGE.rglob("*.py"))
        if module.relative_to(PACKAGE).parts[0] not in MAY_NAME_DATABASES
        for line in names_of_databases(module.read_text())
    ]
    assert places == []


@pytest.mark.parametrize(
    "source",
    [
        'if connection.dialect.name == "sqlite": pass',
        "name = session.get_bind().dialect.name",
        "name = url.get_backend_name()",
        'WORDS = {"mariadb": 1}',
    ],
)
def test_a_module_that_names_a_database_is_detected(source: str) -> None:
    assert list(names_of_databases(source))


def test_shared_modules_of_databases_ask_the_dialect() -> None:
    """Modules for one database are named after it; the others must not compare names."""
    shared = [
        module
        for module in sorted((PACKAGE / "databases").glob("*.py"))
        if module.stem.partition("_")[0] not in NAMES
        and module.stem not in ("dialect", "server_dialect", "metadata_table")
    ]
    assert len(shared) > 10
    assert [module.name for module in shared if any(names_of_databases(module.read_text()))] == []


@pytest.mark.parametrize("dialect", all_dialects(), ids=lambda dialect: dialect.name)
def test_every_dialect_answers_the_whole_contract(dialect: Dialect) -> None:
    contract = ServerDialect if dialect.is_server else Dialect
    assert isinstance(dialect, contract)
    attributes = {name for base in contract.__mro__ for name in inspect.get_annotations(base)}
    assert len(attributes) >= 8
    assert [name for name in sorted(attributes) if not hasattr(dialect, name)] == []
    assert not inspect.isabstract(type(dialect))


def test_there_is_one_dialect_a_database() -> None:
    assert [dialect.name for dialect in all_dialects()] == ["sqlite", "postgresql", "mariadb"]


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("sqlite:///farm.db", "sqlite"),
        ("postgresql+psycopg2://host/farm", "postgresql"),
        ("mysql+pymysql://host/farm", "mariadb"),
        ("mariadb+pymysql://host/farm", "mariadb"),
    ],
)
def test_a_url_and_an_engine_have_the_same_dialect(url: str, name: str) -> None:
    parsed = sa.make_url(url)
    assert dialect_of(parsed).name == name
    engine = sa.create_engine(parsed)
    assert dialect_of(engine) is dialect_of(parsed)
    assert dialect_of(engine.dialect) is dialect_of(parsed)


def test_another_database_is_refused_without_its_password() -> None:
    url = sa.make_url("oracle://me:s3cret@host/farm")
    assert find_dialect(url) is None
    with pytest.raises(StoreError, match="oracle is none of sqlite, postgresql") as caught:
        dialect_of(url)
    assert "s3cret" not in str(caught.value)


def test_a_file_is_not_a_server() -> None:
    with pytest.raises(StoreError, match="names no server; leave out the cache URL"):
        server_dialect_of(sa.make_url("sqlite:///farm.db"))


DAYS = {
    "sqlite": "(CAST(strftime('%s', substr(x, 1, 10)) AS INTEGER) / 86400)",
    "postgresql": "(CAST(x AT TIME ZONE 'UTC' AS DATE) - DATE '1970-01-01')",
    "mariadb": "DATEDIFF(x, '1970-01-01')",
}


@pytest.mark.parametrize("dialect", all_dialects(), ids=lambda dialect: dialect.name)
def test_the_day_of_an_instant_is_that_of_utc(dialect: Dialect) -> None:
    assert dialect.day_number("x", Instant()) == DAYS[dialect.name]
