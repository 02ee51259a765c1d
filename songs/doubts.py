"""Why an aligned line is doubtful, in words: what of it was heard at the times that it got [C7]."""

from __future__ import annotations

from collections.abc import Sequence

from songs.alignment import ALIKE, DOUBTFUL_SHARE, likeness, normal
from songs.clock import clock
from songs.lyric_lines import Line, Word

# Aligned words lie close to what was heard, not exactly on it.
NEAR_SECONDS = 0.5


def doubt(line: Line, heard: Sequence[Word]) -> str:
    """A sentence for a doubtful line; empty for any other."""
    if not line.is_doubtful:
        return ""
    where = f"between {clock(line.start)} and {clock(line.end)}"
    words = [word for word in map(normal, line.text.split()) if word]
    count = _heard_of(words, line, heard)
    if not words or count >= DOUBTFUL_SHARE * len(words):
        return f"Too little of it was heard {where}."
    if count == 0:
        return f"Nothing of it was heard {where}."
    return (
        f"Only {count} of its {len(words)} words {'was' if count == 1 else 'were'} heard {where}."
    )


def _heard_of(words: Sequence[str], line: Line, heard: Sequence[Word]) -> int:
    """How many of the words were heard around the times of the line, if only roughly."""
    first, last = line.start - NEAR_SECONDS, line.end + NEAR_SECONDS
    near = [normal(word.text) for word in heard if word.end > first and word.start < last]
    near = [word for word in near if word]
    if not words or not near:
        return 0
    return int((likeness(words, near).max(axis=1) >= ALIKE).sum())
