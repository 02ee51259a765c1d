from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from songs.audio.hearing import NoTempo, hear
from songs.audio.tests.made import RATE

SECONDS = 30
TIME = np.arange(SECONDS * RATE) / RATE
HISS = np.random.default_rng(3).standard_normal(len(TIME))
SOUNDS = {
    "silence": 0 * TIME,
    "silence with an offset": 0 * TIME + 0.2,
    "dither": HISS * 1e-5,
    "white noise": 0.2 * HISS,
    "noise that swells": 0.1 * HISS * (1 + np.sin(2 * np.pi * TIME / 11)),
    "brown noise": 0.001 * np.cumsum(HISS - HISS.mean()),
    "sine": 0.3 * np.sin(2 * np.pi * 220 * TIME),
    "drone": 0.2 * (np.sin(2 * np.pi * 110 * TIME) + np.sin(2 * np.pi * 165.2 * TIME)),
    "vibrato": 0.3 * np.sin(2 * np.pi * 220 * TIME + 3 * np.sin(2 * np.pi * 5 * TIME)),
}


@pytest.mark.parametrize("name", SOUNDS)
def test_sound_without_a_pulse_is_refused(name: str) -> None:
    samples: NDArray[np.float32] = SOUNDS[name].astype(np.float32)
    steps: list[str] = []
    with pytest.raises(NoTempo):
        hear(samples, frames=24 * SECONDS, on_step=steps.append)
    assert steps == []


@pytest.mark.parametrize("seed", range(4))
def test_short_noise_is_refused_too(seed: int) -> None:
    noise = np.random.default_rng(seed).standard_normal(10 * RATE).astype(np.float32)
    with pytest.raises(NoTempo, match="repeat"):
        hear(0.1 * noise, frames=240)


def test_less_than_two_seconds_are_refused() -> None:
    with pytest.raises(NoTempo, match="two seconds"):
        hear(np.ones(RATE, np.float32), frames=24)


def test_samples_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(NoTempo, match="not numbers"):
        hear(np.full(5 * RATE, np.nan, np.float32), frames=120)
