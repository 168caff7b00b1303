"""Plot of a batch's life: weight, population, lice and temperature by date."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ..lifecycle.biology import FISH_COUNTED
from ..lifecycle.days import day_number
from ..lifecycle.inputs import BatchInputs
from ..lifecycle.lice import FEMALE
from ..lifecycle.state import Life, StageLife
from ..lifecycle.truth import IncidentTruth
from .optional_packages import import_optional

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_LINE, _BAND, _LIMIT, _TREATMENT, _INCIDENT = (
    "#1f4e79", "#9dc3e6", "#c00000", "#7f6000", "#f4b183"
)  # fmt: skip


def plot_life(inputs: BatchInputs, life: Life, incidents: Sequence[IncidentTruth]) -> Figure:
    """Return a matplotlib figure of four panels with a common date axis.

    Lines are means over containers, weighted by fish; bands show the range of the containers.

    Args:
        inputs: inputs of the simulation.
        life: the simulated life.
        incidents: incidents of the batch, shown in a panel of their own.

    Raises:
        HistoryError: if matplotlib is not installed.
    """
    module = import_optional("matplotlib.figure", "report", "History.plot()")
    incident_height = 0.3 * len(incidents)
    figure: Figure = module.Figure(figsize=(11, 9 + incident_height), layout="constrained")
    heights = [2.4, 2.4, 2.4, 1.8] + ([incident_height] if incidents else [])
    panels = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
    weight, fish, lice, water = panels[:4]
    for stage in life.stages:
        _plot_weight(weight, stage)
        _plot_population(fish, stage)
        _plot_lice(lice, inputs, stage)
        _plot_temperature(water, stage)
    if life.stages[-1].lice is None:
        lice.text(0.5, 0.5, "not at sea yet", transform=lice.transAxes, ha="center", color="grey")
        lice.set_yticks([])
    else:
        lice.legend(loc="upper left", fontsize="small", frameon=False)
    for panel in panels:
        _mark_stages_and_incidents(panel, life, incidents)
    _annotate_stages(weight, life)
    if incidents:
        _plot_incidents(panels[-1], life, incidents)
    figure.suptitle(f"{inputs.plan.number} · {inputs.plan.geography} · {inputs.plan.eggs:,} eggs")
    return figure


def _dates(stage: StageLife, days: int) -> NDArray[np.datetime64]:
    return (stage.first_day + np.arange(days)).astype("datetime64[D]")


def _present(stage: StageLife) -> tuple[int, NDArray[np.bool_]]:
    """Return the number of days with fish, and the mask of containers with fish by day."""
    lived = stage.lived
    days = int(lived.any(axis=0).sum())
    return days, lived[:, :days]


def _weighted_mean(values: NDArray[np.float64], fish: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray((values * fish).sum(axis=0) / np.maximum(fish.sum(axis=0), 1.0))


def _plot_band(panel: Any, stage: StageLife, values: NDArray[np.float64]) -> None:
    days, present = _present(stage)
    shown = np.where(present, values[:, :days], np.nan)
    fish = np.where(present, stage.population[:, :days], 0).astype(np.float64)
    dates = _dates(stage, days)
    low, high = np.nanmin(shown, axis=0), np.nanmax(shown, axis=0)
    panel.fill_between(dates, low, high, color=_BAND, alpha=0.6, linewidth=0)
    panel.plot(dates, _weighted_mean(np.nan_to_num(shown), fish), color=_LINE, linewidth=1.2)


def _plot_weight(panel: Any, stage: StageLife) -> None:
    _plot_band(panel, stage, stage.weight_g[:, :-1])
    panel.set_yscale("log")
    panel.yaxis.set_major_formatter("{x:,g}")
    panel.set_ylabel("mean weight, g")


def _plot_population(panel: Any, stage: StageLife) -> None:
    days, present = _present(stage)
    fish = np.where(present, stage.population[:, :days], 0).sum(axis=0) / 1e6
    panel.plot(_dates(stage, days), fish, color=_LINE, linewidth=1.2)
    panel.set_ylim(bottom=0.0)
    panel.set_ylabel("fish alive, million")


def _plot_lice(panel: Any, inputs: BatchInputs, stage: StageLife) -> None:
    panel.set_ylabel("adult female lice a fish")
    if stage.lice is None:
        return
    lived = stage.lived
    counted = stage.lice.count_days
    counted = counted[lived[:, counted].any(axis=0)]
    counts = stage.lice.counts[: len(counted), FEMALE].T / float(FISH_COUNTED)
    shown = np.where(lived[:, counted], counts, np.nan)
    dates = (stage.first_day + counted).astype("datetime64[D]")
    if len(counted):
        panel.fill_between(
            dates, np.nanmin(shown, axis=0), np.nanmax(shown, axis=0),
            color=_BAND, alpha=0.6, linewidth=0, label="lowest to highest ring",
        )  # fmt: skip
        panel.plot(dates, np.nanmean(shown, axis=0), color=_LINE, linewidth=1.2, label="mean")
    days, _ = _present(stage)
    limit = inputs.lice.limit(stage.first_day + np.arange(days))
    panel.step(
        _dates(stage, days), np.where(np.isfinite(limit), limit, np.nan),
        color=_LIMIT, linewidth=1.0, where="post", label="limit",
    )  # fmt: skip
    treatments = [
        treatment for treatment in stage.lice.treatments if lived[treatment.ring, treatment.day]
    ]
    days_treated = sorted({stage.first_day + treatment.day for treatment in treatments})
    if days_treated:
        dates = np.array(days_treated).astype("datetime64[D]")
        panel.plot(
            dates, np.zeros(len(dates)), "^", color=_TREATMENT, markersize=5, clip_on=False,
            label="delousing",
        )  # fmt: skip
    panel.set_ylim(bottom=0.0)


def _plot_temperature(panel: Any, stage: StageLife) -> None:
    _plot_band(panel, stage, stage.temp_c)
    panel.set_ylabel("water, °C")


def _mark_stages_and_incidents(panel: Any, life: Life, incidents: Sequence[IncidentTruth]) -> None:
    panel.grid(axis="y", alpha=0.3)
    for stage in life.stages[1:]:
        panel.axvline(_day(stage.first_day), color="grey", linewidth=0.6, linestyle=":")
    for incident in incidents:
        first, last = day_number(incident.first_day), day_number(incident.last_day) + 1
        panel.axvspan(_day(first), _day(last), color=_INCIDENT, alpha=0.18, linewidth=0)


def _day(day: int) -> np.datetime64:
    return np.datetime64(int(day), "D")


def _annotate_stages(panel: Any, life: Life) -> None:
    for stage in life.stages:
        panel.annotate(
            stage.rule.name, (_day(stage.first_day), 1.0), xycoords=("data", "axes fraction"),
            xytext=(2, 3), textcoords="offset points", fontsize="small", color="grey",
        )  # fmt: skip


def _plot_incidents(panel: Any, life: Life, incidents: Sequence[IncidentTruth]) -> None:
    """Draw one bar per incident, the earliest on top, with its kind and place beside it."""
    ordered = sorted(incidents, key=lambda incident: (incident.first_day, incident.number))
    first, last = life.stages[0].first_day, life.stages[-1].first_day + life.stages[-1].today
    for row, incident in enumerate(ordered):
        begins, ends = day_number(incident.first_day), day_number(incident.last_day) + 1
        panel.barh(row, _day(ends) - _day(begins), left=_day(begins), height=0.7, color=_INCIDENT)
        is_late = begins - first > (last - first) / 2
        panel.annotate(
            f"{incident.kind}, {_place(incident)}", (_day(begins if is_late else ends), row),
            xytext=(-4 if is_late else 4, 0), textcoords="offset points",
            va="center", ha="right" if is_late else "left", fontsize="small",
        )  # fmt: skip
    panel.set_ylim(len(ordered) - 0.5, -0.5)
    panel.set_yticks([])
    panel.set_ylabel("incidents")


def _place(incident: IncidentTruth) -> str:
    if len(incident.containers) == 1:
        return incident.containers[0]
    return f"{len(incident.containers)} containers of {incident.site}"
