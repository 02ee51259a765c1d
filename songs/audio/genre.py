"""Genre suggestions by distance from prototypes.

Rules without learned weights name the right family first in some four of ten songs and among the
first three in eight of ten, so this suggests and never insists: alternatives and a confidence
come with it, and what the file or the user says goes first.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songs.audio.statistics import TYPICAL, Statistics

SHARPNESS = 2.5
ALTERNATIVES = 3
OVERSHOOT = 0.4

# Where a family lies, in spreads from the typical song.
PROTOTYPES: dict[str, dict[str, float]] = {
    "electronic": {
        "regular": 0.1, "beat_strength": 0.25, "low_share": 0.3, "percussiveness": 0.15,
        "flatness": 0.1, "pounding": 1.0,
    },
    "rock": {
        "flatness": 0.35, "dynamics_db": -0.45, "low_share": -0.3, "onsets_per_second": 0.4,
        "loudness_db": 0.3, "percussiveness": 0.05,
    },
    "pop": {
        "dynamics_db": -0.2, "low_share": 0.0, "percussiveness": 0.0, "flatness": 0.0,
        "harmonic_change": 0.2, "pounding": -0.3,
    },
    "hip hop": {
        "low_share": 0.5, "percussiveness": 0.4, "beat_strength": 0.4, "centroid_hz": 0.0,
        "slow": 1.0,
    },
    "folk": {
        "low_share": -0.7, "percussiveness": -0.4, "flatness": -0.35, "loudness_db": -0.5,
        "harmonic_change": 0.5, "dynamics_db": 0.1, "pounding": -1.5,
    },
    "classical": {
        "low_share": -0.8, "percussiveness": -0.7, "regular": -1.2, "loudness_db": -1.1,
        "harmonic_change": 0.6, "dynamics_db": 0.6, "kick_strength": -0.5,
    },
    "jazz": {
        "swing": 1.0, "percussiveness": -0.2, "flatness": -0.5, "harmonic_change": 0.5,
        "loudness_db": -0.4, "pounding": -0.5,
    },
    "ambient": {
        "onsets_per_second": -1.2, "percussiveness": -0.9, "beat_strength": -0.7,
        "kick_strength": -0.6, "centroid_hz": -0.3,
        "pounding": -1.0,
    },
}  # fmt: skip

# property: (word for more than typical, word for less)
WORDS = {
    "regular": ("machine-steady", "free in time"),
    "beat_strength": ("a strong beat", "a soft beat"),
    "low_share": ("heavy bass", "light bass"),
    "percussiveness": ("percussive", "few drums"),
    "flatness": ("noisy or distorted", "clean tones"),
    "dynamics_db": ("wide dynamics", "even level"),
    "onsets_per_second": ("many notes", "few notes"),
    "loudness_db": ("loud", "quiet"),
    "harmonic_change": ("many chord changes", "few chord changes"),
    "centroid_hz": ("bright", "warm"),
    "kick_strength": ("a strong kick", "hardly any kick"),
    "swing": ("swung", "straight"),
    "pounding": ("a pounding beat", "a gentle beat"),
    "slow": ("half-time tempo", "no half-time tempo"),
}


@dataclass(frozen=True)
class Genre:
    """`main` family, up to three `sub_genres` (nearer names, then other families), 0..1."""

    main: str
    sub_genres: tuple[str, ...]
    confidence: float
    reasons: tuple[str, ...]


def find_genre(statistics: Statistics) -> Genre:
    """Suggest a genre."""
    place = _place(statistics)
    shares = _shares(place)
    ranked = sorted(shares, key=lambda family: -shares[family])
    main = ranked[0]
    names = [*_styles(main, statistics), *ranked[1:]]
    return Genre(main, tuple(names[:ALTERNATIVES]), round(shares[main], 2), _reasons(main, place))


def _place(statistics: Statistics) -> dict[str, float]:
    """The song in spreads from the typical one, each -2..2."""
    bpm = statistics.bpm
    half_time = 66 < bpm < 105 or (132 < bpm < 170 and statistics.low_share > 0.6)
    place = {name: statistics.deviation(name) for name in TYPICAL}
    place["regular"] = float(np.clip((statistics.regularity - 0.985) / 0.02, -2, 0.5))
    place["swing"] = 1.0 if statistics.swing > 0.15 else -1.0
    place["pounding"] = 4 * statistics.pounding - 2
    place["slow"] = 1.0 if half_time else -1.0
    return place


def _shares(place: dict[str, float]) -> dict[str, float]:
    """Softmax over the families' mean squared distances."""
    families = list(PROTOTYPES)
    distances = np.array(
        [np.mean([_distance(place[k], v) for k, v in PROTOTYPES[f].items()]) for f in families]
    )
    weights = np.exp(-0.5 * SHARPNESS * (distances - distances.min()))
    return dict(zip(families, (weights / weights.sum()).tolist(), strict=True))


def _distance(value: float, wanted: float) -> float:
    """Squared; more of what a family has much of counts less than too little of it."""
    is_beyond = wanted * value > 0 and abs(value) > abs(wanted)
    return float((OVERSHOOT if is_beyond else 1.0) * (value - wanted) ** 2)


# (slowest BPM, name), fastest first
ELECTRONIC_STYLES = (
    (160.0, "drum and bass"),
    (140.0, "trance"),
    (129.0, "techno"),
    (116.0, "house"),
    (0.0, "downtempo"),
)


def _styles(main: str, statistics: Statistics) -> list[str]:
    """A nearer name where tempo and color tell one."""
    bpm = statistics.bpm
    if main == "electronic":
        return [next(name for slowest, name in ELECTRONIC_STYLES if bpm >= slowest)]
    if main == "hip hop":
        return [
            "trap" if bpm >= 125 else "lo-fi" if statistics.rank("centroid_hz") < 0.3 else "rap"
        ]
    if main == "rock" and statistics.rank("flatness") > 0.7:
        return ["metal" if statistics.rank("low_share") > 0.5 else "punk"]
    return []


def _reasons(main: str, place: dict[str, float], *, limit: int = 3) -> tuple[str, ...]:
    """The properties in which the song is like its family, most telling first."""
    prototype = PROTOTYPES[main]
    agreeing = [k for k, v in prototype.items() if v * place[k] > 0]
    chosen = sorted(agreeing, key=lambda k: -abs(place[k])) or list(prototype)
    return tuple(WORDS[k][0 if place[k] >= 0 else 1] for k in chosen[:limit])
