"""Beats of music whose tempo moves: live bands, ramps, rubato.

First a smooth path of the local period (Viterbi over a windowed autocorrelation), then dynamic
programming after Ellis, "Beat Tracking by Dynamic Programming" (2007), with that varying period
in place of one global tempo, then each beat is moved to the onset peak beside it.
"""

from __future__ import annotations

import numpy as np

from songs.audio.arrays import ANALYSIS_RATE, Array, Integers
from songs.audio.onsets import Onsets, smooth
from songs.audio.period import parabola_offset
from songs.audio.tempo import autocorrelation

WINDOW_SECONDS, STEP_SECONDS = 8.0, 1.0
PATH_RANGE = 0.35  # natural log: the tempo may go up or down by 42 %
PATH_STEPS = 81
TIGHTNESS = 48.0  # cost of a squared log deviation from the local period
SNAP_FRAMES = 3


def local_periods(envelope: Array, period: float) -> Array:
    """The period in analysis frames at every analysis frame, (analysis_frames,)."""
    periods = period * np.exp(np.linspace(-PATH_RANGE, PATH_RANGE, PATH_STEPS))
    half = int(WINDOW_SECONDS * ANALYSIS_RATE) // 2
    times = np.arange(0, max(1, len(envelope) - half), int(STEP_SECONDS * ANALYSIS_RATE))
    smoothed = smooth(envelope, 1.5)
    evidence = np.array([_evidence(smoothed[max(0, t - half) : t + half], periods) for t in times])
    evidence = (evidence - evidence.mean()) / (evidence.std() + 1e-9)
    evidence[0] -= 8 * np.abs(np.log(periods / period))
    path = periods[_best_path(evidence, np.log(periods))]
    return np.interp(np.arange(len(envelope)), times, path)


def _evidence(window: Array, periods: Array) -> Array:
    centered = (window - window.mean()) * np.hanning(len(window))
    correlation = autocorrelation(centered, min(int(periods[-1] * 4) + 4, len(window) - 2))
    lags = np.arange(len(correlation))

    def at(beats: int) -> Array:
        return np.interp(beats * periods, lags, correlation, right=0.0)

    return at(1) + 0.8 * at(2) + 0.5 * at(4)


def _best_path(evidence: Array, log_periods: Array) -> list[int]:
    """Viterbi: the states (steps,) with most evidence for the least change of tempo."""
    change = np.abs(log_periods[:, None] - log_periods[None])
    transition = -60 * change - 800 * change**2
    score, back = evidence[0], []
    for row in evidence[1:]:
        options = score[:, None] + transition
        best = options.argmax(axis=0)
        back.append(best)
        score = options[best, np.arange(len(best))] + row
    state = int(score.argmax())
    path = [state]
    for best in reversed(back):
        state = int(best[state])
        path.append(state)
    return path[::-1]


def track(envelope: Array, periods: Array) -> Array:
    """Beat positions in analysis frames (beats,): the chain with the best onsets and spacing."""
    strength = envelope / (envelope.std() + 1e-9)
    total = strength.copy()
    previous = np.full(len(strength), -1)
    earliest = (np.arange(len(strength)) - 1.8 * periods).astype(int)
    latest = (np.arange(len(strength)) - 0.55 * periods).astype(int)
    logs = np.log(np.arange(1, int(2 * periods.max()) + 4))
    log_periods = np.log(periods)
    for i in range(len(strength)):
        low, high = max(0, earliest[i]), latest[i]
        if high <= low:
            continue
        # logs[k - 1] is log(k), and the distances run downwards from i - low to i - high + 1.
        distances = logs[i - high : i - low][::-1] - log_periods[i]
        score = total[low:high] - TIGHTNESS * distances**2
        best = int(score.argmax())
        if score[best] > 0:
            total[i] += score[best]
            previous[i] = low + best
    return _trace_back(total, previous, periods)


def _trace_back(total: Array, previous: Integers, periods: Array) -> Array:
    tail = max(0, int(len(total) - 1 - 1.2 * periods[-1]))
    position = tail + int(total[tail:].argmax())
    beats = []
    while position >= 0:
        beats.append(position)
        position = int(previous[position])
    return np.array(beats[::-1], dtype=np.float64)


def snap(envelope: Array, beats: Array) -> Array:
    """Move each beat to the onset peak within SNAP_FRAMES, if there is one."""
    return np.array([_snap_one(envelope, float(beat)) for beat in beats])


def _snap_one(envelope: Array, beat: float) -> float:
    start = max(0, round(beat) - SNAP_FRAMES)
    near = envelope[start : round(beat) + SNAP_FRAMES + 1]
    top = int(near.argmax()) if len(near) > 2 else 0
    if not 0 < top < len(near) - 1:
        return beat
    return start + top + parabola_offset(near[top - 1], near[top], near[top + 1])


def follow(onsets: Onsets, period: float) -> Array:
    """Beats (beats,) in analysis frames of a song whose period moves about `period`."""
    periods = local_periods(onsets.strength, period)
    beats = track(smooth(0.4 * onsets.strength + onsets.accents, 1.5), periods)
    return snap(smooth(onsets.strength, 1.0), beats)
