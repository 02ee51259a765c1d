"""Readings of a song: every tempo, phase and bar that might be the musicians' own.

A reading is judged by what lies on its beats and between them: bass drum, snare and cymbals, the
chords and the bass. The same measurements serve a constant grid and beats that were followed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import maximum_filter1d, uniform_filter1d

from songs.audio.arrays import ANALYSIS_RATE, Array, Floats
from songs.audio.grid import BINS, fold
from songs.audio.onsets import Onsets, smooth
from songs.audio.period import parabola_offset
from songs.audio.spectrum import CHROMA_RATE, CHROMA_STRIDE, Spectrum

METERS = (4, 3, 2, 5)
BANDS = ("accent_low", "rise_low", "rise_low_mid", "accent_mid", "rise_mid", "rise_high")
BEAT_PARTS = (0.0, 1 / 4, 1 / 3, 1 / 2, 2 / 3, 3 / 4)
HARMONY_PARTS = (0.0, 1 / 4, 1 / 2, 3 / 4)
BEAT_MEASURES = 59  # see `measure_beats`
BAR_MEASURES = 8  # for each beat of a bar, see `_by_beat`
COUNTING_MEASURES = 5  # for each meter, see `measure_counting`
REACH_FRAMES = 3  # a hit counts for a point in time within 30 ms
NOVELTY_SECONDS = 0.45
TEMPO_KNEES_BPM = (60.0, 75.0, 95.0, 125.0, 150.0, 180.0)
PHASES = 5

PHASE_WEIGHTS = (("rise_mid", 0.5), ("rise_high", 0.15), ("accent_mid", 2.0), ("accent_low", 0.5))


@dataclass(frozen=True)
class Evidence:
    """Envelopes to be read off at any time, each (analysis_frames,) with mean 1.

    `bands` one row for each of BANDS, `chord` and `bass` how much the harmony changes.
    """

    bands: Array
    chord: Array
    bass: Array


def gather_evidence(onsets: Onsets, spectrum: Spectrum) -> Evidence:
    """Prepare a song's envelopes for sampling."""
    rows = [maximum_filter1d(smooth(getattr(onsets, n), 1.0), 2 * REACH_FRAMES + 1) for n in BANDS]
    length = len(onsets)
    return Evidence(
        bands=np.array([row / (row.mean() + 1e-9) for row in rows]),
        chord=_novelty(spectrum.chroma, length),
        bass=_novelty(spectrum.bass_chroma, length),
    )


def _novelty(chroma: Floats, length: int) -> Array:
    """How much the harmony after a moment differs from the one before it."""
    width = round(NOVELTY_SECONDS * CHROMA_RATE)
    raised = chroma - chroma.min(axis=1, keepdims=True)
    mean = uniform_filter1d(raised.astype(np.float64), width, axis=0)
    unit = mean / (np.linalg.norm(mean, axis=1, keepdims=True) + 1e-9)
    half = width // 2 + 1
    padded = np.pad(unit, ((half, half), (0, 0)), mode="edge")
    distance = 1 - (padded[: -2 * half] * padded[2 * half :]).sum(axis=1)
    times = np.arange(length) / CHROMA_STRIDE
    curve = np.interp(times, np.arange(len(distance)), distance)
    scaled: Array = curve / (curve.mean() + 1e-9)
    return scaled


def phase_profile(onsets: Onsets, period: float) -> Array:
    """Evidence (64,) that something begins at each phase of the period."""
    profile = np.zeros(BINS)
    for name, weight in PHASE_WEIGHTS:
        band = fold(getattr(onsets, name), period)
        spread = float(band.std())
        # A band with hardly any pattern must not be blown up to the same size as the others.
        profile += weight * (band - band.mean()) / (spread + 1e-9) * min(1.0, spread / 0.15)
    return profile


def phases(onsets: Onsets, period: float) -> list[float]:
    """Up to PHASES + 3 phases (0..1 of the period) at which beats might fall, likeliest first."""
    profile = phase_profile(onsets, period)
    left, right = np.roll(profile, 1), np.roll(profile, -1)
    tops = np.flatnonzero((profile > left) & (profile >= right))
    tops = tops[np.argsort(-profile[tops], kind="stable")]
    chosen = [int(top) for top in tops[:PHASES]]
    for quarter in (2, 1, 3):
        wanted = (int(tops[0]) + quarter * BINS // 4) % BINS
        if all(_circular(wanted, top) > 4 for top in chosen):
            chosen.append(wanted)
    return [(top + 0.5 + _shift(profile, top)) / BINS for top in chosen]


def _circular(a: int, b: int) -> int:
    return min((a - b) % BINS, (b - a) % BINS)


def _shift(profile: Array, top: int) -> float:
    return parabola_offset(profile[top - 1], profile[top], profile[(top + 1) % BINS])


def measure_beats(beats: Array, evidence: Evidence) -> Array:
    """What lies on the beats and between them: (59,) for beats (beats,) in analysis frames."""
    gaps = np.diff(beats, append=2 * beats[-1] - beats[-2])
    bands = np.array([_at(evidence.bands, beats + part * gaps) for part in BEAT_PARTS])
    harmony = np.array([evidence.chord, evidence.bass])
    changes = np.array([_at(harmony, beats + part * gaps) for part in HARMONY_PARTS])
    hits = np.log(bands.mean(axis=2) + 0.1).ravel()
    turns = np.log(changes.mean(axis=2) + 0.1).ravel()
    pairs = np.array([_alternation(row) for row in (*bands[0], *changes[0])])
    return np.concatenate([hits, turns, pairs, _tempo_ramps(float(np.median(gaps)))])


def _at(envelopes: Array, frames: Array) -> Array:
    index = np.clip(np.round(frames).astype(int), 0, envelopes.shape[1] - 1)
    return envelopes[:, index]


def _alternation(row: Array) -> float:
    """How differently even and odd beats sound."""
    even, odd = float(row[::2].mean()), float(row[1::2].mean())
    return abs(even - odd) / (even + odd + 1e-9)


def _tempo_ramps(period: float) -> Array:
    """The tempo in octaves beyond each knee, so that a bent line can be fitted."""
    octaves = np.log2(60 * ANALYSIS_RATE / period / np.array(TEMPO_KNEES_BPM))
    return np.concatenate([[octaves[3]], np.maximum(0, octaves)])


def measure_counting(measures: Array) -> Array:
    """What tells how a beat is divided and counted, out of `measure_beats`: (5,).

    Thirds against halves and quarters for snare and cymbals, how unlike the beats of a pair are
    in bass drum and snare, and the tempo in octaves from 125 BPM.
    """
    hits = measures[: len(BEAT_PARTS) * len(BANDS)].reshape(len(BEAT_PARTS), len(BANDS))
    binary, ternary = hits[[1, 3, 5]].max(axis=0), hits[[2, 4]].max(axis=0)
    first_pair = BEAT_MEASURES - len(TEMPO_KNEES_BPM) - 1 - len(BANDS) - 2
    kick, snare = measures[first_pair], measures[first_pair + BANDS.index("accent_mid")]
    octaves = measures[BEAT_MEASURES - len(TEMPO_KNEES_BPM) - 1]
    thirds = ternary - binary
    return np.array([thirds[4], thirds[5], kick, snare, octaves])


def measure_bars(beats: Array, evidence: Evidence, meter: int) -> Array:
    """For each start of bars of `meter` beats: the deviations (meter, meter * BAR_MEASURES)."""
    rows = _by_beat(beats, evidence)
    starts = []
    for start in range(meter):
        means = [rows[:, (start + place) % meter :: meter].mean(axis=1) for place in range(meter)]
        starts.append(np.concatenate(means))
    return np.array(starts)


def _by_beat(beats: Array, evidence: Evidence) -> Array:
    """Evidence for each beat, standardized over the song: (BAR_MEASURES, beats)."""
    gaps = np.diff(beats, append=2 * beats[-1] - beats[-2])
    on, half = _at(evidence.bands, beats), _at(evidence.bands, beats + gaps / 2)
    harmony = _at(np.array([evidence.chord, evidence.bass]), beats)
    rows = np.array([on[0], on[2], on[3], on[5], half[0], half[3], harmony[0], harmony[1]])
    mean, spread = rows.mean(axis=1, keepdims=True), rows.std(axis=1, keepdims=True)
    # Against the mean as well, lest a band of almost equal hits be blown up.
    scaled: Array = np.clip((rows - mean) / np.maximum(spread, 0.15 * mean + 1e-9), -2.5, 2.5)
    return scaled
