"""Making the clips of a video: one take for each, side by side, and what follows the last one."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal

from django.db.models import F, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest, Now

from accounts.models import User
from vibecraft import storage
from vibecraft.jobs.claims import Status
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.money import usd_sum
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.ordering import stop
from videos.film import composing_ended
from videos.first_frames import continuing
from videos.models import Clip, Take, Video

CLIPS_SHARE = 80
GENERATION_DEADLINE_SECONDS = 6 * 3600


def open_job(video: Video, *, job_id: uuid.UUID | None = None) -> Job:
    """Make the job and a queued take for each clip (inside the caller's transaction).

    A take that goes on from the clip before waits until that one is accepted. What comes from
    another format goes on from nothing.
    """
    clips = list(video.clips.select_related("chosen_still"))
    job = new_job(video, clips, job_id=job_id)
    before = {} if video.is_reframed else continuing(video, clips)
    takes: dict[uuid.UUID, Take] = {}
    for clip in clips:
        earlier = takes[before[clip.pk].pk] if clip.pk in before else None
        takes[clip.pk] = _queued_take(job, video, clip, earlier)
    Take.objects.bulk_create(takes.values())
    return job


def new_job(video: Video, clips: Sequence[Clip], *, job_id: uuid.UUID | None = None) -> Job:
    """The job that makes these clips and joins them; it is woken by the last of their takes."""
    job: Job = Job.objects.create(
        id=job_id or uuid.uuid4(),
        owner_id=video.owner_id,
        kind=Job.Kind.GENERATION,
        video_id=video.pk,
        song_id=video.song_id,
        step="clips",
        message=f"0 of {len(clips)} clips",
        total=len(clips),
        next_run_at=None,
        started_at=Now(),
        deadline_at=Now() + timedelta(seconds=GENERATION_DEADLINE_SECONDS),
    )
    return job


def count(video: Video) -> None:
    """Count the video among the user's, once (inside the caller's transaction)."""
    if Video.objects.filter(pk=video.pk, is_counted=False).update(is_counted=True):
        video.owner.take_video()


def promised_usd(owner: User | None) -> Decimal:
    """What films under way are still to order; those of a user, or with None of all.

    Each film by itself: what one orders beyond its price takes nothing from another's promise. All in
    one query, so that no film ends between two.
    """
    jobs = Job.objects.filter(kind=Job.Kind.GENERATION).active()
    if owner is not None:
        jobs = jobs.filter(owner=owner)
    none = Value(Decimal(0))
    owed = Greatest(F("estimated_usd") - Coalesce(_ordered_usd(), none), none)
    films = Video.objects.filter(job_id__in=jobs.values("pk"))
    total: Decimal | None = films.aggregate(usd=usd_sum(Sum(owed)))["usd"]
    return total or Decimal(0)


def _ordered_usd() -> Subquery:
    """Of a film's price, what is ordered; a call that failed and cost nothing is ordered anew."""
    is_owed_again = Q(status__in=(Status.FAILED, Status.CANCELED), actual_usd=0)
    calls = Prediction.objects.filter(job_id=OuterRef("job_id")).exclude(is_owed_again)
    sums = calls.order_by().values("job_id").annotate(usd=Sum("estimated_usd"))
    return Subquery(sums.values("usd"))


def _queued_take(job: Job, video: Video, clip: Clip, continues: Take | None) -> Take:
    """A new number for each try, so that no file of an earlier one is ever overwritten.

    In a video that came from another format, each try is what the first one was: free of charge.
    """
    if video.is_reframed and clip.newest_take is not None:
        return clip.newest_take.again(job)
    return Take(
        continues=continues,
        next_run_at=None if continues else Now(),
        clip=clip,
        job=job,
        number=1 + clip.takes.count(),
        model=video.model,
        prompt=clip.prompt,
        seed=seed_of(video, clip),
    )


def seed_of(video: Video, clip: Clip, earlier_takes: int = 0) -> int:
    """The first take is drawn from the seed of its approved still, to look as the still has shown it.

    A clip that is made again is to look otherwise: each further take has a seed of its own.
    """
    still = clip.chosen_still if video.is_storyboard_approved else None
    if still is not None and still.model == video.model and not earlier_takes:
        return still.seed
    return (video.seed * 1_000_003 + clip.clip_index + 7919 * earlier_takes) % 2**31


def advance(job: Job, video: Video) -> None:
    """Count one more clip; whoever counts the last one starts the composition, exactly once.

    The counting comes first: it locks the job's row, so that of two last takes the second sees what
    the first has written.
    """
    Job.objects.filter(pk=job.pk).update(completed=F("completed") + 1)
    job.refresh_from_db()
    message = f"{job.completed} of {job.total} clips"
    job.report(CLIPS_SHARE * job.completed // max(1, job.total), "clips", message)
    is_last = (
        video.begin_composing() if job.kind == Job.Kind.GENERATION else job.completed == job.total
    )
    if is_last and job.wake():
        job.note(JobEvent.Kind.STEP, "All clips are made.")
        ring_on_commit(job)


def generation_ended(job: Job) -> None:
    """A generation that failed or was canceled leaves nothing behind: no work, no files, no count."""
    videos = Video.objects.of_job(job).filter(job_id=job.pk)
    video = videos.select_related("owner").first()
    if video is None:
        return
    stop(Prediction.objects.of_job(job.pk))
    if job.status == Job.Status.CANCELED:
        video.become_canceled()
    else:
        video.fail(job.error_code, job.error_sentence)
    for take in Take.objects.of_job(job.pk).active():
        take.cancel()
    _clean_up(job, video)
    composing_ended(job)
    _stop_counting(video)


def _clean_up(job: Job, video: Video) -> None:
    made = Take.objects.of_job(job.pk).exclude(key="")
    keys = [key for pair in made.values_list("key", "thumbnail_key") for key in pair]
    size = made.aggregate(total=Sum("size_bytes"))["total"] or 0
    Discard.objects.later(*keys, storage.calls_prefix(video.owner_id, video.pk, job.pk))
    video.clips.filter(chosen_take__in=made).update(chosen_take=None)
    made.update(key="", thumbnail_key="", size_bytes=0, thumbnail_bytes=None)
    Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") - size)
    video.owner.give_back_storage(size)


def _stop_counting(video: Video) -> None:
    if Video.objects.filter(pk=video.pk, is_counted=True, film_key="").update(is_counted=False):
        video.owner.give_back_video()
