"""Asking for an export: what is there is given, what is not is begun, once [J7]."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from vibecraft import storage
from vibecraft.jobs.doorbell import knock_on_commit, ring_on_commit
from vibecraft.jobs.models import Job
from vibecraft.problems import Problem, gone, not_possible
from videos import exports
from videos.export_model import Export, is_film
from videos.models import Video

EXPORT_DEADLINE_SECONDS = 3 * 3600


def request_export(video: Video, *, format: str, height: int, lyrics: str = "") -> Export:
    """The export of these choices: ready, or being made by its job.

    What is out of date or has failed is replaced. Problem: 400 for a choice that does not exist,
    409 without a film or without lyrics, 429 over the quota, 404 when the video is deleted meanwhile.
    """
    _check_choices(format, height, lyrics)
    _check_film(video, lyrics)
    there = _usable(video, format, height, lyrics)
    if there is not None:
        return there
    try:
        return _begin(video, format, height, lyrics)
    except IntegrityError as error:
        # The same request twice at once: the other one was first.
        rows = Export.objects.filter(video=video, format=format, height=height, lyrics=lyrics)
        earlier = rows.first()
        if earlier is None:
            raise gone("video") from error
        return earlier


def _check_choices(format: str, height: int, lyrics: str) -> None:
    allowed: dict[str, tuple[object, Sequence[object]]] = {
        "format": (format, Export.Format.values),
        "height": (height, Export.Height.values),
        "lyrics": (lyrics, Export.Lyrics.values),
    }
    for field, (value, values) in allowed.items():
        if value not in values:
            sentence = f"“{value}” is not one of {', '.join(str(one) for one in values if one)}."
            raise Problem("invalid", sentence, errors={field: [sentence]})


def _check_film(video: Video, lyrics: str) -> None:
    if not video.has_film:
        raise not_possible(
            "film_not_ready", "The film of this video is not made yet.", video_id=str(video.pk)
        )
    if lyrics and not video.song.lyrics:
        raise not_possible(
            "no_lyrics",
            "This song has no lyrics that could be drawn into the picture.",
            video_id=str(video.pk),
        )


def is_usable(export: Export, video: Video) -> bool:
    """Whether an export shows the film and the lyrics of today, or is on its way to."""
    is_alive = export.status != Export.Status.FAILED
    return is_alive and export.made_of == exports.fingerprint(video, export.lyrics)


def _usable(video: Video, format: str, height: int, lyrics: str) -> Export | None:
    """The export as it should be; one that is not is removed."""
    rows = video.exports.select_related("job", "video")
    export: Export | None = rows.filter(format=format, height=height, lyrics=lyrics).first()
    if export is None or is_usable(export, video):
        return export
    with transaction.atomic():
        exports.remove(video, export)
        knock_on_commit("discard")
    return None


def _begin(video: Video, format: str, height: int, lyrics: str) -> Export:
    made_of = exports.fingerprint(video, lyrics)
    choices = {"video": video, "format": format, "height": height, "lyrics": lyrics}
    if is_film(format, height, lyrics):
        return Export.objects.create(
            **choices,
            made_of=made_of,
            status=Export.Status.READY,
            key=video.film_key,
            size_bytes=storage.size(video.film_key),
        )
    video.owner.check_room()
    with transaction.atomic():
        job = Job.objects.create(
            owner_id=video.owner_id,
            kind=Job.Kind.EXPORT,
            video_id=video.pk,
            song_id=video.song_id,
            message="Waiting for its turn.",
            deadline_at=Now() + timedelta(seconds=EXPORT_DEADLINE_SECONDS),
        )
        export = Export.objects.create(**choices, made_of=made_of, job=job)
        ring_on_commit(job)
    return export


def current_exports(video: Video) -> list[Export]:
    """The exports that show the film and the lyrics of today, newest first; failures among them."""
    rows = video.exports.select_related("job", "video")
    return [row for row in rows if row.made_of == exports.fingerprint(video, row.lyrics)]
