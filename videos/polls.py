"""A progress that is asked for every 3 seconds by everybody who watches: mostly it has not changed.

One query reads all that the fragment depends on; while that is the same, the fragment that was
rendered last is the answer. It lives for some seconds only, since the time that is left goes on.
"""

from __future__ import annotations

import hashlib
import uuid
from typing import Any

from django.core.cache import cache
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from vibecraft.jobs.claims import ACTIVE, Status
from vibecraft.jobs.models import Job
from vibecraft.predictions.models import Prediction
from videos.models import Take, Video

FRESH_SECONDS = 10
JOB_FIELDS = ("status", "step", "message", "progress", "completed")
VIDEO_FIELDS = ("status", "actual_usd", "reserved_usd", "error_code", "job_id")


def stamp_of(videos: QuerySet[Video], pk: uuid.UUID) -> str | None:
    """What the progress of a running video depends on, as one short text; None where none runs."""
    job = Job.objects.filter(pk=OuterRef("job_id"))
    takes = Take.objects.filter(job=OuterRef("job_id"), status=Status.RUNNING)
    calls = Prediction.objects.filter(job=OuterRef("job_id"), status__in=ACTIVE)
    seen: dict[str, Any] | None = (
        videos.filter(pk=pk, status__in=Video.RUNNING)
        .values(*VIDEO_FIELDS)
        .annotate(
            **{f"job_{name}": Subquery(job.values(name)[:1]) for name in JOB_FIELDS},
            running=_count(takes),
            waiting=_count(calls),
        )
        .first()
    )
    if seen is None:
        return None
    return hashlib.sha256(repr(sorted(seen.items())).encode()).hexdigest()[:32]


def _count(rows: QuerySet[Any]) -> Coalesce:
    counted = rows.order_by().values("job").annotate(count=Count("pk")).values("count")
    return Coalesce(Subquery(counted[:1]), 0)


def remembered(stamp: str | None, pk: uuid.UUID) -> bytes | None:
    """The fragment that was rendered lately for this stamp."""
    found: bytes | None = cache.get(_key(stamp, pk)) if stamp else None
    return found


def remember(stamp: str | None, pk: uuid.UUID, fragment: bytes) -> None:
    if stamp:
        cache.set(_key(stamp, pk), fragment, timeout=FRESH_SECONDS)


def _key(stamp: str, pk: uuid.UUID) -> str:
    return f"progress:{pk}:{stamp}"
