"""Histories as pandas DataFrames and as matplotlib figures."""

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

    def test_values_have_the_types_of_pandas(self, history: History) -> None:
        pandas = pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        batch = history.frame("batch_batch").iloc[0]
        assert batch.batch_number == "FAR-2023-001"
        assert batch.start_date == pandas.Timestamp("2023-03-01")
        assert pandas.isna(batch.actual_end_date)
        assert batch.created_at.tzinfo is not None
        meals = history.frame("inventory_feedingevent")
        amounts = history.columns["inventory_feedingevent"].values("amount_kg")
        assert amounts.sum() > 0
        assert (meals.amount_kg == amounts / 10_000).all()
        assert str(meals.feeding_time.dtype).startswith("timedelta64")

    def test_a_nullable_key_has_a_nullable_integer_type(self, history: History) -> None:
        pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        workflows = history.frame("batch_batchtransferworkflow")
        assert workflows.finance_transaction_id.notna().sum() == 1
        assert str(workflows.finance_transaction_id.dtype) == "Int64"

    def test_a_table_without_rows_becomes_an_empty_frame(self, history: History) -> None:
        pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        frame = history.frame("harvest_harvestevent")
        assert len(frame) == 0
        assert "event_date" in frame.columns

    def test_incidents_and_imperfections_become_frames(self, history: History) -> None:
        pandas = pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        incidents = history.frame("incidents")
        assert set(incidents.kind) == {"power failure", "escape"}
        assert incidents.first_day.min() == pandas.Timestamp("2023-06-09")
        assert len(history.frame("imperfections")) == len(history.imperfections) > 0

    def test_an_unknown_table_is_refused_with_the_nearest_name(self, history: History) -> None:
        pytest.importorskip("pandas", reason="pip install 'pytest-aquadata[frames]'")
        with pytest.raises(HistoryError, match=r"did you mean 'health_licecount'\?"):
            history.frame("health_licecounts")


class TestPlots:
    @pytest.mark.parametrize("until", ["egg&alevin", "fry", "adult"])
    def test_a_batch_without_incidents_has_four_panels(self, until: str) -> None:
        pytest.importorskip("matplotlib", reason="pip install 'pytest-aquadata[report]'")
        figure = Lifecycle.of(start="2023-03-01").until(until, days=50).build().plot()
        assert [axes.get_ylabel() for axes in figure.axes] == [
            "mean weight, g",
            "fish alive, million",
            "adult female lice a fish",
            "water, °C",
        ]

    def test_incidents_have_their_own_panel(self, history: History, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib", reason="pip install 'pytest-aquadata[report]'")
        figure = history.plot()
        labels = " ".join(text.get_text() for text in figure.axes[-1].texts)
        assert "power failure, " in labels
        assert "escape, " in labels
        figure.savefig(tmp_path / "life.png", dpi=40)
        assert (tmp_path / "life.png").stat().st_size > 5_000

    def test_a_harvested_batch_can_be_plotted(self, tmp_path: Path) -> None:
        pytest.importorskip("matplotlib", reason="pip install 'pytest-aquadata[report]'")
        history = Lifecycle.of(start="2022-03-01").readings_per_day(0).build()
        history.plot().savefig(tmp_path / "life.png", dpi=40)
        assert (tmp_path / "life.png").exists()


@pytest.mark.parametrize(
    ("library", "extra", "method"),
    [("pandas", "frames", "frame"), ("matplotlib.figure", "report", "plot")],
)
def test_a_missing_library_is_named_with_its_extra(
    monkeypatch: pytest.MonkeyPatch, history: History, library: str, extra: str, method: str
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(HistoryError) as raised:
        history.plot() if method == "plot" else history.frame("batch_batch")
    assert f"pip install 'pytest-aquadata[{extra}]'" in str(raised.value)
