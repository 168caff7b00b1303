"""Parser for the subset of YAML that farm and schedule files need.

The text is read event by event, so a forbidden construct stops the parser before anything is
expanded or nested.
"""

from __future__ import annotations

from typing import Any, Final

import yaml
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

from ..errors import DocumentError
from ..text import error_line, is_printable

MAX_TEXT = 200
MAX_DEPTH = 40
MAX_ITEMS = 10_000
"""Most items of one list or mapping."""
MAX_VALUES = 750_000
"""Most keys and values; 2,400 batches, the most that can be planned, have 520,000."""
_VALUES_OF_NONSENSE = 50_000
"""Most keys and values of a text with so many lines, commas and brackets that it has too many."""

_TOO_DEEP = f"is nested more than {MAX_DEPTH} levels deep"

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_RESOLVER: Any = Resolver()
_CONSTRUCTOR = SafeConstructor()
_TAG = "tag:yaml.org,2002:"
_TYPED = frozenset({_TAG + kind for kind in ("null", "bool", "int", "float", "timestamp")})


class _NoKey:
    """Type of the marker for a mapping that expects a key next."""


_NO_KEY: Final = _NoKey()


def document_error(name: str, key: str, reason: str) -> DocumentError:
    """Return a one-line error: the document, the path of the key and the reason."""
    return DocumentError(f"{name}: {key}: {reason}" if key else f"{name}: {reason}")


def quoted(value: object) -> str:
    """Return a value for an error message: short and on one line."""
    if value is None:
        return "an empty value"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if not isinstance(value, str):
        return str(value)[:40]
    return ascii(value) if len(value) <= 40 else ascii(value[:37]) + "…"


def parse_yaml(text: str, name: str) -> object:
    """Return the single document in a YAML text as mappings, lists and scalars.

    Args:
        text: the document.
        name: name of the document in error messages.

    Raises:
        DocumentError: for text that is not YAML, anchors, aliases, tags, duplicate keys, long or
            unprintable strings, deep nesting, too many values, another top level than a mapping,
            and more than one document.
    """
    is_too_long = sum(map(text.count, "\n,[{")) > MAX_VALUES
    builder = _Builder(name, _VALUES_OF_NONSENSE if is_too_long else MAX_VALUES)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f"line {mark.line + 1}" if mark else ""
        problem = " ".join((error.problem or error.context or "cannot be read").split())
        # libyaml 0.2.6 has its own, higher limit, which it reports before the first event
        is_too_deep = "maximum nesting depth" in problem
        reason = _TOO_DEEP if is_too_deep else f"is not valid YAML: {problem}"
        raise document_error(name, line, reason) from error
    except yaml.YAMLError as error:
        raise document_error(name, "", f"is not valid YAML: {error_line(error)}") from error
    except UnicodeEncodeError as error:
        raise document_error(
            name, "", "is not valid YAML: it contains half a surrogate pair"
        ) from error
    return builder.root


class _Frame:
    """A mapping or list that is not complete yet, and the key of its next value."""

    __slots__ = ("items", "key")

    def __init__(self, items: dict[object, object] | list[object]) -> None:
        self.items = items
        self.key: object = _NO_KEY

    @property
    def expects_key(self) -> bool:
        return isinstance(self.items, dict) and self.key is _NO_KEY


class _Builder:
    """Builds values from YAML events."""

    def __init__(self, name: str, most_values: int) -> None:
        self.root: object = None
        self._name = name
        self._most_values = most_values
        self._stack: list[_Frame] = []
        self._documents = 0
        self._values = 0

    def take(self, event: yaml.Event) -> None:
        """Process the next event."""
        if isinstance(event, yaml.NodeEvent):
            self._check(event)
        if isinstance(event, yaml.ScalarEvent):
            self._attach(self._scalar(event), event)
        elif isinstance(event, yaml.MappingStartEvent):
            self._stack.append(_Frame({}))
        elif isinstance(event, yaml.SequenceStartEvent):
            self._stack.append(_Frame([]))
        elif isinstance(event, yaml.MappingEndEvent | yaml.SequenceEndEvent):
            self._attach(self._stack.pop().items, event)
        elif isinstance(event, yaml.DocumentStartEvent):
            self._documents += 1
            if self._documents > 1:
                raise self._refuse(event, "starts a second document; only one is allowed")

    def _check(self, event: yaml.NodeEvent) -> None:
        self._values += 1
        if self._values > self._most_values:
            raise self._refuse(event, f"has more than {MAX_VALUES:,} keys and values")
        if event.anchor is not None:
            raise self._refuse(event, "anchors and aliases are not allowed; write the value out")
        if isinstance(event, yaml.ScalarEvent):
            plain, quoted = event.implicit
            tagged = not (plain or quoted)
        else:
            tagged = isinstance(event, yaml.CollectionStartEvent) and event.tag is not None
        if tagged:
            raise self._refuse(event, "tags (!...) are not allowed")
        if not self._stack and isinstance(event, yaml.SequenceStartEvent):
            raise document_error(
                self._name, "", "the top level must be a mapping of keys, not a list"
            )
        if isinstance(event, yaml.ScalarEvent):
            return
        if self._stack and self._stack[-1].expects_key:
            raise self._refuse(event, "a key must be a scalar, not a list or mapping")
        if len(self._stack) >= MAX_DEPTH:
            raise self._refuse(event, _TOO_DEEP)

    def _scalar(self, event: yaml.ScalarEvent) -> object:
        text = str(event.value)
        if len(text) > MAX_TEXT:
            raise self._refuse(
                event, f"text has {len(text)} characters, at most {MAX_TEXT} are allowed"
            )
        if event.implicit[0]:
            tag = _RESOLVER.resolve(yaml.ScalarNode, text, (True, False))
            if tag in _TYPED:
                return self._typed(str(tag), text, event)
        if not is_printable(text):
            raise self._refuse(event, "line breaks and control characters are not allowed in text")
        return text

    def _typed(self, tag: str, text: str, event: yaml.ScalarEvent) -> object:
        construct = SafeConstructor.yaml_constructors[tag]
        try:
            value: object = construct(_CONSTRUCTOR, yaml.ScalarNode(tag, text))
        except (ValueError, ArithmeticError) as error:
            raise self._refuse(event, f"{quoted(text)} is not a valid value") from error
        return value

    def _attach(self, value: object, event: yaml.Event) -> None:
        if not self._stack:
            self.root = value
            return
        frame = self._stack[-1]
        if len(frame.items) >= MAX_ITEMS:
            raise self._refuse(event, f"has more than {MAX_ITEMS:,} items")
        if isinstance(frame.items, list):
            frame.items.append(value)
        elif frame.key is not _NO_KEY:
            frame.items[frame.key] = value
            frame.key = _NO_KEY
        else:
            is_duplicate = value in frame.items
            frame.key = value
            if is_duplicate:
                raise self._refuse(event, "this key occurs twice")

    def _refuse(self, event: yaml.Event, reason: str) -> DocumentError:
        mark = event.start_mark
        name = f"{self._name}, line {mark.line + 1}" if mark else self._name
        return document_error(name, self._path(), reason)

    def _path(self) -> str:
        path = ""
        for frame in self._stack:
            if isinstance(frame.items, list):
                path += f"[{len(frame.items)}]"
            elif frame.key is not _NO_KEY:
                path += f".{quoted_key(frame.key)}"
        return path.lstrip(".")


def quoted_key(key: object) -> str:
    """Return a key as written in a path."""
    return key if isinstance(key, str) and key.isidentifier() else quoted(key)
