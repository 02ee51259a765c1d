"""The constant grid: produced music keeps one period from the first beat to the last.

Where a song does, fitting that period to the whole song places every beat within milliseconds,
breakdowns included. Whether the grid is constant at all is seen from how well the phases of 12 s
windows agree.
"""

from __future__ import annotations

import numpy as np

from songs.audio.arrays import ANALYSIS_RATE, Array, Complexes
from songs.audio.onsets import smooth

WINDOW_SECONDS, STEP_SECONDS = 12.0, 4.0
BINS = 64  # of a folded beat


def coherence(envelope: Array, period: float) -> float:
    """Agreement (0..1) of the phases of 12 s windows at two or four cycles a beat.

    The faster of them counts only where it is the stronger, as in double-time metal.
    """
    options = [window_phasors(envelope, period, harmonic) for harmonic in (2, 4)]
    vectors = max(options, key=lambda phasors: float(np.abs(phasors).sum()))
    return float(abs(vectors.sum()) / (np.abs(vectors).sum() + 1e-9))


def window_phasors(envelope: Array, period: float, harmonic: int) -> Complexes:
    """Fourier sums of overlapping windows at one frequency, complex (windows,)."""
    window = min(int(WINDOW_SECONDS * ANALYSIS_RATE), len(envelope) // 3)
    step = max(1, min(int(STEP_SECONDS * ANALYSIS_RATE), window // 3))
    turning = np.exp(-2j * np.pi * harmonic / period * np.arange(len(envelope)))
    running = np.concatenate([[0], np.cumsum((envelope - envelope.mean()) * turning)])
    starts = np.arange(0, max(1, len(envelope) - window + 1), step)
    phasors: Complexes = running[starts + window] - running[starts]
    return phasors


def fold(envelope: Array, period: float, bins: int = BINS) -> Array:
    """Mean of an envelope over one period, (bins,); bin k holds phases k/bins to (k+1)/bins."""
    index = ((np.arange(len(envelope)) / period) % 1.0 * bins).astype(int) % bins
    counts = np.maximum(np.bincount(index, minlength=bins), 1)
    return smooth_circular(np.bincount(index, envelope, bins) / counts)


def smooth_circular(profile: Array, bins: float = 1.5) -> Array:
    """Gaussian smoothing of a profile whose end meets its start."""
    edge = int(4 * bins) + 1
    padded = np.concatenate([profile[-edge:], profile, profile[:edge]])
    return smooth(padded, bins)[edge:-edge]
