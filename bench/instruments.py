"""Instruments made of numpy: every sound begins exactly at its first sample."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from scipy.signal import butter, lfilter, sosfilt

Sound = NDArray[np.float32]


def _time(seconds: float, rate: int) -> NDArray[np.float64]:
    return np.arange(int(seconds * rate)) / rate


def _noise(rng: Generator, seconds: float, rate: int) -> NDArray[np.float64]:
    return rng.standard_normal(int(seconds * rate))


def _filtered(
    sound: NDArray[np.float64], kind: str, edge: object, rate: int
) -> NDArray[np.float64]:
    filtered: NDArray[np.float64] = sosfilt(butter(2, edge, kind, fs=rate, output="sos"), sound)
    return filtered


def _done(sound: NDArray[np.float64]) -> Sound:
    """Peak 1, with the last 5 ms faded."""
    fade = min(len(sound), 110)
    sound = sound.copy()
    sound[-fade:] *= np.linspace(1, 0, fade)
    scaled: Sound = (sound / (np.abs(sound).max() + 1e-9)).astype(np.float32)
    return scaled


# Drums -------------------------------------------------------------------------------------------


def kick(rng: Generator, rate: int) -> Sound:
    """From a dull acoustic thump to a long synthetic boom."""
    base, sweep = rng.uniform(42, 65), rng.uniform(60, 300)
    decay, speed = rng.uniform(0.08, 0.35), rng.uniform(20, 70)
    t = _time(min(0.6, 4 * decay), rate)
    body = np.sin(2 * np.pi * (base * t + sweep / speed * (1 - np.exp(-speed * t))))
    click = _filtered(_noise(rng, 0.01, rate), "highpass", rng.uniform(800, 3000), rate)
    sound = body * np.exp(-t / decay)
    sound[: len(click)] += rng.uniform(0, 0.6) * click * np.linspace(1, 0, len(click))
    return _done(np.tanh(rng.uniform(0.8, 3) * sound))


def snare(rng: Generator, rate: int) -> Sound:
    """A tuned head under a noise tail."""
    t = _time(rng.uniform(0.12, 0.3), rate)
    tone = np.sin(2 * np.pi * rng.uniform(160, 260) * t) * np.exp(-t / rng.uniform(0.02, 0.07))
    hiss = _filtered(rng.standard_normal(len(t)), "highpass", rng.uniform(700, 2500), rate)
    return _done(rng.uniform(0.3, 1) * tone + hiss * np.exp(-t / rng.uniform(0.03, 0.12)))


def clap(rng: Generator, rate: int) -> Sound:
    """Three or four hands within 30 ms; the first falls on the beat."""
    t = _time(0.25, rate)
    envelope = np.zeros(len(t))
    for delay in np.cumsum([0.0, *rng.uniform(0.007, 0.012, int(rng.integers(1, 4)))]):
        envelope += (t >= delay) * np.exp(-(t - delay).clip(0) / 0.008)
    envelope += 0.5 * np.exp(-t / rng.uniform(0.04, 0.09))
    band = _filtered(rng.standard_normal(len(t)), "bandpass", (700, 4500), rate)
    return _done(band * envelope)


def hat(rng: Generator, rate: int) -> Sound:
    """Closed hi-hat."""
    t = _time(rng.uniform(0.03, 0.09), rate)
    edge = rng.uniform(4500, 7500)
    return _done(_filtered(rng.standard_normal(len(t)), "highpass", edge, rate) * np.exp(-t / 0.02))


def open_hat(rng: Generator, rate: int) -> Sound:
    """Open hi-hat."""
    t = _time(0.35, rate)
    decay = rng.uniform(0.08, 0.16)
    return _done(
        _filtered(rng.standard_normal(len(t)), "highpass", 5500, rate) * np.exp(-t / decay)
    )


def ride(rng: Generator, rate: int) -> Sound:
    """Ride cymbal: inharmonic partials under a ping."""
    t = _time(0.5, rate)
    partials = sum(np.sin(2 * np.pi * f * t + p) for f, p in zip(
        rng.uniform(2500, 9000, 12), rng.uniform(0, 6, 12), strict=True))  # fmt: skip
    hiss = _filtered(rng.standard_normal(len(t)), "highpass", 6000, rate)
    return _done((partials / 4 + hiss) * (np.exp(-t / 0.02) + 0.35 * np.exp(-t / 0.18)))


def rim(rng: Generator, rate: int) -> Sound:
    """Rim shot or clave."""
    t = _time(0.07, rate)
    pitch = rng.uniform(900, 2500)
    return _done(np.sin(2 * np.pi * pitch * t) * np.exp(-t / rng.uniform(0.006, 0.02)))


def tom(rng: Generator, rate: int) -> Sound:
    """Tom or conga."""
    t = _time(0.3, rate)
    pitch = rng.uniform(80, 300)
    return _done(np.sin(2 * np.pi * (pitch * t + 0.6 * (1 - np.exp(-30 * t)))) * np.exp(-t / 0.09))


def shaker(rng: Generator, rate: int) -> Sound:
    """A shaker's stroke swells for some 15 ms, as real ones do."""
    t = _time(0.1, rate)
    envelope = np.minimum(t / rng.uniform(0.003, 0.015), 1) * np.exp(-t / 0.03)
    return _done(_filtered(rng.standard_normal(len(t)), "bandpass", (4000, 9500), rate) * envelope)


def crash(rng: Generator, rate: int) -> Sound:
    """Crash cymbal."""
    t = _time(1.6, rate)
    return _done(_filtered(rng.standard_normal(len(t)), "highpass", 3000, rate) * np.exp(-t / 0.4))


DRUMS: dict[str, Callable[[Generator, int], Sound]] = {
    "kick": kick, "snare": snare, "clap": clap, "hat": hat, "open": open_hat, "ride": ride,
    "rim": rim, "tom": tom, "shaker": shaker, "crash": crash,
}  # fmt: skip


# Tones -------------------------------------------------------------------------------------------


def _harmonics(
    pitch: float, t: NDArray[np.float64], slope: float, rate: int, odd: bool = False
) -> NDArray[np.float64]:
    """Band-limited partials whose strength falls with `slope`."""
    count = min(24, int(0.45 * rate / pitch))
    numbers = [n for n in range(1, count + 1) if not odd or n % 2]
    waves = [np.sin(2 * np.pi * pitch * n * t + n) / n**slope for n in numbers]
    total: NDArray[np.float64] = np.sum(waves, axis=0)
    return total


def _held(t: NDArray[np.float64], attack: float, release: float) -> NDArray[np.float64]:
    end = t[-1] if len(t) else 0.0
    return np.minimum(1, t / max(attack, 1e-4)) * np.minimum(1, (end - t) / max(release, 1e-4))


def synth(pitch: float, seconds: float, rng: Generator, rate: int) -> Sound:
    """A sawtooth or square with a falling filter."""
    t = _time(seconds, rate)
    bright = _harmonics(pitch, t, 1.0, rate, odd=bool(rng.integers(2)))
    dull = _harmonics(pitch, t, 2.2, rate)
    fall = np.exp(-t / rng.uniform(0.08, 0.4))
    return _done((bright * fall + dull) * _held(t, 0.003, 0.03) * np.exp(-t / 1.2))


def sub(pitch: float, seconds: float, rng: Generator, rate: int) -> Sound:
    """A sine bass with some warmth."""
    t = _time(seconds, rate)
    return _done(np.tanh(rng.uniform(1, 3) * np.sin(2 * np.pi * pitch * t)) * _held(t, 0.006, 0.03))


def pluck(pitch: float, seconds: float, rng: Generator, rate: int) -> Sound:
    """A plucked string (Karplus and Strong, 1983)."""
    period = max(2, round(rate / pitch))
    burst = np.zeros(int(seconds * rate))
    burst[:period] = rng.uniform(-1, 1, min(period, len(burst)))
    loop = np.zeros(period + 2)
    loop[0] = 1
    loop[-2:] = -0.5 * 0.996
    return _done(lfilter([1.0], loop, burst))


def piano(pitch: float, seconds: float, rng: Generator, rate: int) -> Sound:
    """Struck strings: slightly stretched partials, the high ones die first."""
    t = _time(seconds, rate)
    sound = np.zeros(len(t))
    for n in range(1, min(14, int(0.45 * rate / pitch))):
        partial = pitch * n * np.sqrt(1 + 0.0004 * n * n)
        sound += np.sin(2 * np.pi * partial * t) / n**1.4 * np.exp(-t * (1.2 + 0.7 * n))
    return _done(sound * np.minimum(1, t / rng.uniform(0.001, 0.006)))


def electric_piano(pitch: float, seconds: float, rng: Generator, rate: int) -> Sound:
    """Two-operator frequency modulation."""
    t = _time(seconds, rate)
    depth = rng.uniform(0.5, 2.5) * np.exp(-t / 0.3)
    return _done(np.sin(2 * np.pi * pitch * t + depth * np.sin(2 * np.pi * pitch * t))
                 * np.exp(-t / 0.9) * _held(t, 0.004, 0.03))  # fmt: skip


def organ(pitch: float, seconds: float, rng: Generator, rate: int) -> Sound:
    """Drawbars; sustained."""
    t = _time(seconds, rate)
    bars = rng.uniform(0.2, 1, 5)
    waves = zip((0.5, 1, 1.5, 2, 4), bars, strict=True)
    return _done(
        sum(b * np.sin(2 * np.pi * pitch * h * t) for h, b in waves) * _held(t, 0.01, 0.03)
    )


def distorted(pitch: float, seconds: float, rng: Generator, rate: int) -> Sound:
    """An overdriven guitar's fifth."""
    t = _time(seconds, rate)
    string = _harmonics(pitch, t, 1.1, rate) + 0.8 * _harmonics(pitch * 1.4983, t, 1.1, rate)
    driven = np.tanh(rng.uniform(2, 6) * string * np.exp(-t / 1.5))
    return _done(_filtered(driven, "lowpass", 4500, rate) * _held(t, 0.002, 0.02))


def pad(pitch: float, seconds: float, rng: Generator, rate: int) -> Sound:
    """Detuned saws that swell in."""
    t = _time(seconds, rate)
    detune = rng.uniform(0.002, 0.006)
    sound = sum(_harmonics(pitch * (1 + d), t, 1.6, rate) for d in (-detune, 0, detune))
    attack = min(rng.uniform(0.02, 0.12), seconds / 3)
    return _done(np.asarray(sound) * _held(t, attack, min(0.15, seconds / 4)))


def voice(pitch: float, seconds: float, rng: Generator, rate: int) -> Sound:
    """A sung vowel: vibrato, formants, a soft start and sometimes a consonant."""
    t = _time(seconds, rate)
    wobble = 0.008 * np.sin(2 * np.pi * rng.uniform(4.5, 6.5) * t) * np.minimum(1, t / 0.3)
    phase = 2 * np.pi * pitch * np.cumsum(1 + wobble) / rate
    sound = np.zeros(len(t))
    formants = rng.uniform((300, 900, 2300), (800, 1800, 3000))
    for n in range(1, min(30, int(0.45 * rate / pitch))):
        gain = sum(np.exp(-0.5 * ((n * pitch - f) / 140) ** 2) for f in formants) + 0.05
        sound += gain * np.sin(n * phase)
    sound *= _held(t, min(rng.uniform(0.02, 0.06), seconds / 3), min(0.08, seconds / 4))
    consonant = min(len(t), int(rng.uniform(0.01, 0.05) * rate))
    sound[:consonant] += rng.uniform(0, 1.5) * rng.standard_normal(consonant) * 0.3
    return _done(sound)


TONES: dict[str, Callable[[float, float, Generator, int], Sound]] = {
    "synth": synth, "sub": sub, "pluck": pluck, "piano": piano, "electric piano": electric_piano,
    "organ": organ, "distorted": distorted, "pad": pad, "voice": voice,
}  # fmt: skip
