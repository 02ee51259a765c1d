"""The sky that outdoor looks share: color by height, sun or moon, clouds, stars, aurora."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from videos.visualizer.drive import Moment
from videos.visualizer.jit import (
    Floats,
    Real,
    f32,
    inline,
    kernel,
    lattice,
    mix,
    sine,
    smooth,
    unit,
)
from videos.visualizer.looks.base import Scene, colors, numbers
from videos.visualizer.marks import dots
from videos.visualizer.noise import cloud_noise
from videos.visualizer.palette import Color, from_oklab, to_oklab


@dataclass(frozen=True)
class Frame:
    """Where things are on the canvas: scale is pixels for one unit, the same for all shapes."""

    middle: float
    horizon: float
    scale: float


@dataclass(frozen=True)
class Weather:
    """What the sky holds; amounts are 0..1."""

    night: float = 0.0
    clouds: float = 0.5
    aurora: float = 0.0
    sun_size: float = 0.07
    sun_light: float = 1.0


class Sky:
    """A sky for a scene; ``draw`` fills the canvas from the top to the horizon."""

    def __init__(self, scene: Scene, weather: Weather) -> None:
        self.scene = scene
        self.weather = weather
        self.random = np.random.default_rng(scene.seed + 1)
        palette = scene.palette
        dark = 1.0 - 0.86 * weather.night
        self.stops = colors(
            tone(0.65 * palette.light + 0.35 * palette.accent, 0.78, 1.0) * dark * 0.8,
            tone(0.72 * palette.accent + 0.28 * palette.counter, 0.62, 0.9) * dark,
            tone(0.35 * palette.main + 0.65 * palette.counter, 0.46, 0.7) * dark,
            tone(palette.deep + 0.4 * palette.counter, 0.29, 0.75) * (0.25 + 0.75 * dark),
        )
        moonlike = mix_color(palette.light, np.ones(3), 0.5 * weather.night)
        warm = mix_color(palette.accent, palette.light, 0.35)
        warm = mix_color(warm, 0.75 * palette.main + 0.15 * palette.light, 0.8 * weather.night)
        self.lamps = colors(moonlike, warm, palette.main, palette.accent)
        self.clouds = shared_clouds()
        self.stars = self._stars()

    def _stars(self) -> Floats:
        """(n, 6): x and y in units from the horizon's middle, size, color, twinkle's phase."""
        count = int(900 * self.weather.night)
        spots = self.random.random((count, 6)).astype(np.float32)
        spots[:, 0] = (spots[:, 0] - 0.5) * 3.0
        spots[:, 1] = -1.5 * spots[:, 1]
        spots[:, 2] = 0.55 + 0.9 * spots[:, 2] ** 6
        spots[:, 3] = 0.10 + 2.4 * spots[:, 3] ** 6
        return spots

    def draw(self, moment: Moment, frame: Frame, sun: tuple[float, float]) -> None:
        """sun is the disc's middle in units from the horizon's middle, up is negative."""
        weather = self.weather
        shape = numbers(
            frame.middle,
            frame.horizon,
            frame.scale,
            sun[0],
            sun[1],
            weather.sun_size * (1.0 + 0.03 * moment.kick),
            weather.sun_light * (0.75 + 0.25 * moment.energy + 0.22 * moment.bar),
            weather.clouds,
            0.012 * moment.travel + 0.006 * moment.time,
            weather.night,
            weather.sun_light
            * (1.0 - 0.6 * weather.night)
            * (0.45 + 0.4 * moment.energy + 0.30 * moment.beat),
        )
        _sky(shape, self.stops, self.lamps, self.clouds, self.scene.canvas.light)
        if weather.aurora > 0.0:
            self._aurora(moment, frame)
        self._twinkle(moment, frame)

    def _aurora(self, moment: Moment, frame: Frame) -> None:
        shape = numbers(
            frame.middle,
            frame.horizon,
            frame.scale,
            0.22 * moment.travel + 0.05 * moment.time + self.scene.seed % 97,
            self.weather.aurora * (0.40 + 0.6 * moment.energy + 0.35 * moment.beat),
        )
        _aurora(shape, moment.spectrum, self.lamps, self.clouds, self.scene.canvas.light)

    def _twinkle(self, moment: Moment, frame: Frame) -> None:
        stars = self.stars
        if not len(stars):
            return
        marks = np.empty((len(stars), 6), dtype=np.float32)
        marks[:, 0] = frame.middle + stars[:, 0] * frame.scale
        marks[:, 1] = frame.horizon + stars[:, 1] * frame.scale
        marks[:, 2] = stars[:, 2] * frame.scale / 720.0
        glow = 0.75 + 0.25 * np.sin(moment.time * (1.0 + 3.0 * stars[:, 4]) + 40.0 * stars[:, 5])
        glow *= stars[:, 3] * np.clip(-stars[:, 1] * 2.4, 0.0, 1.0) * (0.7 + 0.5 * moment.high)
        marks[:, 3:] = glow[:, None] * (0.75 + 0.25 * self.lamps[0])
        seen = (marks[:, 1] > 0) & (marks[:, 1] < frame.horizon)
        dots(marks[seen], self.scene.canvas.light)


def tone(color: Color, lightness: float, chroma: float) -> Color:
    """The color at another OKLab lightness, its chroma times a factor."""
    lab = to_oklab(color)
    return from_oklab(np.array([lightness, lab[1] * chroma, lab[2] * chroma]))


def mix_color(a: Color, b: Color, share: float) -> Color:
    return a * (1.0 - share) + b * share


@cache
def shared_clouds() -> Floats:
    """One broad noise table for clouds and haze."""
    return cloud_noise(256, seed=77, roughness=1.75, largest=2.0)


@cache
def shared_ripples() -> Floats:
    """One fine noise table for water and ground; its largest waves are 16 cells long."""
    return cloud_noise(256, seed=78, roughness=1.5, largest=16.0)


@inline
def _stop(stops: Floats, c: int, height: Real) -> Real:
    """The sky's color at a height in units above the horizon."""
    low = mix(stops[0, c], stops[1, c], smooth(0.0, 0.16, height))
    high = mix(stops[2, c], stops[3, c], smooth(0.30, 0.85, height))
    return mix(low, high, smooth(0.07, 0.42, height))


@kernel
def _sky(shape: Floats, stops: Floats, lamps: Floats, clouds: Floats, light: Floats) -> None:
    width = light.shape[2]
    middle, horizon, scale = shape[0], shape[1], shape[2]
    sun_x, sun_y, radius, shine = shape[3], shape[4], shape[5], shape[6]
    amount, drift, night, halo = shape[7], shape[8], shape[9], shape[10]
    inverse = 1.0 / scale
    face = np.ones(width, np.float32)
    cover = np.zeros(width, np.float32)
    silver = np.zeros(width, np.float32)
    rows = min(int(horizon + 0.08 * scale), light.shape[1])
    for j in range(rows):
        y = (f32(j) - horizon) * inverse
        height = max(-y, 0.0)
        if abs(y - sun_y) < radius + 0.01:
            for i in range(width):
                x = ((f32(i) - middle) * inverse - sun_x) / radius
                v = (y - sun_y) / radius
                limb = 1.0 - 0.35 * min(x * x + v * v, 1.0)
                seas = lattice(clouds, x * 52.0 + 31.0, v * 52.0 + 90.0)
                fine = lattice(clouds, x * 260.0 + 11.0, v * 260.0)
                seas = 1.0 - 0.55 * smooth(0.40, 0.66, seas * 0.78 + fine * 0.22)
                face[i] = mix(1.0, 0.36 * seas * limb, min(night * 1.3, 1.0))
        if amount > 0.01:
            far = 1.0 / (height + 0.085)
            thin = smooth(0.0, 0.10, height)
            for i in range(width):
                x = (f32(i) - middle) * inverse
                cx, cy = x * far * 5.0 + drift * 60.0, far * 9.0 - drift * 25.0
                broad = lattice(clouds, cx, cy)
                fine = lattice(clouds, cx * 3.1 + 17.0, cy * 3.1 - drift * 80.0)
                depth = broad * 0.72 + fine * 0.28
                dense = smooth(0.74 - 0.34 * amount, 1.02 - 0.30 * amount, depth)
                cover[i] = dense * thin * 0.92
                silver[i] = dense * (1.0 - dense) * 4.0
        for c in range(3):
            base = _stop(stops, c, height)
            low = stops[0, c] * 0.75 + stops[1, c] * 0.25
            shade = base * (0.62 + 0.15 * night) + stops[2, c] * 0.12
            out = light[c, j]
            warm = lamps[1, c]
            lamp = lamps[0, c] * 0.6 + warm * 0.4
            for i in range(width):
                x = (f32(i) - middle) * inverse
                dx, dy = x - sun_x, y - sun_y
                near = dx * dx + dy * dy
                disc = unit((radius - np.sqrt(near)) * scale * 0.7 + 0.5)
                close = 1.0 / (1.0 + near * 34.0)
                wide = 1.0 / (1.0 + (dx * dx * 0.6 + dy * dy * 1.6) * 5.0)
                glow = halo * (0.85 * close * close * warm + 0.22 * wide * wide * warm)
                clear = (
                    base + glow * (1.0 - 0.7 * disc * night) + disc * lamp * shine * 1.9 * face[i]
                )
                lit = silver[i] * close * halo * lamp * 0.9
                cloud = shade + low * (0.12 + 0.55 * close * (1.0 - night)) + lit + glow * 0.55
                out[i] = clear + (cloud - clear) * cover[i]


@kernel
def _aurora(shape: Floats, spectrum: Floats, lamps: Floats, clouds: Floats, light: Floats) -> None:
    """Three curtains: a wandering lower edge, rays above it whose strength is the spectrum."""
    width = light.shape[2]
    middle, horizon, scale, time, gain = shape[0], shape[1], shape[2], shape[3], shape[4]
    inverse = 1.0 / scale
    for curtain in range(3):
        k = f32(curtain)
        for i in range(width):
            x = (f32(i) - middle) * inverse
            s = x * (1.1 + 0.45 * k) + 2.1 * k
            bend = sine(s * 1.5 + time * 0.4 + 1.7 * k)
            fold = s + 0.16 * sine(s * 5.0 + time * 0.7) + 0.07 * sine(s * 13.0 - time)
            sway = bend * 0.10 + sine(s * 4.3 - time * 0.6) * 0.03 + sine(fold * 17.0) * 0.008
            edge = -(0.17 + 0.12 * k) + sway
            ray = lattice(clouds, fold * 60.0, time * 2.0 + 40.0 * k)
            ray = ray * 0.6 + 0.4 * lattice(clouds, fold * 190.0, time * 3.0 + 70.0 * k)
            slow = lattice(clouds, fold * 7.0 - time * 1.5, 90.0 + 31.0 * k + time)
            band = min(int((0.5 + 0.5 * sine(s * 2.2 + k)) * 40.0), 46)
            power = (
                (0.15 + 1.5 * ray * ray) * smooth(0.22, 0.8, slow) * (0.6 + 0.9 * spectrum[band])
            )
            tall = 0.10 + 0.34 * ray * slow + 0.10 * slow
            bottom = min(int(horizon + (edge + 0.03) * scale), light.shape[1] - 1)
            top = max(int(horizon + (edge - 3.0 * tall) * scale), 0)
            for j in range(top, bottom + 1):
                up = edge - (f32(j) - horizon) * inverse
                ratio = up / tall
                body = smooth(-0.02, 0.012, up) / (1.0 + ratio * ratio * 3.0)
                body = body * smooth(3.0, 1.0, ratio) * power * gain * 0.8
                high = smooth(0.15, 1.7, ratio)
                for c in range(3):
                    light[c, j, i] += body * mix(lamps[2, c], lamps[3, c] * 0.8, high)
