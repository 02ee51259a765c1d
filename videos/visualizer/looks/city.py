"""City: a skyline at night over still water; facades are meters of the song's bands."""

from __future__ import annotations

import math

import numpy as np

from videos.visualizer.canvas import Grade
from videos.visualizer.drive import Moment
from videos.visualizer.jit import Floats, Real, chance, f32, inline, kernel, mix, unit
from videos.visualizer.looks.base import Look, Scene, colors, numbers
from videos.visualizer.looks.sky import Frame, Sky, Weather, shared_clouds, shared_ripples
from videos.visualizer.looks.valley import reflect
from videos.visualizer.marks import beams, streaks

LAYERS = 3
COLUMNS = 2048
REACH = 3.2  # half the width of the skyline in units


class City(Look):
    """A clear night (variant 0) or a night of rain (1)."""

    variants = 2
    grade = Grade(exposure=1.0, glow=0.42, spread=0.85, vignette=0.45)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        canvas, palette = scene.canvas, scene.palette
        self.is_raining = scene.variant % 2 == 1 or scene.says("rain", "rainy", "storm")
        cloud = 0.9 if self.is_raining else 0.45
        self.sky = Sky(scene, Weather(night=0.85, clouds=cloud, sun_size=0.06, sun_light=0.55))
        glow = 0.55 if self.is_raining else 0.4
        self.sky.stops = colors(
            glow * (0.5 * palette.main + 0.35 * palette.accent),
            0.30 * palette.main + 0.12 * palette.deep,
            0.35 * palette.deep,
            0.8 * palette.shadow + 0.06 * palette.deep,
        )
        self.paint = colors(
            palette.main, palette.accent, palette.counter, palette.light, palette.deep
        )
        tungsten = np.array([1.0, 0.50, 0.17])
        cool = 0.5 * palette.light + 0.5 * palette.accent
        self.lamps = colors(
            palette.main,
            palette.accent,
            palette.counter,
            0.65 * tungsten + 0.35 * palette.light,
            cool,
        )
        self.tops, self.homes, self.spans = self._skyline()
        self.noise = shared_clouds()
        self.ripples = shared_ripples()
        self.lake = np.zeros((canvas.height, canvas.width), dtype=np.float32)
        self.drops = self.random.random((520, 4)).astype(np.float32)
        self.cars = self.random.random((46, 4)).astype(np.float32)

    def _skyline(self) -> tuple[Floats, Floats, Floats]:
        """Of each column of each layer: the roof's height, the house's number, its place in it."""
        tops = np.zeros((LAYERS, COLUMNS), dtype=np.float32)
        homes = np.zeros((LAYERS, COLUMNS), dtype=np.float32)
        spans = np.zeros((LAYERS, COLUMNS), dtype=np.float32)
        for layer in range(LAYERS):
            x, number = 0, 1 + 200 * layer
            while x < COLUMNS:
                wide = int(self.random.integers(20, 46) * (1.0, 1.35, 1.9)[layer])
                center = abs((x + wide / 2) / COLUMNS - 0.5) * 2.0
                tall = self.random.uniform(0.07, 0.25) + 0.30 * self.random.uniform(0, 1) ** 4
                tall *= (1.35 - 0.8 * center) * (1.15, 0.95, 0.62)[layer]
                end = min(x + wide, COLUMNS)
                tops[layer, x:end] = tall
                self._step(tops[layer], x, end, tall)
                homes[layer, x:end] = number
                spans[layer, x:end] = (np.arange(x, end) - x) / wide
                gap = int(self.random.integers(0, 5)) if layer else 0
                tops[layer, end : end + gap] = 0.02
                x, number = end + gap, number + 1
        return tops, homes, spans

    def _step(self, tops: Floats, x: int, end: int, tall: float) -> None:
        """Some roofs have a narrower story on top, some a spire."""
        wide, kind = end - x, self.random.uniform(0, 1)
        if kind < 0.35 and wide > 12:
            inset = wide // 5
            tops[x : x + inset] = tall * 0.86
            tops[end - inset : end] = tall * 0.86
        elif kind < 0.5 and wide > 12:
            middle = x + wide // 2
            tops[middle - 1 : middle + 1] = tall + 0.09
            tops[middle - 4 : middle + 4] = np.maximum(tops[middle - 4 : middle + 4], tall + 0.025)

    def draw(self, moment: Moment) -> None:
        scene, canvas = self.scene, self.scene.canvas
        view = scene.view(moment)
        zoom = view.zoom * (0.55 + 0.45 * scene.camera.zoom)
        scale = 0.75 * math.sqrt(canvas.width * canvas.height) * zoom
        shore = canvas.height * (0.70 if scene.is_tall else 0.72) + 2.0 * view.y * scale
        frame = Frame(canvas.width * 0.5, shore, scale)
        pan = 1.6 * view.x + 0.03 * math.sin(0.1 * moment.time)
        self.sky.draw(moment, frame, (0.33 - 0.3 * pan, -0.52))
        self._searchlights(moment, frame)
        self._houses(moment, frame, pan)
        self._traffic(moment, frame)
        self._water(moment, frame)
        if self.is_raining:
            self._rain(moment)

    def _houses(self, moment: Moment, frame: Frame, pan: float) -> None:
        shape = numbers(
            frame.middle,
            frame.horizon,
            frame.scale,
            pan,
            1.45 if self.scene.is_tall else 1.12,
            0.75 + 0.35 * moment.energy,
            0.5 + 0.9 * moment.bar,
            moment.kick,
            0.2 * moment.time,
        )
        _houses(
            shape,
            moment.spectrum,
            self.paint,
            self.lamps,
            self.sky.stops,
            self.tops,
            self.homes,
            self.spans,
            self.light,
        )

    def _searchlights(self, moment: Moment, frame: Frame) -> None:
        count = 4
        place = np.array([-0.62, -0.2, 0.28, 0.7])
        angle = 0.6 * np.sin(0.26 * moment.beat_count + np.arange(count) * 1.9)
        marks = np.empty((count, 11), dtype=np.float32)
        marks[:, 0] = frame.middle + place * frame.scale
        marks[:, 1] = frame.horizon - 0.12 * frame.scale
        marks[:, 2], marks[:, 3] = np.sin(angle), -np.cos(angle)
        marks[:, 4], marks[:, 5], marks[:, 6] = 0.006 * frame.scale, 0.05, 1.1 * frame.scale
        marks[:, 7] = 0.12 + 0.35 * moment.energy + 0.5 * moment.bar
        marks[:, 8:] = 0.5 * self.paint[[0, 1, 0, 1]] + 0.25 * self.paint[3]
        beams(marks, self.noise, 0.6 * moment.travel, self.light)

    def _traffic(self, moment: Moment, frame: Frame) -> None:
        """Lights along the shore road: white one way, red the other."""
        cars = self.cars
        speed = np.where(cars[:, 1] < 0.5, 1.0, -1.0) * (0.05 + 0.06 * cars[:, 2])
        x = ((cars[:, 0] + speed * moment.travel) % 1.0 - 0.5) * 2.4
        y = np.where(cars[:, 1] < 0.5, 0.004, 0.009)
        length = 0.035 + 0.045 * moment.low
        marks = np.empty((len(cars), 8), dtype=np.float32)
        marks[:, 0] = frame.middle + (x - np.sign(speed) * length) * frame.scale
        marks[:, 2] = frame.middle + x * frame.scale
        marks[:, 1] = marks[:, 3] = frame.horizon - y * frame.scale
        marks[:, 4] = 0.0022 * frame.scale
        head = 0.9 * self.paint[3] + 0.4
        tail = np.array([1.6, 0.12, 0.08], dtype=np.float32)
        marks[:, 5:] = np.where((cars[:, 1] < 0.5)[:, None], head, tail) * (0.7 + 0.6 * moment.kick)
        streaks(marks, self.light)

    def _water(self, moment: Moment, frame: Frame) -> None:
        first = max(int(frame.horizon), 0)
        self.lake[:first] = 0.0
        self.lake[first:] = 1.0
        shape = numbers(
            frame.middle,
            frame.horizon,
            frame.scale,
            0.30 * moment.travel + 0.25 * moment.time,
            0.33,
            0.15 + 0.3 * moment.high,
            1.5,
        )
        reflect(shape, colors(self.paint[3], self.paint[4]), self.ripples, self.lake, self.light)

    def _rain(self, moment: Moment) -> None:
        canvas, drops = self.scene.canvas, self.drops
        fall = (drops[:, 1] + moment.time * (1.3 + 0.9 * drops[:, 2])) % 1.15 - 0.1
        slant = 0.06
        x = ((drops[:, 0] + slant * fall) % 1.0) * canvas.width * 1.1 - 0.05 * canvas.width
        y = fall * canvas.height
        long = (0.02 + 0.05 * drops[:, 2]) * canvas.height
        marks = np.empty((len(drops), 8), dtype=np.float32)
        marks[:, 0], marks[:, 1] = x - slant * long, y - long
        marks[:, 2], marks[:, 3], marks[:, 4] = x, y, 0.6 + 0.5 * drops[:, 2]
        tint = 0.5 * self.sky.stops[0] + 0.5 * self.paint[3]
        marks[:, 5:] = tint * ((0.05 + 0.12 * drops[:, 3]) * (0.7 + 0.6 * moment.high))[:, None]
        streaks(marks, self.light)


@inline
def _facade(number: int) -> tuple[Real, Real, Real, Real, bool]:
    """What is fixed for a house: windows across, height of a story, how many are lit, its bays,
    and whether it is a meter."""
    across = 5.0 + np.floor(chance(number, 2) * 10.0)
    story = 0.0062 + 0.0045 * chance(number, 3)
    some = 0.06 + 0.34 * chance(number, 4) * chance(number, 14)
    bays = 0.55 + 0.40 * chance(number, 5)
    return across, story, some, bays, chance(number, 1) < 0.30


@inline
def _lit(number: int, column: int, row: int, some: Real, time: Real) -> Real:
    """How bright a window is: most are dark, few change with time."""
    phase = int((time + chance(number + row, column) * 40.0) * 0.06)
    if chance(row * 57 + column * 13 + number * 7, phase) > some:
        return f32(0.012)
    strength = chance(column + 5 * number, row)
    return 0.12 + 1.1 * strength * strength


@kernel
def _houses(
    shape: Floats,
    spectrum: Floats,
    paint: Floats,
    lamps: Floats,
    stops: Floats,
    tops: Floats,
    homes: Floats,
    spans: Floats,
    light: Floats,
) -> None:
    """Three rows of houses, far ones in the glow of the town, near ones nearly black."""
    width = light.shape[2]
    middle, shore, scale, pan, tall = shape[0], shape[1], shape[2], shape[3], shape[4]
    columns = tops.shape[1]
    pixel = 1.0 / scale
    base = min(int(shore), light.shape[1] - 1)
    hidden = np.full((LAYERS, width), np.int32(base))
    places = np.empty((LAYERS, width), np.int32)
    for layer in range(LAYERS):
        depth = f32(layer)
        zoom = (0.72 + 0.22 * depth) * 320.0
        for i in range(width):
            x = (f32(i) - middle) * pixel + pan * (0.5 + 0.45 * depth)
            place = min(max(int(x * zoom + 0.5 * f32(columns)), 0), columns - 1)
            places[layer, i] = place
            roof = int(shore - tops[layer, place] * tall * scale) + 1
            for far in range(layer):
                hidden[far, i] = min(hidden[far, i], roof)
    for layer in range(LAYERS):
        for i in range(width):
            place = places[layer, i]
            number = int(homes[layer, place])
            height, u = tops[layer, place] * tall, spans[layer, place]
            last = hidden[layer, i]
            _house_column(
                shape, spectrum, paint, lamps, stops, light, i, last, layer, number, height, u
            )


@inline
def _house_column(
    shape: Floats,
    spectrum: Floats,
    paint: Floats,
    lamps: Floats,
    stops: Floats,
    light: Floats,
    i: int,
    last: int,
    layer: int,
    number: int,
    height: Real,
    u: Real,
) -> None:
    shore, scale, power = shape[1], shape[2], shape[5]
    crown, kick, time = shape[6], shape[7], shape[8]
    depth, pixel = f32(layer), 1.0 / scale
    roof = shore - height * scale
    across, story, some, bays, is_meter = _facade(number)
    level = (0.15 + spectrum[min(int(chance(number, 6) * 44.0), 47)]) * height * 1.1
    tint = min(int(chance(number, 7) * 3.0), 2)
    column = np.floor(u * across)
    soft = unit((bays - abs(u * across - column - 0.5) * 2.0) * 3.0 + 0.5)
    crowned = crown if chance(number, 9) < 0.3 else f32(0.0)
    edge = unit((0.05 - min(u, 1.0 - u)) * 70.0) * (1.0 if chance(number, 8) < 0.16 else 0.0)
    sharp = story / (pixel * 2.0)
    near = 0.40 + 0.30 * depth
    for j in range(max(int(roof), 0), last + 1):
        cover = unit(f32(j) + 1.0 - roof)
        up = (shore - f32(j)) * pixel
        row = np.floor(up / story)
        pane = soft * unit((0.60 - abs(up / story - row - 0.5) * 2.0) * sharp + 0.5)
        kind = 3
        if is_meter:
            share = unit((level - row * story) * 60.0)
            value, kind = pane * (0.04 + 1.5 * share * (0.4 + 0.6 * up / height)), tint
        else:
            value = pane * _lit(number, int(column), int(row), some, time)
            kind = 3 if chance(int(row) + number, int(column)) < 0.75 else 4
        top_line = unit(1.0 - abs(f32(j) - roof - 1.5) * 0.5) * crowned
        mist = (0.42 - 0.17 * depth) * (1.0 - 0.7 * up) + 0.22 / (1.0 + up * 30.0)
        for c in range(3):
            shade = 0.004 + 0.012 * paint[4, c] + stops[0, c] * mist * 0.42
            color = shade + lamps[kind, c] * value * power * near
            color += paint[tint, c] * (top_line + edge * (0.10 + 0.25 * kick)) * 0.7
            light[c, j, i] = mix(light[c, j, i], color, cover)
