"""How long a beat is, to a fraction of a frame.

The period is refined by maximizing the Fourier magnitude of the onset envelope at one, two and
four cycles a beat.
"""

from __future__ import annotations

import numpy as np

from songs.audio.arrays import Array


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
