"""From onsets to beats and bars: the order in which the parts are asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d

from songs.audio.arrays import ANALYSIS_RATE, Array
from songs.audio.attack import attack_offset
from songs.audio.grid import coherence
from songs.audio.judgment import Reading, judge
from songs.audio.onsets import Onsets
from songs.audio.period import refine_period
from songs.audio.readings import Evidence, gather_evidence, phases
from songs.audio.spectrum import Spectrum
from songs.audio.tempo import Tempi, find_tempi, frames_per_beat
from songs.audio.tracking import follow

CERTAIN_COHERENCE = 0.99  # from here on nobody asks whether the tempo moves
LIKELY_COHERENCE = 0.9
LEAST_GAIN = 1.15  # of onset strength on the beats, for a moving tempo to be believed
FOLLOWED_TEMPI = 4
LEAST_BEATS = 6  # one more than the longest bar
EARLY_FRAMES = 3.0  # before the start of the song
START_FRAMES = 12
ONSET_SHARE = 0.2  # of the strong onsets, what still counts as one
PLAYED_SHARE = 0.25  # of the strong accents within EDGE_SECONDS of the end: less is a release
EDGE_SECONDS = 10.0
BEFORE_FRAMES, AFTER_FRAMES = 8.0, 5.0  # by which the outer beats may lie beyond the outer onsets
FRONT_END_DELAY_SECONDS = 0.005  # measured on made songs: flux peaks this long after the attack


@dataclass(frozen=True)
class Beats:
    """`times` (beats,) and `downbeat_times` in seconds; `confidence` and `regularity` 0..1.

    `emphasis` how much stronger onsets are on the beats than elsewhere (1: not at all).
    """

    bpm: float
    confidence: float
    regularity: float
    emphasis: float
    is_constant: bool
    times: Array
    downbeat_times: Array
    beats_per_bar: int


def track_beats(onsets: Onsets, spectrum: Spectrum) -> Beats | None:
    """Tempo, beats and bars of a song; None where fewer than LEAST_BEATS beats are to be had."""
    tempi, evidence = find_tempi(onsets), gather_evidence(onsets, spectrum)
    grids, span = list(constant_grids(onsets, tempi)), sounding_span(onsets, spectrum)
    readings = _judged(grids, evidence, tempi, span)
    if not readings:
        return None
    best = _best(readings)
    regularity = coherence(onsets.strength, _period(best))
    is_constant = regularity >= CERTAIN_COHERENCE
    if not is_constant:
        chosen = _distinct_tempi(readings)[:FOLLOWED_TEMPI]
        followed = list(_followed_beats(onsets, chosen))
        moving = _judged(followed, evidence, tempi, span)
        is_constant = not moving or _prefers_grid(onsets, best, _best(moving), regularity)
        if not is_constant:
            readings, best = moving, _best(moving)
    times = _times(best.beats, spectrum)
    return _beats(best, readings, onsets, times, regularity=regularity, is_constant=is_constant)


def _prefers_grid(onsets: Onsets, grid: Reading, moving: Reading, regularity: float) -> bool:
    """Whether following the tempo brings too little to give up the even grid."""
    gain = emphasis(onsets, moving.beats) / (emphasis(onsets, grid.beats) + 1e-9)
    return gain < (LEAST_GAIN if regularity >= LIKELY_COHERENCE else 1.0)


def emphasis(onsets: Onsets, beats: Array) -> float:
    """Onset strength at beats (beats,) over that of any moment; 1 where beats are arbitrary."""
    envelope = maximum_filter1d(onsets.strength + onsets.accents, 5)
    index = np.clip(np.round(beats).astype(int), 0, len(envelope) - 1)
    # That the sound begins at all is no evidence of a beat.
    envelope, index = envelope[START_FRAMES:], index[index >= START_FRAMES] - START_FRAMES
    return float(envelope[index].mean() / (envelope.mean() + 1e-9))


def constant_grids(onsets: Onsets, tempi: Tempi) -> Iterator[tuple[float, Array]]:
    """(BPM, beats in analysis frames) of every even grid worth judging."""
    for bpm in tempi.candidates:
        period = refine_period(onsets.strength, frames_per_beat(bpm))
        for phase in phases(onsets, period):
            yield bpm, np.arange(_first_beat(phase * period, period), len(onsets), period)


def _first_beat(phase: float, period: float) -> float:
    """The first beat in analysis frames; one at the very start may be measured a little early."""
    first = phase % period
    return first - period if first - period > -EARLY_FRAMES else first


@dataclass(frozen=True)
class Span:
    """From the first onset to the last, in analysis frames: there are no beats outside."""

    first: float
    last: float

    def cut(self, beats: Array) -> Array:
        """The beats (beats,) within the span, to 80 ms before it and 50 ms after it."""
        early, late = self.first - BEFORE_FRAMES, self.last + AFTER_FRAMES
        kept: Array = beats[(beats >= early) & (beats <= late)]
        return kept


def sounding_span(onsets: Onsets, spectrum: Spectrum) -> Span:
    """Where music begins and ends: neither in silence nor in the last chord's ringing.

    Both are strong onsets that are also *played*: a chord that is let go looks like a stroke once
    it is compressed and whitened, but it brings hardly any energy.
    """
    loudness, played = spectrum.loudness, onsets.accents + onsets.accent_high
    is_loud = loudness > max(0.02 * float(np.percentile(loudness, 95)), 1e-7)
    is_strong = onsets.strength > ONSET_SHARE * float(np.percentile(onsets.strength, 98))
    loud, edge = np.flatnonzero(is_loud), int(EDGE_SECONDS * ANALYSIS_RATE)
    if not len(loud):
        return Span(0.0, 0.0)
    head, tail = played[loud[0] :][:edge], played[: loud[-1] + 1][-edge:]
    starts = np.flatnonzero(is_loud & is_strong & (played > _least_played(head, played)))
    ends = np.flatnonzero(is_loud & is_strong & (played > _least_played(tail, played)))
    return Span(float(starts[0]), float(ends[-1])) if len(starts) and len(ends) else Span(0.0, 0.0)


def _least_played(edge: Array, song: Array) -> float:
    """How hard a stroke must be to begin or end a song: measured by those about it, so that a
    quiet intro and a fade-out count as well."""
    usual = float(np.percentile(song, 98))
    return max(0.05 * usual, PLAYED_SHARE * min(usual, float(np.percentile(edge, 98))))


def _followed_beats(onsets: Onsets, tempi: list[float]) -> Iterator[tuple[float, Array]]:
    """(BPM, beats) that follow a moving tempo, and the off-beats between them."""
    for bpm in tempi:
        beats = follow(onsets, frames_per_beat(bpm))
        if len(beats) > LEAST_BEATS:
            yield bpm, beats
            yield bpm, (beats[:-1] + beats[1:]) / 2


def _judged(
    options: list[tuple[float, Array]], evidence: Evidence, tempi: Tempi, span: Span
) -> list[Reading]:
    """Readings of all options that keep enough beats within the sound."""
    kept = [(bpm, span.cut(beats)) for bpm, beats in options]
    return [
        judge(beats, evidence, tempi.strength(bpm))
        for bpm, beats in kept
        if len(beats) >= LEAST_BEATS
    ]


def _best(readings: list[Reading]) -> Reading:
    return max(readings, key=lambda reading: reading.score)


def _period(reading: Reading) -> float:
    return float(np.median(np.diff(reading.beats)))


def _distinct_tempi(readings: list[Reading]) -> list[float]:
    """Tempi in BPM by their best reading."""
    tempi: list[float] = []
    for reading in sorted(readings, key=lambda r: -r.score):
        bpm = 60 * ANALYSIS_RATE / _period(reading)
        if all(abs(np.log(bpm / other)) > 0.03 for other in tempi):
            tempi.append(bpm)
    return tempi


def _confidence(best: Reading, readings: list[Reading]) -> float:
    """Probability of the best reading's tempo among all tempi."""
    scores = np.array([reading.score for reading in readings])
    shares = np.exp(scores - scores.max())
    same = [abs(np.log(_period(r) / _period(best))) < 0.03 for r in readings]
    return float(shares[same].sum() / shares.sum())


def _times(beats: Array, spectrum: Spectrum) -> Array:
    """Seconds of beats in analysis frames, moved together to where the attacks are."""
    times = beats / ANALYSIS_RATE - FRONT_END_DELAY_SECONDS
    return np.maximum(0.0, times + attack_offset(spectrum.level, times))


def _beats(
    best: Reading,
    readings: list[Reading],
    onsets: Onsets,
    times: Array,
    *,
    regularity: float,
    is_constant: bool,
) -> Beats:
    return Beats(
        bpm=60 * ANALYSIS_RATE / _period(best),
        confidence=_confidence(best, readings),
        regularity=regularity,
        emphasis=emphasis(onsets, best.beats),
        is_constant=is_constant,
        times=times,
        downbeat_times=times[best.first_downbeat :: best.beats_per_bar],
        beats_per_bar=best.beats_per_bar,
    )
