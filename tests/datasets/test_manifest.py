"""The manifest: its values, its digest, and its JSON."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from pytest_aquadata.datasets.dataset import Dataset
from pytest_aquadata.datasets.manifest import IDENTITY, Manifest, PartEntry, WrittenRows
from pytest_aquadata.generation.build_spec import BuildSpec
from pytest_aquadata.presets.schedule import with_readings


@pytest.fixture
def manifest(small: Dataset) -> Manifest:
    return small.manifest


def test_a_manifest_survives_json(manifest: Manifest) -> None:
    assert Manifest.from_json(manifest.to_json()) == manifest


def test_the_json_has_total_rows_and_digest(manifest: Manifest) -> None:
    values = json.loads(manifest.to_json())
    assert values["rows"] == manifest.rows
    assert values["digest"] == manifest.digest


def test_a_manifest_has_the_inputs_of_the_build(manifest: Manifest, small_build: BuildSpec) -> None:
    assert manifest.preset == "small"
    assert manifest.seed == 1
    assert manifest.as_of == "2025-11-21"
    assert manifest.readings_per_day == 1
    assert manifest.schedule_digest == small_build.schedule.digest
    assert manifest.farm_digest == small_build.farm.digest


def test_manifest_and_build_have_the_same_identity(
    manifest: Manifest, small_build: BuildSpec
) -> None:
    assert manifest.identity == small_build.identity
    assert set(manifest.identity) == set(IDENTITY)


CHANGES: dict[str, Callable[[BuildSpec], BuildSpec]] = {
    "seed": lambda build: replace(build, seed=2),
    "as_of": lambda build: replace(build, as_of=build.as_of + timedelta(days=1)),
    "readings_per_day": lambda build: replace(build, schedule=with_readings(build.schedule, 2)),
    "schedule_digest": lambda build: replace(
        build, schedule=replace(build.schedule, batches=build.schedule.batches[1:])
    ),
    "farm_digest": lambda build: replace(build, farm=replace(build.farm, digest="0")),
}


@pytest.mark.parametrize("field", CHANGES)
def test_another_build_has_another_identity(small_build: BuildSpec, field: str) -> None:
    changed = CHANGES[field](small_build)
    assert changed.identity[field] != small_build.identity[field]


def test_every_batch_is_a_part(manifest: Manifest, small_build: BuildSpec) -> None:
    names = [part.name for part in manifest.parts]
    assert names[-8:] == [batch.number for batch in small_build.batches]
    assert {"farm", "feed"} <= set(names[:-8])


def test_rows_of_a_table_are_the_sum_of_its_parts(manifest: Manifest) -> None:
    for name, whole in manifest.tables.items():
        rows = [part.tables[name].rows for part in manifest.parts if name in part.tables]
        assert whole.rows == sum(rows)
    assert manifest.rows == sum(whole.rows for whole in manifest.tables.values())


def test_the_digest_depends_only_on_rows(manifest: Manifest) -> None:
    parts = tuple(replace(part, seconds=part.seconds + 1) for part in manifest.parts)
    same = replace(manifest, preset="x", workers=64, numpy="0", seconds={}, parts=parts)
    assert same.digest == manifest.digest


def test_a_changed_part_changes_the_digest(manifest: Manifest) -> None:
    last = manifest.parts[-1]
    tables = dict(last.tables)
    tables["batch_batch"] = WrittenRows(1, "0" * 32)
    changed = (*manifest.parts[:-1], PartEntry(last.name, tables, last.seconds))
    assert replace(manifest, parts=changed).digest != manifest.digest


def test_parts_in_another_order_change_the_digest(manifest: Manifest) -> None:
    assert replace(manifest, parts=manifest.parts[::-1]).digest != manifest.digest
