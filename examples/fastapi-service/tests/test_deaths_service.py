import pytest
import sqlalchemy as sa

from pytest_aquadata.schema import BatchContainerAssignment, MortalityEvent


@pytest.fixture
def ring(aquadata_factories):
    """A ring with 1,000 adult fish."""
    return aquadata_factories.batch_container_assignment(
        stage=6, population_count=1_000, avg_weight_g=3_000
    )


def test_a_batch_has_its_containers_and_fish(client, aquadata_factories):
    batch = aquadata_factories.batch(adult=True, containers=3)
    body = client.get(f"/batches/{batch.batch_number}").json()
    assert body["containers"] == 3
    assert body["fish"] > 100_000


def test_deaths_reduce_the_population_and_the_biomass(client, ring, aquadata_session):
    deaths = {"on": "2025-11-20", "count": 40, "cause": "DISEASE"}
    response = client.post(f"/assignments/{ring.id}/deaths", json=deaths)
    assert (response.status_code, response.json()) == (201, {"fish": 960})
    event = aquadata_session.scalars(sa.select(MortalityEvent)).one()
    assert (event.count, event.biomass_kg, event.cause) == (40, 120, "DISEASE")
    aquadata_session.refresh(ring)
    assert (ring.population_count, ring.biomass_kg) == (960, 2_880)


@pytest.mark.parametrize("count", [0, -1, 1_001])
def test_an_impossible_number_of_deaths_is_refused(client, ring, aquadata_session, count):
    response = client.post(
        f"/assignments/{ring.id}/deaths", json={"on": "2025-11-20", "count": count}
    )
    assert response.status_code in (409, 422)
    assert aquadata_session.scalars(sa.select(MortalityEvent)).all() == []


def test_an_unknown_batch_or_assignment_is_not_found(client, aquadata_session):
    assert client.get("/batches/NONE-1").status_code == 404
    deaths = {"on": "2025-11-20", "count": 1}
    assert client.post("/assignments/1/deaths", json=deaths).status_code == 404
    assert aquadata_session.scalars(sa.select(BatchContainerAssignment)).all() == []
