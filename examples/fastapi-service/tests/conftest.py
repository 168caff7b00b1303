import pytest
from deaths_service import app, get_session
from fastapi.testclient import TestClient


@pytest.fixture
def client(aquadata_session):
    """The service with the session of the test; its commits are rolled back after the test."""
    app.dependency_overrides[get_session] = lambda: aquadata_session
    with TestClient(app) as client:
        yield client
    app.dependency_overrides.clear()
