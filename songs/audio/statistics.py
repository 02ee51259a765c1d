"""Numbers that describe a whole song, and how unusual each of them is.

`TYPICAL` holds the median and the spread (interquartile range) of each number over real songs,
so that mood and genre can speak of "brighter than most" instead of hertz.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.ndimage import median_filter, uniform_filter1d

from songs.audio.arrays import ANALYSIS_RATE, SAMPLE_RATE, Array, Booleans, Floats
from songs.audio.beats import Beats
from songs.audio.key import Key
from songs.audio.onsets import Onsets, smooth
from songs.audio.spectrum import CHROMA_RATE, Spectrum

REACH_FRAMES = 5  # 50 ms to either side of a beat

# name: (median, interquartile range)
TYPICAL = {
    "centroid_hz": (805.0, 340.0),
    "low_share": (0.5, 0.33),
    "high_share": (0.05, 0.05),
    "flatness": (0.37, 0.24),
    "loudness_db": (-14.5, 6.0),
    "dynamics_db": (11.0, 7.0),
    "percussiveness": (0.45, 0.09),
    "onsets_per_second": (4.2, 1.3),
    "beat_strength": (7.2, 2.6),
    "kick_strength": (1.0, 0.66),
    "chroma_entropy": (0.98, 0.016),
    "harmonic_change": (0.087, 0.062),
}


@dataclass(frozen=True)
class Statistics:
    """A song in numbers; units are in the names, shares are 0..1.

    `swing` is how much stronger the off-beat is at two thirds of the beat than at its half.
    """

    bpm: float
    centroid_hz: float
    low_share: float
    high_share: float
    flatness: float
    loudness_db: float
    dynamics_db: float
    percussiveness: float
    onsets_per_second: float
    beat_strength: float
    kick_strength: float
    chroma_entropy: float
    harmonic_change: float
    regularity: float
    swing: float
    majorness: float

    def deviation(self, name: str) -> float:
        """Distance from the typical song in spreads, within -2..2."""
        median, spread = TYPICAL[name]
        return float(np.clip((getattr(self, name) - median) / spread, -2, 2))

    def rank(self, name: str) -> float:
        """0..1 among songs: 0.5 is typical, about 0.25 and 0.75 at the quartiles."""
        median, spread = TYPICAL[name]
        return sigmoid(getattr(self, name), median, spread / 2.2)

    @property
    def felt_bpm(self) -> float:
        """Above 150 BPM the half is felt as often as the whole, so more does not feel faster."""
        return self.bpm if self.bpm < 150 else 150 - 0.3 * (self.bpm - 150)

    @property
    def pounding(self) -> float:
        """0..1: a strong, deep and machine-steady beat at a tempo to move to, as in house.

        Unlike loudness and density it does not depend on the mix: four bass drums are enough.
        """
        steady = float(np.clip((self.regularity - 0.98) / 0.02, 0, 1))
        depth = float(np.sqrt(self.rank("beat_strength") * self.rank("low_share")))
        return steady * depth * sigmoid(self.felt_bpm, 108, 8)


def sigmoid(value: float, center: float, width: float) -> float:
    """Logistic step from 0 to 1 around `center`."""
    return float(1 / (1 + np.exp(-np.clip((value - center) / width, -50, 50))))


def describe(
    samples: Floats, spectrum: Spectrum, onsets: Onsets, beats: Beats, key: Key
) -> Statistics:
    """All statistics of a song."""
    amplitude = spectrum.amplitude[_active(spectrum.loudness)]
    loudness_db, dynamics_db = _levels(samples)
    frames = beats.times * ANALYSIS_RATE
    low = spectrum.amplitude[:, spectrum.centers < 160].mean(axis=1).astype(np.float64)
    return Statistics(
        bpm=beats.bpm,
        **_colors(amplitude, spectrum.centers),
        loudness_db=loudness_db,
        dynamics_db=dynamics_db,
        percussiveness=_percussiveness(amplitude),
        onsets_per_second=_onset_density(onsets, len(amplitude)),
        beat_strength=_mean_near(onsets.accents, frames) / (onsets.accents.mean() + 1e-9),
        kick_strength=_kick_strength(low, frames),
        chroma_entropy=_chroma_entropy(spectrum.chroma),
        harmonic_change=_harmonic_change(spectrum.chroma),
        regularity=beats.regularity,
        swing=_swing(onsets.accents, frames),
        majorness=key.majorness,
    )


def _active(loudness: Floats) -> Booleans:
    active: Booleans = loudness > 0.05 * np.percentile(loudness, 95)
    return active if active.sum() > 50 else np.ones(len(loudness), dtype=bool)


def _colors(amplitude: Floats, centers: Array) -> dict[str, float]:
    power = amplitude**2
    per_frame = amplitude.sum(axis=1) + 1e-9
    flatness = np.exp(np.log(amplitude + 1e-6).mean(axis=1)) / (amplitude.mean(axis=1) + 1e-9)
    return {
        "centroid_hz": float(np.median((amplitude @ centers) / per_frame)),
        "low_share": float(power[:, centers < 160].sum() / (power.sum() + 1e-12)),
        "high_share": float(amplitude[:, centers > 4000].sum() / (amplitude.sum() + 1e-9)),
        "flatness": float(np.median(flatness)),
    }


def _levels(samples: Floats) -> tuple[float, float]:
    """Loudness of the sounding parts and the range of their levels, both in dB."""
    window = SAMPLE_RATE // 10
    whole = samples[: len(samples) // window * window].reshape(-1, window)
    level = 10 * np.log10(np.mean(whole.astype(np.float64) ** 2, axis=1) + 1e-12)
    sounding = level[level > np.percentile(level, 95) - 40]
    loudness = 10 * np.log10(np.mean(10 ** (sounding / 10)))
    return float(loudness), float(np.percentile(sounding, 95) - np.percentile(sounding, 10))


def _percussiveness(amplitude: Floats) -> float:
    """Share of the sound that is vertical in the spectrogram (Fitzgerald, 2010)."""
    thinned = amplitude[::4]
    tones = median_filter(thinned, (9, 1)) ** 2
    strokes = median_filter(thinned, (1, 9)) ** 2
    mask = strokes / (strokes + tones + 1e-9)
    return float((thinned * mask).sum() / (thinned.sum() + 1e-9))


def _onset_density(onsets: Onsets, active_frames: int) -> float:
    envelope = smooth(onsets.accents, 1.0)
    inner = envelope[1:-1]
    peaks = (inner > envelope[:-2]) & (inner >= envelope[2:]) & (inner > 1.2)
    return float(peaks.sum() / (active_frames / ANALYSIS_RATE))


def peaks_near(envelope: Array, frames: Array) -> Array:
    """Largest value within REACH_FRAMES of each analysis frame given."""
    offsets = np.arange(-REACH_FRAMES, REACH_FRAMES + 1)
    index = np.round(frames).astype(int)[:, None] + offsets
    nearby: Array = envelope[np.clip(index, 0, len(envelope) - 1)].max(axis=1)
    return nearby


def _mean_near(envelope: Array, frames: Array) -> float:
    return float(peaks_near(envelope, frames).mean()) if len(frames) else 0.0


def _kick_strength(low: Array, frames: Array) -> float:
    rise = np.zeros_like(low)
    rise[2:] = np.maximum(0, low[2:] - low[:-2])
    return _mean_near(rise, frames) / (float(low.mean()) + 1e-9)


def _chroma_entropy(chroma: Floats) -> float:
    share = chroma / (chroma.sum(axis=1, keepdims=True) + 1e-9)
    entropy = -(share * np.log(share + 1e-9)).sum(axis=1)
    return float(entropy.mean() / np.log(12))


def _harmonic_change(chroma: Floats) -> float:
    """Mean distance of the harmony from one second to the next."""
    second = round(CHROMA_RATE)
    seconds = uniform_filter1d(chroma.astype(np.float64), second, axis=0)[::second]
    seconds = seconds - seconds.min(axis=1, keepdims=True)
    norms = np.linalg.norm(seconds, axis=1) + 1e-9
    likeness = (seconds[1:] * seconds[:-1]).sum(axis=1) / (norms[1:] * norms[:-1])
    return float(1 - likeness.mean())


def _swing(accents: Array, frames: Array) -> float:
    if len(frames) < 8:
        return 0.0
    gaps = np.diff(frames)

    def at(phase: float) -> float:
        return float(peaks_near(accents, frames[:-1] + phase * gaps).mean())

    return (at(2 / 3) - at(1 / 2)) / (at(0) + 1e-9)
