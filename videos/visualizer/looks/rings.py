"""Rings: lines of light shaped by the spectrum, whose traces drift outward and cool."""

from __future__ import annotations

import math

import numpy as np

from videos.visualizer.canvas import Grade
from videos.visualizer.drive import BANDS, Moment
from videos.visualizer.jit import Floats, f32, kernel, mix, sine, unit
from videos.visualizer.looks.base import Look, Scene, colors, numbers
from videos.visualizer.marks import dots

POINTS = 360
PRE_ROLL = 18
SOFT = np.array([0.06, 0.24, 0.40, 0.24, 0.06])


class Rings(Look):
    """Rings that open like a flower (variant 0) or wings mirrored left and right (1)."""

    pixels = 1280 * 720
    variants = 2
    grade = Grade(exposure=1.0, glow=0.30, spread=0.9, vignette=0.4)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        canvas, palette = scene.canvas, scene.palette
        shape = (canvas.height, canvas.width, 4)
        self.old: Floats = np.zeros(shape, dtype=np.float32)
        self.new: Floats = np.zeros(shape, dtype=np.float32)
        self.paint = colors(palette.main, palette.accent, palette.counter, palette.light)
        self.ground = colors(palette.shadow, palette.deep, palette.main)
        self.dust = self.random.random((260, 4)).astype(np.float32)
        self.petals = float(self.random.integers(3, 7))
        self.phase = float(self.random.uniform(0.0, 6.28))
        self.is_fresh = True

    def draw(self, moment: Moment) -> None:
        rounds = PRE_ROLL if self.is_fresh else 1
        for back in range(rounds - 1, -1, -1):
            self._step(moment, moment.travel - 0.05 * back)
        self.is_fresh = False
        shape = numbers(
            0.30 + 0.25 * moment.energy,
            0.55 + 0.35 * moment.energy + 0.25 * moment.beat,
            0.35 + 0.5 * moment.bar,
        )
        _compose(shape, self.old, self.ground, self.light)
        self._dust(moment)

    def _step(self, moment: Moment, travel: float) -> None:
        view = self.scene.view(moment)
        drift = 0.016 + 0.012 * moment.energy + 0.026 * moment.kick
        warp = numbers(
            1.0 - drift,
            0.006 * math.sin(0.4 * travel + self.phase) + 0.10 * view.roll,
            0.003 + 0.005 * moment.low,
            1.7 * travel + self.phase,
            0.925 + 0.012 * moment.energy,
            0.35 * view.x,
            0.35 * view.y,
        )
        _carry(warp, self.old, self.new)
        self._trace(moment, travel, view.x, view.y, view.zoom)
        self.old, self.new = self.new, self.old

    def _trace(self, moment: Moment, travel: float, x: float, y: float, zoom: float) -> None:
        canvas = self.scene.canvas
        side = min(canvas.width, canvas.height)
        turn = np.linspace(0.0, 2.0 * math.pi, POINTS, endpoint=False)
        place = np.abs(((turn / (2.0 * math.pi) * 2.0) % 2.0) - 1.0) * (BANDS - 8)
        level = np.interp(place, np.arange(BANDS), np.convolve(moment.spectrum, SOFT, mode="same"))
        for ring in range(3):
            spin = self.phase + travel * (0.35 + 0.2 * ring) * (-1.0) ** ring
            wave = np.cos(self.petals * (turn + spin) + 0.8 * ring)
            size = (0.12 + 0.055 * ring + 0.045 * moment.kick) * self.scene.camera.zoom * zoom
            radius = size * (1.0 + (0.75 * level + 0.10) * wave) * side
            angle = turn + spin * 0.5
            px = canvas.width * 0.5 + radius * np.cos(angle) + x * side
            py = canvas.height * 0.5 + radius * np.sin(angle) + y * side
            if self.scene.variant % 2:
                px = canvas.width * 0.5 + (
                    radius * np.cos(angle) * 1.5 + 0.16 * side * np.sin(spin)
                )
            power = (0.28 + 0.25 * moment.energy + 0.35 * moment.beat) * (1.0, 0.8, 0.65)[ring]
            color = self.paint[ring] + 0.06 * self.paint[3]
            points = np.column_stack([px, py]).astype(np.float32)
            _line(points, 0.7 + 1.0 * moment.beat, (color * power).astype(np.float32), self.new)
            if self.scene.variant % 2:
                points[:, 0] = canvas.width - points[:, 0]
                _line(points, 0.7 + 1.0 * moment.beat, (color * power).astype(np.float32), self.new)

    def _dust(self, moment: Moment) -> None:
        """Specks that fly outward with the traces."""
        canvas, dust = self.scene.canvas, self.dust
        age = (dust[:, 1] + moment.travel * (0.05 + 0.10 * dust[:, 2])) % 1.0
        far = 0.06 + 0.95 * age**1.6
        turn = 2.0 * math.pi * dust[:, 0] + 0.4 * age
        reach = 0.62 * max(canvas.width, canvas.height)
        marks = np.empty((len(dust), 6), dtype=np.float32)
        marks[:, 0] = canvas.width * 0.5 + reach * far * np.cos(turn)
        marks[:, 1] = canvas.height * 0.5 + reach * far * np.sin(turn)
        marks[:, 2] = 0.7 + 1.3 * dust[:, 3] * age
        level = moment.spectrum[(dust[:, 3] * 44).astype(int)]
        power = (age * (1.0 - age) * 4.0) * (0.06 + 0.9 * level)
        marks[:, 3:] = (0.5 * self.paint[3] + 0.5 * self.paint[1]) * power[:, None]
        dots(marks, self.light)


@kernel
def _carry(warp: Floats, old: Floats, new: Floats) -> None:
    """Each pixel takes the light a little nearer to the middle, turned, rippled and dimmed."""
    rows, width = old.shape[:2]
    zoom, turn, ripple, time, keep = warp[0], warp[1], warp[2], warp[3], warp[4]
    cosine, slant = np.cos(turn) * zoom, np.sin(turn) * zoom
    side = f32(min(rows, width))
    middle_x = f32(0.5 * width) + warp[5] * side
    middle_y = f32(0.5 * rows) + warp[6] * side
    xs = np.empty(width, np.float32)
    ys = np.empty(width, np.float32)
    for j in range(rows):
        v = (f32(j) - middle_y) / side
        for i in range(width):
            u = (f32(i) - middle_x) / side
            r = np.sqrt(u * u + v * v)
            pull = 1.0 + ripple * sine(r * 19.0 - time)
            x = (u * cosine - v * slant) * pull + ripple * 0.6 * sine(v * 13.0 + time * 0.7)
            y = (u * slant + v * cosine) * pull + ripple * 0.6 * sine(u * 11.0 - time * 0.9)
            xs[i] = min(max(x * side + middle_x, 0.0), f32(width - 2))
            ys[i] = min(max(y * side + middle_y, 0.0), f32(rows - 2))
        for i in range(width):
            fx, fy = int(xs[i]), int(ys[i])
            a, b = xs[i] - f32(fx), ys[i] - f32(fy)
            top, bottom = old[fy], old[fy + 1]
            r = mix(mix(top[fx, 0], top[fx + 1, 0], a), mix(bottom[fx, 0], bottom[fx + 1, 0], a), b)
            g = mix(mix(top[fx, 1], top[fx + 1, 1], a), mix(bottom[fx, 1], bottom[fx + 1, 1], a), b)
            e = mix(mix(top[fx, 2], top[fx + 1, 2], a), mix(bottom[fx, 2], bottom[fx + 1, 2], a), b)
            gray = (r + g + e) * 0.010
            new[j, i, 0] = max(r * keep - gray, 0.0)
            new[j, i, 1] = max(g * keep - gray, 0.0)
            new[j, i, 2] = max(e * keep - gray, 0.0)


@kernel
def _line(points: Floats, thick: float, color: Floats, out: Floats) -> None:
    """A closed line through the points; where it lies light is raised to the color, not added."""
    rows, width = out.shape[:2]
    count = points.shape[0]
    for k in range(count):
        ax, ay = points[k, 0], points[k, 1]
        bx, by = points[(k + 1) % count, 0], points[(k + 1) % count, 1]
        dx, dy = bx - ax, by - ay
        inverse = 1.0 / (dx * dx + dy * dy + 1e-6)
        reach = thick + 1.5
        for j in range(max(int(min(ay, by) - reach), 0), min(int(max(ay, by) + reach) + 2, rows)):
            for i in range(
                max(int(min(ax, bx) - reach), 0), min(int(max(ax, bx) + reach) + 2, width)
            ):
                px, py = f32(i) - ax, f32(j) - ay
                along = unit((px * dx + py * dy) * inverse)
                px, py = px - along * dx, py - along * dy
                share = unit(thick + 0.5 - np.sqrt(px * px + py * py))
                for c in range(3):
                    out[j, i, c] = max(out[j, i, c], color[c] * share)


@kernel
def _compose(shape: Floats, traces: Floats, ground: Floats, light: Floats) -> None:
    """The traces before a dark space that glows in the middle."""
    rows, width = traces.shape[:2]
    glow, gain, core = shape[0], shape[1], shape[2]
    side = 1.0 / f32(min(rows, width))
    for j in range(rows):
        y = (f32(j) - f32(0.5 * rows)) * side
        for c in range(3):
            out = light[c, j]
            for i in range(width):
                x = (f32(i) - f32(0.5 * width)) * side
                near = 1.0 / (1.0 + (x * x + y * y) * 3.5)
                heart = near * near
                heart = heart * heart
                space = ground[0, c] * 0.25 + ground[1, c] * near * 0.10 * glow
                out[i] = traces[j, i, c] * gain * 1.25 + space + ground[2, c] * heart * core * 0.10
