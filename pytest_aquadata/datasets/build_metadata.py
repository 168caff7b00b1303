"""The notes that builds keep in the table `aquadata_build`, of one build or of several.

The first build in a database has the plain names; the second has `2/manifest` and so on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

from ..databases.metadata_table import parse_entry_name
from .manifest import Manifest

MANIFEST, SCHEDULE, FARM = "manifest", "schedule", "farm"
"""What is kept with the data of each build."""


def builds_in(notes: Mapping[str, str]) -> Mapping[int, Mapping[str, str]]:
    """The notes of each finished build, by its number, the first one first."""
    found: dict[int, dict[str, str]] = defaultdict(dict)
    for name, value in notes.items():
        if (known := parse_entry_name(name)) is not None:
            number, plain = known
            found[number][plain] = value
    return {number: found[number] for number in sorted(found) if MANIFEST in found[number]}


def latest_build(notes: Mapping[str, str]) -> Mapping[str, str] | None:
    """The notes of the build that came last; None if there is none."""
    builds = builds_in(notes)
    return builds[max(builds)] if builds else None


def manifests_in(notes: Mapping[str, str]) -> Mapping[int, Manifest]:
    """The manifest of each finished build, by its number."""
    return {
        number: Manifest.from_json(of_build[MANIFEST])
        for number, of_build in builds_in(notes).items()
    }
