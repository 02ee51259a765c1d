"""From light to picture: looks add linear light to a canvas, ``develop`` makes video of it.

Developing is what a lens and film do: a glow around what is bright (a pyramid of blurred copies),
darker corners, a filmic curve that rolls highlights off to white, fine blue-noise grain of about
one code value against banding, and conversion to BT.709 limited range YUV 4:2:0.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from videos.visualizer.jit import Bytes, Floats, Real, f32, inline, kernel
from videos.visualizer.noise import BLUE_SIDE, blue_noise

LEVELS = 4


@dataclass(frozen=True)
class Grade:
    """How a frame is developed. Glow is the share of each blurred copy that is added."""

    exposure: float = 1.0
    glow: float = 0.35
    spread: float = 0.8
    vignette: float = 0.45
    grain: float = 1.3


class Canvas:
    """Linear light (3, height, width), and the YUV frame that is made of it."""

    def __init__(self, width: int, height: int) -> None:
        self.width = width
        self.height = height
        self.light: Floats = np.zeros((3, height, width), dtype=np.float32)
        self.pyramid = [
            np.zeros((3, height >> (2 + level), width >> (2 + level)), dtype=np.float32)
            for level in range(LEVELS)
        ]
        self._spare = [np.zeros_like(level) for level in self.pyramid]
        self.frame: Bytes = np.zeros(width * height * 3 // 2, dtype=np.uint8)

    @property
    def aspect(self) -> float:
        return self.width / self.height

    def planes(self) -> tuple[Bytes, Bytes, Bytes]:
        """Y, U and V as views of the frame."""
        pixels = self.width * self.height
        half = (self.height // 2, self.width // 2)
        luma, chroma = self.frame[:pixels], self.frame[pixels:]
        return (
            luma.reshape(self.height, self.width),
            chroma[: pixels // 4].reshape(half),
            chroma[pixels // 4 :].reshape(half),
        )

    def develop(self, grade: Grade, index: int) -> Bytes:
        """The canvas as a raw yuv420p frame; index moves the grain. The buffer is used again."""
        self._glow(grade.spread)
        luma, blue, red = self.planes()
        numbers = np.array(
            [grade.exposure, grade.glow, grade.vignette, grade.grain], dtype=np.float32
        )
        offset = (index * 61) % BLUE_SIDE
        _develop(self.light, self.pyramid[0], numbers, blue_noise(), offset, luma, blue, red)
        return self.frame

    def _glow(self, spread: float) -> None:
        _quarter(self.light, self.pyramid[0])
        for below, above in zip(self.pyramid, self.pyramid[1:], strict=False):
            _halve(below, above)
        for level, spare in zip(self.pyramid, self._spare, strict=True):
            _blur(level, spare)
        for below, above in reversed(list(zip(self.pyramid, self.pyramid[1:], strict=False))):
            _add_enlarged(below, above, spread)


@kernel
def _quarter(light: Floats, out: Floats) -> None:
    """Means of 4 by 4 pixels."""
    width = out.shape[2]
    row = np.empty(width * 4, np.float32)
    for c in range(3):
        for j in range(out.shape[1]):
            a, b = light[c, 4 * j], light[c, 4 * j + 1]
            d, e = light[c, 4 * j + 2], light[c, 4 * j + 3]
            for i in range(width * 4):
                row[i] = a[i] + b[i] + d[i] + e[i]
            for i in range(width):
                k = 4 * i
                out[c, j, i] = (row[k] + row[k + 1] + row[k + 2] + row[k + 3]) * 0.0625


@kernel
def _halve(below: Floats, above: Floats) -> None:
    for c in range(3):
        for j in range(above.shape[1]):
            a, b = below[c, 2 * j], below[c, 2 * j + 1]
            for i in range(above.shape[2]):
                k = 2 * i
                above[c, j, i] = (a[k] + a[k + 1] + b[k] + b[k + 1]) * 0.25


@kernel
def _blur(level: Floats, spare: Floats) -> None:
    """A binomial blur of five taps across and down, in place."""
    height, width = level.shape[1], level.shape[2]
    for c in range(3):
        for j in range(height):
            row, out = level[c, j], spare[c, j]
            for i in range(2, width - 2):
                near = row[i - 1] + row[i + 1]
                out[i] = row[i] * 0.375 + near * 0.25 + (row[i - 2] + row[i + 2]) * 0.0625
            for i in (0, 1, width - 2, width - 1):
                a, b = row[max(i - 1, 0)], row[min(i + 1, width - 1)]
                far = row[max(i - 2, 0)] + row[min(i + 2, width - 1)]
                out[i] = row[i] * 0.375 + (a + b) * 0.25 + far * 0.0625
        for j in range(height):
            a, b = spare[c, max(j - 1, 0)], spare[c, min(j + 1, height - 1)]
            d, e = spare[c, max(j - 2, 0)], spare[c, min(j + 2, height - 1)]
            middle, out = spare[c, j], level[c, j]
            for i in range(width):
                out[i] = middle[i] * 0.375 + (a[i] + b[i]) * 0.25 + (d[i] + e[i]) * 0.0625


@kernel
def _add_enlarged(below: Floats, above: Floats, share: float) -> None:
    """Add the coarser level, enlarged bilinearly, to the finer one."""
    height, width = below.shape[1], below.shape[2]
    last_row, last = above.shape[1] - 1, above.shape[2] - 1
    for c in range(3):
        for j in range(height):
            y = max((f32(j) + 0.5) * 0.5 - 0.5, 0.0)
            top = min(int(y), last_row)
            down = y - f32(top)
            a, b, out = above[c, top], above[c, min(top + 1, last_row)], below[c, j]
            for i in range(width):
                x = max((f32(i) + 0.5) * 0.5 - 0.5, 0.0)
                left = min(int(x), last)
                right = min(left + 1, last)
                across = x - f32(left)
                high = a[left] + (a[right] - a[left]) * across
                low = b[left] + (b[right] - b[left]) * across
                out[i] += share * (high + (low - high) * down)


@inline
def _film(x: Real) -> Real:
    """A filmic curve with the display's gamma in it: linear light to 0..1."""
    x = max(x, 0.0)
    return (x * (6.2 * x + 0.5)) / (x * (6.2 * x + 1.7) + 0.06)


@kernel
def _enlarge_row(level: Floats, channel: int, j: int, row: Floats, out: Floats) -> None:
    """Row j of the full picture from the quarter-size glow."""
    last_row, width = level.shape[1] - 1, level.shape[2]
    y = min(max((f32(j) + 0.5) * 0.25 - 0.5, 0.0), f32(last_row))
    top = int(y)
    down = y - f32(top)
    a, b = level[channel, top], level[channel, min(top + 1, last_row)]
    for i in range(width):
        row[i] = a[i] + (b[i] - a[i]) * down
    for i in range(width - 1):
        left, step = row[i], (row[i + 1] - row[i]) * 0.25
        k = 4 * i + 2
        out[k] = left + step * 0.5
        out[k + 1] = left + step * 1.5
        out[k + 2] = left + step * 2.5
        out[k + 3] = left + step * 3.5
    out[0] = out[1] = row[0]
    for i in range(4 * width - 2, out.shape[0]):
        out[i] = row[width - 1]


_ENLARGE = _enlarge_row.compiled  # type: ignore[attr-defined]


@kernel
def _develop(
    light: Floats,
    glow: Floats,
    numbers: Floats,
    blue: Floats,
    offset: int,
    luma: Bytes,
    cb: Bytes,
    cr: Bytes,
) -> None:
    height, width = luma.shape
    exposure, share, vignette, grain = numbers[0], numbers[1], numbers[2], numbers[3]
    small = np.empty(glow.shape[2], np.float32)
    halo = np.empty(width, np.float32)
    rgb = np.empty((3, width), np.float32)
    sums = np.empty((3, width), np.float32)
    half_width, half_height = f32(0.5 * width), f32(0.5 * height)
    for j in range(height):
        down = (f32(j) - half_height) / half_height
        for c in range(3):
            _ENLARGE(glow, c, j, small, halo)
            row, out = light[c, j], rgb[c]
            for i in range(width):
                across = (f32(i) - half_width) / half_width
                corner = 1.0 + vignette * 0.6 * (across * across + down * down)
                out[i] = _film(exposure * (row[i] + share * halo[i]) / corner)
        dots = blue[(j + offset) & 127]
        for i in range(width):
            dot = dots[(i + 3 * offset) & 127] * grain
            y = 0.2126 * rgb[0, i] + 0.7152 * rgb[1, i] + 0.0722 * rgb[2, i]
            luma[j, i] = np.uint8(min(16.5 + 219.0 * y + dot, 235.0))
        if j & 1 == 0:
            sums[:] = rgb
            continue
        for i in range(width >> 1):
            k = 2 * i
            r = sums[0, k] + sums[0, k + 1] + rgb[0, k] + rgb[0, k + 1]
            g = sums[1, k] + sums[1, k + 1] + rgb[1, k] + rgb[1, k + 1]
            b = sums[2, k] + sums[2, k + 1] + rgb[2, k] + rgb[2, k + 1]
            y = 0.2126 * r + 0.7152 * g + 0.0722 * b
            dot = dots[(i + 5 * offset) & 127]
            cb[j >> 1, i] = np.uint8(128.5 + (b - y) * (56.0 / 1.8556) + dot)
            cr[j >> 1, i] = np.uint8(128.5 + (r - y) * (56.0 / 1.5748) - dot)
