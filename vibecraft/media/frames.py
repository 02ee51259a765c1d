"""Seconds and frames: the only place of the project that rounds time.

Inside, time is a whole number of frames at 24 per second, counted from the start of the song;
seconds are for the edges.
"""

from __future__ import annotations

import math
from fractions import Fraction

FRAME_RATE = Fraction(24)


def to_frames(seconds: float | Fraction) -> int:
    """The frame nearest to a time; a time exactly between two frames goes to the later one."""
    return math.floor(Fraction(seconds) * FRAME_RATE + Fraction(1, 2))


def to_seconds(frames: int) -> float:
    """The time at which a frame begins."""
    return float(frames / FRAME_RATE)


def total_frames(duration: float | Fraction) -> int:
    """Frames that a picture needs to cover a sound of this many seconds to its last sample."""
    return math.ceil(Fraction(duration) * FRAME_RATE)
