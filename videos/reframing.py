"""Takes cropped out of other takes: into another format, or around another point, free of charge [E8].

A crop is made from the fullest picture that is kept: the take that an earlier crop was cut from goes
before that crop. Nothing is asked of a provider here.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from vibecraft import storage
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Job
from vibecraft.jobs.runner import Lease
from vibecraft.media import house
from vibecraft.media.normalize import CENTER, Focus, normalize
from vibecraft.problems import Problem, not_possible
from vibecraft.texts import counted
from videos import changing
from videos.keeping import keep
from videos.models import Clip, Take, Video

DEADLINE_SECONDS = 2 * 3600
GONE = "The take that it is cropped from is gone: its video was deleted or made final."


def best_source(take: Take) -> Take | None:
    """The fullest take with this picture that is kept: what a crop came from, else the take."""
    best = take if take.key else None
    source = take.source
    while source is not None:
        best = source if source.key else best
        source = source.source
    return best


def focus_of(take: Take) -> Focus:
    """Around which point of its source a take is cropped."""
    return take.focus_x, take.focus_y


# --- the take ------------------------------------------------------------------------------------


def make_take(lease: Lease, take: Take) -> None:
    """Crop a take around its focus and keep it. Running it twice gives the same file once."""
    source = take.source
    if source is None or not source.key:
        raise Problem("source_gone", f"Clip {take.clip.clip_index + 1} cannot be cropped. {GONE}")
    with storage.scratch("take") as folder:
        with storage.local(source.key) as origin:
            normalize(
                origin,
                folder / "take.mp4",
                size=house.SIZES[take.clip.video.aspect_ratio],
                frames=take.clip.frames,
                focus=focus_of(take),
                should_stop=lease.is_lost,
            )
        failpoint("take-cropped")
        keep(lease, take, folder)


# --- another point -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Crop:
    """How a clip is cropped now; `reason` is why that cannot be changed."""

    clip: Clip
    source: Take | None
    focus: Focus
    reason: str = ""


def crops(video: Video) -> list[Crop]:
    """Every clip of a video with the crop that is chosen for it."""
    clips = video.clips.select_related("section", "chosen_take__source__clip__video")
    return [_crop_of(clip) for clip in clips]


def _crop_of(clip: Clip) -> Crop:
    take = clip.chosen_take
    if take is None or take.kind != Take.Kind.REFRAMED:
        return Crop(clip, None, CENTER, "It was made in this format, so nothing is cropped.")
    source = take.source
    if source is None or not source.key:
        return Crop(clip, None, focus_of(take), GONE)
    return Crop(clip, source, focus_of(take))


def change_focus(
    video: Video, wishes: Mapping[uuid.UUID, Focus], *, key: uuid.UUID | None = None
) -> Job:
    """Crop these clips around other points, then join the film again; the same `key`: the same job.

    Clips whose point is as it was are left alone. Problem: 400 for a point outside the picture or
    where nothing changes, 409 where a clip is no crop or its source is gone, while something runs,
    and once the video is final; 429 over the quota.
    """
    earlier: Job | None = Job.objects.filter(pk=key, video_id=video.pk).first() if key else None
    if earlier is not None:
        return earlier
    changing.check_film(video)
    changed = _changed(crops(video), wishes)
    video.owner.check_room()
    with transaction.atomic():
        video.hold_open()
        changing.check_free(video)
        job = changing.new_job(
            video,
            Job.Kind.REFRAMING,
            key=key,
            step="clips",
            message=f"Cropping {counted(len(changed), 'clip')}",
            takes=len(changed),
            seconds=DEADLINE_SECONDS,
        )
        takes = [_new_take(job, crop, wishes[crop.clip.pk]) for crop in changed]
        Take.objects.bulk_create(takes)
        ring_on_commit(*takes)
    return job


def _changed(known: Sequence[Crop], wishes: Mapping[uuid.UUID, Focus]) -> list[Crop]:
    """The clips that get another point; every wish is checked."""
    by_clip = {crop.clip.pk: crop for crop in known}
    for pk, focus in wishes.items():
        if pk not in by_clip:
            raise Problem("unknown_clip", "This video has no clip with that id.")
        _check_point(focus)
        if by_clip[pk].source is None:
            number = by_clip[pk].clip.clip_index + 1
            sentence = f"Clip {number} cannot be cropped anew. {by_clip[pk].reason}"
            raise not_possible("not_croppable", sentence)
    changed = [one for one in known if wishes.get(one.clip.pk, one.focus) != one.focus]
    if not changed:
        raise Problem("nothing_changed", "Every clip is cropped around that point already.")
    return changed


def _check_point(focus: Focus) -> None:
    if not all(math.isfinite(at) and 0 <= at <= 1 for at in focus):
        sentence = "A point lies in the picture: from 0 to 1 across, and from 0 to 1 down."
        raise Problem("invalid", sentence, errors={"focus": [sentence]})


def _new_take(job: Job, crop: Crop, focus: Focus) -> Take:
    """A further take of the same source; its prompt and seed are what the picture was made from."""
    clip = crop.clip
    assert clip.chosen_take is not None, "a crop that can be changed is there"
    take = clip.chosen_take.again(job)
    take.number = changing.next_number(clip)
    take.focus_x, take.focus_y = focus
    return take


def reframing_ended(job: Job) -> None:
    """It failed or was canceled: crops that are there stay, the choice and the film are as before."""
    changing.undo(job)
