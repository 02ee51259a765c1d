"""Ordering a paid call: checked against the catalog, priced, reserved, written; then the doorbell."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models.functions import Now

from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.models import Job
from vibecraft.predictions import days
from vibecraft.predictions.catalog import build_input, get_model
from vibecraft.predictions.models import Phase, Prediction, PredictionQuerySet, Purpose
from vibecraft.predictions.prices import quote
from vibecraft.problems import not_possible

Reserve = Callable[[Decimal], None]


def is_on() -> bool:
    """Whether pictures, words and music can be ordered at all: whether there is a token."""
    return bool(settings.REPLICATE_API_TOKEN)


def check_on() -> None:
    """Raise Problem 409 where nothing can be ordered."""
    if not is_on():
        raise not_possible(
            "ai_is_off",
            "AI models are switched off here. The operator can switch them on with a token of "
            "Replicate (REPLICATE_API_TOKEN).",
        )


def stored(key: str) -> dict[str, str]:
    """A file as an input: what lies at this storage key is uploaded before the call."""
    return {"$file": key}


def order(
    *,
    owner: Any,
    purpose: Purpose,
    model: str,
    values: Mapping[str, Any],
    subject_id: uuid.UUID,
    keep_at: str,
    job: Job | None = None,
    video_id: uuid.UUID | None = None,
    song_id: uuid.UUID | None = None,
    clip_id: uuid.UUID | None = None,
    reserve: Reserve | None = None,
) -> Prediction:
    """Write the intent of one paid call, inside the caller's transaction; it is rung for on commit.

    `values` are by our own names of inputs (`prompt`, `seconds`, `first_frame`, …), files as
    `stored(key)`. `reserve(usd)` sets the estimate aside and raises where the budget does not
    allow it. The caller then waits (`wait_for_others`) until the handler of the purpose wakes it.

    Raises Problem: 409 `ai_is_off`, 400 for an input that the model does not take, 402 `over_budget`
    where today's limits do not allow it. Raises IntegrityError while another call for the same
    subject lives.
    """
    check_on()
    entry = get_model(model)
    sent = build_input(entry, values)
    estimate = quote(entry, sent)
    Job.objects.hold(job.pk if job else None)
    if reserve is not None:
        reserve(estimate)
    is_promised = job is not None and job.kind == Job.Kind.GENERATION
    with transaction.atomic():
        prediction: Prediction = Prediction.objects.create(
            owner=owner,
            job=job,
            purpose=purpose,
            subject_id=subject_id,
            video_id=video_id,
            song_id=song_id,
            clip_id=clip_id,
            keep_at=keep_at,
            model=entry.key,
            slug=entry.slug,
            version=entry.version,
            input=sent,
            estimated_usd=estimate,
        )
        days.spend(owner, estimate, day=prediction.day, is_promised=is_promised)
    ring_on_commit(prediction)
    return prediction


def stop(predictions: PredictionQuerySet) -> None:
    """Ask for the end of calls that nobody needs any more (inside the caller's transaction).

    What was not sent ends at once and costs nothing; what was sent is canceled at the service, and
    its cost is settled when the service has answered.
    """
    with transaction.atomic():
        Job.objects.hold(*predictions.active().values_list("job_id", flat=True))
        for prediction in predictions.active():
            rows = Prediction.objects.filter(pk=prediction.pk)
            # This update holds the row until the commit: no worker can claim it in between.
            unsent = rows.filter(phase=Phase.INTENT, lease_token=None).update(cancel_asked=True)
            if unsent and prediction.cancel():
                continue
            rows.update(cancel_asked=True, next_run_at=Now(), rung_at=None)
            ring_on_commit(prediction)
