"""Tempo candidates: which periods does the song repeat itself with?

A comb over the autocorrelation of the onset envelopes: a beat's period must repeat after one, two
and four beats, or after one, three and six where the music counts in threes. Rivals at simple
ratios of the best are always added, because half and double tempo repeat just as well; choosing
among them is the work of `levels`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.fft

from songs.audio.arrays import ANALYSIS_RATE, Array, Integers
from songs.audio.onsets import Onsets, smooth

SLOWEST_BPM, FASTEST_BPM = 48.0, 215.0
TEMPO_GRID: Array = np.exp(np.arange(np.log(40), np.log(240), 0.004))
USUAL_BPM = 125.0
RIVAL_RATIOS = (0.5, 2, 1.5, 2 / 3, 3, 1 / 3, 4 / 3, 0.75)
DOUBLE_BAR_SECONDS = 12


@dataclass(frozen=True)
class Tempi:
    """`candidates` (up to about ten) in BPM, best first; `curve` comb strength over TEMPO_GRID."""

    candidates: tuple[float, ...]
    curve: Array

    def strength(self, bpm: float) -> float:
        """Comb strength of a tempo relative to the strongest one."""
        return float(np.interp(bpm, TEMPO_GRID, self.curve) / (self.curve.max() + 1e-9))


def frames_per_beat(bpm: float) -> float:
    """Period in analysis frames."""
    return 60 * ANALYSIS_RATE / bpm


def find_tempi(onsets: Onsets) -> Tempi:
    """The tempi worth a closer look."""
    longest = min(int(DOUBLE_BAR_SECONDS * ANALYSIS_RATE) + 4, len(onsets) - 8)
    strength = autocorrelation(smooth(onsets.strength, 1.2), longest)
    accents = autocorrelation(smooth(onsets.accents, 1.2), longest)
    curve = _comb(strength, (2, 1, 1)) + _comb(accents, (1, 1, 1))
    usual = np.exp(-0.5 * (np.log(TEMPO_GRID / USUAL_BPM) / 0.7) ** 2)
    peaks = _peaks(curve)
    best = peaks[np.argsort(-(curve * usual)[peaks], kind="stable")][:6]
    return Tempi(_with_rivals([float(bpm) for bpm in TEMPO_GRID[best]] or [120.0]), curve)


def autocorrelation(envelope: Array, longest: int) -> Array:
    """Unbiased autocorrelation for lags 0..longest-1, 1 at lag 0."""
    length = scipy.fft.next_fast_len(len(envelope) + longest)
    spectrum = scipy.fft.rfft(envelope - envelope.mean(), length)
    raw = scipy.fft.irfft(np.abs(spectrum) ** 2, length)[:longest]
    unbiased = raw / np.arange(len(envelope), len(envelope) - longest, -1)
    scaled: Array = unbiased / (unbiased[0] + 1e-9)
    return scaled


def _comb(correlation: Array, weights: tuple[float, float, float], ternary: float = 0.85) -> Array:
    lags = np.arange(len(correlation))
    periods = frames_per_beat(1.0) / TEMPO_GRID
    share = np.array(weights) / sum(weights)

    def at(beats: int) -> Array:
        return np.interp(periods * beats, lags, correlation, right=0.0)

    in_fours = share[0] * at(1) + share[1] * at(2) + share[2] * at(4)
    in_threes = share[0] * at(1) + share[1] * at(3) + share[2] * at(6)
    best: Array = np.maximum(in_fours, ternary * in_threes)
    return best


def _peaks(curve: Array) -> Integers:
    inner = curve[1:-1]
    return np.flatnonzero((inner > curve[:-2]) & (inner >= curve[2:])) + 1


def _with_rivals(tempi: list[float]) -> tuple[float, ...]:
    found = list(tempi)
    for ratio in RIVAL_RATIOS:
        rival = tempi[0] * ratio
        if all(abs(np.log(rival / other)) > 0.03 for other in found):
            found.append(rival)
    return tuple(bpm for bpm in found if SLOWEST_BPM < bpm < FASTEST_BPM)
