"""What can be chosen for a video: models with prices and abilities, flavors, video types."""

from __future__ import annotations

from typing import Any

from videos.catalog.loader import catalog, default_model_key
from videos.catalog.types import AnyLength, Model, Price
from videos.direction.types import VIDEO_TYPES
from videos.flavors.loader import DEFAULT, flavors


def models() -> list[dict[str, Any]]:
    return [_model(one) for one in catalog().values()]


def _model(model: Model) -> dict[str, Any]:
    return {
        "key": model.key,
        "name": model.name,
        "description": model.description,
        "provider": model.provider,
        "abilities": list(model.abilities),
        "aspect_ratios": list(model.sizes),
        "frame_rate": float(model.frame_rate),
        "lengths_seconds": _lengths(model),
        "price": _price(model.price),
        "is_default": model.key == default_model_key(),
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


def _price(price: Price) -> dict[str, Any]:
    tiers = [{"seconds": float(seconds), "usd": float(usd)} for seconds, usd in price.by_seconds]
    return {"unit": price.unit, "usd": float(price.usd), "by_seconds": tiers}


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
