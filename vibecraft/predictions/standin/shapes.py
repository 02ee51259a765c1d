"""How long, how large and how many: what a model makes of its inputs. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from vibecraft.predictions.standin.catalog import Model

Size = tuple[int, int]
Values = Mapping[str, Any]


@dataclass(frozen=True)
class VideoShape:
    """Frames, frames a second and [width, height] of one output."""

    frames: int
    rate: Fraction
    size: Size

    @property
    def seconds(self) -> float:
        return float(self.frames / self.rate)


def video_length(model: Model, values: Values) -> tuple[int, Fraction]:
    """(frames, frames a second) of what a video model makes."""
    making = model.making
    rate = Fraction(_pick(making["rate"], values))
    frames = _frames(making["frames"], values, rate)
    smooth = making.get("interpolate")
    if smooth and values.get(smooth["input"]):
        return round(frames * Fraction(smooth["rate"]) / rate), Fraction(smooth["rate"])
    return frames, rate


def _pick(rule: Any, values: Values) -> Any:
    return values[rule["input"]] if isinstance(rule, dict) else rule


def _frames(rule: Mapping[str, Any], values: Values, rate: Fraction) -> int:
    if "fixed" in rule:
        return int(rule["fixed"])
    if "input" in rule:
        return int(values[rule["input"]])
    seconds = int(values[rule["seconds"]])
    if "table" in rule:
        return int(rule["table"][seconds])
    return int(seconds * rate) + int(rule.get("plus", 0))


def video_shape(model: Model, values: Values, given_size: Size | None = None) -> VideoShape:
    """What a video model makes; `given_size` is that of the first image, if there is one."""
    frames, rate = video_length(model, values)
    return VideoShape(frames, rate, _video_size(model.making, values, given_size))


def _video_size(making: Mapping[str, Any], values: Values, given: Size | None) -> Size:
    if "exact" in making:
        width, height = (even(int(values[name])) for name in making["exact"])
        return width, height
    sizes = making["sizes"][making.get("fixed") or values[making["resolution"]]]
    if given is not None and making.get("fit") == "keep":
        return _keep_aspect(given, min(min(size) for size in sizes.values()))
    if given is not None and making.get("fit") == "nearest":
        return nearest(sizes, given)
    aspect = values.get(making.get("aspect", ""), next(iter(sizes)))
    return _pair(sizes.get(aspect) or next(iter(sizes.values())))


def _keep_aspect(given: Size, short_side: int) -> Size:
    factor = short_side / min(given)
    return even(given[0] * factor), even(given[1] * factor)


def nearest(sizes: Mapping[str, Any], given: Size) -> Size:
    """The listed size whose aspect is nearest to the given one."""
    wanted = math.log(given[0] / given[1])
    found = min(sizes.values(), key=lambda size: abs(math.log(size[0] / size[1]) - wanted))
    return _pair(found)


def even(value: float) -> int:
    """The nearest even number, as yuv420p needs."""
    return max(2, round(value / 2) * 2)


def _pair(size: Any) -> Size:
    return int(size[0]), int(size[1])


def image_size(model: Model, values: Values, given_size: Size | None = None) -> Size:
    """What an image model makes; `given_size` is that of the first reference, if there is one."""
    making = model.making
    exact = making.get("exact")
    if exact and values.get(exact["input"]) == exact["value"]:
        return _pair([values[name] for name in exact["sides"]])
    width, height = _aspect_size(making, values, given_size)
    scale = making.get("scale", {})
    factor = scale.get("factors", {}).get(values.get(scale.get("input", "")), 1)
    return even(width * factor), even(height * factor)


def _aspect_size(making: Mapping[str, Any], values: Values, given: Size | None) -> Size:
    sizes = making["sizes"]
    aspect = values.get(making["aspect"])
    if aspect != making.get("match") and aspect in sizes:
        return _pair(sizes[aspect])
    return nearest(sizes, given) if given else _pair(sizes["1:1"])


def image_count(model: Model, values: Values) -> int:
    """How many images come out."""
    making = model.making
    only = making.get("count_if", {})
    if any(values.get(name) != wanted for name, wanted in only.items()):
        return 1
    return int(values.get(making.get("count", ""), 1))


def expected_metrics(model: Model, values: Values) -> dict[str, float]:
    """The billing metrics that are known before anything is made."""
    if model.kind == "video":
        frames, rate = video_length(model, values)
        seconds = round(float(frames / rate), 3)
        return {"video_output_duration_seconds": seconds, "video_output_count": 1}
    if model.kind == "image":
        return {"image_output_count": image_count(model, values)}
    return {}
