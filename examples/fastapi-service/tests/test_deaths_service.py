import pytest
import sqlalchemy as sa

from pytest_aquadata.schema import BatchContainerAssignment, MortalityEvent


@pytest.fixture
def ring(aquadata_factories):
    """A ring with 1,000 adult fish."""
    return aquadata_factories.batch_container_assignment(
        stage=6, population_count=1_000, avg_weight_g=3_000
    )


def test_a_batch_is_shown_with_its_fish(client, aquadata_factories):
    batch = aquadata_factories.batch(adult=True, containers=3)
    told = client.get(f"/batches/{batch.batch_number}").json()
    assert told["containers"] == 3
    assert told["fish"] > 100_000


def test_the_dead_are_taken_off_the_books(client, ring, aquadata_session):
    dead = {"on": "2025-11-20", "count": 40, "cause": "DISEASE"}
    answer = client.post(f"/assignments/{ring.id}/deaths", json=dead)
    assert (answer.status_code, answer.json()) == (201, {"left": 960})
    event = aquadata_session.scalars(sa.select(MortalityEvent)).one()
    assert (event.count, event.biomass_kg, event.cause) == (40, 120, "DISEASE")
    aquadata_session.refresh(ring)
    assert (ring.population_count, ring.biomass_kg) == (960, 2_880)


@pytest.mark.parametrize("count", [0, -1, 1_001])
def test_what_cannot_be_is_refused(client, ring, aquadata_session, count):
    answer = client.post(
        f"/assignments/{ring.id}/deaths", json={"on": "2025-11-20", "count": count}
    )
    assert answer.status_code in (409, 422)
    assert aquadata_session.scalars(sa.select(MortalityEvent)).all() == []


def test_what_is_not_there_is_not_found(client, aquadata_session):
    assert client.get("/batches/NONE-1").status_code == 404
    dead = {"on": "2025-11-20", "count": 1}
    assert client.post("/assignments/1/deaths", json=dead).status_code == 404
    assert aquadata_session.scalars(sa.select(BatchContainerAssignment)).all() == []
