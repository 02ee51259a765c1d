"""What calls add to the progress of a job: what they cost, and how long the one under way takes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db.models import Q, Sum
from django.utils import timezone

from vibecraft.jobs.claims import ACTIVE
from vibecraft.jobs.models import Job
from vibecraft.jobs.progress import Cost, Counts, at_this_pace
from vibecraft.predictions.catalog import UnknownModel, get_model
from vibecraft.predictions.models import Prediction

# What is left at the least while a call is under way, and what is done here when it has come.
LEAST_SECONDS, AFTERWARDS_SECONDS = 5, 5


def cost_of(job: Job) -> Cost:
    """What the calls of a job cost together, from one query."""
    found: dict[str, Any] = Prediction.objects.of_job(job.pk).aggregate(
        spent=Sum("actual_usd"), reserved=Sum("estimated_usd", filter=Q(status__in=ACTIVE))
    )
    return Cost(found["spent"] or Decimal(0), found["reserved"] or Decimal(0))


def seconds_left(job: Job, counts: Counts) -> int | None:
    """From how long the model of the call under way usually takes; without one, from the pace."""
    call = Prediction.objects.of_job(job.pk).active().only("model", "sent_at").first()
    if call is None:
        return at_this_pace(job, counts)
    try:
        usual = get_model(call.model).run_seconds
    except UnknownModel:
        return None
    waited = (timezone.now() - call.sent_at).total_seconds() if call.sent_at else 0.0
    return round(max(LEAST_SECONDS, usual - waited)) + AFTERWARDS_SECONDS
