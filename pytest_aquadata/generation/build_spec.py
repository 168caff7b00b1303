"""The specification of a build, and the inputs of each batch that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import __version__
from ..adoption.key_mapping import NEW_DATABASE, KeyMapping
from ..lifecycle.capacity import row_capacity
from ..lifecycle.days import day_number
from ..lifecycle.feeding import FeedProduct
from ..lifecycle.growth_analysis.analyse import analysis_capacity
from ..lifecycle.growth_analysis.model_library import ModelLibrary
from ..lifecycle.growth_analysis.model_reader import library_from_tables
from ..lifecycle.ids import FirstIds, first_ids
from ..lifecycle.inputs import BatchInputs
from ..lifecycle.keys import MasterKeys
from ..lifecycle.places import FeedStore, Site
from ..lifecycle.plan import BatchPlan
from ..lifecycle.weather import AreaDays
from ..presets.farm import Farm
from ..presets.master_data.companies import trade
from ..presets.master_data.tables import master_tables
from ..presets.neighbours import neighbour_load
from ..presets.schedule import Schedule


@dataclass(frozen=True)
class BuildSpec:
    """Everything that determines the rows of a build.

    Attributes:
        schedule: the schedule.
        farm: the farm of the schedule.
        seed: seed of all randomness.
        as_of: the farm's today.
        growth: include the growth analysis: daily states, scenarios, projections.
        key_mapping: keys of the rows of an existing database that the build refers to.
    """

    schedule: Schedule
    farm: Farm
    seed: int
    as_of: date
    growth: bool = True
    key_mapping: KeyMapping = NEW_DATABASE

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Return the fields of the manifest that determine the data."""
        return {
            "seed": self.seed,
            "as_of": self.as_of.isoformat(),
            "readings_per_day": self.schedule.readings_per_day,
            "growth": self.growth,
            "generator": __version__,
            "schedule_digest": self.schedule.digest,
            "farm_digest": self.farm.digest,
        }

    @cached_property
    def batches(self) -> tuple[BatchPlan, ...]:
        """Return the batches that have started by today."""
        return tuple(batch for batch in self.schedule.batches if batch.starts <= self.as_of)

    @cached_property
    def today(self) -> int:
        """Return the farm's today as a day number."""
        return day_number(self.as_of)

    @cached_property
    def keys(self) -> MasterKeys:
        """Return the primary keys of the master data."""
        return self.key_mapping.master_keys(self.farm.keys())

    @cached_property
    def feeds(self) -> tuple[FeedProduct, ...]:
        """Return the farm's feeds, smallest pellet first."""
        return self.key_mapping.feeds(self.farm.feeds)

    @cached_property
    def sites(self) -> Mapping[str, Site]:
        """Return every hall and area by name, in the order of the farm."""
        return {name: self.key_mapping.site(site) for name, site in self.farm.sites.items()}

    @cached_property
    def capacities(self) -> list[dict[str, int]]:
        """Return the maximum number of rows of each batch, by table."""
        rules = {rule.order: rule for rule in self.farm.stages}
        per_day = self.schedule.readings_per_day
        return [
            row_capacity(batch, self.farm.sites, rules, self.today, per_day)
            | (analysis_capacity(batch, self.today) if self.growth else {})
            for batch in self.batches
        ]

    @cached_property
    def first_ids(self) -> list[FirstIds]:
        """Return the first primary key of each batch, by table."""
        return first_ids(self.capacities, self.key_mapping.highest_keys)

    @cached_property
    def models(self) -> ModelLibrary:
        """Return the growth models of the master data."""
        if not self.key_mapping.is_new_database:
            return library_from_tables(self.key_mapping.models)
        first_start = min(batch.starts for batch in self.batches)
        return library_from_tables(master_tables(self.farm, self.as_of, first_start))

    @cached_property
    def supplier_names(self) -> Mapping[int, str]:
        """Return the names of the egg suppliers by primary key."""
        suppliers = self.farm.document.suppliers
        return {
            key: supplier.name for key, supplier in zip(self.keys.suppliers, suppliers, strict=True)
        }

    @cached_property
    def neighbours(self) -> Mapping[str, NDArray[np.float64]]:
        """Return the farmed fish near each batch on every day at sea, by batch number."""
        return neighbour_load(self.farm, self.schedule.batches)

    @cached_property
    def areas_in_use(self) -> tuple[AreaDays, ...]:
        """Return the sea areas with fish by today, each from its first arrival to its last day."""
        used: dict[str, tuple[int, int]] = {}
        for batch in self.batches:
            for stay in batch.stays:
                arrives = day_number(stay.arrives)
                leaves = min(day_number(stay.leaves), self.today)
                if arrives <= self.today and self.farm.sites[stay.site].kind == "area":
                    first, last = used.get(stay.site, (arrives, leaves))
                    used[stay.site] = (min(first, arrives), max(last, leaves))
        return tuple(
            AreaDays(
                id=self.sites[area.name].id,
                name=area.name,
                geography=geography.name,
                latitude=area.latitude,
                first_day=used[area.name][0],
                days=used[area.name][1] - used[area.name][0] + 1,
                climate=geography.climate,
            )
            for geography in self.farm.geographies
            for area in geography.areas
            if area.name in used
        )

    @cached_property
    def feed_containers(self) -> tuple[FeedStore, ...]:
        """Return all feed containers of the farm."""
        return tuple(
            container for site in self.sites.values() for container in site.feed_containers
        )

    def inputs(self, position: int) -> BatchInputs:
        """Return the inputs of the simulation of one batch.

        Args:
            position: index of the batch in `batches`.
        """
        plan = self.batches[position]
        geography = self.farm.geography_by_name[plan.geography]
        return BatchInputs(
            plan=plan,
            first_ids=self.first_ids[position],
            sites={stay.site: self.sites[stay.site] for stay in plan.stays},
            rules={rule.order: rule for rule in self.farm.rules(plan.geography, plan.starts.month)},
            feeds=self.feeds,
            climate=geography.climate,
            trade=self.key_mapping.trade(trade(self.farm, geography)),
            lice=geography.entry.lice,
            neighbours=self.neighbours[plan.number],
            vaccinations=self.farm.document.vaccinations,
            keys=self.keys,
            seed=self.seed,
            as_of=self.today,
            readings_per_day=self.schedule.readings_per_day,
        )
