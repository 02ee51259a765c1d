from __future__ import annotations

import numpy as np
import pytest

from songs.audio.hearing import hear
from songs.audio.tests import made


@pytest.mark.parametrize("bpm", [84.0, 120.0, 150.0])
def test_tempo_beats_and_downbeats_are_exact(bpm: float) -> None:
    heard = hear(made.song(bpm=bpm), frames=720)
    truth = made.beat_times(bpm)
    assert heard.bpm == pytest.approx(bpm, abs=0.1)
    assert heard.beats_per_bar == 4
    nearest = np.abs(heard.beat_times[:, None] - truth).min(axis=0)
    assert nearest.max() < 0.010
    assert len(heard.beat_times) - len(truth) in (0, 1)
    np.testing.assert_allclose(heard.downbeat_times[: len(truth[::4])], truth[::4], atol=0.010)


def test_a_waltz_is_counted_in_threes() -> None:
    heard = hear(made.song(bpm=132, meter=3), frames=720)
    assert heard.beats_per_bar == 3
    assert heard.bpm == pytest.approx(132, abs=0.1)
    truth = made.beat_times(132)[::3]
    np.testing.assert_allclose(heard.downbeat_times[: len(truth)], truth, atol=0.010)


def test_ten_seconds_are_enough() -> None:
    heard = hear(made.song(seconds=10), frames=240)
    assert heard.bpm == pytest.approx(120, abs=0.5)
    assert np.abs(heard.beat_times[:, None] - made.beat_times(120, 10)).min(axis=0).max() < 0.015


def test_five_minutes_do_not_drift() -> None:
    heard = hear(made.song(bpm=127.3, seconds=300), frames=7200)
    truth = made.beat_times(127.3, 300)
    assert heard.bpm == pytest.approx(127.3, abs=0.01)
    assert np.abs(heard.beat_times[:, None] - truth[-8:]).min(axis=0).max() < 0.010


def test_a_silent_beginning_has_no_beats() -> None:
    silence = np.zeros(8 * made.RATE, np.float32)
    heard = hear(np.concatenate([silence, made.song(start=0.0)]), frames=912)
    assert heard.beat_times[0] == pytest.approx(8.0, abs=0.010)
    assert heard.downbeat_times[0] == pytest.approx(8.0, abs=0.010)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda samples: samples + np.float32(0.3),
        lambda samples: np.clip(4 * samples, -0.5, 0.5),
        lambda samples: np.float32(0.002) * samples,
    ],
    ids=["offset", "clipped", "very quiet"],
)
def test_offset_clipping_and_level_do_not_matter(spoil) -> None:  # type: ignore[no-untyped-def]
    heard = hear(spoil(made.song()).astype(np.float32), frames=720)
    assert heard.bpm == pytest.approx(120, abs=0.1)
    assert np.abs(heard.beat_times[:, None] - made.beat_times()).min(axis=0).max() < 0.010


def test_the_same_samples_are_heard_the_same_way() -> None:
    samples = made.song(seconds=15)
    first, second = hear(samples, frames=360), hear(samples.copy(), frames=360)
    np.testing.assert_array_equal(first.beat_times, second.beat_times)
    np.testing.assert_array_equal(first.features.spectrum, second.features.spectrum)
    assert (first.mood, first.genre, first.key) == (second.mood, second.genre, second.key)
