"""Making the stills of a storyboard, and letting them go: drawn here, or made by an image model."""

from __future__ import annotations

import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import F, Sum

from songs.audio.features import FrameFeatures
from songs.models import Analysis
from vibecraft import storage
from vibecraft.jobs.doorbell import knock_on_commit
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Discard, Job, JobQuerySet
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import house, images
from vibecraft.media import stills as pictures
from vibecraft.media.errors import MediaError
from vibecraft.predictions.catalog import build_input, get_model
from vibecraft.predictions.models import Prediction, Purpose
from vibecraft.predictions.ordering import is_on, order, stored
from vibecraft.predictions.prices import quote
from videos import choosing
from videos.briefing import brief_for
from videos.first_frames import character_of, still_values
from videos.models import Clip, Still, Video
from videos.picturing import picture_of, try_on
from videos.settling import settle
from videos.visualizer import picture

BUILTIN = "visualizer"
AS_IN_THE_REFERENCE = (
    "Keep the character of the reference picture exactly as it is: face, hair, build"
)
AS_IN_THE_REFERENCE += " and clothes. Show this character in a new scene: "
# The name of the picture in a scratch folder; another row keeps what the call brought.
PICTURE, SMALL = "still.jpg", "small.jpg"


# --- what is asked, of whom, at which price --------------------------------------------------------


def model_for(video: Video) -> str:
    """Who makes the stills: the visualizer where AI is off or makes no part of the video."""
    if not is_on() or choosing.model_of(video).is_builtin:
        return BUILTIN
    return str(settings.REFERENCE_IMAGE_MODEL if character_of(video) else settings.IMAGE_MODEL)


def price_of_still(video: Video, prompt: str = "A still.") -> Decimal:
    """What one still costs."""
    model = get_model(model_for(video))
    if model.is_builtin:
        return Decimal(0)
    return quote(model, build_input(model, _values(video, model.key, prompt, seed=1)))


def _values(video: Video, model: str, prompt: str, *, seed: int) -> dict[str, Any]:
    character = character_of(video) if get_model(model).takes_reference else None
    if character is None:
        return still_values(video, prompt) | {"seed": seed}
    asked = still_values(video, AS_IN_THE_REFERENCE + prompt)
    return asked | {"seed": seed, "reference": stored(character.key)}


# --- making one ------------------------------------------------------------------------------------


def make_still(lease: Lease, still: Still) -> None:
    """Do what can be done for a still now. Running it twice gives the same file once."""
    failpoint("still-claimed")
    with storage.scratch("still") as folder:
        if get_model(still.model).is_builtin:
            _draw(still, folder)
        elif not _fetch(still, folder):
            return
        target = folder / PICTURE
        size = house.SIZES[still.clip.video.aspect_ratio]
        images.thumbnail(target, folder / SMALL, size=size)
        lease.check()
        _keep(still, folder)


def _draw(still: Still, folder: Path) -> None:
    """The picture that the visualizer will show in the middle of the clip."""
    analysis = Analysis.objects.get(song=still.clip.video.song)
    with storage.local(analysis.features_key) as path:
        features = FrameFeatures.load(path)
    brief = brief_for(still, analysis)
    beats = np.asarray(analysis.beat_times, np.float64)
    downbeats = np.asarray(analysis.downbeat_times, np.float64)
    frame, middle = folder / "frame.mp4", brief.frames // 2
    picture(brief, features, beats, downbeats, frame, index=middle)
    pictures.still(frame, folder / PICTURE, frame=0, width=brief.size[0])


def _fetch(still: Still, folder: Path) -> bool:
    """Bring the model's picture to the shape of the film; False when it has to be waited for."""
    calls = list(Prediction.objects.about(still.pk))
    call = picture_of(still, calls, lambda number: _place(still, number))
    if call is None:
        return False
    size = house.SIZES[still.clip.video.aspect_ratio]
    try:
        with storage.local(call.outputs[0]) as made:
            pictures.first_frame(made, folder / PICTURE, size=size)
    except MediaError as error:
        if not error.is_permanent:
            raise
        try_on(still, calls, lambda number: _place(still, number), "output_bad", str(error))
        return False
    failpoint("still-fetched")
    return True


def _place(still: Still, number: int) -> Prediction:
    """Order the picture; each call has a seed of its own, so that no two are alike."""
    clip, video = still.clip, still.clip.video
    return order(
        owner=video.owner,
        purpose=Purpose.STILL,
        model=still.model,
        values=_values(video, still.model, still.prompt, seed=(still.seed + number) % 2**31),
        subject_id=still.pk,
        keep_at=f"{_calls_folder(still)}{uuid.uuid4()}",
        job=still.job,
        video_id=video.pk,
        song_id=video.song_id,
        clip_id=clip.pk,
        reserve=video.reserve,
    )


def _calls_folder(still: Still) -> str:
    video = still.clip.video
    return storage.calls_prefix(video.owner_id, video.pk, still.job_id, still.pk)


def _keep(still: Still, folder: Path) -> None:
    """Store the picture and let the clip have it; the one that it had before goes."""
    clip, video = still.clip, still.clip.video
    key = storage.still_key(video.owner_id, video.pk, clip.clip_index, still.pk)
    thumbnail_key = storage.still_key(
        video.owner_id, video.pk, clip.clip_index, still.pk, "small.jpg"
    )
    size = storage.put(key, folder / PICTURE) + storage.put(thumbnail_key, folder / SMALL)
    failpoint("still-stored")
    with transaction.atomic():
        Job.objects.hold(still.job_id)
        Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") + size)
        if not still.accept(key=key, thumbnail_key=thumbnail_key, size_bytes=size):
            raise LeaseLost
        video.owner.add_storage(size)
        let_files_go(video, Still.objects.filter(clip=clip).exclude(pk=still.pk))
        if Prediction.objects.about(still.pk).exists():
            Discard.objects.later(_calls_folder(still))
    failpoint("still-accepted")


def call_ended(call: Prediction) -> None:
    """A call for a still has ended."""
    settle(call, Still)


# --- letting go ------------------------------------------------------------------------------------


def are_there(video: Video) -> bool:
    """Whether a video has pictures, or some are being made; what failed or was canceled is none."""
    making = Still.objects.filter(clip__video=video).active()
    return video.clips.exclude(chosen_still=None).exists() or making.exists()


def let_files_go(video: Video, stills: Any) -> None:
    """Free the files of these stills at once (inside the caller's transaction)."""
    kept = stills.exclude(key="")
    keys = [key for pair in kept.values_list("key", "thumbnail_key") for key in pair]
    if not keys:
        return
    size = kept.aggregate(total=Sum("size_bytes"))["total"] or 0
    kept.update(key="", thumbnail_key="", size_bytes=0)
    Discard.objects.later(*keys)
    Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") - size)
    video.owner.give_back_storage(size)
    knock_on_commit("discard")


def _making(video: Video) -> JobQuerySet:
    return Job.objects.filter(video_id=video.pk, kind=Job.Kind.STORYBOARD).active()


def hold_jobs(video: Video) -> None:
    """Lock the jobs that make stills of a video, before the video itself (see `Job.hold`).

    One that begins between the two is not held. That is tolerated: when it is canceled, its first
    still is hardly begun.
    """
    Job.objects.hold(*_making(video).values_list("pk", flat=True))


def let_go(video: Video) -> None:
    """Remove the whole storyboard with its files; a draft is what is left.

    Inside the caller's transaction. What is being made for it is canceled, so whoever locks the
    video before calls `hold_jobs` first.
    """
    stills = Still.objects.filter(clip__video=video)
    if not stills.exists():
        return
    hold_jobs(video)
    for job in _making(video):
        job.cancel()
    let_files_go(video, stills)
    Clip.objects.filter(video=video).update(chosen_still=None)
    stills.delete()
    Video.objects.get(pk=video.pk).leave_storyboard()
    # Nothing else: the caller may hold changes that are not saved yet.
    video.refresh_from_db(fields=["status", "is_storyboard_approved", "stored_bytes", "job_id"])
