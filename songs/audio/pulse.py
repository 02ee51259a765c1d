"""Is there a pulse at all? A tempo is never invented.

Four tests, each against a kind of sound that has none: silence; drones (no onsets); noise, wind
and rain (onsets that do not repeat); vibrato (repeats, but nothing begins on the beats).
"""

from __future__ import annotations

import numpy as np
from scipy.ndimage import uniform_filter1d

from songs.audio.arrays import ANALYSIS_RATE, SAMPLE_RATE, Array, Floats
from songs.audio.beats import Beats
from songs.audio.onsets import Onsets, smooth
from songs.audio.tempo import DOUBLE_BAR_SECONDS, autocorrelation

SILENCE_PEAK = 3e-4  # -70 dBFS; the quietest real music is well above
SHORTEST_SECONDS = 2.0
# On made sounds, at 40 s: drones reach a contrast of 0.1, pads start at 0.55; noise repeats itself
# to 0.13, rubato piano from 0.166; vibrato has an emphasis of 1.44, dense metal 2.1.
LEAST_CONTRAST = 0.25
LEAST_REPETITION = 0.14
LEAST_REPETITION_PER_ROOT_SECOND = 0.80  # chance repeats more in a short sound,
LEAST_REPETITION_SECONDS = (
    3.9  # and in a very short one more often still: noise of 12 s reaches 0.25
)
LEAST_EMPHASIS = 1.55
SHORTEST_PERIOD_SECONDS = 0.25
TREND_SECONDS = 1.5
LOCAL_SECONDS = 12.0
LEAST_LOCAL_REPETITION = 0.26  # noise reaches 0.17, a steep ramp of the tempo 0.30
# Of what is needed of the one and of the other: rubato that just misses both is still music, where
# clicks and tones at random reach 1.63.
LEAST_OF_BOTH = 1.85


class NoTempo(Exception):
    """The sound has no pulse; the message says in technical words what was missing."""


def require_sound(samples: Floats) -> None:
    """Raise NoTempo for silence and for less than two seconds."""
    if len(samples) < SAMPLE_RATE * SHORTEST_SECONDS:
        raise NoTempo("shorter than two seconds")
    if not np.isfinite(samples).all():
        raise NoTempo("samples that are not numbers")
    if float(np.abs(samples - samples.mean()).max()) < SILENCE_PEAK:
        raise NoTempo("silence")


def require_pulse(onsets: Onsets, beats: Beats | None) -> Beats:
    """The beats, if they are real. Raises NoTempo where onsets hardly stand out or repeat."""
    if onsets.contrast < LEAST_CONTRAST:
        raise NoTempo(f"no onsets stand out (contrast {onsets.contrast:.3f})")
    _require_repetition(onsets)
    if beats is None:
        raise NoTempo("too few beats")
    if beats.emphasis < LEAST_EMPHASIS:
        raise NoTempo(f"nothing begins on the beats (emphasis {beats.emphasis:.2f})")
    return beats


def _require_repetition(onsets: Onsets) -> None:
    seconds = len(onsets) / ANALYSIS_RATE
    by_chance = LEAST_REPETITION_PER_ROOT_SECOND / np.sqrt(seconds)
    needed = max(LEAST_REPETITION, by_chance, LEAST_REPETITION_SECONDS / seconds)
    found = repetition(onsets)
    if found >= needed:
        return
    # A tempo that moves repeats itself from bar to bar, though not over the whole song.
    local = local_repetition(onsets)
    both = found / needed + local / LEAST_LOCAL_REPETITION
    if local < LEAST_LOCAL_REPETITION and both < LEAST_OF_BOTH:
        raise NoTempo(f"onsets do not repeat ({found:.3f}, needed {needed:.3f}; {local:.3f})")


def repetition(onsets: Onsets) -> float:
    """How well (up to 1) the onsets match themselves a beat, a bar or two bars later."""
    pulses = _pulses(onsets)
    return _best_match(pulses, min(int(DOUBLE_BAR_SECONDS * ANALYSIS_RATE), len(pulses) // 2))


def local_repetition(onsets: Onsets) -> float:
    """The same within windows of 12 s, the median of them; 0 for less than two windows."""
    pulses = _pulses(onsets)
    window = int(LOCAL_SECONDS * ANALYSIS_RATE)
    starts = range(0, len(pulses) - window + 1, window // 2)
    if len(starts) < 2:
        return 0.0
    matches = [_best_match(pulses[start : start + window], window // 3) for start in starts]
    return float(np.median(matches))


def _pulses(onsets: Onsets) -> Array:
    """Onset strength without slow swelling, which repeats itself too but is no pulse."""
    smoothed = smooth(onsets.strength, 1.2)
    trend: Array = uniform_filter1d(smoothed, int(TREND_SECONDS * ANALYSIS_RATE))
    return smoothed - trend


def _best_match(pulses: Array, longest: int) -> float:
    correlation = autocorrelation(pulses, longest)
    return float(correlation[int(SHORTEST_PERIOD_SECONDS * ANALYSIS_RATE) :].max())
