"""The constant grid: produced music keeps one period from the first beat to the last.

Where a song does, fitting that period to the whole song places every beat within milliseconds,
breakdowns included. The period is refined by maximizing the Fourier magnitude of the onset
envelope at one, two and four cycles a beat; whether the grid is constant at all is seen from how
well the phases of 12 s windows agree.
"""

from __future__ import annotations

import numpy as np

from songs.audio.onsets import smooth
from songs.audio.spectrum import ANALYSIS_RATE, Array, Complexes

WINDOW_SECONDS, STEP_SECONDS = 12.0, 4.0
BINS = 64  # of a folded beat


def refine_period(envelope: Array, period: float, span: float = 0.008) -> float:
    """The period in analysis frames within `span` (relative) that carries the most energy."""
    centered = envelope - envelope.mean()
    count = max(9, int(np.ceil(span * 12 * len(envelope) / period)) | 1)
    periods = period * (1 + np.linspace(-span, span, count))
    time = np.arange(len(envelope), dtype=np.float64)
    energy = np.array([_energy_at(centered, time, p) for p in periods])
    return float(interpolated_peak(periods, energy))


def _energy_at(envelope: Array, time: Array, period: float) -> float:
    turn = np.exp(-2j * np.pi / period * time)
    double = turn * turn
    return float(
        abs(envelope @ turn)
        + 0.7 * abs(envelope @ double)
        + 0.4 * abs(envelope @ (double * double))
    )


def interpolated_peak(x: Array, y: Array) -> float:
    """Abscissa of the largest value, refined by a parabola through its neighbors."""
    i = int(np.argmax(y))
    if i in (0, len(y) - 1):
        return float(x[i])
    return float(x[i] + parabola_offset(y[i - 1], y[i], y[i + 1]) * (x[1] - x[0]))


def parabola_offset(left: float, top: float, right: float) -> float:
    """Where the top of a parabola lies, in steps from the middle of three points (-0.5..0.5)."""
    bend = left - 2 * top + right
    if bend >= 0:
        return 0.0
    return float(np.clip(0.5 * (left - right) / bend, -0.5, 0.5))


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
