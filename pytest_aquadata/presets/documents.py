"""Conversion between YAML documents and frozen dataclasses; every value that is read is checked.

Users write farm and schedule files by hand. A mistake raises a one-line error: the file, the path
of the key, the reason and, for an unknown key, the most similar known key.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, is_dataclass
from datetime import date
from functools import lru_cache
from itertools import repeat
from pathlib import Path
from typing import Any, Literal, TypeVar, get_args, get_origin

import yaml
from cattrs import ClassValidationError, Converter
from cattrs.errors import ForbiddenExtraKeysError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn

from ..errors import DocumentError
from ..text import nearest
from .yaml_parser import document_error, parse_yaml, quoted, quoted_key

__all__ = [
    "MAX_BYTES",
    "document_digest",
    "document_error",
    "read_document",
    "read_text",
    "write_document",
]

MAX_BYTES = 10_000_000
"""Largest document; 2,400 batches, the most that can be planned, have 7 MB."""

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]


def read_document(
    source: Path | str, cls: type[T], document_kind: str = "farm", name: str | None = None
) -> T:
    """Read a YAML document into a dataclass.

    Args:
        source: a path to read, or the text itself as a string.
        cls: the dataclass that the document describes.
        document_kind: kind of document, for error messages.
        name: name of the document in error messages; by default its kind and path.

    Raises:
        DocumentError: in one line, if the document cannot be read or a value is invalid.
    """
    if isinstance(source, Path):
        name = name or _file_name(source, document_kind)
        text = read_text(source, document_kind)
    else:
        name, text = name or f"{document_kind} text", source
    if len(text) > MAX_BYTES:
        raise document_error(name, "", _too_large())
    values = parse_yaml(text, name)
    if not isinstance(values, dict):
        raise document_error(
            name, "", f"the top level must be a mapping of keys, not {quoted(values)}"
        )
    try:
        return _converter().structure(values, cls)
    except Exception as error:
        path, reason = _first_error(error)
        raise document_error(name, path.lstrip("."), reason) from error


def read_text(path: Path, document_kind: str = "farm") -> str:
    """Return the text of a document file.

    Raises:
        DocumentError: if it is missing, unreadable, too large or not text.
    """
    name = _file_name(path, document_kind)
    try:
        with open(path, "rb", opener=_open_at_once) as file:
            content = file.read(MAX_BYTES + 1)
    except FileNotFoundError as error:
        raise document_error(name, "", "there is no such file") from error
    except OSError as error:
        raise document_error(name, "", f"cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise document_error(name, "", f"is not a valid path: {error}") from error
    if len(content) > MAX_BYTES:
        raise document_error(name, "", _too_large())
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise document_error(name, "", f"is not text in UTF-8 (byte {error.start})") from error


def _open_at_once(path: str, flags: int) -> int:
    """Open a file; a pipe that nobody writes to is read as empty, and not waited for."""
    descriptor = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(descriptor, True)
    return descriptor


def write_document(obj: object) -> str:
    """Return a dataclass as YAML that `read_document` converts back to an equal one."""
    return str(
        yaml.dump(
            _converter().unstructure(obj),
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            default_flow_style=False,
            width=100,
        )
    )


def document_digest(obj: object) -> str:
    """Return the SHA-256 of a dataclass's content, independent of the layout of its file."""
    content = json.dumps(_converter().unstructure(obj), default=date.isoformat, sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]
    """Writes repeated values out instead of aliases, and lists of scalars on one line."""

    def ignore_aliases(self, data: object) -> bool:
        return True

    def represent_sequence(
        self, tag: str, sequence: Sequence[object], flow_style: bool | None = None
    ) -> yaml.SequenceNode:
        is_plain = not any(isinstance(item, dict | list | tuple) for item in sequence)
        node: yaml.SequenceNode = super().represent_sequence(tag, sequence, is_plain)
        return node


def _file_name(path: Path, document_kind: str) -> str:
    text = str(path)
    return f"{document_kind} file {text if text.isprintable() else ascii(text)}"


def _too_large() -> str:
    return f"is larger than {MAX_BYTES // 1_000_000} MB"


class _ItemError(Exception):
    """An error in one item of a list or mapping; the cause holds the reason."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def _first_error(error: BaseException) -> tuple[str, str]:
    """Return the path and reason of the first error; unknown keys come before all others."""
    if isinstance(error, ClassValidationError):
        located, unlocated = error.group_exceptions()
        for inner in unlocated:
            if isinstance(inner, ForbiddenExtraKeysError):
                return _unknown_key(inner)
        if located:
            inner, note = located[0]
            path, reason = _first_error(inner)
            return f".{note.name}{path}", reason
        return _first_error(unlocated[0])
    if isinstance(error, _ItemError) and error.__cause__ is not None:
        path, reason = _first_error(error.__cause__)
        return error.path + path, reason
    if isinstance(error, KeyError):
        return "", "is missing"
    return "", " ".join(str(error).split())


def _unknown_key(error: ForbiddenExtraKeysError) -> tuple[str, str]:
    keys = [field.name for field in fields(error.cl)]
    key = sorted(error.extra_fields)[0]
    near = nearest(key, keys, similarity=0.5)
    hint = f"did you mean {near}?" if near else f"known keys are {', '.join(keys)}"
    return f".{quoted_key(key)}", f"unknown key; {hint}"


@lru_cache(maxsize=1)
def _converter() -> Converter:
    converter = Converter(forbid_extra_keys=True, detailed_validation=True)
    for kind, hook in _SCALARS.items():
        converter.register_structure_hook(kind, hook)

    converter.register_structure_hook_factory(is_dataclass)(_dataclass_hook)
    converter.register_unstructure_hook_factory(is_dataclass)(_without_defaults)
    converter.register_structure_hook_factory(_has_origin(tuple))(_tuple_hook)
    converter.register_structure_hook_factory(_has_origin(Mapping))(_mapping_hook)
    converter.register_structure_hook_factory(_has_origin(Literal))(_literal_hook)
    return converter


def _has_origin(origin: object) -> Callable[[Any], bool]:
    return lambda kind: get_origin(kind) is origin


def _dataclass_hook(kind: Any, converter: Converter) -> Hook:
    fill = make_dict_structure_fn(
        kind, converter, _cattrs_forbid_extra_keys=True, _cattrs_detailed_validation=True
    )

    def structure(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise DocumentError(f"must be a mapping of keys, not {quoted(value)}")
        for key in value:
            if not isinstance(key, str):
                raise DocumentError(f"the key {quoted(key)} is not text; put it in quotes")
        return fill(value, kind)

    return structure


def _without_defaults(kind: Any, converter: Converter) -> Callable[[Any], Any]:
    """Return a hook that omits fields with their default value."""
    return make_dict_unstructure_fn(kind, converter, _cattrs_omit_if_default=True)


def _tuple_hook(kind: Any, converter: Converter) -> Hook:
    kinds = get_args(kind)
    is_uniform = len(kinds) == 2 and kinds[1] is ...

    def structure(value: object, _: object) -> object:
        if not isinstance(value, list):
            raise DocumentError(f"must be a list, not {quoted(value)}")
        if not is_uniform and len(value) != len(kinds):
            raise DocumentError(f"must have {len(kinds)} values, not {len(value)}")
        item_kinds = repeat(kinds[0], len(value)) if is_uniform else iter(kinds)
        return tuple(
            _structured(item, item_kind, f"[{index}]", converter)
            for index, (item, item_kind) in enumerate(zip(value, item_kinds, strict=True))
        )

    return structure


def _mapping_hook(kind: Any, converter: Converter) -> Hook:
    key_kind, value_kind = get_args(kind)

    def structure(value: object, _: object) -> object:
        if not isinstance(value, dict):
            raise DocumentError(f"must be a mapping of keys, not {quoted(value)}")
        return {
            _structured(key, key_kind, f".{quoted_key(key)}", converter): _structured(
                item, value_kind, f".{quoted_key(key)}", converter
            )
            for key, item in value.items()
        }

    return structure


def _literal_hook(kind: Any, _: Converter) -> Hook:
    allowed = get_args(kind)

    def structure(value: object, _: object) -> object:
        if not any(type(value) is type(choice) and value == choice for choice in allowed):
            choices = ", ".join(map(str, allowed))
            raise DocumentError(f"must be one of {choices}, not {quoted(value)}")
        return value

    return structure


def _structured(value: object, kind: Any, path: str, converter: Converter) -> object:
    try:
        return converter.structure(value, kind)
    except Exception as error:
        raise _ItemError(path) from error


def _integer(value: object, _: object) -> int:
    if type(value) is not int:
        raise DocumentError(f"must be a whole number, not {quoted(value)}")
    return value


def _number(value: object, _: object) -> float:
    if type(value) not in (int, float) or not isinstance(value, int | float):
        raise DocumentError(f"must be a number, not {quoted(value)}")
    if not math.isfinite(value):
        raise DocumentError(f"must be a finite number, not {value}")
    return float(value)


def _text(value: object, _: object) -> str:
    if not isinstance(value, str):
        hint = "" if value is None or isinstance(value, dict | list) else "; put it in quotes"
        raise DocumentError(f"must be text, not {quoted(value)}{hint}")
    return value


def _boolean(value: object, _: object) -> bool:
    if not isinstance(value, bool):
        raise DocumentError(f"must be true or false, not {quoted(value)}")
    return value


def _date(value: object, _: object) -> date:
    if type(value) is not date:
        raise DocumentError(f"must be a date like 2025-11-21 without quotes, not {quoted(value)}")
    return value


_SCALARS: Mapping[Any, Hook] = {
    int: _integer,
    float: _number,
    str: _text,
    bool: _boolean,
    date: _date,
}
