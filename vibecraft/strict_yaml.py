"""Reading YAML that people write: every field is checked and every refusal names its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TypeVar

import yaml

Read = TypeVar("Read")


class YamlError(ValueError):
    """What is wrong in a file, as a sentence that begins with the place."""


class Node:
    """A mapping of a YAML file and the words that say where it is, like `models.yaml: wan`.

    A field is taken by its type; `end` then refuses the fields that nobody took, so that a
    misspelled name is found.
    """

    def __init__(self, value: object, place: str) -> None:
        if not isinstance(value, Mapping):
            raise YamlError(f"{place}: should be a mapping of names to values")
        self.place = place
        self._fields = dict(value)
        self._taken: set[object] = set()

    def __contains__(self, name: str) -> bool:
        return name in self._fields

    def names(self) -> list[str]:
        """Return the names of the fields that nobody took yet."""
        return [str(name) for name in self._fields if name not in self._taken]

    def error(self, name: str, what: str) -> YamlError:
        """Return the refusal of one field."""
        return YamlError(f"{self.place}: {name} {what}")

    def end(self) -> None:
        """Refuse the fields that were never taken."""
        unknown = sorted(str(name) for name in self._fields if name not in self._taken)
        if unknown:
            raise YamlError(f"{self.place}: unknown field {', '.join(unknown)}")

    def raw(self, name: str) -> object:
        """Take a field as it is; None where it is missing."""
        self._taken.add(name)
        return self._fields.get(name)

    def text(self, name: str, default: str | None = None) -> str:
        """Take a text that is not empty."""
        value = self.raw(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or not value.strip():
            raise self.error(name, "should be a text")
        return " ".join(value.split())

    def choice(self, name: str, choices: Sequence[str], default: str | None = None) -> str:
        """Take one of some words."""
        value = self.text(name, default)
        if value not in choices:
            raise self.error(name, f"should be one of {', '.join(choices)}, not {value}")
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Take true or false."""
        value = self.raw(name)
        if value is None:
            return default
        if not isinstance(value, bool):
            raise self.error(name, "should be true or false")
        return value

    def number(self, name: str, default: Decimal | None = None) -> Decimal:
        """Take a number, exactly as it is written where it is written as a text ("0.07")."""
        value = self.raw(name)
        if value is None and default is not None:
            return default
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise self.error(name, "should be a number")
        try:
            number = Decimal(str(value))
        except InvalidOperation as error:
            raise self.error(name, "should be a number") from error
        if not number.is_finite():
            raise self.error(name, "should be a finite number")
        return number

    def whole(self, name: str, *, at_least: int) -> int:
        """Take a whole number that is not too small."""
        value = self.raw(name)
        if isinstance(value, bool) or not isinstance(value, int) or value < at_least:
            raise self.error(name, f"should be a whole number of {at_least} or more")
        return value

    def items(self, name: str) -> list[object]:
        """Take a list; an empty one where it is missing."""
        value = self.raw(name)
        if value is None:
            return []
        if not isinstance(value, list):
            raise self.error(name, "should be a list")
        return value

    def texts(self, name: str) -> tuple[str, ...]:
        """Take a list of texts; an empty one where it is missing."""
        values = self.items(name)
        if not all(isinstance(value, str) and value.strip() for value in values):
            raise self.error(name, "should be a list of texts")
        return tuple(" ".join(str(value).split()) for value in values)

    def child(self, name: str) -> Node:
        """Take a mapping; an empty one where it is missing."""
        value = self.raw(name)
        return Node({} if value is None else value, f"{self.place}: {name}")

    def children(self, read: Callable[[str, Node], Read]) -> dict[str, Read]:
        """Read every field that is left as a mapping of its own, by its name."""
        return {name: read(name, self.child(name)) for name in self.names()}


def read_yaml(path: Path) -> Node:
    """Read a file that holds one mapping. Raises `YamlError`, and `OSError` if it is not there."""
    try:
        return Node(yaml.safe_load(path.read_text(encoding="utf-8")), path.name)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise YamlError(f"{path.name}: {' '.join(str(error).split())}") from error
