"""The waveform as the page draws it: lowest and highest sample of each hundredth of a second."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Peaks:
    """Pairs of int8 arrays, (n,) each: the lowest and highest sample, full scale 127."""

    per_second: int
    lows: NDArray[np.int8]
    highs: NDArray[np.int8]

    def as_dict(self) -> dict[str, int | list[int]]:
        """For JSON."""
        return {
            "per_second": self.per_second,
            "min": self.lows.tolist(),
            "max": self.highs.tolist(),
        }


def peaks(samples: NDArray[np.float32], sample_rate: int, per_second: int = 100) -> Peaks:
    """Peaks of mono samples (n,) in -1..1; the last pair may cover less than its share."""
    count = -(-len(samples) * per_second // sample_rate)
    # Starts from absolute positions: a rounded step would drift over the song.
    starts = np.arange(count, dtype=np.int64) * sample_rate // per_second
    if not count:
        return Peaks(per_second, np.zeros(0, np.int8), np.zeros(0, np.int8))
    return Peaks(
        per_second,
        _scaled(np.minimum.reduceat(samples, starts)),
        _scaled(np.maximum.reduceat(samples, starts)),
    )


def _scaled(values: NDArray[np.float32]) -> NDArray[np.int8]:
    scaled: NDArray[np.int8] = np.clip(np.rint(values * 127.0), -127, 127).astype(np.int8)
    return scaled
