"""The analysis of a song: decode, hear, lyrics, save; with the milestones that the user watches."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now
from numpy.typing import NDArray

from songs import beat_grid, listening
from songs.models import Analysis, Song
from vibecraft import storage
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import audio
from vibecraft.media.peaks import Peaks, peaks
from vibecraft.problems import Problem, not_possible

if TYPE_CHECKING:
    from songs.audio.genre import Genre
    from songs.audio.hearing import Hearing

SAMPLE_RATE = 22050
DEADLINE_SECONDS = 1800
# The steps of a job whose song was heard, and what was heard is saved.
AFTER_HEARING = ("heard", "words", "lyrics", "save")
NO_TEMPO = (
    "We could not find a steady beat in this song, so there is nothing to cut to. "
    "Please bring a recording with a clear pulse."
)
VAGUE_GENRES = {"other", "unknown", "misc", "none", "genre", "various", "default"}
MILESTONES = {
    "beats": (25, "Found the tempo and the beats."),
    "mood": (50, "Heard the genre, the mood and the key."),
    "lyrics": (70, "The lyrics are ready."),
    "save": (85, "Everything is saved."),
}


def start(song: Song) -> Job:
    """Start (or start again) the analysis; Problem 409 while one is under way."""
    with transaction.atomic():
        job = Job.objects.create(
            owner_id=song.owner_id,
            kind=Job.Kind.ANALYSIS,
            song_id=song.pk,
            message="Waiting for a free worker.",
            deadline_at=Now() + timedelta(seconds=DEADLINE_SECONDS),
        )
        if not song.begin_analysis(job.pk):
            raise not_possible(
                "analysis_running", "This song is being analyzed already.", song_id=str(song.pk)
            )
        ring_on_commit(job)
    song.refresh_from_db()
    return job


def analyze(lease: Lease, job: Job) -> None:
    """Do the whole analysis of the job's song. Repeating it gives the same result once.

    The job's step says what is done: what was heard is saved before the job waits for the words,
    so that it goes on from there when it is woken.
    """
    song = Song.objects.of_job(job).select_related("owner").get()
    failpoint("analysis-claimed")
    if job.step not in AFTER_HEARING:
        _listen(lease, job, song)
    outcome = listening.take(lease, job, song)
    if outcome.is_waiting:
        return
    _milestone(job, "lyrics", outcome.sentence)
    _finish(job, song)


def _listen(lease: Lease, job: Job, song: Song) -> None:
    """The heavy part: hear the sound, and save what was heard."""
    job.report(5, "decode", "Listening to the song.")
    with storage.scratch("analysis") as folder, storage.local(song.master_key) as master:
        samples = audio.read_mono(master, SAMPLE_RATE)
        heard = _hear(song, job, samples)
        failpoint("analysis-heard")
        lease.check()
        _write_files(folder, heard, peaks(samples, SAMPLE_RATE))
        _save(lease, job, song, heard, folder)


def _hear(song: Song, job: Job, samples: NDArray[np.float32]) -> Hearing:
    # Only workers that hear songs need scipy, which is a fourth of what a process starts with.
    from songs.audio import hearing  # noqa: PLC0415

    try:
        return hearing.hear(samples, frames=song.frames, on_step=lambda step: _milestone(job, step))
    except hearing.NoTempo as error:
        raise Problem("no_tempo", NO_TEMPO, detail=str(error)) from error


def _milestone(job: Job, step: str, message: str = "") -> None:
    progress, sentence = MILESTONES[step]
    job.report(progress, step, message or sentence)
    job.note(JobEvent.Kind.STEP, message or sentence, progress=progress)


def _write_files(folder: Path, heard: Hearing, drawn: Peaks) -> None:
    heard.features.save(folder / "features.npz")
    (folder / "peaks.json").write_text(json.dumps(drawn.as_dict(), separators=(",", ":")))


def _save(lease: Lease, job: Job, song: Song, heard: Hearing, folder: Path) -> None:
    keys = {
        name: storage.song_key(song.owner_id, song.pk, name)
        for name in ("features.npz", "peaks.json")
    }
    lease.check()
    grown = sum(storage.put(key, folder / name) for name, key in keys.items())
    failpoint("analysis-stored")
    before = Analysis.objects.filter(song=song).exists()
    with transaction.atomic():
        if not job.keep_lease():
            raise LeaseLost
        Analysis.objects.update_or_create(
            song=song,
            defaults=beat_grid.kept(song, _fields(heard, song.tags))
            | {"features_key": keys["features.npz"], "peaks_key": keys["peaks.json"]},
        )
        if not before:
            Song.objects.filter(pk=song.pk).update(stored_bytes=F("stored_bytes") + grown)
            song.owner.add_storage(grown)
        job.report(50, "heard", MILESTONES["mood"][1])


def _finish(job: Job, song: Song) -> None:
    _milestone(job, "save")
    with transaction.atomic():
        if not job.succeed(progress=100, step="done", message="Your song is ready."):
            raise LeaseLost
        song.end_analysis(Song.Status.READY)
        listening.tidy(job, song)
        job.note(JobEvent.Kind.STATUS, "succeeded")


def genre_of(heard: Genre, tags: dict[str, str]) -> Genre:
    """What the file says of its genre goes before what we hear, unless it says nothing."""
    said = tags.get("genre", "").strip().lower()
    if not said or said in VAGUE_GENRES or not any(char.isalpha() for char in said):
        return heard
    others = [name for name in (heard.main, *heard.sub_genres) if name != said]
    reasons = ("the file says so",)
    return replace(
        heard, main=said[:60], sub_genres=tuple(others[:3]), confidence=1.0, reasons=reasons
    )


def _fields(heard: Hearing, tags: dict[str, str]) -> dict[str, object]:
    genre = genre_of(heard.genre, tags)
    return {
        "bpm": heard.bpm,
        "tempo_confidence": heard.tempo_confidence,
        "beat_times": [round(float(time), 4) for time in heard.beat_times],
        "downbeat_times": [round(float(time), 4) for time in heard.downbeat_times],
        "beats_per_bar": heard.beats_per_bar,
        "genre": genre.main,
        "sub_genres": list(genre.sub_genres),
        "genre_confidence": genre.confidence,
        "genre_reason": ", ".join(genre.reasons)[:300],
        "mood_primary": heard.mood.primary,
        "mood_tags": list(heard.mood.tags),
        "mood_vector": asdict(heard.mood.vector),
        "mood_reason": ", ".join(heard.mood.reasons)[:300],
        "key": heard.key,
        "energy_curve": [
            {"time": round(float(time), 3), "value": round(float(value), 4)}
            for time, value in heard.energy_curve
        ],
    }


def analysis_ended(job: Job) -> None:
    """A failed or canceled analysis leaves the song usable if it was analyzed before."""
    song = Song.objects.of_job(job).first()
    if song is not None:
        known = Analysis.objects.filter(song=song).exists()
        song.end_analysis(Song.Status.READY if known else Song.Status.FAILED)
        listening.tidy(job, song)
