"""Reports of the datasets that fixtures opened, printed once after the tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ..text import counted, mask_password

if TYPE_CHECKING:
    from ..datasets.dataset import Dataset

_SLOWEST = 3


@dataclass(frozen=True)
class BuildReport:
    """Report of a build.

    Attributes:
        workers: number of processes.
        batches: number of batches.
        seconds: duration.
        rows_per_second: rows built per second.
        slowest: the slowest batches, with their seconds.
        utilisation: lines of the table that shows how full the farm is.
    """

    workers: int
    batches: int
    seconds: float
    rows_per_second: float
    slowest: tuple[str, ...]
    utilisation: tuple[str, ...]


@dataclass(frozen=True)
class DatasetReport:
    """Report of a dataset that a process opened.

    Attributes:
        preset: name of the preset or schedule.
        url: database, with its password masked.
        rows: number of rows.
        command: command that builds the same dataset.
        build: report of its build; None if it was built before this process opened it.
    """

    preset: str
    url: str
    rows: int
    command: str
    build: BuildReport | None

    @staticmethod
    def of(dataset: Dataset) -> DatasetReport:
        """Return the report of an open dataset."""
        from ..presets.farm import STANDARD

        manifest, farm = dataset.manifest, dataset.schedule.farm
        command = (
            f"aquadata seed {manifest.preset} --seed={manifest.seed} "
            f"--as-of={manifest.as_of} --readings={manifest.readings_per_day}"
        )
        return DatasetReport(
            preset=manifest.preset,
            url=mask_password(dataset.location_url),
            rows=manifest.rows,
            command=command if farm == STANDARD else f"{command} --farm={farm}",
            build=_build_report(dataset) if dataset.fresh else None,
        )

    def to_values(self) -> dict[str, Any]:
        """Return the report in plain values, which pytest-xdist can send."""
        return asdict(self)

    @staticmethod
    def from_values(values: Mapping[str, Any]) -> DatasetReport:
        """Return the report that `to_values` has turned into plain values."""
        build = values["build"]
        return DatasetReport(**{**values, "build": build and BuildReport(**build)})

    def lines(self) -> Iterator[str]:
        """Yield the report as lines of text."""
        build = self.build
        if build is None:
            yield f"{self.preset}: {self.rows:,} rows, found in {self.url}"
            return
        batches = counted(build.batches, "batch", "batches")
        workers = f"{build.workers} processes" if build.workers > 1 else "one process"
        yield (
            f"{self.preset}: {batches}, {self.rows:,} rows, built by {workers} in "
            f"{build.seconds:.1f} s, {build.rows_per_second:,.0f} rows/s"
        )
        yield f"  database: {self.url}"
        yield f"  slowest batches: {', '.join(build.slowest)}"
        yield f"  the same again: {self.command}"
        yield from (f"  {line}" for line in build.utilisation)


def _build_report(dataset: Dataset) -> BuildReport:
    from ..datasets.summary import summarise, utilisation_lines

    summary = summarise(dataset)
    numbers = {batch.number for batch in dataset.batches}
    parts = [part for part in dataset.manifest.parts if part.name in numbers]
    slowest = sorted(parts, key=lambda part: -part.seconds)[:_SLOWEST]
    return BuildReport(
        workers=dataset.manifest.workers,
        batches=len(parts),
        seconds=summary.seconds,
        rows_per_second=summary.rows_per_second,
        slowest=tuple(f"{part.name} {part.seconds:.1f} s" for part in slowest),
        utilisation=tuple(utilisation_lines(summary.utilisation)),
    )


def report_lines(reports: Iterable[DatasetReport]) -> list[str]:
    """Return the lines of all datasets, each once, by the process that built it if there is one."""
    by_url: dict[str, DatasetReport] = {}
    for report in sorted(reports, key=lambda report: (report.preset, report.build is None)):
        by_url.setdefault(report.url, report)
    return [line for report in by_url.values() for line in report.lines()]
