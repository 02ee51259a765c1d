"""Valley: a flight over mountains and lakes, lit by a low sun or by moon and aurora."""

from __future__ import annotations

import math

import numpy as np

from videos.visualizer.canvas import Grade
from videos.visualizer.drive import Moment
from videos.visualizer.jit import Floats, Real, f32, inline, kernel, lattice, mix, smooth, unit
from videos.visualizer.looks.base import Look, Scene, colors, numbers
from videos.visualizer.looks.sky import Frame, Sky, Weather, shared_ripples, tone
from videos.visualizer.noise import Plane, cloud_noise, ridge_noise

SIDE = 512
WATER = 0.30
SLICES = 290

WEATHERS = (
    Weather(night=0.0, clouds=0.55, sun_size=0.05, sun_light=1.0),
    Weather(night=1.0, clouds=0.0, aurora=1.0, sun_size=0.028, sun_light=0.35),
    Weather(night=0.2, clouds=0.85, sun_size=0.045, sun_light=0.8),
)


class Valley(Look):
    """Day's end (variant 0), a polar night (1) or a misty morning (2)."""

    pixels = 1152 * 648
    variants = 3
    grade = Grade(exposure=0.95, glow=0.28, spread=0.85, vignette=0.4)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.weather = WEATHERS[scene.variant % 3]
        self.sky = Sky(scene, self.weather)
        self.heights = _land(scene.seed % 9973)
        self.sun = (float(self.random.uniform(-0.34, 0.34)), -float(self.random.uniform(0.10, 0.2)))
        self.ground = _painted(self.heights, scene, self.weather, self.sun[0])
        self.path = _valley_path(_smooth_way(self.heights, 11.0))
        self.way = _clear_way(self.heights, self.path)
        self.start = float(self.random.uniform(0.0, SIDE)) + 130.0 * (scene.clip_seed % 7)
        self.noise = shared_ripples()
        canvas = scene.canvas
        self.lake = np.zeros((canvas.height, canvas.width), dtype=np.float32)

    def draw(self, moment: Moment) -> None:
        scene, canvas = self.scene, self.scene.canvas
        view = scene.view(moment)
        zoom = view.zoom * (0.8 + 0.25 * scene.camera.zoom)
        unit_pixels = 0.75 * math.sqrt(canvas.width * canvas.height) * zoom
        horizon = canvas.height * (0.50 if scene.is_tall else 0.46) + view.y * 3.0 * unit_pixels
        frame = Frame(canvas.width * (0.5 - 0.5 * view.x), horizon, unit_pixels)
        self.sky.draw(moment, frame, self.sun)
        self._land(moment, frame, view.x)
        self._water(moment, frame)

    def _land(self, moment: Moment, frame: Frame, pan: float) -> None:
        ahead = 15.0 * moment.travel
        y = self.start + ahead
        x, yaw = _on_path(self.path, y)
        yaw += 0.8 * pan
        clearance = 0.13 if self.scene.camera.framing == "wide" else 0.08
        height = _at(self.way, y) + clearance
        place = numbers(
            x, y, height, yaw, frame.middle, frame.horizon, frame.scale, 78.0, moment.bar * 0.2
        )
        haze = numbers(*self.sky.stops[0], *self.sky.stops[1], self.sun[0], 0.8 + 0.3 * moment.beat)
        self.lake[:] = 0.0
        _terrain(place, haze, self.heights, self.ground, self.noise, self.light, self.lake)

    def _water(self, moment: Moment, frame: Frame) -> None:
        shape = numbers(
            frame.middle,
            frame.horizon,
            frame.scale,
            0.35 * moment.travel + 0.3 * moment.time,
            self.sun[0],
            0.35 + 0.9 * moment.high + 0.5 * moment.beat,
            1.0,
        )
        tint = colors(self.sky.lamps[0], self.scene.palette.deep)
        reflect(shape, tint, self.noise, self.lake, self.light)


_LANDS: dict[int, Floats] = {}


def _land(seed: int) -> Floats:
    """Mountains with branching crests, valleys filled with lakes."""
    if seed not in _LANDS:
        _LANDS.clear()
        ridges = ridge_noise(SIDE, seed=seed, octaves=5, largest=3.0).astype(np.float64)
        broad = cloud_noise(SIDE, seed=seed + 1, roughness=2.2, largest=1.5).astype(np.float64)
        height = 0.62 * ridges * (0.35 + 0.75 * broad) + 0.45 * broad**1.5
        _LANDS[seed] = np.ascontiguousarray(height / height.max(), dtype=np.float32)
    return _LANDS[seed]


def _smooth_way(heights: Floats, reach: float) -> Floats:
    """The height at which a camera clears the land around it; reach is how far around, in cells."""
    wide = np.maximum(heights, WATER).astype(np.float64)
    rows = np.fft.fftfreq(SIDE)[:, None] * SIDE
    columns = np.fft.rfftfreq(SIDE)[None, :] * SIDE
    keep = np.exp(-(rows**2 + columns**2) / (2.0 * reach**-2 * (SIDE / 6.2832) ** 2))
    smooth_land = np.fft.irfft2(np.fft.rfft2(wide**2) * keep, s=wide.shape)
    return np.sqrt(np.maximum(smooth_land, WATER**2)).astype(np.float32)


def _painted(heights: Floats, scene: Scene, weather: Weather, sun_x: float) -> Floats:
    """(SIDE, SIDE, 3): meadow, rock and snow under the low sun, with shadows."""
    palette = scene.palette
    h = heights.astype(np.float64)
    slope_x = (np.roll(h, -1, 1) - np.roll(h, 1, 1)) * 39.0
    slope_y = (np.roll(h, -1, 0) - np.roll(h, 1, 0)) * 39.0
    upright = 1.0 / np.sqrt(1.0 + slope_x**2 + slope_y**2)
    toward = np.array([1.0 if sun_x > 0 else -1.0, 0.55]) * 0.8
    lit = np.clip((0.42 - slope_x * toward[0] - slope_y * toward[1]) * upright, 0.0, None)
    lit *= _sunlit(h, int(toward[0] > 0) * 2 - 1)
    snow = np.clip((h - 0.56) * 7.0, 0, 1) * np.clip((upright - 0.52) * 5.0, 0, 1)
    meadow = np.clip((upright - 0.62) * 4.0, 0, 1) * np.clip((0.52 - h) * 8.0, 0, 1)
    rock = tone(palette.deep, 0.42, 0.45)
    grass = tone(palette.counter, 0.40, 0.7)
    white = tone(palette.light, 0.93, 0.5)
    base = rock + (grass - rock) * meadow[..., None]
    base = base + (white - base) * snow[..., None]
    sun = 0.3 * np.ones(3) + 0.7 * (0.5 * palette.light + 0.5 * palette.accent)
    dark = 1.0 - 0.88 * weather.night
    fill = tone(palette.main, 0.5, 0.8) * 0.55 * (0.35 + 0.65 * dark)
    light = (
        lit[..., None] * sun * 2.1 * (0.22 + 0.78 * dark) + fill * (0.5 + 0.5 * upright)[..., None]
    )
    return np.ascontiguousarray(base * light, dtype=np.float32)


def _sunlit(h: Plane, side: int) -> Plane:
    """1 where the low sun reaches, down to 0.15 in the shadow of crests."""
    shade = np.zeros_like(h)
    for step in range(2, 44, 2):
        higher = np.roll(h, (-step // 2, -step * side), (0, 1)) - h - step * 0.0075
        shade = np.maximum(shade, np.clip(higher * 14.0, 0.0, 1.0))
    return 1.0 - 0.85 * shade


def _valley_path(way: Floats) -> Plane:
    """(SIDE,) the column to fly at in each row: the lowest way through, smoothed, repeating."""
    land = np.concatenate([way, way, way]).astype(np.float64) ** 2
    cost, came = land[0].copy(), np.zeros(land.shape, dtype=np.int64)
    columns = np.arange(SIDE)
    for row in range(1, len(land)):
        sides = np.stack([np.roll(cost, 1) + 0.02, cost, np.roll(cost, -1) + 0.02])
        best = sides.argmin(0)
        came[row] = columns + best - 1
        cost = sides[best, columns] + land[row]
    path = np.zeros(len(land))
    path[-1] = cost.argmin()
    for row in range(len(land) - 1, 0, -1):
        path[row - 1] = path[row] + (came[row][int(path[row]) % SIDE] - int(path[row]) % SIDE)
    middle = path[SIDE : 2 * SIDE]
    drift = np.linspace(0.0, path[2 * SIDE] - path[SIDE], SIDE, endpoint=False)
    bend = np.fft.rfft(middle - drift) * np.exp(-((np.arange(SIDE // 2 + 1) / 7.0) ** 2))
    return np.fft.irfft(bend, SIDE)


def _clear_way(heights: Floats, path: Plane) -> Plane:
    """(SIDE,) the height in each row at which the land around the path and ahead is cleared."""
    columns = (path[:, None].round().astype(int) + np.arange(-7, 8)) % SIDE
    highest = np.maximum(heights[np.arange(SIDE)[:, None], columns].max(1), WATER)
    ahead = np.max([np.roll(highest, -step) for step in range(-6, 24)], axis=0).astype(np.float64)
    window = np.hanning(33) / np.hanning(33).sum()
    return np.convolve(np.concatenate([ahead[-16:], ahead, ahead[:16]]), window, mode="valid")


def _at(values: Plane, y: float) -> float:
    """A value of a line that repeats after SIDE rows."""
    return float(np.interp(y % SIDE, np.arange(SIDE + 1), np.append(values, values[0])))


def _on_path(path: Plane, y: float) -> tuple[float, float]:
    """The column at row y of the path, and the direction of flight there in radians."""
    here, ahead = _at(path, y), _at(path, y + 14.0)
    return here, math.atan2(ahead - here, 14.0)


@kernel
def _terrain(
    place: Floats,
    haze: Floats,
    heights: Floats,
    ground: Floats,
    noise: Floats,
    light: Floats,
    lake: Floats,
) -> None:
    """Slices of the land from near to far; each column is filled where a slice rises above."""
    rows, width = light.shape[1:]
    eye, middle, horizon, scale, tall = place[2], place[4], place[5], place[6], place[7]
    cosine, slant = np.cos(place[3]), np.sin(place[3])
    mask = heights.shape[0] - 1
    edge = np.full(width, f32(rows))
    last = np.zeros((width, 4), np.float32)
    rim = np.zeros((width, 5), np.float32)
    color = np.empty(4, np.float32)
    far = f32(5.0)
    for _ in range(SLICES):
        fog = 1.0 - 1.0 / (1.0 + far * far * 0.0000135)
        fog = fog * fog * 0.35 + fog * 0.65
        rise = tall / far * scale
        for i in range(width):
            u = (f32(i) - middle) / scale
            x = place[0] + far * (slant + cosine * u)
            y = place[1] + far * (cosine - slant * u)
            h = lattice(heights, x, y)
            row = horizon - (max(h, WATER) - eye) * rise
            if row >= edge[i] + 2.0:
                continue
            rough = lattice(noise, x * 2.3, y * 2.3) - 0.5
            if h > WATER:
                row -= rough * 0.04 * (h - WATER) * rise
            if row >= edge[i]:
                continue
            fx, fy = np.floor(x), np.floor(y)
            kx, ky = int(fx) & mask, int(fy) & mask
            near, next_row = ground[ky], ground[(ky + 1) & mask]
            kn = (kx + 1) & mask
            sunward = 1.0 / (1.0 + (u - haze[6]) * (u - haze[6]) * 7.0)
            for c in range(3):
                air = mix(haze[3 + c], haze[c], sunward) * haze[7] * 0.75
                upper = mix(near[kx, c], near[kn, c], x - fx)
                tint = mix(upper, mix(next_row[kx, c], next_row[kn, c], x - fx), y - fy)
                color[c] = mix(tint * (1.0 + rough * 0.9), air, fog)
            color[3] = h
            _fill_column(light, lake, i, row, edge, last, rim, color, 1.0 - fog * 0.85)
        far = far * 1.0166


@inline
def _fill_column(
    light: Floats,
    lake: Floats,
    i: int,
    row: Real,
    edge: Floats,
    last: Floats,
    rim: Floats,
    color: Floats,
    clear: Real,
) -> None:
    """Fill column i from row down to what is already there.

    rim remembers the sky and the share covered of the topmost pixel, so that several slices that
    meet in one pixel add up and the outline stays smooth. last holds color and height there.
    """
    bottom = edge[i]
    if bottom >= f32(light.shape[1]):
        last[i] = color
        rim[i, 4] = -1.0
    top = max(row, f32(0.0))
    inverse = 1.0 / max(bottom - row, 1.0)
    for j in range(min(int(bottom), light.shape[1] - 1), int(top) - 1, -1):
        y = f32(j)
        share = min(y + 1.0, bottom) - max(y, top)
        if share <= 0.0:
            continue
        if rim[i, 4] != y:
            for c in range(3):
                rim[i, c] = light[c, j, i]
            rim[i, 3] = 0.0
            rim[i, 4] = y
        along = unit((bottom - y - 0.5) * inverse)
        left = 1.0 - rim[i, 3]
        rim[i, 3] += share
        for c in range(3):
            value = mix(last[i, c], color[c], along)
            light[c, j, i] += share * value + (max(left - share, 0.0) - left) * rim[i, c]
        wet = unit((WATER - mix(last[i, 3], color[3], along)) * 70.0 + 0.5)
        lake[j, i] += (wet * clear - lake[j, i]) * share
    edge[i] = top
    last[i] = color


@kernel
def reflect(shape: Floats, tint: Floats, noise: Floats, lake: Floats, light: Floats) -> None:
    """Water shows what stands above it, mirrored at the horizon and broken by ripples."""
    rows, width = lake.shape
    middle, horizon, scale, time = shape[0], shape[1], shape[2], shape[3]
    sun_x, sparkle, rough = shape[4], shape[5], shape[6]
    for j in range(min(max(int(horizon), 1), rows), rows):
        down = (f32(j) - horizon) / scale + 0.004
        far = 1.0 / down
        clear = unit(0.42 + 0.5 / (1.0 + 6.0 * down))
        fine = 1.0 / (1.0 + far * far * 0.0025)
        for i in range(width):
            share = lake[j, i]
            if share < 0.01:
                continue
            x = (f32(i) - middle) / scale
            wave = lattice(noise, x * far * 26.0 + time * 6.0, far * 90.0 - time * 9.0) - 0.5
            small = lattice(noise, x * far * 85.0 - time * 7.0, far * 260.0 + time * 20.0) - 0.5
            wave, small = wave * fine, small * fine
            swell = (wave * 0.09 + small * 0.05) * (0.4 + down * 1.5) * rough
            up = horizon - (down + swell) * scale * 0.96
            side = f32(i) + small * 0.02 * scale
            k = min(max(int(up), 0), rows - 1)
            m = min(max(int(side), 0), width - 1)
            near = (x - sun_x) * (x - sun_x)
            glint = smooth(0.30, 0.50, small + wave * 0.6) * sparkle / (1.0 + near * 40.0)
            for c in range(3):
                mirror = light[c, k, m] * clear + tint[1, c] * 0.04
                light[c, j, i] = mix(light[c, j, i], mirror + glint * tint[0, c] * 0.8, share)
