"""Framing and camera moves: where the picture looks, from the first frame of a clip to its last."""

from __future__ import annotations

import math
from dataclasses import dataclass

from videos.visualizer.brief import Shot

ZOOMS = {"wide": 1.0, "medium": 1.3, "close": 1.75}


@dataclass(frozen=True)
class View:
    """x and y in picture heights from the middle, zoom as a factor, roll in radians."""

    x: float
    y: float
    zoom: float
    roll: float


@dataclass(frozen=True)
class Camera:
    """A move through a clip. Shares are of a whole move: 1 is as far as a look allows."""

    framing: str
    push: float
    pan: float
    tilt: float
    roll: float
    shake: float

    @property
    def zoom(self) -> float:
        return ZOOMS.get(self.framing, 1.0)

    def view(self, progress: float, time: float, kick: float) -> View:
        """The view at this share of the clip; kick adds a small nudge on the beat."""
        ease = progress * progress * (3.0 - 2.0 * progress)
        across = 2.0 * (0.35 * ease + 0.65 * progress) - 1.0
        sway = 0.006 * math.sin(time * 0.9) + self.shake * 0.012 * math.sin(time * 5.1)
        lift = 0.005 * math.sin(time * 0.7 + 1.0) + self.shake * 0.009 * math.sin(time * 6.3)
        zoom = math.exp(0.5 * math.log(1.22) * self.push * across)
        return View(
            x=0.07 * self.pan * across + sway,
            y=0.05 * self.tilt * across + lift,
            zoom=zoom * (1.0 + 0.012 * kick),
            roll=0.05 * self.roll * across,
        )


def camera_for(shot: Shot, seed: int) -> Camera:
    """The camera of a shot, read from the words of its move; the seed breaks ties of direction."""
    move = shot.move.lower()
    side = 1.0 if seed & 1 else -1.0
    pan, tilt, push = _pan(move, side), _tilt(move), _push(move)
    still = not (pan or tilt or push)
    return Camera(
        framing=_framing(shot.framing),
        push=0.35 if still else push,
        pan=0.3 * side if still else pan,
        tilt=tilt,
        roll=side if _has(move, "roll", "orbit", "spin", "arc", "dutch") else 0.0,
        shake=1.0 if _has(move, "hand", "shak", "whip") else 0.0,
    )


def _framing(framing: str) -> str:
    text = framing.lower()
    if "close" in text:
        return "close"
    return "medium" if "medium" in text else "wide"


def _pan(move: str, side: float) -> float:
    if not _has(
        move,
        "pan",
        "track",
        "truck",
        "orbit",
        "arc",
        "slide",
        "whip",
        "follow",
        "glid",
        "drift",
        "across",
    ):
        return 0.0
    if "left" in move:
        return -1.0
    return 1.0 if "right" in move else side


def _tilt(move: str) -> float:
    if not _has(move, "tilt", "crane", "rise", "rising", "pedestal", "drone", "boom", "aerial"):
        return 0.0
    return 1.0 if "down" in move else -1.0


def _push(move: str) -> float:
    if _has(move, "pull", "zoom out", "dolly out", "reveal"):
        return -1.0
    return 1.0 if _has(move, "push", "zoom", "dolly", "in on", "forward", "creep") else 0.0


def _has(text: str, *words: str) -> bool:
    return any(word in text for word in words)
