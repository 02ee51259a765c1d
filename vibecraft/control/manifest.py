"""Every stored object with its size and sha256, and how many rows each table has.

Written beside a backup, it proves a restore: what is missing, changed or too much is named. One JSON
object a line, so that a million objects need no memory: a head, the objects in order, an end.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, TextIO

from django.apps import apps
from django.utils import timezone

from vibecraft import storage

VERSION = 1
CHUNK_BYTES = 1024 * 1024
# What changes by itself while the site runs, or is of no use after a restore.
PASSING = {
    "sessions.session",
    "axes.accessattempt",
    "axes.accesslog",
    "accounts.guesses",
    "jobs.worker",
}


class BadManifest(Exception):
    """The file is no manifest, or not a whole one."""


@dataclass(frozen=True)
class Stored:
    """One object as it lies in the store."""

    key: str
    size: int
    sha256: str


@dataclass
class Difference:
    """What a restore lacks. Tables as (name, rows then, rows now)."""

    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)
    tables: list[tuple[str, int, int]] = field(default_factory=list)
    compared: int = 0

    @property
    def is_whole(self) -> bool:
        """Whether all is there as it was; what was added since does no harm."""
        return not (self.missing or self.changed or self.tables)


def tables() -> dict[str, int]:
    """How many rows each table has."""
    models = [model for model in apps.get_models() if model._meta.managed]
    counted = {model._meta.label_lower: model for model in models}
    return {
        label: model._default_manager.count()
        for label, model in sorted(counted.items())
        if label not in PASSING
    }


def stored(key: str) -> Stored:
    """Read an object to its end. Raises FileNotFoundError for one that is gone."""
    digest, size = hashlib.sha256(), 0
    with storage.open_read(key) as file:
        while chunk := file.read(CHUNK_BYTES):
            digest.update(chunk)
            size += len(chunk)
    return Stored(key, size, digest.hexdigest())


def objects(keys: Iterable[str], threads: int) -> Iterator[Stored | None]:
    """Each object in order; None for one that went away meanwhile."""
    with ThreadPoolExecutor(threads) as pool:
        yield from pool.map(_read, keys)


def _read(key: str) -> Stored | None:
    try:
        return stored(key)
    except FileNotFoundError:
        return None


def lines(found: Iterable[Stored | None]) -> Iterator[str]:
    """The manifest, line by line."""
    yield json.dumps(
        {"manifest": VERSION, "made_at": timezone.now().isoformat(), "tables": tables()}
    )
    number = size = 0
    for one in found:
        if one is not None:
            number, size = number + 1, size + one.size
            yield json.dumps({"key": one.key, "size": one.size, "sha256": one.sha256})
    yield json.dumps({"objects": number, "bytes": size})


def read(file: TextIO) -> tuple[dict[str, int], Iterator[Stored]]:
    """(tables, objects) of a manifest. BadManifest at once, or at its end if that is missing."""
    head = _object(file.readline())
    if head.get("manifest") != VERSION:
        raise BadManifest("This is no manifest that this version has written.")
    return dict(head["tables"]), _stored(file)


def _stored(file: TextIO) -> Iterator[Stored]:
    for number, line in enumerate(file):
        found = _object(line)
        if "key" not in found:
            if found.get("objects") != number:
                raise BadManifest(f"It says {found.get('objects')} objects, and lists {number}.")
            return
        yield Stored(str(found["key"]), int(found["size"]), str(found["sha256"]))
    raise BadManifest("Its end is missing: it was not written to the end.")


def _object(line: str) -> dict[str, Any]:
    try:
        found = json.loads(line)
    except ValueError as error:
        raise BadManifest("This is no manifest.") from error
    if not isinstance(found, dict):
        raise BadManifest("This is no manifest.")
    return found


def compare(file: TextIO, threads: int) -> Difference:
    """Compare what is there with a manifest. Raises BadManifest before anything is read."""
    then, listed = read(file)
    expected = list(listed)
    different = Difference(tables=_changed_tables(then))
    keys = {one.key for one in expected}
    different.added = sorted(set(storage.keys("")) - keys)
    for one, now in zip(expected, objects([one.key for one in expected], threads), strict=True):
        if now is None:
            different.missing.append(one.key)
        elif now != one:
            different.changed.append(one.key)
        different.compared += 1
    return different


def _changed_tables(then: dict[str, int]) -> list[tuple[str, int, int]]:
    now = tables()
    names = sorted(then.keys() | now.keys())
    both = [(name, then.get(name, 0), now.get(name, 0)) for name in names]
    return [(name, before, after) for name, before, after in both if before != after]
