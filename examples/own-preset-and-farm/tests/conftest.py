from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent


@pytest.fixture(scope="session")
def aquadata_schedule():
    return PROJECT / "schedule.yaml"


@pytest.fixture(scope="session")
def aquadata_farm():
    return PROJECT / "farm.yaml"
