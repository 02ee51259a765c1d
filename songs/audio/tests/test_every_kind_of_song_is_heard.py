from __future__ import annotations

import numpy as np
import pytest

from bench.scores import f_measure
from bench.songs import make_song
from songs.audio.hearing import hear
from songs.audio.tests.made import RATE


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("house", 0.97), ("drum and bass", 0.97), ("rock", 0.97), ("funk", 0.97), ("ballad", 0.97),
        ("bossa", 0.97), ("guitar and voice", 0.95), ("pads", 0.95), ("tempo ramp", 0.95),
        ("drift", 0.95), ("breakdown", 0.97), ("one drum", 0.97), ("one instrument", 0.97),
    ],
)  # fmt: skip
def test_beats_of_made_songs(kind: str, least: float) -> None:
    song = make_song(kind, 3, seconds=30)
    heard = hear(song.samples, frames=720)
    assert f_measure(heard.beat_times, song.beat_times) >= least
    assert 0 <= heard.tempo_confidence <= 1


@pytest.mark.parametrize("bpm", [60, 75, 100, 120, 128, 160, 180])
def test_a_metronome_is_counted_as_it_beats(bpm: int) -> None:
    time = np.arange(RATE // 10) / RATE
    click = np.sin(2000 * np.pi * time) * np.exp(-60 * time) * np.linspace(1, 0, len(time))
    beats = np.arange(0.3, 29.7, 60 / bpm)
    samples = np.zeros(30 * RATE, np.float32)
    for start in (beats * RATE).astype(int):
        samples[start : start + len(click)] += click[: len(samples) - start]
    heard = hear(0.7 * samples, frames=720)
    assert heard.bpm == pytest.approx(bpm, rel=0.01)
    assert f_measure(heard.beat_times, beats) == 1.0


def test_the_same_seed_makes_the_same_song() -> None:
    first, second = make_song("reggae", 5, seconds=10), make_song("reggae", 5, seconds=10)
    assert (first.samples == second.samples).all()
    assert (first.beat_times == second.beat_times).all()
    assert not (first.samples[:1000] == make_song("reggae", 6, seconds=10).samples[:1000]).all()
