"""Which video type suits a song: a sum of documented rules, and the reasons in words.

Each rule gives points to one type. A rule on a number gives its points times that number (0..1),
a rule on genre or mood gives all its points or none. The type with most points is suggested; the
two rules that gave it most are named in the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from videos.direction.types import VIDEO_TYPES

MOOD_WORDS = ("energy", "valence", "danceability", "tension")
UNKNOWN_MOOD_VALUE = 0.5
# The range over which a tempo counts from slow to fast.
SLOW_BPM = 70.0
FAST_BPM = 160.0

# Words in the name of a genre, and the family that they speak for. The first that fits counts.
GENRE_FAMILIES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("hip hop", ("hip hop", "hiphop", "rap", "trap", "grime", "drill", "r&b", "rnb", "reggaeton")),
    ("rock", ("rock", "punk", "metal", "grunge", "hardcore", "emo", "indie", "blues")),
    ("ambient", ("ambient", "drone", "new age", "chillout", "downtempo", "lo fi", "lofi")),
    (
        "electronic",
        (
            "electronic",
            "electronica",
            "electro",
            "house",
            "techno",
            "trance",
            "edm",
            "dubstep",
            "dance",
            "drum and bass",
            "synth",
            "synthwave",
        ),
    ),
    ("acoustic", ("folk", "acoustic", "country", "singer songwriter", "americana", "bluegrass")),
    ("classical", ("classical", "orchestral", "soundtrack", "score", "piano", "opera")),
    ("jazz", ("jazz", "swing", "bossa", "soul", "funk", "gospel", "reggae", "ska", "latin")),
    ("pop", ("pop", "disco", "k pop")),
)


@dataclass(frozen=True)
class Choice:
    """One video type and how well it suits the song; the scores of all five add up to 1."""

    key: str
    name: str
    description: str
    score: float


@dataclass(frozen=True)
class Suggestion:
    """The video type that suits best, a sentence that says why, and all types by score."""

    video_type: str
    reason: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class _Hearing:
    """What the rules look at, all numbers in 0..1."""

    bpm: float
    genre: str
    family: str
    mood: str
    vector: Mapping[str, float]

    @property
    def pace(self) -> float:
        return min(1.0, max(0.0, (self.bpm - SLOW_BPM) / (FAST_BPM - SLOW_BPM)))


@dataclass(frozen=True)
class _Rule:
    """Points for one type: `weight` times what `amount` makes of the song, and why in words."""

    video_type: str
    weight: float
    amount: Callable[[_Hearing], float]
    why: Callable[[_Hearing], str]


def _high(video_type: str, weight: float, name: str) -> _Rule:
    return _Rule(
        video_type,
        weight,
        lambda song: song.vector[name],
        lambda song: f"{_level(song.vector[name])} {name} of {song.vector[name]:.2f}",
    )


def _low(video_type: str, weight: float, name: str) -> _Rule:
    return _Rule(
        video_type,
        weight,
        lambda song: 1.0 - song.vector[name],
        lambda song: f"{_level(song.vector[name])} {name} of {song.vector[name]:.2f}",
    )


def _fast(video_type: str, weight: float) -> _Rule:
    return _Rule(
        video_type, weight, lambda song: song.pace, lambda song: f"tempo of {song.bpm:.0f} BPM"
    )


def _slow(video_type: str, weight: float) -> _Rule:
    return _Rule(
        video_type, weight, lambda song: 1 - song.pace, lambda song: f"tempo of {song.bpm:.0f} BPM"
    )


def _genre(video_type: str, weight: float, *families: str) -> _Rule:
    return _Rule(
        video_type,
        weight,
        lambda song: float(song.family in families),
        lambda song: f"{song.genre} genre",
    )


def _mood(video_type: str, weight: float, *moods: str) -> _Rule:
    return _Rule(
        video_type,
        weight,
        lambda song: float(song.mood in moods),
        lambda song: f"{song.mood} mood",
    )


RULES: tuple[_Rule, ...] = (
    _high("abstract", 0.35, "danceability"),
    _fast("abstract", 0.15),
    _genre("abstract", 0.45, "electronic"),
    _genre("abstract", 0.20, "ambient"),
    _mood("abstract", 0.10, "energetic", "dreamy", "playful"),
    _high("performance", 0.40, "energy"),
    _fast("performance", 0.10),
    _genre("performance", 0.45, "rock"),
    _genre("performance", 0.25, "jazz", "pop"),
    _mood("performance", 0.10, "energetic", "aggressive", "epic", "happy"),
    _low("narrative", 0.25, "danceability"),
    _low("narrative", 0.15, "valence"),
    _slow("narrative", 0.10),
    _genre("narrative", 0.35, "acoustic", "pop"),
    _mood("narrative", 0.20, "sad", "romantic", "melancholic", "dark"),
    _low("nature", 0.35, "energy"),
    _low("nature", 0.15, "tension"),
    _slow("nature", 0.15),
    _genre("nature", 0.35, "ambient", "classical"),
    _genre("nature", 0.15, "acoustic"),
    _mood("nature", 0.15, "calm", "dreamy", "peaceful"),
    _high("urban", 0.25, "danceability"),
    _high("urban", 0.20, "tension"),
    _genre("urban", 0.55, "hip hop"),
    _genre("urban", 0.10, "jazz"),
    _mood("urban", 0.10, "dark", "aggressive"),
)


def suggest(
    bpm: float, genre: str, mood_primary: str, mood_vector: Mapping[str, float]
) -> Suggestion:
    """Suggest a video type for a song.

    `mood_vector` has energy, valence, danceability and tension in 0..1; what is missing counts as
    the middle.
    """
    song = _hearing(bpm, genre, mood_primary, mood_vector)
    points = dict.fromkeys(VIDEO_TYPES, 0.0)
    for rule in RULES:
        points[rule.video_type] += rule.weight * rule.amount(song)
    total = sum(points.values())
    ranked = sorted(points, key=lambda key: -points[key])
    return Suggestion(
        video_type=ranked[0],
        reason=_reason(ranked[0], song),
        choices=tuple(_choice(key, points[key] / total) for key in ranked),
    )


def _hearing(bpm: float, genre: str, mood: str, vector: Mapping[str, float]) -> _Hearing:
    values = {
        name: min(1.0, max(0.0, float(vector.get(name, UNKNOWN_MOOD_VALUE)))) for name in MOOD_WORDS
    }
    words = plain_words(genre)
    return _Hearing(bpm, words or "unknown", genre_family(genre), plain_words(mood), values)


def plain_words(name: str) -> str:
    """Return a name like `hip_hop` or `Hip-Hop` as plain words: `hip hop`."""
    return re.sub(r"[\s_/-]+", " ", name).strip().lower()


def genre_family(genre: str) -> str:
    """Return the family of a genre, an empty text if no word of it is known."""
    words = f" {plain_words(genre)} "
    for family, names in GENRE_FAMILIES:
        if any(f" {name} " in words for name in names):
            return family
    return ""


def _choice(key: str, score: float) -> Choice:
    one = VIDEO_TYPES[key]
    return Choice(key, one.name, one.description, round(score, 3))


def _reason(video_type: str, song: _Hearing) -> str:
    """Name the two rules that spoke most for a type, each cause once."""
    rules = [rule for rule in RULES if rule.video_type == video_type]
    rules.sort(key=lambda rule: -rule.weight * rule.amount(song))
    causes = [rule.why(song) for rule in rules if rule.amount(song) > 0]
    name = VIDEO_TYPES[video_type].name
    if not causes:
        return f"{name} suits most songs at {song.bpm:.0f} BPM."
    subject = " and the ".join(causes[:2])
    verb = "suit" if len(causes) > 1 else "suits"
    tempo = "" if "BPM" in subject else f" (the tempo is {song.bpm:.0f} BPM)"
    return f"The {subject} {verb} {_article(name)} {name.lower()} video{tempo}."


def _article(name: str) -> str:
    return "an" if name[0].lower() in "aeiou" else "a"


def _level(value: float) -> str:
    if value >= 0.6:
        return "high"
    return "low" if value <= 0.4 else "medium"
