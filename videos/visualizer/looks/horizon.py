"""Horizon: a great striped sun over a land of glowing lines whose hills are the spectrum."""

from __future__ import annotations

import math

import numpy as np

from videos.visualizer.canvas import Grade
from videos.visualizer.drive import BANDS, Moment
from videos.visualizer.jit import Floats, Real, f32, inline, kernel, mix, smooth, unit
from videos.visualizer.looks.base import Look, Scene, colors, numbers
from videos.visualizer.looks.sky import Frame, Sky, Weather

COLUMNS = 64
ROWS = 64
SUB_STEPS = 4


class Horizon(Look):
    """A road to the sun between hills (variant 0) or open hills all over (1)."""

    variants = 2
    grade = Grade(exposure=0.95, glow=0.42, spread=0.9, vignette=0.4)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        palette = scene.palette
        self.sky = Sky(scene, Weather(night=1.0, clouds=0.28, sun_light=0.0))
        self.sky.stops = colors(
            0.42 * palette.main,
            0.13 * palette.main + 0.10 * palette.deep,
            0.16 * palette.deep,
            0.25 * palette.shadow,
        )
        self.paint = colors(
            palette.light, palette.accent, palette.main, palette.counter, palette.shadow
        )
        self.hills = self.random.random((ROWS, COLUMNS), dtype=np.float32)
        self.valley = 1.7 if scene.variant % 2 == 0 else 0.4
        self.start = float(self.random.uniform(0.0, ROWS))

    def draw(self, moment: Moment) -> None:
        scene, canvas = self.scene, self.scene.canvas
        view = scene.view(moment)
        zoom = view.zoom * (0.85 + 0.2 * scene.camera.zoom)
        scale = 0.75 * math.sqrt(canvas.width * canvas.height) * zoom
        horizon = canvas.height * (0.60 if scene.is_tall else 0.585) + 2.0 * view.y * scale
        frame = Frame(canvas.width * (0.5 - 0.6 * view.x), horizon, scale)
        self.sky.draw(moment, frame, (0.0, 0.5))
        self._sun(moment, frame)
        self._ground(moment, frame, view.x)

    def _sun(self, moment: Moment, frame: Frame) -> None:
        shape = numbers(
            frame.middle,
            frame.horizon,
            frame.scale,
            0.27 if self.scene.is_tall else 0.30,
            0.20,
            0.5 * moment.travel,
            0.75 + 0.25 * moment.energy + 0.18 * moment.beat,
            0.35 + 0.4 * moment.low + 0.5 * moment.bar,
        )
        _sun(shape, self.paint, self.light)

    def _ground(self, moment: Moment, frame: Frame, pan: float) -> None:
        way = self.start + 2.6 * moment.travel
        first = math.floor(way)
        place = numbers(
            frame.middle,
            frame.horizon,
            frame.scale,
            way - first,
            3.0 * pan,
            0.62 if self.scene.camera.framing == "wide" else 0.45,
            0.45 + 0.4 * moment.energy + 0.5 * moment.beat,
            0.35 + 0.6 * moment.bar,
        )
        grid = self._heights(moment, first)
        _wires(place, grid, self.paint, self.sky.stops, self.light)

    def _heights(self, moment: Moment, first: int) -> Floats:
        """(ROWS, COLUMNS) of hills from here on: fixed shapes, raised by their band."""
        order = (np.arange(ROWS) + first) % ROWS
        aside = np.abs(np.arange(COLUMNS) - COLUMNS // 2).astype(np.float32)
        band = np.minimum(aside * 2, BANDS - 1).astype(int)
        reach = np.clip((aside - self.valley) / 5.0, 0.0, 1.0) ** 0.8
        lift = 0.42 + 1.5 * moment.spectrum[band] + 0.25 * moment.low
        tall = np.minimum(0.55 + 0.05 * aside, 1.8)
        return np.ascontiguousarray(self.hills[order] ** 1.6 * reach * lift * tall * 2.6)


@kernel
def _sun(shape: Floats, paint: Floats, light: Floats) -> None:
    """A disc from light to main color, cut by slits that sink, in a halo of its own color."""
    width = light.shape[2]
    middle, horizon, scale, radius = shape[0], shape[1], shape[2], shape[3]
    center, drift, shine, halo = shape[4], shape[5], shape[6], shape[7]
    inverse = 1.0 / scale
    for j in range(min(int(horizon) + 1, light.shape[1])):
        y = (f32(j) - horizon) * inverse + center
        q = (y + radius) / (2.0 * radius)
        cut = q * 11.0 - drift * 0.35
        cut = abs(cut - np.floor(cut + 0.5)) * 2.0
        slit = 0.62 * smooth(0.38, 1.0, q)
        open_ = unit((slit - cut) * scale * radius * 0.09 + 0.5)
        solid = 1.0 - (open_ if q > 0.36 else f32(0.0))
        for c in range(3):
            face = mix(paint[0, c], paint[1, c], smooth(-0.2, 0.40, q))
            face = mix(face, paint[2, c], smooth(0.40, 0.85, q)) * (0.95 - 0.45 * q)
            glow = paint[2, c] * 0.7 + paint[1, c] * 0.3
            out = light[c, j]
            for i in range(width):
                x = (f32(i) - middle) * inverse
                far = np.sqrt(x * x + y * y)
                disc = unit((radius - far) * scale * 0.8 + 0.5)
                over = max(far - radius, 0.0)
                ring = 1.0 / (1.0 + over * 26.0)
                wide = 1.0 / (1.0 + over * over * 14.0)
                rays = glow * halo * (0.40 * ring * ring + 0.09 * wide) * (1.0 - disc * 0.85)
                out[i] += rays + (face * shine * solid - out[i]) * disc * (0.12 + 0.88 * solid)


@inline
def _height_at(grid: Floats, x: Real, z: Real) -> Real:
    """The hill at x (columns from the middle) and z (rows from here), between its corners."""
    fx, fz = np.floor(x), np.floor(z)
    i = min(max(int(fx) + COLUMNS // 2, 0), COLUMNS - 2)
    j = min(max(int(fz), 0), ROWS - 2)
    u, v = x - fx, z - fz
    near = mix(grid[j, i], grid[j, i + 1], u)
    return mix(near, mix(grid[j + 1, i], grid[j + 1, i + 1], u), v)


@kernel
def _wires(place: Floats, grid: Floats, paint: Floats, stops: Floats, light: Floats) -> None:
    """Slices from near to far; between two slices a column shows the lines it crosses there."""
    rows, width = light.shape[1:]
    middle, horizon, scale, start = place[0], place[1], place[2], place[3]
    aside, eye = place[4], place[5]
    edge = np.full(width, f32(rows))
    before = np.ones(width, np.float32)
    below = np.zeros(width, np.float32)
    far = f32(0.35)
    while far < ROWS - 3.0:
        for i in range(width):
            u = (f32(i) - middle) / scale
            x = aside + u * far
            h = _height_at(grid, x, far + start)
            row = horizon - (h - eye) / far * scale
            if row < edge[i]:
                if edge[i] > f32(rows) - 0.5:
                    before[i], below[i] = far, h
                _wire_column(place, paint, stops, light, i, u, row, edge[i], before[i], far, h)
                edge[i] = row
            before[i], below[i] = far, h
        far += max(0.10, far * 0.022)


@inline
def _wire_column(
    place: Floats,
    paint: Floats,
    stops: Floats,
    light: Floats,
    i: int,
    u: Real,
    row: Real,
    bottom: Real,
    before: Real,
    far: Real,
    h: Real,
) -> None:
    horizon, scale, start, aside = place[1], place[2], place[3], place[4]
    power, flash = place[6], place[7]
    rows = light.shape[1]
    inverse = 1.0 / max(bottom - row, 0.5)
    tilt = (far - before) * inverse
    for j in range(max(int(row), 0), min(int(bottom), rows - 1) + 1):
        share = min(f32(j) + 1.0, bottom) - max(f32(j), row)
        if share <= 0.0:
            continue
        along = unit((bottom - f32(j) - 0.5) * inverse)
        z = mix(before, far, along)
        x = aside + u * z
        wide = z / scale * 1.1
        deep = max(tilt, z * z / scale * 0.8)
        fx, fz = abs(x - np.floor(x + 0.5)), abs(z + start - np.floor(z + start + 0.5))
        line_x = 0.014 / (0.014 + wide) * unit(1.7 - fx / (wide + 0.014))
        line_z = 0.020 / (0.020 + deep) * unit(1.7 - fz / (deep + 0.020))
        soft = 0.0045 / (fx * fx + 0.03) + 0.0045 / (fz * fz + 0.03)
        line = max(line_x, line_z) * 2.3 + soft * 0.35
        fog = z * z / (z * z + 1100.0)
        k = min(max(int(2.0 * horizon - f32(j)), 0), rows - 1)
        gloss = 0.16 / (1.0 + 6.0 * h) * unit(0.25 + 0.1 * z)
        crest = smooth(0.1, 1.4, h)
        for c in range(3):
            wire = mix(paint[2, c], paint[1, c], crest) * line * (power + flash * crest)
            base = paint[4, c] * 0.35 + light[c, k, i] * gloss + paint[2, c] * 0.03 * crest
            value = mix(base + wire, stops[0, c] * 0.9, fog)
            light[c, j, i] = mix(light[c, j, i], value, share)
