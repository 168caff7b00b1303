"""The farm: its sites, stage rules and feeds, with look-ups by name and primary key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

from ..lifecycle.feeding import FeedProduct
from ..lifecycle.keys import MasterKeys
from ..lifecycle.places import Site
from ..lifecycle.stages import StageRule
from .documents import document_digest, read_document, read_text
from .existing_farm import StageRates
from .farm_checks import check_farm
from .farm_file import FarmFile
from .health_parameters import HEALTH_PARAMETERS
from .reference_data import CONTENT_TYPES, GRADES, LICE_TYPES, PARAMETERS, SAMPLE_TYPES, VACCINES
from .sites import FarmGeography, SeaArea, Station, expand_geographies

__all__ = ["STANDARD", "Farm", "FarmGeography", "SeaArea", "Station", "load_farm"]

STANDARD = "standard"


@dataclass(frozen=True)
class Farm:
    """A whole farm.

    Attributes:
        document: content of the checked farm file.
        source: `standard`, or the path of the file.
        digest: SHA-256 of the file's content, independent of its layout.
        geographies: in the order of the file.
        feeds: smallest pellet first.
    """

    document: FarmFile
    source: str
    digest: str
    geographies: tuple[FarmGeography, ...]
    feeds: tuple[FeedProduct, ...]

    @property
    def name(self) -> str:
        """The farm's name."""
        return self.document.name

    @property
    def stages(self) -> tuple[StageRule, ...]:
        """Rules of the lifecycle stages, by order."""
        return self.document.stages

    @property
    def hall_turnaround_days(self) -> int:
        """Days that a hall is empty between two batches."""
        return self.document.hall_turnaround_days

    @property
    def area_fallow_days(self) -> int:
        """Days that a sea area is fallow between two batches."""
        return self.document.area_fallow_days

    @cached_property
    def sites(self) -> Mapping[str, Site]:
        """Halls and areas by name, in the order of the farm."""
        return {site.name: site for geography in self.geographies for site in geography.sites}

    @cached_property
    def geography_by_name(self) -> Mapping[str, FarmGeography]:
        """Geographies by name."""
        return {geography.name: geography for geography in self.geographies}

    def stage(self, order: int) -> StageRule:
        """Return the rule of the stage with this order, 1 for eggs and alevins.

        Raises:
            KeyError: if the farm has no such stage.
        """
        if not 1 <= order <= len(self.stages):
            raise KeyError(order)
        return self.stages[order - 1]

    def rules(self, geography: str, month: int) -> tuple[StageRule, ...]:
        """Return the rules of the lifecycle stages of a batch, by order.

        Args:
            geography: name of its geography.
            month: month in which it starts, 1 to 12.
        """
        rates_by_stage = {
            rates.stage: rates
            for rates in self.document.models
            if rates.geography == geography and rates.month in (0, month)
        }
        return tuple(
            _with_rates(rule, rates_by_stage[rule.order]) if rule.order in rates_by_stage else rule
            for rule in self.stages
        )

    def keys(self) -> MasterKeys:
        """Return the primary keys of the farm's master data, by natural key."""
        document = self.document
        return MasterKeys(
            species=1,
            stages={rule.order: rule.order for rule in self.stages},
            feeds={feed.pellet_mm: feed.id for feed in self.feeds},
            parameters={parameter.key: key for key, parameter in enumerate(PARAMETERS, start=1)},
            users={user.username: key for key, user in enumerate(document.users, start=1)},
            suppliers=tuple(range(1, len(document.suppliers) + 1)),
            grades={grade.code: key for key, grade in enumerate(GRADES, start=1)},
            geographies={geography.name: geography.id for geography in self.geographies},
            vaccines={vaccine.name: key for key, vaccine in enumerate(VACCINES, start=1)},
            lice_types={
                (louse.species, louse.gender, louse.development_stage): key
                for key, louse in enumerate(LICE_TYPES, start=1)
            },
            health_parameters=tuple(range(1, len(HEALTH_PARAMETERS) + 1)),
            sample_types={kind.name: key for key, kind in enumerate(SAMPLE_TYPES, start=1)},
            content_types={model: key for key, (_, model) in enumerate(CONTENT_TYPES, start=1)},
        )


def _with_rates(rule: StageRule, rates: StageRates) -> StageRule:
    return replace(
        rule,
        tgc_per_1000=rates.tgc_per_1000,
        fcr=rates.fcr,
        fcr_end=rates.fcr_end,
        monthly_mortality_pct=rates.monthly_mortality_pct,
        early_monthly_mortality_pct=rates.early_monthly_mortality_pct,
    )


def load_farm(name_or_path: str | None = None) -> Farm:
    """Load a farm from its file.

    Args:
        name_or_path: path of a YAML farm file; None or `standard` for the standard farm.

    Raises:
        DocumentError: in one line, if the file cannot be read or is not a valid farm file.
    """
    if name_or_path is None or name_or_path == STANDARD:
        file = resources.files(__package__).joinpath("standard_farm.yaml")
        return farm_from_text(STANDARD, file.read_text(encoding="utf-8"))
    return farm_from_text(name_or_path, read_text(Path(name_or_path), "farm"))


@lru_cache(maxsize=8)
def farm_from_text(source: str, text: str) -> Farm:
    """Make a farm from the text of a farm file.

    Raises:
        DocumentError: in one line, if the text is not a valid farm file.
    """
    name = f"farm file {source}"
    document = read_document(text, FarmFile, "farm", name)
    check_farm(document, name)
    return Farm(
        document=document,
        source=source,
        digest=document_digest(document),
        geographies=expand_geographies(document),
        feeds=tuple(
            FeedProduct(key, feed.pellet_size_mm, feed.weight_from_g, feed.price_per_kg)
            for key, feed in enumerate(document.feeds, start=1)
        ),
    )
