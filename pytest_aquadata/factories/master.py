"""Factories for master data: each gives an entry of the standard farm's catalogue.

The first call gives the first entry, the next call the next; a pinned natural key picks one, such
as `LifeCycleStageFactory(order=6)` or `FeedFactory(pellet_size_mm=9)`. An entry that is in the
database is found, not made twice. Any other pinned column makes a row of its own.
"""

from __future__ import annotations

from typing import Any, ClassVar, TypeVar

import sqlalchemy as sa

from ..schema import (
    ContainerType,
    ContentType,
    EggSupplier,
    EnvironmentalParameter,
    Feed,
    Geography,
    HealthParameter,
    LiceType,
    LifeCycleStage,
    MortalityReason,
    ParameterScoreDefinition,
    ProductGrade,
    SampleType,
    Species,
    User,
    UserProfile,
    VaccinationType,
)
from .base import AquadataFactory, PinnedValues
from .catalogue import NATURAL_KEYS, entries, key_name, parents, unique_texts
from .company import Company
from .expected_life import suited_feed

Row = TypeVar("Row")
_ENTRY, _NEW = "entry", "new"


class CatalogueFactory(AquadataFactory[Row]):
    """A factory whose rows are entries of the catalogue."""

    class Meta:
        abstract = True

    class Params:
        place = None

    _adds_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        model = cls._meta.model if cls._meta.model is not dict else cls._mapped()
        pinned = pins.columns(column.name for column in model.__table__.columns)
        place = pins["place"]
        if place is None:
            place = _place(model, pinned)
        if place is None and pinned:
            return {_NEW: (model, pinned), _ENTRY: None}
        if place is None:
            place = cls._next(at, model)
        if place >= len(entries(model)) and _may_repeat(model):
            return {_NEW: (model, pinned), _ENTRY: None}
        return {_ENTRY: (model, place), _NEW: None}

    @classmethod
    def _mapped(cls) -> Any:
        models = (one._meta.model for one in cls.__mro__ if hasattr(one, "_meta"))
        return next(model for model in models if hasattr(model, "__table__"))

    @classmethod
    def _next(cls, at: Company, model: Any) -> int:
        return at.number(f"entry of {model.__tablename__}") - 1

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        if plan[_ENTRY] is not None:
            return at.entry(*plan[_ENTRY])
        model, pinned = plan[_NEW]
        key = key_name(model)
        known = at.find(model, **{key: pinned[key]}) if key in pinned else _same(at, model, pinned)
        return known or at.add(model, **_of_its_own(at, model, pinned))


def _place(model: Any, pinned: dict[str, Any]) -> int | None:
    """The entry that has the pinned natural key, or the part of it that is pinned."""
    key = {name: pinned[name] for name in NATURAL_KEYS[model] if name in pinned}
    own = {name: value for name, value in key.items() if name not in parents(model)}
    if not own or set(pinned) - set(key):
        return None
    for place, row in enumerate(entries(model)):
        if all(row[name] == value for name, value in own.items()):
            return place
    return None


def _same(at: Company, model: Any, pinned: dict[str, Any]) -> Any:
    """A row that already has the pinned natural key."""
    names = NATURAL_KEYS[model]
    if not all(name in pinned for name in names):
        return None
    return at.find(model, **{name: pinned[name] for name in names})


def _may_repeat(model: Any) -> bool:
    """Whether a table may hold more than the catalogue: not where two columns say what a row is."""
    return len(NATURAL_KEYS[model]) == 1 and model is not UserProfile


def _of_its_own(at: Company, model: Any, pinned: dict[str, Any]) -> dict[str, Any]:
    """A row like the catalogue's first, told apart from it, with the pinned columns."""
    values = at.apart(model, at.entry_values(model, 0))
    number = at.number(f"own {model.__tablename__}") + 1
    for name in unique_texts(model) | {"name"} & set(values):
        values[name] = f"{values[name]} {number}"
    free = _free_key(at, model, pinned)
    return {**values, **free, **pinned}


def _free_key(at: Company, model: Any, pinned: dict[str, Any]) -> dict[str, Any]:
    """A number no other row of the same parent has, where a number is part of the key."""
    for name in NATURAL_KEYS[model]:
        column = model.__table__.c[name]
        if len(NATURAL_KEYS[model]) > 1 and isinstance(column.type, sa.Integer):
            if name in parents(model) or name in pinned:
                continue
            taken = [getattr(row, name) for row in at.rows(model)]
            return {name: max([*taken, *(row[name] for row in entries(model))]) + 1}
    return {}


class ContentTypeFactory(CatalogueFactory[ContentType]):
    """Django's number for a model that transactions are about."""

    class Meta:
        model = ContentType


class UserFactory(CatalogueFactory[User]):
    """Somebody of the farm: system_admin, operator, vet, manager."""

    class Meta:
        model = User


class UserProfileFactory(AquadataFactory[UserProfile]):
    """A user's role and place of work; `user` says whose, else the next of the farm."""

    class Meta:
        model = UserProfile

    class Params:
        user = None

    _adds_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        user_id = pins["user"].id if pins["user"] is not None else pins.get("user_id")
        return {"whose": user_id}

    @classmethod
    def _found(cls, at: Company, plan: dict[str, Any]) -> Any:
        user_id = plan["whose"]
        if user_id is None:
            user_id = _next_user(at).id
        known = at.find(UserProfile, user_id=user_id)
        if known is not None:
            return known
        user = at.get(User, user_id)
        values = {name: entries(UserProfile)[_role_place(user.username)][name] for name in _ROLE}
        full_name = f"{user.first_name} {user.last_name}".strip() or user.username
        return at.add(UserProfile, user_id=user_id, full_name=full_name, **values)


_ROLE = (
    "role",
    "geography",
    "subsidiary",
    "job_title",
    "department",
    "language_preference",
    "date_format_preference",
)


def _role_place(username: str) -> int:
    for place, row in enumerate(entries(User)):
        if username.startswith(row["username"]):
            return place
    return 1


def _next_user(at: Company) -> Any:
    number = at.number("profile")
    if number <= len(entries(User)):
        return at.entry(User, number - 1)
    return at.add(User, **_of_its_own(at, User, {}))


class SpeciesFactory(CatalogueFactory[Species]):
    """Atlantic salmon."""

    class Meta:
        model = Species


class LifeCycleStageFactory(CatalogueFactory[LifeCycleStage]):
    """A stage of life; `order` picks one, 1 to 6."""

    class Meta:
        model = LifeCycleStage


class EggSupplierFactory(CatalogueFactory[EggSupplier]):
    """A company that eggs are bought from."""

    class Meta:
        model = EggSupplier


class EnvironmentalParameterFactory(CatalogueFactory[EnvironmentalParameter]):
    """A quantity that sensors measure; `name` picks one."""

    class Meta:
        model = EnvironmentalParameter


class FeedFactory(CatalogueFactory[Feed]):
    """A feed; `pellet_size_mm` picks one, and `weight_g` the one that suits fish of a weight."""

    class Meta:
        model = Feed

    class Params:
        weight_g = None

    @classmethod
    def _plan(cls, at: Company, pins: PinnedValues) -> dict[str, Any]:
        if pins["weight_g"] is not None:
            return {_ENTRY: (Feed, suited_feed(float(pins["weight_g"]))), _NEW: None}
        return super()._plan(at, pins)


class ProductGradeFactory(CatalogueFactory[ProductGrade]):
    """A grade of harvested fish; `code` picks one."""

    class Meta:
        model = ProductGrade


class HealthParameterFactory(CatalogueFactory[HealthParameter]):
    """Something a vet scores on a fish."""

    class Meta:
        model = HealthParameter


class ParameterScoreDefinitionFactory(CatalogueFactory[ParameterScoreDefinition]):
    """What one score of a health parameter means."""

    class Meta:
        model = ParameterScoreDefinition


class LiceTypeFactory(CatalogueFactory[LiceType]):
    """A kind of sea louse by species, gender and development stage."""

    class Meta:
        model = LiceType


class MortalityReasonFactory(CatalogueFactory[MortalityReason]):
    """A reason why fish die."""

    class Meta:
        model = MortalityReason


class SampleTypeFactory(CatalogueFactory[SampleType]):
    """What a lab is sent."""

    class Meta:
        model = SampleType


class VaccinationTypeFactory(CatalogueFactory[VaccinationType]):
    """A vaccine."""

    class Meta:
        model = VaccinationType


class GeographyFactory(CatalogueFactory[Geography]):
    """A geography: Faroe Islands, then Scotland."""

    class Meta:
        model = Geography


class ContainerTypeFactory(CatalogueFactory[ContainerType]):
    """A kind of container: tray, four tanks, ring."""

    class Meta:
        model = ContainerType
