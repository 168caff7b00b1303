import pytest
from record_doctor import duplicated, late, mistyped

from pytest_aquadata import imperfections

MEALS = "inventory_feedingevent"


@pytest.fixture(scope="session")
def clean(aquadata_lifecycle):
    """Meals of a batch from the day it can eat until it has been parr for a month."""
    return aquadata_lifecycle("Scotland", eggs=600_000, start="2023-03-01").until("parr", days=30)


@pytest.fixture(scope="session")
def spoiled(clean):
    """The same batch, with one meal in twenty-five wrong, late or written twice."""
    return clean.with_imperfection(
        imperfections.mistyped(0.04, MEALS),
        imperfections.late(0.04, MEALS, within_days=9),
        imperfections.duplicated(0.04, MEALS),
    ).build()


@pytest.mark.parametrize(
    ("detector", "kind", "found_at_least"),
    [(mistyped, "mistyped", 0.99), (late, "late", 0.95), (duplicated, "duplicated", 1.0)],
)
def test_a_detector_finds_what_was_made_wrong(spoiled, detector, kind, found_at_least):
    truth = {flaw.row_id for flaw in spoiled.imperfections if flaw.kind == kind}
    doubted = detector(spoiled.frame(MEALS))
    assert len(truth) > 20
    assert len(doubted & truth) >= found_at_least * len(truth), "missed too many"
    assert doubted <= truth, "raised a false alarm"


@pytest.mark.parametrize("detector", [mistyped, late, duplicated])
def test_clean_records_raise_no_alarm(clean, detector):
    assert detector(clean.build().frame(MEALS)) == set()
