"""Where the clips of a film begin: found in its decoded pictures, not in the plan."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Mapping

PRINT_BYTES = 8


def print_of(picture: bytes) -> bytes:
    """What tells a decoded picture from others; copying a stream does not change it."""
    return hashlib.blake2b(picture, digest_size=PRINT_BYTES).digest()


def find_cuts(begins: Mapping[int, bytes], seen: Mapping[int, bytes]) -> tuple[int | None, ...]:
    """For each clip the frame at which its first picture is seen; None where it is not.

    `begins` are the prints of the clips' first pictures by the frame at which they should be, in
    order; `seen` are those of the film by frame. Of equal pictures the nearest counts.
    """
    places: dict[bytes, list[int]] = defaultdict(list)
    for frame, picture in seen.items():
        places[picture].append(frame)
    return tuple(_nearest(places[picture], planned) for planned, picture in begins.items())


def _nearest(frames: list[int], planned: int) -> int | None:
    return min(frames, key=lambda frame: abs(frame - planned), default=None)
