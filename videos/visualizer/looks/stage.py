"""Stage: a band before a wall of light, beams in haze above it, the crowd in front."""

from __future__ import annotations

import math

import numpy as np

from videos.visualizer.canvas import Grade
from videos.visualizer.drive import Moment
from videos.visualizer.jit import Floats, f32, kernel, lattice, mix, sine, smooth, unit
from videos.visualizer.looks import people
from videos.visualizer.looks.base import Look, Scene, colors, numbers
from videos.visualizer.looks.sky import shared_clouds
from videos.visualizer.marks import beams, discs, dots, figure, shapes

# How large a body is, how far the crowd reaches up, and where the floor is, by framing.
FRAMINGS = {
    "wide": (0.25, 0.26, 0.67),
    "medium": (0.46, 0.13, 0.82),
    "close": (1.02, 0.0, 1.28),
}


class Stage(Look):
    """A wall of bars (variant 0), of rings (1) or of flowing light (2)."""

    pixels = 1088 * 612
    variants = 3
    grade = Grade(exposure=0.95, glow=0.45, spread=0.95, vignette=0.5)

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        canvas, palette = scene.canvas, scene.palette
        self.scale = 0.75 * math.sqrt(canvas.width * canvas.height)
        self.body, self.crowd_top, floor = FRAMINGS[scene.camera.framing]
        self.floor = canvas.height * (0.5 + (floor - 0.5) * (0.9 if scene.is_tall else 1.0))
        if scene.is_tall and scene.camera.framing != "close":
            self.body, self.crowd_top = 1.15 * self.body, 1.9 * self.crowd_top
        self.half = 0.5 * canvas.width / self.scale
        self.paint = colors(
            palette.main, palette.accent, palette.counter, palette.light, palette.deep
        )
        self.haze = shared_clouds()
        self.lamps = self._lamps()
        self.people = self._crowd()
        self.bokeh = self.random.random((26, 4))

    def _lamps(self) -> Floats:
        """(n, 4): place along the truss -1..1, row, phase, band."""
        count = 7 if self.scene.is_tall else 11
        across = np.linspace(-1.0, 1.0, count)
        upper = np.column_stack(
            [across, np.zeros(count), np.abs(across) * 2.2, 2 + 38 * np.abs(across)]
        )
        sides = np.array(
            [[-1.0, 1.0, 0.4, 6], [1.0, 1.0, 0.4, 6], [-0.62, 2, 1, 3], [0.62, 2, 1, 3]]
        )
        return np.concatenate([upper, sides]).astype(np.float32)

    def _crowd(self) -> Floats:
        """(n, 6): x in units, row, size, phase, arms (0 none, 1 one, 2 both), side; far rows first."""
        rows = []
        for row, count in enumerate((34, 26, 18)):
            for k in range(count):
                x = ((k + 0.5 + 0.5 * self.random.uniform(-0.8, 0.8)) / count - 0.5) * 2.6
                arms = self.random.choice([0, 0, 1, 2], p=[0.3, 0.2, 0.3, 0.2])
                size = self.random.uniform(0.88, 1.12)
                rows.append(
                    (x, row, size, self.random.uniform(0, 1), arms, self.random.choice([-1, 1]))
                )
        return np.array(rows, dtype=np.float32)

    def draw(self, moment: Moment) -> None:
        view = self.scene.view(moment)
        scale = self.scale * view.zoom
        middle = self.scene.canvas.width * 0.5 - 1.2 * view.x * self.scale
        floor = self.floor + 1.2 * view.y * self.scale
        close = self.scene.camera.framing == "close"
        self._wall(moment, middle, floor, scale * (1.5 if close else 1.0))
        if close:
            self._bokeh(moment, middle, scale)
        self._beams(moment, middle, floor, scale)
        self._band(moment, middle, floor, scale)
        self._blinders(moment, middle, floor, scale)
        if self.crowd_top > 0.0:
            self._audience(moment, middle, scale)

    def _wall(self, moment: Moment, middle: float, floor: float, scale: float) -> None:
        framing = self.scene.camera.framing
        tall = 1.05 if self.scene.is_tall else 0.62
        shape = numbers(
            middle,
            floor,
            scale,
            min(self.half * 0.74, 0.72) * (1.25 if framing != "wide" else 1.0),
            tall * (1.35 if framing != "wide" else 1.0),
            self.scene.variant % 3,
            0.5 * moment.travel,
            (0.42 + 0.35 * moment.energy + 0.35 * moment.beat + 0.2 * moment.bar)
            * (0.55 if framing == "close" else 1.0),
            0.6 if framing == "close" else 1.0,
            moment.low,
            0.042 if framing == "close" else 0.0165,
        )
        _wall(shape, moment.spectrum, self.paint, self.haze, self.light)

    def _beams(self, moment: Moment, middle: float, floor: float, scale: float) -> None:
        lamps = self.lamps
        pattern = (moment.bar_count // 2) % 4
        swing = 0.5 * math.pi * moment.beat_count / (4.0 if pattern % 2 else 2.0)
        marks = np.empty((len(lamps), 11), dtype=np.float32)
        top = floor - (1.2 if self.scene.is_tall else 0.72) * scale
        if self.scene.camera.framing != "wide":
            top = -0.06 * scale
        marks[:, 0] = middle + lamps[:, 0] * self.half * 0.95 * scale
        marks[:, 1] = np.choose(lamps[:, 1].astype(int), [top, floor - 0.30 * scale, floor])
        spread = (0.9, 0.35, -0.5, 0.15)[pattern] * lamps[:, 0]
        angle = spread + 0.42 * np.sin(swing + lamps[:, 2] * (1.0 + pattern % 3))
        up = np.where(lamps[:, 1] == 0, 1.0, -1.0)
        marks[:, 2], marks[:, 3] = np.sin(angle), np.cos(angle) * up
        marks[:, 4], marks[:, 5] = 0.009 * scale, 0.085
        marks[:, 6] = (1.5 if self.scene.is_tall else 1.15) * scale
        level = moment.spectrum[lamps[:, 3].astype(int)]
        marks[:, 7] = 0.25 + 0.9 * level + 0.55 * moment.bar + 0.3 * moment.energy
        index = (np.arange(len(lamps)) + moment.bar_count // 4) % 2
        marks[:, 8:] = self.paint[np.where(lamps[:, 1] > 0, 2, index)]
        marks[:, 8:] += 0.12 * self.paint[3]
        beams(marks, self.haze, 1.1 * moment.travel, self.light)
        heads = np.empty((len(lamps), 6), dtype=np.float32)
        heads[:, :2], heads[:, 2] = marks[:, :2], 0.012 * scale
        heads[:, 3:] = (marks[:, 8:] + 0.5 * self.paint[3]) * marks[:, 7:8] * 2.2
        dots(heads, self.light)

    def _band(self, moment: Moment, middle: float, floor: float, scale: float) -> None:
        beat, size = moment.beat_count * math.pi, self.body * scale
        sway, bob = math.sin(beat * 0.5), 0.018 * moment.kick
        hit, other = moment.kick, max(0.0, 1.0 - 2.0 * abs((moment.beat_count % 1.0) - 0.5))
        close = self.scene.camera.framing == "close"
        gap = self.body * (0.95 if self.scene.is_tall else 1.7) * scale
        lead = middle - (0.0 if close else 0.36 * gap)
        riser = floor - 0.30 * size
        lift = 0.35 * moment.energy + 0.65 * moment.bar
        drums, strum = people.drummer(hit, other), math.sin(beat * 2.0)
        parts = [
            people.placed(drums, middle + 0.22 * gap, riser, 1.0 * size),
            people.placed(
                people.guitarist(-sway, strum, bob), middle - 1.25 * gap, floor, size, flip=True
            ),
            people.placed(people.guitarist(sway, -strum, bob), middle + 1.15 * gap, floor, size),
            people.placed(people.singer(sway, lift), lead, floor + 0.06 * size, 1.06 * size),
        ]
        rim = self.paint[0] * (0.5 + 0.9 * moment.beat) + self.paint[3] * 0.35
        paint = colors(0.006 * self.paint[4], rim)
        if close:
            parts = parts[3:]
        else:
            shapes(_riser(middle + 0.22 * gap, riser, size), paint, self.light)
        for part in parts:
            figure(part, 0.035 * size, paint, self.light)
        if not close:
            kit = people.placed(people.drum_kit(hit, other), middle + 0.22 * gap, riser, size)
            shapes(kit, paint, self.light)

    def _blinders(self, moment: Moment, middle: float, floor: float, scale: float) -> None:
        """Warm lamps along the edge of the stage that answer the bar."""
        count = 9
        marks = np.empty((count, 6), dtype=np.float32)
        marks[:, 0] = middle + np.linspace(-0.9, 0.9, count) * self.half * scale
        marks[:, 1] = floor + 0.035 * scale
        marks[:, 2] = 0.010 * scale
        marks[:, 3:] = self.paint[3] * (0.25 + 1.6 * moment.bar + 0.8 * moment.kick * moment.low)
        dots(marks, self.light)

    def _bokeh(self, moment: Moment, middle: float, scale: float) -> None:
        spots, canvas = self.bokeh, self.scene.canvas
        marks = np.empty((len(spots), 6), dtype=np.float32)
        marks[:, 0] = (spots[:, 0] * 1.3 - 0.15) * canvas.width + 0.4 * (
            middle - 0.5 * canvas.width
        )
        marks[:, 1] = spots[:, 1] * canvas.height * 0.85
        marks[:, 2] = (0.02 + 0.045 * spots[:, 2]) * scale
        level = moment.spectrum[(spots[:, 3] * 40).astype(int)]
        tint = self.paint[(spots[:, 3] * 2.99).astype(int)]
        marks[:, 3:] = tint * (0.05 + 0.35 * level + 0.15 * moment.beat)[:, None]
        discs(marks, self.light)

    def _audience(self, moment: Moment, middle: float, scale: float) -> None:
        people_, height = self.people, self.scene.canvas.height
        row = people_[:, 1]
        size = (0.075 + 0.035 * row) * people_[:, 2] * scale * (0.9 + 1.2 * (self.body - 0.25))
        phase = moment.beat_count + 0.12 * people_[:, 3]
        jump = np.abs(np.sin(math.pi * phase)) * (0.10 + 0.30 * moment.energy)
        base = height - self.crowd_top * scale * (1.0 - 0.40 * row) + 0.9 * size
        x = (
            middle
            + people_[:, 0] * scale * (1.0 + 0.06 * row)
            + 0.15 * size * np.sin(math.pi * phase)
        )
        y = base - 0.55 * size * jump
        limbs = _crowd_limbs(x, y, size, people_, phase, moment.energy)
        for k in range(3):
            rim = self.paint[0] * 0.5 + self.paint[1] * 0.25
            power = (0.55 + 0.9 * moment.beat) * (0.8, 0.45, 0.22)[k]
            shade = 0.020 * self.paint[4] * (2.0, 0.8, 0.2)[k]
            shapes(limbs[k], colors(shade, rim * power), self.light)


def _riser(x: float, y: float, size: float) -> Floats:
    """A platform for the drums: bars close above each other."""
    rows = [(x - 0.62 * size, y + k * 0.05 * size, x + 0.62 * size) for k in range(1, 7)]
    marks = [
        (a, b, c, b, 0.035 * size, 0.035 * size, 0.5 if b == rows[0][1] else 0.0, 1.0)
        for a, b, c in rows
    ]
    return np.array(marks, dtype=np.float32)


def _crowd_limbs(
    x: Floats, y: Floats, size: Floats, people_: Floats, phase: Floats, energy: float
) -> list[Floats]:
    """The limbs of each row of the crowd: arms, shoulders, heads."""
    wave = np.abs(np.sin(np.pi * phase + people_[:, 3] * 1.5))
    lift: Floats = (0.45 + 0.55 * wave * (0.5 + 0.5 * energy)).astype(np.float32)
    parts = []
    for k in range(3):
        row = people_[:, 1] == k
        left = row & (people_[:, 4] == 2)
        right = row & (people_[:, 4] >= 1)
        pieces = [
            _arm(x, y, size, lift, left, -people_[:, 5]),
            _arm(x, y, size, lift, right, people_[:, 5]),
        ]
        pieces.append(
            _limb(x[row], y[row], size[row], (-0.34, 0.62), (0.34, 0.62), 0.30, 0.30, 0.8)
        )
        pieces.append(_limb(x[row], y[row], size[row], (0.0, 0.62), (0.0, 2.6), 0.52, 0.62, 0.0))
        pieces.append(_limb(x[row], y[row], size[row], (0.0, -0.04), (0.0, 0.08), 0.235, 0.22, 1.0))
        parts.append(np.concatenate(pieces))
    return parts


def _arm(x: Floats, y: Floats, size: Floats, lift: Floats, who: Floats, side: Floats) -> Floats:
    s, up = side[who], lift[who]
    px, py, h = x[who], y[who], size[who]
    elbow_x, elbow_y = px + s * 0.52 * h, py + (0.25 - 0.55 * up) * h
    hand_x, hand_y = px + s * (0.44 - 0.12 * up) * h, py - (0.30 + 1.05 * up) * h
    one, rim = np.ones_like(h), np.full_like(h, 0.9)
    upper = [px + s * 0.36 * h, py + 0.6 * h, elbow_x, elbow_y, 0.14 * h, 0.11 * h, 0.6 * one, one]
    lower = [elbow_x, elbow_y, hand_x, hand_y, 0.11 * h, 0.075 * h, rim, one]
    hand = [hand_x, hand_y, hand_x, hand_y - 0.12 * h, 0.095 * h, 0.075 * h, rim, one]
    rows = [np.column_stack(part) for part in (upper, lower, hand)]
    return np.concatenate(rows).astype(np.float32)


def _limb(
    x: Floats,
    y: Floats,
    size: Floats,
    start: tuple[float, float],
    end: tuple[float, float],
    thick: float,
    thin: float,
    rim: float,
) -> Floats:
    columns = [x + start[0] * size, y + start[1] * size, x + end[0] * size, y + end[1] * size]
    columns += [thick * size, thin * size, np.full_like(size, rim), np.ones_like(size)]
    return np.column_stack(columns).astype(np.float32)


@kernel
def _wall(shape: Floats, spectrum: Floats, paint: Floats, haze: Floats, light: Floats) -> None:
    """Room, floor and a wall of small lamps that shows bars, rings or flowing light."""
    rows, width = light.shape[1:]
    middle, floor, scale, half, tall = shape[0], shape[1], shape[2], shape[3], shape[4]
    kind, time, power, sharp, low = shape[5], shape[6], shape[7], shape[8], shape[9]
    pitch = shape[10]
    inverse = 1.0 / scale
    for j in range(rows):
        y = (floor - f32(j)) * inverse - 0.03
        on_floor = y < -0.03
        up = y if not on_floor else -0.035 - y * 1.0
        blurred = 0.30 / (1.0 + 4.0 * abs(y)) if on_floor else 1.0
        for i in range(width):
            x = (f32(i) - middle) * inverse
            side = abs(x)
            inside = unit((half - side) * 60.0) * unit((tall - up) * 60.0) * unit(up * 60.0)
            cx, cy = np.floor(x / pitch) + 0.5, np.floor(up / pitch) + 0.5
            gx, gy = x / pitch - cx, up / pitch - cy
            lamp = unit(1.45 - (gx * gx + gy * gy) * 5.5)
            lamp = mix(0.42, lamp, sharp) if not on_floor else f32(0.5)
            sx, sy = cx * pitch / half, cy * pitch / tall
            first, second = f32(0.0), f32(0.0)
            if kind < 0.5:
                place = abs(sx) * 26.0
                band = min(int(place), 46)
                level = spectrum[band] * 0.85 + 0.10
                bar = unit((level - sy) * 14.0) * smooth(
                    0.0, 0.25, 0.5 - abs(place - np.floor(place) - 0.5)
                )
                first = bar * (0.35 + 0.9 * sy)
                second = unit(1.0 - abs(sy - level) * 22.0)
            elif kind < 1.5:
                r = np.sqrt(sx * sx * half * half + (sy - 0.52) * (sy - 0.52) * tall * tall) * 2.4
                band = min(int(r * 20.0), 46)
                ring = 0.5 + 0.5 * sine(r * 26.0 - time * 7.0)
                first = ring * ring * ring * (0.15 + 1.3 * spectrum[band])
                second = unit(1.0 - abs(r - 0.30 - 0.25 * low) * 16.0)
            else:
                warp = sine(sx * 3.0 + time) + sine(sy * 4.0 - time * 1.3 + sx * 2.0)
                fold = sine(warp * 2.2 + sx * 5.0 * sy + time * 0.8)
                band = min(int(abs(fold) * 30.0), 46)
                first = unit(0.5 + 0.5 * fold) * (0.20 + 0.7 * spectrum[band])
                second = unit(abs(warp) - 1.1) * 0.8
            fog = 0.55 + 0.9 * lattice(haze, x * 9.0 + time * 0.8, y * 14.0 - time * 0.5)
            gloom = 0.020 + 0.10 / (1.0 + 9.0 * (x * x + (up - 0.25) * (up - 0.25)))
            shine = inside * lamp * power * blurred
            for c in range(3):
                color = paint[0, c] * first + paint[1, c] * second + paint[4, c] * 0.10
                room = mix(paint[4, c], paint[0, c], 0.35) * gloom * fog * (0.35 + 0.5 * power)
                light[c, j, i] = color * shine * 1.25 + room * (0.5 if on_floor else 1.0)
