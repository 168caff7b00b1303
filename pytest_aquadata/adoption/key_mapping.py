"""Primary keys of a farm's rows in the database that a build is written to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from ..lifecycle.columns import BatchTables
from ..lifecycle.feeding import FeedProduct
from ..lifecycle.ids import FirstIds
from ..lifecycle.keys import MasterKeys, Price, Trade
from ..lifecycle.places import Site
from .matching import KeyMap

_Name = TypeVar("_Name")


@dataclass(frozen=True)
class KeyMapping:
    """Mapping from the farm's primary keys to those in the database.

    Attributes:
        keys: primary keys in the database, by table and by the farm's key.
        added: rows of master data and infrastructure to insert.
        used: number of existing rows that are used, by table.
        highest_keys: highest primary key by table, including `added`.
        models: rows of the model tables for the growth analysis, including `added`.
        planned_on: highest primary key that existed when the build was planned, by table that it
            may write to.
        notes: remarks on what is added beside rows of the database.
        failing: hard checks that the database fails before the build, with the number of rows.
    """

    keys: KeyMap
    added: BatchTables = field(repr=False)
    used: Mapping[str, int]
    highest_keys: FirstIds
    models: BatchTables = field(default_factory=dict, repr=False)
    planned_on: FirstIds = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = ()
    failing: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_new_database(self) -> bool:
        """True if the build creates its own tables, with primary keys from 1."""
        return not self.keys

    def key(self, table: str, key: int) -> int:
        """Return the primary key in the database of a row with this key in the farm."""
        return self.keys.get(table, {}).get(key, key)

    def master_keys(self, keys: MasterKeys) -> MasterKeys:
        """Return the primary keys of master data in the database."""
        return MasterKeys(
            species=self.key("batch_species", keys.species),
            stages=self._map_values("batch_lifecyclestage", keys.stages),
            feeds=self._map_values("inventory_feed", keys.feeds),
            parameters=self._map_values("environmental_environmentalparameter", keys.parameters),
            users=self._map_values("auth_user", keys.users),
            suppliers=self._map_keys("broodstock_eggsupplier", keys.suppliers),
            grades=self._map_values("harvest_productgrade", keys.grades),
            geographies=self._map_values("infrastructure_geography", keys.geographies),
            vaccines=self._map_values("health_vaccinationtype", keys.vaccines),
            lice_types=self._map_values("health_licetype", keys.lice_types),
            health_parameters=self._map_keys("health_healthparameter", keys.health_parameters),
            sample_types=self._map_values("health_sampletype", keys.sample_types),
            content_types=self._map_values("django_content_type", keys.content_types),
        )

    def trade(self, trade: Trade) -> Trade:
        """Return trade terms with the primary keys in the database."""
        return replace(
            trade,
            farming_company=self.key("finance_dimcompany", trade.farming_company),
            smolt=self._price(trade.smolt),
            grades={code: self._price(price) for code, price in trade.grades.items()},
            sites=self._map_values("finance_dimsite", trade.sites),
        )

    def feeds(self, feeds: tuple[FeedProduct, ...]) -> tuple[FeedProduct, ...]:
        """Return feeds with their primary keys in the database."""
        return tuple(replace(feed, id=self.key("inventory_feed", feed.id)) for feed in feeds)

    def site(self, site: Site) -> Site:
        """Return a site, its containers and sensors with their primary keys in the database."""
        table = "infrastructure_hall" if site.kind == "hall" else "infrastructure_area"
        return replace(
            site,
            id=self.key(table, site.id),
            containers=tuple(
                replace(
                    container,
                    id=self.key("infrastructure_container", container.id),
                    sensors=tuple(
                        replace(sensor, id=self.key("infrastructure_sensor", sensor.id))
                        for sensor in container.sensors
                    ),
                )
                for container in site.containers
            ),
            feed_containers=tuple(
                replace(store, id=self.key("infrastructure_feedcontainer", store.id))
                for store in site.feed_containers
            ),
        )

    def _map_values(self, table: str, keys: Mapping[_Name, int]) -> Mapping[_Name, int]:
        return {name: self.key(table, key) for name, key in keys.items()}

    def _map_keys(self, table: str, keys: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(self.key(table, key) for key in keys)

    def _price(self, price: Price) -> Price:
        return replace(price, policy=self.key("finance_intercompanypolicy", price.policy))


NEW_DATABASE = KeyMapping({}, {}, {}, {})
"""The mapping of a new database: every key stays as it is."""
