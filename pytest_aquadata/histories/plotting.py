"""A batch's life as a picture: weight, population, lice and temperature over its days."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.biology import FISH_COUNTED
from ..lifecycle.days import day_number
from ..lifecycle.inputs import BatchInputs
from ..lifecycle.lice import FEMALE
from ..lifecycle.state import Life, StageLife
from ..lifecycle.truth import IncidentTruth
from .optional_packages import extra_module

_INK, _BAND, _LIMIT, _TREATED, _STRUCK = "#1f4e79", "#9dc3e6", "#c00000", "#7f6000", "#f4b183"


def plot_life(inputs: BatchInputs, life: Life, incidents: Sequence[IncidentTruth]) -> Any:
    """A matplotlib figure of four panels over one calendar.

    Lines are means over containers, by their fish; bands run from the lowest to the highest.

    Args:
        inputs: what the simulation was given.
        life: the batch's life.
        incidents: what happened to it.

    Raises:
        HistoryError: when matplotlib is not installed.
    """
    figure_of = extra_module("matplotlib.figure", "report", "History.plot()").Figure
    strip = 0.3 * len(incidents)
    figure = figure_of(figsize=(11, 9 + strip), layout="constrained")
    heights = [2.4, 2.4, 2.4, 1.8] + ([strip] if incidents else [])
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    weight, fish, lice, water = panels[:4]
    for stage in life.stages:
        _weight(weight, stage)
        _population(fish, stage)
        _lice(lice, inputs, stage)
        _temperature(water, stage)
    if life.stages[-1].lice is None:
        lice.text(0.5, 0.5, "not at sea yet", transform=lice.transAxes, ha="center", color="grey")
        lice.set_yticks([])
    else:
        lice.legend(loc="upper left", fontsize="small", frameon=False)
    for panel in panels:
        _mark(panel, life, incidents)
    _name_stages(weight, life)
    if incidents:
        _tell_incidents(panels[-1], life, incidents)
    figure.suptitle(f"{inputs.plan.number} · {inputs.plan.geography} · {inputs.plan.eggs:,} eggs")
    return figure


def _dates(stage: StageLife, days: int) -> NDArray[np.datetime64]:
    return (stage.first_day + np.arange(days)).astype("datetime64[D]")


def _present(stage: StageLife) -> tuple[int, NDArray[np.bool_]]:
    """Days on which any container has fish, and which have on each."""
    lived = stage.lived
    days = int(lived.any(axis=0).sum())
    return days, lived[:, :days]


def _mean(values: NDArray[np.float64], fish: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((values * fish).sum(axis=0) / np.maximum(fish.sum(axis=0), 1.0))


def _banded(panel: Any, stage: StageLife, values: NDArray[np.float64]) -> None:
    days, present = _present(stage)
    shown = np.where(present, values[:, :days], np.nan)
    fish = np.where(present, stage.population[:, :days], 0).astype(np.float64)
    dates = _dates(stage, days)
    low, high = np.nanmin(shown, axis=0), np.nanmax(shown, axis=0)
    panel.fill_between(dates, low, high, color=_BAND, alpha=0.6, linewidth=0)
    panel.plot(dates, _mean(np.nan_to_num(shown), fish), color=_INK, linewidth=1.2)


def _weight(panel: Any, stage: StageLife) -> None:
    _banded(panel, stage, stage.weight_g[:, :-1])
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter("{x:,g}")
    panel.set_ylabel("mean weight, g")


def _population(panel: Any, stage: StageLife) -> None:
    days, present = _present(stage)
    fish = np.where(present, stage.population[:, :days], 0).sum(axis=0) / 1e6
    panel.plot(_dates(stage, days), fish, color=_INK, linewidth=1.2)
    panel.set_ylim(bottom=0.0)
    panel.set_ylabel("fish alive, million")


def _lice(panel: Any, inputs: BatchInputs, stage: StageLife) -> None:
    panel.set_ylabel("adult female lice a fish")
    if stage.lice is None:
        return
    lived = stage.lived
    counted = stage.lice.count_days
    counted = counted[lived[:, counted].any(axis=0)]
    found = stage.lice.counts[: len(counted), FEMALE].T / float(FISH_COUNTED)
    shown = np.where(lived[:, counted], found, np.nan)
    dates = (stage.first_day + counted).astype("datetime64[D]")
    if len(counted):
        panel.fill_between(
            dates, np.nanmin(shown, axis=0), np.nanmax(shown, axis=0),
            color=_BAND, alpha=0.6, linewidth=0, label="lowest to highest ring",
        )  # fmt: skip
        panel.plot(dates, np.nanmean(shown, axis=0), color=_INK, linewidth=1.2, label="mean")
    days, _ = _present(stage)
    limit = inputs.lice.limit(stage.first_day + np.arange(days))
    panel.step(
        _dates(stage, days), np.where(np.isfinite(limit), limit, np.nan),
        color=_LIMIT, linewidth=1.0, where="post", label="limit",
    )  # fmt: skip
    given = [one for one in stage.lice.treatments if lived[one.ring, one.day]]
    days_treated = sorted({stage.first_day + one.day for one in given})
    if days_treated:
        when = np.array(days_treated).astype("datetime64[D]")
        panel.plot(
            when, np.zeros(len(when)), "^", color=_TREATED, markersize=5, clip_on=False,
            label="delousing",
        )  # fmt: skip
    panel.set_ylim(bottom=0.0)


def _temperature(panel: Any, stage: StageLife) -> None:
    _banded(panel, stage, stage.temp_c)
    panel.set_ylabel("water, °C")


def _mark(panel: Any, life: Life, incidents: Sequence[IncidentTruth]) -> None:
    panel.grid(axis="y", alpha=0.3)
    for stage in life.stages[1:]:
        panel.axvline(_day(stage.first_day), color="grey", linewidth=0.6, linestyle=":")
    for one in incidents:
        first, last = day_number(one.first_day), day_number(one.last_day) + 1
        panel.axvspan(_day(first), _day(last), color=_STRUCK, alpha=0.18, linewidth=0)


def _day(day: int) -> np.datetime64:
    return np.datetime64(int(day), "D")


def _name_stages(panel: Any, life: Life) -> None:
    for stage in life.stages:
        panel.annotate(
            stage.rule.name, (_day(stage.first_day), 1.0), xycoords=("data", "axes fraction"),
            xytext=(2, 3), textcoords="offset points", fontsize="small", color="grey",
        )  # fmt: skip


def _tell_incidents(panel: Any, life: Life, incidents: Sequence[IncidentTruth]) -> None:
    """A bar an incident, the earliest on top, with what and where beside it."""
    ordered = sorted(incidents, key=lambda one: (one.first_day, one.number))
    first, last = life.stages[0].first_day, life.stages[-1].first_day + life.stages[-1].today
    for row, one in enumerate(ordered):
        begins, ends = day_number(one.first_day), day_number(one.last_day) + 1
        panel.barh(row, _day(ends) - _day(begins), left=_day(begins), height=0.7, color=_STRUCK)
        told = f"{one.kind}, {_where(one)}"
        late = begins - first > (last - first) / 2
        panel.annotate(
            told, (_day(begins if late else ends), row), xytext=(-4 if late else 4, 0),
            textcoords="offset points", va="center", ha="right" if late else "left",
            fontsize="small",
        )  # fmt: skip
    panel.set_ylim(len(ordered) - 0.5, -0.5)
    panel.set_yticks([])
    panel.set_ylabel("incidents")


def _where(one: IncidentTruth) -> str:
    if len(one.containers) == 1:
        return one.containers[0]
    return f"{len(one.containers)} containers of {one.site}"
