"""Summary of a dataset, as lines of text for people and as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..presets.utilisation import Utilisation, utilisation
from ..text import counted, mask_password, size_text

if TYPE_CHECKING:
    from .dataset import Dataset

__all__ = [
    "Summary",
    "summarise",
    "summary_json",
    "summary_lines",
    "utilisation_lines",
]

_RIGHT, _LEFT = ">", "<"


@dataclass(frozen=True)
class Summary:
    """Summary of a dataset.

    Attributes:
        url: of the database, without the password.
        preset: name of the preset or schedule.
        seed: seed of all randomness.
        as_of: the farm's current day, ISO.
        digest: digest of all tables.
        generator: version of pytest-aquadata.
        batches: number of batches by geography, order of stage and status.
        rows: number of rows by table, in descending order.
        size_bytes: size of the database; None if unknown.
        seconds: duration of the build.
        utilisation: how full the farm is; empty if the schedule is unknown.
    """

    url: str
    preset: str
    seed: int
    as_of: str
    digest: str
    generator: str
    batches: Mapping[tuple[str, int, str], int]
    rows: Mapping[str, int]
    size_bytes: int | None
    seconds: float
    utilisation: tuple[Utilisation, ...]

    @property
    def total_rows(self) -> int:
        """Number of rows in all tables."""
        return sum(self.rows.values())

    @property
    def rows_per_second(self) -> float:
        """Speed of the build."""
        return self.total_rows / self.seconds if self.seconds else 0.0


def summarise(dataset: Dataset) -> Summary:
    """Return the summary of a dataset."""
    manifest = dataset.manifest
    schedule, farm = dataset.schedule, dataset.farm
    return Summary(
        url=mask_password(dataset.location_url),
        preset=manifest.preset,
        seed=manifest.seed,
        as_of=manifest.as_of,
        digest=manifest.digest,
        generator=manifest.generator,
        batches=Counter((batch.geography, batch.stage, batch.status) for batch in dataset.batches),
        rows=dict(sorted(dataset.counts.items(), key=lambda item: (-item[1], item[0]))),
        size_bytes=dataset.size_bytes,
        seconds=sum(manifest.seconds.values()),
        utilisation=utilisation(schedule, farm) if schedule and farm else (),
    )


def summary_lines(dataset: Dataset) -> list[str]:
    """Return the summary of a dataset as lines of text."""
    summary = summarise(dataset)
    size = "unknown size" if summary.size_bytes is None else size_text(summary.size_bytes)
    batches = counted(sum(summary.batches.values()), "batch", "batches")
    return [
        f"preset {summary.preset}, seed {summary.seed}, as of {summary.as_of}, "
        f"aquadata {summary.generator}",
        f"{batches}, {summary.total_rows:,} rows, {size}, "
        f"{summary.seconds:.1f} s, {summary.rows_per_second:,.0f} rows/s",
        f"digest {summary.digest}",
        summary.url,
        "",
        *_batch_lines(summary.batches),
        "",
        *_row_lines(summary.rows),
        *(["", *utilisation_lines(summary.utilisation)] if summary.utilisation else []),
    ]


def summary_json(dataset: Dataset) -> dict[str, object]:
    """Return the summary of a dataset as values for JSON."""
    summary = summarise(dataset)
    return {
        "url": summary.url,
        "preset": summary.preset,
        "seed": summary.seed,
        "as_of": summary.as_of,
        "generator": summary.generator,
        "digest": summary.digest,
        "batches": [
            {"geography": geography, "stage": stage, "status": status, "batches": count}
            for (geography, stage, status), count in sorted(summary.batches.items())
        ],
        "rows": dict(summary.rows),
        "total_rows": summary.total_rows,
        "size_bytes": summary.size_bytes,
        "seconds": round(summary.seconds, 3),
        "rows_per_second": round(summary.rows_per_second),
        "utilisation": [
            {
                "geography": group.geography,
                "what": group.what,
                "places": group.places,
                "peak": group.peak,
                "peak_day": group.peak_day.isoformat(),
                "mean": round(group.mean, 2),
            }
            for group in summary.utilisation
        ],
    }


def utilisation_lines(groups: Iterable[Utilisation]) -> list[str]:
    """Return how full the farm is as a table of text."""
    rows = [("utilisation", "", "places", "peak", "", "on", "mean", "")]
    rows += [
        (
            f"  {group.geography}",
            group.what,
            f"{group.places:,}",
            f"{group.peak:,}",
            f"{group.peak_share:.0%}",
            group.peak_day.isoformat(),
            f"{group.mean:,.1f}",
            f"{group.mean_share:.0%}",
        )
        for group in groups
    ]
    return _aligned(rows, [_LEFT, _LEFT, *[_RIGHT] * 6])


def _batch_lines(batches: Mapping[tuple[str, int, str], int]) -> list[str]:
    """Return a line per geography and status, with a column per stage."""
    stages = range(1, max((stage for _, stage, _ in batches), default=0) + 1)
    groups = sorted({(geography, status) for geography, _, status in batches})
    rows = [("batches", "stage", *map(str, stages), "all")]
    for geography, status in groups:
        counts = [batches.get((geography, stage, status), 0) for stage in stages]
        cells = [str(count) if count else "-" for count in counts]
        rows.append((f"  {geography}", status.lower(), *cells, str(sum(counts))))
    return _aligned(rows, [_LEFT, _LEFT, *[_RIGHT] * (len(stages) + 1)])


def _row_lines(rows: Mapping[str, int]) -> list[str]:
    counted = [("rows", ""), *((f"  {name}", f"{count:,}") for name, count in rows.items())]
    return _aligned(counted, [_LEFT, _RIGHT])


def _aligned(rows: Sequence[Sequence[str]], sides: Sequence[str]) -> list[str]:
    """Return rows as lines, with columns as wide as their widest cell."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(
            f"{cell:{side}{width}}" for cell, side, width in zip(row, sides, widths, strict=True)
        ).rstrip()
        for row in rows
    ]
