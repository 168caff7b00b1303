import pytest
from record_doctor import duplicated, late, mistyped

from pytest_aquadata import imperfections

MEALS = "inventory_feedingevent"


@pytest.fixture(scope="session")
def clean(aquadata_lifecycle):
    """A batch from the delivery of its eggs to 30 days of parr, with correct records."""
    return aquadata_lifecycle("Scotland", eggs=600_000, start="2023-03-01").until("parr", days=30)


@pytest.fixture(scope="session")
def with_errors(clean):
    """The same batch; of its meals 4% each are mistyped, recorded late or duplicated."""
    return clean.with_imperfection(
        imperfections.mistyped(0.04, MEALS),
        imperfections.late(0.04, MEALS, within_days=9),
        imperfections.duplicated(0.04, MEALS),
    ).build()


@pytest.mark.parametrize(
    ("detector", "kind", "least_recall"),
    [(mistyped, "mistyped", 0.99), (late, "late", 0.95), (duplicated, "duplicated", 1.0)],
)
def test_a_detector_finds_the_errors_and_nothing_else(with_errors, detector, kind, least_recall):
    truth = {flaw.row_id for flaw in with_errors.imperfections if flaw.kind == kind}
    detected = detector(with_errors.frame(MEALS))
    assert len(truth) > 20
    assert len(detected & truth) >= least_recall * len(truth), "too many errors were not detected"
    assert detected <= truth, "correct records were detected"


@pytest.mark.parametrize("detector", [mistyped, late, duplicated])
def test_nothing_is_detected_in_correct_records(clean, detector):
    assert detector(clean.build().frame(MEALS)) == set()
