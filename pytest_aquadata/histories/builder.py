"""The lifecycle builder: requests the history of one batch. Each step returns a new builder.

```python
history = (
    Lifecycle.of(geography="Scotland", eggs=3_200_000, start="2023-03-01")
    .until("adult", days=120)
    .with_incident(lice_surge(day=480, rings=3))
    .readings_per_day(2)
    .build()
)
```
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from ..errors import HistoryError
from ..lifecycle.imperfections import Imperfection
from ..lifecycle.incidents import Incident
from ..lifecycle.parameter_checks import require_number, require_text, require_whole, shown
from ..presets.farm import Farm, load_farm
from ..presets.schedule import HARVEST_WEIGHTS_G, MAX_EGGS
from ..settings import DEFAULT_SEED
from .arguments import date_or_none, geography_name, is_count, parse_date, require_made
from .batch_group import BatchGroup
from .history import History
from .pinned_sites import site_of_containers, sites_of
from .request import HistoryEnd, HistoryRequest, PinnedValues
from .simulation import simulate_histories
from .stage_names import StageName, stage_order

DEFAULT_START = date(2023, 1, 15)
"""Delivery of the eggs if no start is given."""

# lowest and highest values accepted
MIN_EGGS = 1_000
MIN_FISH = 1_000
STAGE_WEIGHTS_G = (0.2, 12_000)
STAGE_DAYS = (7, 900)
MONTHLY_MORTALITY_PCT = (0.01, 60)
READINGS_PER_DAY = (0, 24)
LONGEST_NUMBER = 38
LARGEST_INTEGER = 2**63 - 1


@dataclass(frozen=True)
class Lifecycle:
    """A builder for the history of one batch.

    It is immutable: each method returns a new builder, so that one can be the base of many.

    Attributes:
        request: everything requested so far.
    """

    request: HistoryRequest

    @staticmethod
    def of(
        geography: str | None = None,
        *,
        eggs: int | None = None,
        start: date | str = DEFAULT_START,
        harvest_weight_g: int | None = None,
        number: str | None = None,
        seed: int = DEFAULT_SEED,
        farm: Farm | None = None,
    ) -> Lifecycle:
        """Return a builder for a batch that is followed to the end of its harvest.

        Args:
            geography: name of the geography; the farm's first if None.
            eggs: eggs ordered, from 1,000; a planner's choice if None.
            start: date on which the eggs are delivered, or its ISO text.
            harvest_weight_g: target mean weight at harvest, 500 to 12,000 g; a typical one for the
                geography if None.
            number: batch number; the next one of the geography if None.
            seed: seed of all randomness.
            farm: the farm; the standard farm if None.

        Raises:
            HistoryError: if a value is out of range, or the farm has no such geography.

        Example:
            `Lifecycle.of("Scotland", eggs=3_200_000, start="2023-03-01")`
        """
        if farm is not None and not isinstance(farm, Farm):
            raise HistoryError(
                f"farm={shown(farm)} is not a Farm; for a farm file give its path to the fixture "
                "aquadata_farm"
            )
        farm = farm or load_farm()
        if eggs is not None:
            require_whole("eggs", eggs, MIN_EGGS, MAX_EGGS)
        if harvest_weight_g is not None:
            require_number("harvest_weight_g", harvest_weight_g, *HARVEST_WEIGHTS_G)
        if number is not None:
            require_text("number", number, LONGEST_NUMBER)
        require_whole("seed", seed, -LARGEST_INTEGER, LARGEST_INTEGER)
        name = geography_name(farm, geography)
        day = parse_date(start, "start")
        return Lifecycle(HistoryRequest(farm, name, day, seed, eggs, harvest_weight_g, number))

    def until(self, when: date | StageName, *, days: int | None = None) -> Lifecycle:
        """End the history on a date, or a number of days into a stage.

        Args:
            when: a date, its ISO text, or a stage by order or name.
            days: days into the stage; 0, the default, is the day the fish enter it. Only with a
                stage.

        Raises:
            HistoryError: if the stage does not exist, days are negative, or days are given with a
                date.

        Example:
            `.until("adult", days=120)`, `.until("2024-06-30")`
        """
        day = date_or_none(when)
        if day is not None:
            if day < self.request.start:
                raise HistoryError(
                    f"a history that starts on {self.request.start} cannot end on {day}; give a "
                    "later day"
                )
            if days is not None:
                raise HistoryError(f"until({day}) is a day already; leave out days={days}")
            return self._with_end(HistoryEnd(day=day))
        assert not isinstance(when, date)
        order = stage_order(self.request.farm, when)
        if days is not None:
            require_whole("until: days", days, -LARGEST_INTEGER, STAGE_DAYS[1])
            if days < 0:
                raise HistoryError(f"until: days must be 0 or more, not {days}")
        return self._with_end(HistoryEnd(stage=order, days=days or 0))

    def until_harvest(self) -> Lifecycle:
        """End the history when the last ring has been harvested. This is the default."""
        return self._with_end(HistoryEnd())

    def with_incident(self, *incidents: Incident) -> Lifecycle:
        """Add incidents that happen to the batch.

        They are checked by `build`: an incident on a day on which it cannot happen raises a
        HistoryError that names the possible days.

        Args:
            incidents: incidents from `pytest_aquadata.incidents`.

        Example:
            `.with_incident(oxygen_crash(day=300), lice_surge(day=480, rings=3))`
        """
        for incident in incidents:
            require_made(incident, Incident, "with_incident", "lice_surge(day=480)")
        return Lifecycle(replace(self.request, incidents=(*self.request.incidents, *incidents)))

    def with_imperfection(self, *imperfections: Imperfection) -> Lifecycle:
        """Add imperfections to the records: rows missing, duplicated, late or mistyped.

        Args:
            imperfections: imperfections from `pytest_aquadata.imperfections`.

        Example:
            `.with_imperfection(missing(0.02, "inventory_feedingevent"))`
        """
        for imperfection in imperfections:
            require_made(imperfection, Imperfection, "with_imperfection", "missing(0.02)")
        return Lifecycle(
            replace(self.request, imperfections=(*self.request.imperfections, *imperfections))
        )

    def readings_per_day(self, readings: int) -> Lifecycle:
        """Set the number of readings of each sensor a day, 0 to 24; the default is 1.

        Raises:
            HistoryError: if the number is out of range.
        """
        require_whole("readings_per_day", readings, *READINGS_PER_DAY)
        return Lifecycle(replace(self.request, readings_per_day=readings))

    def with_days(self, stage: StageName, days: int) -> Lifecycle:
        """Pin the duration of a stage; the last stage ends when the last ring is harvested.

        Args:
            stage: a stage by order or name.
            days: duration in days, 7 to 900.

        Raises:
            HistoryError: if the stage does not exist or the duration is out of range.

        Example:
            `.with_days("fry", 80)`
        """
        order, pins = stage_order(self.request.farm, stage), self.request.pins
        lowest, highest = STAGE_DAYS
        require_whole("with_days: days", days, -LARGEST_INTEGER, LARGEST_INTEGER)
        if not lowest <= days <= highest:
            raise HistoryError(f"a stage lasts {lowest} to {highest} days, not {days}")
        return self._with_pins(replace(pins, days={**pins.days, order: days}))

    def with_arrival(self, stage: StageName, on: date | str) -> Lifecycle:
        """Pin the date on which the fish enter a stage, from the second stage on.

        Args:
            stage: a stage by order or name; not the first, whose date is `start`.
            on: the date, or its ISO text.

        Raises:
            HistoryError: if the stage does not exist or is the first, or `on` is not a date.

        Example:
            `.with_arrival("adult", "2024-06-01")`
        """
        order, pins = stage_order(self.request.farm, stage), self.request.pins
        if order == 1:
            raise HistoryError("the date of the first stage is the start; give start=...")
        day = parse_date(on, "on")
        if day <= self.request.start:
            raise HistoryError(
                f"on={day}: fish that start on {self.request.start} enter stage {order} later; "
                "give a later day"
            )
        return self._with_pins(replace(pins, arrivals={**pins.arrivals, order: day}))

    def with_weight(self, stage: StageName, weight_g: float) -> Lifecycle:
        """Pin the mean weight of the fish when they leave a stage; growth is calibrated to it.

        Args:
            stage: a stage by order or name, in which the fish are fed.
            weight_g: mean weight, 0.2 to 12,000 g; met within 0.2 percent before incidents.

        Raises:
            HistoryError: if the stage does not exist, its fish are not fed, or the weight is out of
                range.

        Example:
            `.with_weight("smolt", 95)`
        """
        order, pins = stage_order(self.request.farm, stage), self.request.pins
        rule = self.request.farm.stage(order)
        if not rule.is_fed:
            raise HistoryError(
                f"stage {order} ({rule.name}) lives on its yolk, so its weight cannot be pinned; "
                f"pin that of stage {order + 1}"
            )
        require_number("weight_g", weight_g, *STAGE_WEIGHTS_G)
        return self._with_pins(replace(pins, weight_g={**pins.weight_g, order: float(weight_g)}))

    def with_mortality(self, stage: StageName, monthly_pct: float) -> Lifecycle:
        """Pin the mortality of a stage before incidents, whose deaths are added to it.

        Args:
            stage: a stage by order or name.
            monthly_pct: percent of the fish that die in 30 days, 0.01 to 60; met within 1 percent
                of it.

        Raises:
            HistoryError: if the stage does not exist or the rate is out of range.

        Example:
            `.with_mortality("adult", 1.5)`
        """
        require_number("monthly_pct", monthly_pct, *MONTHLY_MORTALITY_PCT)
        order, pins = stage_order(self.request.farm, stage), self.request.pins
        return self._with_pins(
            replace(
                pins,
                monthly_mortality_pct={**pins.monthly_mortality_pct, order: float(monthly_pct)},
            )
        )

    def with_fish(self, stage: StageName, fish: int) -> Lifecycle:
        """Pin the number of fish that enter one stage; the egg order is calibrated to it.

        Args:
            stage: a stage by order or name.
            fish: number of fish, from 1,000; met within 0.1 percent.

        Raises:
            HistoryError: if the stage does not exist, the number is too small, or `eggs` or the
                fish of another stage are given as well.

        Example:
            `Lifecycle.of("Scotland").with_fish("adult", 1_500_000)`
        """
        order, pins = stage_order(self.request.farm, stage), self.request.pins
        require_whole("with_fish: fish", fish, -LARGEST_INTEGER, MAX_EGGS)
        if fish < MIN_FISH:
            raise HistoryError(f"with_fish: give at least {MIN_FISH:,} fish, not {fish:,}")
        if self.request.eggs is not None:
            raise HistoryError(
                f"eggs={self.request.eggs:,} and {fish:,} fish in stage {order} are both pinned; "
                "leave out one of them"
            )
        if pins.fish.keys() - {order}:
            raise HistoryError(
                f"the fish of stages {min(pins.fish)} and {order} cannot both be pinned; leave out "
                "one and pin with_mortality of the stages between"
            )
        return self._with_pins(replace(pins, fish={order: fish}))

    def with_containers(self, stage: StageName, *containers: int | str) -> Lifecycle:
        """Pin the number of containers that a stage uses, or their names.

        Args:
            stage: a stage by order or name.
            containers: one number from 1, or names of containers of one hall or area.

        Raises:
            HistoryError: if the stage does not exist, or neither one number nor names are given.

        Example:
            `.with_containers("fry", 9)`, `.with_containers(6, "S-SEA-01-Ring-01")`
        """
        order, pins = stage_order(self.request.farm, stage), self.request.pins
        names = tuple(name for name in containers if isinstance(name, str))
        pinned: int | tuple[str, ...]
        if names and len(names) == len(containers):
            site_of_containers(self.request, order, names)
            pinned = names
        elif len(containers) == 1 and is_count(containers[0]):
            pinned = int(containers[0])
        else:
            raise HistoryError(
                f"with_containers({order}, ...): give one number from 1, or names of containers, "
                f"not {', '.join(map(shown, containers)) or 'nothing'}"
            )
        return self._with_pins(replace(pins, containers={**pins.containers, order: pinned}))

    def at(self, *places: str) -> Lifecycle:
        """Pin the sites of the batch.

        Args:
            places: names of a freshwater station, of halls, and of a sea area.

        Raises:
            HistoryError: if the batch's geography has no site of a name.

        Example:
            `.at("S-FW-03", "S-SEA-05")`
        """
        sites: dict[int, str] = dict(self.request.pins.sites)
        for place in places:
            sites |= sites_of(self.request, place)
        return self._with_pins(replace(self.request.pins, sites=sites))

    def build(self) -> History:
        """Plan and simulate the history, on a farm with no other batches.

        Raises:
            HistoryError: if the requested values contradict each other or are not possible.
        """
        return build_together(self)[0]

    def _with_end(self, end: HistoryEnd) -> Lifecycle:
        return Lifecycle(replace(self.request, end=end))

    def _with_pins(self, pins: PinnedValues) -> Lifecycle:
        return Lifecycle(replace(self.request, pins=pins))


def build_together(*lifecycles: Lifecycle) -> BatchGroup:
    """Plan and simulate several batches that share a farm.

    No container has two of them at once, batches can eat from the same feed containers, and
    numbers and primary keys are distinct. Neighbours at sea infect each other with lice. Pinned
    values are calibrated for each batch alone, so a neighbour's lice may change a pinned weight or
    mortality slightly.

    Args:
        lifecycles: builders with the same farm and seed.

    Returns:
        Their histories, in the same order.

    Raises:
        HistoryError: if the requested values of a batch are not possible, or the farm has no free
            site for it.

    Example:
        `first, second = build_together(Lifecycle.of("Scotland"), Lifecycle.of("Faroe Islands"))`
    """
    for lifecycle in lifecycles:
        require_made(lifecycle, Lifecycle, "build_together", "Lifecycle.of()")
    return simulate_histories([lifecycle.request for lifecycle in lifecycles])
