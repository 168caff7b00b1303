"""Metadata of one build and of several in one table."""

from __future__ import annotations

import pytest

from pytest_aquadata.databases.metadata_table import entry_name, next_build_number, parse_entry_name
from pytest_aquadata.datasets.build_metadata import builds_by_number, latest_build
from pytest_aquadata.datasets.manifest import KeyRange, Manifest, PartEntry, WrittenRows


def test_builds_are_numbered_and_the_first_has_plain_names() -> None:
    names = [entry_name(number, "manifest") for number in (1, 2, 10)]
    assert names == ["manifest", "2/manifest", "10/manifest"]
    assert [parse_entry_name(name) for name in names] == [
        (1, "manifest"),
        (2, "manifest"),
        (10, "manifest"),
    ]
    assert next_build_number([]) == 1
    assert next_build_number(["manifest", "farm", "7/farm"]) == 8


def test_the_latest_build_has_the_highest_number() -> None:
    metadata = {"10/manifest": "ten", "10/farm": "f", "manifest": "one", "2/manifest": "two"}
    assert list(builds_by_number(metadata)) == [1, 2, 10]
    assert latest_build(metadata) == {"manifest": "ten", "farm": "f"}
    assert latest_build({"schedule": "of a build without a manifest"}) is None


@pytest.mark.parametrize("name", ["0/manifest", "2/", "/manifest", "x/manifest", "a b"])
def test_other_names_are_not_entries(name: str) -> None:
    assert parse_entry_name(name) is None


def manifest_of(*parts: PartEntry) -> Manifest:
    return Manifest(
        preset="two",
        seed=1,
        as_of="2025-11-21",
        readings_per_day=1,
        growth=True,
        generator="0",
        schedule_digest="",
        farm_digest="",
        numpy="2",
        workers=1,
        seconds={},
        parts=parts,
    )


def test_a_manifest_of_an_older_version_has_no_key_ranges() -> None:
    first = PartEntry(
        "one", {"batch_batch": WrittenRows(2, "d", 5, 6), "x": WrittenRows(0, "d")}, 0.0
    )
    second = PartEntry("two", {"batch_batch": WrittenRows(1, "d", 9, 9)}, 0.0)
    manifest = manifest_of(first, second)
    assert manifest.keys == {"batch_batch": KeyRange(5, 9)}
    assert Manifest.from_json(manifest.to_json()) == manifest
    assert manifest_of(first, PartEntry("old", {"y": WrittenRows(1, "d")}, 0.0)).keys == {}
