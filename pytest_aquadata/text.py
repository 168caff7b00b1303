"""Text for messages: passwords masked, errors in one line, counts, the nearest name."""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Iterable
from typing import TextIO

from .passwords import mask_password, mask_passwords_in

__all__ = [
    "counted",
    "did_you_mean",
    "encodable",
    "error_line",
    "is_printable",
    "mask_password",
    "nearest",
    "size_text",
]

_SIMILAR = 0.5
_UNPRINTABLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode categories of control and invisible characters, and of bytes that are no text."""


def error_line(error: BaseException) -> str:
    """Return an error's message in one line, with passwords masked.

    For an error of the system, return its file and reason.
    """
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return mask_passwords_in(" ".join(str(error).split()))


def is_printable(text: str) -> bool:
    """Return whether a text has no control characters, line breaks or bytes that are no text."""
    if text.isascii():
        return text.isprintable()
    return not any(unicodedata.category(character) in _UNPRINTABLE for character in text)


def encodable(text: str, stream: TextIO) -> str:
    """Return a text with escapes for the characters that a stream's encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def counted(count: int, singular: str, plural: str) -> str:
    """Return a count and its noun, such as "1 batch" or "1,200 batches"."""
    return f"{count:,} {singular if count == 1 else plural}"


def size_text(size_bytes: float) -> str:
    """Return a size in the largest unit of which it has at least one: bytes, kB, MB or GB."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size_bytes >= scale:
            return f"{size_bytes / scale:.{0 if unit == 'kB' else 1}f} {unit}"
    return f"{size_bytes:.0f} bytes"


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """Return a question that suggests the most similar name, or "" if none is similar."""
    similar = nearest(name, names, _SIMILAR)
    return f"did you mean {similar!r}? " if similar else ""


def nearest(name: str, names: Iterable[str], similarity: float = 0.0) -> str:
    """Return the name most like a misspelt one, or "" if none is similar enough.

    Args:
        name: the misspelt name.
        names: the names that exist.
        similarity: least similarity, from 0 (any name) to 1 (the same name).
    """
    matches = difflib.get_close_matches(name, list(names), n=1, cutoff=similarity)
    return matches[0] if matches else ""
