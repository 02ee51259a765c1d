"""The instruments of the sample song: small, and the same samples each time they are played.

What does not depend on chance is played once and kept: sounds are read, never written to.
"""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray
from scipy.signal import butter, fftconvolve, sosfilt

Sound = NDArray[np.float64]

RATE = 44_100
# Where the throat is loud for each vowel: center in Hz, width in Hz, gain (after Peterson and Barney, 1952).
VOWELS = {
    "a": ((750, 130, 1.0), (1150, 150, 0.55), (2700, 260, 0.14)),
    "e": ((530, 110, 1.0), (1800, 190, 0.34), (2550, 260, 0.17)),
    "i": ((330, 90, 1.0), (2250, 220, 0.26), (2950, 280, 0.17)),
    "o": ((520, 110, 1.0), (900, 130, 0.55), (2550, 260, 0.09)),
    "u": ((350, 90, 1.0), (850, 130, 0.32), (2400, 260, 0.06)),
}


def hertz(pitch: float) -> float:
    """The frequency of a MIDI pitch: 69 is 440 Hz."""
    return float(440 * 2 ** ((pitch - 69) / 12))


def seconds_of(length: float) -> Sound:
    return np.arange(round(length * RATE)) / RATE


def filtered(sound: Sound, kind: str, edge: float | tuple[float, float]) -> Sound:
    """A Butterworth filter of second order; `kind` as in scipy, edges in Hz."""
    done: Sound = sosfilt(butter(2, edge, kind, fs=RATE, output="sos"), sound)
    return done


def shaped(sound: Sound, attack: float, release: float) -> Sound:
    """Rise and fall in so many seconds, without a corner that clicks."""
    rise, fall = round(attack * RATE), round(release * RATE)
    curve = np.ones(len(sound))
    curve[:rise] = np.sin(np.linspace(0, np.pi / 2, rise)) ** 2
    curve[len(curve) - fall :] *= np.cos(np.linspace(0, np.pi / 2, fall)) ** 2
    return sound * curve


def saw(frequency: float, t: Sound, slope: float = 1.0, phase: float = 0.0) -> Sound:
    """A sawtooth of at most 20 partials, none above 4 kHz; a steeper slope is duller."""
    sound = np.zeros_like(t)
    for number in range(1, min(20, int(4000 / frequency)) + 1):
        sound += np.sin(2 * np.pi * frequency * number * t + phase * number) / number**slope
    return sound


# --- drums ---------------------------------------------------------------------------------------


@cache
def kick() -> Sound:
    t = seconds_of(0.42)
    body = np.sin(2 * np.pi * (48 * t + 3.4 * (1 - np.exp(-34 * t)))) * np.exp(-t * 8.5)
    return shaped(np.tanh(1.7 * body), 0.001, 0.05)


def snare(rng: np.random.Generator) -> Sound:
    t = seconds_of(0.34)
    head = 0.5 * np.sin(2 * np.pi * 188 * t) * np.exp(-t * 30)
    hiss = filtered(rng.standard_normal(len(t)), "bandpass", (900.0, 8500.0))
    return shaped(head + 0.5 * hiss * np.exp(-t * 17), 0.001, 0.05)


def hat(rng: np.random.Generator, *, is_open: bool = False) -> Sound:
    t = seconds_of(0.26 if is_open else 0.09)
    hiss = filtered(rng.standard_normal(len(t)), "highpass", 7200.0)
    return shaped(0.4 * hiss * np.exp(-t * (14 if is_open else 55)), 0.001, 0.02)


def cymbal(rng: np.random.Generator) -> Sound:
    t = seconds_of(2.4)
    hiss = filtered(rng.standard_normal(len(t)), "highpass", 4200.0)
    return shaped(0.4 * hiss * np.exp(-t * 2.1), 0.002, 0.4)


def riser(rng: np.random.Generator, length: float) -> Sound:
    """A breath that grows into the next part."""
    t = seconds_of(length)
    hiss = filtered(rng.standard_normal(len(t)), "bandpass", (1500.0, 7000.0))
    return shaped(0.3 * hiss * (t / length) ** 2.5, 0.01, 0.04)


# --- tones ---------------------------------------------------------------------------------------


@cache
def bass(pitch: float, length: float) -> Sound:
    t = seconds_of(length)
    bright = saw(hertz(pitch), t, 1.1) * np.exp(-t * 7)
    deep = np.sin(2 * np.pi * hertz(pitch) * t)
    return shaped(filtered(0.28 * bright + 0.75 * deep, "lowpass", 900.0), 0.006, 0.04)


@cache
def pad(pitch: float, length: float, phase: float) -> Sound:
    """Three strings that are not quite in tune."""
    t = seconds_of(length)
    strings = sum(
        (saw(hertz(pitch + cents / 100), t, 1.5, phase + cents) for cents in (-7, 0, 6)),
        np.zeros_like(t),
    )
    return shaped(0.2 * strings, min(0.35, length / 3), min(0.5, length / 3))


@cache
def bell(pitch: float, length: float) -> Sound:
    """An electric piano: one wave that bends another."""
    t = seconds_of(length)
    turn = 2 * np.pi * hertz(pitch) * t
    struck = np.sin(
        turn + 1.3 * np.exp(-t * 7) * np.sin(turn) + 0.25 * np.sin(14 * turn) * np.exp(-t * 24)
    )
    return shaped(0.5 * struck * np.exp(-t * 2.6), 0.003, min(0.12, length / 3))


def voice(
    pitch: float, length: float, vowel: str, rng: np.random.Generator, *, before: float | None
) -> Sound:
    """A sung vowel that slides from the note before it, with vibrato where it is held."""
    t = seconds_of(length)
    slide = (before - pitch if before is not None else -1.5) * np.exp(-t * 26)
    vibrato = 0.24 * np.sin(2 * np.pi * 5.3 * t) * np.clip((t - 0.28) / 0.35, 0, 1)
    frequency = 440 * 2 ** ((pitch + slide + vibrato - 69) / 12)
    phase = 2 * np.pi * np.cumsum(frequency) / RATE
    sound = np.zeros_like(t)
    for number in range(1, int(4200 / hertz(pitch)) + 1):
        loud = _throat(number * hertz(pitch), vowel) / number**0.35
        sound += loud * np.sin(number * phase + 0.7 * number * number)
    breath = filtered(rng.standard_normal(len(t)), "bandpass", (2500.0, 7500.0))
    return shaped(0.42 * sound + 0.03 * breath * np.exp(-t * 5), 0.045, min(0.09, length / 3))


def _throat(frequency: float, vowel: str) -> float:
    formants = VOWELS[vowel]
    loud = (gain * np.exp(-0.5 * ((frequency - f) / w) ** 2) for f, w, gain in formants)
    return float(sum(loud)) + 0.02


# --- rooms ---------------------------------------------------------------------------------------


def hall(sound: Sound, seed: int, seconds: float = 2.2) -> Sound:
    """The sound (samples,) as a large room gives it back, darker than it was."""
    t = seconds_of(seconds)
    noise = np.random.default_rng(seed).standard_normal(len(t)) * np.exp(-t * 3.4)
    answer = filtered(filtered(noise, "lowpass", 5200.0), "highpass", 220.0)
    room: Sound = fftconvolve(sound, answer / np.sqrt(np.sum(answer**2)))[: len(sound)]
    return room


def echo(sound: Sound, seconds: float, *, times: int = 4, keep: float = 0.42) -> Sound:
    """The sound again after so many seconds, and again, softer each time; not the sound itself."""
    step = round(seconds * RATE)
    again = np.zeros(len(sound) + times * step)
    for count in range(1, times + 1):
        again[count * step : count * step + len(sound)] += keep**count * sound
    return again
