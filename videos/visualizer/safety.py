"""How often a film flashes, counted as WCAG 2 counts a general flash.

A flash is a pair of opposing changes of relative luminance by a tenth or more, where the darker
side is below 0.8. More than three in one second over more than a quarter of the picture can harm
people with photosensitive epilepsy.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from videos.visualizer.jit import Bytes, Floats

STEP = 0.1
DARK = 0.8
FLASHES_A_SECOND = 3
AREA = 0.25


def luminance(luma: Bytes, *, blocks: int = 16) -> Floats:
    """(blocks, blocks) of relative luminance, 0..1, each the mean over its part of the picture."""
    rows, columns = luma.shape[0] // blocks, luma.shape[1] // blocks
    signal = np.clip(
        (luma[: rows * blocks, : columns * blocks].astype(np.float32) - 16) / 219, 0, 1
    )
    linear = signal**2.4
    return np.asarray(linear.reshape(blocks, rows, blocks, columns).mean((1, 3)), dtype=np.float32)


def flashing_share(pictures: Iterable[Floats], *, frames_per_second: int = 24) -> float:
    """The largest share of the picture that flashes more than three times in any one second."""
    turns = np.array(list(_turns(pictures)))
    if not len(turns):
        return 0.0
    window = min(frames_per_second, len(turns))
    total = np.cumsum(np.concatenate([np.zeros((1, *turns.shape[1:])), turns]), axis=0)
    in_window = total[window:] - total[:-window]
    return float((in_window > 2 * FLASHES_A_SECOND).mean(axis=(1, 2)).max())


def _turns(pictures: Iterable[Floats]) -> Iterable[NDArray[np.bool_]]:
    """For each picture, where luminance has gone far enough against its last direction."""
    extreme: Floats | None = None
    heading = np.zeros(0)
    for picture in pictures:
        if extreme is None:
            extreme, heading = picture.copy(), np.zeros(picture.shape)
        change = picture - extreme
        is_far = (np.abs(change) >= STEP) & (np.minimum(picture, extreme) < DARK)
        turned = is_far & (np.sign(change) != heading)
        further = (np.sign(change) == heading) | turned
        heading = np.where(turned, np.sign(change), heading)
        extreme = np.where(further, picture, extreme)
        yield turned
