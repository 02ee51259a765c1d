"""The built-in picture maker: a song's features in, moving pictures out.

``render`` draws one clip, ``picture`` one frame of it; ``warm`` compiles everything once. They load
numba when they are called, because it takes a second and 100 MB that a web process must not pay for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from videos.visualizer.brief import ClipBrief, Features, Shot

__all__ = ["ClipBrief", "Features", "Shot", "picture", "render", "warm"]


def render(
    brief: ClipBrief,
    features: Features,
    beats: NDArray[np.float64],
    downbeats: NDArray[np.float64],
    dst: Path,
    *,
    on_frame: Callable[[int], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> None:
    """Draw a clip into a file of the house format; see ``rendering``."""
    from videos.visualizer.rendering import render as act  # noqa: PLC0415

    act(brief, features, beats, downbeats, dst, on_frame=on_frame, should_stop=should_stop)


def picture(
    brief: ClipBrief,
    features: Features,
    beats: NDArray[np.float64],
    downbeats: NDArray[np.float64],
    dst: Path,
    *,
    index: int,
) -> None:
    """Draw one frame of a clip into a file of the house format; see ``rendering``."""
    from videos.visualizer.rendering import picture as act  # noqa: PLC0415

    act(brief, features, beats, downbeats, dst, index=index)


def warm() -> None:
    """Compile all kernels into numba's cache. Call it once, alone, before workers start."""
    from videos.visualizer.warming import warm as act  # noqa: PLC0415

    act()
