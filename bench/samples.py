"""Three sample films, made as `make video` makes them: an upbeat song, a slow one, one with many changes.

    python -m bench.samples                    into samples/
    python -m bench.samples --seconds 20       short ones, for a quick look

Each song is played by the instruments of the benchmarks, so that nothing needs to be fetched, and
written beside its film.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bench.songs import make_song

ROOT = Path(__file__).resolve().parents[1]
RATE = 44_100
SECONDS = 75.0
FADE_SECONDS = 2.0


@dataclass(frozen=True)
class Sample:
    """A film: the kinds of groove that its song goes through, its tempo, and what it shows."""

    name: str
    grooves: tuple[str, ...]
    bpm: float
    seed: int
    arguments: tuple[str, ...]


SAMPLES = (
    Sample("upbeat", ("house",), 124, 3, ("--idea", "neon city lights at night, magenta and cyan")),
    Sample(
        "slow",
        ("ballad",),
        68,
        5,
        ("--idea", "a calm sea before sunrise, soft blue and gold", "--format", "9:16"),
    ),
    Sample(
        "many-changes",
        ("trap", "rock", "house", "punk"),
        140,
        7,
        ("--idea", "a hurricane of paint over concrete", "--format", "1:1"),
    ),
)


def play(sample: Sample, seconds: float) -> NDArray[np.float32]:
    """The song, (samples,): one groove after the other, each a whole number of bars, faded out."""
    bar = 4 * 60 / sample.bpm
    bars = max(1, round(seconds / len(sample.grooves) / bar))
    parts = []
    for number, groove in enumerate(sample.grooves):
        song = make_song(
            groove, sample.seed + number, seconds=bars * bar + 2, bpm=sample.bpm, sample_rate=RATE
        )
        # From its first bar, so that the parts' bars join.
        start = round(float(song.downbeat_times[0]) * RATE)
        parts.append(song.samples[start : start + round(bars * bar * RATE)])
    together = np.concatenate(parts)
    fade = np.clip((len(together) - np.arange(len(together))) / (FADE_SECONDS * RATE), 0, 1)
    return (together * fade).astype(np.float32)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--folder", type=Path, default=ROOT / "samples")
    parser.add_argument("--seconds", type=float, default=SECONDS)
    options = parser.parse_args(arguments)
    options.folder.mkdir(exist_ok=True)
    failed = 0
    for sample in SAMPLES:
        path = options.folder / f"{sample.name}.wav"
        soundfile.write(path, play(sample, options.seconds), RATE)
        command = [sys.executable, "manage.py", "make_video", str(path), *sample.arguments]
        failed |= subprocess.run(command, cwd=ROOT, check=False).returncode
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
