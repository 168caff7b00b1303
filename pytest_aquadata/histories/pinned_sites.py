"""The places that are pinned: stations, halls, areas and containers, by name."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import HistoryError
from ..lifecycle.places import Site
from ..text import nearest
from .request import HistoryRequest


def sites_of(request: HistoryRequest, place: str) -> Mapping[int, str]:
    """The halls of a station, or one hall or area, by the stages they keep.

    Raises:
        HistoryError: when the geography has none of the name.
    """
    geography = request.farm.geography_by_name[request.geography]
    known: dict[str, tuple[Site, ...]] = {site.name: (site,) for site in geography.sites}
    known |= {station.name: station.halls for station in geography.stations}
    if place not in known:
        near = nearest(place, known)
        raise HistoryError(
            f"{request.geography} has no station, hall or area {place!r}; did you mean {near!r}?"
        )
    return {stage: site.name for site in known[place] for stage in site.stages}


def pinned_sites(request: HistoryRequest) -> Mapping[int, str]:
    """The sites that a batch must have, by stage, by their names or those of their containers.

    Raises:
        HistoryError: when there are none of a name, or names contradict each other.
    """
    sites = dict(request.pins.sites)
    for order, names in request.pins.containers.items():
        if isinstance(names, int):
            continue
        site = _site_of(request, order, names)
        if sites.setdefault(order, site) != site:
            raise HistoryError(
                f"the containers pinned for stage {order} are in {site}, and the batch is pinned "
                f"to {sites[order]}; leave out one of the two pins"
            )
    return sites


def _site_of(request: HistoryRequest, order: int, names: tuple[str, ...]) -> str:
    """The site of containers that are pinned by name."""
    sites = request.farm.geography_by_name[request.geography].sites
    known = {
        name: site.name for site in sites if order in site.stages for name in site.container_by_name
    }
    for name in names:
        if name not in known:
            near = nearest(name, known)
            raise HistoryError(
                f"{request.geography} has no container {name!r} for stage {order}; "
                f"did you mean {near!r}?"
            )
    of_names = sorted({known[name] for name in names})
    if len(of_names) > 1:
        raise HistoryError(
            f"the containers pinned for stage {order} are in {' and '.join(of_names[:2])}; a batch "
            "takes those of one hall or area"
        )
    return of_names[0]
