"""The one spectral analysis that every listener shares.

The song is walked through once, in blocks, so that memory stays flat. Each block is seen through
two windows: a short one (46 ms) that knows *when* something happens and a long one (186 ms) that
knows *which pitch* it has. Nothing later in the package transforms the sound again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy.fft
from numpy.lib.stride_tricks import sliding_window_view

from songs.audio.arrays import ANALYSIS_RATE, HOP_LENGTH, SAMPLE_RATE, Array, Floats
from songs.audio.filters import LONG_WINDOW, SHORT_WINDOW, filters

CHROMA_STRIDE = 5  # one chroma frame for every five analysis frames, about 20 a second
CHROMA_RATE = ANALYSIS_RATE / CHROMA_STRIDE
LEVEL_HOP = 11
LEVEL_RATE = SAMPLE_RATE / LEVEL_HOP  # about 2000 a second
LEVEL_WINDOW = 66  # 3 ms
BLOCK_SAMPLES = 512 * 1024  # transformed at once: some megabytes, whatever the song is long


@dataclass(frozen=True)
class Spectrum:
    """A song as seen by the short and the long window.

    `power` (analysis_frames, 48) mel power; `centers` (48,) the bands' center frequencies in Hz;
    `chroma` and `bass_chroma` (chroma_frames, 12) magnitude by pitch class (C first) within
    55-2000 Hz and 40-260 Hz; `level` (levels,) root mean square of 3 ms. Analysis
    frame i is centered on sample i * HOP_LENGTH.
    """

    power: Floats
    centers: Array
    chroma: Floats
    bass_chroma: Floats
    level: Floats

    @property
    def amplitude(self) -> Floats:
        """Mel amplitude (analysis_frames, 48)."""
        amplitude: Floats = np.sqrt(self.power)
        return amplitude

    @property
    def loudness(self) -> Floats:
        """Root mean power over all bands (analysis_frames,)."""
        loudness: Floats = np.sqrt(self.power.mean(axis=1))
        return loudness


def analyze_spectrum(samples: Floats) -> Spectrum:
    """Transform mono samples (n,) at 22 050 Hz."""
    centered = (samples - samples.mean()).astype(np.float32)
    bank = filters()
    power = [(_magnitude(block) ** 2) @ bank.mel.T for block in _blocks(centered, SHORT_WINDOW, 1)]
    chroma, bass_chroma = [], []
    for block in _blocks(centered, LONG_WINDOW, CHROMA_STRIDE):
        # The square root keeps a loud drum from hiding the chord under it.
        magnitude = np.sqrt(_magnitude(block))
        chroma.append(magnitude @ bank.harmony.T)
        bass_chroma.append(magnitude @ bank.bass.T)
    return Spectrum(
        power=np.concatenate(power),
        centers=bank.centers,
        chroma=np.concatenate(chroma),
        bass_chroma=np.concatenate(bass_chroma),
        level=_fine_level(centered),
    )


def _fine_level(samples: Floats) -> Floats:
    """Level i is that of LEVEL_WINDOW samples around sample i * LEVEL_HOP."""
    total = np.concatenate([[0.0], np.cumsum(np.square(samples), dtype=np.float64)])
    middle = np.arange(0, len(samples), LEVEL_HOP)
    start = np.maximum(0, middle - LEVEL_WINDOW // 2)
    end = np.minimum(len(samples), middle + LEVEL_WINDOW // 2)
    level: Floats = np.sqrt(np.maximum(0.0, total[end] - total[start]) / LEVEL_WINDOW)
    return level.astype(np.float32)


def _blocks(samples: Floats, window: int, stride: int) -> Iterator[Floats]:
    """Views of centered windows, (frames, window) each."""
    hop = HOP_LENGTH * stride
    padded = np.pad(samples, (window // 2, window))
    count = 1 + len(samples) // hop
    views = sliding_window_view(padded, window)[::hop][:count]
    frames = BLOCK_SAMPLES // window
    for start in range(0, count, frames):
        yield views[start : start + frames]


def _magnitude(block: Floats) -> Floats:
    window = _hann(block.shape[1])
    magnitude: Floats = np.abs(scipy.fft.rfft(block * window, axis=1))
    return magnitude


@lru_cache(maxsize=4)
def _hann(length: int) -> Floats:
    return np.hanning(length + 1)[:-1].astype(np.float32)
