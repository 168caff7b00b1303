"""Names, addresses and phone numbers from Faker: in a place's language, the same every time."""

from __future__ import annotations

import random
import re
import subprocess
import sys

import sqlalchemy as sa
from faker import Faker
from faker import generator as shared
from faker.providers.person.da_DK import Provider as Danish
from sqlalchemy.orm import Session

from pytest_aquadata.factories import (
    EggSupplierFactory,
    FactorySettings,
    GeographyFactory,
    UserFactory,
    UserProfileFactory,
    bound,
)
from pytest_aquadata.schema import Base, EggSupplier, User

PLACES = ["Faroe Islands", "Scotland", "Norway", "Iceland", "Ireland", "Denmark", "Atlantis"]


def texts(subject: str = "", seed: int = 1) -> list[str]:
    """Return texts of people and companies, made in a database of their own."""
    engine = sa.create_engine("sqlite://", poolclass=sa.pool.StaticPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session, bound(session, FactorySettings(subject=subject, seed=seed)):
        people = [UserFactory(geography=place) for place in PLACES]
        companies = [EggSupplierFactory(geography=place) for place in PLACES]
        found = [f"{user.first_name} {user.last_name} {user.email}" for user in people]
        found += [f"{company.name} {company.contact_details}" for company in companies]
    engine.dispose()
    return found


def test_texts_depend_on_seed_and_subject_alone() -> None:
    first = texts()
    Faker().name()
    assert texts() == first
    assert texts(subject="another test") != first
    assert texts(seed=2) != first


def test_shared_random_generators_are_not_used() -> None:
    before = random.getstate(), shared.random.getstate()
    texts()
    assert (random.getstate(), shared.random.getstate()) == before


def test_names_are_unique_and_fit_their_columns(aquadata_session: Session) -> None:
    people = [UserFactory(geography=PLACES[number % 7]) for number in range(140)]
    companies = [EggSupplierFactory(geography=PLACES[number % 7]) for number in range(70)]
    assert len({user.username for user in people}) == 140
    assert len({user.email for user in people}) == 140
    assert len({company.name for company in companies}) == 70
    for user in people:
        assert re.fullmatch(r"[a-z0-9.\-]+@example\.org", user.email)
        assert re.fullmatch(r"[\w.@+-]{1,150}", user.username)
    for table, rows in ((User.__table__, people), (EggSupplier.__table__, companies)):
        for column in table.columns:
            if length := getattr(column.type, "length", None):
                assert max(len(getattr(row, column.name)) for row in rows) <= length


def test_a_name_is_of_its_geography(aquadata_session: Session) -> None:
    user = UserFactory(geography=GeographyFactory(name="Faroe Islands"))
    assert user.first_name in {*Danish.first_names_male, *Danish.first_names_female}
    phone = UserProfileFactory(user=user).phone
    assert phone is not None
    assert re.fullmatch(r"\+\d{2,3} [\d ]{5,14}", phone)
    assert "+47 " in EggSupplierFactory(geography="Norway").contact_details


def test_the_catalogue_keeps_its_own_names(aquadata_session: Session) -> None:
    users = UserFactory.create_batch(12)
    assert [user.first_name for user in users[:3]] == ["Sunniva", users[1].first_name, "Fiona"]
    assert all(user.email.endswith("@example.invalid") for user in users[:10])
    assert all(user.email.endswith("@example.org") for user in users[10:])
    own = UserFactory(username="Ása.í.Túni")
    assert own.email == "asa.i.tuni@example.org"


def test_the_plugin_does_not_import_faker() -> None:
    code = "import sys, pytest_aquadata.plugin; print('faker' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
