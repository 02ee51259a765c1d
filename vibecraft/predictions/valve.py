"""How fast calls are created, over all workers: a bucket of tokens in one row of the database.

The row is changed by conditional updates that name what was read: of two at once, one reads again.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import DateTimeField, ExpressionWrapper
from django.db.models.functions import Now

from vibecraft.predictions.models import Valve

NAME = "creations"
# With little credit the service allows 6 creations a minute, one at a time.
SLOW_SECONDS = 11.0
SLOW_MINUTES = 10
AUTH_SECONDS = 60.0
AUTH, CREDIT, BUSY = "provider_auth", "no_credit", "provider_busy"


@dataclass(frozen=True)
class Taken:
    """Whether a call may be created now; if not, for how many seconds not, and why (if closed)."""

    may_create: bool
    wait_seconds: float = 0.0
    reason: str = ""


def take() -> Taken:
    """Take one token, or say when to ask again."""
    while True:
        row = _read()
        if row.closed_until is not None and row.closed_until > row.now:
            return Taken(False, (row.closed_until - row.now).total_seconds(), row.reason)
        rate, burst = _speed(row)
        grown = max(0.0, (row.now - row.filled_at).total_seconds()) * rate
        tokens = min(burst, row.tokens + grown)
        if tokens < 1:
            return Taken(False, (1 - tokens) / rate)
        if _swap(row, tokens=tokens - 1, filled_at=row.now):
            return Taken(True)


def close(seconds: float, reason: str) -> None:
    """Let nothing be created for a while; never opens earlier than it was to be."""
    until = _read().now + timedelta(seconds=seconds)
    later = Valve.objects.filter(name=NAME).exclude(closed_until__gt=until)
    later.update(closed_until=until, reason=reason)


def slow_down(seconds: float) -> None:
    """The service lets us create slowly only, and nothing for so many seconds."""
    row = _read()
    Valve.objects.filter(name=NAME).update(
        slow_until=row.now + timedelta(minutes=SLOW_MINUTES), tokens=1, filled_at=row.now
    )
    close(max(seconds, SLOW_SECONDS), BUSY)


def standing() -> list[tuple[str, str, float]]:
    """(closed or slow, why, for how many seconds still): 0 where it is not."""
    row = _read()
    closed = _seconds_until(row.closed_until, row.now)
    reason = row.reason if closed else ""
    return [("closed", reason, closed), ("slow", "", _seconds_until(row.slow_until, row.now))]


def _seconds_until(moment: datetime | None, now: datetime) -> float:
    return max(0.0, (moment - now).total_seconds()) if moment else 0.0


def open_again() -> None:
    """Forget that it was closed (the operator has acted)."""
    Valve.objects.filter(name=NAME).update(closed_until=None, slow_until=None, reason="")


def _speed(row: Any) -> tuple[float, float]:
    """(tokens a second, how many at most)."""
    if row.slow_until is not None and row.slow_until > row.now:
        return 1 / SLOW_SECONDS, 1.0
    return settings.CREATIONS_PER_SECOND, float(settings.CREATIONS_BURST)


def _read() -> Any:
    """The row, with the database's own time as `now`."""
    now = ExpressionWrapper(Now(), output_field=DateTimeField())
    row = Valve.objects.filter(name=NAME).annotate(now=now).first()
    if row is not None:
        return row
    full = float(settings.CREATIONS_BURST)
    first = Valve(name=NAME, tokens=full, filled_at=datetime.now().astimezone())
    Valve.objects.bulk_create([first], ignore_conflicts=True)
    return _read()


def _swap(row: Any, **fields: Any) -> bool:
    """Change the row if it still is as it was read."""
    same = Valve.objects.filter(name=NAME, tokens=row.tokens, filled_at=row.filled_at)
    return same.update(**fields) == 1
