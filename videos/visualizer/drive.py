"""What the song does to the picture, frame by frame.

Light may pulse only on ``beat`` and ``bar``, whose pulses are never closer than
``PULSE_SECONDS``, so that no look can flash faster than three times a second; ``kick`` follows
every beat and is for motion and small sparks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from videos.visualizer.brief import ClipBrief, Features
from videos.visualizer.jit import Floats

FRAMES_PER_SECOND = 24.0
PULSE_SECONDS = 0.38
BANDS = 48
PRE_ROLL_FRAMES = 48

Times = NDArray[np.float64]


@dataclass(frozen=True)
class Moment:
    """One frame of the song as the looks see it. Levels are 0..1, times are seconds."""

    index: int
    time: float
    progress: float
    section_progress: float
    song_progress: float
    beat: float
    bar: float
    kick: float
    spark: float
    beat_count: float
    bar_count: int
    energy: float
    low: float
    mid: float
    high: float
    travel: float
    spectrum: Floats


class Drive:
    """The moments of one clip, computed once from the features of the whole song."""

    def __init__(
        self, brief: ClipBrief, features: Features, beats: Times, downbeats: Times
    ) -> None:
        self.brief = brief
        self.total = max(len(features.energy), brief.end_frame, 1)
        self.frames = np.arange(brief.start_frame, brief.end_frame)
        light = thin_out(beats, downbeats)
        self.beat = self._pulses(light, decay=4.2)
        self.bar = self._pulses(np.intersect1d(light, downbeats), decay=2.2)
        self.kick = self._pulses(beats, decay=6.5)
        self.count = _position(self.frames / FRAMES_PER_SECOND, beats)
        self.bars = np.searchsorted(downbeats, self.frames / FRAMES_PER_SECOND + 0.02)
        self.energy = self._level(features.energy, seconds=0.9)
        self.low = self._level(features.low, seconds=0.3)
        self.mid = self._level(features.mid, seconds=0.3)
        self.high = self._level(features.high, seconds=0.3)
        self.spark = self._at(features.onset)
        self.travel = self._travel(features.energy, beats)
        self.spectrum = self._spectrum(features.spectrum)

    def __len__(self) -> int:
        return len(self.frames)

    def moment(self, index: int) -> Moment:
        """The frame with this index, counted from the start of the clip."""
        brief, frame = self.brief, int(self.frames[index])
        section = max(brief.section_end_frame - brief.section_start_frame, 1)
        return Moment(
            index=index,
            time=frame / FRAMES_PER_SECOND,
            progress=index / max(len(self) - 1, 1),
            section_progress=float(np.clip((frame - brief.section_start_frame) / section, 0, 1)),
            song_progress=frame / self.total,
            beat=float(self.beat[index]),
            bar=float(self.bar[index]),
            kick=float(self.kick[index]),
            spark=float(self.spark[index]),
            beat_count=float(self.count[index]),
            bar_count=int(self.bars[index]),
            energy=float(self.energy[index]),
            low=float(self.low[index]),
            mid=float(self.mid[index]),
            high=float(self.high[index]),
            travel=float(self.travel[index]),
            spectrum=self.spectrum[index],
        )

    def _pulses(self, times: Times, *, decay: float) -> Floats:
        """1 at each time, falling off exponentially, with one frame to rise."""
        out = np.zeros(len(self.frames), dtype=np.float32)
        if not len(times):
            return out
        now = self.frames / FRAMES_PER_SECOND + 0.5 / FRAMES_PER_SECOND
        last = np.searchsorted(times, now, side="right") - 1
        age = np.where(last >= 0, now - times[np.maximum(last, 0)], np.inf)
        return np.asarray(np.exp(-decay * age), dtype=np.float32)

    def _at(self, values: NDArray[np.float32]) -> Floats:
        if not len(values):
            return np.zeros(len(self.frames), dtype=np.float32)
        return np.asarray(values[np.minimum(self.frames, len(values) - 1)], dtype=np.float32)

    def _level(self, values: NDArray[np.float32], *, seconds: float) -> Floats:
        """The level without its ripple: mean over a window that looks both ways."""
        width = max(int(seconds * FRAMES_PER_SECOND) | 1, 1)
        window = np.hanning(width + 2)[1:-1]
        if not len(values):
            return self._at(values)
        padded = np.pad(values.astype(np.float64), width // 2, mode="edge")
        level = np.convolve(padded, window / window.sum(), mode="valid")
        return self._at(level.astype(np.float32))

    def _travel(self, energy: NDArray[np.float32], beats: Times) -> Floats:
        """The way gone since the song began: on and on, faster when loud, a step on each beat."""
        speed = 0.45 + 1.1 * energy.astype(np.float64)
        kicks = np.zeros(self.total)
        at = (np.asarray(beats) * FRAMES_PER_SECOND).astype(int)
        kicks[at[(at >= 0) & (at < self.total)]] = 1.0
        kicks = np.convolve(kicks, np.exp(-np.arange(12) / 3.0) / 3.0)[: self.total]
        speed = np.pad(speed, (0, max(self.total - len(speed), 0)), mode="edge")[: self.total]
        way = np.cumsum(speed * (1.0 + 1.6 * kicks)) / FRAMES_PER_SECOND
        return np.asarray(way[self.frames], dtype=np.float32)

    def _spectrum(self, spectrum: NDArray[np.float32]) -> Floats:
        """Bands that rise at once and fall slowly, as meters do."""
        start = max(int(self.frames[0]) - PRE_ROLL_FRAMES, 0) if len(self.frames) else 0
        held = np.zeros(BANDS, dtype=np.float32)
        out = np.zeros((len(self.frames), BANDS), dtype=np.float32)
        for frame in range(start, self.brief.end_frame):
            now = spectrum[min(frame, len(spectrum) - 1)] if len(spectrum) else held
            held = np.maximum(held * 0.86, 0.55 * now + 0.45 * held).astype(np.float32)
            if frame >= self.brief.start_frame:
                out[frame - self.brief.start_frame] = held
        return out


def thin_out(beats: Times, downbeats: Times) -> Times:
    """Beats that are far enough apart to be shown as light, downbeats kept before others."""
    strong = set(np.round(downbeats, 3).tolist())
    kept: list[float] = []
    for time in np.asarray(beats, dtype=np.float64).tolist():
        close = bool(kept) and time - kept[-1] < PULSE_SECONDS
        if not close:
            kept.append(time)
        elif round(time, 3) in strong and (len(kept) < 2 or time - kept[-2] >= PULSE_SECONDS):
            kept[-1] = time
    return np.array(kept, dtype=np.float64)


def _position(now: Times, times: Times) -> Times:
    """How many of the times are past, with the fraction of the way to the next."""
    if len(times) < 2:
        return now * 2.0
    return np.interp(now, times, np.arange(len(times)), left=0.0, right=len(times) - 1.0)
