"""No look flashes too often at a fast tempo, and no gradient falls into bands."""

from __future__ import annotations

import numpy as np
import pytest

from videos.visualizer.canvas import Canvas, Grade
from videos.visualizer.casting import Casting
from videos.visualizer.looks import LOOKS
from videos.visualizer.safety import AREA, flashing_share, luminance
from videos.visualizer.tests.made import brief, draw, song

PARTS = [(name, variant) for name, kind in LOOKS.items() for variant in range(kind.variants)]


@pytest.mark.parametrize("bpm", [150.0, 180.0])
@pytest.mark.parametrize(("name", "variant"), PARTS)
def test_a_fast_loud_song_does_not_flash(name: str, variant: int, bpm: float) -> None:
    told = brief(size=(192, 108), end_frame=240 + 40)
    lumas = draw(Casting(name, variant, seed=5), told, song(bpm, energy=1.0), bpm)
    assert flashing_share(luminance(luma, blocks=9) for luma in lumas) < AREA


def blinking(hertz: float, *, share: float = 1.0, depth: float = 0.5) -> list[np.ndarray]:  # type: ignore[type-arg]
    frames = []
    for index in range(48):
        picture = np.full((16, 16), 0.1, dtype=np.float32)
        on = (index / 24 * hertz) % 1.0 < 0.5
        picture[: int(16 * share)] += depth * on
        frames.append(picture)
    return frames


def test_the_measure_sees_what_flashes() -> None:
    assert flashing_share(blinking(6.0)) == 1.0
    assert flashing_share(blinking(6.0, share=0.25)) == 0.25
    assert flashing_share(blinking(2.0)) == 0.0
    assert flashing_share(blinking(6.0, depth=0.08)) == 0.0


def test_a_faint_gradient_has_every_level_and_no_bands() -> None:
    canvas = Canvas(640, 64)
    canvas.light[:] = np.linspace(0.01, 0.05, 640, dtype=np.float32)
    canvas.develop(Grade(glow=0.0, vignette=0.0), 0)
    luma = canvas.planes()[0].astype(float)
    levels = np.unique(luma)
    assert len(levels) == levels.max() - levels.min() + 1
    longest = max(len(run) for run in np.split(luma[20], np.flatnonzero(np.diff(luma[20])) + 1))
    assert longest < 14
    smooth = luma.mean(axis=0)
    assert (np.diff(np.convolve(smooth, np.ones(16) / 16, mode="valid")) > -0.05).all()


def test_grain_moves_but_the_mean_stays() -> None:
    canvas = Canvas(256, 256)
    canvas.light[:] = 0.05
    means, frames = [], []
    for index in range(3):
        canvas.develop(Grade(), index)
        frames.append(canvas.planes()[0].copy())
        means.append(float(frames[-1].mean()))
    assert not np.array_equal(frames[0], frames[1])
    assert max(means) - min(means) < 0.05


def test_gray_light_has_no_color_and_red_light_is_red() -> None:
    canvas = Canvas(64, 64)
    canvas.light[:] = 0.2
    canvas.develop(Grade(grain=0.0), 0)
    _, blue, red = canvas.planes()
    assert (blue == 128).all()
    assert (red == 128).all()
    canvas.light[1:] = 0.0
    canvas.develop(Grade(grain=0.0), 0)
    assert blue.max() < 128
    assert red.min() > 180
