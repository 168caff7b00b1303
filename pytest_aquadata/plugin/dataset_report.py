"""The datasets that the fixtures opened, told once when the tests are over."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from ..text import mask_password

if TYPE_CHECKING:
    from ..datasets.dataset import Dataset

DatasetReport = dict[str, Any]
"""One dataset in values that can be sent from a worker to the controller."""

_SLOWEST = 3


def opened(dataset: Dataset) -> DatasetReport:
    """What is told of a dataset."""
    from ..datasets.summary import summarise, utilisation_lines
    from ..presets.farm import STANDARD

    manifest = dataset.manifest
    farm = dataset.schedule.farm
    report: DatasetReport = {
        "preset": manifest.preset,
        "fresh": dataset.fresh,
        "url": mask_password(dataset.url),
        "rows": manifest.rows,
        "again": f"aquadata seed {manifest.preset} --seed={manifest.seed} "
        f"--as-of={manifest.as_of} --readings={manifest.readings_per_day}"
        + (f" --farm={farm}" if farm != STANDARD else ""),
    }
    if dataset.fresh:
        summary = summarise(dataset)
        numbers = {batch.number for batch in dataset.batches}
        batches = [part for part in manifest.parts if part.name in numbers]
        slowest = sorted(batches, key=lambda part: -part.seconds)[:_SLOWEST]
        report |= {
            "workers": manifest.workers,
            "batches": len(batches),
            "seconds": summary.seconds,
            "rows_per_second": summary.rows_per_second,
            "slowest": [f"{part.name} {part.seconds:.1f} s" for part in slowest],
            "utilisation": utilisation_lines(summary.utilisation),
        }
    return report


def opened_lines(found: Iterable[DatasetReport]) -> list[str]:
    """All datasets, each once, as those who built them tell of them."""
    once: dict[str, DatasetReport] = {}
    for one in sorted(found, key=lambda one: (one["preset"], not one["fresh"])):
        once.setdefault(one["url"], one)
    return [line for one in once.values() for line in _lines(one)]


def _lines(one: DatasetReport) -> Iterator[str]:
    if not one["fresh"]:
        yield f"{one['preset']}: {one['rows']:,} rows, found in {one['url']}"
        return
    workers = f"{one['workers']} processes" if one["workers"] > 1 else "one process"
    yield (
        f"{one['preset']}: {one['batches']} batches, {one['rows']:,} rows, built by {workers} in "
        f"{one['seconds']:.1f} s, {one['rows_per_second']:,.0f} rows/s"
    )
    yield f"  database: {one['url']}"
    yield f"  slowest batches: {', '.join(one['slowest'])}"
    yield f"  the same again: {one['again']}"
    yield from (f"  {line}" for line in one["utilisation"])
