"""A full request of every model of the catalog, under our own names."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from vibecraft.predictions.catalog import AnyLength, Model, catalog
from vibecraft.predictions.catalog.inputs import build_input

PICTURE = "https://example.org/picture.png"
SONG = "https://example.org/song.wav"
FILM = "https://example.org/film.mp4"
SCHEMA = {
    "type": "object",
    "properties": {"scenes": {"type": "array", "items": {"type": "string"}}},
}

WISHES: dict[str, Any] = {
    "prompt": "A lantern drifts over black water, slowly.\nClose.",
    "negative_prompt": "text, faces",
    "seed": 2**31 - 1,
    "first_frame": PICTURE,
    "last_frame": PICTURE,
    "reference": PICTURE,
    "lyrics": "Lanterns on the water\nnobody is calling",
    "language": "en",
    "audio": SONG,
    "video": FILM,
    "schema": SCHEMA,
    "system_prompt": "You write scenes.",
}
# What a wish must have an input for, by kind; the others are given to every model of the kind.
PARTS = {
    "video": {"prompt", "negative_prompt", "seed", "last_frame", "reference"},
    "image": {"prompt", "seed", "reference"},
    "lipsync": {"video", "audio", "seed"},
    "speech": {"audio", "language"},
    "music": {"prompt", "seed"},
    "words": {"prompt", "schema", "system_prompt"},
}


def paid_models() -> list[Model]:
    return [model for model in catalog().values() if not model.is_builtin]


def wishes(model: Model, *, first_frame: bool = True) -> dict[str, Any]:
    """Everything that can be wished of a model but a length."""
    names = PARTS[model.kind] | {name for name in ("lyrics",) if name in model.inputs}
    if first_frame and "first_frame" in model.inputs:
        names = names | {"first_frame"}
    return {name: WISHES[name] for name in names}


def requests(model: Model) -> Iterator[dict[str, Any]]:
    """What is sent for each length and aspect ratio, with and without a first frame."""
    ratios = list(model.sizes) or [""]
    for seconds in lengths(model):
        for ratio in ratios:
            for first_frame in {True, model.needs_first_frame}:
                wished = wishes(model, first_frame=first_frame)
                yield build_input(model, wished | {"seconds": seconds, "aspect_ratio": ratio})


def lengths(model: Model) -> list[Decimal | None]:
    if model.kind == "video":
        assert not isinstance(model.lengths, AnyLength)
        return [length.asked_seconds for length in model.lengths]
    seconds = model.inputs.get("seconds")
    return [None] if seconds is None else [Decimal(12), Decimal(30)]
