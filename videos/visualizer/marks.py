"""Small lights added to a picture: dots, discs out of focus, and streaks."""

from __future__ import annotations

import numpy as np

from videos.visualizer.jit import Floats, Real, f32, inline, kernel, lattice, mix, unit


@kernel
def dots(marks: Floats, light: Floats) -> None:
    """Soft round lights. marks (n, 6): x, y and radius in pixels, then linear R, G, B."""
    height, width = light.shape[1:]
    for k in range(marks.shape[0]):
        x, y, radius = marks[k, 0], marks[k, 1], max(marks[k, 2], 0.6)
        reach = radius * 2.2
        inverse = 1.0 / (radius * radius)
        for j in range(max(int(y - reach), 0), min(int(y + reach) + 2, height)):
            dy = f32(j) - y
            for i in range(max(int(x - reach), 0), min(int(x + reach) + 2, width)):
                dx = f32(i) - x
                share = unit(1.0 - (dx * dx + dy * dy) * inverse * 0.25)
                share = share * share
                share = share * share
                for c in range(3):
                    light[c, j, i] += marks[k, 3 + c] * share


@kernel
def discs(marks: Floats, light: Floats) -> None:
    """Lights out of focus: flat discs with a brighter rim. marks as for dots."""
    height, width = light.shape[1:]
    for k in range(marks.shape[0]):
        x, y, radius = marks[k, 0], marks[k, 1], max(marks[k, 2], 1.0)
        soft = 1.0 / max(radius * 0.08, 1.0)
        for j in range(max(int(y - radius) - 1, 0), min(int(y + radius) + 2, height)):
            dy = f32(j) - y
            for i in range(max(int(x - radius) - 1, 0), min(int(x + radius) + 2, width)):
                dx = f32(i) - x
                far = np.sqrt(dx * dx + dy * dy)
                share = unit((radius - far) * soft)
                near = far / radius
                share = share * (0.55 + 0.45 * near * near * near)
                for c in range(3):
                    light[c, j, i] += marks[k, 3 + c] * share


@kernel
def streaks(marks: Floats, light: Floats) -> None:
    """Thin lines with a soft edge, brightest at the end. marks (n, 8): from x, y, to x, y, width in
    pixels, then linear R, G, B."""
    height, width = light.shape[1:]
    for k in range(marks.shape[0]):
        ax, ay, bx, by = marks[k, 0], marks[k, 1], marks[k, 2], marks[k, 3]
        thick = max(marks[k, 4], 0.5)
        dx, dy = bx - ax, by - ay
        inverse = 1.0 / (dx * dx + dy * dy + 1e-6)
        top, bottom = min(ay, by) - thick * 2.0, max(ay, by) + thick * 2.0
        slant = dx / dy if abs(dy) > 0.5 else f32(0.0)
        for j in range(max(int(top), 0), min(int(bottom) + 2, height)):
            y = f32(j)
            if abs(dy) > abs(dx):
                middle = ax + (min(max(y, min(ay, by)), max(ay, by)) - ay) * slant
                left, right = middle - thick * 3.0, middle + thick * 3.0
            else:
                left, right = min(ax, bx) - thick * 2.0, max(ax, bx) + thick * 2.0
            for i in range(max(int(left), 0), min(int(right) + 2, width)):
                x = f32(i)
                along = unit(((x - ax) * dx + (y - ay) * dy) * inverse)
                px, py = x - ax - along * dx, y - ay - along * dy
                share = unit(1.0 - (px * px + py * py) / (thick * thick * 2.0))
                share = share * share * (0.15 + 0.85 * along)
                for c in range(3):
                    light[c, j, i] += marks[k, 5 + c] * share


@kernel
def beams(marks: Floats, haze: Floats, drift: float, light: Floats) -> None:
    """Cones of light in haze. marks (n, 11): origin x, y, direction x, y (of length 1), width at the
    origin, growth of the width, reach in pixels, strength, then linear R, G, B. haze is a square
    noise table, drift moves it."""
    height, width = light.shape[1:]
    row = np.empty(width, np.float32)
    for k in range(marks.shape[0]):
        ox, oy, dx, dy = marks[k, 0], marks[k, 1], marks[k, 2], marks[k, 3]
        start, grow, reach, power = marks[k, 4], marks[k, 5], marks[k, 6], marks[k, 7]
        end_y = oy + dy * reach
        spread = start + grow * reach
        first = max(int(min(oy, end_y) - spread), 0)
        for j in range(first, min(int(max(oy, end_y) + spread) + 1, height)):
            py = f32(j) - oy
            left, right = _beam_span(ox, dx, dy, py, start, grow, reach)
            a, b = max(int(left), 0), min(int(right) + 1, width)
            for i in range(a, b):
                px = f32(i) - ox
                along = px * dx + py * dy
                aside = px * dy - py * dx
                wide = start + grow * max(along, 0.0)
                across = unit(1.0 - aside * aside / (wide * wide))
                far = max(along, 0.0) / reach
                thin = start / wide
                fade = unit(1.0 - far) * unit(along * 0.2 + 0.5)
                core = across * across * across * across
                row[i] = (
                    (across * across * 0.45 + core * 0.55) * fade * (0.22 + 0.78 * thin) * power
                )
            for i in range(a, b):
                if row[i] > 0.0005:
                    x, y = f32(i) * 0.022 + drift, f32(j) * 0.03 - drift * 0.6
                    row[i] *= 0.45 + 1.1 * lattice(haze, x + 7.0 * f32(k), y)
            for c in range(3):
                out, color = light[c, j], marks[k, 8 + c]
                for i in range(a, b):
                    out[i] += row[i] * color


@inline
def _beam_span(
    ox: Real, dx: Real, dy: Real, py: Real, start: Real, grow: Real, reach: Real
) -> Real:
    """The pixels of a row that a cone can touch, from and to."""
    far_x = ox + dx * reach
    wide = start + grow * reach
    left, right = min(ox, far_x) - wide, max(ox, far_x) + wide
    if abs(dy) > 0.25:
        along = min(max(py / dy, 0.0), reach)
        slack = (start + grow * along) * 2.2 / abs(dy) + grow * grow * reach
        middle = ox + dx / dy * py
        left, right = max(left, middle - slack), min(right, middle + slack)
    return left, right


@kernel
def shapes(marks: Floats, paint: Floats, light: Floats) -> None:
    """Solid limbs with a rim of light. marks (n, 8): from x, y, to x, y, radius at each end, share
    of the paint's rim that shows, opacity. paint (2, 3): the solid color, the rim's color."""
    height, width = light.shape[1:]
    for k in range(marks.shape[0]):
        ax, ay, bx, by = marks[k, 0], marks[k, 1], marks[k, 2], marks[k, 3]
        ra, rb, rim, solid = marks[k, 4], marks[k, 5], marks[k, 6], marks[k, 7]
        dx, dy = bx - ax, by - ay
        inverse = 1.0 / (dx * dx + dy * dy + 1e-6)
        most = max(ra, rb) + 1.5
        first, last = int(min(ax, bx) - most), int(max(ax, bx) + most) + 2
        for j in range(max(int(min(ay, by) - most), 0), min(int(max(ay, by) + most) + 2, height)):
            y = f32(j) - ay
            for i in range(max(first, 0), min(last, width)):
                x = f32(i) - ax
                along = unit((x * dx + y * dy) * inverse)
                px, py = x - along * dx, y - along * dy
                far = np.sqrt(px * px + py * py)
                radius = mix(ra, rb, along)
                share = unit(radius - far + 0.5) * solid
                if share <= 0.0:
                    continue
                edge = unit(1.0 - (radius - far) / (0.22 * radius + 1.0))
                lit = edge * edge * unit(-py / (far + 0.01) * 0.8 + 0.2) * rim
                for c in range(3):
                    color = paint[0, c] + paint[1, c] * lit
                    light[c, j, i] = mix(light[c, j, i], color, share)


@kernel
def figure(limbs: Floats, blend: float, paint: Floats, light: Floats) -> None:
    """One body: limbs (as marks of shapes) melt into each other, light from behind rims it.

    blend is the width in pixels over which limbs melt. paint (2, 3): solid color, rim's color.
    """
    height, width = light.shape[1:]
    left, top, right, bottom = _bounds(limbs, blend + 3.0, width, height)
    if right - left < 3 or bottom - top < 3:
        return
    field = np.full((bottom - top, right - left), f32(1e4))
    for k in range(limbs.shape[0]):
        _melt(limbs[k], blend, left, top, field)
    rim_width = 1.2 + 0.10 * blend
    for j in range(1, field.shape[0] - 1):
        above, here, below = field[j - 1], field[j], field[j + 1]
        for i in range(1, field.shape[1] - 1):
            far = here[i]
            if far > 0.5:
                continue
            share = unit(0.5 - far)
            gx, gy = here[i + 1] - here[i - 1], below[i] - above[i]
            length = np.sqrt(gx * gx + gy * gy) + 0.05
            facing = unit(0.45 - 0.55 * gy / length)
            edge = unit(1.0 + far / (rim_width * 3.0))
            lit = edge * edge * edge * facing
            for c in range(3):
                color = paint[0, c] + paint[1, c] * lit
                light[c, top + j, left + i] = mix(light[c, top + j, left + i], color, share)


@inline
def _bounds(limbs: Real, slack: Real, width: Real, height: Real) -> Real:
    """The pixels that limbs can touch: left, top, right, bottom."""
    left, top, right, bottom = f32(width), f32(height), 0.0, 0.0
    for k in range(limbs.shape[0]):
        reach = max(limbs[k, 4], limbs[k, 5]) + slack
        left = min(left, min(limbs[k, 0], limbs[k, 2]) - reach)
        right = max(right, max(limbs[k, 0], limbs[k, 2]) + reach)
        top = min(top, min(limbs[k, 1], limbs[k, 3]) - reach)
        bottom = max(bottom, max(limbs[k, 1], limbs[k, 3]) + reach)
    return max(int(left), 0), max(int(top), 0), min(int(right), width), min(int(bottom), height)


@inline
def _melt(limb: Real, blend: Real, left: Real, top: Real, field: Real) -> Real:
    """Bring one limb into a field of distances, smoothly where it meets what is there."""
    ax, ay = limb[0] - f32(left), limb[1] - f32(top)
    bx, by = limb[2] - f32(left), limb[3] - f32(top)
    ra, rb = limb[4], limb[5]
    dx, dy = bx - ax, by - ay
    inverse = 1.0 / (dx * dx + dy * dy + 1e-6)
    soft = max(min(blend, 1.6 * min(ra, rb)), 0.01)
    reach = max(ra, rb) + 2.0 * blend + 2.0
    rows, columns = field.shape
    first, last = max(int(min(ax, bx) - reach), 0), min(int(max(ax, bx) + reach) + 1, columns)
    for j in range(max(int(min(ay, by) - reach), 0), min(int(max(ay, by) + reach) + 1, rows)):
        y = f32(j) - ay
        row = field[j]
        for i in range(first, last):
            x = f32(i) - ax
            along = unit((x * dx + y * dy) * inverse)
            px, py = x - along * dx, y - along * dy
            far = np.sqrt(px * px + py * py) - (ra + (rb - ra) * along)
            near = max(soft - abs(far - row[i]), 0.0) / soft
            row[i] = min(far, row[i]) - near * near * soft * 0.25
