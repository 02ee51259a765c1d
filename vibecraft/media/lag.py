"""How far two recordings of the same song are apart, to parts of a sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

WINDOW_SECONDS = 4.0
SEARCH_SECONDS = 0.5
HOP_SECONDS = 1.0
# A window below this carries too little to be compared.
FAINT_DBFS = -50.0
AS_GOOD = 0.99

Samples = NDArray[np.float32]


@dataclass(frozen=True)
class Lags:
    """Seconds by which the second recording is late, at three places; None where it is silent."""

    start: float | None
    middle: float | None
    end: float | None


def measure_lags(song: Samples, heard: Samples, sample_rate: int) -> Lags:
    """Compare a recording with its song in a window near the start, the middle and the end."""
    length = min(round(WINDOW_SECONDS * sample_rate), len(song))
    loud = _loud_windows(song, length, round(HOP_SECONDS * sample_rate))
    if not loud:
        return Lags(None, None, None)
    middle = min(loud, key=lambda at: abs(at + length // 2 - len(song) // 2))
    start, mid, end = (
        _lag(song, heard, at, length, round(SEARCH_SECONDS * sample_rate)) / sample_rate
        for at in (loud[0], middle, loud[-1])
    )
    return Lags(start, mid, end)


def _loud_windows(song: Samples, length: int, hop: int) -> list[int]:
    """Where windows that can be compared begin, the very last possible one included."""
    last = len(song) - length
    if length == 0:
        return []
    starts = [*range(0, last, hop), last]
    floor = 10.0 ** (FAINT_DBFS / 20.0)
    return [at for at in starts if np.sqrt(np.mean(song[at : at + length] ** 2)) > floor]


def _lag(song: Samples, heard: Samples, at: int, length: int, search: int) -> float:
    """Samples by which `heard` is late in the window at `at`: the peak of the correlation."""
    window = song[at : at + length].astype(np.float64)
    around = np.zeros(length + 2 * search)
    first, last = max(at - search, 0), min(at + length + search, len(heard))
    if first < last:
        around[first - (at - search) : last - (at - search)] = heard[first:last]
    size = 1 << (len(around) - 1).bit_length()
    product = np.fft.rfft(around, size) * np.conj(np.fft.rfft(window, size))
    likeness = np.fft.irfft(product, size)[: 2 * search + 1]
    likeness /= np.sqrt(_energies(around, length) + 1e-9)
    best = _nearest_peak(likeness, search)
    return best + _peak_between(likeness, best) - search


def _energies(around: NDArray[np.float64], length: int) -> NDArray[np.float64]:
    """The energy of every window of this length."""
    total = np.concatenate(([0.0], np.cumsum(around**2)))
    energies: NDArray[np.float64] = np.maximum(total[length:] - total[:-length], 0.0)
    return energies


def _nearest_peak(likeness: NDArray[np.float64], center: int) -> int:
    """The peak nearest to no lag among those as good as the best: a held tone has many."""
    inner = likeness[1:-1]
    is_peak = (inner >= likeness[:-2]) & (inner >= likeness[2:])
    good = 1 + np.flatnonzero(is_peak & (inner >= AS_GOOD * likeness.max()))
    if not len(good):
        return int(np.argmax(likeness))
    return int(good[np.argmin(np.abs(good - center))])


def _peak_between(values: NDArray[np.float64], best: int) -> float:
    """Where a parabola through the peak and its neighbours is highest, -0.5 to 0.5."""
    if not 0 < best < len(values) - 1:
        return 0.0
    before, top, after = values[best - 1 : best + 2]
    bend = before - 2.0 * top + after
    return float(0.5 * (before - after) / bend) if bend < 0.0 else 0.0
