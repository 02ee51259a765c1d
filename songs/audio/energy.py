"""The energy curve: how the song's intensity rises and falls, for drawing and for planning."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from songs.audio.arrays import ANALYSIS_RATE, Array
from songs.audio.onsets import Onsets
from songs.audio.spectrum import Spectrum

STEP_SECONDS = 0.5
SMOOTHING_SECONDS = 2.0
ONSET_SHARE = 0.25


def energy_curve(spectrum: Spectrum, onsets: Onsets) -> list[tuple[float, float]]:
    """(seconds, 0..1) twice a second: loudness, and to a quarter how busy the music is."""
    width = int(SMOOTHING_SECONDS * ANALYSIS_RATE)
    power = uniform_filter1d(spectrum.loudness.astype(np.float64) ** 2, width)
    # A running sum may end a hair below zero in silence.
    loudness = _scaled(np.sqrt(np.maximum(0.0, power)))
    busyness = _scaled(uniform_filter1d(onsets.strength, width))
    energy = loudness * (1 - ONSET_SHARE + ONSET_SHARE * busyness)
    times = np.arange(0, len(energy) / ANALYSIS_RATE, STEP_SECONDS)
    values = np.interp(times * ANALYSIS_RATE, np.arange(len(energy)), energy)
    return [
        (float(time), round(float(value), 3)) for time, value in zip(times, values, strict=True)
    ]


def _scaled(values: Array) -> Array:
    top = float(np.percentile(values, 99)) + 1e-12
    return np.clip(values / top, 0, 1)
