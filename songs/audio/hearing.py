"""The door: everything we hear in a song, from one array of samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from songs.audio.beats import track_beats
from songs.audio.energy import energy_curve
from songs.audio.features import FrameFeatures, frame_features
from songs.audio.genre import Genre, find_genre
from songs.audio.key import find_key
from songs.audio.mood import Mood, find_mood
from songs.audio.onsets import find_onsets
from songs.audio.pulse import NoTempo, require_pulse, require_sound
from songs.audio.spectrum import analyze_spectrum
from songs.audio.statistics import describe

__all__ = ["Hearing", "NoTempo", "hear"]


@dataclass(frozen=True)
class Hearing:
    """What we heard. Times are seconds from the start of the samples.

    `tempo_confidence` 0..1: how clearly this tempo won over its half, double and other rivals.
    `beat_times` and `downbeat_times` float64, ascending; `key` as "A minor";
    `energy_curve` (seconds, 0..1) twice a second; `features` one row for each video frame.
    """

    bpm: float
    tempo_confidence: float
    beat_times: NDArray[np.float64]
    downbeat_times: NDArray[np.float64]
    beats_per_bar: int
    genre: Genre
    mood: Mood
    key: str
    energy_curve: list[tuple[float, float]]
    features: FrameFeatures


def _ignore(step: str) -> None:
    """Nobody wants to know about the steps."""


def hear(
    samples: NDArray[np.float32], *, frames: int, on_step: Callable[[str], None] = _ignore
) -> Hearing:
    """Listen to mono samples (n,) at 22 050 Hz; `frames` is the length of the film.

    `on_step` is told "beats" when tempo and beats are known and "mood" when mood and genre are.
    Raises NoTempo where there is nothing to count: silence, noise, sound without a pulse.
    """
    require_sound(samples)
    spectrum = analyze_spectrum(samples)
    onsets = find_onsets(spectrum)
    beats = require_pulse(onsets, track_beats(onsets, spectrum))
    on_step("beats")
    key = find_key(spectrum.chroma, spectrum.bass_chroma)
    statistics = describe(samples, spectrum, onsets, beats, key)
    mood, genre = find_mood(statistics), find_genre(statistics)
    on_step("mood")
    return Hearing(
        bpm=beats.bpm,
        tempo_confidence=beats.confidence,
        beat_times=beats.times,
        downbeat_times=beats.downbeat_times,
        beats_per_bar=beats.beats_per_bar,
        genre=genre,
        mood=mood,
        key=key.name,
        energy_curve=energy_curve(spectrum, onsets),
        features=frame_features(spectrum, onsets, frames=frames),
    )
