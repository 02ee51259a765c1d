"""Fit the weights by which readings of a song are judged.

    python -m bench.fit [--songs 256] [--penalty 4] [--seed 1000]

plays made songs of all kinds with a constant tempo, takes every reading of each, marks those that
meet the truth and fits a softmax over the readings of a song (L-BFGS, ridge penalty). It writes
songs/audio/judgment.json, which takes half an hour and 5 GB on two cores. Seeds from 1000 to 1999
belong to the fitting; the benchmark uses others.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from bench.grooves import KINDS
from bench.scores import f_measure
from bench.songs import Song, make_song
from songs.audio.arrays import ANALYSIS_RATE
from songs.audio.beats import FRONT_END_DELAY_SECONDS, constant_grids, sounding_span
from songs.audio.judgment import WEIGHTS_PATH, Hidden
from songs.audio.onsets import find_onsets
from songs.audio.readings import (
    BAR_MEASURES,
    BEAT_MEASURES,
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
BEAT_WIDTH = BEAT_MEASURES + 1  # and the tempo's strength
WIDTHS = {meter: 1 + COUNTING_MEASURES + BAR_MEASURES * meter for meter in METERS}
UNITS = 16  # of the hidden layer
SIZES = (BEAT_WIDTH, BEAT_WIDTH * UNITS, UNITS, UNITS, *WIDTHS.values())


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

    def split(self, vector: Array) -> tuple[Array, Hidden, dict[int, Array]]:
        """One vector into the weights of beats, of the hidden layer and of each meter."""
        beat, taken, bias, given, *bars = np.split(vector, np.cumsum(SIZES)[:-1])
        hidden = Hidden(taken.reshape(BEAT_WIDTH, UNITS), bias, given)
        return beat, hidden, dict(zip(METERS, bars, strict=True))

    def loss(self, vector: Array) -> tuple[float, Array]:
        """Penalized negative log likelihood and its gradient."""
        beat, hidden, bar = self.split(vector)
        units = np.tanh(self.beat @ hidden.taken + hidden.bias)
        scores = np.concatenate([self.bars[m] @ bar[m] for m in METERS], axis=1)
        scores += (self.beat @ beat + units @ hidden.given)[:, None]
        value, slope = self._surprise(scores)
        pull = slope.sum(axis=1)
        back = np.outer(pull, hidden.given) * (1 - units**2)
        gradient = [self.beat.T @ pull, (self.beat.T @ back).ravel(), back.sum(axis=0)]
        gradient += [units.T @ pull, *self._bar_gradients(slope)]
        value += 0.5 * self.penalty * float(vector @ vector)
        return value, np.concatenate(gradient) + self.penalty * vector

    def _surprise(self, scores: Array) -> tuple[float, Array]:
        """How unlikely the right readings are by such scores, and its slope in each of them."""
        highest = np.maximum.reduceat(scores.max(axis=1), self.starts)
        weights = np.exp(scores - np.repeat(highest, self.counts)[:, None])
        right = weights * self.is_right
        total = np.add.reduceat(weights.sum(axis=1), self.starts)
        good = np.add.reduceat(right.sum(axis=1), self.starts) + 1e-30
        slope = weights / np.repeat(total, self.counts)[:, None]
        slope -= right / np.repeat(good, self.counts)[:, None]
        return float((np.log(total) - np.log(good)).sum()), slope

    def _bar_gradients(self, slope: Array) -> list[Array]:
        parts = zip(METERS, np.split(slope, np.cumsum(METERS)[:-1], axis=1), strict=True)
        return [part.ravel() @ self.bars[m].reshape(part.size, WIDTHS[m]) for m, part in parts]

    def solve(self) -> dict[str, Any]:
        """The fitted weights as they are stored."""
        # Units that begin alike would stay alike.
        start = np.zeros(sum(SIZES))
        start[BEAT_WIDTH:] = np.random.default_rng(0).normal(0, 0.05, len(start) - BEAT_WIDTH)
        found = minimize(self.loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 400})
        beat, hidden, bar = self.split(found.x)
        return {
            "mean": _rounded(self.mean),
            "spread": _rounded(self.spread),
            "beat": _rounded(beat),
            "hidden": {name: _rounded(part) for name, part in asdict(hidden).items()},
            "bar": {str(meter): _rounded(row) for meter, row in bar.items()},
        }


def _rounded(values: Array) -> Any:
    return np.round(values, 5).tolist()


def play_and_take(kind: str, seed: int) -> Example:
    """The example of one made song."""
    return take_example(make_song(kind, seed, seconds=SECONDS[seed % len(SECONDS)]))


def main() -> None:
    """Make the songs, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--songs", type=int, default=256, help="songs of each kind")
    parser.add_argument("--penalty", type=float, default=4.0, help="of the ridge")
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="the first seed")
    options = parser.parse_args()
    steady = [name for name, kind in KINDS.items() if kind.tempo == "constant"]
    kinds = [name for name in steady for _ in range(options.songs)]
    seeds = [options.seed + number for _ in steady for number in range(options.songs)]
    with ProcessPoolExecutor() as pool:
        examples = list(pool.map(play_and_take, kinds, seeds, chunksize=8))
    fitted = Problem(examples, options.penalty).solve()
    WEIGHTS_PATH.write_text(json.dumps(fitted) + "\n")


if __name__ == "__main__":
    main()
