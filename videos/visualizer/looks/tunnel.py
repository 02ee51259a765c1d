"""Tunnel: a flight along a bending tube of ribbons, or through a corridor of light frames."""

from __future__ import annotations

import math

import numpy as np

from videos.visualizer.canvas import Grade
from videos.visualizer.drive import Moment
from videos.visualizer.jit import (
    Floats,
    Real,
    chance,
    f32,
    inline,
    kernel,
    sine,
    smooth,
    turn_of,
    unit,
)
from videos.visualizer.looks.base import Look, Scene, colors, numbers


class Tunnel(Look):
    """Ribbons around the way (variant 0) or a six-sided corridor (1)."""

    variants = 2
    grade = Grade(exposure=0.9, glow=0.5, spread=0.9, vignette=0.35)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        palette = scene.palette
        self.loop = palette.loop()
        self.lamps = colors(
            palette.main, palette.accent, palette.counter, palette.light, palette.deep
        )
        self.phase = self.random.uniform(0.0, 60.0)
        self.ahead = np.zeros((40, 3), dtype=np.float32)
        self.tiles = self.random.random((CELLS, CELLS), dtype=np.float32)
        self.arms = float(self.random.integers(3, 6))

    def draw(self, moment: Moment) -> None:
        view = self.scene.view(moment)
        way = self.phase + 2.1 * moment.travel
        bend = 0.42 * math.sin(0.11 * way), 0.30 * math.sin(0.083 * way + 1.7)
        shape = numbers(
            way,
            view.zoom * (0.62 + 0.3 * self.scene.camera.zoom),
            bend[0] + view.x * 2,
            bend[1] + view.y * 2,
            view.roll * 2 + 0.35 * math.sin(0.13 * moment.time + self.phase),
            0.55 + 0.45 * moment.energy + 0.25 * moment.beat + 0.45 * moment.bar,
            moment.beat,
            self.arms,
        )
        if self.scene.variant % 2:
            shape[2:4] *= 0.4
            first = _frames_ahead(way, moment.spectrum, self.lamps, moment.beat, self.ahead)
            _corridor(shape, self.ahead, first, self.tiles, self.lamps, self.light)
        else:
            _ribbons(shape, moment.spectrum, self.loop, self.lamps, self.light)


@inline
def _way_at(x: Real, y: Real, bend_x: Real, bend_y: Real) -> Real:
    """Where a ray meets the bending tube: x, y from its axis, and how far away."""
    far = 0.5 / (np.sqrt(x * x + y * y) + 0.02)
    dx, dy = x, y
    for _ in range(3):
        share = far / (far + 7.0)
        dx, dy = x - bend_x * share, y - bend_y * share
        far = 0.5 * far + 0.25 / (np.sqrt(dx * dx + dy * dy) + 0.012)
    return dx, dy, far


@kernel
def _ribbons(shape: Floats, spectrum: Floats, loop: Floats, lamps: Floats, light: Floats) -> None:
    """Bands of fibers that wind about the way, dark between them, rings of light running out."""
    height, width = light.shape[1:]
    way, bend_x, bend_y, gain, beat = shape[0], shape[2], shape[3], shape[5], shape[6]
    cosine, slant, arms = np.cos(shape[4]), np.sin(shape[4]), shape[7]
    step = 1.0 / (f32(min(height, width)) * shape[1])
    last = f32(loop.shape[0] - 1)
    body = np.empty(width, np.float32)
    core = np.empty(width, np.float32)
    lines = np.empty(width, np.float32)
    index = np.empty(width, np.int32)
    for j in range(height):
        v = (f32(j) - f32(0.5 * height)) * step
        for i in range(width):
            u = (f32(i) - f32(0.5 * width)) * step
            x, y, far = _way_at(u * cosine - v * slant, u * slant + v * cosine, bend_x, bend_y)
            turn = turn_of(x, y) * 6.2831853
            z = far + way
            curl = turn + 0.40 * far + 0.7 * sine(0.45 * z)
            braid = sine(curl * arms + 1.4 * sine(1.05 * z + 2.0 * curl))
            fiber = sine(curl * 31.0 + 5.0 * braid + 2.0 * sine(1.9 * z))
            weave = sine(curl * (arms + 2.0) - 1.7 * z + sine(curl * 2.0 + 0.7 * z))
            wave = sine(2.6 * z + 1.2 * braid)
            haze = 1.0 / (1.0 + 0.045 * far * far)
            sharp = 1.0 / (1.0 + 0.10 * far * far)
            band = unit(0.55 * braid + 0.45 * wave)
            pulse = 0.5 + 0.5 * sine(1.5707963 * z)
            pulse = pulse * pulse
            pulse = pulse * pulse
            pulse = pulse * pulse * pulse
            silk = band * band * (0.62 + 0.38 * fiber * sharp)
            seam = 0.004 / (weave * weave + 0.006 + 0.05 * far * far * step)
            spark = 0.010 / ((abs(braid) + abs(wave)) * (abs(braid) + abs(wave)) + 0.012)
            body[i] = silk * (0.20 + 1.1 * pulse * (0.45 + 0.55 * beat)) * haze * gain
            lines[i] = (0.30 * seam * (0.3 + 0.7 * pulse) + 0.55 * spark) * haze * gain
            core[i] = 0.016 * far * far / (1.0 + 0.016 * far * far) * (0.30 + 0.5 * beat)
            shade = 0.045 * z + 0.09 * braid + 0.04 * sine(turn + 0.2 * z)
            index[i] = np.int32((shade - np.floor(shade)) * last)
        for c in range(3):
            out = light[c, j]
            for i in range(width):
                out[i] = (
                    loop[index[i], c] * body[i] * 1.5
                    + lamps[1, c] * lines[i]
                    + (lamps[3, c] * 0.35 + lamps[0, c]) * core[i] * core[i]
                    + lamps[4, c] * 0.012
                )


FRAME_STEP = 1.15
CELLS = 64


@kernel
def _frames_ahead(way: float, spectrum: Floats, lamps: Floats, beat: float, out: Floats) -> int:
    """The light of each frame from here on, and the number of the first."""
    first = int(np.floor(way / FRAME_STEP))
    for k in range(out.shape[0]):
        number = first + k
        level = spectrum[min(int(chance(number, 3) * 40.0), 47)]
        strength = 0.12 + 1.0 * level + 0.9 * beat * f32(number & 1)
        if chance(number, 9) < 0.25:
            strength = strength * 0.15
        for c in range(3):
            out[k, c] = lamps[0 if chance(number, 5) < 0.62 else 1 + (number & 1), c] * strength
    return first


@kernel
def _corridor(
    shape: Floats, ahead: Floats, first: int, tiles: Floats, lamps: Floats, light: Floats
) -> None:
    """Six walls of worn panels, washed by the lit frames that pass."""
    height, width = light.shape[1:]
    way, bend_x, bend_y, gain, beat = shape[0], shape[2], shape[3], shape[5], shape[6]
    cosine, slant = np.cos(shape[4]), np.sin(shape[4])
    step = 1.0 / (f32(min(height, width)) * shape[1])
    last = np.int32(ahead.shape[0] - 1)
    wash = np.empty(width, np.float32)
    core = np.empty(width, np.float32)
    window = np.empty(width, np.float32)
    zs = np.empty(width, np.float32)
    depths = np.empty(width, np.float32)
    sides = np.empty(width, np.float32)
    index = np.empty(width, np.int32)
    for j in range(height):
        v = (f32(j) - f32(0.5 * height)) * step
        for i in range(width):
            u = (f32(i) - f32(0.5 * width)) * step
            x, y, _far = _way_at(u * cosine - v * slant, u * slant + v * cosine, bend_x, bend_y)
            a, b, d = y, 0.8660254 * x + 0.5 * y, 0.8660254 * x - 0.5 * y
            wall = max(abs(a), max(abs(b), abs(d)))
            along = x if wall == abs(a) else 0.5 * x - 0.8660254 * y
            along = 0.5 * x + 0.8660254 * y if wall == abs(d) else along
            middle = f32(0.0) if wall == abs(a) else f32(9.0)
            middle = f32(18.0) if wall == abs(d) else middle
            depth = 0.5 / (wall + 0.012)
            depths[i] = depth
            zs[i] = depth + way
            sides[i] = along / (wall + 1e-6) + middle
            core[i] = 0.004 * depth * depth / (1.0 + 0.004 * depth * depth)
        for i in range(width):
            depth, z = depths[i], zs[i]
            blur = depth * depth * step * 2.0
            frame = np.floor(z / FRAME_STEP)
            near = abs(z - (frame + 0.5) * FRAME_STEP)
            thick = max(blur, 0.022)
            tube = 0.022 / thick * unit(1.6 - near / thick)
            cell_z, cell_a = z * 2.3529412, sides[i] * 5.2
            row, column = np.floor(cell_z), np.floor(cell_a)
            odd = tiles[np.int32(row) & 63, np.int32(column) & 63]
            gap = max(abs(cell_z - row - 0.5), abs(cell_a - column - 0.5)) * 2.0
            groove = unit((gap - 0.93 + blur) * 14.0) / (1.0 + blur * 9.0)
            haze = 1.0 / (1.0 + 0.02 * depth * depth)
            fall = 1.0 / (1.0 + near * near * 30.0)
            fall = fall * fall * 0.75 + 0.4 / (1.0 + near * near * 5.0)
            ribs = 0.75 + 0.25 * sine(cell_a * 18.849556) / (1.0 + blur * 40.0)
            panel = (0.07 + 0.3 * odd * odd) * (1.0 - 0.85 * groove) * ribs
            wash[i] = (tube * 4.0 + panel * fall * 2.2) * haze * gain
            window[i] = smooth(0.93, 0.95, odd) * (1.0 - groove) * haze / (1.0 + blur * 3.0)
            index[i] = min(max(np.int32(frame) - np.int32(first), np.int32(0)), last)
        for c in range(3):
            out = light[c, j]
            far_light = (lamps[3, c] * 0.5 + lamps[0, c]) * (0.4 + 0.5 * beat)
            for i in range(width):
                here = ahead[index[i], c]
                out[i] = here * (wash[i] + 0.8 * window[i]) + core[i] * core[i] * far_light
                out[i] += lamps[4, c] * (0.012 + 0.10 * core[i])
