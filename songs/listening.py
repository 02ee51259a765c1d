"""The words of a song: asked of a speech model, waited for, kept when they come [C6]."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from songs import alignment, lyrics, speech
from songs.lyrics import Line, LyricsError, Word
from songs.models import Song
from songs.words import changing_words
from vibecraft import storage
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import audio
from vibecraft.predictions.catalog import build_input, default_key, get_model
from vibecraft.predictions.errors import RETRIABLE
from vibecraft.predictions.models import Prediction, Purpose
from vibecraft.predictions.ordering import is_on, order, stop, stored
from vibecraft.predictions.prices import quote
from vibecraft.problems import Problem
from vibecraft.texts import counted

CALLS_A_JOB = 3
AT_WORK_SECONDS = 3600
WAITING = "A speech model listens to the words. This takes a minute or two."
NO_LYRICS = "No lyrics yet. You can add them at any time."
NO_WORDS = "No words were heard. A song without words needs none."
SKIPPED = "Going on without listening for the words."


@dataclass(frozen=True)
class Outcome:
    """How the listening stands: still waiting, or over, with a sentence; or why it failed."""

    sentence: str
    is_waiting: bool = False
    problem: Problem | None = None


def price() -> Decimal:
    """What it costs to have the words of one song heard, in US dollars: an estimate."""
    model = get_model(default_key("speech"))
    return quote(model, build_input(model, {"audio": stored("song")}))


def is_untimed(lines: tuple[Line, ...]) -> bool:
    """Whether nobody has said when these lines are sung."""
    return all(line.is_estimated for line in lines)


def price_of_analysis(song: Song) -> Decimal:
    """What analyzing a song (again) will cost: its words, where nobody knows them yet.

    Nothing while an analysis is under way: no other is begun.
    """
    is_begun = song.has_sound and song.status != Song.Status.ANALYZING
    return price_of_words(song) if is_begun else Decimal(0)


def price_of_words(song: Song) -> Decimal:
    """What an analysis will pay to have the words heard."""
    return price() if is_wanted(song) else Decimal(0)


def price_of_hearing(song: Song) -> Decimal:
    """What listening for the words alone will cost; what was heard is used again."""
    return price() if _is_unknown(song) else Decimal(0)


def _is_unknown(song: Song) -> bool:
    """Whether the words would have to be asked for: nobody has timed them, and none were heard."""
    return is_on() and not song.heard_words and is_untimed(song.lines)


def is_wanted(song: Song) -> bool:
    """Whether an analysis should ask for the words: nobody timed them, and nobody asked before."""
    if not _is_unknown(song):
        return False
    # What was heard in a song was heard in all of its parts.
    asked = [song.pk, song.parent_id] if song.source == Song.Source.TRIM else [song.pk]
    heard = Prediction.objects.filter(song_id__in=asked, purpose=Purpose.LYRICS)
    return not heard.filter(status=Prediction.Status.SUCCEEDED).exists()


def last_failure(song: Song) -> str:
    """Why the words could not be heard the last time; empty if that went well."""
    calls = Prediction.objects.filter(song_id=song.pk, purpose=Purpose.LYRICS)
    last = calls.order_by("-created_at").first()
    is_failed = last is not None and last.status == Prediction.Status.FAILED
    return last.error_sentence if last is not None and is_failed else ""


# --- the step of a job ---------------------------------------------------------------------------


def take(lease: Lease, job: Job, song: Song) -> Outcome:
    """Come to know the words, or order the call that the job then waits for. Raises LeaseLost.

    Every claim of the job comes here; a call is ordered once, and again only where it failed in a
    way that passes with time.
    """
    calls = Prediction.objects.of_job(job.pk).order_by("created_at")
    last = calls.last()
    if last is None:
        return _begin(lease, job, song)
    if last.cancel_asked or last.status == Prediction.Status.CANCELED:
        return Outcome(SKIPPED)
    if not last.is_terminal:
        return _wait(job)
    if last.status == Prediction.Status.SUCCEEDED:
        return _read(song, last)
    if last.error_code in RETRIABLE and calls.count() < CALLS_A_JOB:
        return _ask(lease, job, song)
    return _failed(job, Problem(last.error_code, last.error_sentence, detail=last.error_detail))


def _begin(lease: Lease, job: Job, song: Song) -> Outcome:
    """Use what was heard before, free of charge; else ask, where that is wanted or asked for."""
    if job.kind == Job.Kind.LYRICS and song.heard_words:
        words = lyrics.words_from(song.heard_words)
        return Outcome(keep(song, speech.lines_of(words), words))
    if job.kind == Job.Kind.LYRICS or is_wanted(song):
        return _ask(lease, job, song)
    if song.heard_words and song.lyrics and is_untimed(song.lines):
        return Outcome(keep(song, (), lyrics.words_from(song.heard_words)))
    return Outcome(_ready_sentence(song.lines))


def _ask(lease: Lease, job: Job, song: Song) -> Outcome:
    """Order the call and wait, in one transaction: there is never one without the other."""
    key = copy_key(song, job)
    _store_copy(song, key)
    lease.check()
    try:
        with transaction.atomic():
            order(
                owner=song.owner,
                purpose=Purpose.LYRICS,
                model=default_key("speech"),
                values={"audio": stored(key)},
                subject_id=song.pk,
                keep_at=storage.song_key(song.owner_id, song.pk, f"heard-{uuid4()}"),
                job=job,
                song_id=song.pk,
            )
            return _wait(job)
    except IntegrityError:
        return _failed(job, _asked_already())
    except Problem as problem:
        return _failed(job, problem)


def _asked_already() -> Problem:
    sentence = "The words of this song are being listened to already."
    return Problem("hearing_running", sentence, status=409)


def _wait(job: Job) -> Outcome:
    patience = timedelta(seconds=settings.CREDIT_PATIENCE_SECONDS + AT_WORK_SECONDS)
    if not job.wait_for_others(deadline_at=Now() + patience):
        raise LeaseLost
    job.report(55, "words", WAITING)
    return Outcome(WAITING, is_waiting=True)


def _failed(job: Job, problem: Problem) -> Outcome:
    job.note(JobEvent.Kind.ERROR, str(problem), detail=problem.detail)
    return Outcome(f"The words could not be heard. {problem.sentence}", problem=problem)


def copy_key(song: Song, job: Job) -> str:
    """Where the copy lies that a speech model gets of the song."""
    return storage.song_key(song.owner_id, song.pk, f"words-{job.pk}.flac")


def _store_copy(song: Song, key: str) -> None:
    """Small, and exact in time: every lossy format would move the words by its padding."""
    if storage.exists(key):
        return
    with storage.scratch("words") as folder, storage.local(song.master_key) as master:
        audio.write_voice(master, folder / "voice.flac")
        storage.put(key, folder / "voice.flac")


# --- what was heard ------------------------------------------------------------------------------


def _read(song: Song, call: Prediction) -> Outcome:
    try:
        heard = speech.read(call.data, duration=song.duration_sec)
    except speech.SpeechError as error:
        sentence = "What the speech model answered could not be read. Please try it again later."
        return Outcome(sentence, problem=Problem("output_bad", sentence, detail=str(error)))
    return Outcome(keep(song, heard.lines, heard.words))


def keep(song: Song, lines: tuple[Line, ...], words: tuple[Word, ...]) -> str:
    """Keep what was heard, and return the sentence for it. Repeating it changes nothing.

    Without lyrics of the user's the heard lines become the lyrics; plain ones are aligned to the
    words; ones with times stay as they are.
    """
    seen = Song.objects.get(pk=song.pk)
    changes = _changes(seen, lines, words)
    with changing_words(song):
        # Who has typed new lyrics in this very moment keeps them.
        if Song.objects.get(pk=song.pk).lyrics != seen.lyrics:
            changes = {}
        heard = [{"start": one.start, "end": one.end, "text": one.text} for one in words]
        Song.objects.filter(pk=song.pk).update(heard_words=heard, **changes)
    song.refresh_from_db()
    return _ready_sentence(song.lines) if words or song.lyrics else NO_WORDS


def _changes(song: Song, lines: tuple[Line, ...], words: tuple[Word, ...]) -> dict[str, Any]:
    """What becomes of the lyrics."""
    if not song.lyrics and lines:
        kept, source = lines, Song.LyricsSource.HEARD
    elif song.lyrics and words and is_untimed(song.lines):
        text = "\n".join(line.text for line in song.lines)
        try:
            kept = alignment.align(text, words, duration=song.duration_sec)
        except LyricsError:
            return {}
        source = Song.LyricsSource.ALIGNED
    else:
        return {}
    return {"lyrics": lyrics.as_dicts(kept), "lyrics_source": source}


def _ready_sentence(lines: tuple[Line, ...]) -> str:
    if not lines:
        return NO_LYRICS
    doubtful = sum(line.is_doubtful for line in lines)
    doubt = f", {doubtful} of them to be looked at" if doubtful else ""
    return f"The lyrics are ready: {counted(len(lines), 'line')}{doubt}."


# --- jobs and endings ----------------------------------------------------------------------------


def hear(lease: Lease, job: Job) -> None:
    """Do a job that only listens for the words; here a failure is the job's own."""
    song = Song.objects.of_job(job).select_related("owner").get()
    outcome = take(lease, job, song)
    if outcome.is_waiting:
        return
    if outcome.problem is not None:
        raise outcome.problem
    with transaction.atomic():
        if not job.succeed(progress=100, step="done", message=outcome.sentence[:200]):
            raise LeaseLost
        tidy(job, song)
        job.note(JobEvent.Kind.STATUS, "succeeded")


def tidy(job: Job, song: Song) -> None:
    """Leave nothing behind: no call that nobody waits for, no copy for a model."""
    stop(Prediction.objects.of_job(job.pk))
    Discard.objects.later(copy_key(song, job))


def hearing_ended(job: Job) -> None:
    """A job that listened for the words has failed or was canceled."""
    song = Song.objects.of_job(job).first()
    if song is not None:
        tidy(job, song)


def call_ended(prediction: Prediction) -> None:
    """A speech model has answered, or never will: whoever waits for it goes on."""
    job = prediction.job
    if job is not None and job.wake():
        ring_on_commit(job)
