"""A build as a user asks for it, made from the settings of pytest or of the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ..files import file_name
from ..passwords import DatabaseUrl
from ..settings import DEFAULT_SEED, Settings
from .worker_options import WorkerOptions, usable_processors

DATABASE_MODELS = "database"
"""Value of `models`: the database's own models drive the simulation."""


@dataclass(frozen=True)
class SeedRequest:
    """Inputs of a build, and the database that it is written to.

    Attributes:
        preset: name of a preset, or path of a schedule file.
        url: database to build into; None to plan for an empty one.
        seed: seed of all randomness.
        as_of: the farm's today; the default, or the schedule's own, if None.
        farm: path of a farm file; the standard farm, or the schedule's own, if None.
        readings: readings of each sensor per day; the preset's or schedule's own if None.
        growth: include the growth analysis.
        models: source of the growth, feed and mortality models: `farm` or `database`.
        replace: replace a database that aquadata built.
        reuse: use the database as it is if it holds this very build.
        append: allow a database that holds operational data; it is kept.
        resume: continue an interrupted build of the same request.
        lock_timeout: seconds to wait while another process builds into the database.
        workers: processes that may work on the build.
        log_dir: folder for a log of the build and one of each batch; no logs if None.
    """

    preset: str
    url: str | None = None
    seed: int = DEFAULT_SEED
    as_of: date | None = None
    farm: str | None = None
    readings: int | None = None
    growth: bool = True
    models: str = "farm"
    replace: bool = False
    reuse: bool = False
    append: bool = False
    resume: bool = False
    lock_timeout: int = 0
    workers: WorkerOptions = field(default_factory=WorkerOptions)
    log_dir: Path | None = None

    def __post_init__(self) -> None:
        # its password is not shown by `repr`
        if self.url is not None:
            object.__setattr__(self, "url", DatabaseUrl(self.url))

    @staticmethod
    def from_settings(settings: Settings, preset: str, url: str | None = None) -> SeedRequest:
        """Return the request that the settings describe.

        Args:
            settings: the settings in force.
            preset: name of a preset, or path of a schedule file.
            url: database to build into; None to plan for an empty one.
        """
        return SeedRequest(
            preset=preset,
            url=url,
            seed=settings.seed,
            as_of=settings.as_of,
            farm=settings.farm,
            readings=settings.readings,
            growth=not settings.no_growth,
            models=settings.models,
            replace=settings.replace,
            reuse=settings.reuse,
            append=settings.append,
            resume=settings.resume,
            lock_timeout=settings.lock_timeout,
            workers=WorkerOptions(
                settings.workers or usable_processors(), retries=settings.retries
            ),
            log_dir=settings.log_dir,
        )


def default_url(preset: str) -> str:
    """Return the URL of a SQLite file in the current folder, named after a preset or schedule."""
    return f"sqlite:///{file_name(Path(preset).stem)}.db"
