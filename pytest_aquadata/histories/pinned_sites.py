"""Sites pinned by name: stations, halls and areas, or their containers."""

from __future__ import annotations

from collections.abc import Mapping

from ..errors import HistoryError
from ..lifecycle.parameter_checks import shown
from ..lifecycle.places import Site
from ..text import nearest
from .request import HistoryRequest


def sites_of(request: HistoryRequest, place: str) -> Mapping[int, str]:
    """Return the halls of a station, or one hall or area, by the stages they are used for.

    Raises:
        HistoryError: if the geography has no site of that name.
    """
    geography = request.farm.geography_by_name[request.geography]
    sites: dict[str, tuple[Site, ...]] = {site.name: (site,) for site in geography.sites}
    sites |= {station.name: station.halls for station in geography.stations}
    if not isinstance(place, str):
        raise HistoryError(f"at: {shown(place)} is not the name of a station, hall or area")
    if place not in sites:
        raise HistoryError(
            f"{request.geography} has no station, hall or area {place!r}; "
            f"did you mean {nearest(place, sites)!r}?"
        )
    return {stage: site.name for site in sites[place] for stage in site.stages}


def pinned_sites(request: HistoryRequest) -> Mapping[int, str]:
    """Return the names of the pinned sites by stage, including those of pinned containers.

    Raises:
        HistoryError: if a name does not exist, or names contradict each other.
    """
    sites = dict(request.pins.sites)
    for order, names in request.pins.containers.items():
        if isinstance(names, int):
            continue
        site = site_of_containers(request, order, names)
        if sites.setdefault(order, site) != site:
            raise HistoryError(
                f"the containers pinned for stage {order} are in {site}, and the batch is pinned "
                f"to {sites[order]}; leave out one of the two pins"
            )
    return sites


def site_of_containers(request: HistoryRequest, order: int, names: tuple[str, ...]) -> str:
    """Return the name of the site of containers that are pinned by name.

    Raises:
        HistoryError: if a name does not exist, or they are in several sites.
    """
    sites = request.farm.geography_by_name[request.geography].sites
    site_names = {
        name: site.name for site in sites if order in site.stages for name in site.container_by_name
    }
    for name in names:
        if name not in site_names:
            raise HistoryError(
                f"{request.geography} has no container {name!r} for stage {order}; "
                f"did you mean {nearest(name, site_names)!r}?"
            )
    pinned = sorted({site_names[name] for name in names})
    if len(pinned) > 1:
        raise HistoryError(
            f"the containers pinned for stage {order} are in {' and '.join(pinned[:2])}; a batch "
            "uses those of one hall or area"
        )
    return pinned[0]
