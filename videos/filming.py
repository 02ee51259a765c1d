"""A take that a model makes: ordered, waited for without a worker, brought to the house format.

`go_on` is called again each time the take is woken, and reads from the rows of its calls how far it
is; so a worker may die between any two of its steps.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from vibecraft import storage
from vibecraft.jobs.claims import Status
from vibecraft.jobs.failpoints import failpoint
from vibecraft.jobs.models import JobEvent
from vibecraft.jobs.runner import Lease, LeaseLost
from vibecraft.media import house
from vibecraft.media.errors import MediaError
from vibecraft.media.normalize import normalize
from vibecraft.predictions import errors
from vibecraft.predictions.catalog import Model, get_model
from vibecraft.predictions.models import Prediction, Purpose
from vibecraft.predictions.ordering import order, stored
from vibecraft.problems import Problem
from videos import choosing, first_frames
from videos.attempts import Attempt, Way, next_after
from videos.first_frames import calls_folder, first_frame_key, source_of
from videos.keeping import keep
from videos.models import Take
from videos.settling import settle

# A call that lives wakes its take when it ends; this is for a take that was rung for before.
LOOK_AGAIN_SECONDS = 15.0


def go_on(lease: Lease, take: Take) -> None:
    """Do the next step of a take: order, use what came, or try what is left."""
    calls: list[Prediction] = list(Prediction.objects.about(take.pk))
    if not calls:
        _begin(take)
    elif not calls[-1].is_terminal:
        take.come_back(LOOK_AGAIN_SECONDS)
    elif calls[-1].status != Status.SUCCEEDED:
        _try_on(take, calls, calls[-1].error_code, calls[-1].error_detail)
    elif _is_image(calls[-1]):
        _start_from_image(take, calls)
    else:
        _use(lease, take, calls)


def _is_image(call: Prediction) -> bool:
    return get_model(call.model).kind == "image"


# --- ordering ------------------------------------------------------------------------------------


def _begin(take: Take) -> None:
    model = get_model(take.model)
    source = source_of(take, model)
    if source is not None:
        first_frames.prepare(take, source)
        _order(take, Way(model.key, has_first_frame=True), starts_from=source.start)
    elif model.needs_first_frame:
        _order(take, Way(settings.IMAGE_MODEL))
    else:
        _order(take, Way(model.key))


def _start_from_image(take: Take, calls: Sequence[Prediction]) -> None:
    """The image that the clip starts from is made: now the clip."""
    source = first_frames.Source(Take.Start.STILL, calls[-1].outputs[0])
    try:
        first_frames.prepare(take, source)
    except MediaError as error:
        _judge(error, take, calls)
    else:
        _order(take, Way(take.model, has_first_frame=True), len(calls), source.start)


def _order(take: Take, way: Way, number: int = 0, starts_from: str | None = None) -> None:
    """Write the order and let the take wait for it, in one transaction.

    `number` counts the calls before it: each has a seed of its own, so that no two are alike.
    """
    clip, video = take.clip, take.clip.video
    changed = {} if starts_from is None else {"starts_from": starts_from}
    with transaction.atomic():
        order(
            owner=video.owner,
            purpose=Purpose.CLIP,
            model=way.model,
            values=_values(take, way, (take.seed + number) % 2**31),
            subject_id=take.pk,
            keep_at=f"{calls_folder(take)}{uuid.uuid4()}",
            job=take.job,
            video_id=video.pk,
            song_id=video.song_id,
            clip_id=clip.pk,
            reserve=video.reserve,
        )
        if not take.wait_for_others(**changed):
            raise LeaseLost
    failpoint("take-ordered")


def _values(take: Take, way: Way, seed: int) -> dict[str, Any]:
    """What is asked for, by our names; what the model has no input for is left out there."""
    model, video = get_model(way.model), take.clip.video
    if model.kind == "image":
        return first_frames.still_values(video, take.prompt) | {"seed": seed}
    values: dict[str, Any] = {
        "prompt": take.prompt,
        "negative_prompt": video.negative_prompt,
        "seed": seed,
        "seconds": _seconds(model, take.clip.frames),
        "aspect_ratio": video.aspect_ratio,
    }
    if way.has_first_frame:
        values["first_frame"] = stored(first_frame_key(take))
    character = first_frames.character_of(video) if model.takes_reference else None
    if character is not None:
        values["reference"] = stored(character.key)
    return values


def _seconds(model: Model, frames: int) -> Decimal:
    """What to ask for so that the clip is filled; of a model in need, the longest that it makes."""
    footage = choosing.footage(model)
    wanted = footage.order_for(frames) or footage.order_for(footage.longest or frames)
    assert wanted is not None, "a model makes its own longest length"
    return wanted.seconds


# --- what came -----------------------------------------------------------------------------------


def _use(lease: Lease, take: Take, calls: Sequence[Prediction]) -> None:
    """Bring what came to the house format and keep it; what cannot be used is made again."""
    failpoint("take-fetched")
    with storage.scratch("take") as folder:
        try:
            _normalize(lease, take, calls[-1], folder / "take.mp4")
        except MediaError as error:
            if lease.is_lost():
                raise
            _judge(error, take, calls)
        else:
            failpoint("take-normalized")
            keep(lease, take, folder)


def _normalize(lease: Lease, take: Take, call: Prediction, target: Path) -> None:
    with storage.local(call.outputs[0]) as made:
        normalize(
            made,
            target,
            size=house.SIZES[take.clip.video.aspect_ratio],
            frames=take.clip.frames,
            should_stop=lease.is_lost,
        )


def _judge(error: MediaError, take: Take, calls: Sequence[Prediction]) -> None:
    """What is wrong with the file is the model's; what can pass with time is the runner's."""
    if not error.is_permanent:
        raise error
    _try_on(take, calls, "output_bad", str(error))


# --- what went wrong -----------------------------------------------------------------------------


def _try_on(take: Take, calls: Sequence[Prediction], code: str, detail: str) -> None:
    """Order again, in the same way or from words, or fail the take for good."""
    attempts = _attempts(take, calls, code)
    following = next_after(attempts, target=take.model)
    if following is None:
        raise _failure(take, calls[-1], code, detail)
    left = following.after_seconds - _seconds_since(calls[-1])
    if left > 0:
        take.come_back(left)
        return
    _note(take, attempts[-1].way, following.way, code, detail)
    is_changed = following.way.has_first_frame != attempts[-1].way.has_first_frame
    _order(take, following.way, len(calls), "" if is_changed else None)


def _attempts(take: Take, calls: Sequence[Prediction], code: str) -> list[Attempt]:
    """The calls so far as what they were: an image that served is no attempt at the clip."""
    served = [call for call in calls[:-1] if _is_image(call) and call.status == Status.SUCCEEDED]
    ended = [call for call in calls if call not in served]
    codes = [call.error_code or "output_bad" for call in ended[:-1]] + [code]
    return [Attempt(_way_of(take, call), error) for call, error in zip(ended, codes, strict=True)]


def _way_of(take: Take, call: Prediction) -> Way:
    given = stored(first_frame_key(take))
    return Way(call.model, has_first_frame=given in call.input.values())


def _seconds_since(call: Prediction) -> float:
    ended = call.finished_at or timezone.now()
    return (timezone.now() - ended).total_seconds()


def _note(take: Take, before: Way, after: Way, code: str, detail: str) -> None:
    """The job's history says that money is spent again, and why."""
    how = "again" if before == after else f"with {get_model(after.model).name}, from words"
    take.job.note(
        JobEvent.Kind.PROVIDER,
        f"Clip {take.clip.clip_index + 1} is ordered {how} ({code}).",
        take=str(take.pk),
        detail=detail[-1000:],
    )


def _failure(take: Take, call: Prediction, code: str, detail: str) -> Problem:
    sentence = errors.SENTENCES.get(code) or call.error_sentence
    return Problem(
        code,
        f"Clip {take.clip.clip_index + 1} could not be made. {sentence}",
        detail=detail,
    )


def call_ended(call: Prediction) -> None:
    """A call for a take has ended, also one for its first frame or its lips."""
    settle(call, Take)
