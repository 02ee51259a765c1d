from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest

from bench.songs import make_song
from songs.audio.genre import PROTOTYPES
from songs.audio.hearing import Hearing, hear
from songs.audio.mood import WORDS
from songs.audio.tests import made


@pytest.fixture(scope="module")
def steady() -> Hearing:
    return hear(made.song(), frames=720)


def test_a_cadence_in_c_major_is_in_c_major(steady: Hearing) -> None:
    assert steady.key == "C major"


def test_steps_are_reported_in_order() -> None:
    steps: list[str] = []
    hear(made.song(seconds=10), frames=240, on_step=steps.append)
    assert steps == ["beats", "mood"]


def test_numbers_are_within_zero_and_one_and_have_words(steady: Hearing) -> None:
    vector = asdict(steady.mood.vector)
    assert list(vector) == ["energy", "valence", "danceability", "tension"]
    assert all(0 <= value <= 1 for value in vector.values())
    assert steady.mood.primary == steady.mood.tags[0]
    assert len(steady.mood.reasons) == 4
    assert set(steady.mood.reasons) <= {word for pair in WORDS.values() for word in pair}
    assert steady.genre.main in PROTOTYPES
    assert len(steady.genre.sub_genres) == 3
    assert 1 <= len(steady.genre.reasons) <= 3
    assert 0 < steady.genre.confidence <= 1


def test_a_loud_fast_song_has_more_energy_than_a_slow_quiet_one() -> None:
    metal = hear(make_song("metal", 3, seconds=30).samples, frames=720).mood.vector
    pads = hear(make_song("pads", 3, seconds=30).samples, frames=720).mood.vector
    assert metal.energy > pads.energy + 0.1
    house = hear(make_song("house", 3, seconds=30).samples, frames=720).mood.vector
    assert house.danceability > pads.danceability


def test_the_energy_curve_rises_with_the_music() -> None:
    swell = np.linspace(0.02, 1, 30 * made.RATE, dtype=np.float32)
    curve = hear(made.song() * swell, frames=720).energy_curve
    times, values = zip(*curve, strict=True)
    assert times[:3] == (0.0, 0.5, 1.0)
    assert times[-1] == 30.0
    eighths = [np.mean(part) for part in np.array_split(values, 8)]
    assert eighths == sorted(eighths)
    assert 0 <= min(values) < 0.1
    assert 0.9 < max(values) <= 1
