"""A finished film with numbered pictures: every frame of every clip can be told from every other."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

from django.db.models import F

from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.models import Job
from vibecraft.media import concat, stills
from vibecraft.media.house import SIZES, house_writer
from vibecraft.media.tests.making import SMALL, numbered
from videos import drafts
from videos.models import Clip, Take, Video

FIRST_NUMBER_OF_NEXT_CLIP = 200


class Held:
    """A lease that is never lost."""

    def check(self) -> None:
        return None

    def is_lost(self) -> bool:
        return False


@cache
def _written(first: int, frames: int) -> Path:
    """A take of the pictures numbered from `first`, its thumbnail beside it; made once a session."""
    path = Path(tempfile.mkdtemp(prefix="vibecraft-takes-")) / "take.mp4"
    with house_writer(path, size=SIZES["16:9"], drawn_size=SMALL, frames=frames) as write:
        for number in range(first, first + frames):
            write(numbered(number))
    stills.still(path, path.with_suffix(".jpg"), frame=1, width=480)
    return path


def finished(song: Song, folder: Path) -> Video:
    """A ready video whose film is joined from real takes of numbered pictures."""
    video = drafts.create_video(song.owner, song, model="visualizer")
    drafts.plan_video(video, seed=7)
    job = Job.objects.create(
        owner=song.owner, kind="composition", status="succeeded", video_id=video.pk
    )
    clips = list(video.clips.all())
    takes = [_written(clip.clip_index * FIRST_NUMBER_OF_NEXT_CLIP, clip.frames) for clip in clips]
    for clip, path in zip(clips, takes, strict=True):
        _take(job, video, clip, path, folder)
    with storage.local(song.master_key) as master:
        pairs = [(path, clip.frames) for path, clip in zip(takes, clips, strict=True)]
        concat.join(pairs, master, folder / "film.mp4", frames=song.frames)
    _show(video, folder)
    return video


def _take(job: Job, video: Video, clip: Clip, path: Path, folder: Path) -> None:
    for name in ("take.mp4", "take.jpg"):
        shutil.copy(path.with_name(name), folder / name)
    key = storage.take_key(video.owner_id, video.pk, clip.clip_index, 1)
    thumbnail_key = key.replace(".mp4", ".jpg")
    size = storage.put(key, folder / "take.mp4")
    thumbnail_bytes = storage.put(thumbnail_key, folder / "take.jpg")
    size += thumbnail_bytes
    take = Take.objects.create(
        clip=clip,
        job=job,
        number=1,
        model=video.model,
        prompt=clip.prompt,
        seed=1,
        status="succeeded",
        key=key,
        thumbnail_key=thumbnail_key,
        size_bytes=size,
        thumbnail_bytes=thumbnail_bytes,
    )
    Clip.objects.filter(pk=clip.pk).update(chosen_take=take)
    _count(video, size)


def _count(video: Video, size: int) -> None:
    Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") + size)
    video.owner.add_storage(size)


def _show(video: Video, folder: Path) -> None:
    film_key = storage.video_key(video.owner_id, video.pk, "film.mp4")
    poster_key = storage.video_key(video.owner_id, video.pk, "poster.jpg")
    stills.still(folder / "film.mp4", folder / "poster.jpg", frame=30, width=480)
    size = storage.put(film_key, folder / "film.mp4")
    size += storage.put(poster_key, folder / "poster.jpg")
    _count(video, size)
    Video.objects.filter(pk=video.pk).update(
        status="ready",
        is_counted=True,
        film_key=film_key,
        poster_key=poster_key,
        film_size_bytes=size,
        film_facts={"width": 1920, "height": 1080, "frames": video.song.frames},
    )
    video.refresh_from_db()
