"""Silk: folds of cloth or liquid metal, warped by themselves, lit from two sides."""

from __future__ import annotations

import numpy as np

from videos.visualizer.canvas import Grade
from videos.visualizer.drive import Moment
from videos.visualizer.jit import Floats, f32, kernel, sine, unit
from videos.visualizer.looks.base import Look, Scene, colors, numbers


class Silk(Look):
    """Broad folds (variant 0), fine threads (1) or slow pools (2)."""

    pixels = 1280 * 720
    variants = 3
    grade = Grade(exposure=0.95, glow=0.25, vignette=0.6)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        height, width = self.light.shape[1:]
        self.fold = np.zeros((height, width), dtype=np.float32)
        self.flow = np.zeros((height, width), dtype=np.float32)
        self.loop = scene.palette.loop()
        self.lamps = colors(scene.palette.light, scene.palette.accent, scene.palette.shadow)
        self.origin = self.random.uniform(-40.0, 40.0)
        self.angle = self.random.uniform(0.0, 6.28)
        self.scale = (3.1, 4.6, 2.2)[scene.variant % 3]
        self.warp = (0.98, 0.84, 1.15)[scene.variant % 3]

    def draw(self, moment: Moment) -> None:
        view = self.scene.view(moment)
        zoom = view.zoom * (0.75 + 0.35 * self.scene.camera.zoom)
        time = self.origin + 0.62 * moment.travel
        warp = self.warp * (0.92 + 0.16 * moment.energy + 0.05 * moment.kick)
        shape = numbers(
            time, self.scale / zoom, warp, self.angle + view.roll * 3, view.x * 3, view.y * 3
        )
        _fold(shape, self.fold, self.flow)
        shade = numbers(
            0.035 * moment.travel + self.origin,
            0.75 + 0.25 * moment.energy + 0.30 * moment.beat + 0.25 * moment.bar,
            0.25 + 0.55 * moment.high + 0.5 * moment.beat,
            14.0 * zoom,
            0.5 + 0.8 * moment.low,
        )
        _shade(self.fold, self.flow, self.loop, self.lamps, shade, self.light)


@kernel
def _fold(shape: Floats, fold: Floats, flow: Floats) -> None:
    """Five rounds of sines that displace each other; rows as arrays, so that all vectorizes."""
    height, width = fold.shape
    time, scale, warp = shape[0], shape[1], shape[2]
    cosine, slant = np.cos(shape[3]), np.sin(shape[3])
    step = scale / f32(min(height, width))
    left, top = f32(0.5 * width), f32(0.5 * height)
    xs = np.empty(width, np.float32)
    ys = np.empty(width, np.float32)
    sums = np.empty(width, np.float32)
    for j in range(height):
        v = (f32(j) - top) * step + shape[5]
        for i in range(width):
            u = (f32(i) - left) * step + shape[4]
            xs[i] = u * cosine - v * slant
            ys[i] = u * slant + v * cosine
            sums[i] = 0.0
        frequency, reach, now = f32(1.0), warp, time
        for _ in range(5):
            for i in range(width):
                x = xs[i] + reach * sine(frequency * ys[i] + now)
                y = ys[i] + reach * sine(frequency * x - now * 0.83 + 1.3)
                sums[i] += reach * sine(frequency * 0.7 * (x + y) + now * 0.5)
                xs[i] = x * 0.8 - y * 0.6
                ys[i] = x * 0.6 + y * 0.8
            frequency = frequency * 1.62
            reach = reach * 0.64
            now = now * 1.21 + 2.1
        for i in range(width):
            s = sums[i]
            fold[j, i] = 0.5 * sine(xs[i] * 0.9 + s) + 0.5 * sine(ys[i] * 0.7 - s * 0.6)
            flow[j, i] = s


@kernel
def _shade(
    fold: Floats, flow: Floats, loop: Floats, lamps: Floats, shade: Floats, light: Floats
) -> None:
    """Light the folds: a key lamp, a colored rim lamp from below, a sheen, glowing seams."""
    height, width = fold.shape
    drift, gain, sheen, relief, veins = shade[0], shade[1], shade[2], shade[3], shade[4]
    steep = relief * f32(min(height, width)) / 540.0
    last = f32(loop.shape[0] - 1)
    body = np.empty(width, np.float32)
    key = np.empty(width, np.float32)
    rim = np.empty(width, np.float32)
    index = np.empty(width, np.int32)
    for j in range(height):
        here, over, under = fold[j], fold[max(j - 1, 0)], fold[min(j + 1, height - 1)]
        stream = flow[j]
        for i in range(1, width - 1):
            gx = (here[i + 1] - here[i - 1]) * steep
            gy = (under[i] - over[i]) * steep
            slope = gx * gx + gy * gy
            length = 1.0 / np.sqrt(slope + 1.0)
            calm = 1.0 / (1.0 + slope * 0.02)
            lit = unit((0.72 - 0.55 * gx - 0.45 * gy) * length)
            back = unit((0.25 + 0.62 * gx + 0.35 * gy) * length)
            glint = lit * lit
            glint = glint * glint
            glint = glint * glint
            glint = glint * glint
            hollow = 0.12 + 0.88 * unit(0.45 + 0.8 * here[i])
            seam = 1.0 / (1.0 + 900.0 * here[i] * here[i])
            body[i] = (0.015 + 0.9 * lit * lit * hollow) * gain * (0.35 + 0.65 * calm)
            key[i] = glint * sheen * (0.3 + 0.7 * calm) + 0.10 * seam * veins * calm
            rim[i] = back * back * back * back * 0.35 * gain * hollow * calm
            turn = here[i] * 0.30 + stream[i] * 0.115 + drift
            index[i] = np.int32((turn - np.floor(turn)) * last)
        body[0], key[0], rim[0], index[0] = body[1], key[1], rim[1], index[1]
        body[width - 1], key[width - 1] = body[width - 2], key[width - 2]
        rim[width - 1], index[width - 1] = rim[width - 2], index[width - 2]
        for c in range(3):
            out = light[c, j]
            for i in range(width):
                out[i] = loop[index[i], c] * body[i] + key[i] * lamps[0, c] + rim[i] * lamps[1, c]
