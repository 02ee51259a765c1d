"""What a request starts: rows first, then the doorbell on commit."""

from __future__ import annotations

import uuid
from datetime import timedelta
from decimal import Decimal

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from accounts.turns import take_paid_turn
from vibecraft import storage
from vibecraft.jobs.doorbell import knock_on_commit, ring_on_commit
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.predictions import days
from vibecraft.predictions.ordering import check_on
from vibecraft.problems import Problem, gone, not_possible
from vibecraft.rows import hold
from videos import changing, choosing, drafts, first_frames, generation
from videos.models import Take, Video

COMPOSITION_DEADLINE_SECONDS = 1800


def start_generation(
    video: Video, *, key: uuid.UUID | None = None, agreed_usd: Decimal | None = None
) -> Job:
    """Start making all clips; the same `key` twice gives the same job.

    Problem: 429 over the quota or after too many starts, 402 over the budget, 409 while something
    runs for it, when the film exists, without a token, or where it costs more than `agreed_usd`, 404
    when it is deleted meanwhile.
    """
    earlier: Job | None = Job.objects.filter(pk=key, video_id=video.pk).first() if key else None
    if earlier is not None:
        return earlier
    try:
        return _start(video, key or uuid.uuid4(), agreed_usd)
    except (ObjectDoesNotExist, Problem) as error:
        if Video.objects.filter(pk=video.pk).exists():
            raise
        raise gone("video") from error


def _start(video: Video, job_id: uuid.UUID, agreed_usd: Decimal | None) -> Job:
    video.check_not_final()
    if not video.is_startable:
        raise _not_startable(video)
    video.owner.check_room()
    is_paid = not video.is_reframed and not choosing.model_of(video).is_builtin
    if is_paid:
        check_on()
    _plan_once(video)
    if not video.is_reframed:
        drafts.check_budget(video)
    video.check_agreed(_price(video), agreed_usd)
    if is_paid:
        take_paid_turn(video.owner)
    with transaction.atomic():
        # First, since it locks the video: of two starts at once the second one ends here.
        if not video.begin_generating(job_id):
            raise _not_startable(video)
        if Job.objects.filter(video_id=video.pk).active().exists():
            raise _busy(video)
        price = _price(video)
        # Again, of what is held now: until here the direction could be changed elsewhere.
        video.check_agreed(price, agreed_usd)
        generation.count(video)
        if price:
            days.promise(video.owner, price)
        job = generation.open_job(video, job_id=job_id)
        Video.objects.filter(pk=video.pk).update(estimated_usd=price)
        if note := first_frames.cuts_note(video):
            job.note(JobEvent.Kind.STEP, note)
        ring_on_commit(*Take.objects.of_job(job.pk).exclude(next_run_at=None))
    return job


def _plan_once(video: Video) -> None:
    """Plan where there is no plan; of two starts at once one plans, and the other starts with it."""
    with transaction.atomic():
        if not video.hold_startable():
            raise _not_startable(video)
        if not video.clips.exists():
            # With its own seed: it is what was chosen, and what the price was told of.
            drafts.plan_video(video, seed=video.seed)


def _not_startable(video: Video) -> Problem:
    video.refresh_from_db()
    if video.is_running:
        return not_possible(
            "already_running", "This video is being made already.", video_id=str(video.pk)
        )
    return not_possible(
        "already_made", "This video is made. Start a new one to change it.", video_id=str(video.pk)
    )


def _busy(video: Video) -> Problem:
    """Its storyboard or its scenes are being made: they are what the clips are made from."""
    return not_possible(
        "busy",
        "Something is being made for this video. Wait for it, or cancel it.",
        video_id=str(video.pk),
    )


def _price(video: Video) -> Decimal:
    """What its clips will cost; those that come from another format cost nothing."""
    return Decimal(0) if video.is_reframed else drafts.estimate_video(video).usd


def start_composition(video: Video) -> Job:
    """Join the chosen takes again; the earlier film stays until the new one is verified.

    While it is being joined, that job is returned. Problem: 409 `clips_missing`, while something
    else is being made for the video, and once it is final.
    """
    if video.clips.filter(chosen_take=None).exists() or not video.clips.exists():
        raise not_possible(
            "clips_missing", "Not every clip of this video is made yet.", video_id=str(video.pk)
        )
    with transaction.atomic():
        video.hold_open()
        joining = Job.objects.filter(video_id=video.pk, kind=Job.Kind.COMPOSITION).active()
        under_way: Job | None = joining.first()
        if under_way is not None:
            return under_way
        # An export may go on: it only reads the film, and goes when another one is there.
        changing.check_free(video)
        job: Job = Job.objects.create(
            owner_id=video.owner_id,
            kind=Job.Kind.COMPOSITION,
            video_id=video.pk,
            song_id=video.song_id,
            deadline_at=Now() + timedelta(seconds=COMPOSITION_DEADLINE_SECONDS),
        )
        ring_on_commit(job)
    return job


def cancel_video(video: Video) -> bool:
    """Cancel what runs for this video; False when nothing does."""
    running = Job.objects.filter(video_id=video.pk).active()
    canceled = [job.cancel() for job in running]
    return any(canceled)


def delete_video(video: Video) -> None:
    """Delete a video with its files; its place in the quota is free at once.

    What runs for it is canceled in a transaction of its own: workers lock a job before its video.
    """
    while not _is_deleted(video):
        cancel_video(video)


def _is_deleted(video: Video) -> bool:
    """Delete a video, unless somebody has; False (and nothing is deleted) while something runs."""
    owner: User = video.owner
    with transaction.atomic():
        if not hold(video):
            return True
        # Asked after the lock: who starts something locks the video first.
        if Job.objects.filter(video_id=video.pk).active().exists():
            return False
        Discard.objects.later(storage.video_prefix(owner.pk, video.pk))
        video.delete()
        # The user's row comes last, as it does where something is made.
        owner.give_back_storage(video.stored_bytes)
        if video.is_counted:
            owner.give_back_video()
        knock_on_commit("discard")
    return True
