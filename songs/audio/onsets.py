"""Onset strength: how much of the sound begins at each moment.

Two views of the same spectrum. *Rises* are log-compressed and whitened per band, so that a soft
note counts like a loud one (good for finding a tempo). *Accents* are left uncompressed, so that
what is played hard stands out (good for finding where in the pattern the beat is).
Spectral flux with a maximum filter over bands after Böck and Widmer, "Maximum filter vibrato
suppression for onset detection" (DAFx 2013).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d, maximum_filter1d, uniform_filter1d

from songs.audio.arrays import ANALYSIS_RATE, Array, Floats
from songs.audio.spectrum import Spectrum

BAND_EDGES_HZ = (160.0, 800.0, 4000.0)
LAG_FRAMES = 2
LOCAL_MEAN_SECONDS = 0.8
CEILING = 6.0  # times the root mean square: one crash cymbal must not outshout a song


@dataclass(frozen=True)
class Onsets:
    """Onset envelopes, each (analysis_frames,), of unit root mean square.

    `rise_*` whitened log flux, `accent_*` uncompressed flux, for low (< 160 Hz), low_mid (< 800),
    mid (< 4000) and high bands. `strength` sums the rises, `accents` sums the accents.
    `contrast` is how far the song's onsets stand out of its own murmur (nepers of whitened flux).
    """

    rise_low: Array
    rise_low_mid: Array
    rise_mid: Array
    rise_high: Array
    accent_low: Array
    accent_low_mid: Array
    accent_mid: Array
    accent_high: Array
    strength: Array
    accents: Array
    contrast: float

    def __len__(self) -> int:
        return len(self.strength)


def find_onsets(spectrum: Spectrum) -> Onsets:
    """Turn a spectrum into onset envelopes."""
    amplitude = spectrum.amplitude
    rises = _split(_whitened_flux(amplitude), spectrum.centers)
    accents = _split(_plain_flux(amplitude), spectrum.centers)
    low, low_mid, mid, high = (emphasize(band) for band in rises)
    a_low, a_low_mid, a_mid, a_high = (emphasize(band) for band in accents)
    return Onsets(
        rise_low=low,
        rise_low_mid=low_mid,
        rise_mid=mid,
        rise_high=high,
        accent_low=a_low,
        accent_low_mid=a_low_mid,
        accent_mid=a_mid,
        accent_high=a_high,
        strength=low + 0.7 * low_mid + 0.8 * mid + 0.5 * high,
        accents=a_mid + 0.5 * a_low + 0.25 * a_low_mid,
        contrast=_contrast(sum(rises, np.zeros(len(amplitude)))),
    )


def emphasize(envelope: Array) -> Array:
    """What rises above the local mean, at unit root mean square, with a ceiling."""
    width = int(LOCAL_MEAN_SECONDS * ANALYSIS_RATE)
    above = np.maximum(0.0, envelope - uniform_filter1d(envelope, width))
    scale = float(np.sqrt(np.mean(above**2))) + 1e-9
    capped: Array = np.minimum(above / scale, CEILING)
    return capped


def smooth(envelope: Array, frames: float) -> Array:
    """Gaussian smoothing with a standard deviation in analysis frames."""
    smoothed: Array = gaussian_filter1d(envelope, frames)
    return smoothed


def _whitened_flux(amplitude: Floats) -> Floats:
    reference = 0.5 * np.percentile(amplitude, 97, axis=0) + 0.002 * amplitude.max() + 1e-12
    compressed = np.log1p(10 * amplitude / reference.astype(np.float32))
    before = maximum_filter1d(compressed, 3, axis=1)
    return _rise(compressed, before)


def _plain_flux(amplitude: Floats) -> Floats:
    return _rise(amplitude, amplitude)


def _rise(now: Floats, before: Floats) -> Floats:
    """Growth over LAG_FRAMES; before the song was silence, so that it may begin with a beat."""
    silence = np.zeros_like(before[:LAG_FRAMES])
    rise: Floats = np.maximum(0, now - np.concatenate([silence, before[:-LAG_FRAMES]]))
    return rise


def _split(flux: Floats, centers: Array) -> list[Array]:
    """Mean flux of the four bands."""
    which = np.searchsorted(BAND_EDGES_HZ, centers, side="right")
    return [flux[:, which == band].mean(axis=1).astype(np.float64) for band in range(4)]


def _contrast(flux: Array) -> float:
    return float(np.percentile(flux, 98) - np.percentile(flux, 50))
