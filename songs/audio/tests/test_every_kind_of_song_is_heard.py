from __future__ import annotations

import pytest

from bench.scores import f_measure
from bench.songs import make_song
from songs.audio.hearing import hear


@pytest.mark.parametrize(
    ("kind", "least"),
    [
        ("house", 0.97), ("drum and bass", 0.97), ("rock", 0.97), ("funk", 0.97), ("ballad", 0.97),
        ("bossa", 0.97), ("guitar and voice", 0.95), ("pads", 0.95), ("tempo ramp", 0.95),
        ("drift", 0.95), ("breakdown", 0.97),
    ],
)  # fmt: skip
def test_beats_of_made_songs(kind: str, least: float) -> None:
    song = make_song(kind, 3, seconds=30)
    heard = hear(song.samples, frames=720)
    assert f_measure(heard.beat_times, song.beat_times) >= least
    assert 0 <= heard.tempo_confidence <= 1


def test_the_same_seed_makes_the_same_song() -> None:
    first, second = make_song("reggae", 5, seconds=10), make_song("reggae", 5, seconds=10)
    assert (first.samples == second.samples).all()
    assert (first.beat_times == second.beat_times).all()
    assert not (first.samples[:1000] == make_song("reggae", 6, seconds=10).samples[:1000]).all()
