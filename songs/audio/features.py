"""What the pictures move to: a song's envelopes at the film's frame rate."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from songs.audio.arrays import ANALYSIS_RATE, Booleans, Floats

# The site reads features without hearing: scipy, which that takes, is slow to start.
if TYPE_CHECKING:
    from songs.audio.onsets import Onsets
    from songs.audio.spectrum import Spectrum

FRAME_RATE = 24
LOW_HZ, HIGH_HZ = 160.0, 2500.0
FLOOR_DB = 48.0  # below the song's loud moments, what counts as nothing
LOUD_PERCENTILE = 98.0
ENERGY_RELEASE_SECONDS = 0.35
BAND_RELEASE_SECONDS = 0.18
ONSET_RELEASE_SECONDS = 0.12
SPECTRUM_RELEASE_SECONDS = 0.15


@dataclass(frozen=True)
class FrameFeatures:
    """float32 arrays with a row for every video frame (24 a second), all within 0..1.

    `energy`, `low`, `mid`, `high`: loudness of the whole and of three bands; `onset`: jumps up
    where a sound begins and falls back within some frames; each (frames,).
    `spectrum` (frames, 48): loudness by mel band, low to high.
    """

    energy: NDArray[np.float32]
    low: NDArray[np.float32]
    mid: NDArray[np.float32]
    high: NDArray[np.float32]
    onset: NDArray[np.float32]
    spectrum: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.energy)

    def save(self, path: Path) -> None:
        """Write all arrays into one compressed .npz file, under exactly this name."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self)}
        with path.open("wb") as file:
            np.savez_compressed(file, **arrays)

    @classmethod
    def load(cls, path: Path) -> FrameFeatures:
        """Read what `save` wrote. Raises OSError or KeyError for anything else."""
        with np.load(path, allow_pickle=False) as arrays:
            return cls(**{field.name: arrays[field.name] for field in fields(cls)})


def frame_features(spectrum: Spectrum, onsets: Onsets, *, frames: int) -> FrameFeatures:
    """Sample a song's spectrum and onsets at `frames` video frames."""
    power, centers = spectrum.power, spectrum.centers
    low, high = centers < LOW_HZ, centers >= HIGH_HZ

    def band(which: Booleans, release: float) -> Floats:
        level = _loudness(power[:, which].mean(axis=1))
        return _sampled(_released(level, release), frames)

    everything = np.ones(len(centers), dtype=bool)
    return FrameFeatures(
        energy=band(everything, ENERGY_RELEASE_SECONDS),
        low=band(low, BAND_RELEASE_SECONDS),
        mid=band(~low & ~high, BAND_RELEASE_SECONDS),
        high=band(high, BAND_RELEASE_SECONDS),
        onset=_onset(onsets, frames),
        spectrum=_spectrum(power, frames),
    )


def _loudness(power: Floats) -> Floats:
    """Level in 0..1: 0 at FLOOR_DB under the loud moments and lower, 1 at the loud moments."""
    loud = np.percentile(power, LOUD_PERCENTILE, axis=0)
    level = 10 * np.log10((power + 1e-12) / (loud + 1e-12))
    # Squaring brings back the contrast that decibels take away: a beat must be seen.
    return np.clip(1 + level / FLOOR_DB, 0, 1).astype(np.float32) ** 2


def _released(level: Floats, release_seconds: float) -> Floats:
    """Rise at once, fall exponentially: the eye wants the attack, the picture wants calm."""
    keep = np.float32(np.exp(-1 / (release_seconds * ANALYSIS_RATE)))
    held = np.empty_like(level)
    current = level[0]
    for i, value in enumerate(level):
        current = np.maximum(value, current * keep + value * (1 - keep))
        held[i] = current
    return held


def _onset(onsets: Onsets, frames: int) -> Floats:
    strength = onsets.strength + onsets.accents
    scaled = np.clip(strength / (np.percentile(strength, 99) + 1e-9), 0, 1).astype(np.float32)
    return _sampled(_released(scaled, ONSET_RELEASE_SECONDS), frames)


def _spectrum(power: Floats, frames: int) -> Floats:
    """Each band against its own loud moments and, to a third, against the loudest band."""
    loud = np.percentile(power, LOUD_PERCENTILE, axis=0)
    reference = loud ** (2 / 3) * (loud.max() + 1e-12) ** (1 / 3)
    level = 10 * np.log10((power + 1e-12) / (reference + 1e-12))
    scaled = np.clip(1 + level / FLOOR_DB, 0, 1).astype(np.float32) ** 2
    return _sampled(_released(scaled, SPECTRUM_RELEASE_SECONDS), frames)


def _sampled(values: Floats, frames: int) -> Floats:
    """The largest value while each video frame is shown: (frames,) or (frames, bands)."""
    edges = np.round(np.arange(frames + 1) / FRAME_RATE * ANALYSIS_RATE).astype(int)
    starts = np.minimum(edges[:-1], len(values) - 1)
    sampled = np.empty((frames, *values.shape[1:]), dtype=np.float32)
    for offset in range(int(np.diff(edges).max(initial=1))):
        index = np.minimum(starts + offset, np.maximum(edges[1:] - 1, starts))
        nearby = values[np.minimum(index, len(values) - 1)]
        sampled = nearby if offset == 0 else np.maximum(sampled, nearby)
    return np.ascontiguousarray(sampled, dtype=np.float32)
