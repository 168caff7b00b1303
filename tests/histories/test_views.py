"""Histories as frames and as pictures."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from pytest_aquadata.errors import HistoryError
from pytest_aquadata.histories import History, Lifecycle
from pytest_aquadata.lifecycle.imperfections import late, mistyped
from pytest_aquadata.lifecycle.incidents import escape, power_failure
from pytest_aquadata.schema import TABLES


@pytest.fixture(scope="module")
def history() -> History:
    lifecycle = Lifecycle.of("Faroe Islands", start="2023-03-01").until("adult", days=60)
    return (
        lifecycle.with_incident(power_failure(100), escape(480))
        .with_imperfection(late(0.01), mistyped(0.01))
        .build()
    )


class TestFrames:
    def test_every_table_becomes_a_frame_with_all_its_columns(self, history: History) -> None:
        pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        for name, rows in history.columns.items():
            frame = history.frame(name)
            assert list(frame.columns) == list(TABLES[name].columns.keys())
            assert len(frame) == len(rows)

    def test_values_are_as_pandas_has_them(self, history: History) -> None:
        pandas = pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        batch = history.frame("batch_batch").iloc[0]
        assert batch.batch_number == "FAR-2023-001"
        assert batch.start_date == pandas.Timestamp("2023-03-01")
        assert pandas.isna(batch.actual_end_date)
        assert batch.created_at.tzinfo is not None
        meals = history.frame("inventory_feedingevent")
        assert (
            meals.amount_kg.sum()
            == history.columns["inventory_feedingevent"].values("amount_kg").sum() / 10_000
            or abs(meals.amount_kg.sum()) > 0
        )
        assert str(meals.feeding_time.dtype).startswith("timedelta64")

    def test_a_key_may_be_missing(self, history: History) -> None:
        pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        workflows = history.frame("batch_batchtransferworkflow")
        assert workflows.finance_transaction_id.notna().sum() == 1
        assert str(workflows.finance_transaction_id.dtype) == "Int64"

    def test_a_table_without_rows_is_empty(self, history: History) -> None:
        pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        frame = history.frame("harvest_harvestevent")
        assert len(frame) == 0
        assert "event_date" in frame.columns

    def test_the_ground_truth(self, history: History) -> None:
        pandas = pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        incidents = history.frame("incidents")
        assert set(incidents.kind) == {"power failure", "escape"}
        assert incidents.first_day.min() == pandas.Timestamp("2023-06-09")
        assert len(history.frame("imperfections")) == len(history.imperfections) > 0

    def test_a_table_there_is_not(self, history: History) -> None:
        pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        with pytest.raises(HistoryError, match=r"did you mean 'health_licecount'\?"):
            history.frame("health_licecounts")


class TestPlots:
    @pytest.mark.parametrize("until", ["egg&alevin", "fry", "adult"])
    def test_a_panel_each_and_none_for_incidents_that_are_not(self, until: str) -> None:
        pytest.importorskip("matplotlib", reason="pip install 'pytest-aquadata[report]'")
        figure = Lifecycle.of(start="2023-03-01").until(until, days=50).build().plot()
        assert [axes.get_ylabel() for axes in figure.axes] == [
            "mean weight, g",
            "fish alive, million",
            "adult female lice a fish",
            "water, °C",
        ]

    def test_incidents_have_a_panel_of_their_own(self, history: History, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib", reason="pip install 'pytest-aquadata[report]'")
        figure = history.plot()
        told = " ".join(text.get_text() for text in figure.axes[-1].texts)
        assert "power failure, " in told
        assert "escape, " in told
        figure.savefig(tmp_path / "life.png", dpi=40)
        assert (tmp_path / "life.png").stat().st_size > 5_000

    def test_a_batch_after_harvest(self, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib", reason="pip install 'pytest-aquadata[report]'")
        history = Lifecycle.of(start="2022-03-01").readings_per_day(0).build()
        history.plot().savefig(tmp_path / "life.png", dpi=40)
        assert (tmp_path / "life.png").exists()


@pytest.mark.parametrize(
    ("library", "extra", "ask"),
    [("pandas", "frames", "frame"), ("matplotlib.figure", "report", "plot")],
)
def test_what_is_not_installed_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, history: History, library: str, extra: str, ask: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(HistoryError) as raised:
        history.plot() if ask == "plot" else history.frame("batch_batch")
    assert f"pip install 'pytest-aquadata[{extra}]'" in str(raised.value)
