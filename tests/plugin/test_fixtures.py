"""The session fixtures: whole companies, read-only, kept between sessions."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

Run = Callable[..., pytest.RunResult]

QUICK = "--aquadata-readings=0"
DIGEST = """
    from pathlib import Path
    import pytest

    @pytest.mark.parametrize("turn", range(4))
    def test_digest(aquadata_small, turn, worker_id):
        Path(f"{worker_id}-{turn}.txt").write_text(aquadata_small.manifest.digest)
"""
NAMES = {
    "aquadata",
    "aquadata_as_of",
    "aquadata_checks",
    "aquadata_clone",
    "aquadata_django_session",
    "aquadata_engine",
    "aquadata_factories",
    "aquadata_farm",
    "aquadata_full",
    "aquadata_lifecycle",
    "aquadata_medium",
    "aquadata_schedule",
    "aquadata_seed",
    "aquadata_session",
    "aquadata_small",
    "aquadata_uat",
    "aquadata_url",
}


def written_digests(folder: Path) -> set[str]:
    """Return the digests that the tests of DIGEST wrote."""
    files = list(folder.glob("*.txt"))
    assert len(files) >= 4
    return {file.read_text(encoding="utf-8") for file in files}


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_all_tests_share_one_dataset(pytester: pytest.Pytester, run: Run, processes: str) -> None:
    pytester.makepyfile(DIGEST)
    run(QUICK, processes).assert_outcomes(passed=4)
    assert len(written_digests(pytester.path)) == 1


def test_the_data_do_not_depend_on_the_order_of_tests(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(DIGEST)
    run(QUICK).assert_outcomes(passed=4)
    in_file_order = written_digests(pytester.path)
    run(QUICK, "--aquadata-no-cache", "-p", "pytest_randomly").assert_outcomes(passed=4)
    assert len(in_file_order | written_digests(pytester.path)) == 1


def test_a_second_session_opens_what_the_first_built(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(DIGEST)
    arguments = (QUICK, "--aquadata-cache-dir=kept")
    first = run(*arguments)
    first.stdout.fnmatch_lines(["aquadata: keeping the feed ledger, * s"])
    (kept,) = pytester.path.joinpath("kept").glob("*.db")
    before = kept.stat()
    reopened = run(*arguments)
    reopened.stdout.no_fnmatch_line("aquadata: keeping*")
    reopened.assert_outcomes(passed=4)
    assert kept.stat().st_ino == before.st_ino


def test_without_the_cache_no_file_remains(
    pytester: pytest.Pytester, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    temporary = pytester.mkdir("temporary")
    monkeypatch.setenv("TMPDIR", str(temporary))
    pytester.makepyfile(DIGEST)
    run(QUICK, "--aquadata-no-cache", f"--basetemp={pytester.path / 'base'}").assert_outcomes(
        passed=4
    )
    (private,) = temporary.iterdir()
    assert private.stat().st_mode & 0o077 == 0
    assert not list(private.iterdir())


def test_small_has_every_stage_and_is_read_only(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        import pytest
        import sqlalchemy
        from pytest_aquadata.errors import StoreError

        def test_stages(aquadata_small):
            active = [batch for batch in aquadata_small.batches if batch.status == "ACTIVE"]
            assert sorted(batch.stage for batch in active) == [1, 2, 3, 4, 5, 6]

        def test_as_of(aquadata_small, aquadata_as_of):
            assert aquadata_small.manifest.as_of == aquadata_as_of.isoformat()
            assert max(batch.start for batch in aquadata_small.batches) <= aquadata_as_of

        def test_read_only(aquadata_small):
            with aquadata_small.connection() as connection:
                with pytest.raises(StoreError, match="aquadata_session"):
                    connection.execute(sqlalchemy.text("DELETE FROM batch_batch"))

        def test_clone(aquadata_small):
            with aquadata_small.clone() as clone, clone.connection() as connection:
                connection.execute(sqlalchemy.text("DELETE FROM batch_growthsample"))
        """
    )
    run(QUICK).assert_outcomes(passed=4)


def test_aquadata_is_small_by_default(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile(
        """
        def test_same(aquadata, aquadata_small):
            assert aquadata is aquadata_small
        """
    )
    run(QUICK).assert_outcomes(passed=1)


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_aquadata_is_the_dataset_that_the_command_line_seeds(
    pytester: pytest.Pytester, run: Run, pair: Path, processes: str
) -> None:
    pytester.makepyfile(
        """
        def test_seeded(aquadata):
            assert aquadata.manifest.seed == 5
            assert "/mine.db?mode=ro" in aquadata.url
        """
    )
    arguments = [f"--aquadata-preset={pair}", "--aquadata-url=sqlite:///mine.db"]
    run(*arguments, "--aquadata-seed=5", processes).assert_outcomes(passed=1)


def test_aquadata_opens_a_database_that_was_seeded_before(
    pytester: pytest.Pytester, run: Run, pair_database: Path
) -> None:
    pytester.makepyfile("def test_two(aquadata): assert len(aquadata.batches) == 2")
    run(f"--aquadata-url=sqlite:///{pair_database}").assert_outcomes(passed=1)


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_fixtures_can_be_overridden(pytester: pytest.Pytester, run: Run, processes: str) -> None:
    pytester.makeconftest(
        f"""
        import datetime
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_seed():
            return 9

        @pytest.fixture(scope="session")
        def aquadata_as_of():
            return datetime.date(2024, 5, 1)

        @pytest.fixture(scope="session")
        def aquadata_url():
            return "sqlite:///{pytester.path / "shared.db"}"
        """
    )
    pytester.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("turn", range(4))
        def test_mine(aquadata_small, turn):
            assert aquadata_small.manifest.seed == 9
            assert aquadata_small.manifest.as_of == "2024-05-01"
            assert "shared.db?mode=ro" in aquadata_small.url
        """
    )
    for _ in range(2):
        run(QUICK, processes).assert_outcomes(passed=4)


def test_a_database_of_another_build_is_replaced_when_asked(
    pytester: pytest.Pytester, run: Run, pair_database: Path
) -> None:
    pytester.makeconftest(
        """
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_url():
            return "sqlite:///mine.db"
        """
    )
    pytester.makepyfile("def test_seed(aquadata_small): assert aquadata_small.manifest.seed == 2")
    shutil.copy(pair_database, pytester.path / "mine.db")
    refused = run(QUICK, "--aquadata-seed=2")
    refused.assert_outcomes(errors=1)
    refused.stdout.fnmatch_lines(["aquadata: /*/mine.db holds another build: *seed is 1, not 2*"])
    run(QUICK, "--aquadata-seed=2", "--aquadata-replace").assert_outcomes(passed=1)


def test_a_missing_database_is_reported_in_one_line(pytester: pytest.Pytester, run: Run) -> None:
    pytester.makepyfile("def test_it(aquadata): pass")
    result = run("--aquadata-url=sqlite:///none.db")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["aquadata: there is no database /*/none.db; *"])
    assert "Traceback" not in result.stdout.str()
    result.stdout.no_fnmatch_line("*open_dataset*")


def test_workers_use_the_date_that_the_controller_resolved(
    pytester: pytest.Pytester, run: Run
) -> None:
    pytester.makeconftest(
        """
        import datetime
        import pytest
        from pytest_aquadata import setting_values

        class Tomorrow(datetime.datetime):
            @classmethod
            def now(cls, tz=None):
                return super().now(tz) + datetime.timedelta(days=1)

        @pytest.hookimpl(tryfirst=True)
        def pytest_configure(config):
            if hasattr(config, "workerinput"):
                setting_values.datetime = Tomorrow
        """
    )
    pytester.makepyfile(
        """
        import datetime

        def test_today(aquadata_as_of):
            today = datetime.datetime.now(datetime.UTC).date()
            assert aquadata_as_of in (today, today - datetime.timedelta(days=1))
        """
    )
    run("--aquadata-as-of=today", "-n2").assert_outcomes(passed=1)


def test_every_fixture_has_a_one_line_summary_and_an_example(run: Run) -> None:
    docstrings = fixture_docstrings(run("--fixtures", "-v").stdout.str())
    assert set(docstrings) == NAMES
    for name, text in docstrings.items():
        first, _, rest = text.partition("\n\n")
        assert "\n" not in first, name
        assert first.endswith((".", "`.")), name
        assert re.search(r"Example.*::\n\n {4}\S", rest, re.DOTALL), name


def fixture_docstrings(output: str) -> dict[str, str]:
    """Return the docstrings of the fixtures in the output of `pytest --fixtures -v`, by name."""
    parts = re.split(r"^(aquadata\w*)(?: \[\w+ scope\])? -- .*\n", output, flags=re.MULTILINE)
    texts = (part.partition("\n\n\n")[0] for part in parts[2::2])
    return {
        name: "\n".join(line.removeprefix("    ") for line in text.splitlines())
        for name, text in zip(parts[1::2], texts, strict=True)
    }


@pytest.mark.parametrize("processes", ["-n0", "-n2"])
def test_fixtures_use_an_overridden_farm_and_schedule(
    pytester: pytest.Pytester, run: Run, pair: Path, processes: str
) -> None:
    shutil.copy(pair, pytester.path / "pair.yaml")
    farm = resources.files("pytest_aquadata.presets").joinpath("standard_farm.yaml")
    text = farm.read_text(encoding="utf-8").replace("name: standard", "name: mine", 1)
    pytester.path.joinpath("farm.yaml").write_text(text, encoding="utf-8")
    pytester.makeconftest(
        """
        from pathlib import Path
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_schedule():
            return Path(__file__).with_name("pair.yaml")

        @pytest.fixture(scope="session")
        def aquadata_farm():
            return Path(__file__).with_name("farm.yaml")
        """
    )
    pytester.makepyfile(
        """
        from datetime import date
        import pytest

        def test_dataset(aquadata, aquadata_as_of, aquadata_lifecycle):
            assert len(aquadata.batches) == 2
            assert aquadata.farm.name == "mine"
            assert aquadata_lifecycle().request.farm.name == "mine"
            assert aquadata.as_of == aquadata_as_of != date(2025, 11, 21)

        def test_clone(aquadata_clone):
            assert len(aquadata_clone.batches) == 2
        """
    )
    run(processes).assert_outcomes(passed=2)


@pytest.mark.parametrize(
    ("schedule", "message"),
    [
        ("nowhere.yaml", "*aquadata: *nowhere.yaml*"),
        ("smal", "aquadata: unknown preset 'smal': did you mean small?*"),
    ],
)
def test_a_missing_schedule_is_reported_in_one_line(
    pytester: pytest.Pytester, run: Run, schedule: str, message: str
) -> None:
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_schedule():
            return {schedule!r}
        """
    )
    pytester.makepyfile("def test_it(aquadata): pass")
    result = run()
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([message])
    assert "Traceback" not in result.stdout.str()
    assert "another exception" not in result.stdout.str()


def test_a_clone_is_private_to_one_test(pytester: pytest.Pytester, run: Run, pair: Path) -> None:
    pytester.makepyfile(
        f"""
        import pytest
        import sqlalchemy as sa
        from pytest_aquadata.schema import Batch

        def numbers(dataset):
            with dataset.session() as session:
                return session.scalars(sa.select(Batch.batch_number)).all()

        @pytest.mark.parametrize("turn", range(2))
        def test_write(aquadata_clone, aquadata, turn):
            assert len(numbers(aquadata_clone)) == 8
            with aquadata_clone.session() as session:
                session.execute(sa.update(Batch).values(batch_number="X-" + Batch.batch_number))
                session.commit()
            assert all(number.startswith("X-") for number in numbers(aquadata_clone))
            assert not any(number.startswith("X-") for number in numbers(aquadata))

        @pytest.mark.parametrize("aquadata_clone", [{str(pair)!r}], indirect=True)
        def test_another(aquadata_clone):
            assert len(aquadata_clone.batches) == 2

        @pytest.mark.parametrize("aquadata_clone", ["smal"], indirect=True)
        def test_none(aquadata_clone):
            pass
        """
    )
    result = run(QUICK)
    result.assert_outcomes(passed=3, errors=1)
    result.stdout.fnmatch_lines(["aquadata: unknown preset 'smal'*"])


def test_fixtures_work_on_a_server(
    pytester: pytest.Pytester, run: Run, pair: Path, server_database: str
) -> None:
    """A read-only dataset, a clone for one test, and a session that is rolled back on a clone."""
    pytester.makeconftest(
        f"""
        import pytest

        @pytest.fixture(scope="session")
        def aquadata_url():
            return {server_database!r}

        @pytest.fixture(scope="session")
        def aquadata_schedule():
            return {str(pair)!r}

        @pytest.fixture(scope="session")
        def aquadata_engine(aquadata):
            with aquadata.clone() as clone:
                yield clone.engine
        """
    )
    pytester.makepyfile(
        """
        import pytest
        import sqlalchemy as sa
        from pytest_aquadata.errors import ReadOnly
        from pytest_aquadata.schema import Batch

        NUMBERS = sa.select(sa.func.count(Batch.id))
        CLOSE = sa.update(Batch).values(status="TERMINATED")

        def test_shared(aquadata):
            with aquadata.session() as session, pytest.raises(ReadOnly, match="aquadata_clone"):
                session.execute(CLOSE)

        def test_copied(aquadata_clone):
            with aquadata_clone.session() as session:
                session.execute(CLOSE)
                session.commit()
                assert set(session.scalars(sa.select(Batch.status))) == {"TERMINATED"}

        @pytest.mark.parametrize("turn", range(2))
        def test_rolled_back(aquadata_session, aquadata_factories, turn):
            assert aquadata_session.scalar(NUMBERS) == 2
            aquadata_factories.batch()
            aquadata_session.commit()
            assert aquadata_session.scalar(NUMBERS) == 3
        """
    )
    run().assert_outcomes(passed=4)
