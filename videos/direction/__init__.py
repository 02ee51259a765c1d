"""What a video shows: its type, the user's idea, the prompts and the shots."""

from __future__ import annotations

from videos.direction.idea import IdeaParts, read_idea
from videos.direction.prompts import (
    clip_prompt,
    negative_prompt,
    never_words,
    section_prompt,
    write_prompt,
)
from videos.direction.shots import shots_for
from videos.direction.suggestion import Choice, Suggestion, suggest
from videos.direction.types import (
    MAX_OWN_TYPE_CHARS,
    VIDEO_TYPES,
    VideoType,
    VideoTypeError,
    check_video_type,
)
from videos.flavors.types import Shot

__all__ = [
    "MAX_OWN_TYPE_CHARS",
    "VIDEO_TYPES",
    "Choice",
    "IdeaParts",
    "Shot",
    "Suggestion",
    "VideoType",
    "VideoTypeError",
    "check_video_type",
    "clip_prompt",
    "negative_prompt",
    "never_words",
    "read_idea",
    "section_prompt",
    "shots_for",
    "suggest",
    "write_prompt",
]
