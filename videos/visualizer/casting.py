"""Which look a clip gets: by the video's type, then by section, so that sections differ in kind."""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from videos.visualizer.brief import ClipBrief

Part = tuple[str, int]

# A video type's looks with their variants, in an order in which neighbours differ most.
REPERTOIRE: dict[str, tuple[Part, ...]] = {
    "abstract": (
        ("silk", 0), ("tunnel", 0), ("rings", 0), ("horizon", 0), ("silk", 2), ("tunnel", 1),
        ("rings", 1), ("silk", 1),
    ),
    "performance": (("stage", 0), ("stage", 1), ("stage", 2)),
    "narrative": (("voyage", 1), ("valley", 0), ("voyage", 0), ("street", 0), ("valley", 1)),
    "nature": (("valley", 0), ("voyage", 0), ("valley", 2), ("valley", 1)),
    "urban": (("city", 0), ("street", 0), ("city", 1), ("street", 1), ("horizon", 0)),
}  # fmt: skip

# Words of a type that is in the user's own words, and of prompts.
KINDS: dict[str, str] = {
    "performance": "performance concert stage band live singer crowd stadium gig musician dance",
    "narrative": "narrative story film cinematic journey tale movie character drama travel",
    "nature": "nature scenery landscape mountain mountains sea ocean forest sky outdoors desert",
    "urban": "urban city street streets downtown skyline graffiti skyscraper rooftop traffic",
    "abstract": "abstract visualizer shapes geometric psychedelic fractal particles light",
}

# Every third clip of a section is cut to its second look, as an editor would.
CUTAWAY_EVERY = 3


@dataclass(frozen=True)
class Casting:
    """A look by name, its variant, and the seed of what is in the scene."""

    look: str
    variant: int
    seed: int


def cast(brief: ClipBrief) -> Casting:
    """The look of a clip. Sections beside each other never have the same one."""
    parts = REPERTOIRE[kind_of(brief.video_type, brief.overall_prompt)]
    start = stable_hash(brief.video_type, brief.overall_prompt) % len(parts)
    step = start + brief.section_index
    if brief.clip_index % CUTAWAY_EVERY == CUTAWAY_EVERY - 1:
        step += len(parts) // 2
    look, variant = parts[step % len(parts)]
    return Casting(look, variant, stable_hash(brief.seed, brief.section_index, look))


def kind_of(video_type: str, prompt: str) -> str:
    """The kind of video that a type means, whatever words it is said in."""
    for text in (video_type, prompt):
        for word in re.findall(r"[a-z]+", text.lower()):
            for kind, words in KINDS.items():
                if word == kind or word in words.split():
                    return kind
    return "abstract"


def stable_hash(*parts: object) -> int:
    """The same number for the same parts in every process."""
    return zlib.crc32("\x1f".join(str(part) for part in parts).encode())
