"""Which call comes after one that went wrong: a pure decision [H2, H4]."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from vibecraft.predictions.catalog import Model, get_model
from vibecraft.predictions.errors import RETRIABLE

ATTEMPTS = 3
# Before the second and the third attempt: what was away for a moment should be back.
PAUSES_SECONDS = (10.0, 60.0)
# What a first frame can be the reason of: the same clip may still be made from words.
FALLS_BACK = frozenset({"refused_content", "bad_input", "model_gone", "output_bad"})


@dataclass(frozen=True)
class Way:
    """How a clip is asked for: of which model, and whether it is given a first frame."""

    model: str
    has_first_frame: bool = False


@dataclass(frozen=True)
class Attempt:
    """A call that went wrong: the way it went, and why."""

    way: Way
    error_code: str


@dataclass(frozen=True)
class Next:
    """The way of the next call, and the pause before it."""

    way: Way
    after_seconds: float = 0.0


def next_after(attempts: Sequence[Attempt], *, target: str) -> Next | None:
    """What is tried after these attempts, oldest first; None when nothing is left.

    `target` is the video model that the clip is for: the image that it starts from is made by
    another model, and where that fails the clip is still to be made.
    """
    last = attempts[-1]
    same = [attempt for attempt in attempts if attempt.way == last.way]
    if last.error_code in RETRIABLE and len(same) < ATTEMPTS:
        return Next(last.way, PAUSES_SECONDS[len(same) - 1])
    if last.error_code not in FALLS_BACK:
        return None
    tried = {attempt.way for attempt in attempts}
    ways = [way for way in _from_words(last, target) if way not in tried]
    return Next(ways[0]) if ways else None


def _from_words(last: Attempt, target: str) -> list[Way]:
    """The same clip without a first frame: by its own model where that can, else by another."""
    wanted = get_model(target)
    is_gone = last.error_code == "model_gone" and last.way.model == target
    had_picture = last.way.has_first_frame or get_model(last.way.model).kind == "image"
    ways = []
    if had_picture and not wanted.needs_first_frame and not is_gone:
        ways.append(Way(target))
    if (had_picture or is_gone) and wanted.fallback and makes_from_words(wanted.fallback):
        ways.append(Way(wanted.fallback))
    return ways


def makes_from_words(key: str) -> bool:
    model: Model = get_model(key)
    return not model.needs_first_frame
