"""Made songs with a clear beat, for tests, benchmarks and trials; needs nothing of the site."""

from __future__ import annotations

import wave
from pathlib import Path

import numpy as np

SAMPLE_RATE = 22050


def beat_samples(seconds: float, bpm: float) -> np.ndarray:
    """A drum on every beat (the first at 0 s), a deeper one on every fourth, over a soft chord."""
    time = np.arange(int(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    beat = time % (60 / bpm)
    is_downbeat = (time * bpm / 60).astype(int) % 4 == 0
    drum = np.sin(2 * np.pi * np.where(is_downbeat, 70, 180) * beat) * np.exp(-beat * 30)
    chord = sum(np.sin(2 * np.pi * pitch * time) for pitch in (220.0, 261.63, 329.63))
    return np.asarray(0.6 * drum * np.where(is_downbeat, 1.3, 1.0) + 0.05 * chord)


def write_wav(path: Path, samples: np.ndarray, sample_rate: int = SAMPLE_RATE) -> Path:
    """Write mono samples in -1..1 as 16-bit WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(sample_rate)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
    return path
