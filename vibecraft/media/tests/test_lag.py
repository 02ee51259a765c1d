from __future__ import annotations

import numpy as np
import pytest

from vibecraft.media.lag import Lags, measure_lags

RATE = 22050


def _noise(seconds: float) -> np.ndarray:
    return np.random.default_rng(5).normal(0, 0.2, round(seconds * RATE)).astype(np.float32)


@pytest.mark.parametrize("late", [0, 1, 220, -441])
def test_a_shift_is_found_at_all_three_places(late):
    song = _noise(20)
    lags = measure_lags(song, np.roll(song, late), RATE)
    assert [lags.start, lags.middle, lags.end] == pytest.approx([late / RATE] * 3, abs=1e-5)


def test_a_shift_of_part_of_a_sample_is_found():
    phases = np.arange(20 * RATE) / RATE
    song = sum(np.sin(2 * np.pi * f * phases + f) for f in (110.0, 313.0, 707.0, 1501.0))
    late = sum(np.sin(2 * np.pi * f * (phases - 1e-5) + f) for f in (110.0, 313.0, 707.0, 1501.0))
    lags = measure_lags(song.astype(np.float32), late.astype(np.float32), RATE)
    assert lags.middle == pytest.approx(1e-5, abs=3e-6)


def test_drift_is_the_end_against_the_start():
    song = _noise(60)
    wandering = np.interp(np.arange(len(song)) * 1.00001, np.arange(len(song)), song)
    lags = measure_lags(song, wandering.astype(np.float32), RATE)
    assert lags.start == pytest.approx(-0.00002, abs=0.00001)
    assert lags.end == pytest.approx(-0.00058, abs=0.00001)


def test_a_held_tone_is_not_taken_for_late():
    tone = np.sin(2 * np.pi * 440 * np.arange(10 * RATE) / RATE).astype(np.float32)
    lags = measure_lags(tone, tone, RATE)
    assert [lags.start, lags.middle, lags.end] == pytest.approx([0.0] * 3, abs=1e-6)


def test_silence_at_both_ends_is_stepped_over():
    song = np.concatenate([np.zeros(5 * RATE), _noise(10), np.zeros(5 * RATE)]).astype(np.float32)
    lags = measure_lags(song, song, RATE)
    assert [lags.start, lags.middle, lags.end] == pytest.approx([0.0] * 3, abs=1e-6)


@pytest.mark.parametrize("length", [0, RATE])
def test_silence_has_no_offset(length):
    silence = np.zeros(length, np.float32)
    assert measure_lags(silence, silence, RATE) == Lags(None, None, None)
