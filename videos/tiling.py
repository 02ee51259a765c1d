"""Dividing one section into clips: the cheapest path over the frames where a cut may be.

The nodes are the frames where a cut may be (beats, and any frame where the song has no beat), the
edges are the clips that the length rules and the model allow, and a path from the first border
to the last is a tiling. An edge costs, in units of "one cut that is on a beat but on no downbeat":

* 0 for a cut on a downbeat, 1 on a beat, 1.5 where no beat is near, 60 beside a beat;
* 3 for each second of paid footage that is thrown away;
* pace: the square of how far the clip is from the length that its energy asks for;
* chance: a little for each cut, and a wish for each start, both from the seed;
* 0.4 for a clip as long as the one before it, so that lengths vary.

A cut beside a beat is only offered to a section that cannot be divided on beats at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from vibecraft.media.frames import to_seconds

SHORTEST_FRAMES = 72  # 3 s
LONGEST_FRAMES = 240  # 10 s
USUAL_FRAMES = 120
# A section that the model can only fill with clips below 3 s is cut as evenly as it has to be; a
# clip may then be this much shorter than even, to reach a beat.
SHARE_OF_EVEN = 0.75
# Between two beats further apart than the shortest clip the song has no beat to be missed.
SILENT_GAP_FRAMES = SHORTEST_FRAMES
# Cuts closer together than this only cost time to weigh: nobody sees which of them was taken.
NEAREST_BEATS_FRAMES = 10
GRID_FRAMES = 12

BEAT_COST = 1.0
FREE_COST = 1.5
OFF_BEAT_COST = 60.0
WASTE_COST_PER_SECOND = 3.0
PACE_COST = 2.0  # for a clip of the usual length
REPEAT_COST = 0.4
CHANCE_COST = 0.3
# How far the wish of one start may be from what the energy asks for: a factor of e^±0.4.
WISH_SPREAD = 0.4

CutKind = Literal["border", "downbeat", "beat", "free", "off_beat"]
Frames = NDArray[np.int64]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class SectionSpan:
    """Where a section lies, in frames from the start of the song; the end is not part of it."""

    index: int
    start_frame: int
    end_frame: int

    @property
    def frames(self) -> int:
        """The length in frames."""
        return self.end_frame - self.start_frame

    @property
    def start(self) -> float:
        """The start in seconds."""
        return to_seconds(self.start_frame)

    @property
    def end(self) -> float:
        """The end in seconds."""
        return to_seconds(self.end_frame)


@dataclass(frozen=True)
class Score:
    """What the cuts of a song are weighed by.

    `beats` are the frames that may be cut on, in order, downbeats included. `wished` is, at each
    frame, the sum over all frames before it of the logarithm of the wished length in frames.
    `wasted` is, by length in frames, how many seconds of paid footage are thrown away; infinite
    for a length that cannot be filled.
    """

    downbeats: frozenset[int]
    beats: Frames
    wished: Values
    wasted: Values
    random: Random

    @property
    def longest(self) -> int:
        """The longest clip that can be filled, in frames."""
        return len(self.wasted) - 1


@dataclass(frozen=True)
class _Limits:
    """The shortest and the longest clip of one section, in frames."""

    shortest: int
    longest: int


def divide(section: SectionSpan, score: Score, before: int) -> list[int]:
    """Return the cuts of one section, its two borders included.

    `before` is the length of the clip before the section, in frames; 0 if there is none.
    """
    if section.frames < SHORTEST_FRAMES and section.frames <= score.longest:
        return [section.start_frame, section.end_frame]
    limits = _limits(section.frames, score.longest)
    for cuts in _offers(section, score, limits):
        path = _shortest_path(cuts, score, limits, before)
        if path is not None:
            return path
    raise AssertionError(f"section {section.index} has no division, although one was offered")


def _limits(frames: int, longest: int) -> _Limits:
    """Return how short and long the clips of a section may be.

    Where clips of 3 s and more cannot tile it (the model makes 5 s at most, the section lasts
    5.9 s), they may be shorter, but only as short as an even division needs.
    """
    fewest = -(-frames // longest)
    if fewest * SHORTEST_FRAMES <= frames:
        return _Limits(SHORTEST_FRAMES, longest)
    return _Limits(max(1, int(frames // fewest * SHARE_OF_EVEN)), longest)


def _offers(section: SectionSpan, score: Score, limits: _Limits) -> Iterator[Frames]:
    """Give the frames where a cut may be, more of them each time: most sections need the first.

    Beats far enough apart, and a grid wherever beats are missing; then all beats; then the grid
    everywhere, which holds a legal division.
    """
    first, last = np.searchsorted(score.beats, [section.start_frame + 1, section.end_frame])
    beats = score.beats[first:last]
    around = score.beats[max(first - 1, 0) : last + 1]
    grid = _grid(section, limits)
    sparse = np.union1d(_thinned(beats, score.downbeats), _in_gaps(grid, around))
    yield _with_borders(section, sparse)
    yield _with_borders(section, np.union1d(beats, sparse))
    yield _with_borders(section, np.union1d(beats, grid))


def _with_borders(section: SectionSpan, cuts: Frames) -> Frames:
    return np.union1d(cuts, [section.start_frame, section.end_frame])


def _thinned(beats: Frames, downbeats: frozenset[int]) -> Frames:
    """Leave out beats close after another, as above 144 BPM; downbeats stay."""
    kept: list[int] = []
    for beat in beats.tolist():
        if beat in downbeats or not kept or beat - kept[-1] >= NEAREST_BEATS_FRAMES:
            kept.append(beat)
    return np.array(kept, dtype=np.int64)


def _grid(section: SectionSpan, limits: _Limits) -> Frames:
    """Every half second of the section, and the cuts that divide it evenly into fewest clips.

    The latter are always legal, so that a grid that holds them holds a tiling.
    """
    fewest = -(-section.frames // limits.longest)
    even = section.start_frame + np.arange(fewest + 1) * section.frames // fewest
    return np.union1d(np.arange(section.start_frame, section.end_frame, GRID_FRAMES), even)


def _in_gaps(cuts: Frames, beats: Frames) -> Frames:
    """Return the cuts that lie where two beats are too far apart to speak of a beat."""
    if not len(beats):
        return cuts
    far = 10**9
    edges = np.concatenate(([-far], beats, [far]))
    after = np.searchsorted(edges, cuts)
    return cuts[edges[after] - edges[after - 1] > SILENT_GAP_FRAMES]


def kind_of(cut: int, score: Score) -> CutKind:
    """What an inner cut lies on."""
    if cut in score.downbeats:
        return "downbeat"
    place = int(np.searchsorted(score.beats, cut))
    if place < len(score.beats) and score.beats[place] == cut:
        return "beat"
    if 0 < place < len(score.beats):
        gap = int(score.beats[place] - score.beats[place - 1])
        return "free" if gap > SILENT_GAP_FRAMES else "off_beat"
    return "free"


# One way to arrive at a node: its cost, the class of its last clip's length, the node, and the
# arrival that it continues.
_Arrival = tuple[float, int, int, "_Arrival | None"]


def _shortest_path(nodes: Frames, score: Score, limits: _Limits, before: int) -> list[int] | None:
    """Return the cheapest tiling from the first node to the last, or None if there is none.

    For each node two arrivals are kept, the best, and the best whose last clip has another
    length: with these the price of repeating a length is exact at the cost of a plain search.
    """
    starts, ends, lengths, costs = _edges(nodes, score, limits)
    best: list[_Arrival | None] = [None] * len(nodes)
    other: list[_Arrival | None] = [None] * len(nodes)
    best[0] = (0.0, _length_class(before), 0, None)
    for start, end, length, cost in zip(starts, ends, lengths, costs, strict=True):
        arrival = best[start]
        if arrival is None:
            continue
        total = arrival[0] + cost
        if arrival[1] == length:
            total += REPEAT_COST
            rival = other[start]
            if rival is not None and rival[0] + cost < total:
                arrival, total = rival, rival[0] + cost
        leader = best[end]
        if leader is None or total < leader[0]:
            if leader is not None and leader[1] != length:
                other[end] = leader
            best[end] = (total, length, end, arrival)
        elif leader[1] != length:
            second = other[end]
            if second is None or total < second[0]:
                other[end] = (total, length, end, arrival)
    return _walk_back(best[-1], nodes)


def _walk_back(arrival: _Arrival | None, nodes: Frames) -> list[int] | None:
    if arrival is None:
        return None
    path: list[int] = []
    while arrival is not None:
        path.append(int(nodes[arrival[2]]))
        arrival = arrival[3]
    return path[::-1]


def _edges(
    nodes: Frames, score: Score, limits: _Limits
) -> tuple[list[int], list[int], list[int], list[float]]:
    """Return start, end, class of length and cost of each clip that may be, by start.

    All are counted at once as arrays, and given back as lists, which Python reads faster.
    """
    low = np.searchsorted(nodes, nodes + limits.shortest)
    high = np.searchsorted(nodes, nodes + limits.longest, side="right")
    counts = np.maximum(high - low, 0)
    starts = np.repeat(np.arange(len(nodes)), counts)
    skipped = np.repeat(np.cumsum(counts) - counts, counts)
    ends = np.arange(len(starts)) - skipped + np.repeat(low, counts)
    frames = nodes[ends] - nodes[starts]
    costs = _cut_costs(nodes, score)[ends] + WASTE_COST_PER_SECOND * score.wasted[frames]
    costs += _pace_costs(nodes, starts, ends, score)
    fillable = np.isfinite(costs)
    columns = (starts[fillable], ends[fillable], _length_classes(frames[fillable]))
    return (*(column.tolist() for column in columns), costs[fillable].tolist())


def _cut_costs(nodes: Frames, score: Score) -> Values:
    """What a cut at each node costs; the borders of a section are not chosen and cost nothing."""
    by_kind = {"downbeat": 0.0, "beat": BEAT_COST, "free": FREE_COST, "off_beat": OFF_BEAT_COST}
    costs = [
        by_kind[kind_of(cut, score)] + score.random.random() * CHANCE_COST for cut in nodes.tolist()
    ]
    costs[0] = costs[-1] = 0.0
    return np.array(costs)


def _pace_costs(nodes: Frames, starts: Frames, ends: Frames, score: Score) -> Values:
    """How far each clip is from the length that is wished for where it lies.

    The cost grows with the length too, since it is an average over the section's time: else a
    few long clips would be cheaper than many short ones.
    """
    frames = (nodes[ends] - nodes[starts]).astype(np.float64)
    wished = (score.wished[nodes[ends]] - score.wished[nodes[starts]]) / frames
    chance = np.array([score.random.uniform(-WISH_SPREAD, WISH_SPREAD) for _ in nodes])
    distance = np.log(frames) - wished - chance[starts]
    costs: Values = PACE_COST * distance**2 * frames / USUAL_FRAMES
    return costs


def _length_class(frames: int) -> int:
    """Lengths that a viewer takes for equal: the same to a quarter of a second or so."""
    return (frames + 6) // 12


def _length_classes(frames: Frames) -> Frames:
    return (frames + 6) // 12
