"""The lengths that a video model makes, in the three ways in which models take them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from vibecraft.predictions.catalog.types import AnyLength, MadeLength, Model
from vibecraft.strict_yaml import Node


def read_lengths(node: Node, rate: Fraction) -> tuple[MadeLength, ...] | AnyLength:
    """Read the field `lengths` of an entry whose output has `rate` frames a second.

    A list names each; `every_second` and `every_frame` give ranges; `min_seconds` to
    `max_seconds` is any whole number of frames. Raises `YamlError`.
    """
    if isinstance(node.raw("lengths"), list):
        lengths = tuple(
            _read_length(Node(item, f"{node.place}: lengths"), rate)
            for item in node.items("lengths")
        )
    else:
        ranged = node.child("lengths")
        if "min_seconds" in ranged:
            return _read_any_length(ranged)
        lengths = tuple(_read_range(ranged, rate))
    if not lengths:
        raise node.error("lengths", "should not be empty")
    if any(before.asked_seconds >= after.asked_seconds for before, after in pairwise(lengths)):
        raise node.error("lengths", "should rise")
    return lengths


def _read_length(node: Node, rate: Fraction) -> MadeLength:
    asked = node.whole("seconds", at_least=1)
    made = node.whole("made_frames", at_least=1) if "made_frames" in node else int(asked * rate)
    node.end()
    return MadeLength(Decimal(asked), made, asked)


def _read_range(node: Node, rate: Fraction) -> Iterator[MadeLength]:
    is_seconds = "every_second" in node
    first, last = _read_bounds(node, "every_second" if is_seconds else "every_frame")
    extra = node.whole("extra_frames", at_least=0) if "extra_frames" in node else 0
    asked_rate = Fraction(node.number("at")) if "at" in node else rate
    node.end()
    for sent in range(first, last + 1):
        if is_seconds:
            yield MadeLength(Decimal(sent), int(sent * rate) + extra, sent)
        else:
            yield _frames_sent(sent, asked_rate, rate)


def _read_bounds(node: Node, name: str) -> tuple[int, int]:
    bounds = node.items(name)
    match bounds:
        case [int(first), int(last)] if 0 < first <= last:
            return first, last
    raise node.error(name, "should be two whole numbers that rise")


def _frames_sent(frames: int, asked_rate: Fraction, rate: Fraction) -> MadeLength:
    """So many frames are drawn at `asked_rate`, and smoothed to `rate` where that is another.

    The seconds are cut to four places, as a name only: what counts are the frames.
    """
    seconds = Fraction(frames) / asked_rate
    named = Decimal(math.floor(seconds * 10_000)) / 10_000
    return MadeLength(named, round(frames * rate / asked_rate), frames)


def _read_any_length(node: Node) -> AnyLength:
    shortest = node.number("min_seconds")
    longest = None if node.raw("max_seconds") is None else node.number("max_seconds")
    node.end()
    if shortest < 0 or (longest is not None and longest <= shortest):
        raise node.error("max_seconds", "should be above min_seconds")
    return AnyLength(shortest, longest)


def longest_seconds(model: Model) -> Fraction:
    """How long the longest output of a video model plays."""
    if isinstance(model.lengths, AnyLength):
        return Fraction(model.lengths.max_seconds or 10**9)
    return max(length.made_frames for length in model.lengths) / model.frame_rate
