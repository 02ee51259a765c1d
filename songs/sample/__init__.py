"""The sample song, which is ours: written, played and sung by the code in this folder.

`manage.py make_showpiece` plays it and writes the file that lies here, so that trying it costs no time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from songs.sample.score import BARS, BPM, KEY, TITLE, lyric_lines

__all__ = [
    "BARS",
    "BPM",
    "FILE",
    "FILM",
    "KEY",
    "TITLE",
    "FilmTimeline",
    "film_timeline",
    "lyric_lines",
]

FILE = Path(__file__).resolve().parent / "small_hours.m4a"
# A part of it as a film, for the first page; its poster and timeline lie beside it.
FILM = Path(__file__).resolve().parents[2] / "static" / "film" / "small-hours.mp4"


@dataclass(frozen=True)
class FilmTimeline:
    """What is drawn under that film: loudness 0..1 along it, and a label where a section begins.

    `labels` has an entry for each clip, "" where the section goes on; all clips are equally long.
    """

    seconds: float
    wave: tuple[float, ...]
    labels: tuple[str, ...]


@cache
def film_timeline() -> FilmTimeline:
    """Read what was written with the film."""
    kept = json.loads(FILM.with_suffix(".json").read_text())
    return FilmTimeline(kept["seconds"], tuple(kept["wave"]), tuple(kept["labels"]))
