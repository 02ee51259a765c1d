"""The sync report: how well the cuts sit on the beats, and the sound on the picture.

Both are taken from the finished film as decoded: a cut is where the first picture of a clip is seen.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from songs.models import Analysis
from vibecraft.media.frames import FRAME_RATE, to_seconds
from vibecraft.media.verify import FilmFacts
from videos.models import Clip

HALF_A_FRAME_SECONDS = 0.5 / float(FRAME_RATE)


@dataclass(frozen=True)
class CutReport:
    """One cut: its time and its distance to the nearest beat, in seconds (negative: early)."""

    time: float
    distance: float
    is_border: bool
    is_on_beat: bool
    is_on_downbeat: bool


@dataclass(frozen=True)
class SyncReport:
    """Cuts inside sections are the planner's; cuts at borders are where the user drew them."""

    cuts: int
    cuts_on_beats: int
    cuts_on_downbeats: int
    inner_cuts: int
    inner_cuts_on_beats: int
    worst_distance_ms: float
    frames: int
    sound_offset_ms: float
    sound_drift_ms: float
    each: list[CutReport]


def nearest(times: Sequence[float], moment: float) -> float | None:
    """The element of the sorted `times` that is nearest to `moment`; None of an empty list."""
    at = bisect_left(times, moment)
    return min(times[max(0, at - 1) : at + 1], key=lambda time: abs(time - moment), default=None)


def report_cut(
    time: float, *, is_border: bool, beats: Sequence[float], downbeats: Sequence[float]
) -> CutReport:
    beat, downbeat = nearest(beats, time), nearest(downbeats, time)
    distance = time - beat if beat is not None else 0.0
    return CutReport(
        time=round(time, 4),
        distance=round(distance, 4),
        is_border=is_border,
        is_on_beat=beat is not None and _is_on(time, beat),
        is_on_downbeat=downbeat is not None and _is_on(time, downbeat),
    )


def _is_on(time: float, beat: float) -> bool:
    """Within half a frame: no frame is nearer to the beat (rounding of floats left aside)."""
    return abs(time - beat) <= HALF_A_FRAME_SECONDS + 1e-6


def sync_report(clips: Sequence[Clip], analysis: Analysis, facts: FilmFacts) -> SyncReport:
    """Compare the cuts of a verified film with the beats, and take its sound's offset."""
    each = [
        report_cut(
            to_seconds(frame),
            is_border=clip.section_id != before.section_id,
            beats=analysis.beat_times,
            downbeats=analysis.downbeat_times,
        )
        for (before, clip), frame in zip(pairwise(clips), facts.cuts[1:], strict=True)
        if frame is not None
    ]
    inner = [cut for cut in each if not cut.is_border]
    return SyncReport(
        cuts=len(each),
        cuts_on_beats=sum(cut.is_on_beat for cut in each),
        cuts_on_downbeats=sum(cut.is_on_downbeat for cut in each),
        inner_cuts=len(inner),
        inner_cuts_on_beats=sum(cut.is_on_beat for cut in inner),
        worst_distance_ms=round(max((abs(cut.distance) for cut in inner), default=0.0) * 1000, 1),
        frames=facts.frames,
        sound_offset_ms=round(facts.worst_offset * 1000, 2),
        sound_drift_ms=round((facts.drift or 0.0) * 1000, 2),
        each=each,
    )
