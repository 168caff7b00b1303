"""Metadata of the builds in a database: the entries of the table `aquadata_build` by build."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from ..databases.metadata_table import parse_entry_name
from ..errors import StoreError
from .manifest import Manifest

MANIFEST, SCHEDULE, FARM = "manifest", "schedule", "farm"
"""Names of the entries of each build."""


def builds_by_number(metadata: Mapping[str, str]) -> Mapping[int, Mapping[str, str]]:
    """Return the entries of each finished build by its number, in ascending order."""
    builds: dict[int, dict[str, str]] = defaultdict(dict)
    for name, value in metadata.items():
        if (parsed := parse_entry_name(name)) is not None:
            number, plain_name = parsed
            builds[number][plain_name] = value
    return {number: builds[number] for number in sorted(builds) if MANIFEST in builds[number]}


def latest_build(metadata: Mapping[str, str]) -> Mapping[str, str] | None:
    """Return the entries of the latest finished build; None without one."""
    builds = builds_by_number(metadata)
    return builds[max(builds)] if builds else None


def entry_of(build: Mapping[str, str], name: str) -> str:
    """Return an entry of a build.

    Raises:
        StoreError: if it is missing.
    """
    if name not in build:
        raise StoreError(
            f"the {name} of the build is missing in the table aquadata_build; restore the table "
            "from a backup, or give another --url"
        )
    return build[name]


def manifests_by_number(metadata: Mapping[str, str]) -> Mapping[int, Manifest]:
    """Return the manifest of each finished build by its number."""
    return {
        number: Manifest.from_json(build[MANIFEST])
        for number, build in builds_by_number(metadata).items()
    }


def added_keys(metadata: Mapping[str, str], tables: Iterable[str]) -> Mapping[str, frozenset[int]]:
    """Return the primary keys of master data that append builds added, by table.

    The rows of a build into tables of its own count as the database's.

    Args:
        metadata: all entries of `aquadata_build`.
        tables: names of small tables.
    """
    manifests = [
        manifest for manifest in manifests_by_number(metadata).values() if manifest.is_append_build
    ]
    return {
        name: frozenset(
            key
            for manifest in manifests
            if name in manifest.keys
            for key in range(manifest.keys[name].first, manifest.keys[name].last + 1)
        )
        for name in tables
    }
