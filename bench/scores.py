"""How well found beats meet the true ones.

After Davies, Degara and Plumbley, "Evaluation Methods for Musical Audio Beat Tracking Algorithms"
(2009). All times in seconds, ascending.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Times = NDArray[np.float64]

WINDOW_SECONDS = 0.07
TEMPO_TOLERANCE = 0.04
CONTINUITY_TOLERANCE = 0.175  # of the local beat


def f_measure(found: Times, truth: Times, window: float = WINDOW_SECONDS) -> float:
    """Harmonic mean of precision and recall (0..1); each true beat is met at most once."""
    if not len(found) or not len(truth):
        return 0.0
    return 2 * len(hit_errors(found, truth, window)) / (len(found) + len(truth))


def hit_errors(found: Times, truth: Times, window: float = WINDOW_SECONDS) -> Times:
    """Found minus true time of every true beat that was met, (hits,) in seconds."""
    errors, i = [], 0
    for beat in truth:
        while i < len(found) and found[i] < beat - window:
            i += 1
        if i < len(found) and found[i] <= beat + window:
            errors.append(found[i] - beat)
            i += 1
    return np.array(errors)


def continuity(found: Times, truth: Times) -> tuple[float, float]:
    """CMLt and AMLt: the share of beats that continue correctly, at the true metrical level and
    at any allowed one (double, half either way, off-beat)."""
    scores = [_continuing(found, reference) for reference in _levels(truth)]
    return scores[0], max(scores)


def _levels(truth: Times) -> Iterator[Times]:
    middles = (truth[:-1] + truth[1:]) / 2
    yield truth
    yield np.sort(np.concatenate([truth, middles]))
    yield middles
    yield truth[::2]
    yield truth[1::2]


def _continuing(found: Times, truth: Times) -> float:
    if len(found) < 2 or len(truth) < 2:
        return 0.0
    nearest = np.array([int(np.abs(truth - beat).argmin()) for beat in found])
    gaps = np.gradient(truth)[nearest]
    near = np.abs(found - truth[nearest]) < CONTINUITY_TOLERANCE * gaps
    steps = np.abs(np.diff(found) / gaps[1:] - 1) < CONTINUITY_TOLERANCE
    right = near[1:] & near[:-1] & steps & (np.diff(nearest) == 1)
    return float(right.sum() / max(len(found) - 1, len(truth) - 1))


def is_tempo_right(found: float, truth: float) -> bool:
    """Within 4 %, the usual tolerance (accuracy 1)."""
    return abs(found / truth - 1) <= TEMPO_TOLERANCE
