import sqlalchemy as sa
from stock_report import standing_stock

from pytest_aquadata.schema import BatchContainerAssignment


def test_each_stage_with_fish_has_a_line(aquadata_small):
    with aquadata_small.session() as session:
        lines = standing_stock(session)
    active = [batch for batch in aquadata_small.batches if batch.status == "ACTIVE"]
    assert len(lines) == len({(batch.geography, batch.stage) for batch in active}) == 6
    assert {line.geography for line in lines} == {"Faroe Islands", "Scotland"}


def test_a_harvested_batch_is_not_in_the_report(aquadata_clone):
    harvested = aquadata_clone.batch(stage=6, status="ACTIVE")
    with aquadata_clone.session() as session:
        session.execute(
            sa.update(BatchContainerAssignment)
            .where(BatchContainerAssignment.batch_id == harvested.id)
            .values(is_active=False)
        )
        session.commit()
        assert (harvested.geography, "Adult") not in {
            (line.geography, line.stage) for line in standing_stock(session)
        }


def test_biomass_is_summed_to_the_kilogram(aquadata_factories):
    for fish in (10_000, 5_000):
        aquadata_factories.batch_container_assignment(
            stage=6, population_count=fish, avg_weight_g=4_200
        )
    (line,) = standing_stock(aquadata_factories.session)
    assert (line.stage, line.fish, line.biomass_kg) == ("Adult", 15_000, 63_000)


def test_an_empty_farm_has_an_empty_report(aquadata_session):
    assert standing_stock(aquadata_session) == []
