"""Reading settings from the environment: everything that is wrong is said at once, in sentences."""

from __future__ import annotations

import difflib
import math
from collections.abc import Mapping, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import environ

YES, NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off")
# What stands in .env for others than the site's own processes: Docker Compose.
NOT_OURS = frozenset({"POSTGRES_PASSWORD", "STORE_PORT", "WEB_PORTS", "IMAGE"})

# The class below reads settings by methods of these types' names.
Text = str
Texts = list[str]
Whole = int
Real = float
Truth = bool


class Environment:
    """The settings as text, each read by its name. An empty value counts as none.

    A wrong value is noted in `failures`, and its default goes on in its place, so that all that is
    wrong can be said at once (`refuse`). Only a folder that cannot be made ends the process at once.
    Values that may hold a password are never repeated in a sentence.
    """

    def __init__(self, values: Mapping[Text, Text]) -> None:
        self.values = values
        self.failures: Texts = []
        self.known: set[Text] = set(NOT_OURS)

    def str(self, name: Text, *, default: Text = "") -> Text:
        self.known.add(name)
        return self.values.get(name, "").strip() or default

    def int(
        self, name: Text, *, default: Whole, at_least: Whole = 0, at_most: Whole | None = None
    ) -> Whole:
        text = self.str(name)
        try:
            value = int(text) if text else default
        except ValueError:
            self.demand(False, f'{name} must be a whole number, not "{text}".')
            return default
        self._demand_range(name, value, at_least, at_most)
        return value

    def float(self, name: Text, *, default: Real, at_least: Real = 0.0) -> Real:
        text = self.str(name)
        try:
            value = float(text) if text else default
        except ValueError:
            self.demand(False, f'{name} must be a number, not "{text}".')
            return default
        self._demand_range(name, value, at_least, None)
        return value

    def usd(self, name: Text) -> Decimal | None:
        """An amount in US dollars, or None where there is no limit."""
        text = self.str(name)
        try:
            value = Decimal(text) if text else None
        except InvalidOperation:
            self.demand(False, f'{name} must be an amount in dollars, such as 25.00, not "{text}".')
            return None
        if value is not None:
            self.demand(value.is_finite() and value >= 0, f"{name} must be at least 0, not {text}.")
        return value

    def _demand_range(self, name: Text, value: Real, low: Real, high: Real | None) -> None:
        bounds = f"at least {low:g}" if high is None else f"from {low:g} to {high:g}"
        is_inside = value >= low and (high is None or value <= high)
        self.demand(is_inside and math.isfinite(value), f"{name} must be {bounds}, not {value:g}.")

    def bool(self, name: Text, *, default: Truth) -> Truth:
        text = self.str(name).lower()
        is_known = not text or text in YES + NO
        self.demand(is_known, f'{name} must be true or false, not "{text}".')
        return text in YES if text and is_known else default

    def list(self, name: Text, *, default: Sequence[Text]) -> Texts:
        text = self.str(name)
        return [part.strip() for part in text.split(",") if part.strip()] or [*default]

    def choice(self, name: Text, *, default: Text, among: Sequence[Text]) -> Text:
        value = self.str(name, default=default)
        is_known = value in among
        self.demand(is_known, f'{name} must be one of {", ".join(among)}, not "{value}".')
        return value if is_known else default

    def address(self, name: Text, *, default: Text = "") -> Text:
        """The address of a site, without a slash at its end."""
        value = self.str(name, default=default).rstrip("/")
        is_address = not value or is_web_address(value)
        self.demand(is_address, f"{name} must be an address such as https://films.example.org.")
        return value if is_address else default

    def folder(self, name: Text, *, default: Path) -> Path:
        """A folder, made if it is not there: without one that can be written nothing else can be read."""
        path = Path(self.str(name, default=str(default))).resolve()
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self.demand(False, f"{name} must be a folder that can be written: {error}.")
            refuse(self.failures)
        return path

    def broker(self, name: Text, *, default: Text) -> Text:
        """The address of a Redis server, or of the queue in memory that tests use."""
        return self._redis(name, default, ("redis", "rediss", "redis+socket", "memory"))

    def cache(self, name: Text, *, default: Text) -> Text:
        """The address of a Redis server, or nothing."""
        return self._redis(name, default, ("redis", "rediss", "unix"))

    def _redis(self, name: Text, default: Text, schemes: Sequence[Text]) -> Text:
        value = self.str(name, default=default)
        is_one = not value or is_address_of(value, schemes)
        self.demand(is_one, f"{name} must be an address such as redis://redis:6379/0.")
        return value if is_one else default

    def database(self, name: Text, *, default: Text) -> dict[Text, Any]:
        """Django's settings of a database, from its address."""
        value = self.str(name, default=default)
        found = database_at(value)
        wanted = "postgres://user:password@host:5432/name"
        said = f"{name} must be an address such as {wanted}, or empty for SQLite."
        self.demand(found is not None, said)
        return database_at(default) or {} if found is None else found

    def demand(self, is_met: Truth, sentence: Text) -> None:
        """Note a sentence where something that must hold does not."""
        if not is_met:
            self.failures.append(sentence)

    def demand_known(self, names: Sequence[Text], where: Text) -> None:
        """Names that nothing reads are mistakes: they would be ignored without a word."""
        for name in names:
            close = difflib.get_close_matches(name, sorted(self.known), 1)
            hint = f" Did you mean {close[0]}?" if close else ""
            self.demand(name in self.known, f"{name} in {where} is not a setting.{hint}")


def refuse(failures: Sequence[str]) -> None:
    """End the process with all that is wrong; return if that is nothing."""
    if failures:
        lines = "".join(f"\n  - {sentence}" for sentence in failures)
        raise SystemExit(f"VibeCraft cannot start with these settings:{lines}")


def is_address_of(text: str, schemes: Sequence[str]) -> bool:
    """True for scheme://…, if what stands for a host and a port can be one."""
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and parts.port != 0
    except ValueError:
        return False


def database_at(address: str) -> dict[str, Any] | None:
    """Django's settings of the database at an address, or None where it is no such address."""
    try:
        is_one = urlsplit(address).scheme in ("postgres", "postgresql", "sqlite")
        found: dict[str, Any] | None = environ.Env.db_url_config(address) if is_one else None
    except ValueError:
        return None
    return found


def is_web_address(text: str) -> bool:
    """True for http(s)://host, with or without a port and a path."""
    return is_address_of(text, ("http", "https")) and bool(urlsplit(text).hostname)


def names_in(text: str) -> list[str]:
    """The names that a file of the form of .env sets."""
    lines = (line.strip() for line in text.splitlines())
    set_here = (line for line in lines if line and not line.startswith("#") and "=" in line)
    return [line.removeprefix("export ").split("=", 1)[0].strip() for line in set_here]


def origin_of(address: str) -> str:
    """The scheme, host and port of an address, as a browser's policy wants it."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
