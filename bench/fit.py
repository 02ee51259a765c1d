"""Fit the weights by which readings of a song are judged.

    python -m bench.fit [--songs 48] [--penalty 1] [--seed 1000] [--with other.json]

plays made songs of all kinds with a constant tempo, takes every reading of each, marks those that
meet the truth and fits a softmax over the readings of a song (L-BFGS, ridge penalty). It writes
songs/audio/judgment.json, which takes about twenty minutes. Seeds from 1000 up belong to the fitting;
the benchmark uses others.

The stored weights are the mean of two fits: of 18 songs a kind with penalty 4, and of 48 songs a kind
with penalty 1 (`--with` takes the mean with weights that were stored before). The second reads
more of our own kinds of song right, the first more songs of another maker; their mean did both.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.grooves import KINDS
from bench.scores import f_measure
from bench.songs import Song, make_song
from songs.audio.arrays import ANALYSIS_RATE
from songs.audio.beats import FRONT_END_DELAY_SECONDS, constant_grids, sounding_span
from songs.audio.judgment import WEIGHTS_PATH
from songs.audio.onsets import find_onsets
from songs.audio.readings import (
    BAR_MEASURES,
    COUNTING_MEASURES,
    METERS,
    gather_evidence,
    measure_bars,
    measure_beats,
    measure_counting,
)
from songs.audio.spectrum import analyze_spectrum
from songs.audio.tempo import find_tempi

Array = NDArray[np.float64]

FIRST_SEED = 1000
SECONDS = (20.0, 35.0, 50.0)
RIGHT = 0.85  # F-measure from which a reading counts as the truth
WIDTHS = {meter: 1 + COUNTING_MEASURES + BAR_MEASURES * meter for meter in METERS}


@dataclass(frozen=True)
class Example:
    """One song: `beat` (readings, 60); for each meter `bars` (readings, meter, width) and
    `is_right` (readings, meter)."""

    kind: str
    beat: Array
    bars: dict[int, Array]
    is_right: dict[int, NDArray[np.bool_]]
    scores: Array


def take_example(song: Song) -> Example:
    """All readings of a song, measured and marked."""
    spectrum = analyze_spectrum(song.samples)
    onsets = find_onsets(spectrum)
    evidence, tempi = gather_evidence(onsets, spectrum), find_tempi(onsets)
    span = sounding_span(onsets, spectrum)
    beat, scores = [], []
    bars: dict[int, list[Array]] = {meter: [] for meter in METERS}
    right: dict[int, list[list[bool]]] = {meter: [] for meter in METERS}
    for bpm, grid in constant_grids(onsets, tempi):
        frames = span.cut(grid)
        if len(frames) < 8:
            continue
        measures = measure_beats(frames, evidence)
        beat.append(np.append(measures, tempi.strength(bpm)))
        times = frames / ANALYSIS_RATE - FRONT_END_DELAY_SECONDS
        scores.append(f_measure(times, song.beat_times))
        for meter in METERS:
            places = measure_bars(frames, evidence, meter)
            head = np.append(1.0, measure_counting(measures))
            bars[meter].append(np.hstack([np.tile(head, (meter, 1)), places]))
            right[meter].append(_right_starts(times, song, meter, scores[-1]))
    return Example(
        song.kind,
        np.array(beat),
        {meter: np.array(rows) for meter, rows in bars.items()},
        {meter: np.array(rows) for meter, rows in right.items()},
        np.array(scores),
    )


def _right_starts(times: Array, song: Song, meter: int, score: float) -> list[bool]:
    if meter != song.beats_per_bar or score < RIGHT:
        return [False] * meter
    return [f_measure(times[s::meter], song.downbeat_times) > RIGHT for s in range(meter)]


class Problem:
    """The penalized likelihood of the right readings."""

    def __init__(self, examples: list[Example], penalty: float) -> None:
        self.penalty = penalty
        kept = [e for e in examples if any(e.is_right[m].any() for m in METERS)]
        beat = np.concatenate([e.beat for e in kept])
        self.mean, self.spread = beat.mean(axis=0), beat.std(axis=0) + 1e-6
        self.beat = (beat - self.mean) / self.spread
        self.bars = {m: np.concatenate([e.bars[m] for e in kept]) for m in METERS}
        self.is_right = np.concatenate(
            [np.concatenate([e.is_right[m] for e in kept]) for m in METERS], axis=1
        )
        self.counts = np.array([len(e.beat) for e in kept])
        self.starts = np.concatenate([[0], np.cumsum(self.counts)[:-1]])

    def split(self, vector: Array) -> tuple[Array, dict[int, Array]]:
        """One vector into the weights of beats and of each meter."""
        parts = np.split(vector, np.cumsum([self.beat.shape[1], *WIDTHS.values()])[:-1])
        return parts[0], dict(zip(METERS, parts[1:], strict=True))

    def loss(self, vector: Array) -> tuple[float, Array]:
        """Penalized negative log likelihood and its gradient."""
        beat, bar = self.split(vector)
        scores = np.concatenate([self.bars[m] @ bar[m] for m in METERS], axis=1)
        scores += (self.beat @ beat)[:, None]
        highest = np.maximum.reduceat(scores.max(axis=1), self.starts)
        weights = np.exp(scores - np.repeat(highest, self.counts)[:, None])
        right = weights * self.is_right
        total = np.add.reduceat(weights.sum(axis=1), self.starts)
        good = np.add.reduceat(right.sum(axis=1), self.starts) + 1e-30
        slope = weights / np.repeat(total, self.counts)[:, None]
        slope -= right / np.repeat(good, self.counts)[:, None]
        gradient = [self.beat.T @ slope.sum(axis=1)]
        for meter, part in zip(
            METERS, np.split(slope, np.cumsum(METERS)[:-1], axis=1), strict=True
        ):
            gradient.append(np.einsum("rs,rsw->w", part, self.bars[meter]))
        penalty = 0.5 * self.penalty * float(vector @ vector)
        value = float((np.log(total) - np.log(good)).sum()) + penalty
        return value, np.concatenate(gradient) + self.penalty * vector

    def solve(self) -> dict[str, Any]:
        """The fitted weights as they are stored."""
        start = np.zeros(self.beat.shape[1] + sum(WIDTHS.values()))
        found = minimize(self.loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 400})
        beat, bar = self.split(found.x)
        return {
            "mean": _rounded(self.mean),
            "spread": _rounded(self.spread),
            "beat": _rounded(beat),
            "bar": {str(meter): _rounded(row) for meter, row in bar.items()},
        }


def _rounded(values: Array) -> list[float]:
    return [round(float(value), 5) for value in values]


def mean_of(fitted: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The mean of two sets of weights, measured by the means and spreads of the first."""
    pairs = zip(other["beat"], other["spread"], fitted["spread"], strict=True)
    rescaled = np.array([weight / theirs * ours for weight, theirs, ours in pairs])
    bar = {
        meter: _rounded((np.array(row) + np.array(other["bar"][meter])) / 2)
        for meter, row in fitted["bar"].items()
    }
    return fitted | {"beat": _rounded((np.array(fitted["beat"]) + rescaled) / 2), "bar": bar}


def main() -> None:
    """Make the songs, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=48, help="songs of each kind")
    parser.add_argument("--penalty", type=float, default=1.0, help="of the ridge")
    parser.add_argument("--with", dest="other", type=Path, help="take the mean with these weights")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="the first seed")
    options = parser.parse_args()
    examples = []
    for name in [name for name, kind in KINDS.items() if kind.tempo == "constant"]:
        for seed in range(options.seed, options.seed + options.songs):
            examples.append(take_example(make_song(name, seed, seconds=SECONDS[seed % 3])))
        print(f"{name}: {len(examples)} songs so far", flush=True)
    fitted = Problem(examples, options.penalty).solve()
    if options.other:
        fitted = mean_of(fitted, json.loads(options.other.read_text()))
    WEIGHTS_PATH.write_text(json.dumps(fitted, indent=1) + "\n")


if __name__ == "__main__":
    main()
