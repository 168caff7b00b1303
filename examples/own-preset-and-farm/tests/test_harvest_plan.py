import pytest
import sqlalchemy as sa
from harvest_plan import harvest_plan

from pytest_aquadata.errors import NothingFound
from pytest_aquadata.schema import Batch


def test_batches_at_sea_have_one_trip_each_by_date(aquadata):
    with aquadata.session() as session:
        trips = harvest_plan(session)
    at_sea = [batch for batch in aquadata.batches if batch.stage == 6]
    assert [trip.batch for trip in trips] == [batch.number for batch in at_sea]
    assert trips[0].by > aquadata.as_of


def test_a_harvested_batch_has_no_trip(aquadata_clone):
    with aquadata_clone.session() as session:
        first = harvest_plan(session)[0].batch
        session.execute(
            sa.update(Batch).where(Batch.batch_number == first).values(status="COMPLETED")
        )
        session.commit()
        assert first not in [trip.batch for trip in harvest_plan(session)]


def test_the_dataset_has_the_planned_farm_and_batches(aquadata):
    assert aquadata.farm.name == "westfjords"
    assert aquadata.batch(stage=1).number == "ISF-2025-004"
    with pytest.raises(NothingFound, match="geography is Westfjords"):
        aquadata.batch(geography="Scotland")


def test_single_histories_use_the_same_farm(aquadata_lifecycle):
    history = aquadata_lifecycle(eggs=500_000, start="2024-01-10").until("fry", days=10).build()
    assert history.number.startswith("ISF-")
    assert history.plan.stays[0].site.startswith("IS-FW-")
