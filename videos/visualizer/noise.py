"""Tileable textures from a seed: soft noise, ridges, and blue noise for dithering."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

from videos.visualizer.jit import Floats

Plane = NDArray[np.float64]

BLUE_SIDE = 128


def cloud_noise(side: int, *, seed: int, roughness: float = 1.6, largest: float = 3.0) -> Floats:
    """(side, side) in 0..1 with mean about 0.5; largest is the lowest frequency in waves."""
    return _spread(_filtered(side, seed, roughness, largest))


def ridge_noise(side: int, *, seed: int, octaves: int = 6, largest: float = 2.0) -> Floats:
    """(side, side) in 0..1: sharp crests that branch, each octave strongest on the one below."""
    total = np.zeros((side, side))
    weight: Plane = np.ones((side, side))
    gain = 1.0
    for octave in range(octaves):
        waves = largest * 2.0**octave
        layer = _band(side, seed + 101 * octave, waves)
        crest = (1.0 - np.abs(layer)) ** 2
        total += gain * crest * weight
        weight = np.clip(crest * 1.6, 0.0, 1.0)
        gain *= 0.5
    return _spread(total)


@cache
def blue_noise() -> Floats:
    """(128, 128) even in -0.5..0.5, without low frequencies: its dots are never seen as clumps."""
    generator = np.random.default_rng(20)
    noise = generator.random((BLUE_SIDE, BLUE_SIDE))
    waves = _frequencies(BLUE_SIDE) / BLUE_SIDE
    keep = 1.0 - np.exp(-((waves / 0.28) ** 2))
    for _ in range(12):
        noise = np.fft.irfft2(np.fft.rfft2(noise) * keep, s=noise.shape)
        noise = _ranked(noise)
    return np.asarray(noise - 0.5, dtype=np.float32)


def _filtered(side: int, seed: int, roughness: float, largest: float) -> Plane:
    white = np.random.default_rng(seed).standard_normal((side, side))
    waves = _frequencies(side)
    gain = np.where(waves < largest * 0.7, 0.0, np.maximum(waves, 1.0) ** -roughness)
    return np.asarray(np.fft.irfft2(np.fft.rfft2(white) * gain, s=white.shape))


def _band(side: int, seed: int, waves: float) -> Plane:
    """Noise about one frequency, scaled to a deviation of 0.6 or so within -1..1."""
    white = np.random.default_rng(seed).standard_normal((side, side))
    gain = np.exp(-((_frequencies(side) - waves) ** 2) / (2.0 * (0.45 * waves) ** 2))
    band = np.fft.irfft2(np.fft.rfft2(white) * gain, s=white.shape)
    return np.asarray(np.tanh(band / (band.std() * 1.4 + 1e-9)))


def _frequencies(side: int) -> Plane:
    rows = np.fft.fftfreq(side)[:, None] * side
    columns = np.fft.rfftfreq(side)[None, :] * side
    return np.asarray(np.hypot(rows, columns))


def _spread(field: Plane) -> Floats:
    low, high = np.percentile(field, [0.5, 99.5])
    scaled = np.clip((field - low) / (high - low + 1e-12), 0.0, 1.0)
    return np.ascontiguousarray(scaled, dtype=np.float32)


def _ranked(field: Plane) -> Plane:
    order = np.argsort(field, axis=None, kind="stable")
    ranks = np.empty(field.size)
    ranks[order] = (np.arange(field.size) + 0.5) / field.size
    return ranks.reshape(field.shape)
