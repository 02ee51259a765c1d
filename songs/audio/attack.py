"""When exactly does a beat begin? The last milliseconds, from a level finer than any window.

A window of 46 ms sees a drum out of silence earlier than the same drum in a dense mix. Where the
level of the sound itself rises most steeply, on average over all beats, does not depend on that.
"""

from __future__ import annotations

import numpy as np

from songs.audio.arrays import Array, Floats
from songs.audio.spectrum import LEVEL_RATE

REACH_SECONDS, RISE_SECONDS = 0.055, 0.006
MOST_SECONDS = 0.012  # beyond it is another onset
TRUST = 0.6  # the rest stays with the onsets: a slow attack is felt before its steepest rise
LEAST_BEATS = 4


def attack_offset(level: Floats, times: Array) -> float:
    """Seconds by which beats at `times` (beats,) lie before the attacks; to be added to them."""
    reach, rise = round(REACH_SECONDS * LEVEL_RATE), round(RISE_SECONDS * LEVEL_RATE)
    index = np.round(times * LEVEL_RATE).astype(int)
    index = index[(index >= reach) & (index < len(level) - reach)]
    if len(index) < LEAST_BEATS:
        return 0.0
    mean = level[index[:, None] + np.arange(-reach, reach + 1)].mean(axis=0)
    steepest = int(np.argmax(mean[rise:] - mean[:-rise])) + rise / 2 - reach
    return TRUST * float(np.clip(steepest / LEVEL_RATE, -MOST_SECONDS, MOST_SECONDS))
