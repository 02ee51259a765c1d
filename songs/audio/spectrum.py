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
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Array = NDArray[np.float64]
Complexes = NDArray[np.complex128]
Booleans = NDArray[np.bool_]
Integers = NDArray[np.int64]

SAMPLE_RATE = 22_050
HOP_LENGTH = 220
ANALYSIS_RATE = SAMPLE_RATE / HOP_LENGTH  # analysis frames per second, about 100.2
SHORT_WINDOW = 1024
LONG_WINDOW = 4096
CHROMA_STRIDE = 5  # one chroma frame for every five analysis frames, about 20 a second
CHROMA_RATE = ANALYSIS_RATE / CHROMA_STRIDE
LEVEL_HOP = 11
LEVEL_RATE = SAMPLE_RATE / LEVEL_HOP  # about 2000 a second
LEVEL_WINDOW = 66  # 3 ms
BANDS = 48
LOWEST_HZ = 30.0
HIGHEST_HZ = 10_500.0
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
    filters, centers = mel_filters()
    power = [(_magnitude(block) ** 2) @ filters.T for block in _blocks(centered, SHORT_WINDOW, 1)]
    wide, bass = chroma_filters()
    chroma, bass_chroma = [], []
    for block in _blocks(centered, LONG_WINDOW, CHROMA_STRIDE):
        # The square root keeps a loud drum from hiding the chord under it.
        magnitude = np.sqrt(_magnitude(block))
        chroma.append(magnitude @ wide.T)
        bass_chroma.append(magnitude @ bass.T)
    return Spectrum(
        power=np.concatenate(power),
        centers=centers,
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


@lru_cache(maxsize=1)
def mel_filters() -> tuple[Floats, Array]:
    """Mel filters (48, 513), each summing to 1, and their center frequencies (48,) in Hz."""
    # librosa takes seconds to import and only workers that hear songs need it.
    from librosa import mel_frequencies  # noqa: PLC0415
    from librosa.filters import mel  # noqa: PLC0415

    weights = mel(
        sr=SAMPLE_RATE,
        n_fft=SHORT_WINDOW,
        n_mels=BANDS,
        fmin=LOWEST_HZ,
        fmax=HIGHEST_HZ,
        htk=True,
        norm=None,
    )
    edges = mel_frequencies(n_mels=BANDS + 2, fmin=LOWEST_HZ, fmax=HIGHEST_HZ, htk=True)
    normalized = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return normalized, edges[1:-1].astype(np.float64)


@lru_cache(maxsize=1)
def chroma_filters() -> tuple[Floats, Floats]:
    """Pitch class filters (12, 2049) for harmony (55-2000 Hz) and for the bass (40-260 Hz)."""
    # Imported here for the reason given in `mel_filters`.
    from librosa.filters import chroma  # noqa: PLC0415

    classes = chroma(sr=SAMPLE_RATE, n_fft=LONG_WINDOW, norm=None, octwidth=None)
    frequencies = np.arange(LONG_WINDOW // 2 + 1) * SAMPLE_RATE / LONG_WINDOW
    wide = classes * ((frequencies >= 55) & (frequencies <= 2000))
    bass = classes * ((frequencies >= 40) & (frequencies <= 260))
    return wide.astype(np.float32), bass.astype(np.float32)
