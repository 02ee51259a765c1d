"""What was told of a status lately, and how often that was enough [M5].

An entry carries the version of what it was made from (`watching`), and is only taken while that is
still the version: so a change drops it at once, in every process. It lives 30 seconds at most.
How often the cache had the answer is counted here and added to one row every ten seconds: what was
counted since is lost with its process.
"""

from __future__ import annotations

import logging
import threading
import time
from typing import Any

from django.core.cache import caches
from django.db import DatabaseError
from django.db.models import F
from redis.exceptions import RedisError

from vibecraft.jobs.models import CacheCount

log = logging.getLogger(__name__)
LIFE_SECONDS = 30
WRITE_SECONDS = 10.0
AWAY = (OSError, RedisError)


def get(key: str, version: str) -> Any | None:
    """What is known of this version; None where nothing is."""
    try:
        found = caches["status"].get(key)
    except AWAY:
        log.warning("the status cache does not answer", exc_info=True)
        TALLY.add("errors")
        return None
    is_known = found is not None and found[0] == version
    TALLY.add("hits" if is_known else "misses")
    return found[1] if is_known else None


def put(key: str, version: str, value: object) -> None:
    """Keep it until there is another version, or for 30 seconds."""
    try:
        caches["status"].set(key, (version, value), timeout=LIFE_SECONDS)
    except AWAY:
        log.warning("the status cache takes nothing", exc_info=True)
        TALLY.add("errors")


class Tally:
    """Counts of this process that are not written to the row yet."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._written_at = time.monotonic()

    def add(self, name: str) -> None:
        """Count one; every ten seconds all that was counted goes to the row."""
        with self._lock:
            self._counts[name] = self._counts.get(name, 0) + 1
            is_due = time.monotonic() - self._written_at > WRITE_SECONDS
        if is_due:
            self.write()

    def write(self) -> None:
        """Add what was counted to the row; it is kept for the next time where that fails."""
        with self._lock:
            counts, self._counts = self._counts, {}
            self._written_at = time.monotonic()
        try:
            _add(counts)
        except DatabaseError:
            log.warning("the counts of the status cache wait", exc_info=True)
            with self._lock:
                for name, count in counts.items():
                    self._counts[name] = self._counts.get(name, 0) + count

    def forget(self) -> None:
        with self._lock:
            self._counts, self._written_at = {}, time.monotonic()


def _add(counts: dict[str, int]) -> None:
    if not counts:
        return
    added = {name: F(name) + count for name, count in counts.items()}
    if not CacheCount.objects.update(**added):
        CacheCount.objects.bulk_create([CacheCount(id=CacheCount.ONLY)], ignore_conflicts=True)
        CacheCount.objects.update(**added)


def counts() -> dict[str, int]:
    """`hits`, `misses` and `errors` of all processes; what others count is 10 seconds late."""
    TALLY.write()
    names = ("hits", "misses", "errors")
    return CacheCount.objects.values(*names).first() or dict.fromkeys(names, 0)


TALLY = Tally()
