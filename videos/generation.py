"""Making the clips of a video: one take for each, side by side, and what follows the last one."""

from __future__ import annotations

import time
import uuid
from datetime import timedelta
from pathlib import Path

import numpy as np
from django.db import transaction
from django.db.models import F, Sum
from django.db.models.functions import Now

from songs.audio.features import FrameFeatures
from songs.models import Analysis
from vibecraft import storage
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import stills
from videos.briefing import brief_for
from videos.models import Clip, Take, Video
from videos.visualizer import render

CLIPS_SHARE = 80
GENERATION_DEADLINE_SECONDS = 6 * 3600
THUMBNAIL_WIDTH = 480
PROGRESS_SECONDS = 1.0


def open_job(video: Video, *, job_id: uuid.UUID | None = None) -> Job:
    """Make the job and a queued take for each clip (inside the caller's transaction)."""
    clips = list(video.clips.all())
    job = Job.objects.create(
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
    takes = [_queued_take(job, video, clip) for clip in clips]
    Take.objects.bulk_create(takes)
    return job


def _queued_take(job: Job, video: Video, clip: Clip) -> Take:
    """A new number for each try, so that no file of an earlier one is ever overwritten."""
    return Take(
        clip=clip,
        job=job,
        number=1 + clip.takes.count(),
        model=video.model,
        prompt=clip.prompt,
        seed=(video.seed * 1_000_003 + clip.clip_index) % 2**31,
    )


def make_take(lease: Lease, take: Take) -> None:
    """Draw one take, keep it, and move the video on. Running it twice gives the same file once."""
    clip, video = take.clip, take.clip.video
    failpoint("take-claimed")
    with storage.scratch("take") as folder:
        _draw(lease, take, folder / "take.mp4")
        stills.still(
            folder / "take.mp4",
            folder / "take.jpg",
            frame=clip.frames // 2,
            width=THUMBNAIL_WIDTH,
        )
        failpoint("take-drawn")
        lease.check()
        _keep(take, video, folder)


def _draw(lease: Lease, take: Take, target: Path) -> None:
    analysis = Analysis.objects.get(song=take.clip.video.song)
    with storage.local(analysis.features_key) as path:
        features = FrameFeatures.load(path)
    render(
        brief_for(take, analysis),
        features,
        np.asarray(analysis.beat_times, np.float64),
        np.asarray(analysis.downbeat_times, np.float64),
        target,
        on_frame=_FrameCount(take),
        should_stop=lease.is_lost,
    )


class _FrameCount:
    """Writes how far a take is, about once a second."""

    def __init__(self, take: Take) -> None:
        self.take = take
        self.written_at = time.monotonic()

    def __call__(self, frames_done: int) -> None:
        if time.monotonic() - self.written_at >= PROGRESS_SECONDS:
            self.written_at = time.monotonic()
            self.take.write_mine(frames_done=frames_done)


def _keep(take: Take, video: Video, folder: Path) -> None:
    index = take.clip.clip_index
    key = storage.take_key(video.owner_id, video.pk, index, take.number)
    thumbnail_key = storage.take_key(video.owner_id, video.pk, index, take.number, "jpg")
    size = storage.put(key, folder / "take.mp4")
    size += storage.put(thumbnail_key, folder / "take.jpg")
    failpoint("take-stored")
    with transaction.atomic():
        accepted = take.accept(
            key=key, thumbnail_key=thumbnail_key, size_bytes=size, frames_done=take.clip.frames
        )
        if not accepted:
            raise LeaseLost
        Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") + size)
        video.owner.add_storage(size)
        advance(take.job, video)
    failpoint("take-accepted")


def advance(job: Job, video: Video) -> None:
    """Count one more clip; whoever counts the last one starts the composition, exactly once.

    The counting comes first: it locks the job's row, so that of two last takes the second sees what
    the first has written.
    """
    Job.objects.filter(pk=job.pk).update(completed=F("completed") + 1)
    job.refresh_from_db()
    message = f"{job.completed} of {job.total} clips"
    job.report(CLIPS_SHARE * job.completed // max(1, job.total), "clips", message)
    if video.begin_composing() and job.wake():
        job.note(JobEvent.Kind.STEP, "All clips are made.")
        ring_on_commit(job)


def generation_ended(job: Job) -> None:
    """A generation that failed or was canceled leaves nothing behind: no work, no files, no count."""
    videos = Video.objects.of_job(job).filter(job_id=job.pk)
    video = videos.select_related("owner").first()
    if video is None:
        return
    if job.status == Job.Status.CANCELED:
        video.become_canceled()
    else:
        video.fail(job.error_code, job.error_sentence)
    for take in Take.objects.of_job(job.pk).active():
        take.cancel()
    _clean_up(job, video)
    _stop_counting(video)


def _clean_up(job: Job, video: Video) -> None:
    made = Take.objects.of_job(job.pk).exclude(key="")
    keys = [key for pair in made.values_list("key", "thumbnail_key") for key in pair]
    size = made.aggregate(total=Sum("size_bytes"))["total"] or 0
    Discard.objects.later(*keys)
    video.clips.filter(chosen_take__in=made).update(chosen_take=None)
    made.update(key="", thumbnail_key="", size_bytes=0)
    Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") - size)
    video.owner.give_back_storage(size)


def _stop_counting(video: Video) -> None:
    if Video.objects.filter(pk=video.pk, is_counted=True, film_key="").update(is_counted=False):
        video.owner.give_back_video()
