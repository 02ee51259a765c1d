"""Sections for a song that nobody has drawn any for: equal numbers of bars.

The borders lie on downbeats, four to eight bars apart, or a multiple of that where the song would
otherwise have more than ten sections, or fewer bars where it would have less than three.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from songs.sections import MAX_SECONDS, MAX_SECTIONS, MIN_SECONDS, MIN_SECTIONS, song_frames
from vibecraft.media.frames import FRAME_RATE, to_frames
from videos.tiling import SectionSpan

BEATS_PER_BAR = 4
# The number of bars of a section, the best first: phrases of pop music are powers of two.
SIZES_IN_BARS = (8, 4, 16, 6, 5, 7, 12, 32, 10, 14, 24, 20, 28, 40, 48, 64, 2, 3, 1)
# What is left over at an end is a section of its own from this share of the others' length on.
LEAST_SHARE = 0.5
MIN_FRAMES = int(MIN_SECONDS * FRAME_RATE)
MAX_FRAMES = int(MAX_SECONDS * FRAME_RATE)
USUAL_FRAMES = 30 * int(FRAME_RATE)


def sections_from_bars(
    duration: float, downbeats: Sequence[float], beats: Sequence[float] = ()
) -> tuple[SectionSpan, ...]:
    """Return 3 to 10 sections of 1 to 120 s that tile a song of `duration` seconds.

    Without downbeats every fourth beat counts as one; without beats the parts are equal in time.
    Raises `ValueError` for a song too short or too long for the rules.
    """
    frames = song_frames(duration)
    if not MIN_SECTIONS * MIN_FRAMES <= frames <= MAX_SECTIONS * MAX_FRAMES:
        raise ValueError(f"a song of {duration:.2f} s cannot be divided into sections")
    bars = _bars(frames, downbeats or beats[::BEATS_PER_BAR])
    borders = next(filter(_is_legal, _offers(frames, bars)), _even(frames))
    return tuple(
        SectionSpan(index, start, end) for index, (start, end) in enumerate(pairwise(borders))
    )


def _bars(frames: int, downbeats: Iterable[float]) -> list[int]:
    """Return the frames of the downbeats inside the song, in order."""
    return sorted({frame for frame in map(to_frames, downbeats) if 0 < frame < frames})


def _offers(frames: int, bars: Sequence[int]) -> Iterable[list[int]]:
    """Return the borders for each size of a section, the best size first."""
    return (_borders(frames, bars, size) for size in SIZES_IN_BARS)


def _borders(frames: int, bars: Sequence[int], size: int) -> list[int]:
    """Count off bars from the first downbeat; short ends are joined to their neighbors.

    The bar before the first downbeat of the list begins the song, or is a lead-in to it.
    """
    inner = list(_every(bars, size, frames))
    usual = size * _bar_frames(bars, frames)
    if inner and frames - inner[-1] < LEAST_SHARE * usual:
        inner.pop()
    return [0, *inner, frames]


def _every(bars: Sequence[int], size: int, frames: int) -> Iterable[int]:
    """Return each `size`-th downbeat, counted from the one that begins the song."""
    if not bars:
        return []
    has_lead_in = bars[0] < LEAST_SHARE * _bar_frames(bars, frames)
    first = size if has_lead_in else size - 1
    return bars[first::size]


def _bar_frames(bars: Sequence[int], frames: int) -> float:
    """Return the usual length of a bar in frames: the median."""
    lengths = sorted(after - before for before, after in pairwise(bars))
    return lengths[len(lengths) // 2] if lengths else frames


def _is_legal(borders: Sequence[int]) -> bool:
    lengths = [end - start for start, end in pairwise(borders)]
    is_fitting = all(MIN_FRAMES <= length <= MAX_FRAMES for length in lengths)
    return MIN_SECTIONS <= len(lengths) <= MAX_SECTIONS and is_fitting


def _even(frames: int) -> list[int]:
    """Return borders that divide a song into equal parts of about half a minute."""
    parts = min(MAX_SECTIONS, max(MIN_SECTIONS, round(frames / USUAL_FRAMES)))
    return [frames * k // parts for k in range(parts + 1)]
