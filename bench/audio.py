"""How well we hear: our beats against librosa's on made songs whose beats are known.

    python -m bench.audio [--quick] [--json] [--songs 4] [--seed 1]

Exits with 1 if a pass mark is missed. Both trackers hear the same samples in the same run.
"""

# ruff: noqa: E402 - the threads must be pinned before numpy loads its libraries

from __future__ import annotations

import os

# Two threads cost more than they bring on transforms this small.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import librosa
import numpy as np
from numpy.typing import NDArray

from bench.grooves import KINDS
from bench.scores import continuity, f_measure, hit_errors, is_tempo_right
from bench.songs import SAMPLE_RATE, Song, make_song
from songs.audio.hearing import NoTempo, hear

QUICK_KINDS = ("house", "rock", "reggae", "waltz", "funk", "6/8", "tempo ramp")
SECONDS = (30.0, 45.0, 60.0)
STEADY_F, HARD_F, STEADY_ERROR_MS, STEADY_DOWNBEAT_F = 0.95, 0.80, 8.0, 0.85
LONG_SONG_SECONDS, MOST_SECONDS, MOST_MEGABYTES = 180, 10.0, 600.0


@dataclass(frozen=True)
class Score:
    """Means over songs; errors in ms over met beats (`bias` positive when late)."""

    f: float
    cml: float
    aml: float
    tempo: float
    error_ms: float
    bias_ms: float
    downbeat_f: float
    librosa_f: float
    librosa_error_ms: float


def score_song(song: Song) -> Score:
    """Hear one song with both trackers."""
    bpm, beats, downbeats = _ours(song)
    _, theirs = librosa.beat.beat_track(y=song.samples, sr=song.sample_rate, units="time")
    errors = 1000 * hit_errors(beats, song.beat_times)
    librosa_errors = 1000 * hit_errors(theirs, song.beat_times)
    cml, aml = continuity(beats, song.beat_times)
    return Score(
        f=f_measure(beats, song.beat_times),
        cml=cml,
        aml=aml,
        tempo=float(is_tempo_right(bpm, _median_bpm(song))),
        error_ms=_mean(np.abs(errors)),
        bias_ms=_mean(errors),
        downbeat_f=f_measure(downbeats, song.downbeat_times),
        librosa_f=f_measure(theirs, song.beat_times),
        librosa_error_ms=_mean(np.abs(librosa_errors)),
    )


def _ours(song: Song) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    try:
        heard = hear(song.samples, frames=24)
    except NoTempo:
        return 0.0, np.empty(0), np.empty(0)
    return heard.bpm, heard.beat_times, heard.downbeat_times


def _median_bpm(song: Song) -> float:
    return float(60 / np.median(np.diff(song.beat_times)))


def _mean(values: NDArray[np.float64]) -> float:
    return float(np.mean(values)) if len(values) else float("nan")


def mean_score(scores: Iterable[Score]) -> Score:
    """Mean of each figure, leaving out songs in which no beat was met."""
    rows = [list(asdict(score).values()) for score in scores]
    return Score(*(float(value) for value in np.nanmean(rows, axis=0)))


def long_song() -> dict[str, float]:
    """Seconds and megabytes for a three-minute song in a process of its own, warm."""
    # The song comes out of a file, lest the memory for making it be counted as ours.
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.npy"
        np.save(path, make_song("rock", 7, seconds=LONG_SONG_SECONDS).samples)
        command = [sys.executable, "-m", "bench.audio", "--long-song", str(path)]
        answer = subprocess.run(command, capture_output=True, text=True, check=True)
    measured: dict[str, float] = json.loads(answer.stdout)
    return measured


def _measure_long_song(path: Path) -> None:
    samples = np.load(path)
    hear(samples[: 20 * SAMPLE_RATE], frames=480)  # warms the imports and filters
    start = time.perf_counter()
    hear(samples, frames=24 * LONG_SONG_SECONDS)
    seconds = time.perf_counter() - start
    print(json.dumps({"seconds": round(seconds, 2), "megabytes": round(_peak_megabytes())}))


def _peak_megabytes() -> float:
    """Peak resident memory of this process; getrusage would count the parent's before exec."""
    status = Path("/proc/self/status").read_text()
    return next(int(row.split()[1]) for row in status.splitlines() if "VmHWM" in row) / 1024


def run(kinds: Iterable[str], songs: int, seed: int, *, is_quiet: bool) -> dict[str, Score]:
    """Scores by kind, told line by line as they come."""
    scores = {}
    if not is_quiet:
        print(HEADER)
    for kind in kinds:
        made = (
            make_song(kind, seed + n, seconds=SECONDS[(seed + n) % len(SECONDS)])
            for n in range(songs)
        )
        scores[kind] = mean_score(score_song(song) for song in made)
        if not is_quiet:
            print(line(kind, scores[kind]), flush=True)
    return scores


HEADER = (
    f"{'kind':<17} {'F':>6} {'CMLt':>6} {'AMLt':>6} {'tempo':>6} {'ms':>6} {'bias':>6}"
    f" {'down F':>7} | librosa {'F':>6} {'ms':>6}"
)


def line(name: str, score: Score) -> str:
    """One row of the table."""
    return (
        f"{name:<17} {score.f:6.3f} {score.cml:6.3f} {score.aml:6.3f} {score.tempo:6.2f}"
        f" {score.error_ms:6.1f} {score.bias_ms:+6.1f} {score.downbeat_f:7.3f} |"
        f"         {score.librosa_f:6.3f} {score.librosa_error_ms:6.1f}"
    )


def marks(scores: dict[str, Score], long: dict[str, float]) -> dict[str, bool]:
    """Each pass mark as a sentence, and whether it is reached."""
    steady = _total(scores, is_steady=True)
    hard = _total(scores, is_steady=False)
    worse = [kind for kind, score in scores.items() if score.f < score.librosa_f]
    return {
        f"steady songs F {steady.f:.3f} >= {STEADY_F}": steady.f >= STEADY_F,
        f"hard songs F {hard.f:.3f} >= {HARD_F}": hard.f >= HARD_F,
        f"worse than librosa on: {', '.join(worse) or 'none'}": not worse,
        f"steady error {steady.error_ms:.1f} ms <= {STEADY_ERROR_MS}": (
            steady.error_ms <= STEADY_ERROR_MS
        ),
        f"steady downbeat F {steady.downbeat_f:.3f} >= {STEADY_DOWNBEAT_F}": (
            steady.downbeat_f >= STEADY_DOWNBEAT_F
        ),
        f"three minutes in {long['seconds']} s < {MOST_SECONDS}": long["seconds"] < MOST_SECONDS,
        f"three minutes in {long['megabytes']:.0f} MB < {MOST_MEGABYTES:.0f}": (
            long["megabytes"] < MOST_MEGABYTES
        ),
    }


def _total(scores: dict[str, Score], *, is_steady: bool) -> Score:
    return mean_score(score for kind, score in scores.items() if KINDS[kind].is_steady == is_steady)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one song of some kinds")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--songs", type=int, default=4, help="songs of each kind")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--long-song", type=Path, help="only time the samples in this file")
    return parser.parse_args()


def main() -> int:
    """Run, print, judge."""
    options = _options()
    if options.long_song:
        _measure_long_song(options.long_song)
        return 0
    kinds = QUICK_KINDS if options.quick else tuple(KINDS)
    songs = 1 if options.quick else options.songs
    scores = run(kinds, songs, options.seed, is_quiet=options.json)
    long = long_song()
    reached = marks(scores, long)
    totals = {name: _total(scores, is_steady=name == "steady") for name in ("steady", "hard")}
    if options.json:
        table = {name: asdict(score) for name, score in (scores | totals).items()}
        print(json.dumps({"scores": table, "long_song": long, "marks": reached}, indent=1))
    else:
        print("\n".join(line(name, score) for name, score in totals.items()))
        print(
            "\n".join(f"{'reached' if ok else 'MISSED '}  {mark}" for mark, ok in reached.items())
        )
    return 0 if all(reached.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
