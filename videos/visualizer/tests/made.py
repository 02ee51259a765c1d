"""Songs made of numbers: features, beats and briefs for tests."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from videos.visualizer.brief import ClipBrief
from videos.visualizer.canvas import Canvas
from videos.visualizer.casting import Casting
from videos.visualizer.drive import Drive
from videos.visualizer.jit import Bytes, Floats
from videos.visualizer.scene import set_up

SIZES = {"wide": (320, 180), "tall": (180, 320), "square": (224, 224)}
SONG_FRAMES = 24 * 40


@dataclass(frozen=True)
class MadeFeatures:
    """The six arrays of a song."""

    energy: Floats
    low: Floats
    mid: Floats
    high: Floats
    onset: Floats
    spectrum: Floats


def beats_of(bpm: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Beats and downbeats (every fourth) of a song of this tempo."""
    beats = np.arange(0.0, SONG_FRAMES / 24, 60.0 / bpm)
    return beats, beats[::4]


def song(bpm: float = 120.0, energy: float = 0.7) -> MadeFeatures:
    """A drum on each beat, a hat between, under a spectrum that falls with each of them."""
    now = np.arange(SONG_FRAMES) / 24
    beat, half = (now * bpm / 60) % 1.0, (now * bpm / 30) % 1.0
    low, high = energy * np.exp(-4 * beat), 0.8 * energy * np.exp(-6 * half)
    bands = np.arange(48)
    spectrum = np.outer(low, np.exp(-bands / 12)) + np.outer(
        high, np.exp(-(((bands - 36) / 10) ** 2))
    )
    spectrum += 0.4 * energy * np.exp(-(((bands - 16) / 9) ** 2))
    arrays = [np.full(SONG_FRAMES, energy), low, 0.5 * low + 0.3 * energy, high, np.exp(-8 * half)]
    return MadeFeatures(
        *[a.astype(np.float32) for a in arrays], np.clip(spectrum, 0, 1).astype(np.float32)
    )


def brief(**changes: Any) -> ClipBrief:
    base = ClipBrief(
        seed=7,
        size=SIZES["wide"],
        start_frame=240,
        end_frame=288,
        section_start_frame=240,
        section_end_frame=480,
        overall_prompt="neon lights",
    )
    return replace(base, **changes)


def draw(
    casting: Casting, told: ClipBrief, features: MadeFeatures, bpm: float, *, every: int = 1
) -> list[Bytes]:
    """The luma planes of a clip in which this look is cast; all frames are drawn, some kept."""
    look, canvas = set_up(told, casting)
    drive = Drive(told, features, *beats_of(bpm))
    kept = []
    for index in range(len(drive)):
        look.draw(drive.moment(index))
        if index % every == 0:
            canvas.develop(look.grade, index)
            kept.append(_luma(canvas))
    return kept


def _luma(canvas: Canvas) -> Bytes:
    return canvas.planes()[0].copy()
