"""What all changes of a finished film share: new takes first, then the film joined with them.

The clips' choice and the film change together, in the moment the new film is verified; until then
everything stays as it was, and whatever goes wrong leaves it so.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta

from django.db.models import Max
from django.db.models.functions import Now

from vibecraft import storage
from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Discard, Job
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.ordering import stop
from vibecraft.problems import Problem, not_possible
from videos import film
from videos.first_frames import calls_folder
from videos.models import Clip, Take, Video


def check_film(video: Video) -> None:
    """Raise Problem 409 where there is no film to change, or where it is final."""
    video.check_not_final()
    if video.status != Video.Status.READY or not video.has_film:
        raise not_possible(
            "film_not_ready", "The film of this video is not made yet.", video_id=str(video.pk)
        )


def check_free(video: Video) -> None:
    """Raise Problem 409 while something is being made for the video."""
    running = Job.objects.filter(video_id=video.pk).active()
    # An export only reads the film.
    if running.exclude(kind=Job.Kind.EXPORT).exists():
        raise not_possible(
            "already_running",
            "Something is being made for this video already. Wait until it is done.",
            video_id=str(video.pk),
        )


def same_unless_free(video: Video, same: Callable[[], Job | None]) -> Job | None:
    """None when the video is free; else the job of the same request. Problem 409 without one.

    It is looked for once more: a click at the same moment may have begun it since.
    """
    try:
        check_free(video)
    except Problem:
        earlier = same()
        if earlier is None:
            raise
        return earlier
    return None


def new_job(
    video: Video,
    kind: Job.Kind,
    *,
    key: uuid.UUID | None,
    step: str,
    message: str,
    takes: int,
    seconds: int,
) -> Job:
    """The job of a change: it sleeps until the last of its takes wakes it, `seconds` at most."""
    job: Job = Job.objects.create(
        id=key or uuid.uuid4(),
        owner_id=video.owner_id,
        kind=kind,
        video_id=video.pk,
        song_id=video.song_id,
        step=step,
        message=message,
        total=takes,
        next_run_at=None,
        started_at=Now(),
        deadline_at=Now() + timedelta(seconds=seconds),
    )
    return job


def next_number(clip: Clip) -> int:
    """The number of a clip's next take; no number is used twice."""
    return 1 + (clip.takes.aggregate(number=Max("number"))["number"] or 0)


def files_of(take: Take) -> tuple[str, str]:
    """The keys of a take's picture and of its thumbnail."""
    clip, video = take.clip, take.clip.video
    key = storage.take_key(video.owner_id, video.pk, clip.clip_index, take.number)
    return key, key.removesuffix("mp4") + "jpg"


def undo(job: Job) -> list[Take]:
    """End what a change that failed or was canceled has begun; its takes (database work only).

    Calls are stopped and half-made files go; a take that is finished stays. The clips' choice and
    the film are as they were.
    """
    stop(Prediction.objects.of_job(job.pk))
    takes = list(Take.objects.of_job(job.pk).select_related("clip__video"))
    for take in takes:
        Discard.objects.later(calls_folder(take))
        if take.cancel() or take.status != Status.SUCCEEDED:
            Discard.objects.later(*files_of(take))
    film.composing_ended(job)
    return takes
