"""How the work for a song is begun once more."""

from __future__ import annotations

from decimal import Decimal

from songs import listening, making, pipeline
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


def price_of_analysis(job: Job) -> Decimal:
    return listening.price_of_analysis(_song(job))


def price_of_music(job: Job) -> Decimal:
    """With the words, for which the analysis asks that follows by itself."""
    song = _song(job)
    return making.price_of_another(song) + listening.price_of_words(song)


def price_of_lyrics(job: Job) -> Decimal:
    return listening.price_of_hearing(_song(job))
