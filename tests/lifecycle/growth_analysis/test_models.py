"""Models from the rows of a database: stored values, stage names, choice of models."""

from __future__ import annotations

import numpy as np
import pytest

from pytest_aquadata.lifecycle.columns import (
    BatchTables,
    booleans,
    decimals,
    floats,
    integers,
    table,
    texts,
)
from pytest_aquadata.lifecycle.days import day_number
from pytest_aquadata.lifecycle.days import to_date as date_of
from pytest_aquadata.lifecycle.growth_analysis.model_reader import library_from_tables
from pytest_aquadata.lifecycle.growth_analysis.models import (
    FcrModel,
    ProfileTemperatures,
    stage_model_names,
    tgc_coefficient,
)


@pytest.mark.parametrize(
    ("stored", "coefficient"),
    [(0.00275, 0.00275), (2.75, 0.00275), (0.0099, 0.0099), (0.01, 0.00001), (0, 0), (-1, 0)],
)
def test_stored_tgc_values_from_a_hundredth_on_are_per_1000_degree_days(
    stored: float, coefficient: float
) -> None:
    assert tgc_coefficient(stored) == pytest.approx(coefficient)


def test_stages_have_model_names_by_their_order() -> None:
    assert stage_model_names(6) == (
        ("egg", "alevin"),
        ("fry",),
        ("parr",),
        ("smolt",),
        ("post_smolt",),
        ("harvest",),
    )
    assert [names[0] for names in stage_model_names(7)][:3] == ["egg", "alevin", "fry"]
    assert stage_model_names(5)[3] == ("smolt", "post_smolt")
    assert stage_model_names(9)[6:] == (("harvest",),) * 3
    assert stage_model_names(1) == (("harvest",),)
    assert stage_model_names(0) == ()


@pytest.mark.parametrize("count", range(2, 8))
def test_every_model_name_belongs_to_one_stage(count: int) -> None:
    assigned = [name for names in stage_model_names(count) for name in names]
    assert len(stage_model_names(count)) == count
    assert len(set(assigned)) == len(assigned)
    assert assigned[0] == "egg"
    assert assigned[-1] == "harvest"


def test_a_profile_is_linear_between_its_days_and_constant_beyond() -> None:
    profile = ProfileTemperatures(np.array([2, 4]), np.array([6.0, 8.0]))
    assert profile.on(np.array([1, 2, 3, 4, 99])).tolist() == [6.0, 6.0, 7.0, 8.0, 8.0]
    empty = ProfileTemperatures(np.zeros(0, np.int64), np.zeros(0))
    assert np.isnan(empty.on(np.array([1, 2]))).all()


def test_feed_conversion_by_weight_overrides_that_of_the_stage() -> None:
    model = FcrModel(
        ratio=np.array([0.0, 1.1]),
        days=np.array([90, 400]),
        override_stage=np.array([1, 1]),
        override_from_g=np.array([1000.0, 2000.0]),
        override_to_g=np.array([2000.0, 3000.0]),
        override_ratio=np.array([1.2, 1.3]),
    )
    stage = np.array([0, 1, 1, 1, 1, 1])
    weight_g = np.array([1500.0, 999.0, 1000.0, 2000.0, 2001.0, 3001.0])
    assert model.ratio_at(stage, weight_g).tolist() == [0.0, 1.1, 1.2, 1.2, 1.3, 1.1]


def model_tables() -> BatchTables:
    """Return rows of two growth models with two stages, egg with alevin and harvest."""
    return {
        "batch_lifecyclestage": table(
            2,
            id=integers([7, 3]),
            name=texts(["Adult", "Egg&Alevin"]),
            species_id=1,
            order=integers([2, 1]),
            typical_duration_days=integers([400, 0], np.array([False, True])),
            expected_weight_min_g=decimals([100.0, 0.05], 2),
            expected_weight_max_g=decimals([7000.0, 0.5], 2),
        ),
        "scenario_tgcmodel": table(
            2,
            model_id=integers([5, 6]),
            name=texts(["First", "Second"]),
            location=texts(["Faroe Islands", "Scotland"]),
            release_period=texts(["January", "June"]),
            tgc_value=floats([2.75, 0.003]),
            profile_id=integers([1, 2]),
        ),
        "scenario_tgc_model_stage": table(
            3,
            tgc_model_id=integers([5, 5, 6]),
            lifecycle_stage=texts(["egg", "alevin", "harvest"]),
            tgc_value=decimals([0.0, 0.001, 2.5], 4),
        ),
        "scenario_temperaturereading": table(
            3,
            profile_id=integers([1, 1, 2]),
            day_number=integers([2, 1, 1]),
            temperature=floats([9.0, 8.0, 11.0]),
        ),
        "scenario_mortalitymodel": table(
            1, model_id=1, name="Deaths", rate=floats([0.7]), frequency=texts(["weekly"])
        ),
        "scenario_mortality_model_stage": table(
            1,
            mortality_model_id=1,
            lifecycle_stage=texts(["egg"]),
            daily_rate_percent=decimals([0.05], 3),
        ),
        "scenario_biological_constraints": table(
            2, id=integers([1, 2]), is_active=booleans([False, True])
        ),
        "scenario_stage_constraint": table(
            1,
            constraint_set_id=2,
            lifecycle_stage=texts(["harvest"]),
            min_weight_g=decimals([120.0], 2),
            max_weight_g=decimals([6000.0], 2),
            min_temperature_c=decimals([2.0], 2),
            max_temperature_c=decimals([16.0], 2),
            typical_duration_days=integers([420]),
            max_freshwater_weight_g=decimals([0.0], 2, np.array([True])),
        ),
    }


def test_a_library_reads_every_model_of_a_database() -> None:
    library = library_from_tables(model_tables())
    assert library.stages.ids.tolist() == [3, 7]
    assert library.stages.days.tolist() == [0, 400]
    assert library.tgc[5].coefficient == pytest.approx([0.0005, 0.00275])
    assert library.tgc[6].coefficient == pytest.approx([0.003, 0.0025])
    assert library.tgc[5].profile.temp_c.tolist() == [8.0, 9.0]
    assert library.mortality[1].daily_rate == pytest.approx([0.0005, 1 - 0.993 ** (1 / 7)])
    assert list(library.constraints) == [2]
    assert library.limits[2].max_weight_g.tolist() == [np.inf, np.inf]
    assert library.harvest_weights_g == {2: 6000.0}
    assert library.limits[2].min_weight_g.tolist() == [0.05, 120.0]
    assert library.limits[2].fresh_water.tolist() == [True, False]
    assert library.fcr == {}


@pytest.mark.parametrize(
    ("geography", "month", "model"),
    [("scotland", 6, 6), ("Faroe Islands", 6, 5), ("Norway", 6, 6), ("Norway", 3, 5)],
)
def test_a_growth_model_is_chosen_by_geography_then_month(
    geography: str, month: int, model: int
) -> None:
    library = library_from_tables(model_tables())
    start = day_number(date_of(20_000).replace(month=month, day=5))
    choice = library.choose(geography, start)
    assert choice.tgc == model
    assert not choice.is_complete
    models = library.models(choice)
    assert models.fcr is None
    assert models.stage_days.tolist() == [0, 420]


def test_an_empty_database_has_no_models() -> None:
    library = library_from_tables({})
    assert library.choose("Scotland", 20_000).tgc is None
    assert len(library.stages) == 0


def test_a_row_under_the_name_of_a_stage_comes_before_its_choices() -> None:
    tables = {
        **model_tables(),
        "scenario_tgc_model_stage": table(
            4,
            tgc_model_id=5,
            lifecycle_stage=texts(["egg", "alevin", "Egg&Alevin", "Adult"]),
            tgc_value=decimals([1.0, 1.0, 0.5, 3.0123], 4),
        ),
    }
    library = library_from_tables(tables)
    assert library.tgc[5].coefficient == pytest.approx([0.0005, 0.0030123])


@pytest.mark.parametrize(("harvest_weight_g", "chosen"), [(4_600, 1), (5_100, 2), (None, 1)])
def test_the_constraint_set_with_the_nearest_harvest_weight_is_chosen(
    harvest_weight_g: float | None, chosen: int
) -> None:
    limits = model_tables()["scenario_stage_constraint"]
    tables = {
        **model_tables(),
        "scenario_biological_constraints": table(
            2, id=integers([1, 2]), is_active=booleans([True, True])
        ),
        "scenario_stage_constraint": limits.take(np.array([0, 0])).with_columns(
            constraint_set_id=integers([1, 2]), max_weight_g=decimals([4500.0, 5200.0], 2)
        ),
    }
    library = library_from_tables(tables)
    assert library.choose("Scotland", 20_000, harvest_weight_g).constraints == chosen
