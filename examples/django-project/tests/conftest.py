import pytest

import pytest_aquadata.django


@pytest.fixture(scope="session")
def aquadata_url(django_db_setup: None) -> str:
    return pytest_aquadata.django.database_url()
