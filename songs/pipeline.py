"""What a request starts: rows first, then the doorbell on commit."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.db.models.functions import Now

from accounts.models import User
from songs import intake
from songs.models import Analysis, Song
from vibecraft import storage
from vibecraft.jobs.doorbell import knock_on_commit, ring_on_commit
from vibecraft.jobs.models import Discard, Job
from vibecraft.problems import Problem, not_possible

COPIED = (
    "original_filename",
    "file_size_bytes",
    "stored_bytes",
    "duration_sec",
    "frames",
    "source_key",
    "master_key",
    "tags",
    "lyrics",
    "lyrics_source",
)
ANALYSIS_DEADLINE_SECONDS = 1800


def bring_song(
    owner: User, file: UploadedFile[Any], *, title: str = "", upload_id: uuid.UUID | None = None
) -> Song:
    """Store an uploaded song and start its analysis; the same `upload_id` gives the same song."""
    song, is_new = intake.receive(owner, file, title=title, upload_id=upload_id)
    if is_new:
        start_analysis(song)
    return song


def start_analysis(song: Song) -> Job:
    """Start (or start again) the analysis; Problem 409 while one is under way."""
    with transaction.atomic():
        job = Job.objects.create(
            owner_id=song.owner_id,
            kind=Job.Kind.ANALYSIS,
            song_id=song.pk,
            message="Waiting for a free worker.",
            deadline_at=Now() + timedelta(seconds=ANALYSIS_DEADLINE_SECONDS),
        )
        if not song.begin_analysis(job.pk):
            raise not_possible(
                "analysis_running", "This song is being analyzed already.", song_id=str(song.pk)
            )
        ring_on_commit(job)
    song.refresh_from_db()
    return job


def copy_song(song: Song) -> Song:
    """A new song with the same audio, lyrics and analysis, and with free sections [B5]."""
    if not song.is_ready:
        raise not_possible(
            "analysis_not_ready",
            "This song is not analyzed yet. Please wait until it is.",
            song_id=str(song.pk),
        )
    copy = Song(
        owner=song.owner,
        parent=song,
        source=Song.Source.COPY,
        status=Song.Status.READY,
        title=f"{song.title} (copy)"[:150],
        **{name: getattr(song, name) for name in COPIED},
    )
    analysis = Analysis.objects.get(song=song)
    keys = {key: _key_in_copy(copy, key) for key in _keys(song, analysis)}
    for old, new in keys.items():
        storage.copy(old, new)
    try:
        _save_copy(copy, analysis, keys)
    except Problem:
        Discard.objects.later(storage.song_prefix(copy.owner_id, copy.pk))
        raise
    return copy


def _keys(song: Song, analysis: Analysis) -> list[str]:
    return [song.source_key, song.master_key, analysis.features_key, analysis.peaks_key]


def _key_in_copy(copy: Song, key: str) -> str:
    return storage.song_key(copy.owner_id, copy.pk, key.rsplit("/", 1)[-1])


def _save_copy(copy: Song, analysis: Analysis, keys: dict[str, str]) -> None:
    copy.source_key, copy.master_key = keys[copy.source_key], keys[copy.master_key]
    analysis.pk = copy.pk
    analysis.features_key = keys[analysis.features_key]
    analysis.peaks_key = keys[analysis.peaks_key]
    with transaction.atomic():
        copy.owner.take_storage(copy.stored_bytes)
        copy.save(force_insert=True)
        analysis.save(force_insert=True)


def delete_song(song: Song) -> None:
    """Delete a song with its drafts and files; Problem 409 while other videos need it."""
    # `videos` is the other app's related name: this app knows that videos exist, not what they are.
    needed = song.videos.exclude(status="draft").count()
    if needed:
        films = "1 video uses" if needed == 1 else f"{needed} videos use"
        raise not_possible(
            "song_in_use",
            f"{films} this song. Delete {'it' if needed == 1 else 'them'} first, then the song.",
            song_id=str(song.pk),
        )
    with transaction.atomic():
        Job.objects.filter(song_id=song.pk).active().delete()
        song.owner.give_back_storage(song.stored_bytes)
        Discard.objects.later(storage.song_prefix(song.owner_id, song.pk))
        song.delete()
        knock_on_commit("discard")
