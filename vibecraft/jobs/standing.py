"""How work stands, as an operator asks: is it stuck, did it fail today?"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from vibecraft.jobs.claims import ACTIVE, Status

STUCK_SECONDS = 300


def stuck(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Active work that nobody holds although it has been due for minutes, or past its deadline."""
    unheld = Q(lease_until=None) | Q(lease_until__lt=Now())
    waiting = unheld & Q(next_run_at__lt=Now() - timedelta(seconds=STUCK_SECONDS))
    return rows.filter(waiting | Q(deadline_at__lt=Now()), status__in=ACTIVE)


def midnight() -> datetime:
    """When today began (UTC)."""
    return timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)


def failed_today(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Work that failed since midnight (UTC)."""
    return rows.filter(status=Status.FAILED, finished_at__gte=midnight())
