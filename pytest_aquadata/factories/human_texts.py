"""Texts about people and companies, from Faker in the language of a geography.

Faker's words change with its version, so presets and the catalogue have lists of their own. A
text depends on the context's seed and subject and on the number of the row alone.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from threading import get_ident
from typing import TYPE_CHECKING, Any

from ..schema import EggSupplier, User, UserProfile
from .context import FactoryContext
from .model_info import Model

if TYPE_CHECKING:
    from faker import Faker

_DEFAULT_LOCALE, _DEFAULT_PHONE = "en_GB", "+44 1632 960###"
_LOCALES: Mapping[str, tuple[str, str]] = {
    "Faroe Islands": ("da_DK", "+298 ### ###"),
    "Scotland": (_DEFAULT_LOCALE, _DEFAULT_PHONE),
    "Norway": ("no_NO", "+47 ### ## ###"),
    "Iceland": ("is_IS", "+354 ### ####"),
    "Ireland": ("en_IE", "+353 ## ### ####"),
    "Denmark": ("da_DK", "+45 ## ## ## ##"),
}
"""Faker's locale and the form of phone numbers by geography. Faker has no Faroese: Danish is the
other official language of the islands. British numbers are of a range that is never assigned."""
_MAIL_DOMAIN = "example.org"
_LONGEST_NAME = 60


def human_texts(
    context: FactoryContext, model: Model, number: int, geography: str
) -> dict[str, str]:
    """Return the columns of a new row that are about a person or a company.

    Args:
        context: context of the row.
        model: model of the row.
        number: number of the row among the new ones of its model; it makes names unique.
        geography: name of the geography.

    Returns:
        Text by column; empty for a model that is about neither.
    """
    if model not in (User, UserProfile, EggSupplier):
        return {}
    locale, phone = _LOCALES.get(geography, (_DEFAULT_LOCALE, _DEFAULT_PHONE))
    faker = _faker(locale, get_ident())
    seed = context.random_stream("human texts", model.__name__, number).integers(2**62)
    faker.seed_instance(int(seed))
    if model is UserProfile:
        return {"phone": faker.numerify(phone)}
    if model is User:
        first, last = _short(faker.first_name()), _short(faker.last_name())
        username = f"{_ascii(first)}.{_ascii(last)}.{_suffix(context, number)}"
        return {
            "first_name": first,
            "last_name": last,
            "username": username,
            "email": mail_address(username),
        }
    company = _short(faker.company())
    address = ", ".join(faker.address().split("\n"))
    mail = f"orders@{_ascii(company)}.{_MAIL_DOMAIN}"
    return {
        "name": f"{company} {_suffix(context, number)}",
        "contact_details": f"{faker.name()}, {address}, {faker.numerify(phone)}, {mail}",
    }


def mail_address(username: str) -> str:
    """Return the mail address of a user, in a domain that is nobody's."""
    name = ".".join(_ascii(part) for part in username.split("."))
    return f"{name[:_LONGEST_NAME]}@{_MAIL_DOMAIN}"


def _suffix(context: FactoryContext, number: int) -> str:
    """Return a number that makes a name unique, also where others write to the database."""
    names = context.names
    return str(number) if names.is_sole_writer else f"{number}-{names.token.lower()}"


@lru_cache(maxsize=64)
def _faker(locale: str, thread: int) -> Faker:
    """Return the Faker of a locale for one thread; to make one takes many milliseconds."""
    from faker import Faker

    return Faker(locale)


def _short(text: str) -> str:
    return text[:_LONGEST_NAME].strip()


def _ascii(text: str) -> str:
    """Return the letters and digits of a text in lower-case ASCII, as mail addresses have them."""
    spelled = text.lower().translate(_SPELLINGS)
    decomposed = unicodedata.normalize("NFKD", spelled)
    letters = "".join(letter for letter in decomposed if letter.isascii() and letter.isalnum())
    return letters or "someone"


_SPELLINGS: Mapping[int, Any] = str.maketrans(
    {"æ": "ae", "ø": "oe", "å": "aa", "ð": "d", "þ": "th", "ß": "ss"}
)
