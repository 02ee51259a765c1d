"""Makes the outputs of predictions, a few at a time; equal model and input are made once."""

from __future__ import annotations

import hashlib
import json
import random
import re
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from vibecraft.media.errors import MediaError
from vibecraft.predictions.standin import pictures, shapes, sounds, words
from vibecraft.predictions.standin.catalog import Model
from vibecraft.predictions.standin.inputs import InputProblem, Inputs

THREADS = 2
SHOT = re.compile(r"\b(?:shot|clip|scene)\s*#?\s*(\d+)", re.IGNORECASE)
CONTENT_TYPES = {
    ".mp4": "video/mp4", ".webp": "image/webp", ".jpg": "image/jpeg", ".png": "image/png",
    ".mp3": "audio/mpeg", ".wav": "audio/wav", ".pcm": "application/octet-stream",
}  # fmt: skip


@dataclass(frozen=True)
class Order:
    """What to make: `values` have their defaults, `number` is that of the prediction."""

    model: Model
    values: Mapping[str, Any]
    files: tuple[tuple[str, str], ...]
    number: int
    seed: int
    media: str | None = None


@dataclass(frozen=True)
class Made:
    """An output: files (to be delivered) or a value, and the metrics that it is billed by."""

    files: tuple[Path, ...] = ()
    value: Any = None
    metrics: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class _Work:
    """An order with its files fetched."""

    order: Order
    given: Mapping[str, list[Path]]
    stem: Path

    def first(self, name: str | None) -> Path | None:
        return next(iter(self.given.get(name or "", ())), None)


@dataclass
class Told:
    """What a test has told: words of recordings, and whole answers by model and prompt."""

    words: list[dict[str, Any]] | None = None
    answers: list[dict[str, Any]] = field(default_factory=list)

    def answer_for(self, model: str, prompt: str) -> Any:
        for one in reversed(self.answers):
            match = one.get("match", {})
            if match.get("model", model) == model and match.get("prompt_contains", "") in prompt:
                return one["value"]
        return None


class Studio:
    """A pool of makers over one folder."""

    def __init__(self, folder: Path, inputs: Inputs) -> None:
        self._folder = folder
        self._inputs = inputs
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="standin-studio")
        self._made: dict[str, Future[Made]] = {}
        self._lock = threading.Lock()
        self.told = Told()

    def make(self, order: Order) -> Future[Made]:
        """Start making; the future raises InputProblem with the prediction's error text."""
        return self._pool.submit(self._make, order)

    def stop(self) -> None:
        self._pool.shutdown(cancel_futures=True)

    def tell(self, told: Told) -> None:
        """Replace what was told; what was made before is forgotten where words matter."""
        with self._lock:
            self.told = told

    def _make(self, order: Order) -> Made:
        given: dict[str, list[Path]] = {}
        for name, uri in order.files:
            given.setdefault(name, []).append(self._inputs.fetch(uri))
        key = self._key(order, given)
        with self._lock:
            known = self._made.get(key)
            future = self._made[key] = known or Future()
        if known is None:
            try:
                future.set_result(_drawn(_Work(order, given, self._folder / key[:40]), self.told))
            except BaseException as error:
                # Whoever waits for the same work fails with it; the next order tries again.
                with self._lock:
                    del self._made[key]
                future.set_exception(error)
                raise
        return future.result()

    def _key(self, order: Order, given: Mapping[str, list[Path]]) -> str:
        """The hash of model and input, in which a file counts by its content."""
        plain = {name: value for name, value in order.values.items() if name not in given}
        files = {name: [path.stem for path in paths] for name, paths in given.items()}
        told = repr(self.told) if order.model.kind in ("speech", "words") else ""
        text = json.dumps([order.model.slug, plain, files, order.media, told], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def _drawn(work: _Work, told: Told) -> Made:
    """Make it; media that cannot be read are the input's fault."""
    try:
        return _MAKERS[work.order.model.kind](work, told)
    except MediaError as error:
        if not error.is_permanent:
            raise
        told_by = error.detail[-200:]
        raise InputProblem(f"Error while processing the input: {told_by}") from error


def prompt_of(values: Mapping[str, Any]) -> str:
    return str(values.get("prompt") or values.get("text") or "")


def label_of(order: Order) -> str:
    """The shot's number: the prompt's own, else the prediction's."""
    told = SHOT.search(prompt_of(order.values))
    return f"Shot {told.group(1) if told else order.number}"


# --- one maker for each kind ---------------------------------------------------------------------


def _video(work: _Work, _: Told) -> Made:
    order, making = work.order, work.order.model.making
    first, last = work.first(making.get("image")), work.first(making.get("last"))
    size = pictures.still_size(first) if first else None
    sound = work.first(making.get("audio"))
    is_loud = bool(order.values.get(making.get("sound", "")))
    shot = pictures.Shot(
        shape=shapes.video_shape(order.model, order.values, size),
        text=prompt_of(order.values),
        label=label_of(order),
        first=first,
        last=last,
        sound=sound if is_loud else None,
        has_tone=is_loud,
        media=order.media,
    )
    path = pictures.make_video(shot, work.stem.with_suffix(".mp4"))
    metrics = _video_metrics(pictures.spoiled(shot).shape)
    return Made(files=(path,), metrics=metrics | _target(order))


def _video_metrics(shape: shapes.VideoShape) -> dict[str, Any]:
    return {"video_output_duration_seconds": round(shape.seconds, 3), "video_output_count": 1}


def _target(order: Order) -> dict[str, Any]:
    resolution = order.values.get(order.model.making.get("resolution", ""))
    return {"resolution_target": resolution} if resolution else {}


def _image(work: _Work, _: Told) -> Made:
    order, making = work.order, work.order.model.making
    references = [
        path for name in making.get("references", ()) for path in work.given.get(name, ())
    ]
    given_size = pictures.still_size(references[0]) if references else None
    size = shapes.image_size(order.model, order.values, given_size)
    suffix = order.values.get(making.get("format", ""), making.get("default_format", "webp"))
    count = shapes.image_count(order.model, order.values)
    files = [
        pictures.make_image(
            work.stem.with_name(f"{work.stem.name}-{number}.{suffix}"),
            size,
            f"{prompt_of(order.values)} {number}" if count > 1 else prompt_of(order.values),
            label_of(order),
            references,
        )
        for number in range(count)
    ]
    megapixels = round(count * size[0] * size[1] / 1e6, 3)
    metrics = {"image_output_count": count, "image_output_megapixel_count": megapixels}
    return Made(files=tuple(files), metrics=metrics)


def _lipsync(work: _Work, _: Told) -> Made:
    making, values = work.order.model.making, work.order.values
    video = work.first(making["video"])
    if video is None:
        raise InputProblem(f"{making['video']} is required")
    mode = values.get(making.get("mode", ""), making.get("default_mode", "loop"))
    talk = sounds.Talk(video=video, audio=work.first(making["audio"]), mode=mode)
    seconds = sounds.talk_shape(sounds.Talk(video, None, mode)).seconds
    if not making.get("min_seconds", 0) <= seconds <= making.get("max_seconds", 3600):
        raise InputProblem(f"Video duration must be between 2 and 10 seconds, got {seconds:.1f}")
    path = work.stem.with_suffix(".mp4")
    return Made(files=(path,), metrics=_video_metrics(sounds.make_talk(talk, path)))


def _speech(work: _Work, told: Told) -> Made:
    making, values = work.order.model.making, work.order.values
    ready = told.answer_for(work.order.model.slug, prompt_of(values))
    if ready is not None:
        return Made(value=ready)
    audio = work.first(making["audio"])
    if audio is None:
        raise InputProblem(f"{making['audio']} is required")
    heard = told.words or sounds.heard_words(sounds.sound_seconds(audio))
    with_words = all(values.get(name) == value for name, value in making["words_if"].items())
    write = sounds.as_segments if making["shape"] == "segments" else sounds.as_chunks
    return Made(value=write(heard, with_words=with_words))


def _music(work: _Work, _: Told) -> Made:
    tune = sounds.tune_of(work.order.model.making, work.order.values)
    return Made(files=(sounds.make_tune(tune, work.stem.with_suffix(f".{tune.suffix}")),))


def _words(work: _Work, told: Told) -> Made:
    order = work.order
    prompt = words.prompt_text(order.values)
    ready = told.answer_for(order.model.slug, prompt)
    rng = random.Random(f"{order.seed}:{prompt}")
    try:
        output = ready if ready is not None else words.answer(order.values, rng)
    except (ValueError, KeyError, TypeError) as error:
        raise InputProblem(f"Invalid json_schema: {error}") from error
    return Made(value=output, metrics=words.token_counts(order.values, output))


_MAKERS: Mapping[str, Callable[[_Work, Told], Made]] = {
    "video": _video,
    "image": _image,
    "lipsync": _lipsync,
    "speech": _speech,
    "music": _music,
    "words": _words,
}
