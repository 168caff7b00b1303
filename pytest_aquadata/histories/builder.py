"""The lifecycle builder: one batch's history, asked for in a sentence. Every step gives a new one.

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

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, TypeVar

from ..errors import HistoryError
from ..lifecycle.imperfections import Imperfection
from ..lifecycle.incidents import Incident
from ..presets.farm import Farm, load_farm
from ..presets.schedule import MAX_EGGS
from ..settings import DEFAULT_SEED
from ..text import nearest
from .batch_group import BatchGroup, simulate_histories
from .history import History
from .pinned_sites import sites_of
from .request import HistoryEnd, HistoryRequest
from .stage_names import StageName, stage_order

DEFAULT_START = date(2023, 1, 15)
_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Lifecycle:
    """What a batch's history shall be; immutable, so one can be the base of many."""

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
        """Begin with where, when and how many.

        Args:
            geography: name of the geography; the farm's first if None.
            eggs: eggs ordered; as a planner orders them if None.
            start: the day they are delivered, a date or its ISO text.
            harvest_weight_g: mean weight aimed at; usual in the geography if None.
            number: batch number; the next one of the geography if None.
            seed: seed of all randomness.
            farm: the farm; the standard farm if None.

        Raises:
            HistoryError: when a value makes no sense, such as a geography that there is not.
        """
        farm = farm or load_farm()
        if eggs is not None and not 1_000 <= eggs <= MAX_EGGS:
            raise HistoryError(f"eggs must be between 1,000 and {MAX_EGGS:,}, not {eggs:,}")
        if harvest_weight_g is not None and not 500 <= harvest_weight_g <= 12_000:
            raise HistoryError(
                f"harvest_weight_g must be between 500 and 12,000, not {harvest_weight_g:,}"
            )
        name = _geography(farm, geography)
        day = _date(start, "start")
        return Lifecycle(HistoryRequest(farm, name, day, seed, eggs, harvest_weight_g, number))

    def until(self, when: date | StageName, *, days: int | None = None) -> Lifecycle:
        """End the history on a day, or so many days into a stage.

        Args:
            when: a date, its ISO text, or a stage by order or name.
            days: days into the stage; 0 is the day the fish come. Only with a stage.

        Raises:
            HistoryError: when there is no such stage, or days are given with a date.
        """
        day = _maybe_date(when)
        if day is not None:
            if days is not None:
                raise HistoryError(f"until({day}) is a day already; leave out days={days}")
            return self._with(end=HistoryEnd(day=day))
        assert not isinstance(when, date)
        if days is not None and days < 0:
            raise HistoryError(f"until: days must be 0 or more, not {days}")
        return self._with(
            end=HistoryEnd(stage=stage_order(self.request.farm, when), days=days or 0)
        )

    def until_harvest(self) -> Lifecycle:
        """End the history when the last ring has been harvested, as it does if nothing is said."""
        return self._with(end=HistoryEnd())

    def with_incident(self, *incidents: Incident) -> Lifecycle:
        """Let things happen to the batch, on top of what was asked before."""
        return self._with(incidents=(*self.request.incidents, *incidents))

    def with_imperfection(self, *imperfections: Imperfection) -> Lifecycle:
        """Make records imperfect, on top of what was asked before."""
        return self._with(imperfections=(*self.request.imperfections, *imperfections))

    def readings_per_day(self, readings: int) -> Lifecycle:
        """Read each sensor so many times a day, 0 to 24; once if nothing is said.

        Raises:
            HistoryError: when it is another number.
        """
        if not 0 <= readings <= 24:
            raise HistoryError(f"readings_per_day must be 0 to 24, not {readings}")
        return self._with(readings_per_day=readings)

    def with_days(self, stage: StageName, days: int) -> Lifecycle:
        """Pin how long a stage lasts; in the last, until the last ring is harvested.

        Raises:
            HistoryError: when there is no such stage, or it would be shorter than a week.
        """
        if not 7 <= days <= 900:
            raise HistoryError(f"a stage lasts 7 to 900 days, not {days}")
        return self._pin("days", stage, days)

    def with_arrival(self, stage: StageName, on: date | str) -> Lifecycle:
        """Pin the day on which the fish come into a stage, from the second on.

        Raises:
            HistoryError: when there is no such stage, or it is the first: that is `start`.
        """
        if stage_order(self.request.farm, stage) == 1:
            raise HistoryError("the eggs come on the day called start; give start=...")
        return self._pin("arrivals", stage, _date(on, "on"))

    def with_weight(self, stage: StageName, weight_g: float) -> Lifecycle:
        """Pin the mean weight of the fish as they leave a stage; growth is made to meet it.

        Raises:
            HistoryError: when there is no such stage, or its fish live on their yolk.
        """
        order = stage_order(self.request.farm, stage)
        rule = self.request.farm.stage(order)
        if not rule.is_fed:
            raise HistoryError(
                f"stage {order} ({rule.name}) lives on its yolk, so its weight cannot be pinned; "
                f"pin that of stage {order + 1}"
            )
        if not 0.2 <= weight_g <= 12_000:
            raise HistoryError(f"weight_g must be between 0.2 and 12,000, not {weight_g:g}")
        return self._pin("weight_g", order, float(weight_g))

    def with_mortality(self, stage: StageName, monthly_pct: float) -> Lifecycle:
        """Pin the fish that die in a stage, in percent a month of 30 days; incidents come on top.

        Raises:
            HistoryError: when there is no such stage, or the rate makes no sense.
        """
        if not 0.01 <= monthly_pct <= 60.0:
            raise HistoryError(f"monthly_pct must be between 0.01 and 60, not {monthly_pct:g}")
        return self._pin("monthly_mortality_pct", stage, float(monthly_pct))

    def with_fish(self, stage: StageName, fish: int) -> Lifecycle:
        """Pin how many fish come into a stage; eggs are ordered to meet it, to 0.1 percent.

        Raises:
            HistoryError: when there is no such stage, or eggs or another count are pinned, too.
        """
        order = stage_order(self.request.farm, stage)
        if fish < 1_000:
            raise HistoryError(f"with_fish: give at least 1,000 fish, not {fish:,}")
        if self.request.eggs is not None:
            raise HistoryError(
                f"eggs={self.request.eggs:,} and {fish:,} fish in stage {order} are both pinned; "
                "leave out one of them"
            )
        if self.request.pins.fish.keys() - {order}:
            other = min(self.request.pins.fish)
            raise HistoryError(
                f"the fish of stages {other} and {order} cannot both be pinned; leave out one and "
                "pin with_mortality of the stages between"
            )
        return self._pin("fish", order, fish)

    def with_containers(self, stage: StageName, *containers: int | str) -> Lifecycle:
        """Pin how many containers a stage takes, or which, by name.

        Raises:
            HistoryError: when there is no such stage, or neither a number nor names are given.
        """
        order = stage_order(self.request.farm, stage)
        names = tuple(one for one in containers if isinstance(one, str))
        if names and len(names) == len(containers):
            return self._pin("containers", order, names)
        if len(containers) == 1 and isinstance(containers[0], int) and containers[0] >= 1:
            return self._pin("containers", order, containers[0])
        raise HistoryError(
            f"with_containers({order}, ...): give one number from 1, or names of containers"
        )

    def at(self, *places: str) -> Lifecycle:
        """Pin where the batch lives, by the names of a station, of halls and of a sea area.

        Raises:
            HistoryError: when its geography has none of a name.
        """
        sites: dict[int, str] = dict(self.request.pins.sites)
        for place in places:
            sites |= sites_of(self.request, place)
        return self._with(pins=replace(self.request.pins, sites=sites))

    def build(self) -> History:
        """Plan, simulate and tell the history, on a farm of its own.

        Raises:
            HistoryError: when it cannot be as it was asked for.
        """
        return build_together(self)[0]

    def _with(self, **changes: Any) -> Lifecycle:
        return Lifecycle(replace(self.request, **changes))

    def _pin(self, name: str, stage: StageName, value: Any) -> Lifecycle:
        order = stage_order(self.request.farm, stage)
        pinned: Mapping[int, Any] = getattr(self.request.pins, name)
        return self._with(pins=replace(self.request.pins, **{name: {**pinned, order: value}}))


def build_together(*lifecycles: Lifecycle) -> BatchGroup:
    """Histories of several batches that share a farm.

    No container holds two of them at once, batches eat from one feed ledger, and numbers and keys
    are distinct. They give each other lice; pins are met by each batch as if it were alone, so
    neighbours at sea may move a pinned weight or mortality by a little.

    Raises:
        HistoryError: when one cannot be as it was asked for, or the farm has no room left.
    """
    return simulate_histories([one.request for one in lifecycles])


def _geography(farm: Farm, name: str | None) -> str:
    known = list(farm.geography_by_name)
    if name is None:
        return known[0]
    if name in known:
        return name
    near = nearest(name, known)
    raise HistoryError(
        f"there is no geography {name!r}; did you mean {near!r}? The farm has {', '.join(known)}"
    )


def _maybe_date(when: date | StageName) -> date | None:
    if isinstance(when, date):
        return when
    if isinstance(when, str) and when[:1].isdigit():
        return _date(when, "until")
    return None


def _date(value: date | str, name: str) -> date:
    if isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise HistoryError(
            f"{name}={value!r} is no date; write it like '2023-03-01', or give a datetime.date"
        ) from None
