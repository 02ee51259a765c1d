"""Which reading of a song is the musicians' own?

A small network over the measurements of `readings` (a linear part and one hidden layer), and a
linear model of the bars, fitted by `python -m bench.fit` on made songs of many kinds as a softmax
over all readings of a song. The weights are in judgment.json.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from songs.audio.arrays import Array
from songs.audio.readings import (
    METERS,
    Evidence,
    measure_bars,
    measure_beats,
    measure_counting,
)

WEIGHTS_PATH = Path(__file__).with_name("judgment.json")


@dataclass(frozen=True)
class Reading:
    """Beats in analysis frames, their bars, and how well they explain the song.

    `score` is a log likelihood up to a constant; `downbeat_share` the probability of these bars
    among all bars over the same beats.
    """

    beats: Array
    first_downbeat: int
    beats_per_bar: int
    score: float
    downbeat_share: float


@dataclass(frozen=True)
class Hidden:
    """What a straight line cannot tell: `taken` (60, units), `bias` and `given` (units,)."""

    taken: Array
    bias: Array
    given: Array

    def score(self, standard: Array) -> float:
        """Its part of the log likelihood, of measures (60,) in spreads from their means."""
        return float(np.tanh(standard @ self.taken + self.bias) @ self.given)


@dataclass(frozen=True)
class Weights:
    """`beat` (60,) and `hidden` of beats; `bar` for each meter a bias, counting and places."""

    mean: Array
    spread: Array
    beat: Array
    hidden: Hidden
    bar: dict[int, Array]

    def score_beats(self, measures: Array) -> float:
        """Log likelihood of beats by their measures (60,), up to a constant."""
        standard = (measures - self.mean) / self.spread
        return float(standard @ self.beat) + self.hidden.score(standard)


@lru_cache(maxsize=1)
def weights() -> Weights:
    """The fitted weights."""
    stored = json.loads(WEIGHTS_PATH.read_text())
    return Weights(
        mean=np.array(stored["mean"]),
        spread=np.array(stored["spread"]),
        beat=np.array(stored["beat"]),
        hidden=Hidden(**{name: np.array(rows) for name, rows in stored["hidden"].items()}),
        bar={meter: np.array(stored["bar"][str(meter)]) for meter in METERS},
    )


def judge(beats: Array, evidence: Evidence, tempo_strength: float) -> Reading:
    """Score beats (at least 6) with the best bars over them."""
    fitted = weights()
    measures = measure_beats(beats, evidence)
    counting = measure_counting(measures)
    bars = {
        meter: _bar_scores(fitted.bar[meter], counting, measure_bars(beats, evidence, meter))
        for meter in METERS
    }
    everything = np.concatenate(list(bars.values()))
    total = float(np.logaddexp.reduce(everything))
    meter = max(bars, key=lambda m: float(bars[m].max()))
    return Reading(
        beats=beats,
        first_downbeat=int(bars[meter].argmax()),
        beats_per_bar=meter,
        score=fitted.score_beats(np.append(measures, tempo_strength)) + total,
        downbeat_share=float(np.exp(everything.max() - total)),
    )


def _bar_scores(row: Array, counting: Array, places: Array) -> Array:
    """Scores of all starts of a bar, (meter,)."""
    known = len(counting) + 1
    scores: Array = row[0] + counting @ row[1:known] + places @ row[known:]
    return scores
