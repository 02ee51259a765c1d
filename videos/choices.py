"""What can be chosen for a video: models with prices and abilities, flavors, video types."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from vibecraft.predictions.catalog import AnyLength, Model, default_key, models_of, pricing
from videos import choosing
from videos.direction.types import VIDEO_TYPES
from videos.flavors.loader import DEFAULT, flavors
from videos.footage import UsdOf, footage_of


def models() -> list[dict[str, Any]]:
    """The models that make clips, as the API shows them, at today's prices."""
    usd_of, default = choosing.price_list(), default_key("video")
    return [_model(one, usd_of, default) for one in models_of("video").values()]


def _model(model: Model, usd_of: UsdOf, default: str) -> dict[str, Any]:
    return {
        "key": model.key,
        "name": model.name,
        "description": model.description,
        "provider": model.provider,
        "abilities": list(model.abilities),
        "needs_first_frame": model.needs_first_frame,
        "aspect_ratios": list(model.sizes),
        "frame_rate": float(model.frame_rate),
        "lengths_seconds": _lengths(model),
        "price": _price(model, usd_of),
        "is_default": model.key == default,
        "is_available": choosing.is_available(model),
    }


def _lengths(model: Model) -> dict[str, Any]:
    if isinstance(model.lengths, AnyLength):
        longest = model.lengths.max_seconds
        shortest = float(model.lengths.min_seconds)
        return {
            "choices": None,
            "min": shortest,
            "max": None if longest is None else float(longest),
        }
    choices = [float(length.asked_seconds) for length in model.lengths]
    return {"choices": choices, "min": None, "max": None}


def _price(model: Model, usd_of: UsdOf) -> dict[str, Any]:
    by_length = footage_of(model, usd_of).usd_by_length
    return {
        "unit": model.price.unit,
        "usd": float(usd_per_unit(model, usd_of)),
        "by_seconds": [
            {"seconds": float(seconds), "usd": float(usd)} for seconds, usd in by_length
        ],
    }


def usd_per_unit(model: Model, usd_of: UsdOf) -> Decimal:
    """The price of one second, clip, …, by what is sent; of clips the cheapest."""
    if model.price.is_free:
        return Decimal(0)
    if model.price.unit == "video":
        return min(usd for _, usd in footage_of(model, usd_of).usd_by_length)
    return usd_of(model, pricing.variant_of(model, model.fixed))


def flavor_choices() -> list[dict[str, Any]]:
    return [
        {
            "name": one.name,
            "title": one.title,
            "description": one.description,
            "negative_prompt": one.negative_prompt,
            "is_default": one.name == DEFAULT,
        }
        for one in flavors().values()
    ]


def video_types() -> list[dict[str, Any]]:
    return [
        {"key": one.key, "name": one.name, "description": one.description}
        for one in VIDEO_TYPES.values()
    ]
