"""The five video types, and what they put into a picture where nothing else is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

MAX_OWN_TYPE_CHARS = 100


@dataclass(frozen=True)
class VideoType:
    """One kind of video.

    `adjective` stands before "music video"; `parts` are its words for subject, style, setting and
    motion.
    """

    key: str
    name: str
    adjective: str
    description: str
    parts: Mapping[str, str]


class VideoTypeError(ValueError):
    """A video type that cannot be taken; the text is a sentence for users."""


def _video_type(key: str, name: str, adjective: str, description: str, **parts: str) -> VideoType:
    return VideoType(key, name, adjective, description, MappingProxyType(parts))


VIDEO_TYPES: Mapping[str, VideoType] = MappingProxyType(
    {
        one.key: one
        for one in (
            _video_type(
                "abstract",
                "Abstract visualizer",
                "abstract",
                "Shapes, light and color that follow the music, without people or places.",
                subject="flowing shapes and light",
                style="abstract motion graphics",
                setting="in endless dark space",
                motion="every movement follows the beat",
            ),
            _video_type(
                "performance",
                "Performance",
                "live performance",
                "The musicians playing the song.",
                subject="a band and its singer",
                style="live concert film",
                setting="on a stage in sweeping lights",
                motion="energetic camera work around the players",
            ),
            _video_type(
                "narrative",
                "Narrative",
                "storytelling",
                "A short story with one main character.",
                subject="one main character on a journey",
                style="cinematic short film",
                setting="in places that change with the story",
                motion="patient camera that stays with the character",
            ),
            _video_type(
                "nature",
                "Nature and scenery",
                "scenic nature",
                "Landscapes, weather and light.",
                subject="wide landscapes, water and sky",
                style="nature documentary photography",
                setting="far from any town",
                motion="slow gliding camera",
            ),
            _video_type(
                "urban",
                "Urban",
                "urban",
                "Streets, people and city lights.",
                subject="young people in the streets",
                style="street photography in motion",
                setting="in a big city at night",
                motion="handheld camera moving with the people",
            ),
        )
    }
)


def check_video_type(text: str) -> str:
    """Return a video type as it is stored: one of the five keys, or the user's own words.

    A key and a name are recognized in any spelling. Raises `VideoTypeError` for own words that
    are empty or too long.
    """
    words = " ".join(text.split())
    for one in VIDEO_TYPES.values():
        if words.lower() in (one.key, one.name.lower()):
            return one.key
    if not words:
        raise VideoTypeError("Choose a video type or describe one in your own words.")
    if len(words) > MAX_OWN_TYPE_CHARS:
        raise VideoTypeError(
            f"The video type has {len(words)} characters; {MAX_OWN_TYPE_CHARS} are allowed."
        )
    return words
