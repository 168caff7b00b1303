"""Passwords in database URLs and in other text, replaced by `***` before anything is shown."""

from __future__ import annotations

import re
from urllib.parse import unquote_plus

MASK = "***"

_SECRET_NAME = r"(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|credentials?)"
_SECRET_KEY = re.compile(rf"(?i)(?:^|[_.-]){_SECRET_NAME}|{_SECRET_NAME}(?:$|[_.-])")
_PATHS = ("passfile", "pgpassfile")
"""Keys that name a file with passwords: the name is not secret."""
_QUOTED = r"'(?:\\.|[^'\\])*'|\"(?:\\.|[^\"\\])*\""
_KEYWORD = re.compile(rf"(?i)([\w.-]*{_SECRET_NAME}[\w.-]*)(\s*=\s*)(?:{_QUOTED}|[^\s&;,'\")]+)")
"""A keyword of libpq, or a keyword argument of Python: `password = 'a b'`."""
_ENTRY = re.compile(rf"(?i)(['\"][\w.-]*{_SECRET_NAME}[\w.-]*['\"])(\s*:\s*)(?:{_QUOTED})")
"""An entry of a dictionary or of JSON."""
_FILE_SCHEMES = ("sqlite:", "sqlite+", "file:")
_URL = re.compile(r"""[\w+.-]*:?//[^\s'"]+|[^\s'"/:@(]+:[^\s'"@]+@[^\s'"]+""")
_NO_HOST = re.compile(r"(//[^/:@?]*:)(?!\d*(?:[/?]|$))[^/?]+")
"""A user and a password without a host: what follows the colon is no port."""


class DatabaseUrl(str):
    """A URL with its password, which `repr` masks: tracebacks and dataclasses show `repr`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return repr(mask_password(str(self)))


def mask_password(url: str) -> str:
    """Return a database URL with its passwords replaced by `***`.

    Args:
        url: a URL, or what a user has given as one: it may be malformed, or be the keywords of
            libpq. What may be part of a password is masked, too.
    """
    authority, question, query = _masked_authority(url).partition("?")
    return _masked_keywords(authority) + question + _masked_query(query)


def mask_passwords_in(text: str) -> str:
    """Return a text with the passwords of all URLs and keywords in it replaced by `***`."""
    return _masked_keywords(_URL.sub(lambda match: mask_password(match[0]), text))


def _masked_authority(url: str) -> str:
    """Mask from the colon after the user to the last `@`: a password may contain `@` itself."""
    before, slashes, rest = url.partition("//")
    if not slashes:
        before, rest = "", url
    elif url.lower().startswith(_FILE_SCHEMES) and rest.startswith("/"):
        return url
    at = rest.rfind("@")
    colon = rest.find(":", 0, max(at, 0))
    if colon < 0:
        return _NO_HOST.sub(rf"\1{MASK}", url)
    return f"{before}{slashes}{rest[: colon + 1]}{MASK}{rest[at:]}"


def _masked_keywords(text: str) -> str:
    def masked(match: re.Match[str]) -> str:
        key = match[1].strip("\"'").lower()
        is_secret = key not in _PATHS and _SECRET_KEY.search(key)
        return f"{match[1]}{match[2]}{MASK}" if is_secret else match[0]

    return _ENTRY.sub(masked, _KEYWORD.sub(masked, text))


def _masked_query(query: str) -> str:
    """Mask the values of keys for secrets, and values with such keys in them."""
    parts, is_secret = [], False
    for part in re.split(r"([&;])", query):
        key, sign, value = part.partition("=")
        if sign:
            name = unquote_plus(key).strip().lower()
            is_secret = name not in _PATHS and bool(
                _SECRET_KEY.search(name) or _KEYWORD.search(unquote_plus(value))
            )
        if is_secret and part not in ("&", ";"):
            # a text without a key is the rest of a password with `&`
            part = f"{key}={MASK}" if sign else MASK
        parts.append(part)
    return "".join(parts)
