"""Lip-sync of one clip of a finished video: a new take whose lips follow what is sung [J3].

The take waits for its paid call without a worker. When it is made its job joins the film again; the
clip's choice and the film change together, at the very end, so that whatever goes wrong leaves both
as they were.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from functools import cache, partial
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from accounts.turns import take_paid_turn
from songs.lyrics import lines_between
from vibecraft import storage
from vibecraft.jobs.claims import Status
from vibecraft.jobs.doorbell import ring_on_commit
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import Discard, Job, JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import house, stills
from vibecraft.media.errors import MediaError
from vibecraft.media.normalize import normalize
from vibecraft.media.parts import cut_sound
from vibecraft.predictions import errors
from vibecraft.predictions.catalog import (
    AnyLength,
    Model,
    UnknownModel,
    build_input,
    catalog,
    default_key,
    get_model,
    pricing,
)
from vibecraft.predictions.models import Prediction, Purpose
from vibecraft.predictions.ordering import check_on, order, stored
from vibecraft.predictions.prices import usd_of
from vibecraft.problems import Problem, not_possible
from videos.attempts import Attempt, Way, next_after
from videos.changing import (
    check_film,
    check_free,
    files_of,
    new_job,
    next_number,
    same_unless_free,
    undo,
)
from videos.filming import LOOK_AGAIN_SECONDS
from videos.first_frames import calls_folder
from videos.keeping import THUMBNAIL_WIDTH
from videos.models import Clip, Take, Video

DEADLINE_SECONDS = 2 * 3600
# What every lip-sync model of the catalog takes.
MAX_TAKE_BYTES = 100 * 1024 * 1024


# --- whether it makes sense ----------------------------------------------------------------------


def check_video(video: Video) -> Model:
    """The model that would do it, or the Problem (409) that no clip of this video can pass."""
    check_film(video)
    check_on()
    try:
        return get_model(default_key("lipsync"))
    except UnknownModel as error:
        sentence = "The model for lip-sync is not in the catalog. Tell the operator."
        raise not_possible("model_gone", sentence, video_id=str(video.pk)) from error


def check_clip(video: Video, clip: Clip, model: Model) -> Take:
    """The take whose lips would be moved, or the Problem (409) of this one clip."""
    about = {"video_id": str(video.pk)}
    take = clip.chosen_take
    if take is None or not take.key:
        raise not_possible("no_take", "This clip has no picture yet.", **about)
    if _is_drawn(take):
        sentence = "The visualizer shows no faces, so there are no lips to move."
        raise not_possible("no_face", sentence, **about)
    if not lines_between(video.song.lines, clip.start_time, clip.end_time):
        raise not_possible("no_lyrics", "No lyrics are sung in this clip.", **about)
    _check_length(clip, model)
    if take.size_bytes > MAX_TAKE_BYTES:
        raise not_possible("take_too_large", "This clip's file is larger than 100 MB.", **about)
    return take


def _is_drawn(take: Take) -> bool:
    """Whether the visualizer has drawn the picture, in whatever format."""
    model = catalog().get(take.model)
    return model is not None and model.is_builtin


def _check_length(clip: Clip, model: Model) -> None:
    if not isinstance(model.lengths, AnyLength):
        return
    seconds, shortest, longest = (
        Decimal(clip.frames) / 24,
        model.lengths.min_seconds,
        model.lengths.max_seconds,
    )
    takes = f"{model.name} takes clips of {shortest:f} s"
    takes += f" to {longest:f} s." if longest is not None else " and more."
    if seconds < shortest:
        raise not_possible("clip_too_short", f"This clip is too short: {takes}")
    if longest is not None and seconds > longest:
        raise not_possible("clip_too_long", f"This clip is too long: {takes}")


def prices_of(model: Model, clips: Sequence[Clip]) -> list[Decimal]:
    """What the call for each clip will cost; what a unit costs is asked once."""
    usd = cache(partial(usd_of, model))
    inputs = [build_input(model, _values(clip, "video", "sound")) for clip in clips]
    counted = [pricing.units(model, sent) for sent in inputs]
    return [pricing.usd(quantity, usd(variant)) for quantity, variant in counted]


def _values(clip: Clip, video_key: str, sound_key: str) -> dict[str, Any]:
    seconds = Decimal(clip.frames) / 24
    return {"video": stored(video_key), "audio": stored(sound_key), "seconds": seconds}


# --- starting ------------------------------------------------------------------------------------


def start_lipsync(
    video: Video,
    clip: Clip,
    *,
    key: uuid.UUID | None = None,
    agreed_usd: Decimal | None = None,
) -> Job:
    """Start the lip-sync of a clip; asked again while it runs, or with the same `key`: its job.

    Problem: 409 with the reason where it makes no sense, or where it costs more than `agreed_usd`;
    402 over the budget; 429 over the quota or for too many starts.
    """
    earlier = _same_job(video, clip, key)
    if earlier is not None:
        return earlier
    model = check_video(video)
    check_clip(video, clip, model)
    earlier = same_unless_free(video, lambda: _same_job(video, clip, key))
    if earlier is not None:
        return earlier
    (usd,) = prices_of(model, [clip])
    video.check_affordable(usd)
    video.owner.check_room()
    # Once is enough: neither clip nor film that could be changed meanwhile has a part in the price.
    video.check_agreed(usd, agreed_usd)
    take_paid_turn(video.owner)
    return _open_job(video, clip, model, key)


def _same_job(video: Video, clip: Clip, key: uuid.UUID | None) -> Job | None:
    jobs = Job.objects.filter(video_id=video.pk, kind=Job.Kind.LIPSYNC)
    by_key: Job | None = jobs.filter(pk=key).first() if key else None
    running: Job | None = jobs.active().filter(takes__clip=clip).first()
    return by_key or running


def _open_job(video: Video, clip: Clip, model: Model, key: uuid.UUID | None) -> Job:
    """The job, and the take that is made first; of two requests at once the second gets the same."""
    with transaction.atomic():
        video.hold_open()
        earlier = _same_job(video, clip, key)
        if earlier is not None:
            return earlier
        check_free(video)
        job = new_job(
            video,
            Job.Kind.LIPSYNC,
            key=key,
            step="cut",
            message=f"Cutting out what is sung in clip {clip.clip_index + 1}.",
            takes=1,
            seconds=DEADLINE_SECONDS,
        )
        take = Take.objects.create(
            clip=clip,
            job=job,
            number=next_number(clip),
            kind=Take.Kind.LIPSYNC,
            model=model.key,
            prompt=clip.prompt,
            seed=video.seed % 2**31,
        )
        ring_on_commit(take)
    return job


def cancel_lipsync(video: Video) -> bool:
    """Stop it; False when none runs."""
    running = Job.objects.filter(video_id=video.pk, kind=Job.Kind.LIPSYNC).active()
    canceled = [job.cancel() for job in running]
    return any(canceled)


# --- the take ------------------------------------------------------------------------------------


def make_take(lease: Lease, take: Take) -> None:
    """Do the next step of the take: order, use what came, or try once more."""
    calls: list[Prediction] = list(Prediction.objects.about(take.pk))
    if not calls:
        _begin(lease, take)
    elif not calls[-1].is_terminal:
        take.come_back(LOOK_AGAIN_SECONDS)
    elif calls[-1].status == Status.SUCCEEDED:
        _use(lease, take, calls)
    else:
        _try_on(take, calls, calls[-1].error_code, calls[-1].error_detail)


def sound_key(take: Take) -> str:
    """Where the song's part under the clip lies until the take is made."""
    return f"{calls_folder(take)}sound.wav"


def _begin(lease: Lease, take: Take) -> None:
    """Cut out the sound of exactly the clip's frames, then order."""
    clip, song = take.clip, take.clip.video.song
    with storage.scratch("lipsync") as folder, storage.local(song.master_key) as master:
        cut_sound(
            master,
            folder / "sound.wav",
            frames=(clip.start_frame, clip.end_frame),
            should_stop=lease.is_lost,
        )
        storage.put(sound_key(take), folder / "sound.wav")
    failpoint("lipsync-cut")
    lease.check()
    _order(take)


def _order(take: Take) -> None:
    """Write the order and let the take wait for it, in one transaction."""
    clip, video = take.clip, take.clip.video
    source = clip.chosen_take
    if source is None or not source.key:
        raise not_possible("no_take", "The picture of this clip is gone.")
    with transaction.atomic():
        order(
            owner=video.owner,
            purpose=Purpose.LIPSYNC,
            model=take.model,
            values=_values(clip, source.key, sound_key(take)),
            subject_id=take.pk,
            keep_at=f"{calls_folder(take)}{uuid.uuid4()}",
            job=take.job,
            video_id=video.pk,
            song_id=video.song_id,
            clip_id=clip.pk,
            reserve=video.reserve,
        )
        take.job.report(20, "sync", f"The lips in clip {clip.clip_index + 1} are being moved.")
        if not take.wait_for_others():
            raise LeaseLost
    failpoint("lipsync-ordered")


def _use(lease: Lease, take: Take, calls: Sequence[Prediction]) -> None:
    """Bring what came to the clip's exact frames and keep it."""
    with storage.scratch("lipsync") as folder:
        try:
            _normalize(lease, take, calls[-1], folder)
        except MediaError as error:
            if lease.is_lost() or not error.is_permanent:
                raise
            _try_on(take, calls, "output_bad", str(error))
        else:
            lease.check()
            _keep(take, folder)


def _normalize(lease: Lease, take: Take, call: Prediction, folder: Path) -> None:
    clip = take.clip
    take.job.report(60, "fit", f"Fitting clip {clip.clip_index + 1} into its frames.")
    with storage.local(call.outputs[0]) as made:
        normalize(
            made,
            folder / "take.mp4",
            size=house.SIZES[clip.video.aspect_ratio],
            frames=clip.frames,
            should_stop=lease.is_lost,
        )
    stills.still(
        folder / "take.mp4", folder / "take.jpg", frame=clip.frames // 2, width=THUMBNAIL_WIDTH
    )


def _keep(take: Take, folder: Path) -> None:
    """Store the take and wake its job, which joins the film with it."""
    key, thumbnail_key = files_of(take)
    size = storage.put(key, folder / "take.mp4")
    thumbnail_bytes = storage.put(thumbnail_key, folder / "take.jpg")
    size += thumbnail_bytes
    failpoint("lipsync-stored")
    video, job = take.clip.video, take.job
    with transaction.atomic():
        Job.objects.hold(take.job_id)
        Video.objects.filter(pk=video.pk).update(stored_bytes=F("stored_bytes") + size)
        kept = take.succeed(
            key=key,
            thumbnail_key=thumbnail_key,
            size_bytes=size,
            thumbnail_bytes=thumbnail_bytes,
            frames_done=take.clip.frames,
        )
        if not kept or not job.wake(completed=1):
            raise LeaseLost
        video.owner.add_storage(size)
        Discard.objects.later(calls_folder(take))
        job.note(JobEvent.Kind.STEP, "The take is made; the film is joined again.")
        ring_on_commit(job)


def _try_on(take: Take, calls: Sequence[Prediction], code: str, detail: str) -> None:
    """Order again what can pass with time, after a pause; everything else ends the take."""
    codes = [call.error_code or "output_bad" for call in calls[:-1]] + [code]
    following = next_after([Attempt(Way(take.model), one) for one in codes], target=take.model)
    if following is None:
        sentence = errors.SENTENCES.get(code) or calls[-1].error_sentence
        number = take.clip.clip_index + 1
        raise Problem(
            code,
            f"Clip {number} could not be lip-synced; the film is as it was. {sentence}",
            detail=detail,
        )
    ended = calls[-1].finished_at or timezone.now()
    left = following.after_seconds - (timezone.now() - ended).total_seconds()
    if left > 0:
        take.come_back(left)
        return
    take.job.note(JobEvent.Kind.PROVIDER, f"The lip-sync is ordered again ({code}).", detail=detail)
    _order(take)


def lipsync_ended(job: Job) -> None:
    """It failed or was canceled (database work only)."""
    undo(job)
