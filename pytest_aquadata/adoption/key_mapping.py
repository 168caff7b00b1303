"""What a build stands on in a database that is not empty, and its keys put right for it."""

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
    """What a build stands on.

    Attributes:
        keys: primary keys in the database, by table and by the key that the farm gave.
        added: rows of master data and infrastructure to add.
        used: how many rows are there already, by table.
        above: highest primary key taken, by table, once `added` is there.
        models: rows of the growth models that batches are analysed with, as they are there then.
        failing: names of the checks that the database fails as it is.
    """

    keys: KeyMap
    added: BatchTables = field(repr=False)
    used: Mapping[str, int]
    above: FirstIds
    models: BatchTables = field(default_factory=dict, repr=False)
    failing: frozenset[str] = frozenset()

    @property
    def is_new_database(self) -> bool:
        """Whether there was nothing: the tables are made, and keys run from 1."""
        return not self.keys

    def key(self, table: str, key: int) -> int:
        """The primary key of a row in the database."""
        return self.keys.get(table, {}).get(key, key)

    def master_keys(self, keys: MasterKeys) -> MasterKeys:
        """The keys of master data as they are there."""
        return MasterKeys(
            species=self.key("batch_species", keys.species),
            stages=self._all("batch_lifecyclestage", keys.stages),
            feeds=self._all("inventory_feed", keys.feeds),
            parameters=self._all("environmental_environmentalparameter", keys.parameters),
            users=self._all("auth_user", keys.users),
            suppliers=self._each("broodstock_eggsupplier", keys.suppliers),
            grades=self._all("harvest_productgrade", keys.grades),
            geographies=self._all("infrastructure_geography", keys.geographies),
            vaccines=self._all("health_vaccinationtype", keys.vaccines),
            lice_types=self._all("health_licetype", keys.lice_types),
            health_parameters=self._each("health_healthparameter", keys.health_parameters),
            sample_types=self._all("health_sampletype", keys.sample_types),
            content_types=self._all("django_content_type", keys.content_types),
        )

    def trade(self, trade: Trade) -> Trade:
        """How companies trade, by the keys that they have there."""
        return replace(
            trade,
            farming_company=self.key("finance_dimcompany", trade.farming_company),
            smolt=self._price(trade.smolt),
            grades={code: self._price(price) for code, price in trade.grades.items()},
            sites=self._all("finance_dimsite", trade.sites),
        )

    def feeds(self, feeds: tuple[FeedProduct, ...]) -> tuple[FeedProduct, ...]:
        """Feeds with the keys that they have there."""
        return tuple(replace(feed, id=self.key("inventory_feed", feed.id)) for feed in feeds)

    def site(self, site: Site) -> Site:
        """A site and all that stands in it, with the keys that they have there."""
        own = "infrastructure_hall" if site.kind == "hall" else "infrastructure_area"
        return replace(
            site,
            id=self.key(own, site.id),
            containers=tuple(
                replace(
                    one,
                    id=self.key("infrastructure_container", one.id),
                    sensors=tuple(
                        replace(probe, id=self.key("infrastructure_sensor", probe.id))
                        for probe in one.sensors
                    ),
                )
                for one in site.containers
            ),
            feed_containers=tuple(
                replace(one, id=self.key("infrastructure_feedcontainer", one.id))
                for one in site.feed_containers
            ),
        )

    def _all(self, table: str, keys: Mapping[_Name, int]) -> Mapping[_Name, int]:
        return {name: self.key(table, key) for name, key in keys.items()}

    def _each(self, table: str, keys: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(self.key(table, key) for key in keys)

    def _price(self, price: Price) -> Price:
        return replace(price, policy=self.key("finance_intercompanypolicy", price.policy))


NEW_DATABASE = KeyMapping({}, {}, {}, {})
"""The ground that an empty database is."""
