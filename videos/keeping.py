"""A take that is made is stored, accepted, and moves its video on."""

from __future__ import annotations

from pathlib import Path

from django.db import transaction
from django.db.models import F

from vibecraft import storage
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Discard, Job
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import stills
from vibecraft.predictions.models import Prediction
from videos.first_frames import calls_folder
from videos.generation import advance
from videos.models import Take, Video

THUMBNAIL_WIDTH = 480


def keep(lease: Lease, take: Take, folder: Path) -> None:
    """Keep `take.mp4` of the folder, a picture of it, and what follows. Repeating gives the same."""
    stills.still(
        folder / "take.mp4",
        folder / "take.jpg",
        frame=take.clip.frames // 2,
        width=THUMBNAIL_WIDTH,
    )
    failpoint("take-drawn")
    lease.check()
    store(take, folder)


def store(take: Take, folder: Path) -> None:
    """Store the files of the folder and accept the take in one transaction.

    A take of a clip that has one already is chosen later, when the film is joined with it.
    """
    index, video = take.clip.clip_index, take.clip.video
    key = storage.take_key(video.owner_id, video.pk, index, take.number)
    thumbnail_key = storage.take_key(video.owner_id, video.pk, index, take.number, "jpg")
    size = storage.put(key, folder / "take.mp4")
    thumbnail_bytes = storage.put(thumbnail_key, folder / "take.jpg")
    size += thumbnail_bytes
    failpoint("take-stored")
    with transaction.atomic():
        Job.objects.hold(take.job_id)
        Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") + size)
        kept = take.accept if take.job.kind == Job.Kind.GENERATION else take.succeed
        if not kept(
            key=key,
            thumbnail_key=thumbnail_key,
            size_bytes=size,
            thumbnail_bytes=thumbnail_bytes,
            frames_done=take.clip.frames,
        ):
            raise LeaseLost
        video.owner.add_storage(size)
        if Prediction.objects.about(take.pk).exists():
            Discard.objects.later(calls_folder(take))
        advance(take.job, video)
        _let_go_on(take)
    failpoint("take-accepted")


def _let_go_on(take: Take) -> None:
    """The clip after this one starts from its last picture: now it can."""
    for following in take.continued_by.filter(job=take.job_id):
        if following.wake():
            ring_on_commit(following)
