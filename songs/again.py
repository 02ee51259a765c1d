"""How the work for a song is begun once more."""

from __future__ import annotations

from songs import pipeline
from songs.models import Song
from vibecraft.jobs.again import gone
from vibecraft.jobs.models import Job


def _song(job: Job) -> Song:
    song = Song.objects.of_job(job).select_related("owner").first()
    if song is None:
        raise gone("song")
    return song


def analysis(job: Job) -> Job:
    return pipeline.start_analysis(_song(job))


def music(job: Job) -> Job:
    return pipeline.make_again(_song(job))


def lyrics(job: Job) -> Job:
    return pipeline.hear_lyrics(_song(job))
