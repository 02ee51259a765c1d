"""What a request starts: rows first, then the doorbell on commit."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.db.models.functions import Now

from accounts.models import User
from accounts.turns import take_paid_turn, take_upload_turn
from songs import analysis, importing, intake, listening, lyrics, making, sample, trimming, wording
from songs.lyrics import Line, LyricsError
from songs.making import Wish
from songs.models import Analysis, Import, Song
from vibecraft import storage
from vibecraft.agreeing import check_agreed
from vibecraft.jobs.doorbell import knock_on_commit, ring_on_commit
from vibecraft.jobs.models import Discard, Job
from vibecraft.media.frames import total_frames
from vibecraft.predictions.models import Prediction
from vibecraft.predictions.ordering import check_on, is_on, stop
from vibecraft.problems import Problem, not_possible
from vibecraft.rows import hold

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
    "heard_words",
    "idea",
    "origin_sec",
    "source_url",
)
# One sample song for each user, however often it is asked for.
SAMPLE_SPACE = uuid.UUID("6c1fb5a0-5a3c-4f0e-9d5b-96aa29c0d7e1")
HEARING_DEADLINE_SECONDS = 1800
MUSIC_DEADLINE_SECONDS = 3600
NOT_ALIGNED = (
    "AI models are switched off here, so nobody can listen for the words: the lines are spread "
    "over the song. Lyrics with times (LRC, SRT, VTT) can be brought instead."
)
ALIGNED_LATER = "The words are listened to now; then your lines find their places."


def bring_song(
    owner: User, file: UploadedFile[Any], *, title: str = "", upload_id: uuid.UUID | None = None
) -> Song:
    """Store an uploaded song and start its analysis; the same file and `upload_id` once."""
    upload_id = intake.id_of(file, upload_id) if upload_id else None
    song, is_new = intake.receive(owner, file, title=title, upload_id=upload_id)
    if is_new:
        start_analysis(song)
    return song


def bring_sample(owner: User) -> Song:
    """Give the user the sample song with its words, as a song like any other; who has it gets that."""
    upload_id = uuid.uuid5(SAMPLE_SPACE, str(owner.pk))
    with sample.FILE.open("rb") as file:
        upload = UploadedFile(file, name=sample.FILE.name, size=sample.FILE.stat().st_size)
        song, is_new = intake.receive(owner, upload, title=sample.TITLE, upload_id=upload_id)
    if is_new:
        # Before the analysis, which would else listen for the words, at a price.
        wording.set_lyrics(song, lines=lyrics.as_dicts(sample.lyric_lines()))
        start_analysis(song)
    return song


def start_analysis(song: Song) -> Job:
    """Start (or start again) the analysis; Problem 409 while one is under way."""
    if not song.has_sound:
        raise _no_sound(song)
    return analysis.start(song)


def analyze_again(song: Song) -> Job:
    """Start the analysis once more, as its user wishes; one that pays for hearing the words is a start.

    Problem 409 while one is under way, 429 for too many paid starts; then nothing is begun or counted.
    """
    with transaction.atomic():
        if listening.price_of_analysis(song):
            take_paid_turn(song.owner)
        return start_analysis(song)


def import_song(owner: User, address: str, *, upload_id: uuid.UUID | None = None) -> Import:
    """Start to bring a song from a web address; the same one with the same `upload_id` once [B2].

    Raises Problem: 400 for what is no public web address, 429 for too many at once or a full
    storage; then nothing was asked for.
    """
    upload_id = uuid.uuid5(upload_id, address.strip()) if upload_id else uuid.uuid4()
    known = importing.earlier(owner, upload_id)
    if known is not None:
        return known
    parts = importing.check(address)
    owner.check_room()
    take_upload_turn(owner)
    return importing.order(owner, address, parts, upload_id)


def trim_song(
    song: Song, *, start_at: float, end_at: float | None = None, upload_id: uuid.UUID | None = None
) -> Song:
    """A part of a song as a new song, whose analysis starts by itself [B3]; the old one stays.

    The same part with the same `upload_id` is the same new song. Raises Problem: 400 for times that
    do not fit, 409 for a song without sound, 429 for too many at once or a full storage; then there
    is nothing new.
    """
    if not song.has_sound:
        raise _no_sound(song)
    start, end = trimming.stretch(song, start_at, end_at)
    upload_id = uuid.uuid5(song.pk, f"{start} {end} {upload_id}") if upload_id else uuid.uuid4()
    known = Song.objects.filter(owner=song.owner, upload_id=upload_id).first()
    if known is not None:
        return known
    song.owner.check_room()
    take_upload_turn(song.owner)
    try:
        return trimming.cut(song, start, end, upload_id=upload_id)
    except IntegrityError:
        # The same form came twice at once: the other one was stored.
        return Song.objects.get(owner=song.owner, upload_id=upload_id)


def _no_sound(song: Song) -> Problem:
    return not_possible(
        "song_not_made", "This song has no sound yet: it is still made.", song_id=str(song.pk)
    )


# --- a song from an idea ---------------------------------------------------------------------------


def make_song(owner: User, wish: Wish, *, upload_id: uuid.UUID | None = None) -> tuple[Song, Job]:
    """Order a song from a music model; its analysis starts by itself when it has come [B4].

    The same wish with the same `upload_id` is the same song, paid for once, with the job that makes
    it. Raises Problem: 409 `ai_is_off`, 400 for what no model takes or lyrics that cannot be read,
    429 for too many at once or a full storage; then nothing was ordered and there is no song.
    """
    upload_id = making.id_of(wish, upload_id) if upload_id else uuid.uuid4()
    known = _ordered(owner, upload_id)
    if known is not None:
        return known
    check_on()
    owner.check_room()
    planned = making.plan(wish)
    song = _song_of(owner, wish, planned, upload_id)
    take_paid_turn(owner)
    try:
        with transaction.atomic():
            song.save(force_insert=True)
            return song, _order_music(song, planned.model, planned.values)
    except IntegrityError:
        known = _ordered(owner, upload_id)
        if known is None:
            raise
        # The same form came twice at once: the other one was ordered.
        return known


def _ordered(owner: User, upload_id: uuid.UUID) -> tuple[Song, Job] | None:
    """The song that the same form has ordered before, and its first job."""
    song = Song.objects.for_user(owner).filter(upload_id=upload_id).first()
    if song is None:
        return None
    jobs = Job.objects.filter(song_id=song.pk, kind=Job.Kind.MUSIC)
    return song, jobs.earliest("created_at")


def _song_of(owner: User, wish: Wish, planned: making.Making, upload_id: uuid.UUID) -> Song:
    """The row of a song as it is wished for, not saved yet."""
    lines = _sung(wish)
    song = Song(
        owner=owner,
        upload_id=upload_id,
        title=making.title_of(wish.prompt),
        source=Song.Source.MADE,
        idea=planned.prompt,
        duration_sec=float(wish.seconds),
        frames=total_frames(Fraction(wish.seconds)),
    )
    if lines:
        song.lyrics, song.lyrics_source = lyrics.as_dicts(lines), Song.LyricsSource.TYPED
    return song


def _sung(wish: Wish) -> tuple[Line, ...]:
    """The lines of a wish, if it has any. Raises Problem at its lyrics for what cannot be taken."""
    if not wish.lyrics.strip():
        return ()
    try:
        return lyrics.parse(wish.lyrics, duration=float(wish.seconds))
    except LyricsError as error:
        errors = {"lyrics": [error.sentence]}
        raise Problem("lyrics_invalid", error.sentence, errors=errors) from error


def make_again(song: Song, *, agreed_usd: Decimal | None = None) -> Job:
    """Try to make a song again whose music could not be made or brought in.

    Music that was paid for and lies there is only brought in, which costs nothing. Raises Problem
    409 where there is nothing to make, or where it costs more than `agreed_usd`, 429 for too many
    starts.
    """
    last = making.calls_for(song).last()
    if last is None or song.has_sound or song.status != Song.Status.FAILED:
        raise not_possible(
            "nothing_to_make", "This song is not waiting to be made again.", song_id=str(song.pk)
        )
    values = None if making.is_paid_for(song) else making.values_of(last)
    if values is not None:
        check_on()
        usd = making.price_of_another(song)
        check_agreed(usd, agreed_usd, song_id=str(song.pk))
        take_paid_turn(song.owner)
    try:
        with transaction.atomic():
            if not song.begin_making():
                raise _made_already(song)
            if values is None:
                return _bring_in_again(song)
            return _order_music(song, last.model, values)
    except IntegrityError as error:
        raise _made_already(song) from error


def stop_making(song: Song) -> None:
    """Stop making a song; what was paid for already can still be brought in by trying again."""
    job = Job.objects.filter(song_id=song.pk, kind=Job.Kind.MUSIC).active().first()
    if job is not None:
        job.cancel()


def _made_already(song: Song) -> Problem:
    sentence = "This song is being made already, or its last attempt is being stopped. Please wait."
    return not_possible("still_making", sentence, song_id=str(song.pk))


def _order_music(song: Song, model: str, values: Mapping[str, Any]) -> Job:
    job = _music_job(song, making.WAITING, next_run_at=None)
    making.order_music(song, job, model, values)
    return job


def _bring_in_again(song: Song) -> Job:
    job = _music_job(song, "Waiting for a free worker.")
    ring_on_commit(job)
    return job


def _music_job(song: Song, message: str, **fields: Any) -> Job:
    patience = timedelta(seconds=settings.CREDIT_PATIENCE_SECONDS + MUSIC_DEADLINE_SECONDS)
    job: Job = Job.objects.create(
        owner_id=song.owner_id,
        kind=Job.Kind.MUSIC,
        song_id=song.pk,
        message=message,
        deadline_at=Now() + patience,
        **fields,
    )
    return job


# --- the words of a song -----------------------------------------------------------------------------


@dataclass(frozen=True)
class Written:
    """Lyrics as they stand now; `job` listens for the words still, `notice` is for the user."""

    lines: tuple[Line, ...]
    job: Job | None = None
    notice: str = ""


def write_lyrics(song: Song, *, align: bool = False, **source: Any) -> Written:
    """Replace the lyrics (see `wording.set_lyrics`); with `align`, plain ones find their times.

    Where nobody has listened for the words yet, that is started, at its price; until it is done,
    and where AI models are off, the lines are spread over the song.
    """
    lines = wording.set_lyrics(song, align=align, **source)
    if not align or not lines or song.heard_words or not listening.is_untimed(lines):
        return Written(lines)
    if not is_on():
        return Written(lines, notice=NOT_ALIGNED)
    try:
        job = _analysis_job(song) or hearing_job(song) or hear_lyrics(song)
    except Problem as problem:
        # The lyrics are saved all the same.
        return Written(lines, notice=problem.sentence)
    return Written(lines, job, ALIGNED_LATER)


def hearing_job(song: Song) -> Job | None:
    """The job that listens for the words of this song now, if there is one."""
    jobs = Job.objects.filter(song_id=song.pk, kind=Job.Kind.LYRICS)
    return jobs.active().first()


def hear_lyrics(song: Song, *, agreed_usd: Decimal | None = None) -> Job:
    """Start to listen for the words; what was heard before is used again, free of charge.

    Raises Problem 409 where it makes no sense, or where it costs more than `agreed_usd`, 429 for
    too many starts.
    """
    about = {"song_id": str(song.pk)}
    if not song.is_ready:
        sentence = "This song is not analyzed yet. Please wait until it is."
        raise not_possible("analysis_not_ready", sentence, **about)
    if song.lyrics and not listening.is_untimed(song.lines):
        sentence = "The lyrics of this song have their times already. Remove them first."
        raise not_possible("lyrics_exist", sentence, **about)
    if hearing_job(song) is not None:
        sentence = "The words of this song are being listened to already."
        raise not_possible("hearing_running", sentence, **about)
    if not song.heard_words:
        check_on()
        check_agreed(listening.price(), agreed_usd, **about)
        take_paid_turn(song.owner)
    with transaction.atomic():
        job: Job = Job.objects.create(
            owner_id=song.owner_id,
            kind=Job.Kind.LYRICS,
            song_id=song.pk,
            message="Waiting for a free worker.",
            deadline_at=Now() + timedelta(seconds=HEARING_DEADLINE_SECONDS),
        )
        ring_on_commit(job)
    return job


def stop_hearing(song: Song) -> None:
    """Stop listening for the words; an analysis that waits for them goes on without."""
    job = hearing_job(song)
    if job is not None:
        job.cancel()
        return
    job = _analysis_job(song)
    if job is None:
        return
    with transaction.atomic():
        stop(Prediction.objects.of_job(job.pk))
        if job.wake():
            ring_on_commit(job)


def _analysis_job(song: Song) -> Job | None:
    """The analysis that is under way."""
    jobs = Job.objects.filter(song_id=song.pk, kind=Job.Kind.ANALYSIS)
    return jobs.active().first()


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
    heard = Analysis.objects.get(song=song)
    keys = {key: _key_in_copy(copy, key) for key in _keys(song, heard)}
    with intake.or_discard(copy):
        for old, new in keys.items():
            storage.copy(old, new)
        _save_copy(copy, heard, keys)
    return copy


def _keys(song: Song, heard: Analysis) -> list[str]:
    return [song.source_key, song.master_key, heard.features_key, heard.peaks_key]


def _key_in_copy(copy: Song, key: str) -> str:
    return storage.song_key(copy.owner_id, copy.pk, key.rsplit("/", 1)[-1])


def _save_copy(copy: Song, heard: Analysis, keys: dict[str, str]) -> None:
    copy.source_key, copy.master_key = keys[copy.source_key], keys[copy.master_key]
    heard.pk = copy.pk
    heard.features_key = keys[heard.features_key]
    heard.peaks_key = keys[heard.peaks_key]
    with transaction.atomic():
        copy.owner.take_storage(copy.stored_bytes)
        copy.save(force_insert=True)
        heard.save(force_insert=True)


def delete_song(song: Song) -> None:
    """Delete a song with its drafts and files; Problem 409 while other videos need it."""
    owner: User = song.owner
    _check_unused(song)
    with transaction.atomic():
        # Workers lock a job before its video and its song.
        _drop_work(song)
        _hold_drafts(song)
        # Asked after the lock, which has waited for a draft that is just being started.
        _check_unused(song)
        if not hold(song):
            return
        # What began before the song was held is seen only now.
        _drop_work(song)
        Discard.objects.later(storage.song_prefix(owner.pk, song.pk))
        song.delete()
        owner.give_back_storage(song.stored_bytes)
        knock_on_commit("discard")


def _hold_drafts(song: Song) -> None:
    """Lock the drafts of the song until this transaction ends."""
    # `videos` is the other app's related name: this app knows that videos exist, not what they are.
    song.videos.filter(status="draft").update(status="draft")


def _check_unused(song: Song) -> None:
    """Problem 409 while videos need the song."""
    needed = song.videos.exclude(status="draft").count()
    if needed:
        films = "1 video uses" if needed == 1 else f"{needed} videos use"
        raise not_possible(
            "song_in_use",
            f"{films} this song. Delete {'it' if needed == 1 else 'them'} first, then the song.",
            song_id=str(song.pk),
        )


def _drop_work(song: Song) -> None:
    stop(Prediction.objects.filter(song_id=song.pk))
    Job.objects.filter(song_id=song.pk).active().delete()
