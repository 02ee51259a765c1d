"""What of a video waits for the service that makes its clips, and how long that will take."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, Exists, F, Max, OuterRef, Q
from django.utils import timezone

from vibecraft.jobs.claims import ACTIVE, Status
from vibecraft.jobs.models import Job
from vibecraft.predictions.catalog import UnknownModel, get_model
from vibecraft.predictions.models import Prediction
from videos.models import Take, Video

# What bringing one clip to the house format takes, on one core, and joining the film at the end.
NORMALIZE_SECONDS = 3.0
JOIN_SECONDS = 10.0
LEAST_SECONDS = 5.0


@dataclass(frozen=True)
class AtService:
    """Calls under way, takes that are tried again, and what is known of how long a call takes."""

    waiting: int = 0
    retried: frozenset[uuid.UUID] = frozenset()
    newest_sent_at: datetime | None = None
    mean: timedelta | None = None


def is_made_elsewhere(video: Video) -> bool:
    """Whether its clips are made by the service and not on this machine."""
    try:
        return not video.is_reframed and not get_model(video.model).is_builtin
    except UnknownModel:
        return False


def at_service(job: Job, takes: Collection[Take]) -> AtService:
    """How the calls of a job for its takes stand, from two indexed queries."""
    active = Q(status__in=ACTIVE)
    models = {take.model for take in takes}
    found: dict[str, Any] = Prediction.objects.of_job(job.pk).aggregate(
        waiting=Count("pk", filter=active),
        newest_sent_at=Max("sent_at", filter=active),
        mean=Avg(
            F("provider_completed_at") - F("sent_at"),
            filter=Q(status=Status.SUCCEEDED, model__in=models),
        ),
    )
    return AtService(**found, retried=_retried(job))


def _retried(job: Job) -> frozenset[uuid.UUID]:
    """The takes of a job that are tried again, after a call that went wrong."""
    went_wrong = Prediction.objects.filter(subject_id=OuterRef("pk"), status=Status.FAILED)
    takes = Take.objects.of_job(job.pk).active().filter(Exists(went_wrong))
    return frozenset(takes.order_by().values_list("pk", flat=True))


def seconds_left(video: Video, job: Job, service: AtService, *, to_make: int) -> int:
    """From how long a call takes, how many follow each other, and what is done here afterwards."""
    usual = service.mean.total_seconds() if service.mean else get_model(video.model).run_seconds
    since = service.newest_sent_at
    waited = (timezone.now() - since).total_seconds() if since else 0.0
    calls = max(LEAST_SECONDS, _longest_chain(video, job) * usual - waited) if to_make else 0.0
    return round(calls + NORMALIZE_SECONDS * to_make + JOIN_SECONDS)


def _longest_chain(video: Video, job: Job) -> int:
    """How many calls follow each other at most: where clips go on from each other, a section's."""
    if video.continuity != Video.Continuity.CONTINUOUS:
        return 1
    waiting = Take.objects.of_job(job.pk).active().order_by()
    sections = waiting.values("clip__section").annotate(takes=Count("pk"))
    return max((int(section["takes"]) for section in sections), default=1)
