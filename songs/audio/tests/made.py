"""Small made songs whose every beat is known."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

RATE = 22_050
C_MAJOR = ((48, 52, 55), (53, 57, 60), (55, 59, 62), (48, 52, 55))  # C F G C


def song(
    *,
    bpm: float = 120.0,
    meter: int = 4,
    seconds: float = 30.0,
    start: float = 0.5,
    level: float = 0.5,
) -> NDArray[np.float32]:
    """Kick on the downbeat, snare on the other even beats, hats on eighths, a chord a bar."""  # fmt: skip
    rng = np.random.default_rng(7)
    out = 0.0003 * rng.standard_normal(int(seconds * RATE))
    beat = 60 / bpm
    for number in range(int((seconds - start) / beat)):
        time, place = start + number * beat, number % meter
        chord = C_MAJOR[number // meter % len(C_MAJOR)]
        if place == 0:
            _add(out, time, kick())
            for pitch in chord:
                _add(out, time, 0.2 * tone(pitch, meter * beat * 0.95))
            _add(out, time, 0.4 * tone(chord[0] - 12, meter * beat * 0.95))
        elif meter == 3 or place % 2:
            _add(out, time, 0.7 * noise(rng, 0.06))
        else:
            _add(out, time, 0.8 * kick())
        _add(out, time, 0.15 * noise(rng, 0.015))
        _add(out, time + beat / 2, 0.12 * noise(rng, 0.015))
    return (level * out / np.abs(out).max()).astype(np.float32)


def beat_times(
    bpm: float = 120.0, seconds: float = 30.0, start: float = 0.5
) -> NDArray[np.float64]:
    """The true beats of `song`."""
    return start + np.arange(int((seconds - start) * bpm / 60)) * 60 / bpm


def kick() -> NDArray[np.float64]:
    """A bass drum."""
    t = np.arange(RATE // 4) / RATE
    return np.sin(2 * np.pi * (50 * t + 2 * (1 - np.exp(-40 * t)))) * np.exp(-t / 0.07)


def noise(rng: np.random.Generator, decay: float) -> NDArray[np.float64]:
    """A snare or a hat."""
    t = np.arange(int(5 * decay * RATE)) / RATE
    return rng.standard_normal(len(t)) * np.exp(-t / decay)


@lru_cache(maxsize=64)
def tone(pitch: int, seconds: float) -> NDArray[np.float64]:
    """A plucked tone at a MIDI pitch."""
    t = np.arange(int(seconds * RATE)) / RATE
    frequency = 440 * 2 ** ((pitch - 69) / 12)
    return np.sum(
        [np.sin(2 * np.pi * frequency * n * t) / n**2 for n in (1, 2, 3)], axis=0
    ) * np.exp(-t)


def _add(out: NDArray[np.float64], time: float, sound: NDArray[np.float64]) -> None:
    at = round(time * RATE)
    part = sound[: max(0, len(out) - at)]
    out[at : at + len(part)] += part
