"""The key, by correlating mean chroma with the key profiles of Krumhansl and Kessler.

Carol L. Krumhansl, "Cognitive Foundations of Musical Pitch" (1990), table 2.1. As every tone
brings its overtones along, the profiles do too (Emilia Gómez, "Tonal Description of Music Audio
Signals", 2006): without them a song in C is easily taken for one in G.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songs.audio.arrays import Array, Floats

MAJOR: Array = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR: Array = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])
TONICS = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
OVERTONES = ((7, 0.4), (4, 0.15))  # semitones above the tone (mod 12), strength
BASS_SHARE = 0.35  # the bass plays roots, which tells a key from its relative


@dataclass(frozen=True)
class Key:
    """`strength` correlation of the best key (-1..1); `majorness` best major minus best minor."""

    tonic: str
    mode: str
    strength: float
    majorness: float

    @property
    def name(self) -> str:
        """As musicians write it: "A minor"."""
        return f"{self.tonic} {self.mode}"


def find_key(chroma: Floats, bass_chroma: Floats) -> Key:
    """The key of chroma (chroma_frames, 12) and its bass."""
    profile = _profile(chroma) + BASS_SHARE * _profile(bass_chroma)
    major = np.array(
        [_correlation(np.roll(_sounding(MAJOR), tonic), profile) for tonic in range(12)]
    )
    minor = np.array(
        [_correlation(np.roll(_sounding(MINOR), tonic), profile) for tonic in range(12)]
    )
    majorness = float(major.max() - minor.max())
    mode, scores = ("major", major) if majorness >= 0 else ("minor", minor)
    return Key(TONICS[int(scores.argmax())], mode, float(scores.max()), majorness)


def _profile(chroma: Floats) -> Array:
    """Mean chroma above the floor that noise lays under all pitch classes, largest value 1."""
    floor = np.percentile(chroma, 20, axis=1, keepdims=True)
    # The power undoes part of the compression of `chroma`: the tones that are meant stand out.
    mean = (np.maximum(chroma - floor, 0) ** 1.5).mean(axis=0).astype(np.float64)
    scaled: Array = mean / (mean.max() + 1e-9)
    return scaled


def _sounding(reference: Array) -> Array:
    """A key profile as its tones sound, with their overtones."""
    total = reference.copy()
    for semitones, strength in OVERTONES:
        total += strength * np.roll(reference, semitones)
    return total


def _correlation(reference: Array, profile: Array) -> float:
    centered = profile - profile.mean()
    against = reference - reference.mean()
    norm = float(np.linalg.norm(centered) * np.linalg.norm(against)) + 1e-9
    return float(centered @ against) / norm
