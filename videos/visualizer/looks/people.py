"""People in silhouette, built of limbs: musicians on a stage, a crowd, a wanderer.

Limbs are rows of (from x, y, to x, y, radius, radius, rim, opacity) in body heights, feet at the
origin, up negative; ``placed`` brings them to pixels.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from videos.visualizer.jit import Floats

Limb = tuple[float, float, float, float, float, float, float]


def placed(
    limbs: Sequence[Limb], x: float, y: float, height: float, *, flip: bool = False
) -> Floats:
    """Limbs (n, 8) in pixels, for a body of this height that stands at x, y."""
    rows = np.array(limbs, dtype=np.float32).reshape(-1, 7)
    out = np.ones((len(rows), 8), dtype=np.float32)
    side = -1.0 if flip else 1.0
    out[:, 0] = x + side * height * rows[:, 0]
    out[:, 2] = x + side * height * rows[:, 2]
    out[:, 1] = y + height * rows[:, 1]
    out[:, 3] = y + height * rows[:, 3]
    out[:, 4:6] = height * rows[:, 4:6]
    out[:, 6] = rows[:, 6]
    return out


def _body(lean: float, bob: float, step: float) -> list[Limb]:
    """Legs in boots, hips, a jacket, neck and head."""
    hip, neck = -0.50 + bob, -0.80 + bob
    head = (0.8 * lean, -0.905 + bob)
    return [
        (-0.045, hip, -0.09 - step, -0.27, 0.060, 0.042, 0.3),
        (-0.09 - step, -0.27, -0.10 - step, -0.03, 0.042, 0.030, 0.3),
        (-0.10 - step, -0.02, -0.15 - step, -0.006, 0.030, 0.020, 0.2),
        (0.045, hip, 0.08 + step, -0.27, 0.060, 0.042, 0.3),
        (0.08 + step, -0.27, 0.09 + step, -0.03, 0.042, 0.030, 0.3),
        (0.09 + step, -0.02, 0.14 + step, -0.006, 0.030, 0.020, 0.2),
        (0.0, hip - 0.01, 0.3 * lean, -0.64 + bob, 0.074, 0.078, 0.2),
        (0.3 * lean, -0.64 + bob, 0.5 * lean, neck + 0.07, 0.078, 0.082, 0.0),
        (0.5 * lean - 0.075, neck + 0.055, 0.5 * lean + 0.075, neck + 0.055, 0.044, 0.044, 0.8),
        (0.5 * lean, neck + 0.04, 0.7 * lean, neck - 0.04, 0.034, 0.030, 0.0),
        (head[0], head[1] + 0.02, 0.86 * lean, head[1] - 0.020, 0.042, 0.052, 1.0),
    ]


def _hair(x: float, y: float, sway: float, length: float) -> list[Limb]:
    """Hair that falls behind the head and swings a little late."""
    tip = (x - 0.03 - 0.05 * sway, y + length)
    return [
        (x - 0.006, y - 0.030, x - 0.02, y + 0.01, 0.058, 0.060, 0.9),
        (x - 0.035, y + 0.01, tip[0] - 0.03, tip[1], 0.036, 0.020, 0.6),
        (x + 0.022, y + 0.01, tip[0] + 0.075, tip[1] - 0.02, 0.032, 0.018, 0.6),
        (x - 0.01, y + 0.02, *tip, 0.050, 0.030, 0.4),
    ]


def _cap(x: float, y: float) -> list[Limb]:
    return [
        (x - 0.012, y - 0.045, x + 0.012, y - 0.045, 0.040, 0.040, 0.9),
        (x - 0.075, y - 0.030, x + 0.085, y - 0.024, 0.011, 0.010, 0.9),
    ]


def _arm(
    shoulder: tuple[float, float], elbow: tuple[float, float], hand: tuple[float, float]
) -> list[Limb]:
    return [
        (*shoulder, *elbow, 0.038, 0.029, 0.7),
        (*elbow, *hand, 0.029, 0.020, 0.8),
        (*hand, *hand, 0.026, 0.024, 0.9),
    ]


def singer(sway: float, lift: float) -> list[Limb]:
    """At the microphone stand, one arm that rises with the music (lift 0..1)."""
    lean = 0.10 * sway
    stand = [
        (0.15, 0.0, 0.14, -0.74, 0.008, 0.008, 0.6),
        (0.14, -0.74, 0.075 + lean, -0.865, 0.008, 0.012, 0.6),
        (0.07, 0.0, 0.23, 0.0, 0.010, 0.010, 0.4),
    ]
    arm_up = _arm(
        (-0.10 + 0.5 * lean, -0.765),
        (-0.21 + 0.3 * lean, -0.74 - 0.16 * lift),
        (-0.25 - 0.04 * sway, -0.66 - 0.50 * lift),
    )
    arm_mic = _arm((0.10 + 0.5 * lean, -0.765), (0.20, -0.64), (0.115 + 0.5 * lean, -0.80))
    mic: list[Limb] = [(0.07 + lean, -0.875, 0.055 + lean, -0.89, 0.020, 0.022, 1.0)]
    hair = _hair(0.8 * lean, -0.925, sway, 0.17)
    return [*stand, *_body(lean, 0.0, 0.02), *hair, *arm_up, *arm_mic, *mic]


def guitarist(sway: float, strum: float, bob: float) -> list[Limb]:
    """Knees bent to the beat, the neck of the guitar up."""
    lean = 0.07 * sway
    neck = (0.40 + 0.02 * sway, -0.70 - 0.05 * sway)
    guitar: list[Limb] = [
        (-0.10, -0.46, 0.0, -0.49, 0.105, 0.085, 0.6),
        (0.0, -0.49, 0.07, -0.52, 0.085, 0.070, 0.6),
        (0.06, -0.52, *neck, 0.016, 0.013, 0.9),
        (*neck, neck[0] + 0.06, neck[1] - 0.025, 0.024, 0.020, 0.9),
    ]
    left = _arm((0.10 + 0.5 * lean, -0.77 + bob), (0.24, -0.60), (0.31, neck[1] + 0.055))
    right = _arm((-0.10 + 0.5 * lean, -0.77 + bob), (-0.20, -0.60), (-0.03, -0.50 + 0.07 * strum))
    hat = _cap(0.82 * lean, -0.925 + bob)
    return [*_body(lean, bob, 0.05), *hat, *guitar, *left, *right]


def drum_kit(hit: float, other: float) -> list[Limb]:
    """Drums and cymbals, which tip when they are struck."""
    return [
        (0.0, -0.15, 0.0, -0.15, 0.150, 0.150, 0.9),
        (-0.34, -0.24, -0.31, -0.24, 0.060, 0.060, 0.5),
        (-0.34, -0.18, -0.31, -0.18, 0.055, 0.055, 0.5),
        (0.32, -0.22, 0.37, -0.22, 0.066, 0.066, 0.5),
        (0.32, -0.14, 0.37, -0.14, 0.066, 0.066, 0.5),
        (-0.15, -0.42, -0.13, -0.37, 0.075, 0.070, 0.8),
        (0.14, -0.42, 0.13, -0.37, 0.080, 0.075, 0.8),
        (-0.52, -0.66, -0.28, -0.62 + 0.02 * hit, 0.010, 0.010, 1.0),
        (0.28, -0.66 + 0.02 * other, 0.56, -0.72, 0.010, 0.010, 1.0),
        (-0.40, -0.64, -0.42, 0.0, 0.008, 0.008, 0.2),
        (0.42, -0.69, 0.44, 0.0, 0.008, 0.008, 0.2),
    ]


def drummer(hit: float, other: float) -> list[Limb]:
    """Seated behind the kit; the sticks fall on the beat (hit) and between (other)."""
    trunk: list[Limb] = [
        (0.0, -0.30, 0.0, -0.58, 0.085, 0.095, 0.2),
        (-0.06, -0.60, 0.06, -0.60, 0.058, 0.058, 0.8),
        (0.0, -0.62, 0.0, -0.72, 0.034, 0.034, 0.0),
        (0.0, -0.73, 0.0, -0.765, 0.058, 0.062, 1.0),
    ]
    left = _arm((-0.10, -0.59), (-0.22, -0.52), (-0.20, -0.60 + 0.12 * hit))
    right = _arm((0.10, -0.59), (0.23, -0.54), (0.23, -0.66 + 0.12 * other))
    sticks: list[Limb] = [
        (-0.20, -0.60 + 0.12 * hit, -0.32, -0.78 + 0.30 * hit, 0.007, 0.006, 0.8),
        (0.23, -0.66 + 0.12 * other, 0.34, -0.84 + 0.30 * other, 0.007, 0.006, 0.8),
    ]
    return [*trunk, *_cap(0.0, -0.77), *left, *right, *sticks]


def walker(stride: float) -> list[Limb]:
    """Seen from the side, a coat, a lantern in the hand; stride is the phase in radians."""
    swing, fall = math.sin(stride), abs(math.cos(stride))
    bob = 0.012 * fall
    return [
        (0.0, -0.50 + bob, 0.13 * swing, -0.26, 0.055, 0.042, 0.4),
        (0.13 * swing, -0.26, 0.20 * swing - 0.05 * fall, -0.01, 0.042, 0.030, 0.4),
        (0.0, -0.50 + bob, -0.13 * swing, -0.26, 0.055, 0.042, 0.4),
        (-0.13 * swing, -0.26, -0.20 * swing - 0.05 * fall, -0.01, 0.042, 0.030, 0.4),
        (0.02, -0.76 + bob, -0.02, -0.36 + bob, 0.075, 0.115, 0.7),
        (0.03, -0.80 + bob, 0.045, -0.90 + bob, 0.050, 0.066, 1.0),
        (0.02, -0.74 + bob, 0.13, -0.60 + bob, 0.036, 0.030, 0.6),
        (0.13, -0.60 + bob, 0.23, -0.56 + bob, 0.028, 0.022, 0.6),
        (-0.02, -0.72 + bob, -0.10 - 0.05 * swing, -0.50 + bob, 0.036, 0.030, 0.5),
        (0.23, -0.56 + bob, 0.235, -0.47 + bob, 0.006, 0.006, 0.2),
    ]


def sailor(sway: float) -> list[Limb]:
    """Seated in a boat of length one, a lantern held out; the last limb ends at the lantern."""
    lean = 0.02 * sway
    return [
        (-0.20, -0.08, -0.20 + lean, -0.30, 0.055, 0.050, 0.4),
        (-0.25 + lean, -0.31, -0.16 + lean, -0.31, 0.032, 0.032, 0.8),
        (-0.20 + lean, -0.30, -0.195 + lean, -0.41, 0.022, 0.036, 1.0),
        (-0.20, -0.10, -0.05, -0.12, 0.038, 0.030, 0.4),
        (-0.17 + lean, -0.31, -0.06, -0.34, 0.022, 0.018, 0.6),
        (-0.06, -0.34, 0.03, -0.40, 0.018, 0.014, 0.6),
        (0.03, -0.40, 0.035, -0.33, 0.004, 0.004, 0.2),
    ]
