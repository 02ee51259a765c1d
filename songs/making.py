"""A song from an idea: asked of a music model, brought in through the gate that uploads pass [B4]."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction

from songs import analysis, intake, listening, lyrics
from songs.lyric_lines import check_lines
from songs.lyric_readers import read_plain
from songs.models import Song
from vibecraft import storage
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media.frames import total_frames
from vibecraft.predictions.catalog import (
    Model,
    UnknownModel,
    build_input,
    default_key,
    get_model,
    models_of,
)
from vibecraft.predictions.errors import RETRIABLE
from vibecraft.predictions.models import Prediction, PredictionQuerySet, Purpose
from vibecraft.predictions.ordering import check_on, order, stop
from vibecraft.predictions.prices import quote
from vibecraft.problems import Problem, not_possible

MIN_TEMPO, MAX_TEMPO = 40, 220
CALLS_A_JOB = 3
TITLE_LETTERS = 60
WAITING = "The music model is at work. This takes a minute or two."
MODEL_GONE = (
    "The music model of this song is not offered any more. Make a new song with another one."
)
UNUSABLE = "made_unusable"
# What was asked to last ten seconds may come a breath short; it is paid for, so it is taken.
BREATH_SECONDS = 1.0


@dataclass(frozen=True)
class Wish:
    """What a song should be like. `tempo` in BPM and `seconds` of 0 mean: as the model likes."""

    prompt: str
    seconds: int
    tempo: int = 0
    mood: str = ""
    style: str = ""
    lyrics: str = ""
    model: str = ""


@dataclass(frozen=True)
class Making:
    """A wish that a model can fulfil: its catalog key, what it is given, and the price."""

    model: str
    values: Mapping[str, Any]
    usd: Decimal

    @property
    def prompt(self) -> str:
        return str(self.values["prompt"])


def id_of(wish: Wish, key: UUID) -> UUID:
    """The id of an order: the same key with the same wish is the same one."""
    return uuid5(key, json.dumps(asdict(wish)))


def plan(wish: Wish) -> Making:
    """How a wish is fulfilled. Raises Problem 400 with `errors` by field for what no model takes."""
    model = _model_for(wish)
    values: dict[str, Any] = {"prompt": wording(wish)}
    _check_prompt(model, values["prompt"])
    if "seconds" in model.inputs:
        values["seconds"] = _seconds(model, wish.seconds)
    if wish.lyrics.strip():
        values["lyrics"] = wish.lyrics.strip()
    return Making(model.key, values, quote(model, build_input(model, values)))


def wording(wish: Wish) -> str:
    """The wish in one sentence, as music models read it."""
    tempo = f"{wish.tempo} BPM" if wish.tempo else ""
    parts = (wish.prompt, wish.style, wish.mood, tempo)
    return ", ".join(" ".join(part.split()).rstrip(".,") for part in parts if part.strip())


def title_of(prompt: str) -> str:
    """The beginning of an idea, up to a whole word."""
    text = " ".join(prompt.split())
    if len(text) > TITLE_LETTERS:
        text = text[:TITLE_LETTERS].rpartition(" ")[0] or text[:TITLE_LETTERS]
    return intake.display_name(text[:1].upper() + text[1:])


def prices() -> list[tuple[Model, Decimal]]:
    """Every music model with the price of a song of half a minute, the default first."""
    known = list(models_of("music").values())
    first = default_key("music")
    ordered = sorted(known, key=lambda model: model.key != first)
    return [(model, quote(model, _example(model))) for model in ordered]


def _example(model: Model) -> dict[str, Any]:
    """What a call of this model looks like."""
    example = {"prompt": "a song like this", "seconds": 30, "lyrics": "la la la la la"}
    values = {name: value for name, value in example.items() if name in model.inputs}
    return build_input(model, values)


def longest_seconds(model: Model) -> int:
    """The longest song that a model makes and that we take; 0 where nobody can choose."""
    asked = model.inputs.get("seconds")
    if asked is None:
        return 0
    longest = int(settings.SONG_MAX_SECONDS)
    return min(longest, int(asked.maximum)) if asked.maximum is not None else longest


def _model_for(wish: Wish) -> Model:
    """The model that was chosen; else the default; for lyrics the first one that can sing."""
    known = models_of("music")
    if wish.model and wish.model not in known:
        raise _refused("model", f"There is no music model “{wish.model}”.")
    model = get_model(wish.model or default_key("music"))
    if wish.lyrics.strip() and "lyrics" not in model.inputs and not wish.model:
        return next((one for one in known.values() if "lyrics" in one.inputs), model)
    return model


def _check_prompt(model: Model, prompt: str) -> None:
    """The catalog would cut it; a person should know what was left out, so it is refused."""
    asked = model.inputs["prompt"]
    limits = [limit for limit in (model.prompt_characters, asked.maximum) if limit is not None]
    if limits and len(prompt) > min(limits):
        raise _refused(
            "prompt",
            f"The idea with its style, mood and tempo has {len(prompt)} characters; "
            f"{model.name} takes {min(limits)}.",
        )


def _seconds(model: Model, seconds: int) -> int:
    shortest, longest = int(settings.SONG_MIN_SECONDS), longest_seconds(model)
    if not shortest <= seconds <= longest:
        raise _refused(
            "duration_sec", f"{model.name} makes songs of {shortest} to {longest} seconds here."
        )
    return seconds


def _refused(field: str, sentence: str) -> Problem:
    return Problem("bad_model_input", sentence, errors={field: [sentence]})


# --- ordering ------------------------------------------------------------------------------------


def calls_for(song: Song) -> PredictionQuerySet:
    """All calls that were made for this song's music, oldest first."""
    return Prediction.objects.about(song.pk).filter(purpose=Purpose.MUSIC)


def order_music(song: Song, job: Job, model: str, values: Mapping[str, Any]) -> Prediction:
    """Order the music inside the caller's transaction; the job waits for it."""
    return order(
        owner=song.owner,
        purpose=Purpose.MUSIC,
        model=model,
        values=values,
        subject_id=song.pk,
        keep_at=storage.song_key(song.owner_id, song.pk, f"made-{job.pk}"),
        job=job,
        song_id=song.pk,
    )


def values_of(call: Prediction) -> dict[str, Any]:
    """What a call was given, by our own names. Problem 409 where its model is offered no more."""
    inputs = _model_of(call).inputs
    return {ours: call.input[one.name] for ours, one in inputs.items() if one.name in call.input}


def _model_of(call: Prediction) -> Model:
    try:
        return get_model(call.model)
    except UnknownModel as error:
        raise not_possible("model_gone", MODEL_GONE, song_id=str(call.song_id)) from error


def is_paid_for(song: Song) -> bool:
    """Whether music lies there that was not brought in yet, and that the gate has not refused."""
    last = calls_for(song).last()
    if last is None or last.status != Prediction.Status.SUCCEEDED or not last.outputs:
        return False
    job = Job.objects.filter(song_id=song.pk, kind=Job.Kind.MUSIC).first()
    refused = job is not None and job.error_code == UNUSABLE
    return not refused and storage.exists(last.outputs[0])


def price_of_another(song: Song) -> Decimal:
    """What making a song again will cost: what its last call costs today, or nothing for kept music.

    Raises Problem 409 where nothing can be ordered, or not of its model any more.
    """
    last = calls_for(song).last()
    if last is None or is_paid_for(song):
        return Decimal(0)
    check_on()
    model = _model_of(last)
    return quote(model, build_input(model, values_of(last)))


# --- the job -------------------------------------------------------------------------------------


def make(lease: Lease, job: Job) -> None:
    """Bring in what the model has made, or order it again where that may help."""
    song = Song.objects.of_job(job).select_related("owner").get()
    last = calls_for(song).last()
    if last is None:
        raise Problem("nothing_ordered", "Nothing was ordered for this song. Please try it again.")
    if not last.is_terminal:
        _wait(job)
    elif last.status == Prediction.Status.SUCCEEDED:
        bring_in(lease, job, song, last)
    else:
        _order_again(lease, job, song, last)


def _wait(job: Job) -> None:
    if not job.wait_for_others():
        raise LeaseLost
    job.report(10, "music", WAITING)


def _order_again(lease: Lease, job: Job, song: Song, last: Prediction) -> None:
    """Only what passes with time, and only three times. Raises Problem otherwise."""
    calls = Prediction.objects.of_job(job.pk).count()
    if last.error_code not in RETRIABLE or calls >= CALLS_A_JOB:
        sentence = last.error_sentence or "The making of this song was stopped."
        raise Problem(last.error_code or "canceled", sentence, detail=last.error_detail)
    lease.check()
    with transaction.atomic():
        order_music(song, job, last.model, values_of(last))
        _wait(job)


def bring_in(lease: Lease, job: Job, song: Song, call: Prediction) -> None:
    """Check and decode what was made, keep it as the song's sound, and start its analysis.

    The output stays where it is until the song has its sound: whatever goes wrong here, the next
    attempt finds it there and pays nothing.
    """
    job.report(60, "check", "The music has come. Checking it.")
    with storage.scratch("made") as folder, storage.local(call.outputs[0]) as output:
        shutil.copyfile(output, folder / "in")
        incoming = _check(folder)
        lease.check()
        sizes = _store(song, incoming)
    job.report(90, "save", "The music is stored.")
    try:
        _save(job, song, incoming, sizes, call)
    except LeaseLost:
        _forget_if_deleted(song)
        raise


def _check(folder: Any) -> intake.Incoming:
    shortest = settings.SONG_MIN_SECONDS - BREATH_SECONDS
    try:
        return intake.check(folder / "in", folder, min_seconds=shortest)
    except Problem as problem:
        sentence = (
            f"The music that was made cannot be used. {problem.sentence} Trying again orders new "
            "music, at its price."
        )
        raise Problem(UNUSABLE, sentence, detail=str(problem)) from problem


def _store(song: Song, incoming: intake.Incoming) -> tuple[int, int]:
    """Put both files where they belong; running twice gives the same files once."""
    sizes = incoming.source.stat().st_size, incoming.master.stat().st_size
    source_key, master_key = _keys(song, incoming)
    storage.put(source_key, incoming.source)
    storage.put(master_key, incoming.master)
    return sizes


def _keys(song: Song, incoming: intake.Incoming) -> tuple[str, str]:
    names = (f"source{incoming.ending}", "master.flac")
    source_key, master_key = (storage.song_key(song.owner_id, song.pk, name) for name in names)
    return source_key, master_key


def _save(
    job: Job, song: Song, incoming: intake.Incoming, sizes: tuple[int, int], call: Prediction
) -> None:
    source_key, master_key = _keys(song, incoming)
    with transaction.atomic():
        if not job.succeed(progress=100, step="done", message="Your song is made."):
            raise LeaseLost
        Song.objects.filter(pk=song.pk).update(
            file_size_bytes=sizes[0],
            stored_bytes=sum(sizes),
            duration_sec=float(incoming.duration),
            frames=total_frames(incoming.duration),
            source_key=source_key,
            master_key=master_key,
        )
        song.owner.add_storage(sum(sizes))
        Discard.objects.later(*call.outputs)
        job.note(JobEvent.Kind.STATUS, "succeeded")
        song.refresh_from_db()
        _spread_lyrics(song)
        analysis.start(song)


def _spread_lyrics(song: Song) -> None:
    """How long it would be was only a wish: lines without times are spread over what it became."""
    if not song.lyrics or not listening.is_untimed(song.lines):
        return
    lines = read_plain(lyrics.to_text(song.lines), song.duration_sec)
    song.lyrics = lyrics.as_dicts(check_lines(lines, song.duration_sec))
    song.save(update_fields=["lyrics"])


def _forget_if_deleted(song: Song) -> None:
    """A song that was deleted meanwhile must not leave files behind."""
    if not Song.objects.filter(pk=song.pk).exists():
        Discard.objects.later(storage.song_prefix(song.owner_id, song.pk))


# --- endings -------------------------------------------------------------------------------------


def making_ended(job: Job) -> None:
    """The job has failed or was canceled: nothing more is ordered, the song can be tried again."""
    stop(Prediction.objects.of_job(job.pk))
    for song in Song.objects.of_job(job):
        song.end_making()


def call_ended(prediction: Prediction) -> None:
    """The model has made the music, or never will; files of a song that is gone go too."""
    job = prediction.job
    if job is not None and job.wake():
        ring_on_commit(job)
    if not _exists(prediction.song_id):
        Discard.objects.later(*prediction.outputs)


def _exists(song_id: UUID | None) -> bool:
    return song_id is not None and Song.objects.filter(pk=song_id).exists()
