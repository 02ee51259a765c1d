"""Length and loudest sample of sound that streams by, in flat memory."""

from __future__ import annotations

import math

import numpy as np


class Meter:
    """Counts and measures raw little-endian floats as they come, in pieces of any size."""

    def __init__(self, *, channels: int) -> None:
        self._frame_bytes = 4 * channels
        self._rest = b""
        self.frames = 0
        self.peak = 0.0

    def hear(self, data: bytes) -> None:
        """Take the next bytes."""
        data = self._rest + data
        whole = len(data) // self._frame_bytes * self._frame_bytes
        self._rest = data[whole:]
        if whole:
            samples = np.frombuffer(data, dtype="<f4", count=whole // 4)
            # A broken float decoder may hand on "not a number", which would win every maximum.
            self.peak = max(self.peak, float(np.nanmax(np.abs(samples), initial=0.0)))
            self.frames += whole // self._frame_bytes

    @property
    def peak_dbfs(self) -> float:
        """Loudest sample relative to full scale; silence is minus infinity."""
        return 20.0 * math.log10(self.peak) if self.peak > 0.0 else -math.inf
