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
    heard: float | None = cache.get(KEY)
    return heard is not None and time.time() - heard < HEARD_LATELY_SECONDS
