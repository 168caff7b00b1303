"""Factories for master data: each returns an entry of the standard farm's catalogue.

The first call returns the first entry, the next call the next one. A pinned natural key picks an
entry, as in `LifeCycleStageFactory(order=6)` or `FeedFactory(pellet_size_mm=9)`; so does the
parameter `place`, its position from 0. An entry that is in the database is found, not added twice.
With any other pinned column a new row is added, like the first entry apart from what is pinned.
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
from .base import AquadataFactory
from .catalogue import NATURAL_KEYS, entries
from .context import FactoryContext
from .declarations import Pins
from .human_texts import human_texts, mail_address
from .model_info import key_name, parent_models, unique_texts
from .sites import geography_row
from .standard_farm import suited_feed

Row = TypeVar("Row")


class CatalogueFactory(AquadataFactory[Row]):
    """A factory whose rows are entries of the catalogue.

    Parameters:
        place (int): position of the entry, from 0; by default each call takes the next one.
    """

    class Meta:
        abstract = True

    class Params:
        place = None

    _creates_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        model = cls._mapped_model()
        pinned = pins.columns(column.name for column in model.__table__.columns)
        position = pins["place"]
        if position is None:
            position = _position_of(model, pinned)
        if position is None and not pinned:
            position = context.next_number(f"entry of {model.__tablename__}") - 1
        if position is not None and position >= len(entries(model)) and _may_grow(model):
            position = None
        return {"entry_model": model, "entry_position": position, "pinned": pinned}

    @classmethod
    def _mapped_model(cls) -> Any:
        """Return the model, even while factory_boy builds a dict and replaces it."""
        models = (base._meta.model for base in cls.__mro__ if hasattr(base, "_meta"))
        return next(model for model in models if hasattr(model, "__table__"))

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        model, position, pinned = plan["entry_model"], plan["entry_position"], plan["pinned"]
        if position is not None:
            return context.catalogue.row(model, position)
        row = _existing_row(context, model, pinned)
        geography = plan.get("geography_name", "")
        return row or context.add(model, **_new_values(context, model, pinned, geography))


def _position_of(model: Any, pinned: dict[str, Any]) -> int | None:
    """Return the position of the entry with the pinned natural key, or with the pinned part of it.

    None if no entry has it, or if any other column is pinned.
    """
    natural_key = {name: pinned[name] for name in NATURAL_KEYS[model] if name in pinned}
    values = {name: natural_key[name] for name in natural_key if name not in parent_models(model)}
    if not values or set(pinned) - set(natural_key):
        return None
    for position, entry in enumerate(entries(model)):
        if all(entry[name] == value for name, value in values.items()):
            return position
    return None


def _existing_row(context: FactoryContext, model: Any, pinned: dict[str, Any]) -> Any:
    """Return the row with the pinned primary or natural key, or None."""
    key = key_name(model)
    if key in pinned:
        return context.rows.find(model, **{key: pinned[key]})
    names = NATURAL_KEYS[model]
    if not all(name in pinned for name in names):
        return None
    return context.rows.find(model, **{name: pinned[name] for name in names})


def _may_grow(model: Any) -> bool:
    """Return whether a table may have more rows than the catalogue has entries.

    A table whose natural key has several columns is complete.
    """
    return len(NATURAL_KEYS[model]) == 1 and model is not UserProfile


def _new_values(
    context: FactoryContext, model: Any, pinned: dict[str, Any], geography: str
) -> dict[str, Any]:
    """Return the columns of a row like the first entry, with unique names and what is pinned.

    Texts about people and companies are in the language of the geography.
    """
    values = context.names.qualify_values(model, context.catalogue.row_values(model, 0))
    names = unique_texts(model) | {"name"} & set(values)
    while True:
        number = context.next_number(f"own {model.__tablename__}") + 1
        numbered: dict[str, Any] = {name: f"{values[name]} {number}" for name in names}
        numbered |= human_texts(context, model, number, geography)
        # a table without names has nothing to try again
        if all(context.names.is_free(model, name, numbered[name]) for name in unique_texts(model)):
            break
    if model is User and "username" in pinned:
        numbered["email"] = mail_address(pinned["username"])
    return {**values, **numbered, **_free_number(context, model, pinned), **pinned}


def _free_number(context: FactoryContext, model: Any, pinned: dict[str, Any]) -> dict[str, int]:
    """Return a number that no other row has, if a natural key of several columns includes one."""
    names = NATURAL_KEYS[model]
    if len(names) == 1:
        return {}
    for name in names:
        is_number = isinstance(model.__table__.c[name].type, sa.Integer)
        if is_number and name not in parent_models(model) and name not in pinned:
            used = [getattr(row, name) for row in context.rows.all(model)]
            return {name: max([*used, *(entry[name] for entry in entries(model))]) + 1}
    return {}


class NamedFactory(CatalogueFactory[Row]):
    """A factory whose new rows have names of people or companies, in the language of a place.

    Parameters:
        geography (str or row): makes a new row with names of this geography; by default, rows
            beyond the catalogue have names of the first geography of the farm.
    """

    class Meta:
        abstract = True

    class Params:
        geography = None

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        plan, geography = super()._plan(context, pins), pins["geography"]
        if geography is not None:
            plan["entry_position"] = None
        name = getattr(geography, "name", geography) or geography_row(context).name
        return {**plan, "geography_name": name}


class ContentTypeFactory(CatalogueFactory[ContentType]):
    """Django's content type of a model that transactions are about; pin `model` to pick one.

    Example:
        >>> ContentTypeFactory(model="harvestevent", app_label="harvest").model
        'harvestevent'
    """

    class Meta:
        model = ContentType


class UserFactory(NamedFactory[User]):
    """A user of the farm: system_admin, operator, vet or manager; pin `username` to pick one.

    Further users have names and mail addresses from Faker.

    Example:
        >>> UserFactory(username="vet").first_name
        'Fiona'
    """

    class Meta:
        model = User


class UserProfileFactory(AquadataFactory[UserProfile]):
    """A user's role and place of work.

    Parameters:
        user (User): user; by default each call takes the next one of the farm.

    Example:
        >>> UserProfileFactory(user=UserFactory(username="vet")).role
        'VET'
    """

    class Meta:
        model = UserProfile

    class Params:
        user = None

    _creates_rows: ClassVar[bool] = False

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        user = pins["user"]
        return {"owner_id": pins.get("user_id") if user is None else user.id}

    @classmethod
    def _find_row(cls, context: FactoryContext, plan: dict[str, Any]) -> Any:
        user_id = plan["owner_id"]
        if user_id is None:
            user_id = _next_user(context).id
        profile = context.rows.find(UserProfile, user_id=user_id)
        if profile is not None:
            return profile
        user = context.rows.get(User, user_id)
        entry = entries(UserProfile)[_profile_position(user.username)]
        full_name = f"{user.first_name} {user.last_name}".strip() or user.username
        values = {name: entry[name] for name in _PROFILE_COLUMNS}
        number = context.next_number("profile texts")
        place = _PROFILE_PLACES.get(entry["geography"], "")
        texts = human_texts(context, UserProfile, number, place or geography_row(context).name)
        return context.add(UserProfile, user_id=user_id, full_name=full_name, **values, **texts)


_PROFILE_PLACES = {"FO": "Faroe Islands", "SC": "Scotland"}
_PROFILE_COLUMNS = (
    "role",
    "geography",
    "subsidiary",
    "job_title",
    "department",
    "language_preference",
    "date_format_preference",
)


def _profile_position(username: str) -> int:
    """Return the position of a user's profile by the user's name; an operator's for others."""
    for position, entry in enumerate(entries(User)):
        if username.startswith(entry["username"]):
            return position
    return 1


def _next_user(context: FactoryContext) -> User:
    number = context.next_number("profile")
    if number <= len(entries(User)):
        return context.catalogue.row(User, number - 1)
    return context.add(User, **_new_values(context, User, {}, ""))


class SpeciesFactory(CatalogueFactory[Species]):
    """A species; the catalogue has Atlantic salmon.

    Example:
        >>> SpeciesFactory().scientific_name
        'Salmo salar'
    """

    class Meta:
        model = Species


class LifeCycleStageFactory(CatalogueFactory[LifeCycleStage]):
    """A life-cycle stage; pin `order`, 1 to 6, to pick one.

    Example:
        >>> LifeCycleStageFactory(order=6).name
        'Adult'
    """

    class Meta:
        model = LifeCycleStage


class EggSupplierFactory(NamedFactory[EggSupplier]):
    """A supplier of eggs; pin `name` to pick one.

    Further suppliers have names and addresses from Faker.

    Example:
        >>> EggSupplierFactory().name
        'Nordhav Ova'
    """

    class Meta:
        model = EggSupplier


class EnvironmentalParameterFactory(CatalogueFactory[EnvironmentalParameter]):
    """A quantity that sensors measure; pin `name` to pick one.

    Example:
        >>> EnvironmentalParameterFactory(name="temperature").unit
        '°C'
    """

    class Meta:
        model = EnvironmentalParameter


class FeedFactory(CatalogueFactory[Feed]):
    """A feed; pin `pellet_size_mm` to pick one.

    Parameters:
        weight_g (float): picks the feed that suits fish of this mean weight, in g.

    Example:
        >>> FeedFactory(weight_g=2_500).pellet_size_mm
        Decimal('9.00')
    """

    class Meta:
        model = Feed

    class Params:
        weight_g = None

    @classmethod
    def _plan(cls, context: FactoryContext, pins: Pins) -> dict[str, Any]:
        weight_g = pins["weight_g"]
        if weight_g is None:
            return super()._plan(context, pins)
        position = suited_feed(float(weight_g))
        return {"entry_model": Feed, "entry_position": position, "pinned": {}}


class ProductGradeFactory(CatalogueFactory[ProductGrade]):
    """A grade of harvested fish; pin `code` to pick one.

    Example:
        >>> ProductGradeFactory().code
        'SUPERIOR'
    """

    class Meta:
        model = ProductGrade


class HealthParameterFactory(CatalogueFactory[HealthParameter]):
    """A health parameter that vets score on a fish; pin `name` to pick one.

    Example:
        >>> HealthParameterFactory(name="Wounds").is_active
        True
    """

    class Meta:
        model = HealthParameter


class ParameterScoreDefinitionFactory(CatalogueFactory[ParameterScoreDefinition]):
    """The meaning of one score of a health parameter.

    Example:
        >>> ParameterScoreDefinitionFactory().score_value
        0
    """

    class Meta:
        model = ParameterScoreDefinition


class LiceTypeFactory(CatalogueFactory[LiceType]):
    """A type of sea louse, by species, gender and development stage.

    Example:
        >>> LiceTypeFactory().species
        'Lepeophtheirus salmonis'
    """

    class Meta:
        model = LiceType


class MortalityReasonFactory(CatalogueFactory[MortalityReason]):
    """A reason for deaths; pin `name` to pick one.

    Example:
        >>> MortalityReasonFactory().name
        'Infectious disease'
    """

    class Meta:
        model = MortalityReason


class SampleTypeFactory(CatalogueFactory[SampleType]):
    """A type of laboratory sample; pin `name` to pick one.

    Example:
        >>> SampleTypeFactory().name
        'Blood'
    """

    class Meta:
        model = SampleType


class VaccinationTypeFactory(CatalogueFactory[VaccinationType]):
    """A vaccine; pin `name` to pick one.

    Example:
        >>> VaccinationTypeFactory().name
        'Salvac Multi 6'
    """

    class Meta:
        model = VaccinationType


class GeographyFactory(CatalogueFactory[Geography]):
    """A geography: the Faroe Islands, then Scotland; pin `name` to pick one.

    Example:
        >>> GeographyFactory(name="Scotland").name
        'Scotland'
    """

    class Meta:
        model = Geography


class ContainerTypeFactory(CatalogueFactory[ContainerType]):
    """A type of container: tray, four sizes of tank, ring; pin `name` to pick one.

    Example:
        >>> ContainerTypeFactory().category
        'TRAY'
    """

    class Meta:
        model = ContainerType
