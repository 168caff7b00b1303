"""The farm: all its places, rules and feeds, and where to find them by name and primary key."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from importlib import resources
from pathlib import Path

from ..lifecycle.feeding import Feed
from ..lifecycle.keys import MasterKeys
from ..lifecycle.places import Site
from ..lifecycle.stages import StageRule
from .documents import document_digest, read_document, read_text
from .farm_checks import check_farm
from .farm_file import FarmFile, StageRates
from .health_parameters import HEALTH_PARAMETERS
from .reference_data import CONTENT_TYPES, GRADES, LICE_TYPES, PARAMETERS, SAMPLE_TYPES, VACCINES
from .sites import FarmGeography, SeaArea, Station, expand_geographies

__all__ = ["STANDARD", "Farm", "FarmGeography", "SeaArea", "Station", "load_farm"]

STANDARD = "standard"


@dataclass(frozen=True)
class Farm:
    """A whole farm.

    Attributes:
        document: the checked farm file it was made from.
        source: `standard`, or the path of the file.
        digest: SHA-256 of the file's content, however it was laid out.
        geographies: in the order of the file.
        feeds: smallest pellet first.
    """

    document: FarmFile
    source: str
    digest: str
    geographies: tuple[FarmGeography, ...]
    feeds: tuple[Feed, ...]

    @property
    def name(self) -> str:
        """The farm's name."""
        return self.document.name

    @property
    def stages(self) -> tuple[StageRule, ...]:
        """The rules of the lifecycle stages, by order."""
        return self.document.stages

    @property
    def hall_turnaround_days(self) -> int:
        """Days a hall stands empty between two batches."""
        return self.document.hall_turnaround_days

    @property
    def area_fallow_days(self) -> int:
        """Days a sea area lies fallow between two batches."""
        return self.document.area_fallow_days

    @cached_property
    def sites(self) -> Mapping[str, Site]:
        """Every hall and area by name, in the order of the farm."""
        return {site.name: site for geography in self.geographies for site in geography.sites}

    @cached_property
    def geography_by_name(self) -> Mapping[str, FarmGeography]:
        """The geographies by name."""
        return {geography.name: geography for geography in self.geographies}

    def stage(self, order: int) -> StageRule:
        """The rule of the stage with this order, 1 for eggs and alevins.

        Raises:
            KeyError: when the farm has no such stage.
        """
        if not 1 <= order <= len(self.stages):
            raise KeyError(order)
        return self.stages[order - 1]

    def rules(self, geography: str) -> tuple[StageRule, ...]:
        """The rules of the lifecycle stages in a geography, by order."""
        modelled = {one.stage: one for one in self.document.models if one.geography == geography}
        return tuple(
            _modelled(rule, modelled[rule.order]) if rule.order in modelled else rule
            for rule in self.stages
        )

    def keys(self) -> MasterKeys:
        """Primary keys of the farm's master data by natural key."""
        document = self.document
        return MasterKeys(
            species=1,
            stages={rule.order: rule.order for rule in self.stages},
            feeds={feed.pellet_mm: feed.id for feed in self.feeds},
            parameters={one.key: key for key, one in enumerate(PARAMETERS, start=1)},
            users={user.username: key for key, user in enumerate(document.users, start=1)},
            suppliers=tuple(range(1, len(document.suppliers) + 1)),
            grades={grade.code: key for key, grade in enumerate(GRADES, start=1)},
            geographies={geography.name: geography.id for geography in self.geographies},
            vaccines={one.name: key for key, one in enumerate(VACCINES, start=1)},
            lice_types={
                (one.species, one.gender, one.development_stage): key
                for key, one in enumerate(LICE_TYPES, start=1)
            },
            health_parameters=tuple(range(1, len(HEALTH_PARAMETERS) + 1)),
            sample_types={one.name: key for key, one in enumerate(SAMPLE_TYPES, start=1)},
            content_types={model: key for key, (_, model) in enumerate(CONTENT_TYPES, start=1)},
        )


def _modelled(rule: StageRule, model: StageRates) -> StageRule:
    return replace(
        rule,
        tgc_per_1000=model.tgc_per_1000,
        fcr=model.fcr,
        fcr_end=model.fcr_end,
        monthly_mortality_pct=model.monthly_mortality_pct,
        early_monthly_mortality_pct=model.early_monthly_mortality_pct,
    )


def load_farm(name_or_path: str | None = None) -> Farm:
    """The farm of a file.

    Args:
        name_or_path: path of a YAML farm file; the standard farm when None or `standard`.

    Raises:
        DocumentError: in one line, when the file cannot be read or cannot be a farm.
    """
    if name_or_path is None or name_or_path == STANDARD:
        file = resources.files(__package__).joinpath("standard_farm.yaml")
        return farm_from_text(STANDARD, file.read_text(encoding="utf-8"))
    return farm_from_text(name_or_path, read_text(Path(name_or_path), "farm"))


@lru_cache(maxsize=8)
def farm_from_text(source: str, text: str) -> Farm:
    """The farm that the text of a farm file describes.

    Raises:
        DocumentError: in one line, when it cannot be a farm.
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
            Feed(key, feed.pellet_size_mm, feed.weight_from_g, feed.price_per_kg)
            for key, feed in enumerate(document.feeds, start=1)
        ),
    )
