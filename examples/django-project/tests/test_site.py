import pytest
from django.core.management import call_command
from farm.models import Batch, EggSupplier, Species

from pytest_aquadata.factories import BatchFactory

pytestmark = pytest.mark.django_db


def test_the_farm_is_in_the_database_of_django(aquadata_small):
    assert Batch.objects.count() == len(aquadata_small.batches) == 8
    assert Species.objects.get().scientific_name == "Salmo salar"


def test_a_batch_page_has_its_stage_and_fish(client, aquadata_small):
    parr = aquadata_small.batch(stage=3)
    page = client.get(f"/batches/{parr.number}/").json()
    assert page["stage"] == "Parr"
    assert page["containers"] > 1
    assert page["fish"] > 1_000_000


def test_an_unknown_batch_is_not_found(client, aquadata_small):
    assert client.get("/batches/NONE-1/").status_code == 404


def test_a_batch_of_a_factory_has_its_page(client, aquadata_django_session):
    batch = BatchFactory(adult=True, containers=2)
    assert Batch.objects.get(batch_number=batch.batch_number).status == "ACTIVE"
    assert client.get(f"/batches/{batch.batch_number}/").json()["containers"] == 2


@pytest.mark.parametrize("turn", [1, 2])
def test_each_test_is_rolled_back(aquadata_small, turn):
    before = EggSupplier.objects.count()
    EggSupplier.objects.create(name="Mine", contact_details="", certifications="")
    assert EggSupplier.objects.count() == before + 1 == 4


def test_the_migrations_match_the_models():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)
