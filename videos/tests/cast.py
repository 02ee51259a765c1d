"""Videos in each of their states, made by rows and tiny files, without the time that making takes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db.models import F

from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.claims import Status
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem
from videos import drafts, generation
from videos.models import Clip, Take, Video

FILM = bytes(range(256)) * 40
JPEG = b"\xff\xd8 a picture \xff\xd9"
# The key of a model that the catalog knows no more.
GONE = "of-yesterday"

WriteSong = Callable[..., Song]


def draft_of(song: Song, **choices: Any) -> Video:
    """A draft with its plan."""
    video = drafts.create_video(song.owner, song, **choices)
    drafts.plan_video(video, seed=7)
    return video


def generating(song: Song, done: int = 1) -> Video:
    """A video whose first clips are made."""
    video = draft_of(song)
    job = generation.open_job(video)
    video.begin_generating(job.pk)
    for clip in list(video.clips.all())[:done]:
        _made(video, clip, clip.takes.get(job=job))
    Job.objects.filter(pk=job.pk).update(
        status=Status.RUNNING, completed=done, progress=F("progress") + 10, message="at work"
    )
    return video


def _made(video: Video, clip: Clip, take: Take) -> None:
    take.key = storage.take_key(video.owner_id, video.pk, clip.clip_index, take.number)
    take.thumbnail_key = take.key.replace(".mp4", ".jpg")
    take.status = Status.SUCCEEDED
    take.save()
    _store(take.thumbnail_key, JPEG)
    Clip.objects.filter(pk=clip.pk).update(chosen_take=take)


def _store(key: str, content: bytes) -> None:
    with storage.scratch("test") as folder:
        path = folder / Path(key).name
        path.write_bytes(content)
        storage.put(key, path)


def ready(song: Song) -> Video:
    """A video with a film, which is no film but has bytes to be served."""
    video = generating(song, done=99)
    film_key = storage.video_key(video.owner_id, video.pk, "film.mp4")
    poster_key = storage.video_key(video.owner_id, video.pk, "poster.jpg")
    _store(film_key, FILM)
    _store(poster_key, JPEG)
    video.begin_composing()
    Job.objects.filter(pk=video.job_id).update(status=Status.SUCCEEDED, progress=100)
    video.become_ready(
        film_key=film_key,
        poster_key=poster_key,
        film_size_bytes=len(FILM),
        film_facts={"width": 1920, "height": 1080, "frames": song.frames},
        sync_report=report(),
    )
    return video


def report() -> dict[str, Any]:
    """The report of a film with two cuts: one on a downbeat, one at a border, 30 ms early."""
    cut = {"time": 4.0, "distance": 0.0, "is_border": False, "is_on_beat": True}
    border = {"time": 8.0, "distance": -0.03, "is_border": True, "is_on_beat": False}
    return {
        "cuts": 2,
        "cuts_on_beats": 1,
        "cuts_on_downbeats": 1,
        "inner_cuts": 1,
        "inner_cuts_on_beats": 1,
        "worst_distance_ms": 0.0,
        "frames": 288,
        "sound_offset_ms": -0.42,
        "sound_drift_ms": 0.0,
        "each": [cut | {"is_on_downbeat": True}, border | {"is_on_downbeat": False}],
    }


def failed(song: Song) -> Video:
    video = generating(song)
    Job.objects.get(pk=video.job_id).fail(Problem("crashed", "A clip could not be drawn."))
    video.refresh_from_db()
    return video


def canceled(song: Song) -> Video:
    video = generating(song)
    Job.objects.get(pk=video.job_id).cancel()
    video.refresh_from_db()
    return video


def abandoned(video: Video) -> Video:
    """The same video, as if its model had left the catalog since."""
    Video.objects.filter(pk=video.pk).update(model=GONE)
    video.refresh_from_db()
    return video
