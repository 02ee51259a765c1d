"""What a call costs: how many units of which variant. Pure arithmetic on what is sent.

The price of a call is `quantity * model.price.usd[variant]`, to a millionth of a dollar.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction
from typing import Any

from vibecraft.predictions.catalog.types import AnyLength, MadeLength, Model

MILLIONTH = Decimal("0.000001")
# The service tells the seconds of an output in thousandths, and is paid by what it tells.
THOUSANDTH = Decimal("0.001")
# About four characters are a token; an answer that nobody has read yet is taken to be this long.
CHARACTERS_PER_TOKEN = 4
GUESSED_OUTPUT_TOKENS = 2500
# A text that a schema asks for: a sentence or two, and its name.
TOKENS_PER_PROPERTY = 60
# A lip-sync of a video that nobody has measured is taken to be as long as the longest clip.
GUESSED_LIPSYNC_SECONDS = Decimal(10)
# What the service calls the quantity that each unit is paid by.
METRIC_OF = {
    "second": "video_output_duration_seconds",
    "video": "video_output_count",
    "image": "image_output_count",
    "hardware": "predict_time",
}


def units(model: Model, sent: Mapping[str, Any]) -> tuple[Decimal, str]:
    """Return (quantity, variant) of a call by what is sent, before anything is made.

    Exact for what is paid by second, video, image or run; a guess for tokens and seconds of
    hardware. A model that is free has the quantity 0 and the variant "".
    """
    if model.price.is_free:
        return Decimal(0), ""
    return _quantity(model, sent), variant_of(model, sent)


def measured(
    model: Model, sent: Mapping[str, Any], metrics: Mapping[str, Any]
) -> tuple[Decimal, str] | None:
    """Return (quantity, variant) by what the service has measured; None where it told nothing."""
    if model.price.is_free:
        return Decimal(0), ""
    variant = variant_of(model, sent)
    if model.price.unit == "token":
        quantity = _measured_tokens(model, metrics)
    elif model.price.unit == "run":
        quantity = Decimal(1)
    else:
        quantity = _number(metrics.get(METRIC_OF[model.price.unit]))
    return None if quantity is None else (quantity, variant)


def usd(quantity: Decimal, usd_per_unit: Decimal) -> Decimal:
    """Return the price in US dollars, to a millionth."""
    return (quantity * usd_per_unit).quantize(MILLIONTH, ROUND_HALF_EVEN)


def list_price(model: Model, sent: Mapping[str, Any]) -> Decimal:
    """Return the price of a call by the catalog's own prices."""
    quantity, variant = units(model, sent)
    return usd(quantity, model.price.usd[variant]) if variant else Decimal(0)


def variant_of(model: Model, sent: Mapping[str, Any]) -> str:
    """Return the first variant of the price whose wanted values are what is sent."""
    for tier in model.price.tiers:
        if all(sent.get(name) == value for name, value in tier.when):
            return tier.variant
    raise AssertionError(f"{model.key}: the last tier of a price always holds")


def seconds_made(model: Model, length: MadeLength) -> Decimal:
    """Return how long the output plays, as the service tells it."""
    return seconds_of(length.made_frames, model.frame_rate)


def seconds_of(frames: int, frame_rate: Fraction) -> Decimal:
    """Return how long so many frames play, to a thousandth."""
    return Decimal(str(round(float(frames / frame_rate), 3))).quantize(THOUSANDTH)


def _quantity(model: Model, sent: Mapping[str, Any]) -> Decimal:
    match model.price.unit:
        case "second" if model.kind == "video":
            return _video_seconds(model, sent)
        case "second":
            return _lipsync_seconds(model, sent)
        case "token":
            return Decimal(_guessed_tokens(model, sent))
        case "hardware":
            return Decimal(model.run_seconds)
    return Decimal(1)


def _video_seconds(model: Model, sent: Mapping[str, Any]) -> Decimal:
    assert not isinstance(model.lengths, AnyLength), "any length is only made for free"
    asked = model.inputs.get("seconds")
    for length in model.lengths:
        if asked is None or sent.get(asked.name) == length.sent:
            return seconds_made(model, length)
    raise ValueError(f"{model.key} is asked for a length that it does not make")


def _lipsync_seconds(model: Model, sent: Mapping[str, Any]) -> Decimal:
    video = sent.get(model.inputs["video"].name)
    told = video.get("seconds") if isinstance(video, Mapping) else None
    return GUESSED_LIPSYNC_SECONDS if told is None else Decimal(str(round(float(told), 3)))


def _guessed_tokens(model: Model, sent: Mapping[str, Any]) -> int:
    read = len(json.dumps(sent, ensure_ascii=False)) // CHARACTERS_PER_TOKEN + 1
    asked = _properties(sent)
    written = asked * TOKENS_PER_PROPERTY if asked else GUESSED_OUTPUT_TOKENS
    return read + model.price.output_weight * written


def _properties(sent: Any) -> int:
    """How many values the schemas in an input ask for."""
    if isinstance(sent, Mapping):
        mine = sent.get("properties")
        here = len(mine) if isinstance(mine, Mapping) else 0
        return here + sum(_properties(one) for one in sent.values())
    return 0


def _measured_tokens(model: Model, metrics: Mapping[str, Any]) -> Decimal | None:
    read, written = (
        _number(metrics.get(name)) for name in ("input_token_count", "output_token_count")
    )
    if read is None or written is None:
        return None
    return read + model.price.output_weight * written


def _number(value: Any) -> Decimal | None:
    """A metric that is a number; the service may leave it out, or say anything."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    number = Decimal(str(value))
    return number if number.is_finite() and number >= 0 else None
