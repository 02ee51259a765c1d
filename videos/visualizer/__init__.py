"""The built-in picture maker: a song's features in, moving pictures out.

``render`` draws one clip; ``warm`` compiles everything once. Both load numba when they are
called, because it takes a second and 100 MB that a web process must not pay for.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from videos.visualizer.brief import ClipBrief, Features, Shot

__all__ = ["ClipBrief", "Features", "Shot", "render", "warm"]


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


def warm() -> None:
    """Compile all kernels into numba's cache. Call it once, alone, before workers start."""
    from videos.visualizer.warming import warm as act  # noqa: PLC0415

    act()
