"""Street: a drive at night between lit houses, signs and shops mirrored in the wet road."""

from __future__ import annotations

import math

import numpy as np

from videos.visualizer.canvas import Grade
from videos.visualizer.drive import Moment
from videos.visualizer.jit import Floats, Real, f32, inline, kernel, lattice, mix, smooth, unit
from videos.visualizer.looks.base import Look, Scene, colors, numbers
from videos.visualizer.looks.sky import shared_ripples
from videos.visualizer.marks import dots, streaks

TEXELS = 80  # of one unit of wall
BLOCKS = 14
BLOCK = 1.6  # units along the street
TALL = 3.6  # units of wall that are painted
LEVELS = 6
BAND_OF_BLOCK = 3


class Street(Look):
    """A canyon of high houses (variant 0) or a market street of low ones, full of signs (1)."""

    pixels = 960 * 540
    variants = 2
    grade = Grade(exposure=1.0, glow=0.5, spread=0.9, vignette=0.5)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        palette = scene.palette
        tungsten = np.array([1.0, 0.50, 0.18])
        self.paint = colors(
            palette.main, palette.accent, palette.counter, palette.light, palette.deep
        )
        self.warm = 0.7 * tungsten + 0.3 * palette.light
        self.wall = [_levels(self._painted(side)) for side in range(2)]
        self.left, self.right = _stacked(self.wall[0]), _stacked(self.wall[1])
        self.cars = self.random.random((12, 4))
        self.noise = shared_ripples()
        self.start = float(self.random.uniform(0.0, BLOCKS * BLOCK))

    def _painted(self, side: int) -> Floats:
        """(rows, columns, 4): light and solidity of one side of the street, row 0 at the ground."""
        wide, rows = int(BLOCK * TEXELS), int(TALL * TEXELS)
        wall = np.zeros((rows, wide * BLOCKS, 4), dtype=np.float32)
        for block in range(BLOCKS):
            house = wall[:, block * wide : (block + 1) * wide]
            low = self.scene.variant % 2 == 1
            tall = self.random.uniform(0.9, 1.7) if low else self.random.uniform(1.5, 3.5)
            self._house(house, int(tall * TEXELS))
        return wall

    def _house(self, house: Floats, top: int) -> None:
        random, paint = self.random, self.paint
        _rows, wide = house.shape[:2]
        body = 0.010 * paint[4] + 0.003
        fall = np.linspace(1.0, 0.35, top)[:, None, None]
        house[:top, : wide - random.integers(0, 10), :3] = body * fall
        house[:top, :, 3] = 1.0
        self._windows(house, top)
        tint = paint[random.integers(0, 3)]
        floor = int(0.37 * TEXELS)
        self._shop(house, tint)
        if random.uniform() < 0.75:
            sign = house[floor - 7 : floor, 12 : wide - 12]
            sign[..., :3] = tint * 0.12
            sign[[0, -1], :, :3] = tint * 1.6
            letters = np.kron(random.uniform(size=(1, sign.shape[1] // 4)) < 0.6, np.ones((3, 4)))
            sign[2:5, : letters.shape[1], :3] += letters[..., None] * tint * 2.4
        for _ in range(random.integers(1, 4)):
            self._sign(house, floor, top)
        if random.uniform() < 0.5:
            house[top - 3 : top, :, :3] = paint[random.integers(0, 3)] * 1.4

    def _shop(self, house: Floats, tint: Floats) -> None:
        """A lit front with shelves, a door, an awning and people that stand before it."""
        random, wide = self.random, house.shape[1]
        low, high = int(0.03 * TEXELS), int(0.25 * TEXELS)
        front = house[low:high, 8 : wide - 8]
        fade = np.linspace(0.35, 1.0, high - low)[:, None, None]
        front[..., :3] = (0.6 * self.warm + 0.25 * tint) * random.uniform(0.05, 0.32) * fade
        for x in range(3, front.shape[1] - 6, int(random.integers(9, 16))):
            front[:, x : x + 1, :3] *= 0.1
            goods = int(random.integers(3, high - low - 4))
            front[:goods, x + 2 : x + 7, :3] *= random.uniform(0.1, 1.6)
        for _ in range(random.integers(0, 4)):
            x, tall = int(random.integers(4, front.shape[1] - 8)), int(random.integers(11, 14))
            front[: tall - 3, x : x + 5, :3] *= 0.05
            front[tall - 3 : tall, x + 1 : x + 4, :3] *= 0.05
        house[high : high + 2, 6 : wide - 6, :3] = self.warm * 0.9
        house[:low, :, :3] = 0.004

    def _windows(self, house: Floats, top: int) -> None:
        random, wide = self.random, house.shape[1]
        pitch, bay = int(random.integers(12, 19)), int(random.integers(9, 20))
        some = random.uniform(0.12, 0.42)
        for row in range(int(0.42 * TEXELS), top - pitch, pitch):
            for column in range(6, wide - bay, bay):
                if random.uniform() < some:
                    glow = self.warm if random.uniform() < 0.7 else self.paint[3]
                    power = 0.05 + 0.75 * random.uniform() ** 2.5
                    pane = house[row : row + int(pitch * 0.62), column : column + int(bay * 0.66)]
                    pane[..., :3] = glow * power

    def _sign(self, house: Floats, floor: int, top: int) -> None:
        """An upright sign with characters of light, or a round one."""
        random, wide = self.random, house.shape[1]
        tint = self.paint[random.integers(0, 3)]
        x, thick = int(random.integers(4, wide - 26)), int(random.integers(9, 20))
        low = int(random.integers(floor + 4, floor + 40))
        high = min(low + int(random.integers(40, 110)), top - 4)
        if high - low < 20:
            return
        house[low:high, x : x + thick, :3] = 0.10 * tint
        for edge in (slice(x, x + 2), slice(x + thick - 2, x + thick)):
            house[low:high, edge, :3] = tint * 2.2
        for y in range(low + 5, high - thick, thick + 2):
            glyph = random.uniform(size=(5, 4)) < 0.55
            big = np.kron(glyph, np.ones((max(thick // 6, 1), max((thick - 6) // 4, 1))))
            cell = house[y : y + big.shape[0], x + 3 : x + 3 + big.shape[1], :3]
            cell += big[: cell.shape[0], : cell.shape[1], None] * (self.paint[3] * 0.9 + tint)

    def draw(self, moment: Moment) -> None:
        scene, canvas = self.scene, self.scene.canvas
        view = scene.view(moment)
        zoom = view.zoom * (0.62 + 0.30 * scene.camera.zoom)
        scale = 0.75 * math.sqrt(canvas.width * canvas.height) * zoom
        way = self.start + 1.5 * moment.travel
        bend = 0.10 * math.sin(0.11 * way)
        middle = canvas.width * 0.5 + (bend - 0.8 * view.x) * scale
        horizon = canvas.height * (0.60 if scene.is_tall else 0.58) + 1.5 * view.y * scale
        eye = 0.22 if scene.camera.framing == "close" else 0.34
        place = numbers(
            middle,
            horizon,
            scale,
            way,
            eye,
            0.75 + 0.35 * moment.energy,
            0.30 + 0.35 * moment.energy + 0.35 * moment.beat,
            view.roll - 0.25 * bend,
            0.25 * moment.bar,
        )
        levels = moment.spectrum[(np.arange(BLOCKS) * BAND_OF_BLOCK) % 44]
        shine = (0.45 + 1.15 * levels + 0.25 * moment.beat).astype(np.float32)
        _street(place, shine, self.paint, self.left, self.right, self.noise, self.light)
        self._traffic(moment, middle, horizon, scale, eye)

    def _traffic(
        self, moment: Moment, middle: float, horizon: float, scale: float, eye: float
    ) -> None:
        """Tail lights ahead on the right, head lights that come on the left."""
        rows, cars = [], self.cars
        for lane, start, pace, shade in cars:
            coming = lane < 0.5
            z = (
                start * 26.0 + moment.travel * (-5.0 if coming else -0.9) * (0.8 + 0.4 * pace)
            ) % 26.0
            z = z + 1.1
            x = (-0.42 if coming else 0.34) + 0.10 * (shade - 0.5)
            tint = 1.1 * self.paint[3] + 0.5 if coming else np.array([2.4, 0.16, 0.10])
            fade = min((z - 1.1) * 1.5, 1.0) * min((27.1 - z) * 0.3, 1.0)
            power = fade * (0.8 + 0.5 * moment.kick) / (1.0 + 0.05 * z)
            for side in (-0.075, 0.075):
                sx = middle + (x + side) / z * scale
                sy = horizon + (eye - 0.075) / z * scale
                rows.append((sx, sy, 0.020 / z * scale + 0.8, *(tint * power)))
        marks = np.array(rows, dtype=np.float32)
        dots(marks, self.light)
        glints = np.empty((len(marks), 8), dtype=np.float32)
        glints[:, 0] = glints[:, 2] = marks[:, 0]
        glints[:, 3] = marks[:, 1] + 0.6 * marks[:, 2]
        glints[:, 1] = (
            2.0 * horizon - marks[:, 1] + 2.6 * (marks[:, 1] - horizon) + 6.0 * marks[:, 2]
        )
        glints[:, 4] = 0.7 * marks[:, 2]
        glints[:, 5:] = 0.35 * marks[:, 3:]
        streaks(glints, self.light)


def _levels(wall: Floats) -> list[Floats]:
    """The wall at full width and five times halved along the street, each a mean of the last."""
    levels = [wall]
    for _ in range(LEVELS - 1):
        last = levels[-1]
        levels.append(0.5 * (last[:, 0::2] + last[:, 1::2]))
    return levels


def _stacked(levels: list[Floats]) -> Floats:
    """All levels side by side in one array; level k begins where ``_first`` says."""
    return np.ascontiguousarray(np.concatenate(levels, axis=1), dtype=np.float32)


@inline
def _level_for(step: Real) -> tuple[int, int]:
    """Of the level whose texels are about a pixel apart: its first column and its width."""
    count = int(BLOCK * TEXELS) * BLOCKS
    level, first = 0, 0
    while step > 1.4 and level < LEVELS - 1:
        first += count
        count >>= 1
        step *= 0.5
        level += 1
    return first, count


@inline
def _road(x: Real, road: Real, way: Real, noise: Floats) -> tuple[Real, Real, Real]:
    """Of the asphalt at this place: its ripple, how much it mirrors, its painted line."""
    ahead = road + way
    ripple = (lattice(noise, x * road * 60.0, ahead * 24.0) - 0.5) / (1.0 + road * 0.12)
    puddle = smooth(0.35, 0.65, lattice(noise, x * road * 11.0 + 9.0, ahead * 9.0))
    dashed = ahead * 0.8 - np.floor(ahead * 0.8) < 0.45
    is_line = dashed and abs(x * road) < 0.014
    return ripple, 0.16 + 0.42 * puddle, (0.10 if is_line else 0.0) / (1.0 + road * 0.3)


@inline
def _blend(low: Floats, high: Floats, a: int, b: int, u: Real, v: Real, c: int) -> Real:
    return mix(mix(low[a, c], low[b, c], u), mix(high[a, c], high[b, c], u), v)


@kernel
def _street(
    place: Floats,
    shine: Floats,
    paint: Floats,
    left: Floats,
    right: Floats,
    noise: Floats,
    light: Floats,
) -> None:
    """Each pixel's ray meets a wall; below the ground it is the mirrored wall that it meets."""
    rows, width = light.shape[1:]
    middle, horizon, scale, way, eye = place[0], place[1], place[2], place[3], place[4]
    power, glow, roll, flash = place[5], place[6], place[7], place[8]
    cosine, slant = np.cos(roll), np.sin(roll)
    for j in range(rows):
        v = (f32(j) - horizon) / scale
        for i in range(width):
            u = (f32(i) - middle) / scale
            x, y = u * cosine - v * slant, u * slant + v * cosine
            far = 1.0 / max(abs(x), 0.012)
            up, z = eye - y * far, far + way
            is_road = up < 0.0
            wet, line = f32(1.0), f32(0.0)
            if is_road:
                ripple, wet, line = _road(x, eye / max(y, 0.004), way, noise)
                up = -up * (0.80 + 0.5 * ripple)
                z += ripple * 0.30
            first, count = _level_for(far * far / scale * TEXELS * 1.2)
            wall = right if x > 0.0 else left
            block = int(z / BLOCK) + (0 if x > 0.0 else 5)
            strength = shine[block % BLOCKS]
            across = z * TEXELS * f32(count) / (BLOCK * TEXELS * BLOCKS) - 0.5
            fx = np.floor(across)
            a = int(fx) % count
            b = first + (a + 1 if a + 1 < count else 0)
            a, share = a + first, across - fx
            top = min(max(int(up * TEXELS - 0.5), 0), wall.shape[0] - 2)
            low, high, rise = wall[top], wall[top + 1], unit(up * TEXELS - 0.5 - f32(top))
            solid = _blend(low, high, a, b, share, rise, 3)
            haze = far * far / (far * far + 110.0)
            thin = 1.0 / (1.0 + (x * x + y * y * 2.0) * 14.0)
            ahead = thin * thin * thin * (glow * 0.35 + flash)
            for c in range(3):
                air = mix(paint[0, c] * 0.6 + paint[1, c] * 0.25, paint[4, c] * 0.5, unit(-1.1 * y))
                sky = air * (0.05 + 0.30 * glow * thin) + paint[4, c] * 0.02
                lit = _blend(low, high, a, b, share, rise, c) * power * strength
                wash = paint[block % 3, c] * 0.016 * strength / (0.25 + up)
                value = mix(sky, lit * (1.0 - 0.75 * haze) + wash + sky * haze, solid)
                value += (paint[0, c] + 0.4 * paint[3, c]) * ahead
                ground = (0.004 + line) * paint[3, c] + 0.010 * paint[4, c]
                light[c, j, i] = value * wet + (ground if is_road else 0.0)
