"""The part of a picture that players leave free: where titles and lyrics can be read everywhere."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class SafeArea:
    """Parts of the picture's sides that stay free. Phones cover the lower edge with buttons."""

    left: float
    right: float
    top: float
    bottom: float


SAFE_AREAS = {
    "16:9": SafeArea(0.10, 0.10, 0.08, 0.08),
    "1:1": SafeArea(0.08, 0.08, 0.08, 0.10),
    "9:16": SafeArea(0.09, 0.14, 0.14, 0.24),
}

# What lies over the picture outside the safe area, by side; in a wide or square film, little does.
COVERED_BY = {
    "16:9": {"bottom": "Time bar"},
    "1:1": {"bottom": "Time bar"},
    "9:16": {"top": "Search and tabs", "right": "Buttons", "bottom": "Name, text and song"},
}


@dataclass(frozen=True)
class Label:
    """A word in the middle of a covered side; SVG places in per cent."""

    text: str
    x: str
    y: str
    is_upright: bool


@dataclass(frozen=True)
class Band:
    """A rectangle of the picture; SVG lengths in per cent."""

    x: str
    y: str
    width: str
    height: str


@dataclass(frozen=True)
class Overlay:
    """The safe area as an SVG draws it: what is free, the bands around it, and what covers those."""

    free: Band
    covered: tuple[Band, ...]
    labels: tuple[Label, ...]


def overlay(aspect_ratio: str) -> Overlay:
    """What is drawn over a picture of this format."""
    area = SAFE_AREAS[aspect_ratio]
    right, below = 1 - area.right, 1 - area.bottom
    return Overlay(
        free=_band(area.left, area.top, right, below),
        covered=(
            _band(0, 0, 1, area.top),
            _band(0, below, 1, 1),
            _band(0, area.top, area.left, below),
            _band(right, area.top, 1, below),
        ),
        labels=tuple(_label(area, *one) for one in COVERED_BY[aspect_ratio].items()),
    )


def _band(left: float, top: float, right: float, below: float) -> Band:
    return Band(_percent(left), _percent(top), _percent(right - left), _percent(below - top))


def _label(area: SafeArea, side: str, text: str) -> Label:
    places = {
        "top": (0.5, area.top / 2),
        "bottom": (0.5, 1 - area.bottom / 2),
        "right": (1 - area.right / 2, 0.5),
    }
    x, y = places[side]
    return Label(text, _percent(x), _percent(y), side == "right")


def _percent(part: float) -> str:
    return f"{100 * part:.4g}%"
