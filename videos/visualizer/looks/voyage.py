"""Voyage: one who travels, a boat at sea or a walker on a ridge, from night to morning."""

from __future__ import annotations

import math

import numpy as np

from videos.visualizer.canvas import Grade
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
from videos.visualizer.looks import people
from videos.visualizer.looks.base import Look, Scene, colors, numbers
from videos.visualizer.looks.sky import Frame, Sky, Weather, shared_ripples
from videos.visualizer.marks import dots, figure, shapes

SIZES = {"wide": 0.19, "medium": 0.30, "close": 0.46}


class Voyage(Look):
    """A boat with a lantern (variant 0) or a walker with one (1).

    The hour of the night moves with the song: the moon sinks and the sky grows light.
    """

    pixels = 1152 * 648
    variants = 2
    grade = Grade(exposure=0.95, glow=0.36, spread=0.9, vignette=0.45)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.is_walking = scene.variant % 2 == 1
        self.sky = Sky(scene, Weather(night=0.9, clouds=0.62, sun_size=0.15, sun_light=0.8))
        self.dark = self.sky.stops.copy()
        self.dawn = Sky(scene, Weather(night=0.25)).stops
        self.lamp = np.array([1.0, 0.55, 0.20]) * 0.7 + 0.3 * scene.palette.light
        self.noise = shared_ripples()
        self.side = 1.0 if scene.clip_seed & 2 else -1.0
        self.flies = self.random.random((90, 5)).astype(np.float32)
        self.grass = self.random.random((420, 4)).astype(np.float32)

    def draw(self, moment: Moment) -> None:
        scene, canvas = self.scene, self.scene.canvas
        view = scene.view(moment)
        scale = 0.75 * math.sqrt(canvas.width * canvas.height) * view.zoom
        close = scene.camera.framing == "close"
        horizon = canvas.height * (0.62 if not close else 0.68) + 1.6 * view.y * scale
        frame = Frame(canvas.width * 0.5, horizon, scale)
        self._tell_time(moment)
        moon = (self.side * 0.17 - 1.2 * view.x, -0.36 + 0.16 * moment.song_progress)
        self.sky.draw(moment, frame, moon)
        if self.is_walking:
            self._ridge(moment, frame, moon, view.x)
        else:
            self._sea(moment, frame, moon)
            self._boat(moment, frame, view.x)
        self._flies(moment, frame)

    def _tell_time(self, moment: Moment) -> None:
        late = moment.song_progress**1.6
        self.sky.stops = (self.dark + (self.dawn - self.dark) * 0.75 * late).astype(np.float32)

    def _sea(self, moment: Moment, frame: Frame, moon: tuple[float, float]) -> None:
        shape = numbers(
            frame.middle,
            frame.horizon,
            frame.scale,
            0.9 * moment.travel + 0.5 * moment.time,
            moon[0],
            -moon[1],
            0.55 + 0.9 * moment.energy,
            0.5 + 0.5 * moment.energy + 0.5 * moment.beat,
            0.5 * moment.high + 0.4 * moment.bar,
        )
        _sea(shape, self.sky.stops, self.sky.lamps, self.noise, self.light)

    def _boat(self, moment: Moment, frame: Frame, pan: float) -> None:
        size = SIZES[self.scene.camera.framing] * frame.scale
        swell = 0.9 * moment.travel + 0.5 * moment.time
        tilt = 0.05 * math.sin(swell * 1.1) + 0.04 * math.sin(swell * 0.63 + 1.0)
        x = (
            frame.middle
            - self.side * 0.20 * frame.scale
            + (0.12 * moment.progress - 2.0 * pan) * frame.scale
        )
        y = frame.horizon + 0.42 * size + 0.06 * size * math.sin(swell * 0.9)
        limbs = _turned(people.placed(_BOAT, x, y, size), x, y, tilt)
        sailor = _turned(
            people.placed(people.sailor(0.4 * math.sin(swell)), x, y, size), x, y, tilt
        )
        rim = self.sky.lamps[0] * 0.35 + self.sky.stops[0] * 0.5
        paint = colors(0.004 * self.sky.lamps[1], rim)
        self._mirrored(limbs, y + 0.03 * size, paint)
        figure(limbs, 0.05 * size, paint, self.light)
        figure(sailor, 0.03 * size, paint, self.light)
        self._glow(moment, sailor[-1, 2], sailor[-1, 3], size, y)

    def _mirrored(self, limbs: Floats, waterline: float, paint: Floats) -> None:
        """The dark shape on the water under the boat."""
        below = limbs.copy()
        below[:, 1] = 2.0 * waterline - limbs[:, 1]
        below[:, 3] = 2.0 * waterline - limbs[:, 3]
        below[:, 6], below[:, 7] = 0.0, 0.45
        shapes(below, paint, self.light)

    def _glow(self, moment: Moment, x: float, y: float, size: float, ground: float) -> None:
        """The lantern, its halo, and what it lights below."""
        power = 0.7 + 0.5 * moment.energy + 0.5 * moment.beat + 0.1 * math.sin(moment.time * 9.0)
        marks = np.array(
            [
                (x, y, 0.035 * size, *(9.0 * power * self.lamp)),
                (x, y, 0.22 * size, *(0.22 * power * self.lamp)),
                (x, y, 0.9 * size, *(0.035 * power * self.lamp)),
                (x, 2 * ground - y, 0.10 * size, *(0.8 * power * self.lamp)),
                (x, 2 * ground - y + 0.2 * size, 0.30 * size, *(0.15 * power * self.lamp)),
            ],
            dtype=np.float32,
        )
        dots(marks[: 3 if self.is_walking else 5], self.light)

    def _ridge(self, moment: Moment, frame: Frame, moon: tuple[float, float], pan: float) -> None:
        close = SIZES[self.scene.camera.framing] / SIZES["wide"]
        shape = numbers(
            frame.middle,
            frame.horizon,
            frame.scale,
            0.055 * moment.travel * self.side + 0.5 * pan + self.scene.seed % 53,
            moon[0],
            0.5 + 0.5 * moment.energy + 0.4 * moment.beat,
            close,
            self.side,
        )
        ridge = np.zeros(self.scene.canvas.width, dtype=np.float32)
        _hills(shape, self.sky.stops, self.sky.lamps, self.noise, ridge, self.light)
        size = 1.15 * SIZES[self.scene.camera.framing] * frame.scale
        x = (
            frame.middle
            + (0.6 * moon[0] - self.side * (0.16 - 0.22 * moment.progress)) * frame.scale
        )
        column = int(np.clip(x, 0, len(ridge) - 1))
        y = float(ridge[column]) + 0.015 * size
        limbs = people.placed(
            people.walker(math.pi * moment.beat_count), x, y, size, flip=self.side < 0
        )
        rim = self.sky.lamps[0] * 0.5 + self.sky.stops[0] * 0.5
        figure(limbs, 0.04 * size, colors(0.004 * self.sky.lamps[1], rim), self.light)
        self._grass(moment, ridge, frame, size)
        self._glow(moment, limbs[-1, 2], limbs[-1, 3], size, y)

    def _grass(self, moment: Moment, ridge: Floats, frame: Frame, size: float) -> None:
        """Blades along the ridge that bend in the wind of the music."""
        grass, width = self.grass, self.scene.canvas.width
        offset = 0.055 * moment.travel * self.side * frame.scale * 6.0
        x = (grass[:, 0] * width * 1.1 - offset) % (width * 1.1) - 0.05 * width
        y = ridge[np.clip(x, 0, width - 1).astype(int)] + 2.0
        tall = (0.03 + 0.11 * grass[:, 1] ** 2) * size
        wind = 0.25 + 0.35 * moment.energy
        bend = tall * (wind + 0.35 * np.sin(moment.travel * 2.0 + 6.0 * grass[:, 2] + x * 0.01))
        marks = np.ones((len(grass), 8), dtype=np.float32)
        marks[:, 0], marks[:, 1] = x, y
        marks[:, 2], marks[:, 3] = x - self.side * bend, y - tall
        marks[:, 4], marks[:, 5] = 0.010 * size + 0.3, 0.3
        marks[:, 6] = 0.6 * grass[:, 3]
        shapes(marks, colors(0.003 * self.sky.lamps[1], 0.4 * self.sky.stops[0]), self.light)

    def _flies(self, moment: Moment, frame: Frame) -> None:
        """Embers or fireflies that rise, each lit by its own band."""
        flies, canvas = self.flies, self.scene.canvas
        age = (flies[:, 1] + moment.travel * (0.03 + 0.05 * flies[:, 2])) % 1.0
        x = flies[:, 0] * canvas.width + 0.04 * frame.scale * np.sin(6.0 * age + 9.0 * flies[:, 3])
        y = canvas.height * (1.05 - 0.75 * age)
        level = moment.spectrum[(flies[:, 3] * 44).astype(int)]
        power = np.sin(np.pi * age) ** 2 * (0.10 + 1.5 * level) * (0.4 + flies[:, 4])
        marks = np.empty((len(flies), 6), dtype=np.float32)
        marks[:, 0], marks[:, 1] = x, y
        marks[:, 2] = (0.0012 + 0.0022 * flies[:, 4]) * frame.scale
        marks[:, 3:] = self.lamp * power[:, None]
        dots(marks, self.light)


_BOAT: list[people.Limb] = [
    (-0.62, -0.10, -0.30, -0.02, 0.020, 0.075, 0.6),
    (-0.30, -0.02, 0.30, -0.02, 0.075, 0.080, 0.3),
    (0.30, -0.02, 0.66, -0.14, 0.080, 0.018, 0.6),
]


def _turned(limbs: Floats, x: float, y: float, angle: float) -> Floats:
    """Limbs turned about a point, in radians."""
    out = limbs.copy()
    cosine, slant = math.cos(angle), math.sin(angle)
    for a, b in ((0, 1), (2, 3)):
        dx, dy = limbs[:, a] - x, limbs[:, b] - y
        out[:, a] = x + dx * cosine - dy * slant
        out[:, b] = y + dx * slant + dy * cosine
    return out


@inline
def _sky_color(stops: Floats, c: int, height: Real) -> Real:
    low = mix(stops[0, c], stops[1, c], smooth(0.0, 0.16, height))
    high = mix(stops[2, c], stops[3, c], smooth(0.30, 0.85, height))
    return mix(low, high, smooth(0.07, 0.42, height))


@kernel
def _sea(shape: Floats, stops: Floats, lamps: Floats, noise: Floats, light: Floats) -> None:
    """Waves that mirror sky and moon by their slope; crests catch the light."""
    rows, width = light.shape[1:]
    middle, horizon, scale, time = shape[0], shape[1], shape[2], shape[3]
    moon_x, moon_y, rough, shine, spark = shape[4], shape[5], shape[6], shape[7], shape[8]
    inverse = 1.0 / scale
    slopes = np.empty(width, np.float32)
    asides = np.empty(width, np.float32)
    for j in range(max(int(horizon), 0), rows):
        down = (f32(j) + 0.5 - horizon) * inverse + 0.0035
        far = 0.16 / down
        calm = 1.0 / (1.0 + far * far * 0.006)
        fine = 1.0 / (1.0 + far * far * 0.05)
        for i in range(width):
            x = (f32(i) - middle) * inverse * far * 6.0
            z = far * 6.0
            swell = sine(z * 0.9 + x * 0.35 + time) + 0.7 * sine(z * 1.7 - x * 0.6 + time * 1.3)
            chop = lattice(noise, x * 4.5 + time * 2.1, z * 10.0 - time * 4.2) - 0.5
            small = lattice(noise, x * 15.0 - time * 3.6, z * 34.0 + time * 8.0) - 0.5
            slopes[i] = (0.10 * swell * fine + 0.9 * chop * calm + 0.6 * small * fine) * rough * 0.5
            asides[i] = (chop * calm + small * fine) * 0.9 * rough
        cover = unit(f32(j) + 1.0 - horizon)
        for c in range(3):
            out = light[c, j]
            deep, pale = lamps[2, c] * 0.010, stops[1, c]
            for i in range(width):
                slope = slopes[i]
                seen = min(max(down * 0.75 + 0.05 + slope * 0.75, 0.0), 1.2)
                mirror = _sky_color(stops, c, seen)
                face = unit(0.34 + 0.50 / (1.0 + down * 7.0) + slope * 0.35)
                across = (f32(i) - middle) * inverse - moon_x + asides[i] * (0.12 + 0.35 * down)
                upward = down * 0.9 + slope * 1.15 - moon_y
                spread = 0.003 + 0.018 * down
                path = 1.0 / (1.0 + across * across / spread)
                glint = path * path / (1.0 + upward * upward * 34.0) * smooth(-0.12, 0.22, slope)
                crest = smooth(0.10, 0.34, slope) * (0.05 + spark * 0.25)
                value = mirror * face * 0.8 + deep + pale * crest * 0.5
                value += lamps[0, c] * glint * shine * 2.2
                out[i] = mix(out[i], value, cover)


@kernel
def _hills(
    shape: Floats, stops: Floats, lamps: Floats, noise: Floats, ridge: Floats, light: Floats
) -> None:
    """Four ranges of hills, each darker and nearer than the last; ridge gets the nearest outline."""
    rows, width = light.shape[1:]
    middle, horizon, scale, way = shape[0], shape[1], shape[2], shape[3]
    moon_x, shine, close = shape[4], shape[5], shape[6]
    inverse = 1.0 / scale
    for layer in range(4):
        k = f32(layer)
        speed = 0.15 + 0.55 * k * k * 0.5
        depth = f32(0.20 + 0.26 * k)
        for i in range(width):
            x = (f32(i) - middle) * inverse
            s = (
                x * (1.0 - 0.1 * k) / (1.0 + 0.3 * (close - 1.0) * k * 0.3)
                + way * speed * 6.0
                + 7.3 * k
            )
            broad = lattice(noise, s * (26.0 - 3.0 * k) + 11.0 * k, 3.3 + 17.0 * k) - 0.5
            fine = lattice(noise, s * 110.0, 8.7 + 29.0 * k) - 0.5
            tall = (0.26 - 0.05 * k) * broad + (0.035 - 0.008 * k) * fine
            base = -0.035 + 0.055 * k
            if layer == 3:
                mound = (x - moon_x * 0.6) / (0.62 + 0.25 * (close - 1.0))
                tall = 0.26 / (1.0 + mound * mound * 1.4) + 0.022 * broad + 0.004 * fine
                base = 0.20
            top = horizon + (base - tall) * scale
            if layer == 3:
                ridge[i] = top
            glow = 1.0 / (1.0 + (x - moon_x) * (x - moon_x) * 5.0)
            for j in range(max(int(top), 0), rows):
                cover = unit(f32(j) + 1.0 - top)
                under = (f32(j) - top) * inverse
                mist = smooth(0.0, 0.30, under) * (1.0 - 0.25 * k)
                rim = unit(1.0 - under * 90.0) * glow * (0.5 + shine)
                for c in range(3):
                    air = stops[0, c] * (0.40 + 0.5 * glow * shine) + stops[1, c] * 0.25
                    solid = lamps[2, c] * 0.010 * (4.0 - k)
                    value = mix(air, solid, min(depth + 0.12 * k, 0.985))
                    value = mix(
                        value, air * (0.75 - 0.16 * k), mist * (0.55 if layer < 3 else 0.06)
                    )
                    value += lamps[0, c] * rim * 0.10
                    light[c, j, i] = mix(light[c, j, i], value, cover)
