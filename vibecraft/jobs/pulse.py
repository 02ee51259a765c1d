"""The workers' pulse: when one of them last did its round, for the health page."""

from __future__ import annotations

import time

from django.core.cache import cache

HEARD_LATELY_SECONDS = 60  # four rounds of the sweeper
KEY = "jobs:pulse"


def beat() -> None:
    """Say that a worker lives; called by the task that beat sends every 15 seconds."""
    cache.set(KEY, time.time(), timeout=24 * 3600)


def is_heard_lately() -> bool:
    """True while some worker takes and does what it is sent."""
    silent = silent_seconds()
    return silent is not None and silent < HEARD_LATELY_SECONDS


def silent_seconds() -> float | None:
    """How long ago a worker did its last round; None when none is known."""
    heard: float | None = cache.get(KEY)
    return None if heard is None else max(0.0, time.time() - heard)
