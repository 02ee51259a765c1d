"""Mood by rules that can be read out: every value is a sum of named, ranked properties."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from songs.audio.statistics import Statistics, sigmoid

TAGS = 4
SHARPNESS = 3.0


@dataclass(frozen=True)
class MoodVector:
    """Each 0..1, 0.5 is a typical song."""

    energy: float
    valence: float
    danceability: float
    tension: float


@dataclass(frozen=True)
class Mood:
    """`primary` and further `tags`, most fitting first; `reasons` in words ("fast", "bright")."""

    primary: str
    tags: tuple[str, ...]
    vector: MoodVector
    reasons: tuple[str, ...]


def find_mood(statistics: Statistics) -> Mood:
    """The mood of a song, its vector and the words for it."""
    parts = _parts(statistics)
    vector = _vector(parts)
    words = _ranked_words(parts, vector)
    return Mood(words[0], tuple(words[:TAGS]), vector, reasons(parts))


def _parts(statistics: Statistics) -> dict[str, float]:
    """The ranked properties (0..1) that everything else is made of."""
    return {
        "fast": sigmoid(statistics.felt_bpm, 112, 18),
        "bright": statistics.rank("centroid_hz"),
        "dense": statistics.rank("onsets_per_second"),
        "loud": statistics.rank("loudness_db"),
        "percussive": statistics.rank("percussiveness"),
        "dynamic": statistics.rank("dynamics_db"),
        "noisy": statistics.rank("flatness"),
        "bassy": statistics.rank("low_share"),
        "restless": statistics.rank("chroma_entropy"),
        "major": sigmoid(statistics.majorness, 0, 0.07),
        "driving": statistics.rank("beat_strength"),
        "kicking": statistics.rank("kick_strength"),
        "regular": float(np.clip((statistics.regularity - 0.6) / 0.4, 0, 1)),
        "walking": float(np.exp(-0.5 * (np.log2(statistics.bpm / 120) / 0.4) ** 2)),
        "pounding": statistics.pounding,
        "heavy": statistics.rank("flatness") * (1 - statistics.rank("dynamics_db")),
    }


AROUSAL = {
    "loud": 0.25, "dense": 0.2, "bright": 0.15, "fast": 0.15, "percussive": 0.15, "noisy": 0.1
}  # fmt: skip
VALENCE = {"major": 0.5, "fast": 0.2, "bright": 0.15, "dense": 0.15}
DANCEABILITY = {
    "walking": 0.3, "driving": 0.2, "regular": 0.15, "kicking": 0.1, "pounding": 0.25
}  # fmt: skip
LIFT = 0.6  # how far a pounding beat or a wall of distortion raises the energy of the rest


def _sum(parts: dict[str, float], weights: dict[str, float]) -> float:
    return sum(weight * parts[name] for name, weight in weights.items())


def _lifted(parts: dict[str, float], value: float) -> float:
    """House is energetic by its beat and metal by its density, however quiet the file is."""
    return value + (1 - value) * LIFT * max(parts["pounding"], parts["heavy"])


def _vector(parts: dict[str, float]) -> MoodVector:
    arousal = _sum(parts, AROUSAL)
    tension = (
        0.4 * (1 - parts["major"])
        + 0.2 * parts["restless"]
        + 0.25 * arousal
        + 0.15 * parts["noisy"]
    )
    return MoodVector(
        energy=_rounded(_lifted(parts, 0.6 * arousal + 0.4 * parts["loud"])),
        valence=_rounded(_sum(parts, VALENCE)),
        danceability=_rounded(_sum(parts, DANCEABILITY)),
        tension=_rounded(tension),
    )


def _rounded(value: float) -> float:
    return round(min(1.0, max(0.0, value)), 3)


def _ranked_words(parts: dict[str, float], vector: MoodVector) -> list[str]:
    """Mood words, most fitting first: directions in the space of arousal, valence and tension."""
    arousal = _centered(_lifted(parts, _sum(parts, AROUSAL)))
    valence = _centered(vector.valence)
    tension, dynamic = _centered(vector.tension), _centered(parts["dynamic"])
    dense = _centered(parts["dense"])
    soft = _centered(
        1 - (0.35 * parts["noisy"] + 0.25 * parts["loud"] + 0.2 * parts["percussive"]
             + 0.2 * parts["bassy"])
    )  # fmt: skip
    fit = {
        "energetic": 0.8 * arousal + 0.35 * valence,
        "happy": 0.85 * valence + 0.3 * arousal,
        "aggressive": 0.65 * arousal + 0.65 * tension - 0.3 * valence,
        "dark": 0.7 * tension - 0.6 * valence,
        "sad": -0.6 * valence - 0.7 * arousal + 0.2 * tension,
        "calm": -0.85 * arousal - 0.25 * tension + 0.15 * valence,
        "dreamy": -0.6 * arousal + 0.5 * soft,
        "epic": 0.45 * arousal + 0.5 * dynamic + 0.2 * tension,
        "romantic": -0.45 * arousal + 0.55 * valence + 0.3 * soft,
        "playful": 0.5 * valence + 0.4 * dense - 0.3 * tension,
    }
    return sorted(fit, key=lambda word: -fit[word])


def _centered(value: float) -> float:
    return float(np.clip(2 * value - 1, -1, 1))


# property: the word for much of it, the word for little of it
WORDS = {
    "fast": ("fast", "slow"),
    "bright": ("bright", "warm"),
    "dense": ("dense", "sparse"),
    "loud": ("loud", "quiet"),
    "percussive": ("percussive", "smooth"),
    "dynamic": ("dynamic", "even"),
    "major": ("in a major key", "in a minor key"),
    "bassy": ("bass-heavy", "light in the bass"),
    "regular": ("steady", "free in time"),
    "pounding": ("a pounding beat", "a gentle beat"),
}


def reasons(parts: dict[str, float], *, limit: int = 4) -> tuple[str, ...]:
    """Words for what is most unusual about the song, most unusual first."""
    # Most songs do not pound: only that one does is worth a word.
    shown = parts | {"pounding": max(0.5, parts["pounding"])}
    unusual = sorted(WORDS, key=lambda name: -abs(shown[name] - 0.5))
    return tuple(WORDS[name][0 if parts[name] >= 0.5 else 1] for name in unusual[:limit])
