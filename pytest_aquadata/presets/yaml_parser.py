"""YAML text into plain values, refusing what no farm or schedule file needs.

The text is read event by event, so that a refused construct stops the reading at once: nothing is
expanded, nested or built before it has been looked at.
"""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from ..errors import DocumentError

MAX_TEXT = 200
MAX_DEPTH = 40

_TOO_DEEP = f"nested more than {MAX_DEPTH} deep"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = Resolver()
_CONSTRUCTOR = SafeConstructor()
_TAG = "tag:yaml.org,2002:"
_TYPED = frozenset({_TAG + kind for kind in ("null", "bool", "int", "float", "timestamp")})
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


class _NoKey:
    """Stands where a mapping waits for its next key."""


_NO_KEY: Final = _NoKey()


def document_error(name: str, key: str, reason: str) -> DocumentError:
    """One line about a document: which, where in it, and what is wrong."""
    return DocumentError(f"{name}: {key}: {reason}" if key else f"{name}: {reason}")


def quoted(value: object) -> str:
    """A value as an error message quotes it: short and on one line."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if not isinstance(value, str):
        return str(value)[:40]
    return ascii(value) if len(value) <= 40 else ascii(value[:37]) + "…"


def parse_yaml(text: str, name: str) -> object:
    """The one document in a YAML text as mappings, lists and scalars.

    Args:
        text: the document.
        name: what error messages call it.

    Raises:
        DocumentError: for text that is not YAML, anchors, aliases, tags, duplicate keys, long or
            unprintable strings, deep nesting and more than one document.
    """
    builder = _Builder(name)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}" if mark else ""
        reason = " ".join((error.problem or error.context or "cannot be read").split())
        # libyaml 0.2.6 has a limit of its own, a higher one, that it meets before the first event
        is_deep = "maximum nesting depth" in reason
        told = _TOO_DEEP if is_deep else f"not valid YAML: {reason}"
        raise document_error(name, where, told) from error
    except yaml.YAMLError as error:
        reason = " ".join(str(error).split())
        raise document_error(name, "", f"not valid YAML: {reason}") from error
    except UnicodeEncodeError as error:
        raise document_error(
            name, "", "not valid YAML: half a surrogate pair stands in it"
        ) from error
    return builder.root


class _Frame:
    """A mapping or list that is being filled."""

    __slots__ = ("holder", "key")

    def __init__(self, holder: dict[object, object] | list[object]) -> None:
        self.holder = holder
        self.key: object = _NO_KEY

    @property
    def wants_key(self) -> bool:
        return isinstance(self.holder, dict) and self.key is _NO_KEY


class _Builder:
    """Puts values together from YAML events."""

    def __init__(self, name: str) -> None:
        self.root: object = None
        self._name = name
        self._stack: list[_Frame] = []
        self._documents = 0

    def take(self, event: yaml.Event) -> None:
        """Take in the next event."""
        if isinstance(event, yaml.NodeEvent):
            self._check(event)
        if isinstance(event, yaml.ScalarEvent):
            self._attach(self._scalar(event), event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._stack.append(_Frame({}))
        elif isinstance(event, yaml.SequenceStartEvent):
            self._stack.append(_Frame([]))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._attach(self._stack.pop().holder, event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._refuse(event, "one document was expected, here a second one begins")

    def _check(self, event: yaml.NodeEvent) -> None:
        if event.anchor is not None:
            raise self._refuse(event, "anchors and aliases are not allowed; write the value out")
        if isinstance(event, yaml.ScalarEvent):
            plain, quoted = event.implicit
            tagged = not (plain or quoted)
        else:
            tagged = isinstance(event, yaml.CollectionStartEvent) and event.tag is not None
        if tagged:
            raise self._refuse(event, "tags (!...) are not allowed")
        if isinstance(event, yaml.ScalarEvent):
            return
        if self._stack and self._stack[-1].wants_key:
            raise self._refuse(event, "a key must be a single value")
        if len(self._stack) >= MAX_DEPTH:
            raise self._refuse(event, _TOO_DEEP)

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        text = str(event.value)
        if len(text) > MAX_TEXT:
            raise self._refuse(event, f"text of {len(text)} characters; {MAX_TEXT} are allowed")
        if event.implicit[0]:
            tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
            if tag in _TYPED:
                return self._typed(str(tag), text, event)
        if not _is_printable(text):
            raise self._refuse(event, "line breaks and control characters are not allowed in text")
        return text

    def _typed(self, tag: str, text: str, event: yaml.ScalarEvent) -> object:
        construct = SafeConstructor.yaml_constructors[tag]
        try:
            value: object = construct(_CONSTRUCTOR, yaml.ScalarNode(tag, text))
        except (ValueError, ArithmeticError) as error:
            raise self._refuse(event, f"{quoted(text)} is not a possible value") from error
        return value

    def _attach(self, value: object, event: yaml.Event) -> None:
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        if isinstance(frame.holder, list):
            frame.holder.append(value)
        elif frame.key is not _NO_KEY:
            frame.holder[frame.key] = value
            frame.key = _NO_KEY
        else:
            duplicate = value in frame.holder
            frame.key = value
            if duplicate:
                raise self._refuse(event, "this key stands here twice")

    def _refuse(self, event: yaml.Event, reason: str) -> DocumentError:
        mark = event.start_mark
        name = f"{self._name}, line {mark.line + 1}" if mark else self._name
        return document_error(name, self._path(), reason)

    def _path(self) -> str:
        path = ""
        for frame in self._stack:
            if isinstance(frame.holder, list):
                path += f"[{len(frame.holder)}]"
            elif frame.key is not _NO_KEY:
                path += f".{quoted_key(frame.key)}"
        return path.lstrip(".")


def quoted_key(key: object) -> str:
    """A key as it stands in a path."""
    return key if isinstance(key, str) and key.isidentifier() else quoted(key)


def _is_printable(text: str) -> bool:
    if text.isascii():
        return text.isprintable()
    return not any(unicodedata.category(character) in _FORBIDDEN_CATEGORIES for character in text)
